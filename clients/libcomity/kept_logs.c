#include "libcomity/kept_logs.h"

#include "base/slices.h"
#include "libcomity/records.h"

static struct status load(const struct comity *c, struct arena *arena,
                          struct known_checkpoint **ret_known, size_t *ret_count, size_t *unsound,
                          struct comity_fault *reterr)
{
    struct status s = checkpoints_load(c->archive, arena, ret_known, ret_count, unsound);
    return s.code == CODE_FULL ? fault_set(reterr, FAIL(STORE),
                                           "the archive %s keeps checkpoints of more than %d logs",
                                           c->context.archive, CHECKPOINTS_MAX)
                               : s;
}

struct status kept_logs_load(struct comity *c, struct arena *arena, struct kept_logs *ret_logs,
                             struct comity_fault *reterr)
{
    struct known_checkpoint *known;
    size_t count = 0, unsound = 0;
    struct status s = load(c, arena, &known, &count, &unsound, reterr);
    if (!failed(s))
        s = client_unsound(c, unsound, reterr);
    if (failed(s))
        return s;
    struct kept_checkpoint *at = arena_array(arena, count, sizeof *at);
    if (at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < count; i++)
        at[i] =
            (struct kept_checkpoint){known[i].origin, known[i].size, digest_read(known[i].root)};
    *ret_logs = (struct kept_logs){at, count};
    return OK;
}

/* ---- which of them count more ---- */

enum standing {
    GOES_ON_HERE, /* a log of the own gateway */
    GOES_ON,
    STANDS_STILL, /* nothing more is signed in it, but its end is not known, or not kept */
    ENDED,        /* and kept to its end */
    UNLISTED,     /* the directory has it no more: nobody can judge what is said of it */
    LEFT_OUT,
};

/* Sorted rows that begin with the origin of what is kept. */
struct kept_rows {
    const void *at;
    size_t count, size;
};

/* A gateway never signs a log again that it has succeeded by another. */
static bool is_succeeded(const struct kept_rows *kept, const struct gateway_row *owner,
                         struct slice origin)
{
    const struct log_row *next = directory_successor(owner, origin);
    return next != NULL && rows_find(kept->at, kept->count, kept->size, next->origin) != NULL;
}

static enum standing standing_of(const struct comity *c, const struct kept_rows *kept,
                                 struct slice origin, uint64_t size)
{
    const struct gateway_row *owner = directory_owner(c->rulebook->directory, origin);
    if (owner == NULL)
        return UNLISTED;
    const struct log_row *row = directory_log(owner, origin);
    if (row->is_closed && size >= row->closed_size)
        return ENDED;
    if (row->is_closed || is_succeeded(kept, owner, origin))
        return STANDS_STILL;
    return owner == c->home ? GOES_ON_HERE : GOES_ON;
}

size_t kept_logs_growing(const struct comity *c, const struct kept_logs *logs)
{
    const struct kept_rows kept = {logs->at, logs->count, sizeof *logs->at};
    size_t count = 0;
    for (size_t i = 0; i < logs->count; i++)
        count += standing_of(c, &kept, logs->at[i].origin, logs->at[i].size) <= GOES_ON;
    return count;
}

/* Leaves out what has no room behind those that count more. */
static void choose(enum standing *standings, size_t count)
{
    size_t room = HELLO_LIST_MAX;
    for (enum standing standing = GOES_ON_HERE; standing < LEFT_OUT; standing++)
        for (size_t i = 0; i < count; i++)
            if (standings[i] == standing && room > 0)
                room--;
            else if (standings[i] == standing)
                standings[i] = LEFT_OUT;
}

struct status kept_logs_name(const struct comity *c, struct arena *arena, struct hello *hello,
                             struct comity_fault *reterr)
{
    struct known_checkpoint *known;
    size_t count = 0, unsound = 0;
    struct status s = load(c, arena, &known, &count, &unsound, reterr);
    if (failed(s))
        return s;
    enum standing *standings = arena_array(arena, count, sizeof *standings);
    if (standings == NULL)
        return FAIL(MEMORY);
    const struct kept_rows kept = {known, count, sizeof *known};
    for (size_t i = 0; i < count; i++)
        standings[i] = standing_of(c, &kept, known[i].origin, known[i].size);
    choose(standings, count);
    hello->checkpoints = known;
    for (size_t i = 0; i < count; i++)
        if (standings[i] != LEFT_OUT)
            known[hello->checkpoints_count++] = known[i];
    return OK;
}

/* ---- one of them ---- */

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
    bool over;         /* the last page has been seen */
    uint64_t until_ms; /* monotonic: that the gateway is waited for where it has to ask itself */
    const struct steps_row *join; /* one more step, which is at hand; NULL: none is */
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

static bool is_at_join(const struct steps *steps)
{
    return steps->join != NULL && steps->join->old_size == steps->size;
}

static struct status take_page(struct steps *steps, struct arena *arena, struct slices rows)
{
    struct status s = OK;
    steps->over = rows.count == 0;
    for (size_t i = 0; i < rows.count && !failed(s) && steps->size < steps->until; i++) {
        if (is_at_join(steps))
            break;
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
    struct status s = arena == NULL
                          ? FAIL(MEMORY)
                          : client_query_until(c, arena, &args, steps->until_ms, &answer, reterr);
    if (!failed(s))
        s = take_page(steps, arena, answer.rows);
    arena_free(arena);
    if (s.code == CODE_REFUSED && s.reason == REASON_FRAME_SHAPE)
        return fault_verify(reterr, s, "%s answered with steps of a log that are none",
                            c->context.gateway);
    return s;
}

/* There, or past it. Every page leads on, so that this has an end. */
static struct status walk(struct comity *c, struct steps *steps, struct comity_fault *reterr)
{
    struct status s = OK;
    steps->over = false;
    while (!failed(s) && !steps->over && steps->size < steps->until)
        s = is_at_join(steps) ? take_step(steps, steps->join) : ask_page(c, steps, reterr);
    if (!failed(s) && steps->size < steps->until)
        s = FAIL(ABSENT);
    return s;
}

/* There, or past it. Where the steps end before that, the gateway has lost the larger checkpoint
 * with its journal and was not told of the log again yet. Asked how it goes on from there, it asks
 * the other gateway, and the step that it then has ends where this way comes to as well. */
static struct status reach(struct comity *c, struct steps *way, struct steps *other,
                           struct comity_fault *reterr)
{
    way->until = other->size;
    struct status s = walk(c, way, reterr);
    if (s.code != CODE_ABSENT || !way->over)
        return s;
    other->until = other->size + 1; /* one step */
    s = walk(c, other, reterr);
    if (failed(s))
        return s;
    way->until = other->size;
    return walk(c, way, reterr);
}

/* The way leads past the larger checkpoint, which is none of the gateway's steps: a way from there
 * has to come to the same end. Then both are beginnings of one log, and so is the smaller one of
 * the larger. Each walk leads on, so that this has an end. */
static struct status join(struct comity *c, struct steps *way, struct steps *other,
                          struct comity_fault *reterr)
{
    struct status s = OK;
    while (!failed(s) && way->size != other->size) {
        struct steps *behind = way->size < other->size ? way : other;
        behind->until = behind == way ? other->size : way->size;
        s = walk(c, behind, reterr);
    }
    if (failed(s))
        return s;
    return digest_equal(&other->root, digest_slice(&way->root)) ? OK : REFUSE(CHECKPOINT_FORK);
}

struct status kept_logs_lead(struct comity *c, struct kept_checkpoint *kept,
                             const struct note *note, const struct steps_row *joined,
                             uint64_t until_ms, struct comity_fault *reterr)
{
    const struct steps ends[] = {
        {kept->origin, kept->size, 0, kept->root, false, until_ms, joined},
        {kept->origin, note->size, 0, note->root, false, until_ms, joined},
    };
    bool is_back = note->size < kept->size;
    struct steps way = ends[is_back], other = ends[!is_back];
    struct status s = reach(c, &way, &other, reterr);
    if (!failed(s))
        s = join(c, &way, &other, reterr);
    if (failed(s))
        return s;
    kept->size = note->size;
    kept->root = note->root;
    return OK;
}

struct status kept_logs_advance(struct comity *c, const struct note *note)
{
    struct known_checkpoint checkpoint = {note->origin, note->size, digest_slice(&note->root)};
    return record_checkpoint(c->archive, &checkpoint, note->text);
}

static void hint_evidence(const struct comity *c, struct status kept, struct comity_fault *reterr)
{
    if (failed(kept))
        fault_hint(reterr, "the archive %s cannot keep the evidence", c->context.archive);
    else
        fault_hint(reterr, "both checkpoints are kept: comity archive list --kind contradiction");
}

void kept_logs_contradict(struct comity *c, const struct note *note, struct slice id,
                          struct comity_fault *reterr)
{
    hint_evidence(c, record_contradiction(c->archive, id, note->origin, note->text), reterr);
}

void kept_logs_contradict_cosigned(struct comity *c, const struct note *cosigned,
                                   const struct note *note, struct slice id,
                                   struct comity_fault *reterr)
{
    const struct known_checkpoint checkpoint = {cosigned->origin, cosigned->size,
                                                digest_slice(&cosigned->root)};
    hint_evidence(c, record_contradicted(c->archive, id, &checkpoint, cosigned->text, note->text),
                  reterr);
}
