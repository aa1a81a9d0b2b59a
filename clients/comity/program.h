#ifndef COMITY_PROGRAM_H
#define COMITY_PROGRAM_H

/*
 * Work on a gateway's files that is comityd's own: `comity` does not know their inside. comityd is
 * started with an option of its own, becomes the gateway's user, and prints one object of JSON.
 */

#include <jansson.h>

#include "comity/invocation.h"

/** The option for another program than the one that is installed with this one; to stand in a table
 * of options. */
#define PROGRAM_OPTIONS                                                                            \
    {                                                                                              \
        "comityd", FLAG_COMITYD, "FILE", 0,                                                        \
            "The gateway's program, where it is not beside this one or in PATH", 2                 \
    }

#define PROGRAM_WORDS_MAX 4

/**
 * Runs comityd --config FILE with more words, of which NULL is the end, and reads what it prints.
 * An error in it becomes the fault, with the exit code of comityd.
 *
 * COMITY_INPUT   no --config, or a configuration that is wrong: what comityd says is the message
 * COMITY_FAILED  it cannot be started, or ends in another way
 */
enum comity_exit program_run(const struct invocation *invocation,
                             const char *const words[static PROGRAM_WORDS_MAX], json_t **ret_answer,
                             struct comity_fault *reterr);

#endif
