#ifndef UNIT_CLIENTS_GATEWAY_H
#define UNIT_CLIENTS_GATEWAY_H

/*
 * A gateway that does what a test tells it: real TLS on a port of its own, in a thread, one
 * connection after the other, each served by a function of the test.
 */

#include "libcomity/connection.h"
#include "tls/link.h"

struct served {
    int descriptor;
    struct tls_link *tls;
    struct session session;
    struct buffer in;
    struct arena *arena; /* frames heard live here */
    unsigned turn;       /* connections before this one */
};

typedef void serve(struct served *s);

/** TLS settings of a party or gateway of the PKI: "XA/parties/XA-CA-01". To be freed. */
struct tls_context *pki_context(const char *folder);

/** Starts the gateway with the certificate of this folder; every connection is given to fn. */
void gateway_start(const char *folder, serve *fn);

/** The same with as many connections at the same time; each thread counts its turns. */
#define GATEWAY_THREADS_MAX 4
void gateway_start_many(const char *folder, unsigned threads, serve *fn);

/** Closes the next connections as soon as they are accepted, as a gateway without room does. */
void gateway_shed(unsigned count);

/** "127.0.0.1:port" of the running gateway. */
const char *gateway_address(void);

/** Waits for the connections that are open to end, and stops. */
void gateway_stop(void);

/** Takes HELLO and answers WELCOME; false if that came to nothing. */
bool serve_greet(struct served *s);

/** The next frame, passed by the session; of kind FRAME_NONE when the connection ended. */
struct frame serve_hear(struct served *s);

/** The next frame of this kind; others are passed over. */
struct frame serve_await(struct served *s, enum frame_kind kind);

/** Numbers and sends a frame. */
void serve_give(struct served *s, struct frame *f);

/** ANSWER with these rows, or REFUSE, to a QUERY; and the credit for the next one. */
void serve_answer(struct served *s, const struct frame *query, struct slices rows);
void serve_refuse(struct served *s, const struct frame *query, const char *code, uint64_t retry_ms);

/** Sends a frame as it is. */
void serve_force(struct served *s, const struct frame *f);

/** Sends octets as they are; false once nobody takes them any more. */
bool serve_octets(struct served *s, struct slice octets);

/** Takes the client's BYE and says its own. */
void serve_end(struct served *s);

#endif
