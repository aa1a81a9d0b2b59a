#ifndef UNIT_CLIENTS_WITNESS_STAND_H
#define UNIT_CLIENTS_WITNESS_STAND_H

/* A witness in a folder of its own, and a log that asks it. */

#include "witness_log.h"

#include "witness/kept.h"

#define STAND_PATH_BYTES 128

struct stand {
    char key[STAND_PATH_BYTES], state[STAND_PATH_BYTES];
    struct signer signer;
    struct kept *kept;
    struct witness_log log;
    struct vkey vkey;
    char error[SIGNER_ERROR_BYTES];
    uint64_t now_ms;    /* WITNESS_BEGAN_MS at first */
    struct log_row row; /* of a log that goes on, at first */
};

/** A new key with its state, opened. stand_done ends it. */
void stand_make(struct stand *s);
void stand_done(struct stand *s);

/** The same as programs do it when they start and end. */
struct status stand_open(struct stand *s);
void stand_close(struct stand *s);

/** Asks with this text, which must be a request. */
struct status stand_ask(struct stand *s, struct slice text, struct buffer *line,
                        struct kept_answer *ret_answer);

/** What it answers to size after old: a line that cosigns exactly where it is good. */
struct kept_answer stand_submit(struct stand *s, uint64_t old, uint64_t size);

/** The same, with this verdict. */
void stand_check(struct stand *s, uint64_t old, uint64_t size, enum witness_verdict want);

/** The kept checkpoint is the log's of this size, cosigned now. */
void stand_check_shown(struct stand *s, uint64_t size);

#endif
