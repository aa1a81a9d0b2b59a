#include <stdlib.h>
#include <string.h>

#include "audit/note.h"
#include "libcomity/record_parts.h"

#define CHECKPOINT_ROOM                                                                            \
    (NOTE_MAX_BYTES + 1024) /* octets of a record: the note, and what it says                      \
                             */

#define LISTED_FIRST 64

#define ELEMENTS        4
#define ELEMENTS_BEFORE 3 /* of records from when no note was kept */

/* The checkpoint lives in the record. */
struct status checkpoint_parse(struct slice record, struct kept_note *ret_checkpoint)
{
    struct mp_cursor c;
    struct kept_note k = {0};
    bool plain = record_open(record, ELEMENTS_BEFORE, &c) && mp_ok(&c);
    if (!plain && !record_open(record, ELEMENTS, &c))
        return FAIL(STORE);
    k.checkpoint.origin = mp_text(&c, ARCHIVE_RECORD_MAX);
    k.checkpoint.size = mp_uint(&c, COUNT_MAX);
    k.checkpoint.root = mp_bytes(&c, DIGEST_BYTES, DIGEST_BYTES);
    if (!plain)
        k.note = mp_text(&c, NOTE_MAX_BYTES);
    struct status s = record_end(&c);
    if (!failed(s))
        *ret_checkpoint = k;
    return s;
}

/* What is kept by now, which may be another process's. ABSENT, FORK */
static struct status compare_kept(struct archive *archive,
                                  const struct known_checkpoint *checkpoint, uint64_t *ret_size)
{
    struct kept_note note;
    const struct known_checkpoint *kept = &note.checkpoint;
    struct buffer b = buffer_new(CHECKPOINT_ROOM);
    struct status s = archive_get(archive, ARCHIVE_CHECKPOINT, checkpoint->origin, &b);
    if (!failed(s))
        s = checkpoint_parse(buffer_slice(&b), &note);
    if (!failed(s) && kept->size == checkpoint->size && !slice_equal(kept->root, checkpoint->root))
        s = FAIL(FORK);
    if (!failed(s))
        *ret_size = kept->size;
    buffer_done(&b);
    return s;
}

bool record_has_checkpoint(struct archive *archive, const struct known_checkpoint *checkpoint)
{
    uint64_t size;
    return !failed(compare_kept(archive, checkpoint, &size)) && size == checkpoint->size;
}

static void put_checkpoint(struct buffer *b, const struct known_checkpoint *checkpoint,
                           struct slice note)
{
    mp_put_array(b, ELEMENTS);
    mp_put_text(b, checkpoint->origin);
    mp_put_uint(b, checkpoint->size);
    mp_put_bytes(b, checkpoint->root);
    mp_put_text(b, note);
}

struct status record_checkpoint(struct archive *archive, const struct known_checkpoint *checkpoint,
                                struct slice note)
{
    uint64_t size;
    struct status s = compare_kept(archive, checkpoint, &size);
    if (s.code != CODE_ABSENT && (failed(s) || size >= checkpoint->size))
        return s;
    struct buffer b = buffer_new(CHECKPOINT_ROOM);
    put_checkpoint(&b, checkpoint, note);
    return record_put(archive, ARCHIVE_CHECKPOINT, checkpoint->origin, &b);
}

/* Of one message, or of all that was told of a log without one, the first evidence stays: it is
 * enough, and nobody can make us replace it, or keep more and more. */
static struct status put_first(struct archive *archive, struct slice name, struct buffer *record)
{
    struct buffer there = buffer_new(2UL * CHECKPOINT_ROOM);
    struct contradiction ignored;
    struct status s = archive_get(archive, ARCHIVE_CONTRADICTION, name, &there);
    if (!failed(s))
        s = contradiction_parse(buffer_slice(&there), &ignored);
    buffer_done(&there);
    return failed(s) ? record_put(archive, ARCHIVE_CONTRADICTION, name, record) : OK;
}

/* Frees what is kept of the log. */
static struct status put_contradiction(struct archive *archive, struct slice id,
                                       struct slice origin, struct buffer *kept, struct slice note)
{
    struct buffer b = buffer_new(2UL * CHECKPOINT_ROOM);
    struct buffer name = buffer_new(UUID_BYTES + ORIGIN_MAX_BYTES);
    buffer_put(&name, id);
    buffer_put(&name, origin);
    mp_put_array(&b, 3);
    mp_put_bytes(&b, id);
    mp_put_bytes(&b, buffer_slice(kept));
    mp_put_text(&b, note);
    struct status s =
        name.failed || kept->failed ? FAIL(MEMORY) : put_first(archive, buffer_slice(&name), &b);
    buffer_done(&name);
    buffer_done(kept);
    buffer_done(&b);
    return s;
}

struct status record_contradiction(struct archive *archive, struct slice id, struct slice origin,
                                   struct slice note)
{
    struct buffer kept = buffer_new(CHECKPOINT_ROOM);
    struct status s = archive_get(archive, ARCHIVE_CHECKPOINT, origin, &kept);
    if (!failed(s))
        return put_contradiction(archive, id, origin, &kept, note);
    buffer_done(&kept);
    return s;
}

struct status record_contradicted(struct archive *archive, struct slice id,
                                  const struct known_checkpoint *cosigned,
                                  struct slice cosigned_note, struct slice note)
{
    struct buffer kept = buffer_new(CHECKPOINT_ROOM);
    put_checkpoint(&kept, cosigned, cosigned_note);
    return put_contradiction(archive, id, cosigned->origin, &kept, note);
}

struct status contradiction_parse(struct slice record, struct contradiction *ret_contradiction)
{
    struct mp_cursor c;
    struct contradiction k = {0};
    if (!record_open(record, 3, &c))
        return FAIL(STORE);
    k.id = mp_bytes(&c, UUID_BYTES, UUID_BYTES);
    struct slice kept = mp_bytes(&c, 0, ARCHIVE_RECORD_MAX);
    k.note = mp_text(&c, NOTE_MAX_BYTES);
    struct status s = record_end(&c);
    if (!failed(s))
        s = checkpoint_parse(kept, &k.kept);
    if (!failed(s))
        *ret_contradiction = k;
    return s;
}

struct listing {
    struct arena *arena;
    struct known_checkpoint *at;
    size_t count, room;
};

static struct status make_room(struct listing *l)
{
    if (l->count < l->room)
        return OK;
    if (l->count == CHECKPOINTS_MAX)
        return FAIL(FULL);
    const size_t room = l->room == 0 ? LISTED_FIRST : 2 * l->room;
    struct known_checkpoint *at = arena_array(l->arena, room, sizeof *at);
    if (at == NULL)
        return FAIL(MEMORY);
    if (l->count > 0)
        memcpy(at, l->at, l->count * sizeof *at);
    l->at = at;
    l->room = room;
    return OK;
}

/* The note stays in the archive. */
static struct status list_checkpoint(void *owner, struct slice octets)
{
    struct listing *l = owner;
    struct kept_note kept;
    struct status s = checkpoint_parse(octets, &kept);
    if (!failed(s))
        s = make_room(l);
    if (failed(s))
        return s;
    struct known_checkpoint *known = &l->at[l->count++];
    known->origin = arena_copy(l->arena, kept.checkpoint.origin);
    known->size = kept.checkpoint.size;
    known->root = arena_copy(l->arena, kept.checkpoint.root);
    return known->origin.at == NULL || known->root.at == NULL ? FAIL(MEMORY) : OK;
}

static int by_origin(const void *a, const void *b)
{
    return slice_compare(((const struct known_checkpoint *)a)->origin,
                         ((const struct known_checkpoint *)b)->origin);
}

struct status checkpoints_load(struct archive *archive, struct arena *arena,
                               struct known_checkpoint **ret_checkpoints, size_t *ret_count,
                               size_t *unsound)
{
    struct listing l = {.arena = arena};
    struct status s = make_room(&l);
    if (!failed(s))
        s = archive_each(archive, ARCHIVE_CHECKPOINT, list_checkpoint, &l, unsound);
    if (failed(s))
        return s;
    qsort(l.at, l.count, sizeof *l.at, by_origin);
    *ret_checkpoints = l.at;
    *ret_count = l.count;
    return OK;
}
