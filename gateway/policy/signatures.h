#ifndef POLICY_SIGNATURES_H
#define POLICY_SIGNATURES_H

/*
 * Whether those who must have signed a rulebook have: each of its objects by enough of the
 * authorities that the configuration names for it. Signatures lie beside the texts, outside of
 * their digests, one a file:
 *
 *     signatures/law/<key>, signatures/states/<key>, signatures/parties/XA/<key>
 *
 * Who is asked for is never read from there: a signature that is missing, of somebody else or of
 * another text counts for nothing, and is no fault where others are enough.
 */

#include "crypto/revocations.h"
#include "policy/rulebook.h"
#include "policy/signed_object.h"

#define SIGNATURES_MAX        32U /* of one object */
#define SIGNATURES_FOLDER     "signatures/"
#define SIGNATURES_PATH_BYTES 64U

#define REVOKED_TEXT_BYTES 200U /* who is revoked, in a sentence */

#define LAW_AUTHORITIES 2U /* at least so many different ones sign the law */

struct rulebook_authorities {
    struct object_authorities law, states;
    struct object_authorities parties; /* of all States: each signs for its own */
    const struct revocations *revoked; /* by lists of their States' CAs; NULL: nobody is */
};

/** The authorities of one kind of object, by the object's name. */
const struct object_authorities *authorities_of(const struct rulebook_authorities *all,
                                                struct slice object);

/** Whether an authority's certificate was revoked by then: from the list's date on nothing that it
 * ever signed counts, for nobody can tell what was signed later and dated back. Whose CA has no
 * list here is revoked by nobody. */
bool authority_is_revoked(const struct rulebook_authorities *all,
                          const struct object_authority *authority, uint64_t at_ms,
                          uint64_t *ret_since_ms);

/** Writes who of those that sign an object is revoked by then: "; the certificate of XF-MIN-01 is
 * revoked since 2026-09-21T00:00:00Z", for each as far as there is room; nothing where nobody
 * is, or all is NULL. */
void authorities_say_revoked(const struct rulebook_authorities *all, struct slice object,
                             uint64_t at_ms, char text[static REVOKED_TEXT_BYTES]);

/** The folder of an object's signatures: "signatures/parties/XA/". */
void signatures_folder(struct slice object, char folder[static SIGNATURES_PATH_BYTES]);

/** The signatures of an object that lie among a rulebook's files, SIGNATURES_MAX at most, in the
 * order of their paths; borrowed, and the array is the arena's. MEMORY */
struct status signatures_find(struct arena *arena, const struct text_files *files,
                              struct slice object, struct slices *ret_signatures);

/** What became of the signatures of one object. */
struct signatures_verdict {
    size_t needed, have; /* authorities */
    uint64_t until_ms;   /* from when on it is too few; where have is not enough, since when */
    uint64_t begins_ms;  /* when one begins that does not count yet; UINT64_MAX: none does */
    struct status wrong; /* of the first signature that does not count; OK: all do */
    size_t counting[SIGNATURES_MAX]; /* which ones count: of each certificate the one that holds
                                        longest */
    size_t counting_count;
};

/**
 * Judges the signatures of an object. An authority counts once, by its signature that holds
 * longest.
 *
 * ret_verdict  also where it is refused
 *
 * REFUSED  object.validity where it is too few because some have ended or not begun, or whoever
 *          signed is revoked since; object.quorum where it is too few otherwise
 * MEMORY
 */
struct status signatures_judge(const struct slices *signatures,
                               const struct object_statement *object,
                               const struct rulebook_authorities *authorities, uint64_t at_ms,
                               struct signatures_verdict *ret_verdict);

/** What a signature of this object has to state; its validity is 0. The object's name is borrowed.
 * False where the rulebook has no such object. */
bool rulebook_statement(const struct rulebook *rulebook, struct slice object,
                        struct object_statement *ret_statement);

/**
 * Judges every object of a rulebook and notes in it until when its signatures hold
 * (rulebook_until_ms). Of those that have ended, or whose signers are revoked, it notes since when:
 * that refuses nothing here, but such an object does not come into force anew. What has not begun
 * yet is to be judged again when it does (signed_again_ms).
 *
 * files  that it was read from; its signatures alone are looked at
 *
 * REFUSED  object.quorum, with *reterr filled;  MEMORY
 */
struct status rulebook_endorse(struct rulebook *rulebook, const struct text_files *files,
                               const struct rulebook_authorities *authorities, uint64_t at_ms,
                               struct text_error *reterr);

#endif
