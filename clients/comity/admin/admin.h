#ifndef COMITY_ADMIN_H
#define COMITY_ADMIN_H

/* The control socket of a gateway on this machine, seen from the command's side. */

#include <jansson.h>

#include "comity/invocation.h"

/** Where the socket is; to stand in a table of options. */
#define ADMIN_OPTIONS                                                                              \
    {"control", FLAG_CONTROL, "PATH", 0, "The gateway's control socket", 1},                       \
    {                                                                                              \
        "config", FLAG_CONFIG, "FILE", 0,                                                          \
            "The gateway's configuration, which says where its control socket is", 1               \
    }

/** What the help of every command says that uses the socket. */
#define ADMIN_HELP                                                                                 \
    "It asks the gateway on this machine through its control socket, as root or as the user that " \
    "the gateway runs as. The socket is that of --control, or the one that the configuration of "  \
    "--config names: control, else the file control in its journal's folder.\n\n"

#define ADMIN_PATH_BYTES 4096

/** Where the control socket is, by the options. COMITY_INPUT */
enum comity_exit admin_socket(const struct invocation *invocation,
                              char path[static ADMIN_PATH_BYTES], struct comity_fault *reterr);

/**
 * Asks for a verb and waits for the answer.
 *
 * member, value  the verb's own member; NULL: it has none
 * patient        however long it takes; otherwise a minute and a half
 *
 * COMITY_UNAVAILABLE  nobody listens, or nothing came;  what the gateway's error stands for
 */
enum comity_exit admin_ask(const struct invocation *invocation, const char *verb,
                           const char *member, const char *value, bool patient, json_t **ret_answer,
                           struct comity_fault *reterr);

/** "3 d 4 h", "4 h 10 min", "10 min", "8 s". */
void admin_duration(uint64_t seconds, char *text, size_t room);

/** A member that is a number of the answer's, or of an object in it; 0 if there is none. */
int64_t admin_number(const json_t *json, const char *member);

/** The same for a text; "" if there is none. */
const char *admin_text(const json_t *json, const char *member);

/** The same for true. */
bool admin_true(const json_t *json, const char *member);

#endif
