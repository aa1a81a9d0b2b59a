/* What a peer gateway brings and the recipient's gateway refuses: what does not hold, what is
 * stale, what may not come in. */

#include "hop.h"

#include <stdio.h>
#include <string.h>

#include "message/field.h"

/* What a malicious peer changes: what it lets go before it signs, or the frame afterwards. */
static void flip_a_value(struct hop *hop, struct offer *o)
{
    struct slice field = o->fields[0];
    uint8_t *octets = arena_alloc(hop->arena, field.length);
    memcpy(octets, field.at, field.length);
    octets[field.length - 1] ^= 1;
    o->fields[0] = slice_over(octets, field.length);
}

static void add_a_field(struct hop *hop, struct offer *o)
{
    static const uint8_t salt[SALT_BYTES] = "sixteen octets.";
    static const uint8_t text[] = {0xa1, 'x'};
    struct buffer b = buffer_new(256);
    const struct field_parts parts = {slice_over(salt, sizeof salt), slice_text("zz"),
                                      slice_over(text, sizeof text)};
    field_write(&b, &parts);
    o->fields[o->field_count++] = arena_copy(hop->arena, buffer_slice(&b));
    buffer_done(&b);
}

static void release_less(struct hop *hop, struct offer *o)
{
    for (size_t i = 0; i < o->release.digests.count; i++) {
        uint8_t *octets = arena_alloc(hop->arena, DIGEST_BYTES);
        memset(octets, (int)i, DIGEST_BYTES);
        o->release.digests.at[i] = slice_over(octets, DIGEST_BYTES);
    }
}

static void state_what_is_there(struct hop *hop, struct offer *o)
{
    static const struct withholding authority = {{(const uint8_t *)"authority", 9},
                                                 {(const uint8_t *)"MET", 3}};
    (void)hop;
    o->release.withheld = &authority;
    o->release.withheld_count = 1;
}

static void give_a_number(struct hop *hop, struct offer *o)
{
    (void)hop;
    o->release.number = 1;
}

static void claim_hop_2(struct hop *hop, struct offer *o)
{
    o->release.hop = 2;
    o->release.previous_leaf = o->release.previous_root = digest_slice(&hop->log.leaves[0]);
    o->release.previous_size = 1;
}

static void release_for_another(struct hop *hop, struct offer *o)
{
    (void)hop;
    o->release.to = slice_text("XC-POL-01");
}

static void enter_a_refusal(struct hop *hop, struct offer *o)
{
    (void)hop;
    o->outer.kind = ENTRY_REFUSAL;
    o->outer.stage = STAGE_REJECTED;
    o->outer.code = slice_text("E_ROLE");
}

static void enter_a_hold(struct hop *hop, struct offer *o)
{
    (void)hop;
    o->outer.kind = ENTRY_HOLD;
    o->outer.stage = STAGE_NONE;
    o->outer.code = slice_text("E_HELD");
}

static void enter_another_release(struct hop *hop, struct offer *o)
{
    o->outer.release = digest_slice(&hop->log.leaves[0]);
}

static void enter_another_type(struct hop *hop, struct offer *o)
{
    (void)hop;
    o->outer.type = slice_text("mla.ack");
}

static void say_it_was_yesterday(struct hop *hop, struct offer *o)
{
    (void)hop;
    o->release.time_ms -= 86400000;
}

static void what_does_not_hold_is_refused_and_takes_no_key(void)
{
    static const struct {
        const char *what;
        void (*change)(struct hop *hop, struct offer *offer);
        enum reason reason;
    } rows[] = {
        {"an altered field", flip_a_value, REASON_FIELD_DIGEST},
        {"an added field", add_a_field, REASON_FIELD_DIGEST},
        {"a field that is not released", release_less, REASON_RELEASE_MEMBER},
        {"a marker at what is delivered", state_what_is_there, REASON_RELEASE_WITHHELD},
        {"a number to a peer", give_a_number, REASON_RELEASE_NUMBER},
        {"a release of hop 2", claim_hop_2, REASON_RELEASE_HOP},
        {"a release to another party", release_for_another, REASON_RELEASE_CLAIMS},
        {"an entry of a refusal", enter_a_refusal, REASON_RECEIPT_KIND},
        {"an entry of a hold", enter_a_hold, REASON_RECEIPT_KIND},
        {"an entry of another release", enter_another_release, REASON_RECEIPT_RELEASE},
        {"an entry of another type", enter_another_type, REASON_RECEIPT_CLAIMS},
        {"times that do not fit", say_it_was_yesterday, REASON_CLAIMS_WINDOW},
    };
    struct hop *hop = hop_new();
    struct letter *letter = hop_plain(hop);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct offer offer = hop_all(hop, letter);
        rows[i].change(hop, &offer);
        struct deliver d = hop_deliver(hop, &offer);
        struct judgement j = hop_relay(hop, &d);
        if (!hop_refused(&j, POSTING_QUESTION,
                         (struct status){.code = CODE_REFUSED, .reason = rows[i].reason}))
            printf("    %s\n", rows[i].what);
        CHECK_BYTES(j.posting.outer.id, letter->key.id);
    }
    struct offer offer = hop_all(hop, letter); /* the same message, honest at last */
    struct deliver d = hop_deliver(hop, &offer);
    struct judgement j = hop_relay(hop, &d);
    CHECK_U64(j.posting.kind, POSTING_DISCLOSURE);
    letter_free(letter);
    hop_free(hop);
}

static void releases_and_receipts_of_different_messages_do_not_fit(void)
{
    struct hop *hop = hop_new();
    struct letter *a = hop_plain(hop), *b = hop_plain(hop);
    struct offer of_a = hop_all(hop, a), of_b = hop_all(hop, b);
    struct deliver da = hop_deliver(hop, &of_a), db = hop_deliver(hop, &of_b);
    struct deliver mixed = da;
    mixed.releases = db.releases;
    struct judgement j = hop_relay(hop, &mixed);
    hop_refused(&j, POSTING_QUESTION, REFUSE(RELEASE_CLAIMS));
    mixed = da;
    mixed.receipts = db.receipts;
    j = hop_relay(hop, &mixed);
    hop_refused(&j, POSTING_QUESTION, REFUSE(RECEIPT_CLAIMS));
    mixed = da;
    mixed.releases.at[1] = db.releases.at[0];
    mixed.releases.count = 2;
    j = hop_relay(hop, &mixed);
    hop_refused(&j, POSTING_QUESTION, REFUSE(CHAIN_LENGTH));
    mixed.receipts.at[1] = db.receipts.at[0];
    mixed.receipts.count = 2;
    j = hop_relay(hop, &mixed);
    hop_refused(&j, POSTING_QUESTION, REFUSE(CHAIN_LENGTH));
    letter_free(a);
    letter_free(b);
    hop_free(hop);
}

static struct letter *letter_between(const struct hop *hop, const char *from, const char *to,
                                     const char *sealed_by)
{
    struct letter *letter = hop_plain(hop);
    letter->draft.claims.from = slice_text(from);
    letter->draft.claims.to = slice_text(to);
    letter_seal(letter, sealed_by);
    return letter;
}

static void a_peer_brings_only_its_own_parties_messages_to_ours(void)
{
    static const struct {
        const char *from, *to, *sealed_by;
        enum reason reason;
    } rows[] = {
        {"XB-CA-01", "XC-CA-01", "XB-CA-01", REASON_LINK_PEER},
        {"XC-POL-01", "XC-CA-01", "XC-POL-01", REASON_LINK_PEER},
        {"XD-CA-01", "XC-CA-01", "XA-CA-01", REASON_LINK_PEER},
        {"XA-CA-01", "XB-CA-01", "XA-CA-01", REASON_READER_RECIPIENT},
        {"XA-CA-01", "XC-CA-99", "XA-CA-01", REASON_READER_RECIPIENT},
        {"XA-CA-01", "XC-CA-01", "XA-POL-01", REASON_SEAL_SIGNER},
    };
    struct hop *hop = hop_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct letter *letter = letter_between(hop, rows[i].from, rows[i].to, rows[i].sealed_by);
        struct offer offer = hop_all(hop, letter);
        struct deliver d = hop_deliver(hop, &offer);
        struct judgement j = hop_relay(hop, &d);
        hop_refused(&j, POSTING_QUESTION,
                    (struct status){.code = CODE_REFUSED, .reason = rows[i].reason});
        CHECK_BYTES(j.posting.outer.from, slice_text(rows[i].from));
        hop->has_other_directory = true; /* then it may be ours that is behind */
        j = hop_relay(hop, &d);
        hop_refused(&j, POSTING_QUESTION, REFUSE(DIRECTORY_OTHER));
        CHECK_U64(j.code, REFUSAL_STALE);
        hop->has_other_directory = false;
        letter_free(letter);
    }
    hop_free(hop);
}

static void another_law_is_stale_and_takes_no_key(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_plain(hop);
    struct offer offer = hop_all(hop, letter);
    offer.release.rulebook.law++;
    struct deliver d = hop_deliver(hop, &offer);
    struct judgement j = hop_relay(hop, &d);
    hop_refused(&j, POSTING_QUESTION, REFUSE(LAW_OTHER));
    CHECK_U64(j.code, REFUSAL_STALE);
    CHECK(j.posting.peer.size == 2); /* the log goes on all the same */
    hop_post(hop, &j);
    offer.release.rulebook.law--;
    hop->has_other_law = true; /* under the same number, too */
    d = hop_deliver(hop, &offer);
    j = hop_relay(hop, &d);
    hop_refused(&j, POSTING_QUESTION, REFUSE(LAW_OTHER));
    hop->has_other_law = false;
    offer.release.rulebook.states++; /* the others may differ for a while */
    d = hop_deliver(hop, &offer);
    j = hop_relay(hop, &d);
    CHECK_U64(j.posting.kind, POSTING_DISCLOSURE);
    letter_free(letter);
    hop_free(hop);
}

/* Its gateway has judged it again by the law that both have now. */
static void what_was_let_go_under_an_earlier_law_is_taken(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_plain(hop);
    struct offer offer = hop_judge(hop, letter);
    offer.release.rulebook.law--;
    struct deliver d = hop_deliver(hop, &offer);
    hop->has_other_law = true;
    struct judgement j = hop_relay(hop, &d);
    hop_refused(&j, POSTING_QUESTION, REFUSE(LAW_OTHER));
    hop->has_other_law = false;
    j = hop_relay(hop, &d);
    CHECK_U64(j.posting.kind, POSTING_DISCLOSURE);
    letter_free(letter);
    hop_free(hop);
}

/* Messages of which the chain holds, but that the recipient's gateway may not let in. */
static void an_unknown_type(struct letter *letter)
{
    letter->draft.claims.type = slice_text("mla.nothing");
}

static void a_route_that_the_type_does_not_have(struct letter *letter)
{
    letter->draft.claims.from = slice_text("XA-POL-01");
}

static void a_purpose_that_nobody_knows(struct letter *letter)
{
    letter->draft.claims.purpose = slice_text("CURIOSITY");
}

static void a_claim_that_is_missing(struct letter *letter)
{
    letter->draft.claims.present &= ~(1U << CLAIM_OWNER);
}

static void a_field_that_nobody_knows(struct letter *letter)
{
    letter_put_text(letter, "zz", "anything");
}

static void a_value_that_may_not_be(struct letter *letter)
{
    letter_put_text(letter, "certification", "perhaps");
}

static void a_missing_basis(struct letter *letter)
{
    letter->draft.claims.transfer_basis = (struct slice){NULL, 0};
}

static void what_may_not_come_in_is_refused_for_good(void)
{
    static const struct {
        void (*change)(struct letter *letter);
        const char *sealed_by;
        enum reason reason;
        enum refusal code;
    } rows[] = {
        {an_unknown_type, "XA-CA-01", REASON_TYPE_UNKNOWN, REFUSAL_SCHEMA},
        {a_route_that_the_type_does_not_have, "XA-POL-01", REASON_TYPE_ROLE, REFUSAL_ROLE},
        {a_purpose_that_nobody_knows, "XA-CA-01", REASON_TYPE_PURPOSE, REFUSAL_PURPOSE},
        {a_claim_that_is_missing, "XA-CA-01", REASON_TYPE_INCOMPLETE, REFUSAL_INCOMPLETE},
        {a_field_that_nobody_knows, "XA-CA-01", REASON_TYPE_FIELD, REFUSAL_SCHEMA},
        {a_value_that_may_not_be, "XA-CA-01", REASON_TYPE_VALUE, REFUSAL_SCHEMA},
        {a_missing_basis, "XA-CA-01", REASON_LAW_REFUSED, REFUSAL_TRANSFER},
    };
    struct hop *hop = hop_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct letter *letter = hop_plain(hop);
        rows[i].change(letter);
        letter_seal(letter, rows[i].sealed_by);
        struct offer offer = hop_all(hop, letter);
        offer.old = hop->kept.size;
        struct deliver d = hop_deliver(hop, &offer);
        struct judgement j = hop_relay(hop, &d);
        hop->kept = hop_checkpoint(hop, &d);
        CHECK_STATUS(j.why, ((struct status){.code = CODE_REFUSED, .reason = rows[i].reason}));
        CHECK_TEXT(refusal_name(j.code), refusal_name(rows[i].code));
        CHECK_U64(j.posting.kind, POSTING_REFUSAL);
        CHECK_U64(j.posting.outer.hop, 2);
        CHECK(hop_post(hop, &j).length > 0);
        offer.old = hop->kept.size;
        d = hop_deliver(hop, &offer);
        j = hop_relay(hop, &d);
        hop->kept = hop_checkpoint(hop, &d);
        CHECK(j.repeated);
        CHECK_U64(j.seen.kind, ENTRY_REFUSAL);
        CHECK_BYTES(j.seen.code, slice_text(refusal_name(rows[i].code)));
        CHECK_U64(hop_post(hop, &j).length, 0); /* the checkpoint alone: the next begins there */
        letter_free(letter);
    }
    hop_free(hop);
}

static void a_message_that_comes_after_its_time_is_refused(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_plain(hop);
    struct offer offer = hop_all(hop, letter);
    struct deliver d = hop_deliver(hop, &offer);
    uint64_t now_ms = hop->world->now.wall_ms;
    world_pass(hop->world, letter->draft.claims.expires_ms - now_ms - 1);
    struct judgement j = hop_relay(hop, &d);
    CHECK_U64(j.code, REFUSAL_NONE);
    world_pass(hop->world, 1);
    j = hop_relay(hop, &d);
    hop_refused(&j, POSTING_REFUSAL, REFUSE(CLAIMS_EXPIRED));
    letter_free(letter);
    hop_free(hop);
}

static void octets_that_are_no_message_are_refused(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_plain(hop);
    struct offer offer = hop_all(hop, letter);
    struct deliver d = hop_deliver(hop, &offer);
    d.message.seal = slice_text("no seal");
    struct judgement j = hop_relay(hop, &d);
    CHECK_U64(j.posting.kind, POSTING_QUESTION);
    CHECK_U64(j.posting.outer.hop, 0);
    CHECK_U64(j.code, REFUSAL_SIG);
    CHECK_U64(j.posting.peer.size, 2);
    d.receipts.at[0] = slice_text("no receipt");
    j = hop_relay(hop, &d);
    CHECK_U64(j.posting.peer.origin.length, 0);
    letter_free(letter);
    hop_free(hop);
}

TESTS(exchange_relay_refusals,
      {"what does not hold is refused and takes no key",
       what_does_not_hold_is_refused_and_takes_no_key},
      {"releases and receipts of different messages do not fit",
       releases_and_receipts_of_different_messages_do_not_fit},
      {"a peer brings only its own parties' messages, to ours",
       a_peer_brings_only_its_own_parties_messages_to_ours},
      {"another law is stale and takes no key", another_law_is_stale_and_takes_no_key},
      {"what was let go under an earlier law is taken",
       what_was_let_go_under_an_earlier_law_is_taken},
      {"what may not come in is refused for good", what_may_not_come_in_is_refused_for_good},
      {"a message that comes after its time is refused",
       a_message_that_comes_after_its_time_is_refused},
      {"octets that are no message are refused", octets_that_are_no_message_are_refused})
