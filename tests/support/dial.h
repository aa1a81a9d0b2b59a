#ifndef SUPPORT_DIAL_H
#define SUPPORT_DIAL_H

/*
 * A party's link over TCP and TLS that never waits, so that one thread can have thousands of them.
 * It greets, answers PING and BYE, and counts what else comes.
 */

#include "session/session.h"
#include "tls/link.h"

enum dial_state {
    DIAL_NONE,
    DIAL_CONNECTING, /* TCP */
    DIAL_SHAKING,    /* TLS */
    DIAL_GREETING,   /* HELLO was sent */
    DIAL_OPEN,
    DIAL_OVER, /* nothing is left of it */
};

struct dial {
    enum dial_state state;
    int fd;
    short wants; /* of poll */
    struct tls_link *tls;
    struct session session;
    struct buffer in, out;
    char code[24];   /* of the gateway's BYE; empty: none came, or none was in it */
    uint64_t frames; /* that came */
};

/** The context of a party of a demo's PKI, by its folder; stops the program if there is none. */
struct tls_context *dial_context(const char *pki, const char *party);

/** Begins a link of this party, "XA-CA-01", with the context of its certificate. address is
 * "127.0.0.1:7443". Memory that is out stops the program. */
void dial_start(struct dial *dial, struct tls_context *context, const char *party,
                const char *address);

/** Goes on as far as it can. To be called when poll finds what it wants. */
void dial_run(struct dial *dial);

/** Numbers a frame and sends it, or as much of it as there is room for. The link is open. */
void dial_give(struct dial *dial, struct frame *frame);

/** Ends it without a word. Does nothing twice. */
void dial_drop(struct dial *dial);

#endif
