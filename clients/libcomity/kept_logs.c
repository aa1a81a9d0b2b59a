#include "libcomity/kept_logs.h"

#include "libcomity/records.h"
#include "session/query.h"

struct status kept_logs_load(struct comity *c, struct arena *arena, struct kept_logs *ret_logs,
                             struct comity_fault *reterr)
{
    struct known_checkpoint *known;
    size_t count = 0, unsound = 0;
    struct status s = checkpoints_load(c->archive, arena, &known, &count, &unsound);
    if (!failed(s))
        s = client_unsound(c, unsound, reterr);
    if (failed(s))
        return s;
    for (size_t i = 0; i < count; i++)
        ret_logs->at[i] =
            (struct kept_checkpoint){known[i].origin, known[i].size, digest_read(known[i].root)};
    ret_logs->count = count;
    return OK;
}

struct kept_checkpoint *kept_logs_find(struct kept_logs *logs, struct slice origin)
{
    for (size_t i = 0; i < logs->count; i++)
        if (slice_equal(logs->at[i].origin, origin))
            return &logs->at[i];
    return NULL;
}

bool log_is_own(const struct comity *c, struct slice origin)
{
    return directory_log(c->home, origin) != NULL;
}

/* A walk along the steps of a log, from one checkpoint to another. */
struct steps {
    struct slice origin;
    uint64_t size, until; /* where it stands, and where it is to arrive */
    struct digest root;
    bool over; /* the last page has been seen */
};

static struct status take_step(struct steps *steps, const struct steps_row *row)
{
    struct digest root = digest_read(row->root);
    if (row->old_size != steps->size)
        return REFUSE(FRAME_SHAPE);
    if (!merkle_consistent(row->old_size, row->size, &steps->root, &root, row->path))
        return REFUSE(CHECKPOINT_FORK);
    steps->size = row->size;
    steps->root = root;
    return OK;
}

static struct status take_page(struct steps *steps, struct arena *arena, struct slices rows)
{
    struct status s = OK;
    steps->over = rows.count == 0;
    for (size_t i = 0; i < rows.count && !failed(s) && steps->size < steps->until; i++) {
        struct steps_row row;
        s = steps_row_parse(arena, rows.at[i], &row);
        if (!failed(s))
            s = take_step(steps, &row);
    }
    return s;
}

static struct status ask_page(struct comity *c, struct steps *steps, struct comity_fault *reterr)
{
    struct answer answer;
    struct query_args args = {.what = QUERY_STEPS,
                              .origin = steps->origin,
                              .old_size = steps->size,
                              .limit = INBOX_MAX_ROWS};
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : client_query(c, arena, &args, &answer, reterr);
    if (!failed(s))
        s = take_page(steps, arena, answer.rows);
    arena_free(arena);
    if (s.code == CODE_REFUSED && s.reason == REASON_FRAME_SHAPE)
        return fault_verify(reterr, s, "%s answered with steps of a log that are none",
                            c->context.gateway);
    return s;
}

/* Every page leads on, so that this has an end. */
static struct status walk(struct comity *c, struct steps *steps, struct comity_fault *reterr)
{
    struct status s = OK;
    while (!failed(s) && !steps->over && steps->size < steps->until)
        s = ask_page(c, steps, reterr);
    if (!failed(s) && steps->size != steps->until)
        s = FAIL(ABSENT);
    return s;
}

struct status kept_logs_lead(struct comity *c, struct kept_checkpoint *kept,
                             const struct note *note, struct comity_fault *reterr)
{
    bool back = note->size < kept->size;
    const struct digest *arrival = back ? &kept->root : &note->root;
    struct steps steps = {.origin = kept->origin,
                          .size = back ? note->size : kept->size,
                          .until = back ? kept->size : note->size,
                          .root = back ? note->root : kept->root};
    struct status s = walk(c, &steps, reterr);
    if (failed(s))
        return s;
    if (!digest_equal(arrival, digest_slice(&steps.root)))
        return REFUSE(CHECKPOINT_FORK);
    kept->size = note->size;
    kept->root = note->root;
    return OK;
}

struct status kept_logs_advance(struct comity *c, const struct note *note)
{
    struct known_checkpoint checkpoint = {note->origin, note->size, digest_slice(&note->root)};
    return record_checkpoint(c->archive, &checkpoint, note->text);
}

void kept_logs_contradict(struct comity *c, const struct note *note, struct slice id,
                          struct comity_fault *reterr)
{
    if (failed(record_contradiction(c->archive, id, note->origin, note->text)))
        fault_hint(reterr, "the archive %s cannot keep the evidence", c->context.archive);
    else
        fault_hint(reterr, "both checkpoints are kept: comity archive list --kind contradiction");
}
