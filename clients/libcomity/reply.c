/* comity_reply: an answer takes over from the message that it answers what it does not say itself.
 */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "libcomity/acknowledged.h"
#include "libcomity/claim_rows.h"
#include "libcomity/clock.h"
#include "libcomity/compose.h"
#include "libcomity/leaf.h"
#include "libcomity/message.h"
#include "libcomity/send.h"
#include "libcomity/told.h"
#include "libcomity/uuid.h"
#include "wire/names.h"

#define DEADLINE_UNTOC "D-06" /* the requester's reasoned deadline, UNTOC 18 para 24 */
#define DEADLINE_OTHER "D-04" /* a shorter limit that the requester asks for, EIO 12 para 2 */

/* Sets a key that the document has not; json is taken over either way. */
static void give(json_t *document, const char *key, json_t *json)
{
    if (json_object_get(document, key) == NULL)
        json_object_set_new(document, key, json);
    else
        json_decref(json);
}

static json_t *transfer_json(struct comity *c, const struct claims *original)
{
    struct slice tier = directory_tier(c->rulebook->directory, party_state(client_party(c)),
                                       party_state(original->from));
    json_t *transfer = json_object();
    json_object_set_new(transfer, "tier", leaf_json_text(tier));
    if (original->transfer_basis.at != NULL)
        json_object_set_new(transfer, "basis", leaf_json_text(original->transfer_basis));
    return transfer;
}

static void give_claims(struct comity *c, const struct claims *original, json_t *document)
{
    if (claims_have(original, CLAIM_CASE_REF)) {
        bool ours = claims_have(original, CLAIM_THEIR_REF);
        give(document, "their_ref", leaf_json_text(original->case_ref));
        give(document, "case_ref", leaf_json_text(ours ? original->their_ref : original->case_ref));
    }
    if (claims_have(original, CLAIM_INSTRUMENT))
        give(document, "instrument", leaf_json_text(original->instrument));
    if (claims_have(original, CLAIM_LANG))
        give(document, "lang", leaf_json_text(original->lang));
    if (claims_have(original, CLAIM_CONFIDENTIAL))
        give(document, "confidential", json_boolean(original->confidential));
    if (!slice_equal(party_state(original->from), party_state(original->to)))
        give(document, "transfer", transfer_json(c, original));
    give(document, "purpose", leaf_json_text(original->purpose));
    give(document, "owner", leaf_json_text(party_state(client_party(c))));
}

static json_t *clock_json(const struct claims *original)
{
    bool untoc = slice_begins(original->instrument, slice_text("UNTOC"));
    json_t *clock = json_object();
    json_object_set_new(clock, "deadline", json_string(untoc ? DEADLINE_UNTOC : DEADLINE_OTHER));
    json_object_set_new(clock, "due", leaf_json_instant(original->deadline_ms));
    return clock;
}

/* Received, by a competent authority, and by when it asks to be answered. */
static json_t *ack_json(struct comity *c, const struct claims *original)
{
    const struct party *own = directory_party(c->rulebook->directory, client_party(c));
    bool named = own != NULL && own->name.length > 0;
    json_t *document = json_object(), *competent = json_object();
    json_object_set_new(document, "type", json_string(ACK_TYPE));
    json_object_set_new(document, "received", leaf_json_instant(clock_wall_ms()));
    json_object_set_new(competent, "name", leaf_json_text(named ? own->name : client_party(c)));
    json_object_set_new(document, "competent", competent);
    if (claims_have(original, CLAIM_DEADLINE)) {
        json_t *clocks = json_array();
        json_array_append_new(clocks, clock_json(original));
        json_object_set_new(document, "clock", clocks);
    }
    return document;
}

static struct status open_original(struct comity *c, struct arena *arena, const char *id,
                                   const struct claims **ret_claims, struct comity_fault *reterr)
{
    uint8_t octets[UUID_BYTES];
    const struct delivery_verified *delivery;
    if (!uuid_read(slice_text(id), octets)) {
        (void)!failed(fault_input(reterr, REFUSAL_UNKNOWN, "\"%s\" is no id of a message", id));
        return FAIL(CONFIG);
    }
    struct status s = message_open(c, arena, slice_over(octets, sizeof octets), &delivery, reterr);
    if (!failed(s))
        *ret_claims = &delivery->envelope->claims;
    return s;
}

/* The reply's document as text, malloc'ed. */
static struct status write_reply(struct comity *c, const struct comity_letter *letter,
                                 const struct claims *original, char **ret_text,
                                 struct comity_fault *reterr)
{
    json_t *document = NULL;
    struct status s = OK;
    if (letter->document == NULL)
        document = ack_json(c, original);
    else
        s = compose_parse(slice_over(letter->document, letter->length), &document, reterr);
    if (failed(s))
        return s;
    give_claims(c, original, document);
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    if (text == NULL)
        return FAIL(MEMORY);
    *ret_text = text;
    return OK;
}

/* Sealed and archived; it is sent later. */
static struct status keep_reply(struct comity *c, const char *id,
                                const struct comity_letter *letter, const struct claims *original,
                                struct sending **ret_sending, struct comity_fault *reterr)
{
    char *text = NULL, thread[UUID_TEXT_BYTES], party[PARTY_MAX_BYTES + 1] = "";
    const char *to[] = {party};
    struct status s = write_reply(c, letter, original, &text, reterr);
    if (failed(s))
        return s;
    uuid_write(original->thread, thread);
    slice_copy_text(original->from, party, sizeof party);
    struct comity_letter reply = {.document = text,
                                  .length = strlen(text),
                                  .to = to,
                                  .to_count = 1,
                                  .thread = thread,
                                  .reply_to = id,
                                  .dry_run = letter->dry_run};
    s = sending_new(c, &reply, ret_sending, reterr);
    free(text);
    return s;
}

/* Another process must not look before this one has kept what it made: it would make a second one.
 * ret_again  id of the one that is there already; else empty */
static struct status keep_acknowledgement(struct comity *c, const char *id,
                                          const struct comity_letter *letter,
                                          const struct claims *original,
                                          char ret_again[static UUID_TEXT_BYTES],
                                          struct sending **ret_sending, struct comity_fault *reterr)
{
    struct status s = client_lock(c, reterr);
    if (failed(s))
        return s;
    s = acknowledged(c, original, ret_again, reterr);
    if (!failed(s) && ret_again[0] == '\0')
        s = keep_reply(c, id, letter, original, ret_sending, reterr);
    archive_unlock(c->archive);
    return s;
}

enum comity_exit comity_reply(struct comity *c, const char *id, const struct comity_letter *letter,
                              struct comity_sent **ret_sent, struct comity_fault *reterr)
{
    const struct claims *original = NULL;
    char again[UUID_TEXT_BYTES] = "";
    bool plain = letter->document == NULL && !letter->dry_run;
    struct sending *sending = NULL;
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    *ret_sent = NULL;
    struct status s = told_begin(c, 0, reterr);
    if (arena == NULL)
        s = FAIL(MEMORY);
    if (!failed(s))
        s = open_original(c, arena, id, &original, reterr);
    if (!failed(s))
        s = client_begin(c, 0, reterr); /* reading has had its time */
    if (!failed(s))
        s = plain ? keep_acknowledgement(c, id, letter, original, again, &sending, reterr)
                  : keep_reply(c, id, letter, original, &sending, reterr);
    if (sending != NULL)
        s = sending_submit(c, sending, ret_sent, reterr);
    sending_free(sending);
    arena_free(arena);
    if (failed(s))
        return fault_exit(reterr, s);
    return again[0] == '\0' ? reterr->exit : comity_resume(c, again, ret_sent, reterr);
}
