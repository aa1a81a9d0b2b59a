#ifndef BASE_REASON_H
#define BASE_REASON_H

/*
 * Why something of a peer was refused, and the refusal code it is told (wire/PROTOCOL.md, checks).
 * Reasons are for our diagnostics and tests; refusal codes are all that leaves the gateway.
 */

#include <stdbool.h>

/** Refusal codes as on the wire: E_SCHEMA is REFUSAL_SCHEMA. The order of domain rules 7.6. */
#define REFUSALS(X)                                                                                \
    X(SCHEMA)                                                                                      \
    X(SIG)                                                                                         \
    X(ROLE)                                                                                        \
    X(ROUTE)                                                                                       \
    X(REPLAY)                                                                                      \
    X(STATE)                                                                                       \
    X(INCOMPLETE)                                                                                  \
    X(GROUND)                                                                                      \
    X(REASON)                                                                                      \
    X(LANG)                                                                                        \
    X(PURPOSE)                                                                                     \
    X(CONSENT)                                                                                     \
    X(TRANSFER)                                                                                    \
    X(HANDLING)                                                                                    \
    X(EVAL)                                                                                        \
    X(CATEGORY)                                                                                    \
    X(EXPIRED)                                                                                     \
    X(HASH)                                                                                        \
    X(SIZE)                                                                                        \
    X(HELD)                                                                                        \
    X(UNKNOWN)                                                                                     \
    X(UNAVAILABLE)                                                                                 \
    X(STALE)                                                                                       \
    X(FORK)

enum refusal {
    REFUSAL_NONE,
#define X(name) REFUSAL_##name,
    REFUSALS(X)
#undef X
        REFUSAL_COUNT
};

/** X(enum name, text, refusal) for each reason. */
#define REASONS(X)                                                                                 \
    X(MSGPACK_TRUNCATED, "msgpack.truncated", SCHEMA)                                              \
    X(MSGPACK_TRAILING, "msgpack.trailing", SCHEMA)                                                \
    X(MSGPACK_FORM, "msgpack.form", SCHEMA)                                                        \
    X(MSGPACK_TYPE, "msgpack.type", SCHEMA)                                                        \
    X(MSGPACK_UTF8, "msgpack.utf8", SCHEMA)                                                        \
    X(MSGPACK_DEPTH, "msgpack.depth", SCHEMA)                                                      \
    X(MSGPACK_COUNT, "msgpack.count", SCHEMA)                                                      \
    X(CBOR_TRUNCATED, "cbor.truncated", SCHEMA)                                                    \
    X(CBOR_TRAILING, "cbor.trailing", SCHEMA)                                                      \
    X(CBOR_FORM, "cbor.form", SCHEMA)                                                              \
    X(CBOR_TYPE, "cbor.type", SCHEMA)                                                              \
    X(CBOR_UTF8, "cbor.utf8", SCHEMA)                                                              \
    X(CBOR_DEPTH, "cbor.depth", SCHEMA)                                                            \
    X(CBOR_COUNT, "cbor.count", SCHEMA)                                                            \
    X(CBOR_ORDER, "cbor.order", SCHEMA)                                                            \
    X(FRAME_SIZE, "frame.size", SIZE)                                                              \
    X(FRAME_SHAPE, "frame.shape", SCHEMA)                                                          \
    X(FRAME_NUMBER, "frame.number", STATE)                                                         \
    X(FRAME_STATE, "frame.state", STATE)                                                           \
    X(FRAME_CREDIT, "frame.credit", STATE)                                                         \
    X(HELLO_PEER, "hello.peer", ROUTE)                                                             \
    X(MESSAGE_SIZE, "message.size", SIZE)                                                          \
    X(SEAL_SIZE, "seal.size", SIZE)                                                                \
    X(SEAL_TAG, "seal.tag", SIG)                                                                   \
    X(SEAL_SHAPE, "seal.shape", SIG)                                                               \
    X(SEAL_UNPROTECTED, "seal.unprotected", SIG)                                                   \
    X(SEAL_HEADER, "seal.header", SIG)                                                             \
    X(SEAL_ALG, "seal.alg", SIG)                                                                   \
    X(SEAL_SIGNER, "seal.signer", SIG)                                                             \
    X(SEAL_IDENTITY, "seal.identity", SIG)                                                         \
    X(SEAL_VALIDITY, "seal.validity", SIG)                                                         \
    X(SEAL_REVOKED, "seal.revoked", SIG)                                                           \
    X(SEAL_LOW_S, "seal.low_s", SIG)                                                               \
    X(SEAL_SIGNATURE, "seal.signature", SIG)                                                       \
    X(CLAIMS_SHAPE, "claims.shape", SCHEMA)                                                        \
    X(CLAIMS_TIME, "claims.time", EXPIRED)                                                         \
    X(CLAIMS_DIGESTS, "claims.digests", SCHEMA)                                                    \
    X(CLAIMS_WINDOW, "claims.window", EXPIRED)                                                     \
    X(CLAIMS_EXPIRED, "claims.expired", EXPIRED)                                                   \
    X(READER_RECIPIENT, "reader.recipient", ROUTE)                                                 \
    X(LINK_FROM, "link.from", ROLE)                                                                \
    X(LINK_PEER, "link.peer", ROUTE)                                                               \
    X(FIELD_SIZE, "field.size", SIZE)                                                              \
    X(FIELD_SHAPE, "field.shape", SCHEMA)                                                          \
    X(FIELD_PATH, "field.path", SCHEMA)                                                            \
    X(FIELD_VALUE, "field.value", SCHEMA)                                                          \
    X(FIELD_RESERVED, "field.reserved", SCHEMA)                                                    \
    X(FIELD_ORDER, "field.order", SCHEMA)                                                          \
    X(FIELD_PREFIX, "field.prefix", SCHEMA)                                                        \
    X(FIELD_SALT, "field.salt", SCHEMA)                                                            \
    X(FIELD_DIGEST, "field.digest", HASH)                                                          \
    X(DERIVED_SHAPE, "derived.shape", SCHEMA)                                                      \
    X(DERIVED_TRANSFORM, "derived.transform", SCHEMA)                                              \
    X(DERIVED_SOURCE, "derived.source", HASH)                                                      \
    X(CHAIN_LENGTH, "chain.length", ROUTE)                                                         \
    X(RELEASE_SIZE, "release.size", SIZE)                                                          \
    X(RELEASE_SHAPE, "release.shape", SCHEMA)                                                      \
    X(RELEASE_DIGESTS, "release.digests", SCHEMA)                                                  \
    X(RELEASE_WITHHELD, "release.withheld", SCHEMA)                                                \
    X(RELEASE_OBLIGATIONS, "release.obligations", SCHEMA)                                          \
    X(RELEASE_HOP, "release.hop", ROUTE)                                                           \
    X(RELEASE_NUMBER, "release.number", SCHEMA)                                                    \
    X(RELEASE_GATEWAY, "release.gateway", ROUTE)                                                   \
    X(RELEASE_CLAIMS, "release.claims", HASH)                                                      \
    X(RELEASE_SEAL, "release.seal", HASH)                                                          \
    X(RELEASE_MEMBER, "release.member", HASH)                                                      \
    X(RELEASE_PREVIOUS, "release.previous", HASH)                                                  \
    X(RELEASE_DROPPED, "release.dropped", HANDLING)                                                \
    X(RECEIPT_SIZE, "receipt.size", SIZE)                                                          \
    X(RECEIPT_SHAPE, "receipt.shape", SCHEMA)                                                      \
    X(RECEIPT_ENTRY, "receipt.entry", SCHEMA)                                                      \
    X(NOTE_SHAPE, "note.shape", SCHEMA)                                                            \
    X(NOTE_ORIGIN, "note.origin", HASH)                                                            \
    X(NOTE_KEY, "note.key", SIG)                                                                   \
    X(NOTE_SIGNATURE, "note.signature", SIG)                                                       \
    X(LOG_CLOSED, "log.closed", HASH)                                                              \
    X(RECEIPT_INCLUSION, "receipt.inclusion", HASH)                                                \
    X(RECEIPT_OPENING, "receipt.opening", HASH)                                                    \
    X(OUTER_SHAPE, "outer.shape", SCHEMA)                                                          \
    X(INNER_SHAPE, "inner.shape", SCHEMA)                                                          \
    X(OPENINGS_SHAPE, "openings.shape", SCHEMA)                                                    \
    X(OPENINGS_SIZE, "openings.size", SIZE)                                                        \
    X(LOOKUP_SHAPE, "lookup.shape", SCHEMA)                                                        \
    X(OPENING_OUTER, "opening.outer", HASH)                                                        \
    X(OPENING_INNER, "opening.inner", HASH)                                                        \
    X(OPENING_CLOSED, "opening.closed", HASH)                                                      \
    X(RECEIPT_KIND, "receipt.kind", HASH)                                                          \
    X(RECEIPT_GATEWAY, "receipt.gateway", HASH)                                                    \
    X(RECEIPT_CLAIMS, "receipt.claims", HASH)                                                      \
    X(RECEIPT_SEAL, "receipt.seal", HASH)                                                          \
    X(RECEIPT_RELEASE, "receipt.release", HASH)                                                    \
    X(RECEIPT_RULEBOOK, "receipt.rulebook", HASH)                                                  \
    X(RECEIPT_TIME, "receipt.time", HASH)                                                          \
    X(CHECKPOINT_UNPROVED, "checkpoint.unproved", STALE)                                           \
    X(CHECKPOINT_FORK, "checkpoint.fork", FORK)                                                    \
    X(WITNESS_AGE, "witness.age", STALE)                                                           \
    X(WITNESS_QUORUM, "witness.quorum", STALE)                                                     \
    X(WITNESS_STATE, "witness.state", STALE)                                                       \
    X(ROUTE_UNKNOWN, "route.unknown", ROUTE)                                                       \
    X(REPLAY_OTHER, "replay.other", REPLAY)                                                        \
    X(DECOY_REUSED, "decoy.reused", SCHEMA)                                                        \
    X(DECOY_DIGEST, "decoy.digest", HASH)                                                          \
    X(DECOY_MISSING, "decoy.missing", HASH)                                                        \
    X(LOCAL_SHAPE, "local.shape", SCHEMA)                                                          \
    X(APPROVAL_SHAPE, "approval.shape", SCHEMA)                                                    \
    X(APPROVAL_OBJECT, "approval.object", HASH)                                                    \
    X(APPROVAL_VALIDITY, "approval.validity", EXPIRED)                                             \
    X(APPROVAL_OFFICERS, "approval.officers", SIG)                                                 \
    X(INCLUSION, "inclusion", HASH)                                                                \
    X(CONSISTENCY, "consistency", HASH)                                                            \
    X(PROOF_SHAPE, "proof.shape", SCHEMA)                                                          \
    X(PROOF_SIZE, "proof.size", HASH)                                                              \
    X(PROOF_KEY, "proof.key", SIG)                                                                 \
    X(PROOF_SIGNATURE, "proof.signature", SIG)                                                     \
    X(TIMESTAMP_SHAPE, "timestamp.shape", SCHEMA)                                                  \
    X(TIMESTAMP_DENIED, "timestamp.denied", UNAVAILABLE)                                           \
    X(TIMESTAMP_IMPRINT, "timestamp.imprint", HASH)                                                \
    X(TIMESTAMP_NONCE, "timestamp.nonce", REPLAY)                                                  \
    X(TIMESTAMP_TIME, "timestamp.time", EXPIRED)                                                   \
    X(TIMESTAMP_SIGNATURE, "timestamp.signature", SIG)                                             \
    X(TIMESTAMP_CHAIN, "timestamp.chain", SIG)                                                     \
    X(TYPE_UNKNOWN, "type.unknown", SCHEMA)                                                        \
    X(TYPE_FIELD, "type.field", SCHEMA)                                                            \
    X(TYPE_VALUE, "type.value", SCHEMA)                                                            \
    X(TYPE_ROLE, "type.role", ROLE)                                                                \
    X(TYPE_PURPOSE, "type.purpose", PURPOSE)                                                       \
    X(TYPE_LANGUAGE, "type.language", LANG)                                                        \
    X(TYPE_INCOMPLETE, "type.incomplete", INCOMPLETE)                                              \
    X(TYPE_REASON, "type.reason", REASON)                                                          \
    X(CLAIM_PERSONAL, "claim.personal", SCHEMA)                                                    \
    X(LAW_REFUSED, "law.refused", CATEGORY)                                                        \
    X(LAW_HELD, "law.held", HELD)                                                                  \
    X(LAW_BROKEN, "law.broken", CATEGORY)                                                          \
    X(LAW_OTHER, "law.other", STALE)                                                               \
    X(DIRECTORY_OTHER, "directory.other", STALE)                                                   \
    X(QUERY_UNKNOWN, "query.unknown", UNKNOWN)                                                     \
    X(OBJECT_SIZE, "object.size", SIZE)                                                            \
    X(OBJECT_SHAPE, "object.shape", SCHEMA)                                                        \
    X(OBJECT_PATH, "object.path", SCHEMA)                                                          \
    X(OBJECT_DIGEST, "object.digest", HASH)                                                        \
    X(OBJECT_STATEMENT, "object.statement", SCHEMA)                                                \
    X(OBJECT_SIGNER, "object.signer", SIG)                                                         \
    X(OBJECT_NAME, "object.name", HASH)                                                            \
    X(OBJECT_NUMBER, "object.number", HASH)                                                        \
    X(OBJECT_VALIDITY, "object.validity", EXPIRED)                                                 \
    X(OBJECT_QUORUM, "object.quorum", SIG)                                                         \
    X(OBJECT_REVOKED, "object.revoked", SIG)                                                       \
    X(OBJECT_OLD, "object.old", REPLAY)                                                            \
    X(OBJECT_CLOSING, "object.closing", FORK)                                                      \
    X(OVERLOAD, "overload", UNAVAILABLE)                                                           \
    X(PEER_REVOKED, "peer.revoked", SIG)                                                           \
    X(PEER_EXPIRED, "peer.expired", SIG)                                                           \
    X(PEER_UNTRUSTED, "peer.untrusted", SIG)                                                       \
    X(PEER_RATE, "peer.rate", UNAVAILABLE)                                                         \
    X(ERASURE_NEEDED, "erasure.needed", UNAVAILABLE)                                               \
    X(ERASURE_HELD, "erasure.held", UNAVAILABLE)

enum reason {
    REASON_NONE,
#define X(name, text, refusal) REASON_##name,
    REASONS(X)
#undef X
        REASON_COUNT
};

/** The reason's name, "seal.alg". Static storage; "none" for REASON_NONE. */
const char *reason_name(enum reason reason);

/** The refusal code that a peer is told for this reason. */
enum refusal reason_refusal(enum reason reason);

/** The code as on the wire, "E_SIG". Static storage; "" for REFUSAL_NONE. */
const char *refusal_name(enum refusal refusal);

/** Finds "E_SIG"; REFUSAL_NONE if it is not in the closed list. */
enum refusal refusal_find(const char *name);

#endif
