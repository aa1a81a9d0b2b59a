#ifndef COMITY_EXITS_H
#define COMITY_EXITS_H

/* How commands end: one table of exit codes for all of them, and how a failure is put into words.
 */

#include "libcomity/comity.h"

#include <stdio.h>

#define EXIT_INTERRUPTED 130 /* what a shell makes of SIGINT */

struct exit_row {
    int code;
    const char *meaning, *again; /* whether trying the same again makes sense */
};

/** All exit codes, ascending. */
const struct exit_row *exit_rows(size_t *ret_count);

/** Prints the table. */
void exits_print(FILE *out);

/**
 * Fills a fault and gives its exit code back. code is a refusal code of the wire or a word in
 * capitals such as "USAGE"; format as printf says what failed, on which object and why.
 */
[[gnu::format(printf, 4, 5)]] enum comity_exit
fail(struct comity_fault *reterr, enum comity_exit exit, const char *code, const char *format, ...);

/** The same for the user's command line: exit code 2, code USAGE. */
[[gnu::format(printf, 2, 3)]] enum comity_exit fail_usage(struct comity_fault *reterr,
                                                          const char *format, ...);

/** The same for files and processes of this machine: exit code 1, code STORE, errno's words. */
[[gnu::format(printf, 2, 3)]] enum comity_exit fail_errno(struct comity_fault *reterr,
                                                          const char *format, ...);

/** Adds what to do next to a fault; gives its exit code back. */
[[gnu::format(printf, 2, 3)]] enum comity_exit advise(struct comity_fault *reterr,
                                                      const char *format, ...);

#endif
