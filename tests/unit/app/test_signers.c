#include "support/check.h"
#include "support/pki.h"
#include "support/small_rulebook.h"

#include <stdlib.h>
#include <string.h>

#include "app/force.h"
#include "app/state.h"
#include "said.h"

/* Those who sign the rulebook, and one of them who is revoked. */

#define ARENA ((size_t)64 << 20)
#define FROM  1789000000000ULL
#define NOW   1790000000000ULL
#define END   1795000000000ULL
#define MOST  8U

static const char *const names[] = {"XA-MIN-01", "XC-MIN-01"};

struct bench {
    struct arena *arena;
    struct object_authority authorities[2];
    struct rulebook_authorities all;
    struct revocations *revoked;
};

static void bench_begin(struct bench *b)
{
    *b = (struct bench){.arena = arena_new(ARENA)};
    for (size_t i = 0; i < 2; i++) {
        b->authorities[i].certificate = pki_sealing(names[i])->certificate;
        (void)slice_copy_text(slice_text(names[i]), b->authorities[i].id,
                              sizeof b->authorities[i].id);
    }
    b->all.law = (struct object_authorities){b->authorities, 2};
    b->all.states = (struct object_authorities){b->authorities, 1};
}

static void bench_end(struct bench *b)
{
    revocations_free(b->revoked);
    arena_free(b->arena);
}

/* From now on XC-MIN-01 is, since then. */
static void revoke(struct bench *b, uint64_t since_ms)
{
    struct buffer der = buffer_new(4096);
    revocations_free(b->revoked);
    b->revoked = NULL;
    pki_revoke("XC-MIN-01", since_ms, &der);
    const struct revocation_list list = {.state = "XC", .der = buffer_slice(&der)};
    CHECK_OK(revocations_new(&list, 1, &b->revoked));
    buffer_done(&der);
    b->all.revoked = b->revoked;
}

static void sign(struct bench *b, const struct rulebook *rulebook, const char *object, size_t by,
                 struct text_files *files)
{
    char folder[SIGNATURES_PATH_BYTES];
    struct object_statement s;
    struct buffer octets = buffer_new(SIGNED_OBJECT_MAX_BYTES);
    const struct sealing *who = pki_sealing(names[by]);
    CHECK(rulebook_statement(rulebook, slice_text(object), &s));
    s.from_ms = FROM;
    s.until_ms = END;
    CHECK_OK(signed_object_make(who->key, certificate_x5t(who->certificate), &s, &octets));
    signatures_folder(slice_text(object), folder);
    files->at[files->count++] =
        (struct text_file){slice_text(arena_print(b->arena, "%s%zu", folder, by)),
                           arena_copy(b->arena, buffer_slice(&octets))};
    buffer_done(&octets);
}

static int by_path(const void *a, const void *b)
{
    return slice_compare(((const struct text_file *)a)->path, ((const struct text_file *)b)->path);
}

/* A law of this number, signed by both, the States by the first alone. */
static struct snapshot *signed_law(struct bench *b, unsigned law)
{
    struct rulebook *rulebook = NULL;
    struct objects *objects = NULL;
    struct text_error wrong = {0};
    const struct text_files texts = small_rulebook(b->arena, law, 3, "");
    struct text_files files = {arena_array(b->arena, MOST, sizeof *files.at), texts.count};
    memcpy(files.at, texts.at, texts.count * sizeof *files.at);
    CHECK_OK(rulebook_parse(&files, &rulebook, &wrong));
    sign(b, rulebook, "law", 0, &files);
    sign(b, rulebook, "law", 1, &files);
    sign(b, rulebook, "states", 0, &files);
    qsort(files.at, files.count, sizeof *files.at, by_path);
    CHECK_OK(rulebook_endorse(rulebook, &files, &b->all, NOW, &wrong));
    CHECK_OK(objects_new(&files, rulebook, NULL, 0, &objects));
    return snapshot_new(rulebook, objects);
}

static void a_new_law_of_one_who_is_revoked_does_not_come_into_force(void)
{
    char why[FORCE_WHY_BYTES] = "";
    struct bench b;
    struct slice kept = {NULL, 0};
    bench_begin(&b);
    struct snapshot *first = signed_law(&b, 4);
    CHECK_OK(force_judge(b.arena, kept, first, &b.all, NOW, &kept, why));
    revoke(&b, NOW - 1000);
    struct snapshot *same = signed_law(&b, 4), *next = signed_law(&b, 5);
    CHECK_U64(snapshot_rulebook(same)->law_until_ms, NOW - 1000);
    CHECK_U64(snapshot_rulebook(same)->states_until_ms, END);
    CHECK_OK(force_judge(b.arena, kept, same, &b.all, NOW, &kept, why)); /* was in force */
    CHECK_STATUS(force_judge(b.arena, kept, next, &b.all, NOW, &kept, why),
                 REFUSE(OBJECT_VALIDITY));
    CHECK(strstr(why, "law number 5 was not in force") != NULL);
    CHECK(strstr(why, "the certificate of XC-MIN-01 is revoked since 2026-09-21T14:13:19") != NULL);
    snapshot_drop(first);
    snapshot_drop(same);
    snapshot_drop(next);
    bench_end(&b);
}

/* As when lists come over a link: the rulebook in use is not read anew. */
static void by_new_lists_the_rulebook_in_use_is_judged_again(void)
{
    struct text_error wrong = {0};
    struct rulebook *again = NULL;
    struct objects *objects = NULL;
    struct bench b;
    bench_begin(&b);
    struct snapshot *first = signed_law(&b, 4);
    CHECK_U64(snapshot_rulebook(first)->law_until_ms, END);
    revoke(&b, NOW - 1000);
    CHECK_OK(state_endorse_again(first, &b.all, NOW, &again, &wrong));
    CHECK_OK(objects_renew(snapshot_objects(first), NULL, 0, &objects));
    struct snapshot *next = snapshot_renew(first, objects);
    snapshot_endorse(next, again);
    CHECK_U64(snapshot_rulebook(next)->law_until_ms, NOW - 1000);
    CHECK_U64(snapshot_rulebook(next)->states_until_ms, END);
    CHECK(snapshot_rulebook(next)->law == snapshot_rulebook(first)->law);
    CHECK_U64(snapshot_rulebook(first)->law_until_ms, END); /* whoever began with it goes on */
    snapshot_drop(first);
    CHECK_U64(
        rulebook_until_ms(snapshot_rulebook(next), slice_text("XA-CA-01"), slice_text("XA-CA-02")),
        NOW - 1000);
    b.all.revoked = NULL;
    CHECK_OK(state_endorse_again(next, &b.all, NOW, &again, &wrong));
    CHECK_U64(again->law_until_ms, END);
    rulebook_again_free(again);
    snapshot_drop(next);
    bench_end(&b);
}

static void it_is_said_each_hour(void)
{
    struct watch w = {.alarms = said_begin()};
    struct bench b;
    bench_begin(&b);
    revoke(&b, said_at(0).wall_ms);
    const struct moment before = {.wall_ms = said_at(0).wall_ms - 1};
    watch_signers(&w, &b.all, before);
    CHECK_U64(said_lines(), 0);
    for (uint64_t at = 0; at <= 2 * HOUR; at += HOUR / 4) {
        watch_signers(&w, &b.all, said_at(at));
        alarms_settle(w.alarms, said_at(at));
    }
    CHECK_U64(said_times("\"level\":\"alarm\",\"event\":\"alarm.signer_revoked\""), 3);
    watch_signers(&w, &b.all, said_at(3 * HOUR));
    alarms_settle(w.alarms, said_at(3 * HOUR));
    CHECK(said_this("the certificate of XC-MIN-01, who signs law, is revoked since "));
    alarms_settle(w.alarms, said_at(4 * HOUR));
    CHECK(said_this("alarm.over"));
    alarms_free(w.alarms);
    bench_end(&b);
}

TESTS(app_signers,
      {"a new law of one who is revoked does not come into force",
       a_new_law_of_one_who_is_revoked_does_not_come_into_force},
      {"by new lists the rulebook in use is judged again",
       by_new_lists_the_rulebook_in_use_is_judged_again},
      {"it is said each hour", it_is_said_each_hour})
