#define _GNU_SOURCE /* memmem */

#include "foreign.h"
#include "watch.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "journal/store.h"

/* Messages that a peer gateway has relayed. */

#define DAY_MS 86400000ULL

static void post(struct desk *s, const struct posting *posting)
{
    CHECK_OK(post_status(&s->f, posting));
}

static size_t mailbox(struct desk *s, const char *box)
{
    struct delivery *rows;
    size_t count = 99;
    const struct journal_page page = {.party = slice_text(box), .limit = 10};
    CHECK_OK(journal_inbox(s->reader, s->a, &page, &rows, &count));
    return count;
}

static void check_answer(struct desk *s, struct slice receipt, struct proved *ret_proved)
{
    if (!proves(&s->f, s->a, receipt, ret_proved))
        return;
    CHECK_U64(ret_proved->outer.kind, ENTRY_STAGE);
    CHECK_U64(ret_proved->outer.stage, STAGE_RELAYED);
    CHECK_U64(ret_proved->outer.hop, 2);
    CHECK_BYTES(ret_proved->outer.release, letter_in_release());
    CHECK_U64(ret_proved->outer.code.length, 0);
    CHECK_BYTES(ret_proved->outer.from, slice_text("XC-CA-01"));
}

static void a_relayed_letter_is_two_entries_and_is_answered_with_the_first(void)
{
    struct desk s;
    struct letter l;
    struct delivery d;
    struct proved answer, disclosure;
    struct release release;
    desk_begin(&s);
    letter_in(&l, 1);
    struct journal_result *r = post_one(&s.f, &l.posting);
    CHECK_OK(r->status);
    CHECK_U64(r->kind, POSTING_DISCLOSURE);
    CHECK_U64(r->index, 1);
    check_answer(&s, r->receipt, &answer);
    CHECK_U64(answer.note.size, 3);
    const struct message_key key = letter_key(&l);
    if (CHECK_OK(journal_fetch(s.reader, s.a, &key, 0, &d)) &&
        proves(&s.f, s.a, d.receipt, &disclosure)) {
        CHECK_U64(disclosure.receipt.index, 2);
        CHECK_U64(disclosure.outer.kind, ENTRY_DISCLOSURE);
        CHECK_U64(disclosure.outer.stage, STAGE_RELAYED);
        CHECK_U64(disclosure.outer.hop, 2);
        CHECK_U64(disclosure.time_ms, answer.time_ms);
        CHECK(!slice_equal(disclosure.receipt.key, answer.receipt.key));
        CHECK_OK(release_parse(s.a, d.release, &release));
        CHECK_U64(release.number, 1);
        CHECK_U64(d.stage, STAGE_RELAYED);
        CHECK_BYTES(d.box, slice_text("XA-CA-01"));
    }
    CHECK_U64(desk_undelivered(&s, "XA-CA-01"), 1);
    CHECK_U64(desk_undelivered(&s, "XC-GW-01"), 0);
    journal_result_free(r);
    desk_end(&s);
}

static void it_may_come_days_after_it_was_made(void)
{
    struct desk s;
    struct letter l;
    desk_begin(&s);
    letter_in(&l, 1);
    l.posting.at_ms = T0 + DAY_MS / 2;
    post(&s, &l.posting);
    letter_write(&l, 2, 1); /* which a sender's own may not */
    CHECK_STATUS(post_status(&s.f, &l.posting), FAIL(FULL));
    desk_end(&s);
}

/* Time in a log does not fall: where its clock was ahead once, a letter may be over by the log and
 * not yet by the clock, and its reader goes by the log. Held or not, the peer hears the same. */
static void it_is_refused_where_it_is_over_by_the_log(void)
{
    struct desk s;
    struct letter l;
    desk_begin(&s);
    letter_in(&l, 1);
    l.posting.at_ms = l.posting.message.expires_ms - 1;
    post(&s, &l.posting);
    letter_in(&l, 2);
    post(&s, &l.posting);
    for (unsigned held = 0; held < 2; held++) {
        letter_in(&l, 3);
        if (held != 0)
            letter_turn(&l, POSTING_HOLD, "E_HELD");
        l.posting.message.expires_ms--;
        CHECK_STATUS(post_status(&s.f, &l.posting), REFUSE(CLAIMS_EXPIRED));
    }
    CHECK_U64(desk_undelivered(&s, "XA-CA-01"), 2);
    desk_end(&s);
}

/* What the peer sees of a letter: the answer, the answer again, and how it ends. */
struct far_side {
    struct proved answer, again, ended;
    struct seen seen;
    enum posting_kind kind, kind_again;
    uint64_t entries;
};

static void see_far_side(struct desk *s, uint64_t n, bool held, struct far_side *ret)
{
    struct letter l;
    letter_in(&l, n);
    if (held)
        letter_turn(&l, POSTING_HOLD, "E_HELD");
    const struct message_key key = letter_key(&l);
    struct journal_result *r = post_one(&s->f, &l.posting);
    CHECK_OK(r->status);
    ret->kind = r->kind;
    check_answer(s, r->receipt, &ret->answer);
    journal_result_free(r);
    CHECK_OK(journal_seen(s->reader, s->a, &key, ret->answer.note.size, &ret->seen));
    check_answer(s, ret->seen.receipt, &ret->again);
    r = post_one(&s->f, &l.posting);
    CHECK(r->repeated);
    CHECK_U64(r->index, ret->answer.receipt.index);
    ret->kind_again = r->kind;
    check_answer(s, r->receipt, &ret->again);
    journal_result_free(r);
    CHECK(mailbox(s, "XA-CA-01") == (held ? 0 : 1));
    letter_stage(&l, STAGE_NOT_DELIVERED);
    post(s, &l.posting);
    struct slice receipt;
    CHECK_OK(journal_stage_receipt(s->reader, s->a, &key, STAGE_NOT_DELIVERED, 0, &receipt));
    CHECK(proves(&s->f, s->a, receipt, &ret->ended));
    ret->entries = ret->ended.receipt.index - ret->answer.receipt.index;
}

static void a_held_letter_looks_to_the_peer_like_one_that_goes_on(void)
{
    struct far_side goes_on, held;
    struct desk s;
    desk_begin(&s);
    see_far_side(&s, 1, true, &held);
    see_far_side(&s, 2, false, &goes_on);
    CHECK_U64(held.kind, POSTING_DISCLOSURE);
    CHECK_U64(held.kind, goes_on.kind);
    CHECK_U64(held.kind_again, POSTING_DISCLOSURE);
    CHECK_U64(held.seen.kind, ENTRY_DISCLOSURE);
    CHECK_U64(held.seen.code.length, 0);
    CHECK_U64(held.entries, 2);
    CHECK_U64(held.entries, goes_on.entries);
    CHECK_U64(held.ended.outer.hop, 2);
    CHECK_BYTES(held.ended.outer.release, goes_on.ended.outer.release);
    CHECK_BYTES(held.ended.outer.release, letter_in_release());
    CHECK_U64(held.ended.outer.code.length, 0);
    CHECK_U64(held.ended.receipt.record.length, goes_on.ended.receipt.record.length);
    desk_end(&s);
}

static void a_held_letter_is_in_no_box_and_nobody_can_take_it(void)
{
    struct desk s;
    struct letter l;
    struct delivery d;
    desk_begin(&s);
    letter_in(&l, 1);
    letter_turn(&l, POSTING_HOLD, "E_HELD");
    post(&s, &l.posting);
    const struct message_key key = letter_key(&l);
    CHECK_STATUS(journal_fetch(s.reader, s.a, &key, 0, &d), FAIL(ABSENT));
    CHECK_U64(desk_undelivered(&s, "XA-CA-01"), 0);
    letter_stage(&l, STAGE_DELIVERED);
    CHECK_STATUS(post_status(&s.f, &l.posting), REFUSE(QUERY_UNKNOWN));
    letter_stage(&l, STAGE_RETRIEVED);
    CHECK_STATUS(post_status(&s.f, &l.posting), REFUSE(QUERY_UNKNOWN));
    desk_end(&s);
}

static void a_held_letter_can_be_let_go_and_is_answered_as_before(void)
{
    struct desk s;
    struct letter l;
    struct proved answer;
    desk_begin(&s);
    letter_in(&l, 1);
    letter_turn(&l, POSTING_HOLD, "E_HELD");
    post(&s, &l.posting);
    letter_in(&l, 1);
    l.posting.inner.has_related = true;
    l.posting.inner.related = 2; /* the hold's entry */
    struct journal_result *r = post_one(&s.f, &l.posting);
    CHECK_OK(r->status);
    CHECK(!r->repeated);
    CHECK_U64(r->index, 1);
    check_answer(&s, r->receipt, &answer);
    CHECK_U64(answer.note.size, 4); /* one more entry, not two */
    CHECK_U64(desk_undelivered(&s, "XA-CA-01"), 1);
    journal_result_free(r);
    desk_end(&s);
}

static void another_letter_under_its_key_is_refused(void)
{
    struct desk s;
    struct letter l;
    desk_begin(&s);
    letter_in(&l, 1);
    post(&s, &l.posting);
    l.posting.relayed.release = (struct slice){NULL, 0}; /* as if a party had sent it */
    CHECK_STATUS(post_status(&s.f, &l.posting), REFUSE(REPLAY_OTHER));
    letter_in(&l, 1);
    l.seal[31] ^= 1;
    CHECK_STATUS(post_status(&s.f, &l.posting), REFUSE(REPLAY_OTHER));
    letter_write(&l, 2, 1);
    post(&s, &l.posting);
    l.posting.relayed.release = letter_in_release();
    CHECK_STATUS(post_status(&s.f, &l.posting), REFUSE(REPLAY_OTHER));
    desk_end(&s);
}

static void a_refused_letter_may_come_again(void)
{
    struct desk s;
    struct letter l;
    struct seen seen;
    struct proved answer;
    desk_begin(&s);
    letter_in(&l, 1);
    letter_turn(&l, POSTING_REFUSAL, "E_SCHEMA");
    post(&s, &l.posting);
    const struct message_key key = letter_key(&l);
    CHECK_OK(journal_seen(s.reader, s.a, &key, 0, &seen));
    CHECK_U64(seen.kind, ENTRY_REFUSAL);
    CHECK_BYTES(seen.code, slice_text("E_SCHEMA"));
    letter_in(&l, 1);
    post(&s, &l.posting);
    CHECK_OK(journal_seen(s.reader, s.a, &key, 0, &seen));
    CHECK_U64(seen.kind, ENTRY_DISCLOSURE);
    check_answer(&s, seen.receipt, &answer);
    desk_end(&s);
}

static void the_peer_is_told_the_stages_of_what_it_brought(void)
{
    struct desk s;
    struct letter l;
    struct notice *notices;
    struct proved proved;
    size_t count = 0;
    desk_begin(&s);
    letter_in(&l, 1);
    post(&s, &l.posting);
    struct journal_page page = {.party = slice_text("XC-GW-01"), .limit = 10};
    CHECK_U64(desk_notices(&s, "XC-GW-01", 0, &notices), 0); /* relayed was the direct answer */
    letter_stage(&l, STAGE_DELIVERED);
    post(&s, &l.posting);
    page.reader_size = 3;
    CHECK_OK(journal_notices(s.reader, s.a, &page, &notices, &count));
    if (CHECK_U64(count, 1) && proves(&s.f, s.a, notices[0].receipt, &proved)) {
        CHECK_U64(proved.outer.stage, STAGE_DELIVERED);
        CHECK_U64(proved.outer.hop, 2);
        CHECK_BYTES(proved.outer.release, letter_in_release());
        CHECK(proved.receipt.has_proof);
        CHECK_U64(proved.receipt.old_size, 3);
    }
    CHECK_U64(desk_undelivered(&s, "XA-CA-01"), 0);
    CHECK_U64(desk_notices(&s, "XC-CA-01", 0, &notices), 0); /* its sender is at home elsewhere */
    desk_end(&s);
}

static void a_stage_has_its_receipt_when_it_is_there(void)
{
    struct desk s;
    struct letter l;
    struct slice receipt;
    struct proved proved;
    desk_begin(&s);
    letter_in(&l, 1);
    const struct message_key key = letter_key(&l);
    CHECK_STATUS(journal_stage_receipt(s.reader, s.a, &key, STAGE_RELAYED, 0, &receipt),
                 FAIL(ABSENT));
    post(&s, &l.posting);
    CHECK_OK(journal_stage_receipt(s.reader, s.a, &key, STAGE_RELAYED, 1, &receipt));
    check_answer(&s, receipt, &proved);
    CHECK(proved.receipt.has_proof);
    CHECK_STATUS(journal_stage_receipt(s.reader, s.a, &key, STAGE_DELIVERED, 0, &receipt),
                 FAIL(ABSENT));
    desk_end(&s);
}

/* Turns over one octet of the opening of the decision in force. */
static void damage(struct fixture *f, const struct message_key *key)
{
    char path[160];
    struct store *store = NULL;
    struct message_row row;
    struct entry_row entry;
    struct arena *a = arena_new(1 << 20);
    struct buffer text = buffer_new(64U << 20);
    CHECK_OK(store_open(f->path, STORE_WRITER, &store));
    CHECK_OK(store_message(store, a, key, &row));
    CHECK_OK(store_entry(store, a, row.entry, &entry));
    store_close(store);
    snprintf(path, sizeof path, "%s/journal.db", f->path);
    CHECK_OK(file_read(path, &text));
    const struct slice opening = entry.slots[ENTRY_OUTER];
    uint8_t *at = memmem(text.at, text.length, opening.at, opening.length);
    CHECK(at != NULL);
    if (at != NULL)
        *at ^= 1;
    CHECK_OK(file_write(path, buffer_slice(&text), 0600));
    buffer_done(&text);
    arena_free(a);
}

static void what_cannot_be_read_is_listed_with_what_is_held_too(void)
{
    struct fixture f;
    struct letter letters[2];
    struct journal_reader *reader = NULL;
    struct delivery *rows, d;
    struct kept kept;
    size_t count = 0;
    struct arena *a = arena_new(1 << 20);
    fixture_begin(&f);
    for (size_t i = 0; i < 2; i++) {
        letter_in(&letters[i], i + 1);
        letter_turn(&letters[i], POSTING_HOLD, "E_HELD");
        CHECK_OK(post_status(&f, &letters[i].posting));
    }
    const struct message_key first = letter_key(&letters[0]), second = letter_key(&letters[1]);
    fixture_close(&f);
    damage(&f, &first);
    CHECK_OK(fixture_open(&f, T0));
    CHECK_OK(journal_reader_open(f.journal, &reader));
    CHECK_OK(journal_held(reader, a, 0, 10, &rows, &count));
    if (CHECK_U64(count, 2))
        CHECK_BYTES(rows[1].key.id, second.id);
    CHECK_STATUS(journal_held_one(reader, a, &first, &d, &kept), FAIL(CRYPTO));
    CHECK_OK(journal_held_one(reader, a, &second, &d, &kept));
    journal_reader_close(reader);
    arena_free(a);
    fixture_end(&f);
}

TESTS(journal_relay,
      {"a relayed letter is two entries and is answered with the first",
       a_relayed_letter_is_two_entries_and_is_answered_with_the_first},
      {"it may come days after it was made", it_may_come_days_after_it_was_made},
      {"it is refused where it is over by the log", it_is_refused_where_it_is_over_by_the_log},
      {"a held letter looks to the peer like one that goes on",
       a_held_letter_looks_to_the_peer_like_one_that_goes_on},
      {"a held letter is in no box and nobody can take it",
       a_held_letter_is_in_no_box_and_nobody_can_take_it},
      {"a held letter can be let go and is answered as before",
       a_held_letter_can_be_let_go_and_is_answered_as_before},
      {"another letter under its key is refused", another_letter_under_its_key_is_refused},
      {"a refused letter may come again", a_refused_letter_may_come_again},
      {"the peer is told the stages of what it brought",
       the_peer_is_told_the_stages_of_what_it_brought},
      {"a stage has its receipt when it is there", a_stage_has_its_receipt_when_it_is_there},
      {"what cannot be read is listed with what is held, too",
       what_cannot_be_read_is_listed_with_what_is_held_too})
