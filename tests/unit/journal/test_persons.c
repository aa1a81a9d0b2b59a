#include "erasing.h"
#include "watch.h"

#include <string.h>

#include "journal/openings.h"
#include "journal/persons.h"
#include "journal/store_content.h"

/* Each person in a case has a key of their own. Entry 0 is the start entry. */

static const struct digest anna = {{1}}, boris = {{2}};

static struct status post_about(struct desk *d, uint64_t n, const struct digest *const *who,
                                size_t count)
{
    struct letter l;
    struct slice subjects[4];
    for (size_t i = 0; i < count; i++)
        subjects[i] = digest_slice(who[i]);
    letter_write(&l, n, 1);
    l.posting.inner.subjects = (struct slices){subjects, count};
    return post_status(&d->f, &l.posting);
}

/* Whom the entry names. */
static struct slices subjects_of(struct desk *d, uint64_t index)
{
    struct outer outer;
    struct inner inner = {0};
    struct slice record, closed;
    entry_open(d, index, &outer, &record);
    CHECK_OK(inner_parse(d->a, slice_part(record, 32, SIZE_MAX), &inner, &closed));
    return inner.subjects;
}

static bool is_named(struct slices subjects, const struct digest *pseudonym)
{
    for (size_t i = 0; i < subjects.count; i++)
        if (digest_equal(pseudonym, subjects.at[i]))
            return true;
    return false;
}

static struct digest called(struct desk *d, const struct digest *who)
{
    struct digest pseudonym = {0};
    CHECK_OK(journal_person(d->reader, digest_slice(who), &pseudonym));
    return pseudonym;
}

static struct status forget(struct desk *d, const struct digest *who)
{
    struct collector c;
    const struct erasure_order o = {
        .erasure = {.act = ERASURE_PERSON, .ground = slice_text("basis: LED 16; order: 7")},
        .person = digest_slice(who)};
    collector_make(&c);
    struct status s = journal_erase(d->f.journal, &o, T0, &c, collector_done);
    if (!failed(s)) {
        struct journal_result *r = collector_take(&c, 1);
        s = r->status;
        results_free(r);
    }
    collector_free(&c);
    return s;
}

static void a_person_is_called_the_same_in_each_entry_and_no_other_is(void)
{
    struct desk d;
    const struct digest *both[] = {&boris, &anna}, *one[] = {&anna};
    desk_begin(&d);
    CHECK_OK(post_about(&d, 1, both, 2));
    CHECK_OK(post_about(&d, 2, one, 1));
    const struct digest a = called(&d, &anna), b = called(&d, &boris);
    CHECK(!digest_equal(&a, digest_slice(&b)));
    CHECK(!digest_equal(&a, digest_slice(&anna)));
    CHECK_U64(subjects_of(&d, 1).count, 2);
    CHECK(is_named(subjects_of(&d, 1), &a) && is_named(subjects_of(&d, 1), &b));
    CHECK_U64(subjects_of(&d, 2).count, 1);
    CHECK(is_named(subjects_of(&d, 2), &a));
    desk_end(&d);
}

static void who_is_not_named_has_no_key(void)
{
    struct desk d;
    struct digest pseudonym;
    desk_begin(&d);
    CHECK_OK(post_about(&d, 1, NULL, 0));
    CHECK_STATUS(journal_person(d.reader, digest_slice(&anna), &pseudonym), FAIL(ABSENT));
    CHECK_STATUS(forget(&d, &anna), FAIL(ABSENT));
    CHECK_U64(signed_size(&d.f), 2);
    desk_end(&d);
}

static void a_key_lasts_from_one_run_to_the_next(void)
{
    struct desk d;
    const struct digest *one[] = {&anna};
    desk_begin(&d);
    CHECK_OK(post_about(&d, 1, one, 1));
    const struct digest a = called(&d, &anna);
    journal_reader_close(d.reader);
    fixture_close(&d.f);
    CHECK_OK(fixture_open(&d.f, T0));
    CHECK_OK(journal_reader_open(d.f.journal, &d.reader));
    CHECK_OK(post_about(&d, 2, one, 1));
    CHECK(is_named(subjects_of(&d, 4), &a));
    desk_end(&d);
}

/* Both are in one batch: the first makes the key, the second finds it before it is committed. */
static void two_that_name_a_new_person_at_once_call_them_the_same(void)
{
    struct desk d;
    struct gate gate;
    struct collector c;
    struct letter letters[2];
    struct slice subject = digest_slice(&anna);
    desk_begin(&d);
    collector_make(&c);
    gate_shut(&gate, &d.f);
    for (uint64_t n = 0; n < 2; n++) {
        letter_write(&letters[n], n + 1, 1);
        letters[n].posting.inner.subjects = (struct slices){&subject, 1};
        letters[n].posting.owner = &c;
        CHECK_OK(journal_post(d.f.journal, &letters[n].posting, collector_done));
    }
    gate_open(&gate);
    struct journal_result *r = collector_take(&c, 2);
    CHECK(r != NULL && !failed(r->status) && r->next != NULL && !failed(r->next->status));
    const struct digest a = called(&d, &anna);
    CHECK(r != NULL && is_named(subjects_of(&d, r->index), &a));
    CHECK(r != NULL && r->next != NULL && is_named(subjects_of(&d, r->next->index), &a));
    results_free(r);
    collector_free(&c);
    desk_end(&d);
}

/* So that nobody learns from the answer whether somebody is named. */
static void who_is_asked_for_is_called_the_same_when_they_are_named(void)
{
    struct desk d;
    struct collector c;
    const struct digest *one[] = {&anna};
    const struct auditor_act act = {.wish = AUDITOR_PSEUDONYMS,
                                    .party = slice_text("XA-MIN-01"),
                                    .person = digest_slice(&anna)};
    desk_begin(&d);
    collector_make(&c);
    CHECK_OK(journal_auditor(d.f.journal, &act, T0, &c, collector_done));
    results_free(collector_take(&c, 1));
    collector_free(&c);
    const struct digest before = called(&d, &anna);
    CHECK_U64(subjects_of(&d, 1).count, 0);
    CHECK_OK(post_about(&d, 1, one, 1));
    CHECK(is_named(subjects_of(&d, 2), &before));
    desk_end(&d);
}

/* What a posting that fails has made is taken back with it. */
static void a_message_that_is_not_kept_leaves_no_key(void)
{
    struct desk d;
    struct letter l;
    struct digest pseudonym;
    struct slice subject = digest_slice(&anna);
    desk_begin(&d);
    CHECK_OK(post_about(&d, 1, NULL, 0));
    letter_write(&l, 1, 1);
    l.posting.inner.subjects = (struct slices){&subject, 1};
    memset(l.seal, 0x77, sizeof l.seal);
    CHECK_STATUS(post_status(&d.f, &l.posting), REFUSE(REPLAY_OTHER));
    CHECK_STATUS(journal_person(d.reader, subject, &pseudonym), FAIL(ABSENT));
    desk_end(&d);
}

/* With what stands in the database nobody can tell any more whom the entries mean. */
static void destroying_a_key_leaves_entries_proofs_and_others(void)
{
    struct desk d;
    struct outer outer;
    struct inner inner;
    struct digest pseudonym;
    struct slice record, closed;
    const struct digest *both[] = {&anna, &boris}, *one[] = {&anna};
    desk_begin(&d);
    CHECK_OK(post_about(&d, 1, both, 2));
    const struct digest a = called(&d, &anna), b = called(&d, &boris);
    CHECK_OK(forget(&d, &anna));
    CHECK_STATUS(journal_person(d.reader, digest_slice(&anna), &pseudonym), FAIL(ABSENT));
    CHECK_STATUS(forget(&d, &anna), FAIL(ABSENT));
    const struct digest b_now = called(&d, &boris);
    CHECK(digest_equal(&b, digest_slice(&b_now)));
    CHECK(is_named(subjects_of(&d, 1), &a));
    entry_open(&d, 2, &outer, &record);
    CHECK_U64(outer.kind, ENTRY_ERASURE);
    if (CHECK_OK(inner_parse(d.a, slice_part(record, 32, SIZE_MAX), &inner, &closed))) {
        CHECK_BYTES(inner.op, slice_text("ERASE"));
        CHECK_BYTES(inner.justification,
                    slice_text("ORDER: key of one person in a case; basis: LED 16; order: 7"));
        CHECK(!inner.has_related && inner.subjects.count == 0);
    }
    CHECK_OK(post_about(&d, 2, one, 1)); /* who comes again is somebody new */
    const struct digest again = called(&d, &anna);
    CHECK(!digest_equal(&again, digest_slice(&a)));
    CHECK(is_named(subjects_of(&d, 3), &again));
    journal_reader_close(d.reader);
    d.reader = NULL;
    CHECK_U64(check_whole(&d.f), 5);
    desk_end(&d);
}

static void no_file_holds_a_key_that_is_destroyed(void)
{
    struct desk d;
    struct store *store = NULL;
    struct slice wrapped = {NULL, 0};
    const struct digest *one[] = {&anna};
    desk_begin(&d);
    CHECK_OK(post_about(&d, 1, one, 1));
    CHECK_OK(store_open(d.f.path, STORE_READER, &store));
    CHECK_OK(store_person(store, d.a, digest_slice(&anna), &wrapped));
    store_close(store);
    CHECK_U64(wrapped.length, SECRET_WRAPPED_BYTES);
    CHECK(any_file_holds(d.f.path, wrapped));
    CHECK_OK(forget(&d, &anna));
    journal_reader_close(d.reader);
    d.reader = NULL;
    fixture_close(&d.f);
    CHECK(!any_file_holds(d.f.path, wrapped));
    CHECK(!any_file_holds(d.f.path, digest_slice(&anna)));
    desk_end(&d);
}

TESTS(journal_persons,
      {"a person is called the same in each entry, and no other is",
       a_person_is_called_the_same_in_each_entry_and_no_other_is},
      {"who is not named has no key", who_is_not_named_has_no_key},
      {"a key lasts from one run to the next", a_key_lasts_from_one_run_to_the_next},
      {"two that name a new person at once call them the same",
       two_that_name_a_new_person_at_once_call_them_the_same},
      {"who is asked for is called the same when they are named",
       who_is_asked_for_is_called_the_same_when_they_are_named},
      {"a message that is not kept leaves no key", a_message_that_is_not_kept_leaves_no_key},
      {"destroying a key leaves entries, proofs and others",
       destroying_a_key_leaves_entries_proofs_and_others},
      {"no file holds a key that is destroyed", no_file_holds_a_key_that_is_destroyed})
