#ifndef APP_CONTROL_REQUEST_H
#define APP_CONTROL_REQUEST_H

/* What is asked through the control socket: one line of JSON, {"verb":"backup","dir":"/srv/b"}. */

#include "base/slice.h"

#define CONTROL_LINE_MAX_BYTES 65536
#define CONTROL_ARGUMENT_BYTES 4000
#define CONTROL_WHY_BYTES      200

enum control_verb {
    CONTROL_STATUS,
    CONTROL_PEERS,
    CONTROL_DRAIN,
    CONTROL_RESUME,
    CONTROL_RELOAD,
    CONTROL_BACKUP,        /* dir: an absolute path */
    CONTROL_VERIFY_BACKUP, /* dir */
    CONTROL_QUARANTINE,
    CONTROL_LIFT, /* gateway: an id */
    CONTROL_RULEBOOK,
    CONTROL_ERASURE, /* order: see control_order.h */
    CONTROL_VERBS
};

struct control_request {
    enum control_verb verb;
    char argument[CONTROL_ARGUMENT_BYTES]; /* empty where the verb has none */
};

/**
 * Reads a line without its newline. Strict: an object with "verb", with the verb's own member, and
 * with no other. False with a sentence that says why.
 */
bool control_request_read(struct slice line, struct control_request *ret_request,
                          char why[static CONTROL_WHY_BYTES]);

#endif
