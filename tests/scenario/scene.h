#ifndef SCENARIO_SCENE_H
#define SCENARIO_SCENE_H

/* What the scenarios share: the documents of case A.3, and the proofs that parties check. */

#include "audit/chain.h"
#include "support/check.h"
#include "support/client.h"
#include "support/letter.h"

/** The document of A.3 as the case officer enters it (tests/cases/a3-sent.json). */
const char *a3_document(void);

/** A short request with one suspect and no victim, under this instrument: "UNTOC18", "EIO". */
const char *plain_document(const char *instrument);

/** What XC must not see of A.3, ended by NULL. */
extern const char *const a3_secrets[];

/** A sealed letter of now. */
struct letter *scene_letter(const struct world *world, const char *document, const char *from,
                            const char *to);

/** A.3 from XA-CA-01 to XC-CA-01. */
struct letter *a3_letter(const struct world *world);

/** The same, held: its LOCAL values implicate officials of the recipient's State. */
struct letter *held_letter(const struct world *world);

/** The short request under UNTOC18, between the same. */
struct letter *plain_letter(const struct world *world);

/** What an entry of a sender's must say. */
struct entry_wanted {
    enum entry_kind kind;
    enum stage stage;
    uint64_t hop;
};

/** Checks a receipt as the sender of the letter does: at hop 1 it is of the world's own gateway, at
 * hop 2 of XC-GW-01. *ret_proved lives in the letter's arena. */
bool scene_receipt(const struct world *world, const struct letter *letter, struct slice receipt,
                   const struct entry_wanted *wanted, struct proved *ret_proved);

/** The outer record of a receipt, whatever it is about. Lives in the arena. */
bool scene_outer(struct arena *arena, struct slice receipt, struct outer *ret_outer);

/** Checks a DELIVER as its recipient does. NULL if it does not hold. */
const struct delivery_verified *scene_verify(struct world *world, struct arena *arena,
                                             const struct deliver *deliver, const char *me);

/** Submits; the answer must be a RECEIPT. */
const struct heard *scene_send(struct client *sender, const struct letter *letter);

/** The same for so many short requests, each from XA-CA-01 to XC-CA-01. */
void scene_send_many(struct client *sender, unsigned count);

/** Submits; the answer must be REFUSE with this code. */
const struct heard *scene_refused(struct client *sender, const struct letter *letter,
                                  const char *code);

/** Whether the last refusal in the diagnostics was for this reason: "link.from". */
bool scene_reason(const struct world *world, const char *reason);

/** How many diagnostic lines hold this text. */
size_t scene_lines(const struct world *world, const char *text);

/** Whether any frame that this client heard holds the text. */
bool scene_heard(const struct client *client, const char *text);

#endif
