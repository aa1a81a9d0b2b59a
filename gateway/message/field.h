#ifndef MESSAGE_FIELD_H
#define MESSAGE_FIELD_H

/*
 * Fields (the sender's, one salted leaf each) and derived fields (a gateway's, always shown as
 * such). Step 4 of the checks is here.
 */

#include "crypto/digest.h"
#include "message/claims.h"

#define FIELD_MAX_BYTES 65536
#define SALT_BYTES      16

struct field {
    struct slice path;   /* first: contents_field looks fields up by it */
    struct slice octets; /* as received: what is hashed and passed on */
    struct slice salt;
    struct value value;
    struct digest digest; /* as in the seal (comity-field-1) */
};

enum transform {
    TRANSFORM_NONE,
    TRANSFORM_MASK,
    TRANSFORM_GENERALISE,
    TRANSFORM_PSEUDONYM,
    TRANSFORM_SUMMARY,
    TRANSFORM_COMPUTE,
};

const char *transform_name(enum transform transform);
enum transform transform_find(struct slice name); /* TRANSFORM_NONE if unknown */

struct derived {
    struct slice octets;
    struct slice salt, path;
    struct value value;
    enum transform transform;
    struct slice source;  /* 32 octets: the seal's digest of the field it was made from */
    struct digest digest; /* comity-derived-1 */
};

/** What a message delivers; both lists sorted by path. */
struct contents {
    const struct field *fields;
    size_t field_count;
    const struct derived *derived;
    size_t derived_count;
};

/**
 * Reads fields, then derived fields, then judges both together against the seal's digests.
 *
 * REFUSED  in this order: field.size, msgpack.*, field.shape, .path, .value, .reserved per field,
 *          field.order; the same for derived (derived.shape), derived.transform; then field.prefix,
 *          field.salt; field.digest; derived.source
 * MEMORY
 */
struct status contents_parse(struct arena *arena, const struct claims *claims, struct slices fields,
                             struct slices derived, const struct contents **ret_contents);

/** What a field's octets are made of; value is MessagePack of one leaf. */
struct field_parts {
    struct slice salt, path, value;
};

/** Appends one field's octets: [salt, path, value]. */
void field_write(struct buffer *out, const struct field_parts *parts);

/** Appends one derived field's octets: those parts, the transform and the source's digest. */
void derived_write(struct buffer *out, const struct field_parts *parts, enum transform transform,
                   const struct digest *source);

/** The digest of a field in a release (comity-released-1). */
struct digest field_released_digest(const struct field *field);

/** The seal's digest of a decoy (comity-decoy-1). */
struct digest decoy_digest(struct slice random);

/** The field with this path; NULL if there is none. Binary search. */
const struct field *contents_field(const struct contents *contents, struct slice path);

/** One LOCAL value of a submission and the decoys' preimages. */
struct submission_extras {
    const struct local_value *locals;
    size_t local_count;
    struct slices decoys;
};

/**
 * Judges what a submission carries beside the message: every digest of the seal is a field's or a
 * given decoy's, each once; local values sorted, unique, with the message's element names.
 *
 * REFUSED  decoy.reused, decoy.digest, decoy.missing, local.shape
 * MEMORY
 */
struct status submission_check(struct arena *arena, const struct claims *claims,
                               const struct contents *contents,
                               const struct submission_extras *extras);

#endif
