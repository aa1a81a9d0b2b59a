/* What the log says to its State's oversight, and what it says to nobody (R-AUD-01, 03, 05). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/reading.h"
#include "session/query.h"

/* The only entry of this kind and stage. */
static const struct opened *find(const struct reading *r, enum entry_kind kind, enum stage stage)
{
    const struct opened *found = NULL;
    for (size_t i = 0; i < r->count; i++) {
        const struct opened *o = &r->opened[i];
        if (!o->has_outer || o->outer.kind != kind || o->outer.stage != stage)
            continue;
        CHECK(found == NULL);
        found = o;
    }
    CHECK(found != NULL);
    return found;
}

static struct letter *changed(struct world *w, const char *text, const char *was, const char *is)
{
    const char *at = strstr(text, was);
    const size_t room = strlen(text) + strlen(is) + 1;
    char *document = malloc(room);
    if (!CHECK(at != NULL) || !CHECK(document != NULL))
        exit(1);
    snprintf(document, room, "%.*s%s%s", (int)(at - text), text, is, at + strlen(was));
    struct letter *letter = scene_letter(w, document, "XA-CA-01", "XC-CA-01");
    free(document);
    return letter;
}

static struct letter *changed_letter(struct world *w, const char *was, const char *is)
{
    return changed(w, plain_document("UNTOC18"), was, is);
}

static void a_disclosure_says_what_the_law_asks(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01/2207");
    struct letter *letter =
        changed_letter(w, "\"purpose_text\"", "\"why\": \"SECRET-OF-THE-CASE\", \"purpose_text\"");
    if (xa != NULL)
        CHECK(scene_send(xa, letter) != NULL);
    struct reading r = reading_of(w, true);
    const struct opened *o = find(&r, ENTRY_DISCLOSURE, STAGE_ACCEPTED);
    if (o != NULL) {
        CHECK_BYTES(o->inner.op, slice_text("DISCLOSE"));
        CHECK_BYTES(o->inner.actor, slice_text("XA-CA-01"));
        CHECK_BYTES(o->inner.officer, slice_text("2207"));
        CHECK_BYTES(o->inner.instrument, slice_text("UNTOC18"));
        CHECK_U64(o->inner.legal_basis.count, 1);
        CHECK_BYTES(o->inner.tier, slice_text("T3"));
        CHECK_BYTES(o->inner.transfer_basis, slice_text("LED37_BINDING"));
        CHECK_BYTES(o->inner.transfer_by, slice_text("2207"));
        CHECK_BYTES(o->inner.justification, slice_text("in the message: why"));
        CHECK_U64(o->inner.subjects.count, 1);
        CHECK_U64(o->inner.case_pseudonym.length, 32);
        CHECK_U64(o->inner.field_count, letter->draft.field_count);
        CHECK(!o->inner.confidential);
        CHECK(o->has_closed);
    }
    CHECK(!slice_holds(buffer_slice(&r.document), slice_text("SECRET-OF-THE-CASE")));
    reading_done(&r);
    letter_free(letter);
    world_free(w);
}

/* Nobody claims a tier towards another State, and it is there all the same. */
static void a_transfer_has_the_tier_of_the_registry(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter =
        changed_letter(w, " \"transfer\": {\"tier\": \"T3\", \"basis\": \"LED37_BINDING\"},", "");
    const struct heard *h = client_submit(xa, &letter->submit);
    CHECK(h != NULL);
    struct reading r = reading_of(w, false);
    const struct opened *o = h != NULL && h->frame.kind == FRAME_RECEIPT
                                 ? find(&r, ENTRY_DISCLOSURE, STAGE_ACCEPTED)
                                 : find(&r, ENTRY_REFUSAL, STAGE_REJECTED);
    if (o != NULL) {
        CHECK_BYTES(o->inner.tier, slice_text("T3"));
        CHECK(o->inner.transfer_basis.at == NULL && o->inner.transfer_by.at == NULL);
    }
    reading_done(&r);
    letter_free(letter);
    world_free(w);
}

static void a_hold_names_its_rule_and_no_value(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = held_letter(w);
    CHECK(scene_refused(xa, letter, "E_HELD") != NULL);
    struct reading r = reading_of(w, true);
    const struct opened *o = find(&r, ENTRY_HOLD, STAGE_NONE);
    if (o != NULL) {
        CHECK_BYTES(o->inner.op, slice_text("HOLD"));
        CHECK_BYTES(o->outer.code, slice_text("E_HELD"));
        CHECK(o->inner.justification.at == NULL);
        CHECK(o->closed.closed_justification.length > 0);
        CHECK(o->inner.subjects.count > 0);
    }
    reading_done(&r);
    letter_free(letter);
    world_free(w);
}

/* What somebody was refused for may be a field that the ministry must not know of. */
static void a_refusal_names_its_field_to_the_authority_alone(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    letter_put_text(letter, "persons/~9f3c20aa17b04e55/asylum/status", "PENDING");
    letter_seal(letter, "XA-CA-01");
    const struct heard *h = client_submit(xa, &letter->submit);
    if (CHECK(h != NULL))
        CHECK_U64(h->frame.kind, FRAME_REFUSE);
    struct reading r = reading_of(w, true), ministry = reading_of(w, false);
    const struct opened *o = find(&r, ENTRY_REFUSAL, STAGE_REJECTED);
    if (o != NULL) {
        CHECK(o->inner.justification.at == NULL);
        CHECK(slice_holds(o->closed.closed_justification, slice_text("persons/~9f3c")));
    }
    CHECK(!slice_holds(buffer_slice(&ministry.document), slice_text("persons/~9f3c")));
    reading_done(&r);
    reading_done(&ministry);
    letter_free(letter);
    world_free(w);
}

/* Each disclosure that was delivered has one record of being collected, with the same message
 * hash. */
static void what_was_delivered_is_collected_once_and_shown(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    const struct heard *d = client_hear(xc, FRAME_DELIVER);
    client_take(xc, d == NULL ? 0 : d->frame.number, &letter->key, STAGE_DELIVERED);
    CHECK(client_hear(xa, FRAME_RECEIPT) != NULL);
    client_take(xc, 0, &letter->key, STAGE_RETRIEVED);
    CHECK(client_hear(xa, FRAME_RECEIPT) != NULL);
    struct reading r = reading_of(w, false);
    const struct opened *sent = find(&r, ENTRY_DISCLOSURE, STAGE_ACCEPTED);
    const struct opened *delivered = find(&r, ENTRY_STAGE, STAGE_DELIVERED);
    const struct opened *shown = find(&r, ENTRY_STAGE, STAGE_RETRIEVED);
    if (sent != NULL && delivered != NULL && shown != NULL) {
        CHECK_BYTES(delivered->inner.op, slice_text("COLLECT"));
        CHECK_BYTES(delivered->inner.actor, slice_text("XC-CA-01"));
        CHECK_BYTES(delivered->outer.seal, sent->outer.seal);
        CHECK_BYTES(shown->inner.op, slice_text("CONSULT"));
    }
    reading_done(&r);
    letter_free(letter);
    world_free(w);
}

static void what_is_read_again_is_a_consultation(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = plain_letter(w);
    const struct query_args args = {.what = QUERY_FETCH, .has_key = true, .key = letter->key};
    CHECK(scene_send(xa, letter) != NULL);
    const struct heard *h = client_ask(xc, &args);
    if (CHECK(h != NULL))
        CHECK_U64(h->frame.kind, FRAME_ANSWER);
    struct reading r = reading_of(w, false);
    const struct opened *o = find(&r, ENTRY_CONSULTATION, STAGE_NONE);
    if (o != NULL) {
        CHECK_BYTES(o->inner.op, slice_text("CONSULT"));
        CHECK_BYTES(o->inner.actor, slice_text("XC-CA-01"));
        CHECK_BYTES(o->outer.id, letter->key.id);
        CHECK_U64(o->outer.hop, 1);
        CHECK_U64(o->inner.case_pseudonym.length, 32);
    }
    reading_done(&r);
    /* What is not one's own is not read, and leaves nothing. */
    uint64_t size = world_log_size(w);
    h = client_ask(client_dial(w, "XC-POL-01"), &args);
    if (CHECK(h != NULL))
        CHECK_U64(h->frame.kind, FRAME_REFUSE);
    CHECK_U64(world_log_size(w), size);
    letter_free(letter);
    world_free(w);
}

static void a_dry_run_is_a_consultation(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    letter->submit.flags = SUBMIT_DRY_RUN;
    CHECK(scene_send(xa, letter) != NULL);
    struct reading r = reading_of(w, false);
    const struct opened *o = find(&r, ENTRY_CONSULTATION, STAGE_NONE);
    if (o != NULL) {
        CHECK_BYTES(o->inner.actor, slice_text("XA-CA-01"));
        CHECK(o->inner.field_count > 0 && o->inner.subjects.count == 1);
    }
    reading_done(&r);
    letter_free(letter);
    world_free(w);
}

/* How many entries somebody can read. */
static size_t readable(struct world *w, bool closed)
{
    size_t count = 0;
    struct reading r = reading_of(w, closed);
    for (size_t i = 0; i < r.count; i++)
        count += r.opened[i].has_outer;
    CHECK_U64(r.count, world_log_size(w));
    reading_done(&r);
    return count;
}

static void a_confidential_message_is_a_count_to_the_ministry(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    struct letter *letter = changed_letter(w, "\"lang\"",
                                           "\"confidential\": true, \"why\": \"x\", "
                                           "\"lang\"");
    const struct query_args args = {.what = QUERY_FETCH, .has_key = true, .key = letter->key};
    const size_t before = readable(w, false);
    CHECK(scene_send(xa, letter) != NULL);
    const struct heard *d = client_hear(xc, FRAME_DELIVER);
    client_take(xc, d == NULL ? 0 : d->frame.number, &letter->key, STAGE_DELIVERED);
    CHECK(client_hear(xa, FRAME_RECEIPT) != NULL);
    CHECK(client_ask(xc, &args) != NULL);
    CHECK_U64(world_log_size(w), before + 3);
    CHECK_U64(readable(w, false), before);
    CHECK_U64(readable(w, true), before + 3);
    letter_free(letter);
    world_free(w);
}

/* R-AUD-03: nothing that a person could be found by. */
static void no_value_of_a_message_is_in_the_log(void)
{
    static const char *const values[] = {
        "Halmar",     "Viktor", "1984-03-17", "S1 opened", "XC71CRLB0000000047110815",
        "Dostan",     "Mirela", "2001-11-05", "C3390174",  "+999551200481",
        "Saltgate",   "Redik",  "Lindfjord",  "WPU-31",    "XA-INT-2026-118204",
        "hand injury"};
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w), *a3 = a3_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    CHECK(scene_send(xa, a3) != NULL);
    struct reading r = reading_of(w, true);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        CHECK(!slice_holds(buffer_slice(&r.document), slice_text(values[i])));
    CHECK(letter_holds(letter, values[0]) && letter_holds(a3, values[5]));
    reading_done(&r);
    letter_free(letter);
    letter_free(a3);
    world_free(w);
}

/* R-AUD-05: what somebody's asylum or protection has to do with it is not a ministry's to know. */
static void nothing_of_asylum_is_shown_to_the_ministry(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *a3 =
        changed(w, a3_document(), "\"confidential\": true", "\"confidential\": false");
    CHECK(scene_send(xa, a3) != NULL);
    struct reading ministry = reading_of(w, false);
    CHECK(!slice_holds(buffer_slice(&ministry.document), slice_text("asylum")));
    for (size_t i = 0; i < ministry.count; i++)
        CHECK(ministry.opened[i].has_inner && !ministry.opened[i].has_closed);
    reading_done(&ministry);
    letter_free(a3);
    world_free(w);
}

TESTS(oversight, {"a disclosure says what the law asks", a_disclosure_says_what_the_law_asks},
      {"a transfer has the tier of the registry", a_transfer_has_the_tier_of_the_registry},
      {"a hold names its rule and no value", a_hold_names_its_rule_and_no_value},
      {"a refusal names its field to the authority alone",
       a_refusal_names_its_field_to_the_authority_alone},
      {"what was delivered is collected once and shown",
       what_was_delivered_is_collected_once_and_shown},
      {"what is read again is a consultation", what_is_read_again_is_a_consultation},
      {"a dry run is a consultation", a_dry_run_is_a_consultation},
      {"a confidential message is a count to the ministry",
       a_confidential_message_is_a_count_to_the_ministry},
      {"no value of a message is in the log", no_value_of_a_message_is_in_the_log},
      {"nothing of asylum is shown to the ministry", nothing_of_asylum_is_shown_to_the_ministry})
