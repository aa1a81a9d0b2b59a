#ifndef WITNESS_ARGUMENTS_H
#define WITNESS_ARGUMENTS_H

/* The command line of comity-witness. */

#include <stdbool.h>
#include <stddef.h>

#include "witness/book.h"

#define LISTEN_MAX 16

enum arguments_work { WORK_SERVE, WORK_MAKE_KEY, WORK_PRINT_KEY };

struct arguments {
    enum arguments_work work;
    const char *name, *key, *state;
    struct book_settings book;
    const char *listen[LISTEN_MAX];
    size_t listen_count;
    const char *ready; /* NULL: no file */
};

/** Reads the command line; what is wrong with it has been said. */
bool arguments_read(int argc, char **argv, struct arguments *ret_arguments);

#endif
