#include "libcomity/message.h"

#include <string.h>

#include "libcomity/reading.h"
#include "libcomity/receive.h"
#include "libcomity/uuid.h"
#include "wire/names.h"

/* One page of the inbox. *next is the cursor, in next_room; of length 0 when that was all. */
static struct status inbox_page(struct comity *c, const struct query_args *args,
                                uint8_t next_room[static NEXT_MAX_BYTES], struct slice *next,
                                inbox_visit *visit, void *owner, struct comity_fault *reterr)
{
    struct answer answer;
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : client_query(c, arena, args, &answer, reterr);
    for (size_t i = 0; !failed(s) && i < answer.rows.count; i++) {
        struct inbox_row row;
        s = inbox_row_parse(arena, answer.rows.at[i], &row);
        if (s.code == CODE_REFUSED)
            s = fault_verify(reterr, s, "%s answered with no row of an inbox", c->context.gateway);
        if (!failed(s))
            s = visit(owner, &row);
    }
    if (!failed(s)) {
        *next = slice_over(next_room, answer.next.length);
        if (answer.next.length > 0)
            memcpy(next_room, answer.next.at, answer.next.length);
    }
    arena_free(arena);
    return s;
}

struct status inbox_each(struct comity *c, struct slice thread, inbox_visit *visit, void *owner,
                         struct comity_fault *reterr)
{
    uint8_t room[NEXT_MAX_BYTES];
    struct query_args args = {.what = QUERY_INBOX, .limit = INBOX_MAX_ROWS};
    struct status s;
    if (thread.length > 0)
        args.thread = thread;
    do {
        struct slice next = {0};
        s = inbox_page(c, &args, room, &next, visit, owner, reterr);
        args.after = next;
    } while (!failed(s) && args.after.length > 0);
    return s;
}

/* Who is looked for, and who sent it. */
struct search {
    struct slice id;
    char from[PARTY_MAX_BYTES + 1];
    bool found;
};

static struct status find_row(void *owner, const struct inbox_row *row)
{
    struct search *search = owner;
    if (!search->found && slice_equal(row->key.id, search->id))
        search->found = slice_copy_text(row->key.from, search->from, sizeof search->from);
    return OK;
}

static struct status fetch(struct comity *c, struct arena *arena, struct slice id,
                           struct deliver *ret_deliver, struct comity_fault *reterr)
{
    struct answer answer;
    struct search search = {.id = id};
    struct status s = inbox_each(c, (struct slice){0}, find_row, &search, reterr);
    if (failed(s))
        return s;
    if (!search.found)
        return FAIL(ABSENT);
    struct query_args args = {
        .what = QUERY_FETCH,
        .key = {slice_text(search.from), id, client_party(c)},
    };
    if (failed(s = client_query(c, arena, &args, &answer, reterr)))
        return s;
    s = answer.rows.count == 1 ? fetch_row_parse(arena, answer.rows.at[0], ret_deliver)
                               : REFUSE(FRAME_SHAPE);
    return s.code == CODE_REFUSED
               ? fault_verify(reterr, s, "%s answered with no message", c->context.gateway)
               : s;
}

static struct status open_fetched(struct comity *c, struct arena *arena, struct slice id,
                                  const struct delivery_verified **ret_delivery,
                                  struct comity_fault *reterr)
{
    struct deliver deliver;
    const struct delivery_verified *delivery;
    struct status s = fetch(c, arena, id, &deliver, reterr);
    if (!failed(s))
        s = reading_verify(c, arena, &deliver, false, &delivery, reterr);
    if (failed(s))
        return s;
    /* what was asked for is what came: the claims say so, not the row of the inbox */
    if (!slice_equal(delivery->envelope->claims.id, id))
        return fault_verify(reterr, REFUSE(RELEASE_CLAIMS), "%s answered with another message",
                            c->context.gateway);
    if (failed(s = receive_keep(c, &deliver, delivery, 0, reterr)))
        return s;
    *ret_delivery = delivery;
    return OK;
}

static struct status open_archived(struct comity *c, struct arena *arena, struct slice id,
                                   const struct delivery_verified **ret_delivery,
                                   struct comity_fault *reterr)
{
    struct kept_message kept;
    struct deliver deliver;
    struct status s = message_load(c->archive, arena, id, &kept);
    if (failed(s))
        return s;
    if (failed(msgpack_scan(kept.row)) || failed(fetch_row_parse(arena, kept.row, &deliver)))
        return fault_set(reterr, FAIL(STORE), "the archive %s holds a message that is none",
                         c->context.archive);
    return reading_verify(c, arena, &deliver, true, ret_delivery, reterr);
}

struct status message_open(struct comity *c, struct arena *arena, struct slice id,
                           const struct delivery_verified **ret_delivery,
                           struct comity_fault *reterr)
{
    char text[UUID_TEXT_BYTES];
    struct status s = open_archived(c, arena, id, ret_delivery, reterr);
    if (s.code == CODE_ABSENT)
        s = open_fetched(c, arena, id, ret_delivery, reterr);
    if (s.code != CODE_ABSENT)
        return s;
    uuid_write(id, text);
    return fault_set(reterr, s, "there is no message %s, or it is not for %s", text,
                     c->context.party);
}
