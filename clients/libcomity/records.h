#ifndef LIBCOMITY_RECORDS_H
#define LIBCOMITY_RECORDS_H

/* What the archive's records say: one writer and one reader for each kind. Everything that is read
 * lives in the arena. */

#include "audit/entry.h"
#include "libcomity/archive.h"
#include "wire/frame.h"

/** An own message as it was sealed, ready to be sent again. STORE, FULL, CRYPTO, MEMORY */
struct status record_submission(struct archive *archive, struct slice id,
                                const struct submit *submit);
/** ABSENT, STORE, CRYPTO, MEMORY */
struct status submission_load(struct archive *archive, struct arena *arena, struct slice id,
                              struct submit *ret_submit);

/** Sees one own message, borrowed for the call as the arena is; stops the walk by failing. */
typedef struct status submission_visit(void *owner, struct arena *arena,
                                       const struct submit *submit);
/** Visits all of them, in no order; unsound as of archive_each. STORE, MEMORY */
struct status submissions_each(struct archive *archive, submission_visit *visit, void *owner,
                               size_t *unsound);

/** How a submission was answered, or how far it has come since. */
struct sent_answer {
    enum refusal code; /* REFUSAL_NONE: accepted */
    enum stage stage;
    struct report report;
    bool proved; /* code and stage are those of a receipt that holds, not the gateway's word */
};

struct status record_answer(struct archive *archive, struct slice id,
                            const struct sent_answer *answer);
/** ABSENT, STORE, CRYPTO, MEMORY */
struct status answer_load(struct archive *archive, struct arena *arena, struct slice id,
                          struct sent_answer *ret_answer);

/** Which receipt of an own message: the stage of its entry, and which gateway's it is. */
struct receipt_place {
    struct slice id;
    enum stage stage;
    uint64_t hop;
};

/** A receipt that was checked. STORE, FULL, CRYPTO, MEMORY */
struct status record_receipt(struct archive *archive, const struct receipt_place *place,
                             struct slice receipt);
/** ABSENT, STORE, CRYPTO, MEMORY */
struct status receipt_load(struct archive *archive, struct arena *arena,
                           const struct receipt_place *place, struct slice *ret_receipt);
bool receipt_known(struct archive *archive, const struct receipt_place *place);

/** A received message that was verified. */
struct kept_message {
    struct message_key key;
    uint64_t received_ms;
    struct slice row;         /* the elements of DELIVER, as in ANSWER to fetch */
    struct slice certificate; /* of the seal, DER: the directory may not have it for ever */
};

struct status record_message(struct archive *archive, const struct kept_message *message);
/** ABSENT, STORE, CRYPTO, MEMORY */
struct status message_load(struct archive *archive, struct arena *arena, struct slice id,
                           struct kept_message *ret_message);

/** Sees one received message, as submission_visit does. */
typedef struct status message_visit(void *owner, struct arena *arena,
                                    const struct kept_message *message);
/** Visits all of them, in no order; unsound as of archive_each. STORE, MEMORY */
struct status messages_each(struct archive *archive, message_visit *visit, void *owner,
                            size_t *unsound);

/** That a received message was answered by an own one. */
struct status record_reply(struct archive *archive, struct slice id, struct slice reply);
/** CRYPTO, STORE, MEMORY: it is not known whether it was. */
struct status reply_known(struct archive *archive, struct slice id, bool *ret_known);

/**
 * The last verified checkpoint of a log, with the note that it was read from. A larger one stays as
 * it is, so that no rewritten log hides behind an older state; between loading and this the archive
 * is to be locked.
 *
 * FORK  there is another root of this size;  STORE, FULL, CRYPTO, MEMORY
 */
struct status record_checkpoint(struct archive *archive, const struct known_checkpoint *checkpoint,
                                struct slice note);

/** Whether exactly this one is kept, and opens; no other record is looked at. */
bool record_has_checkpoint(struct archive *archive, const struct known_checkpoint *checkpoint);

/**
 * That a log's kept checkpoint and a note that came with a message cannot both be true: keeps both,
 * for whoever is to judge the log. The kept one stays the one that counts.
 *
 * id  of the message
 *
 * ABSENT  none is kept of this log;  STORE, FULL, CRYPTO, MEMORY
 */
struct status record_contradiction(struct archive *archive, struct slice id, struct slice origin,
                                   struct slice note);

/** The same of a checkpoint that witnesses cosigned, whatever is kept. STORE, FULL, CRYPTO, MEMORY
 */
struct status record_contradicted(struct archive *archive, struct slice id,
                                  const struct known_checkpoint *cosigned,
                                  struct slice cosigned_note, struct slice note);

#define CHECKPOINTS_MAX 16384 /* logs in an archive: one of each gateway and year */

/** All that open, sorted by origin; unsound as of archive_each. FULL: more than CHECKPOINTS_MAX;
 * STORE, MEMORY */
struct status checkpoints_load(struct archive *archive, struct arena *arena,
                               struct known_checkpoint **ret_checkpoints, size_t *ret_count,
                               size_t *unsound);

#endif
