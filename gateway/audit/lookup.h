#ifndef AUDIT_LOOKUP_H
#define AUDIT_LOOKUP_H

/*
 * How a State's own oversight finds a case or a person in its log. Entries have pseudonyms that
 * only the gateway's keys make, so it is asked for them: deterministic CBOR [from, frame, sid], and
 * its answer [case, subject]. Both are octets of at most LOOKUP_MAX_BYTES.
 */

#include "base/reader.h"
#include "base/slice.h"
#include "base/status.h"

#define LOOKUP_MAX_BYTES 256
#define LOOKUP_SID_BYTES 64

/** Whom one asks about. */
struct lookup {
    struct slice from; /* the party that sent the messages */
    struct slice
        frame; /* its case_ref; or, with is_thread, the 16 octets of a thread without one */
    bool is_thread;
    struct slice sid; /* of a person in the case; at == NULL: the case alone */
};

void lookup_write(struct buffer *out, const struct lookup *lookup);

/** Borrows from the octets. REFUSED lookup.shape, cbor.* */
struct status lookup_parse(struct slice octets, struct lookup *ret_lookup);

/** What they are called in the log, 32 octets each; at == NULL: it can be found no more, for its
 * key was destroyed, or it was not asked for. */
struct looked_up {
    struct slice of_case, of_subject;
};

void looked_up_write(struct buffer *out, const struct looked_up *found);

/** Borrows from the octets. REFUSED lookup.shape, cbor.* */
struct status looked_up_parse(struct slice octets, struct looked_up *ret_found);

#endif
