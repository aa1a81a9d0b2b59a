/*
 * link_listen HOME CONTEXT: a party's link that only waits. Says "open", and after each turn of
 * comity_receive the exit code of that, until its input ends.
 */

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "libcomity/comity.h"

#define TURN_MS 500

int main(int argc, char **argv)
{
    struct comity *comity = NULL;
    struct comity_fault fault = {0};
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (argc != 3)
        return COMITY_INPUT;
    const struct comity_options options = {.home = argv[1], .context = argv[2]};
    enum comity_exit exit = comity_open(&options, &comity, &fault);
    if (exit != COMITY_DONE) {
        fprintf(stderr, "link_listen: %s\n", fault.message);
        return (int)exit;
    }
    puts("open");
    while (poll(&input, 1, 0) == 0) {
        printf("%d %s\n", comity_receive(comity, TURN_MS, NULL, &fault), fault.message);
        (void)fflush(stdout);
    }
    comity_close(comity);
    return COMITY_DONE;
}
