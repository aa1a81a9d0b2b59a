#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

/*
 * Parties of a demo, as many as wanted in one thread: links over real TLS whose frames are written
 * by hand, so that they cost little beside the gateway that is measured. What the links are for is
 * a role's business.
 */

#include "base/arena.h"
#include "base/reader.h"
#include "tls/link.h"
#include "wire/frame.h"

enum peer_state {
    PEER_NONE,       /* no socket */
    PEER_CONNECTING, /* TCP */
    PEER_SHAKING,    /* TLS */
    PEER_GREETING,   /* HELLO is sent */
    PEER_OPEN,
};

struct crowd;

/** Whom the parties of a demo have their links with. */
struct target {
    const char *demo;    /* its folder */
    const char *gateway; /* "XA-GW-01" */
    const char *address; /* "127.0.0.1:7443" */
};

/** One link. */
struct peer {
    struct crowd *crowd;
    size_t index; /* among the crowd's */
    enum peer_state state;
    int fd;
    struct tls_link *tls;
    struct buffer in, out;
    uint64_t number;    /* of our last frame */
    uint64_t credit;    /* SUBMITs and QUERYs that we may still send */
    bool deaf;          /* reads nothing any more */
    enum tls_step last; /* how the link before this one ended */
    bool writable;      /* whether epoll waits for room to write */
};

/** What a role does. Each may be NULL. */
struct role {
    void (*opened)(struct peer *peer);
    /* Any frame but WELCOME, PING, PONG and CREDIT. */
    void (*frame)(struct peer *peer, const struct frame *frame, struct arena *arena);
    /* The other side ended it, or the link broke; the peer is PEER_NONE again. */
    void (*ended)(struct peer *peer);
    /* The timer that crowd_wake set. */
    void (*woken)(struct crowd *crowd);
};

struct crowd {
    const struct role *role;
    void *owner; /* the role's */
    struct peer *peers;
    size_t count;
    struct target target;
    bool silent;      /* TLS alone: after it comes one octet of the server's, no HELLO */
    bool leaves;      /* TLS alone: links end with close_notify after their handshake */
    uint64_t credits; /* given to the gateway in HELLO */
    size_t open;      /* peers in PEER_OPEN */
    size_t ended;     /* how many links the other side ended, or that broke */
    unsigned told;    /* lines on standard input so far */
    bool over;        /* standard input has ended */

    struct tls_context **contexts; /* one for each party */
    const char **parties;          /* peer i is party i % party_count */
    size_t party_count;
    int epoll, timer;
    uint8_t *octets;
};

/**
 * Makes a crowd of count peers without links. parties is a list, "XA-CA-01,XA-CA-02"; their
 * certificates are found below the demo's pki. Whatever is missing stops the program.
 */
struct crowd *crowd_new(const struct target *target, const char *parties, size_t count);

void crowd_free(struct crowd *crowd);

/** Dials. The role hears of it when HELLO is answered. */
void peer_dial(struct peer *peer);

/** Cuts the link without a word. */
void peer_cut(struct peer *peer);

/** Reads nothing from this link any more, until the next one. */
void peer_deafen(struct peer *peer);

/** Numbers a frame, appends it to what is to be sent. */
void peer_put(struct peer *peer, struct frame *frame);

/** Writes what there is to be sent. */
void peer_flush(struct peer *peer);

/** Wakes the role at this time of the monotonic clock. */
void crowd_wake(struct crowd *crowd, uint64_t at_ns);

/** Waits until something happens, at most ms milliseconds, and deals with it. */
void crowd_turn(struct crowd *crowd, int ms);

/** Dials the peers from first on, not more than 64 at a time, until count peers in all are open.
 * Stops the program when that takes longer than a minute. */
void crowd_open(struct crowd *crowd, size_t count);

#endif
