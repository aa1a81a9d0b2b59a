#ifndef POLICY_SIGNED_OBJECT_H
#define POLICY_SIGNED_OBJECT_H

/*
 * One authority's signature of one object of the rulebook: a COSE_Sign1 in the form of
 * crypto/cose.h with the type "application/comity-object", whose payload is the statement, as
 * deterministic CBOR:
 *
 *     {1: 1, 2: object, 3: number, 4: digest, 5: valid from, 6: valid until}
 *
 * The text itself is not in it: the statement's digest (comity-object-1) identifies it. The
 * statement is, so that what was signed can be read without the text.
 */

#include "crypto/cose.h"

#define SIGNED_OBJECT_TYPE      "application/comity-object"
#define SIGNED_OBJECT_MAX_BYTES 1024U
#define SIGNED_OBJECT_KEY_BYTES 17U /* of the name of its file: 16 hex digits, terminated */
#define OBJECT_NAME_BYTES       32U /* of the longest name of an object, with its terminator */

struct object_statement {
    struct slice object; /* "law", "states", "parties:XA" */
    uint64_t number;     /* 1 to 2^53-1 */
    struct digest digest;
    uint64_t from_ms, until_ms; /* Unix; until is its first millisecond without */
};

struct signed_object {
    struct cose cose;
    struct object_statement statement; /* borrows from the octets */
};

/** Whose signature counts for an object. */
struct object_authority {
    char id[16]; /* "XF-MIN-01": whoever signs with several certificates is one authority */
    const struct certificate *certificate; /* borrowed */
};

struct object_authorities {
    const struct object_authority *at;
    size_t count;
};

/** Whether this is the name of an object that is signed. */
bool object_name_is_signed(struct slice name);

/** The name of the object of a State's parties, "parties:XA". */
void object_name_parties(struct slice state, char name[static OBJECT_NAME_BYTES]);

/**
 * Takes a signature apart; all slices borrow from the octets. Nothing is verified.
 *
 * REFUSED  object.size, seal.tag, cbor.*, seal.shape, seal.unprotected, seal.header, seal.alg,
 *          object.statement
 */
struct status signed_object_read(struct slice octets, struct signed_object *ret_signed);

/** Signs a statement and appends the octets. MEMORY, CRYPTO */
struct status signed_object_make(const struct key *key, const struct digest *x5t,
                                 const struct object_statement *statement, struct buffer *out);

/** The name of a signature's file: the beginning of its certificate's SHA-256 in hex. */
void signed_object_name(const struct signed_object *signed_object,
                        char name[static SIGNED_OBJECT_KEY_BYTES]);

/**
 * Verifies a signature, in this order: the certificate is one of the authorities', the signature
 * is its key's, the statement is about this object (its validity is not looked at), and statement
 * and certificate hold at this time.
 *
 * ret_authority  index in authorities
 * ret_until_ms   when the first of the two ends
 *
 * REFUSED  object.signer; seal.alg, seal.low_s, seal.signature; object.name, object.number,
 *          object.digest; object.validity
 * MEMORY
 */
struct status signed_object_judge(const struct signed_object *signed_object,
                                  const struct object_statement *object,
                                  const struct object_authorities *authorities, uint64_t at_ms,
                                  size_t *ret_authority, uint64_t *ret_until_ms);

#endif
