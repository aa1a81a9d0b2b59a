#ifndef LIBCOMITY_SENT_H
#define LIBCOMITY_SENT_H

/* Own messages after they were sealed: submitting, checking what is answered, later stages. */

#include "audit/receipt.h"
#include "libcomity/client.h"
#include "libcomity/records.h"
#include "message/seal.h"
#include "session/query.h"

/** An own message on its way. */
struct own_message {
    const struct submit *submit;
    const struct envelope *envelope; /* of the submit's seal */
    bool dry_run;
};

/**
 * Submits, again where the link broke, and fills all of the recipient's result that is to be known:
 * what became of it is in its exit code, *reterr says why where that is not COMITY_DONE.
 */
void sent_submit(struct comity *c, struct arena *arena, const struct own_message *message,
                 struct comity_recipient *recipient, struct comity_fault *reterr);

/**
 * Asks what would become of an own message if it were sent now: seals what it says anew, under an
 * id of its own, and has the gateway decide on it as on a dry run. Nothing is kept; what two
 * officers have approved is not approved of this one. recipient and *reterr as of sent_submit.
 *
 * CONFIG, MEMORY, CRYPTO  it was not asked
 */
struct status sent_ask(struct comity *c, struct arena *arena, const struct own_message *message,
                       struct comity_recipient *recipient, struct comity_fault *reterr);

/** An archived own message. ABSENT, STORE, CRYPTO, MEMORY */
struct status sent_load(struct comity *c, struct arena *arena, struct slice id,
                        struct own_message *ret_message);

/** The same by the text of its id, with *reterr filled; CONFIG: it is none. */
struct status sent_find(struct comity *c, struct arena *arena, const char *id,
                        struct own_message *ret_message, struct comity_fault *reterr);

/** Sees one archived own message, borrowed for the call as the arena is; stops the walk by failing.
 */
typedef struct status sent_visit(void *owner, struct arena *arena,
                                 const struct own_message *message);

/** Visits all archived own messages, in no order; unsound as of archive_each. STORE, MEMORY */
struct status sent_each(struct comity *c, sent_visit *visit, void *owner, size_t *unsound);

/**
 * How far an own message has come: what its receipts prove - those of the gateway's row, which are
 * checked and archived here, and those that were before -, however the row puts it. Only where no
 * receipt is known at all it is the row's word, and not proved.
 *
 * REFUSED  a receipt does not hold;  NETWORK, STORE, FULL, CRYPTO, MEMORY
 */
struct status sent_progress(struct comity *c, struct arena *arena,
                            const struct own_message *message, const struct status_row *row,
                            struct sent_answer *ret_answer, struct comity_fault *reterr);

/** "accepted", "held" or "refused". What was accepted stays so, whatever became of it since. */
const char *sent_outcome(const struct sent_answer *answer);

/** The refusal code that belongs to it: of what was held, refused or not relayed; else "". */
const char *sent_code(const struct sent_answer *answer);

/** Fills outcome, code, stage and counts of a result that is known. */
void sent_tell(const struct sent_answer *answer, struct comity_recipient *recipient);

/**
 * Checks and archives a pushed receipt, whose message it finds by itself.
 * ABSENT  it is of none that is archived here;  REFUSED
 */
struct status sent_stage(struct comity *c, struct arena *arena, struct slice receipt,
                         struct message_key *ret_key, struct comity_fault *reterr);

/** Fills names, ids and outcome of a result that is not known yet. */
void sent_begin(const struct claims *claims, struct comity_recipient *recipient);

#endif
