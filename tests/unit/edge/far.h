#ifndef EDGE_FAR_H
#define EDGE_FAR_H

/*
 * Other gateways, as a pool that dials them sees them: listeners that stay silent, break off, or
 * are XC-GW-01 and welcome it. Nothing runs by itself: the test calls far_run, or far_reach.
 */

#include "pool.h"

enum far_state {
    FAR_NONE,    /* nobody came */
    FAR_SHAKING, /* TLS */
    FAR_GREETED, /* HELLO came and was answered */
    FAR_OVER,    /* the link has ended */
};

struct far {
    int listener, fd;
    char address[ADDRESS_TEXT_BYTES];
    struct tls_context *context; /* of who answers there; held */
    struct tls_link *tls;
    struct session session;
    struct buffer in;
    enum far_state state;
    unsigned came; /* connections so far */
    bool said_bye; /* by who dialled */
};

/** A listener at a free port. name: whose certificate in the fixture answers there. */
void far_open(struct far *far, const char *name);
void far_close(struct far *far);

/** Goes on as far as it can: takes a connection in where it has none. */
void far_run(struct far *far);

/** Runs until it is in this state; false past the deadline. */
bool far_reach(struct far *far, enum far_state state);

/** Says BYE and waits until the link has ended in order, so that the next connection is taken in;
 * false past the deadline. code: NULL for none. */
bool far_leave(struct far *far, const char *code);

/** Ends the link, so that the next connection is taken in. abruptly: with a reset. */
void far_drop(struct far *far, bool abruptly);

/** Waits for a connection, and breaks it off at once. */
bool far_reset(struct far *far);

/** A directory of XA-GW-01, its parties, and these gateways, sorted by id: what the pool judges by
 * from now on. */
struct far_row {
    const char *id;
    const char *addresses[4]; /* NULL ends them */
};
struct snapshot *far_snapshot(struct pool *pool, const struct far_row *rows, size_t count);

/** Hands the workers such a directory. */
void far_renew(struct pool *pool, const struct far_row *rows, size_t count);

/** A pool with these peers. Its lines are kept until the next one's, or until lines_free. */
struct pool *far_pool(unsigned workers, const struct dialler_times *times,
                      const struct far_row *rows, size_t count);
void far_pool_free(struct pool *pool);
void lines_free(void);

/** How often a text stands in the lines so far. */
unsigned said(const char *text);

/** Waits until it stands there so often, and runs these meanwhile. */
bool says(const char *text, unsigned times, struct far *far, size_t count);

#endif
