/* The log's checkpoint with what its witnesses said to it. */

#include "journal/cosigned.h"
#include "audit/note.h"
#include "journal/reader.h"
#include "journal/state.h"

struct status journal_published(struct journal_reader *reader, struct arena *arena,
                                struct slice *ret_note, uint64_t *ret_size)
{
    const struct signed_tree tree = publisher_tree(reader->journal->publisher);
    if (tree.size == 0)
        return FAIL(ABSENT);
    struct slice note = arena_copy(arena, signed_note(&tree));
    if (note.at == NULL)
        return FAIL(MEMORY);
    *ret_note = note;
    *ret_size = tree.size;
    return OK;
}

struct status journal_publish_cosigned(struct journal *j, struct slice note, uint64_t size)
{
    return publisher_cosigned(j->publisher, note, size);
}

/* The State's place, a free one where it has none; NULL where there is none. With the mutex held.
 */
static struct cosigned_note *place_of(struct journal *j, struct slice state)
{
    struct cosigned_note *found = NULL;
    for (size_t i = 0; i < NOTE_MAX_SIGNATURES; i++) {
        if (slice_is(state, j->cosigned[i].state))
            return &j->cosigned[i];
        if (found == NULL && j->cosigned[i].state[0] == '\0')
            found = &j->cosigned[i];
    }
    return found;
}

/* One text for several States has one. With the mutex held. */
static uint64_t serial_of(struct journal *j, struct slice note)
{
    for (size_t i = 0; i < NOTE_MAX_SIGNATURES; i++)
        if (slice_equal(buffer_slice(&j->cosigned[i].note), note))
            return j->cosigned[i].serial;
    return ++j->cosigned_serial;
}

struct status journal_keep_cosigned(struct journal *j, struct slice state, struct slice note,
                                    uint64_t until_ms)
{
    struct buffer next = buffer_new(NOTE_MAX_BYTES);
    buffer_put(&next, note);
    struct status s = next.failed ? FAIL(MEMORY) : OK;
    pthread_mutex_lock(&j->mutex);
    struct cosigned_note *place = place_of(j, state);
    if (!failed(s) && (place == NULL || !slice_copy_text(state, place->state, sizeof place->state)))
        s = FAIL(FULL);
    if (!failed(s)) {
        struct buffer before = place->note;
        place->serial = serial_of(j, note);
        place->note = next;
        place->until_ms = until_ms;
        next = before;
    }
    pthread_mutex_unlock(&j->mutex);
    buffer_done(&next);
    return s;
}

void journal_forget_cosigned(struct journal *j)
{
    pthread_mutex_lock(&j->mutex);
    for (size_t i = 0; i < NOTE_MAX_SIGNATURES; i++) {
        buffer_done(&j->cosigned[i].note);
        j->cosigned[i] = (struct cosigned_note){.until_ms = 0};
    }
    pthread_mutex_unlock(&j->mutex);
}

struct status journal_cosigned(struct journal_reader *reader, struct arena *arena,
                               struct slice state, uint64_t now_ms, struct slice *ret_note)
{
    struct journal *j = reader->journal;
    struct slice note = {NULL, 0};
    pthread_mutex_lock(&j->mutex);
    const struct cosigned_note *place = place_of(j, state);
    const bool is_there = place != NULL && now_ms < place->until_ms;
    if (is_there)
        note = arena_copy(arena, buffer_slice(&place->note));
    pthread_mutex_unlock(&j->mutex);
    if (!is_there)
        return FAIL(ABSENT);
    if (note.at == NULL)
        return FAIL(MEMORY);
    *ret_note = note;
    return OK;
}

/* The one of the smallest serial after this; NULL where none is. With the mutex held. */
static const struct cosigned_note *place_after(const struct journal *j, uint64_t after,
                                               uint64_t now_ms)
{
    const struct cosigned_note *found = NULL;
    for (size_t i = 0; i < NOTE_MAX_SIGNATURES; i++) {
        const struct cosigned_note *place = &j->cosigned[i];
        if (place->serial > after && now_ms < place->until_ms &&
            (found == NULL || place->serial < found->serial))
            found = place;
    }
    return found;
}

struct status journal_cosigned_after(struct journal_reader *reader, struct arena *arena,
                                     uint64_t after, uint64_t now_ms, struct slice *ret_note,
                                     uint64_t *ret_serial)
{
    struct journal *j = reader->journal;
    struct slice note = {NULL, 0};
    uint64_t serial = 0;
    pthread_mutex_lock(&j->mutex);
    const struct cosigned_note *place = place_after(j, after, now_ms);
    if (place != NULL) {
        note = arena_copy(arena, buffer_slice(&place->note));
        serial = place->serial;
    }
    pthread_mutex_unlock(&j->mutex);
    if (serial == 0)
        return FAIL(ABSENT);
    if (note.at == NULL)
        return FAIL(MEMORY);
    *ret_note = note;
    *ret_serial = serial;
    return OK;
}
