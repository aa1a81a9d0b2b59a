#include <stdlib.h>

#include "libcomity/record_parts.h"

/* The checkpoint lives in the record. */
struct status checkpoint_parse(struct slice record, struct known_checkpoint *ret_checkpoint)
{
    struct mp_cursor c;
    struct known_checkpoint k;
    if (!record_open(record, 3, &c))
        return FAIL(STORE);
    k.origin = mp_text(&c, ARCHIVE_RECORD_MAX);
    k.size = mp_uint(&c, COUNT_MAX);
    k.root = mp_bytes(&c, DIGEST_BYTES, DIGEST_BYTES);
    struct status s = record_end(&c);
    if (!failed(s))
        *ret_checkpoint = k;
    return s;
}

/* What is kept by now, which may be another process's. */
static struct status compare_kept(struct archive *archive,
                                  const struct known_checkpoint *checkpoint, bool *ret_newer)
{
    struct known_checkpoint kept;
    struct buffer b = buffer_new(1024);
    struct status s = archive_get(archive, ARCHIVE_CHECKPOINT, checkpoint->origin, &b);
    bool absent = s.code == CODE_ABSENT;
    if (!failed(s))
        s = checkpoint_parse(buffer_slice(&b), &kept);
    if (!failed(s) && kept.size == checkpoint->size && !slice_equal(kept.root, checkpoint->root))
        s = FAIL(FORK);
    if (!failed(s) || absent)
        *ret_newer = absent || kept.size < checkpoint->size;
    buffer_done(&b);
    return absent ? OK : s;
}

struct status record_checkpoint(struct archive *archive, const struct known_checkpoint *checkpoint)
{
    bool newer;
    struct status s = compare_kept(archive, checkpoint, &newer);
    if (failed(s) || !newer)
        return s;
    struct buffer b = buffer_new(1024);
    mp_put_array(&b, 3);
    mp_put_text(&b, checkpoint->origin);
    mp_put_uint(&b, checkpoint->size);
    mp_put_bytes(&b, checkpoint->root);
    return record_put(archive, ARCHIVE_CHECKPOINT, checkpoint->origin, &b);
}

struct listing {
    struct arena *arena;
    struct known_checkpoint *at;
    size_t count;
};

static struct status list_checkpoint(void *owner, struct slice octets)
{
    struct listing *l = owner;
    struct slice record = arena_copy(l->arena, octets);
    if (record.at == NULL)
        return FAIL(MEMORY);
    return l->count == HELLO_LIST_MAX ? FAIL(STORE) : checkpoint_parse(record, &l->at[l->count++]);
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
    struct listing l = {arena, arena_array(arena, HELLO_LIST_MAX, sizeof *l.at), 0};
    if (l.at == NULL)
        return FAIL(MEMORY);
    struct status s = archive_each(archive, ARCHIVE_CHECKPOINT, list_checkpoint, &l, unsound);
    if (failed(s))
        return s;
    qsort(l.at, l.count, sizeof *l.at, by_origin);
    *ret_checkpoints = l.at;
    *ret_count = l.count;
    return OK;
}
