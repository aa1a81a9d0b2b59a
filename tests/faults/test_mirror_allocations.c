/*
 * Memory that is out at any one moment while a mirror is made, written, read, searched or verified:
 * it works, or fails as out of memory and can be done again. Nothing is lost or leaked, and the
 * mirror holds.
 */

#include <stdio.h>
#include <string.h>

#include "mirror/marks.h"
#include "mirror/search.h"
#include "mirror/verify.h"
#include "support/allocations.h"
#include "support/check.h"
#include "support/folder.h"
#include "unit/clients/made_mirror.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define ENTRIES     20
#define LEAST_STEPS 100 /* a sweep that failed less often has hardly failed at all */
#define FORGOTTEN   3

/* A mirror, and a step of it with all that the step needs. */
struct stand {
    const char *dir;
    struct mirror *mirror;
    struct arena *arena; /* of the step alone */
    struct opened_entry row;
    struct slice note;
    uint64_t seen; /* by visits */
};

static struct opened_entry row_of(struct arena *arena, uint64_t index)
{
    static const uint8_t rulebook[32] = {6};
    static const struct inner_field field = {{(const uint8_t *)"persons/name", 12},
                                             {(const uint8_t *)"ID", 2},
                                             {(const uint8_t *)"clear", 5},
                                             {(const uint8_t *)"R-ID-02", 7},
                                             {(const uint8_t *)"LED 8", 5}};
    const struct outer outer = {.kind = ENTRY_START_STOP,
                                .gateway = slice_text(MADE_GATEWAY),
                                .rulebook = slice_over(rulebook, sizeof rulebook)};
    const struct inner inner = {.op = slice_text("OPERATE"),
                                .actor = slice_text(MADE_GATEWAY),
                                .fields = &field,
                                .field_count = 1,
                                .justification = slice_text("bread and butter")};
    return made_row(arena, index, MADE_BEGAN_MS + index, &outer, &inner);
}

/* ---- steps: each is tried again after it has failed ---- */

static struct status make_again(struct stand *t)
{
    char error[MIRROR_ERROR_BYTES];
    const struct mirror_log log = {MADE_ORIGIN, MADE_GATEWAY, ""};
    struct mirror *m = NULL;
    mirror_close(t->mirror);
    t->mirror = NULL;
    struct status s = mirror_make(t->dir, &log, error, &m);
    if (!failed(s))
        t->mirror = m;
    return s;
}

static struct status open_beside(struct stand *t)
{
    char error[MIRROR_ERROR_BYTES];
    struct mirror *m = NULL;
    struct status s = mirror_open(t->dir, error, &m);
    if (!failed(s))
        mirror_close(m);
    return s;
}

static struct status within(struct stand *t, struct status (*write)(struct stand *t))
{
    struct status s = mirror_begin(t->mirror);
    if (!failed(s))
        s = write(t);
    if (!failed(s))
        s = mirror_commit(t->mirror);
    if (failed(s))
        mirror_abandon(t->mirror);
    return s;
}

static struct status put_row(struct stand *t)
{
    return mirror_put(t->mirror, &t->row);
}

static struct status put(struct stand *t)
{
    return within(t, put_row);
}

static struct status keep_note(struct stand *t)
{
    return mirror_keep(t->mirror, t->note, MADE_BEGAN_MS);
}

static struct status keep(struct stand *t)
{
    return within(t, keep_note);
}

static struct status shed(struct stand *t)
{
    return mirror_shed(t->mirror);
}

static struct status convict(struct stand *t)
{
    char path[MIRROR_PATH_BYTES];
    const struct begun_proof told = {slice_text("entry"), slice_text("proof")};
    return mirror_convict(t->mirror, t->note, &told, path);
}

static struct status visit(void *owner, const struct mirror_entry *entry)
{
    struct stand *t = owner;
    CHECK_U64(entry->index, t->seen++);
    return OK;
}

static struct status walk(struct stand *t)
{
    t->seen = 0;
    struct status s = mirror_walk(t->mirror, 0, UINT64_MAX, visit, t);
    CHECK(failed(s) || t->seen == ENTRIES);
    return s;
}

static struct status prove(struct stand *t)
{
    struct slices path;
    return mirror_proof(t->mirror, t->arena, FORGOTTEN, &path);
}

static struct status search(struct stand *t)
{
    uint64_t *indices, all = 0;
    size_t count = 0;
    struct slice mark = mark_make(t->arena, "rule", slice_text("R-ID-02"));
    const struct search_wanted wanted = {
        .marks = {&mark, 1}, .text = slice_text("butter"), .before = SEARCH_NEWEST, .limit = 50};
    struct status s = mark.at == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s))
        s = search_run(t->mirror, t->arena, &wanted, &indices, &count);
    if (!failed(s))
        s = search_count(t->mirror, &wanted, &all);
    CHECK(failed(s) || (count == ENTRIES - 1 && all == count));
    return s;
}

static struct status verify(struct stand *t)
{
    static char vkey[ORIGIN_MAX_BYTES + 64];
    struct log_verdict verdict;
    if (vkey[0] == '\0') {
        allocations_fail_at(0);
        snprintf(vkey, sizeof vkey, "%s", made_vkey());
    }
    return mirror_verify(t->mirror, slice_text(vkey), &verdict);
}

/* ---- what each needs ---- */

static void need_nothing(struct stand *t)
{
    (void)t;
}

static void need_row(struct stand *t)
{
    t->row = row_of(t->arena, mirror_count(t->mirror));
}

/* An entry whose openings are gone, and what it was found by. */
static void need_forgetting(struct stand *t)
{
    t->row = row_of(t->arena, FORGOTTEN);
    t->row.outer = t->row.inner = t->row.closed = (struct opening){0};
}

static void need_note(struct stand *t)
{
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    made_note(t->mirror, mirror_count(t->mirror), &note);
    t->note = arena_copy(t->arena, buffer_slice(&note));
    buffer_done(&note);
}

static void need_more(struct stand *t)
{
    need_row(t);
    CHECK_OK(put(t));
}

static const struct {
    const char *name;
    void (*need)(struct stand *t);
    struct status (*run)(struct stand *t);
} steps[] = {
    {"make", need_nothing, make_again},
    {"open", need_nothing, open_beside},
    {"put", need_row, put},
    {"keep", need_note, keep},
    {"shed", need_more, shed},
    {"forget", need_forgetting, put},
    {"walk", need_nothing, walk},
    {"prove", need_nothing, prove},
    {"search", need_nothing, search},
    {"verify", need_nothing, verify},
    {"convict", need_note, convict},
};

static bool step_failing(struct stand *t, size_t step, uint64_t n)
{
    t->arena = arena_new(ARENA_BYTES);
    steps[step].need(t);
    allocations_fail_at(n);
    struct status s = steps[step].run(t);
    const bool has_failed = allocations_failed();
    allocations_fail_at(0);
    if (!CHECK(!failed(s) || (has_failed && s.code == CODE_MEMORY)))
        fprintf(stderr, "%s, %llu: %s (%s)\n", steps[step].name, (unsigned long long)n,
                code_name(s.code), reason_name(s.reason));
    s = failed(s) ? steps[step].run(t) : OK;
    if (!CHECK_OK(s))
        fprintf(stderr, "%s, again after %llu\n", steps[step].name, (unsigned long long)n);
    arena_free(t->arena);
    return has_failed;
}

static void stand_make(struct stand *t)
{
    *t = (struct stand){.dir = fresh_folder()};
    t->mirror = made_mirror(t->dir);
    for (unsigned i = 0; i < ENTRIES; i++) {
        t->arena = arena_new(ARENA_BYTES);
        need_row(t);
        CHECK_OK(put(t));
        arena_free(t->arena);
    }
    made_keep(t->mirror);
}

static void a_mirror_survives_any_allocation_that_fails(void)
{
    uint64_t all = 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct stand t;
        uint64_t n = 0;
        stand_make(&t);
        if (steps[i].run == search || steps[i].run == walk) {
            t.arena = arena_new(ARENA_BYTES);
            need_forgetting(&t);
            CHECK_OK(put(&t));
            arena_free(t.arena);
        }
        while (step_failing(&t, i, ++n))
            all++;
        CHECK_OK(mirror_shed(t.mirror));
        CHECK_OK(verify(&t));
        mirror_close(t.mirror);
    }
    CHECK(all > LEAST_STEPS);
}

TESTS(mirror_allocations,
      {"a mirror survives any allocation that fails", a_mirror_survives_any_allocation_that_fails})
