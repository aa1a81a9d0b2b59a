/*
 * live_work HOME DOCUMENT: one link of XA-CA-01 that sends the document to XC-CA-01 over and over,
 * and one of XC-CA-01 that takes what is pushed. Says "open" once both are, then "sent" for each
 * message that was acknowledged, until its input ends; what goes wrong ends it with exit code 1. A
 * message that is not acknowledged within the library's own deadline has gone wrong.
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcomity/comity.h"

#define DEADLINE_MS 20000 /* the library's usual one */
#define PATIENCE_MS 100   /* between two messages: others need the processor, too */

static char document[65536];

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "live_work: %s: %s\n", what, why);
    exit(1);
}

static struct comity *open_link(const char *home, const char *context)
{
    const struct comity_options options = {
        .home = home, .context = context, .timeout_ms = DEADLINE_MS};
    struct comity *link = NULL;
    struct comity_fault fault = {0};
    if (comity_open(&options, &link, &fault) != COMITY_DONE)
        stop("open", fault.message);
    return link;
}

static void send_one(struct comity *link)
{
    static const char *const to[] = {"XC-CA-01"};
    const struct comity_letter letter = {
        .document = document, .length = strlen(document), .to = to, .to_count = 1};
    struct comity_sent *sent = NULL;
    struct comity_fault fault = {0};
    if (comity_send(link, &letter, &sent, &fault) != COMITY_DONE)
        stop("send", fault.message);
    comity_sent_free(sent);
}

static void take(struct comity *link)
{
    struct comity_fault fault = {0};
    if (comity_receive(link, PATIENCE_MS, NULL, &fault) != COMITY_DONE)
        stop("receive", fault.message);
}

static bool goes_on(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) == 0;
}

static void read_document(const char *path)
{
    FILE *f = fopen(path, "re");
    size_t length = f == NULL ? 0 : fread(document, 1, sizeof document - 1, f);
    if (length == 0)
        stop(path, "no document");
    fclose(f);
}

int main(int count, char **words)
{
    if (count != 3)
        stop("usage", "live_work HOME DOCUMENT");
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    read_document(words[2]);
    struct comity *sender = open_link(words[1], "xa-ca-01");
    struct comity *recipient = open_link(words[1], "xc-ca-01");
    take(recipient);
    send_one(sender);
    printf("open\n");
    while (goes_on()) {
        send_one(sender);
        take(recipient);
        printf("sent\n");
    }
    comity_close(sender);
    comity_close(recipient);
    return 0;
}
