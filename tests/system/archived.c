/*
 * archived HOME CONTEXT: every message and receipt that the context's archive keeps, a line each:
 * "message" or "receipt", the message's id and the octets, in hexadecimal.
 */

#include <stdio.h>
#include <stdlib.h>

#include "libcomity/comity.h"

static bool put(void *owner, const struct comity_archived *record)
{
    (void)owner;
    printf("%s %s ", record->kind == COMITY_MESSAGE ? "message" : "receipt", record->id);
    for (size_t i = 0; i < record->length; i++)
        printf("%02x", record->octets[i]);
    return putchar('\n') != EOF;
}

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "archived: %s: %s\n", what, why);
    exit(1);
}

int main(int count, char **words)
{
    struct comity *comity = NULL;
    struct comity_fault fault = {0};
    if (count != 3)
        stop("usage", "archived HOME CONTEXT");
    const struct comity_options options = {.home = words[1], .context = words[2]};
    if (comity_open(&options, &comity, &fault) != COMITY_DONE)
        stop("open", fault.message);
    if (comity_archive_each(comity, COMITY_MESSAGE | COMITY_RECEIPT, put, NULL, &fault) !=
        COMITY_DONE)
        stop("read", fault.message);
    comity_close(comity);
    return 0;
}
