#ifndef SUPPORT_CLIENT_H
#define SUPPORT_CLIENT_H

/*
 * The other end of a link to the gateway of a world: a party's side of the session, with every
 * frame that ever came kept. Frames that the gateway sends are judged by the same session table as
 * those of a real client, so that a scenario fails where the gateway breaks the protocol.
 */

#include "session/session.h"
#include "support/world.h"

/** A frame that came. */
struct heard {
    struct heard *next;
    struct arena *arena;
    struct slice octets; /* the frame's body */
    struct frame frame;
    uint64_t at_ms; /* wall clock */
    bool read;      /* client_hear has given it */
};

struct client {
    struct world *world;
    struct client *next;
    char name[64];
    struct exchange_link *link; /* NULL once the connection is gone */
    struct session session;
    struct buffer in;
    struct heard *heard, *last;
    size_t count;      /* frames heard */
    bool waits;        /* does not answer BYE by itself: answers may still come */
    bool keeps_credit; /* does not give credit back */
};

/** Connects as this party, officer or gateway, greets and waits for WELCOME. */
struct client *client_dial(struct world *world, const char *name);

/** Connects as this identity without a word. */
struct client *client_connect(struct world *world, const char *name);

/** A HELLO as it should be, for tests that change or cut it; without a number. */
struct frame client_hello(const struct client *client);

/** Says it. */
void client_greet(struct client *client);

/** Gives a frame its number and sends it; the number. The frame must be one that may be sent. */
uint64_t client_give(struct client *client, struct frame *frame);

/** Sends a frame as it is, number included, without judging it. */
void client_force(struct client *client, const struct frame *frame);

/** Sends octets. */
struct status client_octets(struct client *client, struct slice octets);

/**
 * The first frame of this kind that has not been read, waited for if need be; NULL past the
 * deadline, or when the link is over without it.
 */
const struct heard *client_hear(struct client *client, enum frame_kind kind);

/** Whether a frame came that was not read. */
bool client_has_unread(const struct client *client);

/** Takes what the exchange has to say to this client; called wherever the exchange was. */
void client_drain(struct client *client);

/** The connection is lost: no BYE. */
void client_cut(struct client *client);

/** Cuts and forgets the client. */
void client_free(struct client *client);

/* What a party sends, and the answer to it: the next frame of either kind that answers it. */

/** SUBMIT and its RECEIPT or REFUSE. */
const struct heard *client_submit(struct client *client, const struct submit *submit);

/** TAKEN for what answers, a pushed frame's number; 0: of its own accord. */
void client_take(struct client *client, uint64_t answers, const struct message_key *key,
                 uint64_t stage);

/** QUERY and its ANSWER or REFUSE. */
struct query_args;
const struct heard *client_ask(struct client *client, const struct query_args *args);

#endif
