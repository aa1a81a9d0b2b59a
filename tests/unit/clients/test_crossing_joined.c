/* A receipt's checkpoint of another gateway's log is led to one that witnesses cosigned, which that
 * gateway has joined to a step of the log. */

#include "fixture.h"
#include "libcomity/kept_logs.h"
#include "two_logs.h"

/* Steps of the far log are at 7, 9, 15 and 20. */
static struct status lead(uint64_t from, uint64_t to, const struct steps_row *joined)
{
    const struct slice origin = slice_text(far.origin);
    struct kept_checkpoint head = {origin, from, ledger_root(&far, from)};
    const struct note note = {.origin = origin, .size = to, .root = ledger_root(&far, to)};
    struct status s = kept_logs_lead(comity, &head, &note, joined, 0, &fault);
    if (!failed(s)) {
        CHECK_U64(head.size, to);
        CHECK(digest_equal(&head.root, digest_slice(&note.root)));
    }
    return s;
}

static struct steps_row join_of(struct arena *arena, struct digest *root, uint64_t old,
                                uint64_t size)
{
    *root = ledger_root(&far, size);
    return (struct steps_row){old, size, digest_slice(root), ledger_proof(&far, arena, old, size)};
}

static void from_any_step_a_reader_comes_to_what_is_joined_to_one(void)
{
    static const struct {
        uint64_t from, to, old, size;
        unsigned pages;
    } rows[] = {
        {9, 12, 9, 12, 0},   /* at the step itself */
        {7, 12, 9, 12, 1},   /* from before it */
        {20, 22, 20, 22, 0}, /* the newest */
        {7, 22, 20, 22, 3},  /* over several pages */
        {15, 12, 12, 15, 0}, /* joined to a larger one, */
        {20, 12, 12, 15, 1}, /* back from behind that, */
        {7, 12, 12, 20, 3},  /* and from before it: both ways have to meet */
        {15, 12, 12, 20, 1},
    };
    struct arena *arena = arena_new((size_t)1 << 20);
    logs_begin_between();
    ledger_grow(&far, 25, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct digest root;
        const struct steps_row joined = join_of(arena, &root, rows[i].old, rows[i].size);
        pages = 0;
        CHECK_OK(lead(rows[i].from, rows[i].to, &joined));
        CHECK(pages <= rows[i].pages);
    }
    CHECK(lead(7, 12, NULL).code == CODE_ABSENT);
    logs_leave();
    logs_end();
    arena_free(arena);
}

static void a_false_join_is_a_fork(void)
{
    struct digest root;
    struct arena *arena = arena_new((size_t)1 << 20);
    logs_begin_between();
    struct steps_row joined = join_of(arena, &root, 9, 12);
    joined.path.at[0] = digest_slice(&root); /* which no proof holds */
    CHECK_STATUS(lead(7, 12, &joined), REFUSE(CHECKPOINT_FORK));
    joined = join_of(arena, &root, 12, 15);
    root = ledger_root(&far, 14);
    CHECK_STATUS(lead(20, 12, &joined), REFUSE(CHECKPOINT_FORK));
    static struct ledger other;
    other = far;
    far = ledger_far();
    ledger_grow(&far, 22, 1);
    steps.log = &other; /* what is cosigned is of another history than the steps */
    joined = join_of(arena, &root, 12, 20);
    CHECK_STATUS(lead(7, 12, &joined), REFUSE(CHECKPOINT_FORK));
    logs_leave();
    logs_end();
    arena_free(arena);
}

TESTS(clients_crossing_joined,
      {"from any step a reader comes to what is joined to one",
       from_any_step_a_reader_comes_to_what_is_joined_to_one},
      {"a false join is a fork", a_false_join_is_a_fork})
