#include "message/release.h"

#include "base/file.h"
#include "message/shape.h"

#include <stdlib.h>
#include <string.h>

#define VERSION 1

static void put_rulebook(struct buffer *out, const struct rulebook_version *r)
{
    cbor_put_array(out, 5);
    cbor_put_uint(out, r->law);
    cbor_put_uint(out, r->states);
    cbor_put_uint(out, r->parties_from);
    cbor_put_uint(out, r->parties_to);
    cbor_put_bytes(out, digest_slice(&r->digest));
}

static void put_withheld(struct buffer *out, const struct release *r)
{
    cbor_put_array(out, r->withheld_count);
    for (size_t i = 0; i < r->withheld_count; i++) {
        cbor_put_array(out, 2);
        cbor_put_text(out, r->withheld[i].path);
        cbor_put_text(out, r->withheld[i].code);
    }
}

static void put_route(struct buffer *out, const struct release *r)
{
    cbor_put_uint(out, 1);
    cbor_put_uint(out, VERSION);
    cbor_put_uint(out, 2);
    cbor_put_uint(out, r->hop);
    cbor_put_uint(out, 3);
    cbor_put_text(out, r->gateway);
    cbor_put_uint(out, 4);
    cbor_put_bytes(out, r->id);
    cbor_put_uint(out, 5);
    cbor_put_bytes(out, r->thread);
    cbor_put_uint(out, 6);
    cbor_put_text(out, r->from);
    cbor_put_uint(out, 7);
    cbor_put_text(out, r->to);
    cbor_put_uint(out, 8);
    cbor_put_text(out, r->purpose);
    cbor_put_uint(out, 9);
    cbor_put_bytes(out, r->seal_digest);
}

static void put_decision(struct buffer *out, const struct release *r)
{
    cbor_put_uint(out, 10);
    put_rulebook(out, &r->rulebook);
    cbor_put_uint(out, 11);
    shape_put_hashes(out, r->digests);
    cbor_put_uint(out, 12);
    put_withheld(out, r);
    cbor_put_uint(out, 13);
    shape_put_texts(out, r->obligations);
    cbor_put_uint(out, 14);
    cbor_put_uint(out, r->time_ms);
    cbor_put_uint(out, 15);
    cbor_put_uint(out, r->number);
}

static void put_previous(struct buffer *out, const struct release *r)
{
    cbor_put_uint(out, 16);
    cbor_put_array(out, 3);
    cbor_put_bytes(out, r->previous_leaf);
    cbor_put_uint(out, r->previous_size);
    cbor_put_bytes(out, r->previous_root);
}

void release_write(struct buffer *out, const struct release *release)
{
    bool second_hop = release->previous_leaf.at != NULL;
    cbor_put_map(out, second_hop ? 16 : 15);
    put_route(out, release);
    put_decision(out, release);
    if (second_hop)
        put_previous(out, release);
}

static int digest_order(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct digest));
}

struct status release_digests(struct arena *arena, const struct digest *own, size_t own_count,
                              struct slice fillers, size_t count, struct slices *ret_digests)
{
    struct digest *all = arena_array(arena, count, sizeof *all);
    struct slices list = {arena_array(arena, count, sizeof *list.at), count};
    if (all == NULL || list.at == NULL)
        return FAIL(MEMORY);
    if (own_count > 0)
        memcpy(all, own, own_count * sizeof *all);
    if (count > own_count)
        memcpy(all + own_count, fillers.at, (count - own_count) * sizeof *all);
    qsort(all, count, sizeof *all, digest_order);
    for (size_t i = 0; i < count; i++)
        list.at[i] = digest_slice(&all[i]);
    *ret_digests = list;
    return OK;
}

struct digest object_digest(const struct text_files *files, const char *folder)
{
    struct slice prefix = slice_text(folder);
    struct buffer octets = buffer_new(SIZE_MAX), rows = buffer_new(SIZE_MAX);
    uint64_t count = 0;
    for (size_t i = 0; i < files->count; i++) {
        const struct text_file *file = &files->at[i];
        if (!slice_begins(file->path, prefix))
            continue;
        struct digest content = digest_plain(file->text);
        cbor_put_array(&rows, 2);
        cbor_put_text(&rows, slice_part(file->path, prefix.length, SIZE_MAX));
        cbor_put_bytes(&rows, digest_slice(&content));
        count++;
    }
    cbor_put_array(&octets, count);
    buffer_put(&octets, buffer_slice(&rows));
    struct digest digest = {0};
    if (!octets.failed && !rows.failed)
        digest = digest_of(SEPARATION_OBJECT, buffer_slice(&octets));
    buffer_done(&rows);
    buffer_done(&octets);
    return digest;
}
