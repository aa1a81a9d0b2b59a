#ifndef EDGE_CONNECTION_PARTS_H
#define EDGE_CONNECTION_PARTS_H

/* Inside of edge/: a connection, and what its files share. */

#include "edge/connection.h"

struct connection {
    struct connections *set;
    struct connection *next, **slot; /* among all */
    struct connection *next_dirty;
    struct connection *next_away, **away; /* among those whose handshake goes on elsewhere */
    struct line *line;                    /* which of them; the handshakes' lock is over these */
    struct event *readable, *writable, *timer;
    int fd;
    struct source source;       /* entered while the handshake lasts */
    struct call *call;          /* who dialled; NULL where it was accepted, or is not wanted */
    struct tls_link *tls;       /* NULL until the first octets came */
    struct exchange_link *link; /* NULL during the handshake */
    uint64_t judged;            /* the set's generation when the certificate was last judged */
    uint64_t keyed_ms;          /* when the keys were made */
    uint64_t deadline_ms;       /* of handshake or farewell; 0: the link's own */
    enum tls_step shaken;       /* what came of the handshake's last step */
    bool is_away;               /* tls is the handshakes' */
    bool is_up;                 /* counts among the peers' links */
    bool has_spoken;            /* octets came */
    bool is_dirty, waits_to_write, is_dead;
    bool has_more; /* reading ended, but not because there was nothing more to read */
};

/** A new connection, not yet among the handshakes. NULL, with fd closed, when memory is out; dead
 * where it has no events. */
struct connection *connection_make(struct connections *set, int fd);

/** The peer at the other end is there: counts the link where that is a gateway, and says so. */
void connection_up(struct connection *connection, struct moment now);

/** Counts it out, and tells its call. Does nothing twice. */
void connection_down(struct connection *connection, struct moment now);

/** What a TLS step means for the connection; true: go on at once. */
bool connection_step(struct connection *connection, enum tls_step result);

/** Goes on with an open link: writes, reads, waits for what comes next. */
void connection_run(struct connection *connection);

/** Writes what there is, then waits for what comes next. */
void connection_flush(struct connection *connection);

/** Says a line about the connection, in its peer's name once that is known. */
void connection_say(const struct connection *connection, const char *event, const char *text);

#endif
