#ifndef AUDIT_COSE_RECEIPT_H
#define AUDIT_COSE_RECEIPT_H

/*
 * The proof that an entry is in a log as a COSE receipt (RFC 9942): an inclusion proof in the tree
 * of RFC 9162, and the log's signature over the root that it leads to. The signature of the RFC
 * covers the root and not the size, so that a proof could be passed off as one in a tree of another
 * size; therefore "tree-size" stands in the protected header, and has to be that of the proof.
 */

#include "audit/note.h"
#include "crypto/merkle.h"

#define COSE_RECEIPT_MAX_BYTES  4096
#define COSE_RECEIPT_UUID_BYTES 16

struct cose_receipt {
    struct slice protected_header;       /* as received: what is signed */
    struct slice key_id;                 /* 4 octets, as in the log's vkey */
    struct slice origin;                 /* who issued it */
    uint8_t id[COSE_RECEIPT_UUID_BYTES]; /* of the message that the entry is about */
    uint64_t size, index;
    struct slices path; /* leaf's sibling first */
    struct slice signature;
};

/** Reads a receipt; all lives in the arena or is borrowed. REFUSED proof.shape, proof.size (header
 * and proof name two sizes), cbor.*; MEMORY */
struct status cose_receipt_parse(struct arena *arena, struct slice octets,
                                 struct cose_receipt *ret_receipt);

/**
 * Verifies that the leaf is in the log whose key this is. Whether the leaf is an entry about the
 * message that the receipt names is for the caller to see, who has the entry's opening.
 *
 * REFUSED  proof.key (it is by another log), inclusion, proof.signature;  MEMORY
 */
struct status cose_receipt_verify(const struct cose_receipt *receipt, const struct digest *leaf,
                                  const struct vkey *log);

/** What a receipt is made of: path is that of the entry at index in the tree of size with root. */
struct cose_receipt_of {
    const char *origin;
    struct slice id; /* 16 octets */
    uint64_t size, index;
    struct slices path;
    struct digest root;
};

/**
 * Signs a root and appends the receipt. It must be the root of a checkpoint that was signed before:
 * this makes no second statement about the log.
 *
 * CRYPTO, MEMORY; CONFIG: the origin is none
 */
struct status cose_receipt_make(const struct key *key, const struct cose_receipt_of *of,
                                struct buffer *out);

#endif
