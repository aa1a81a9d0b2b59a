/* What is wrong with a submission is told to its sender, and is in the log. */

#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "scenario/scene.h"

/* One thing spoilt, and what must come of it. */
struct spoilt {
    const char *name;
    void (*spoil)(struct letter *letter);
    const char *code, *reason;
    const char *detail; /* NULL: nil */
};

static void send_to_nobody(struct letter *l)
{
    l->draft.claims.to = slice_text("XC-CA-77");
}

static void unknown_type(struct letter *l)
{
    l->draft.claims.type = slice_text("mla.wish");
}

static void unknown_version(struct letter *l)
{
    l->draft.claims.schema = 7;
}

static void unknown_field(struct letter *l)
{
    letter_put_text(l, "weather", "fine");
}

static void value_of_another_kind(struct letter *l)
{
    letter_put_text(l, "procedure", "");
    for (size_t i = 0; i < l->draft.field_count; i++)
        if (slice_is(l->draft.fields[i].path, "procedure")) {
            static const uint8_t seven = 7;
            l->draft.fields[i].value = value_read(slice_over(&seven, 1));
        }
}

static void code_that_is_none(struct letter *l)
{
    letter_put_text(l, "proceeding/type", "RUMOUR");
}

static void missing_field(struct letter *l)
{
    letter_drop(l, "purpose_text");
}

static void missing_list(struct letter *l)
{
    letter_drop(l, "offences");
}

static void missing_claim(struct letter *l)
{
    l->draft.claims.present &= ~(1U << CLAIM_CASE_REF);
}

static void urgent_without_reason(struct letter *l)
{
    l->draft.claims.present |= 1U << CLAIM_URGENCY;
    l->draft.claims.urgency = slice_text("URGENT");
}

static void purpose_of_another_type(struct letter *l)
{
    l->draft.claims.purpose = slice_text("STATISTICS");
}

static void purpose_that_is_none(struct letter *l)
{
    l->draft.claims.purpose = slice_text("CURIOSITY");
}

static void language_not_accepted(struct letter *l)
{
    l->draft.claims.lang = slice_text("fra");
}

static void transfer_without_basis(struct letter *l)
{
    l->draft.claims.transfer_basis = (struct slice){0};
}

static void sealed_too_early(struct letter *l)
{
    l->draft.claims.created_ms -= 6 * MS_PER_MINUTE;
}

static void sealed_too_late(struct letter *l)
{
    l->draft.claims.created_ms += 6 * MS_PER_MINUTE;
}

/* created is within five minutes, and it has expired since */
static void expired(struct letter *l)
{
    l->draft.claims.created_ms -= 2 * MS_PER_MINUTE;
    l->draft.claims.expires_ms = l->draft.claims.created_ms + MS_PER_MINUTE;
}

static const struct spoilt before_sealing[] = {
    {"recipient that is none", send_to_nobody, "E_ROUTE", "route.unknown", NULL},
    {"unknown type", unknown_type, "E_SCHEMA", "type.unknown", NULL},
    {"unknown version", unknown_version, "E_SCHEMA", "type.unknown", NULL},
    {"unknown field", unknown_field, "E_SCHEMA", "type.field", "weather"},
    {"value of another kind", value_of_another_kind, "E_SCHEMA", "type.value", "procedure"},
    {"code that is none", code_that_is_none, "E_SCHEMA", "type.value", "proceeding/type"},
    {"missing field", missing_field, "E_INCOMPLETE", "type.incomplete", "purpose_text"},
    {"missing list", missing_list, "E_INCOMPLETE", "type.incomplete", "offences"},
    {"missing claim", missing_claim, "E_INCOMPLETE", "type.incomplete", "case_ref"},
    {"urgency without a reason", urgent_without_reason, "E_REASON", "type.reason",
     "urgency/reason"},
    {"purpose of another type", purpose_of_another_type, "E_PURPOSE", "type.purpose", NULL},
    {"purpose that is none", purpose_that_is_none, "E_PURPOSE", "type.purpose", NULL},
    {"language not accepted", language_not_accepted, "E_LANG", "type.language", NULL},
    {"transfer without a basis", transfer_without_basis, "E_TRANSFER", "law.refused", NULL},
    {"sealed six minutes ago", sealed_too_early, "E_EXPIRED", "claims.window", NULL},
    {"sealed in six minutes", sealed_too_late, "E_EXPIRED", "claims.window", NULL},
    {"expired", expired, "E_EXPIRED", "claims.expired", NULL},
};

static void check_detail(const struct refuse *r, const char *detail)
{
    if (detail == NULL)
        CHECK(r->detail.at == NULL);
    else
        CHECK_BYTES(r->detail, slice_text(detail));
}

/* The entry names the message where the seal could be opened. */
static void check_entry(struct letter *l, struct slice receipt, const char *code)
{
    struct outer outer;
    if (!scene_outer(l->arena, receipt, &outer))
        return;
    CHECK_U64(outer.kind, ENTRY_REFUSAL);
    CHECK_U64(outer.stage, STAGE_REJECTED);
    CHECK_BYTES(outer.code, slice_text(code));
    if (outer.hop > 0)
        CHECK_BYTES(outer.id, l->key.id);
}

static void check_refused(struct world *w, struct client *xa, struct letter *l,
                          const struct spoilt *row)
{
    uint64_t size = world_log_size(w);
    const struct heard *h = scene_refused(xa, l, row->code);
    bool good = h != NULL && scene_reason(w, row->reason);
    if (good) {
        check_detail(&h->frame.as.refuse, row->detail);
        check_entry(l, h->frame.as.refuse.receipt, row->code);
        CHECK_U64(h->frame.as.refuse.retry_ms, 0);
    } else {
        fprintf(stderr, "in: %s\n", row->name);
    }
    CHECK(good);
    CHECK_U64(world_log_size(w), size + 1);
}

static void what_is_sealed_wrong_goes_back_with_its_code(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    for (size_t i = 0; i < sizeof before_sealing / sizeof before_sealing[0]; i++) {
        struct letter *l = plain_letter(w);
        before_sealing[i].spoil(l);
        letter_seal(l, "XA-CA-01");
        check_refused(w, xa, l, &before_sealing[i]);
        letter_free(l);
    }
    CHECK(!client_has_unread(xc));
    world_free(w);
}

static struct slice flipped(struct letter *l, struct slice octets, size_t at)
{
    struct slice copy = arena_copy(l->arena, octets);
    uint8_t *writable = arena_alloc(l->arena, octets.length);
    memcpy(writable, copy.at, octets.length);
    writable[at] ^= 1;
    return slice_over(writable, octets.length);
}

static void flip_signature(struct letter *l)
{
    struct slice *seal = &l->submit.message.seal;
    *seal = flipped(l, *seal, seal->length - 1);
}

static void flip_a_fields_salt(struct letter *l)
{
    struct slice *field = &l->submit.message.fields.at[0];
    *field = flipped(l, *field, 3);
}

static void lose_a_field(struct letter *l)
{
    l->submit.message.fields.count--;
}

static void exchange_two_fields(struct letter *l)
{
    struct slice *at = l->submit.message.fields.at, first = at[0];
    at[0] = at[1];
    at[1] = first;
}

static void lose_a_decoy(struct letter *l)
{
    l->submit.decoys.count--;
}

static void give_a_decoy_twice(struct letter *l)
{
    l->submit.decoys.at[0] = l->submit.decoys.at[1];
}

static void make_up_a_decoy(struct letter *l)
{
    struct slice *decoy = &l->submit.decoys.at[0];
    *decoy = flipped(l, *decoy, 0);
}

static void no_seal(struct letter *l)
{
    l->submit.message.seal = slice_over("", 0);
}

/* No officer signed these octets. */
static void give_a_false_approval(struct letter *l)
{
    static const uint8_t octets[] = {0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40};
    static struct slice approval = {octets, sizeof octets};
    l->submit.approvals = (struct slices){&approval, 1};
}

static const struct spoilt after_sealing[] = {
    {"signature", flip_signature, "E_SIG", "seal.signature", NULL},
    {"salt of a field", flip_a_fields_salt, "E_HASH", "field.digest", NULL},
    {"lost field", lose_a_field, "E_HASH", "decoy.missing", NULL},
    {"fields out of order", exchange_two_fields, "E_SCHEMA", "field.order", NULL},
    {"lost decoy", lose_a_decoy, "E_HASH", "decoy.missing", NULL},
    {"decoy twice", give_a_decoy_twice, "E_SCHEMA", "decoy.reused", NULL},
    {"decoy made up", make_up_a_decoy, "E_HASH", "decoy.digest", NULL},
    {"no seal", no_seal, "E_SIG", "seal.tag", NULL},
    {"false approval", give_a_false_approval, "E_SIG", "seal.shape", NULL},
};

static void what_is_spoilt_after_sealing_goes_back_with_its_code(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    for (size_t i = 0; i < sizeof after_sealing / sizeof after_sealing[0]; i++) {
        struct letter *l = plain_letter(w);
        after_sealing[i].spoil(l);
        check_refused(w, xa, l, &after_sealing[i]);
        letter_free(l);
    }
    world_free(w);
}

static void local_values_of_nobody_go_back(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    static const uint8_t yes = 0xc3;
    struct local_value local = {slice_text("persons/~0000000000000000/witness/protected"),
                                value_read(slice_over(&yes, 1))};
    struct letter *l = plain_letter(w);
    l->submit.locals = &local;
    l->submit.locals_count = 1;
    CHECK(scene_refused(xa, l, "E_SCHEMA") != NULL);
    CHECK(scene_reason(w, "local.shape"));
    letter_free(l);
    world_free(w);
}

/* An entry from when the clock was hours ahead stays in the log, whose time does not fall. */
static void a_clock_that_was_ahead_puts_letters_off_until_readers_would_take_them(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01"), *xc = client_dial(w, "XC-CA-01");
    const struct moment now = w->now;
    struct letter *l = plain_letter(w);
    w->now.wall_ms += 6 * 60 * MS_PER_MINUTE;
    CHECK(scene_refused(xa, l, "E_EXPIRED") != NULL);
    w->now.wall_ms = now.wall_ms;
    const struct heard *h = scene_refused(xa, l, "E_UNAVAILABLE");
    CHECK(h != NULL && h->frame.as.refuse.retry_ms > 0);
    letter_free(l);
    w->now.wall_ms = now.wall_ms + 6 * 60 * MS_PER_MINUTE;
    l = plain_letter(w);
    CHECK(scene_send(xa, l) != NULL);
    h = client_hear(xc, FRAME_DELIVER);
    CHECK(h != NULL && scene_verify(w, l->arena, &h->frame.as.deliver, "XC-CA-01") != NULL);
    letter_free(l);
    world_free(w);
}

TESTS(refusals,
      {"what is sealed wrong goes back with its code",
       what_is_sealed_wrong_goes_back_with_its_code},
      {"what is spoilt after sealing goes back with its code",
       what_is_spoilt_after_sealing_goes_back_with_its_code},
      {"local values of nobody go back", local_values_of_nobody_go_back},
      {"a clock that was ahead puts letters off until readers would take them",
       a_clock_that_was_ahead_puts_letters_off_until_readers_would_take_them})
