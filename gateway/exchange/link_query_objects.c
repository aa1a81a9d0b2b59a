/* QUERY 6 and 8: the rulebook as octets. */

#include "exchange/link_query.h"

#define PIECE_HEAD_BYTES   64U /* of a row, what is not octets: at most */
#define PIECE_WEIGHT       16U
#define VERSIONS_ROW_BYTES 128U

/* As much as a row of the asker's longest frame has room for. */
static size_t piece_bytes(const struct exchange_link *l)
{
    const size_t room = link_frame_room(l) - ANSWER_HEAD_BYTES - PIECE_HEAD_BYTES;
    return room < RULEBOOK_CHUNK_BYTES ? room : RULEBOOK_CHUNK_BYTES;
}

struct status answer_rulebook(struct page *page)
{
    const struct query_args *args = page->args;
    const struct object *o =
        objects_find(snapshot_objects(page->link->exchange->snapshot), args->object);
    bool full;
    if (o == NULL || (args->number != 0 && args->number != o->number) ||
        args->offset >= o->octets.length)
        return REFUSE(QUERY_UNKNOWN);
    struct status s = page_start(page, 1);
    if (failed(s))
        return s;
    struct buffer b = buffer_new(ROWS_MAX_BYTES);
    rulebook_row_write(
        &b, &(struct rulebook_row){
                .number = o->number,
                .digest = digest_slice(&o->digest),
                .octets = slice_part(o->octets, (size_t)args->offset, piece_bytes(page->link)),
                .length = o->octets.length,
            });
    page->link->turn_weight += PIECE_WEIGHT;
    return page_add(page, &b, &full);
}

/* All or nothing: there is no going on behind a last row. */
static struct status add_version(struct page *page, const struct versions_row *row)
{
    bool full = false;
    struct buffer b = buffer_new(VERSIONS_ROW_BYTES);
    versions_row_write(&b, row);
    struct status s = page_add(page, &b, &full);
    return !failed(s) && full ? REFUSE(FRAME_SIZE) : s;
}

static struct status add_object(struct page *page, const struct object *o)
{
    return add_version(page, &(struct versions_row){.name = o->name,
                                                    .number = o->number,
                                                    .digest = digest_slice(&o->digest)});
}

/* Whoever has told us what this journal may have lost is to tell it again. */
static struct status add_restored(struct page *page, uint64_t size)
{
    static const struct digest none = {0};
    return size == 0
               ? OK
               : add_version(page, &(struct versions_row){.name = slice_text(VERSIONS_RESTORED),
                                                          .number = size,
                                                          .digest = digest_slice(&none)});
}

static size_t names_before_restored(const struct objects *objects)
{
    size_t count = 0;
    while (count < objects->count &&
           slice_compare(objects->at[count].name, slice_text(VERSIONS_RESTORED)) < 0)
        count++;
    return count;
}

struct status answer_versions(struct page *page)
{
    static const struct objects none = {0};
    const struct exchange *x = page->link->exchange;
    const struct objects *objects = snapshot_objects(x->snapshot);
    uint64_t restored;
    struct status s = journal_restored(x->reader, &restored);
    objects = objects == NULL ? &none : objects;
    const size_t before = names_before_restored(objects);
    if (!failed(s))
        s = page_start(page, objects->count + 1);
    for (size_t i = 0; !failed(s) && i < before; i++)
        s = add_object(page, &objects->at[i]);
    if (!failed(s))
        s = add_restored(page, restored);
    for (size_t i = before; !failed(s) && i < objects->count; i++)
        s = add_object(page, &objects->at[i]);
    return s;
}
