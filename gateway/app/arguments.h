#ifndef APP_ARGUMENTS_H
#define APP_ARGUMENTS_H

/* The command line of comityd. */

#include <stdbool.h>

enum arguments_work {
    WORK_SERVE,
    WORK_CHECK,    /* the configuration alone */
    WORK_RESTORE,  /* of a backup */
    WORK_DIAGNOSE, /* what can be seen without asking a gateway that works */
};

struct arguments {
    const char *config;
    enum arguments_work work;
    const char *backup; /* of WORK_RESTORE */
    bool dry_run;       /* likewise */
};

/** Reads it; ends the process where it is wrong, or asks for help or the version. False: it is no
 * command line of comityd's. */
bool arguments_read(int argc, char **argv, struct arguments *ret_arguments);

#endif
