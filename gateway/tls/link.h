#ifndef TLS_LINK_H
#define TLS_LINK_H

/*
 * One TLS connection on a descriptor, without any event loop: every call does what it can at once
 * and says what it waits for. Calls never block, whatever the descriptor's flags are, and raise no
 * SIGPIPE. A link is used by one thread at a time.
 *
 * In TLS 1.3 a client's handshake ends before the server has judged its certificate: a refusal
 * comes with the first tls_read.
 */

#include "base/slice.h"
#include "tls/context.h"
#include "tls/failure.h"

enum tls_step {
    TLS_FAILED,     /* for good; tls_failure says why */
    TLS_DONE,       /* done what was asked, at least in part */
    TLS_WANT_READ,  /* call again when the descriptor is readable */
    TLS_WANT_WRITE, /* call again when it is writable; reading may need it, too */
    TLS_CLOSED,     /* the peer ended its side with close_notify */
    TLS_TRUNCATED,  /* the connection ended without one: what was read may be cut off */
};

struct tls_link;

/**
 * A server's end on a connected socket. The descriptor stays the caller's and must outlive the
 * link; the context is held. MEMORY
 */
struct status tls_link_accept(struct tls_context *context, int descriptor,
                              struct tls_link **ret_link);

/**
 * A client's end. expected is the only identity that is accepted of the server, "XA-GW-01"; host
 * names are not matched, for the identity is what the State's CA vouches for. MEMORY
 */
struct status tls_link_connect(struct tls_context *context, int descriptor, const char *expected,
                               struct tls_link **ret_link);

/** Before the handshake: a link speaks this protocol of TLS_... and no other, in place of comity/1.
 * protocol: static storage. MEMORY */
struct status tls_link_speak(struct tls_link *link, const char *protocol);

/** Sends nothing: a link that is freed without tls_close looks truncated to the peer. NULL does
 * nothing. */
void tls_link_free(struct tls_link *link);

/** Goes on with the handshake. DONE when the peer is verified and speaks the protocol. */
enum tls_step tls_handshake(struct tls_link *link);

/** Reads at most room octets, room > 0; *ret_length is written with DONE only. */
enum tls_step tls_read(struct tls_link *link, void *octets, size_t room, size_t *ret_length);

/**
 * Writes some of in, often one record of 16 KiB; *ret_length, written with DONE only, says how
 * much. After WANT_* the next write must begin with the same octets, all of them; they may have
 * moved and more may follow.
 */
enum tls_step tls_write(struct tls_link *link, struct slice in, size_t *ret_length);

/** Sends close_notify. DONE when it is sent, or there is nothing more to send it on. Reading goes
 * on until CLOSED. */
enum tls_step tls_close(struct tls_link *link);

/** Who the peer is by its verified certificate; false before the handshake is done. */
bool tls_peer(const struct tls_link *link, struct identity *ret_identity);

/** SHA-256 of the peer's certificate; the zero digest before the handshake is done. */
const struct digest *tls_peer_x5t(const struct tls_link *link);

/** The peer's certificate, to be freed. ABSENT before the handshake is done; MEMORY */
struct status tls_peer_certificate(const struct tls_link *link,
                                   struct certificate **ret_certificate);

/** When the peer's certificate ends, Unix ms; 0 before the handshake is done. */
uint64_t tls_peer_until(const struct tls_link *link);

/** The key exchange's group, "X25519", and the version, "TLSv1.3", as the library names them; ""
 * before the handshake is done. */
const char *tls_link_group(const struct tls_link *link);
const char *tls_link_version(const struct tls_link *link);

/**
 * Judges the peer's certificate again by another context, after a reload or hourly for expiry.
 * NONE, or why it would be refused today: the caller then closes the link. The link stays as it is
 * but for the text of tls_failure_text.
 */
enum tls_failure tls_link_recheck(struct tls_link *link, const struct tls_context *context);

/** Has our key renewed with the next write, and asks the peer to renew its own. Does nothing on a
 * link that is not open. RFC 8446 4.6.3 */
void tls_link_rekey(struct tls_link *link);

/** Why the link failed, NETWORK where it was truncated; NONE as long as it has not. */
enum tls_failure tls_failure(const struct tls_link *link);

/** The same for people, with what the library or the peer's alert add: "certificate revoked". */
const char *tls_failure_text(const struct tls_link *link);

/** The number of the alert that the peer sent (RFC 8446 6), or -1. */
int tls_alert(const struct tls_link *link);

#endif
