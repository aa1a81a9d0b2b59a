#include "exchange/gaps.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "audit/note.h"
#include "wire/names.h"

struct gap_row {
    struct gap gap;
    char party[PARTY_MAX_BYTES + 1], gateway[PARTY_MAX_BYTES + 1];
    enum gap_state state; /* never GAP_NEW */
    uint64_t ends_ms;     /* it is forgotten */
    uint64_t due_ms;      /* while it is open: not asked for before */
    uint64_t size;        /* where it is closed: the other end of the proof */
    struct digest root, *path;
    size_t path_count;
};

struct gaps {
    atomic_size_t open;    /* rows; looked at without the mutex */
    pthread_mutex_t mutex; /* of all that follows */
    struct gap_row **rows; /* the oldest first */
    size_t count;
};

struct status gaps_new(struct gaps **ret_gaps)
{
    struct gaps *g = calloc(1, sizeof *g);
    struct gap_row **rows = calloc(GAPS_MAX, sizeof *rows);
    if (g == NULL || rows == NULL || pthread_mutex_init(&g->mutex, NULL) != 0) {
        free(rows);
        free(g);
        return FAIL(MEMORY);
    }
    g->rows = rows;
    *ret_gaps = g;
    return OK;
}

static void row_end(struct gaps *g, struct gap_row *row, enum gap_state state)
{
    g->open -= row->state == GAP_OPEN;
    row->state = state;
}

static void row_free(struct gap_row *row)
{
    free(row->path);
    free(row);
}

void gaps_free(struct gaps *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->count; i++)
        row_free(g->rows[i]);
    pthread_mutex_destroy(&g->mutex);
    free(g->rows);
    free(g);
}

static void forget_old(struct gaps *g, uint64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->count; i++) {
        if (g->rows[i]->ends_ms > now_ms) {
            g->rows[kept++] = g->rows[i];
        } else {
            row_end(g, g->rows[i], GAP_REFUSED);
            row_free(g->rows[i]);
        }
    }
    g->count = kept;
}

static struct gap_row *row_find(const struct gaps *g, struct slice origin, uint64_t old_size)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->rows[i]->gap.old_size == old_size && slice_is(origin, g->rows[i]->gap.origin))
            return g->rows[i];
    return NULL;
}

static bool has_room(const struct gaps *g, const struct gap_question *q)
{
    size_t of_log = 0, of_party = 0;
    for (size_t i = 0; i < g->count; i++) {
        bool is_same = slice_is(q->origin, g->rows[i]->gap.origin);
        of_log += is_same;
        of_party += is_same && slice_is(q->party, g->rows[i]->party);
    }
    return g->count < GAPS_MAX && of_log < GAPS_PER_LOG && of_party < GAPS_PER_PARTY;
}

static struct status row_add(struct gaps *g, const struct gap_question *q, uint64_t now_ms)
{
    if (!has_room(g, q))
        return FAIL(FULL);
    struct gap_row *row = calloc(1, sizeof *row);
    if (row == NULL)
        return FAIL(MEMORY);
    row->gap.old_size = q->old_size;
    row->ends_ms = now_ms + GAP_MS;
    if (!slice_copy_text(q->origin, row->gap.origin, sizeof row->gap.origin) ||
        !slice_copy_text(q->party, row->party, sizeof row->party) ||
        !slice_copy_text(q->gateway, row->gateway, sizeof row->gateway)) {
        row_free(row);
        return FAIL(FULL);
    }
    g->rows[g->count++] = row;
    g->open++;
    return OK;
}

static struct status step_of(const struct gap_row *row, struct arena *arena,
                             struct peer_checkpoint *ret_step)
{
    struct peer_checkpoint step = {
        .size = row->size, .root = row->root, .old_size = row->gap.old_size};
    step.path.count = row->path_count;
    step.path.at = arena_array(arena, row->path_count, sizeof *step.path.at);
    for (size_t i = 0; step.path.at != NULL && i < row->path_count; i++) {
        step.path.at[i] = arena_copy(arena, digest_slice(&row->path[i]));
        if (step.path.at[i].at == NULL)
            step.path.at = NULL;
    }
    if (step.path.at == NULL)
        return FAIL(MEMORY);
    *ret_step = step;
    return OK;
}

static struct status look(struct gaps *g, struct arena *arena, const struct gap_question *q,
                          uint64_t now_ms, enum gap_state *ret_state,
                          struct peer_checkpoint *ret_step)
{
    forget_old(g, now_ms);
    const struct gap_row *row = row_find(g, q->origin, q->old_size);
    struct status s = row == NULL                ? row_add(g, q, now_ms)
                      : row->state == GAP_CLOSED ? step_of(row, arena, ret_step)
                                                 : OK;
    if (!failed(s))
        *ret_state = row == NULL ? GAP_NEW : row->state;
    return s;
}

struct status gaps_look(struct gaps *g, struct arena *arena, const struct gap_question *q,
                        uint64_t now_ms, enum gap_state *ret_state,
                        struct peer_checkpoint *ret_step)
{
    pthread_mutex_lock(&g->mutex);
    struct status s = look(g, arena, q, now_ms, ret_state, ret_step);
    pthread_mutex_unlock(&g->mutex);
    return s;
}

bool gaps_take(struct gaps *g, struct slice gateway, uint64_t now_ms, uint64_t until_ms,
               struct gap *ret_gap, uint64_t *ret_due_ms)
{
    struct gap_row *first = NULL;
    *ret_due_ms = 0;
    if (g->open == 0)
        return false; /* as nearly always: with each message for a peer this is asked */
    pthread_mutex_lock(&g->mutex);
    forget_old(g, now_ms);
    for (size_t i = 0; i < g->count; i++) {
        struct gap_row *row = g->rows[i];
        if (row->state == GAP_OPEN && slice_is(gateway, row->gateway) &&
            (first == NULL || row->due_ms < first->due_ms))
            first = row;
    }
    bool is_due = first != NULL && first->due_ms <= now_ms;
    *ret_due_ms = first == NULL ? 0 : first->due_ms;
    if (is_due) {
        first->due_ms = until_ms;
        *ret_gap = first->gap;
    }
    pthread_mutex_unlock(&g->mutex);
    return is_due;
}

/* Its row while it is open; the mutex is locked. */
static struct gap_row *open_find(const struct gaps *g, const struct gap *gap)
{
    struct gap_row *row = row_find(g, slice_text(gap->origin), gap->old_size);
    return row != NULL && row->state == GAP_OPEN ? row : NULL;
}

void gaps_put_back(struct gaps *g, const struct gap *gap, uint64_t due_ms)
{
    pthread_mutex_lock(&g->mutex);
    struct gap_row *row = open_find(g, gap);
    if (row != NULL)
        row->due_ms = due_ms;
    pthread_mutex_unlock(&g->mutex);
}

void gaps_refuse(struct gaps *g, const struct gap *gap)
{
    pthread_mutex_lock(&g->mutex);
    struct gap_row *row = open_find(g, gap);
    if (row != NULL)
        row_end(g, row, GAP_REFUSED);
    pthread_mutex_unlock(&g->mutex);
}

static struct digest *path_copy(struct slices path)
{
    struct digest *copy = calloc(path.count + 1, sizeof *copy);
    for (size_t i = 0; copy != NULL && i < path.count; i++)
        copy[i] = digest_read(path.at[i]);
    return copy;
}

struct status gaps_close(struct gaps *g, const struct gap *gap, const struct peer_checkpoint *step)
{
    struct digest *path = path_copy(step->path);
    if (path == NULL)
        return FAIL(MEMORY);
    pthread_mutex_lock(&g->mutex);
    struct gap_row *row = open_find(g, gap);
    if (row != NULL) {
        row_end(g, row, GAP_CLOSED);
        row->size = step->size;
        row->root = step->root;
        row->path_count = step->path.count;
        row->path = path;
    }
    pthread_mutex_unlock(&g->mutex);
    if (row == NULL)
        free(path);
    return OK;
}
