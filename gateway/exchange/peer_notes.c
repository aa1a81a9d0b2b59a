#include "exchange/peer_notes.h"

#include <pthread.h>
#include <stdlib.h>

#include "audit/cosigned.h"
#include "base/instant.h"

#define NOTE_ARENA_BYTES (64U << 10)

struct note_row {
    char state[3];
    struct arena *arena; /* of the note */
    struct peer_note note;
};

struct peer_notes {
    pthread_mutex_t mutex; /* of all that follows */
    struct note_row *rows;
    size_t count;
};

struct status peer_notes_new(struct peer_notes **ret_notes)
{
    struct peer_notes *n = calloc(1, sizeof *n);
    if (n == NULL || pthread_mutex_init(&n->mutex, NULL) != 0) {
        free(n);
        return FAIL(MEMORY);
    }
    *ret_notes = n;
    return OK;
}

void peer_notes_free(struct peer_notes *n)
{
    if (n == NULL)
        return;
    for (size_t i = 0; i < n->count; i++)
        arena_free(n->rows[i].arena);
    pthread_mutex_destroy(&n->mutex);
    free(n->rows);
    free(n);
}

struct status peer_checkpoint_copy(struct arena *arena, const struct peer_checkpoint *step,
                                   struct peer_checkpoint *ret_copy)
{
    struct peer_checkpoint copy = *step;
    copy.origin = arena_copy(arena, step->origin);
    copy.note = arena_copy(arena, step->note);
    copy.path.at = arena_array(arena, step->path.count, sizeof *copy.path.at);
    bool fits = copy.origin.at != NULL && copy.note.at != NULL && copy.path.at != NULL;
    for (size_t i = 0; fits && i < step->path.count; i++) {
        copy.path.at[i] = arena_copy(arena, step->path.at[i]);
        fits = copy.path.at[i].at != NULL;
    }
    if (!fits)
        return FAIL(MEMORY);
    *ret_copy = copy;
    return OK;
}

static struct note_row *row_find(const struct peer_notes *n, struct slice origin,
                                 struct slice state)
{
    for (size_t i = 0; i < n->count; i++)
        if (slice_is(state, n->rows[i].state) && slice_equal(n->rows[i].note.at.origin, origin))
            return &n->rows[i];
    return NULL;
}

static bool is_fresh(const struct peer_note *note, uint64_t now_ms)
{
    return now_ms < (note->since_s + COSIGNED_FRESH_S) * MS_PER_SECOND;
}

static struct status row_add(struct peer_notes *n, struct slice state, struct note_row **ret_row)
{
    if (n->count == PEER_NOTES_MAX)
        return FAIL(FULL);
    struct note_row *rows = realloc(n->rows, (n->count + 1) * sizeof *rows);
    if (rows == NULL)
        return FAIL(MEMORY);
    n->rows = rows;
    rows[n->count] = (struct note_row){.arena = NULL};
    if (!slice_copy_text(state, rows[n->count].state, sizeof rows->state))
        return FAIL(FULL);
    *ret_row = &rows[n->count++];
    return OK;
}

/* Takes the arena over, which is what is left to be freed afterwards. */
static struct status keep(struct peer_notes *n, struct slice state, const struct peer_note *note,
                          uint64_t now_ms, struct arena **arena)
{
    struct note_row *row = row_find(n, note->at.origin, state);
    if (row != NULL && note->at.size < row->note.at.size && is_fresh(&row->note, now_ms))
        return OK;
    struct status s = row == NULL ? row_add(n, state, &row) : OK;
    if (failed(s))
        return s;
    struct arena *before = row->arena;
    row->arena = *arena;
    row->note = *note;
    *arena = before;
    return OK;
}

struct status peer_notes_keep(struct peer_notes *n, struct slice state,
                              const struct peer_note *note, uint64_t now_ms)
{
    struct peer_note copy = *note;
    struct arena *arena = arena_new(NOTE_ARENA_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY) : peer_checkpoint_copy(arena, &note->at, &copy.at);
    if (!failed(s)) {
        pthread_mutex_lock(&n->mutex);
        s = keep(n, state, &copy, now_ms, &arena);
        pthread_mutex_unlock(&n->mutex);
    }
    arena_free(arena);
    return s;
}

struct status peer_notes_find(struct peer_notes *n, struct arena *arena, struct slice origin,
                              struct slice state, uint64_t now_ms, struct peer_note *ret_note)
{
    struct peer_note note = {.since_s = 0};
    struct status s = FAIL(ABSENT);
    pthread_mutex_lock(&n->mutex);
    const struct note_row *row = row_find(n, origin, state);
    if (row != NULL && is_fresh(&row->note, now_ms)) {
        note = row->note;
        s = peer_checkpoint_copy(arena, &row->note.at, &note.at);
    }
    pthread_mutex_unlock(&n->mutex);
    if (!failed(s))
        *ret_note = note;
    return s;
}

bool peer_notes_at(struct peer_notes *n, struct slice origin, size_t index,
                   struct peer_note_view *ret_view)
{
    bool found = false;
    pthread_mutex_lock(&n->mutex);
    for (size_t i = 0; i < n->count && !found; i++) {
        const struct note_row *row = &n->rows[i];
        found = slice_equal(row->note.at.origin, origin) && index-- == 0;
        if (found) {
            *ret_view =
                (struct peer_note_view){.size = row->note.at.size, .since_s = row->note.since_s};
            (void)slice_copy_text(slice_text(row->state), ret_view->state, sizeof ret_view->state);
        }
    }
    pthread_mutex_unlock(&n->mutex);
    return found;
}
