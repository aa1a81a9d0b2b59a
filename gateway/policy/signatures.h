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

#include "policy/rulebook.h"
#include "policy/signed_object.h"

#define SIGNATURES_MAX        32U /* of one object */
#define SIGNATURES_FOLDER     "signatures/"
#define SIGNATURES_PATH_BYTES 64U

#define LAW_AUTHORITIES 2U /* at least so many different ones sign the law */

struct rulebook_authorities {
    struct object_authorities law, states;
    struct object_authorities parties; /* of all States: each signs for its own */
};

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
 * REFUSED  object.validity where it is too few because some have ended or not begun;
 *          object.quorum where it is too few otherwise
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
 * (rulebook_until_ms). Of those that have ended it notes since when: that refuses nothing here, but
 * such an object does not come into force anew.
 *
 * files  that it was read from
 *
 * REFUSED  object.quorum, with *reterr filled;  MEMORY
 */
struct status rulebook_endorse(struct rulebook *rulebook, const struct text_files *files,
                               const struct rulebook_authorities *authorities, uint64_t at_ms,
                               struct text_error *reterr);

#endif
