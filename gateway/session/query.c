#include "session/query.h"

#include <string.h>

#include "session/query_parts.h"

static struct slice uuid_or_nil(struct mp_cursor *c)
{
    return mp_bytes_or_nil(c, UUID_BYTES, UUID_BYTES);
}

static uint64_t limit_read(struct mp_cursor *c)
{
    uint64_t limit = mp_uint(c, INBOX_MAX_ROWS);
    if (limit == 0)
        mp_fail(c);
    return limit;
}

/* ---- the arguments, by what is asked ---- */

static void read_inbox(struct mp_cursor *c, struct query_args *q)
{
    q->after = mp_bytes_or_nil(c, 0, NEXT_MAX_BYTES);
    q->limit = limit_read(c);
    q->thread = uuid_or_nil(c);
}

static void put_inbox(struct buffer *b, const struct query_args *q)
{
    mp_put_bytes_or_nil(b, q->after);
    mp_put_uint(b, q->limit);
    mp_put_bytes_or_nil(b, q->thread);
}

static void read_fetch(struct mp_cursor *c, struct query_args *q)
{
    q->has_key = true;
    q->key = query_key_read(c);
}

static void put_fetch(struct buffer *b, const struct query_args *q)
{
    query_key_put(b, &q->key);
}

static void read_status(struct mp_cursor *c, struct query_args *q)
{
    q->has_key = mp_peek(c) != VALUE_NIL;
    if (q->has_key)
        q->key = query_key_read(c);
    else
        mp_skip(c);
    q->after = mp_bytes_or_nil(c, 0, NEXT_MAX_BYTES);
    q->limit = limit_read(c);
}

static void put_status(struct buffer *b, const struct query_args *q)
{
    if (q->has_key)
        query_key_put(b, &q->key);
    else
        mp_put_nil(b);
    mp_put_bytes_or_nil(b, q->after);
    mp_put_uint(b, q->limit);
}

static void read_origin(struct mp_cursor *c, struct query_args *q)
{
    q->origin = mp_text(c, FRAME_MAX_BYTES);
}

static void put_origin(struct buffer *b, const struct query_args *q)
{
    mp_put_text(b, q->origin);
}

static void read_consistency(struct mp_cursor *c, struct query_args *q)
{
    read_origin(c, q);
    q->old_size = mp_uint(c, COUNT_MAX);
    q->new_size = mp_uint(c, COUNT_MAX);
    if (q->old_size > q->new_size)
        mp_fail(c);
}

static void put_consistency(struct buffer *b, const struct query_args *q)
{
    put_origin(b, q);
    mp_put_uint(b, q->old_size);
    mp_put_uint(b, q->new_size);
}

static void read_rulebook(struct mp_cursor *c, struct query_args *q)
{
    q->object = mp_text(c, FRAME_MAX_BYTES);
    q->number = mp_uint(c, COUNT_MAX);
    q->offset = mp_uint(c, COUNT_MAX);
}

static void put_rulebook(struct buffer *b, const struct query_args *q)
{
    mp_put_text(b, q->object);
    mp_put_uint(b, q->number);
    mp_put_uint(b, q->offset);
}

/* versions: all there are */
static void read_nothing(struct mp_cursor *c, struct query_args *q)
{
    (void)c, (void)q;
}

static void put_nothing(struct buffer *b, const struct query_args *q)
{
    (void)b, (void)q;
}

static void read_steps(struct mp_cursor *c, struct query_args *q)
{
    read_origin(c, q);
    q->old_size = mp_uint(c, COUNT_MAX);
    q->limit = limit_read(c);
}

static void put_steps(struct buffer *b, const struct query_args *q)
{
    put_origin(b, q);
    mp_put_uint(b, q->old_size);
    mp_put_uint(b, q->limit);
}

static void read_cose(struct mp_cursor *c, struct query_args *q)
{
    read_fetch(c, q);
    q->stage = mp_uint(c, COUNT_MAX);
}

static void put_cose(struct buffer *b, const struct query_args *q)
{
    put_fetch(b, q);
    mp_put_uint(b, q->stage);
}

static const struct {
    uint32_t elements;
    void (*read)(struct mp_cursor *, struct query_args *);
    void (*put)(struct buffer *, const struct query_args *);
} kinds[QUERY_KINDS] = {
    [QUERY_INBOX] = {3, read_inbox, put_inbox},
    [QUERY_FETCH] = {1, read_fetch, put_fetch},
    [QUERY_STATUS] = {3, read_status, put_status},
    [QUERY_CHECKPOINT] = {1, read_origin, put_origin},
    [QUERY_CONSISTENCY] = {3, read_consistency, put_consistency},
    [QUERY_RULEBOOK] = {3, read_rulebook, put_rulebook},
    [QUERY_STEPS] = {3, read_steps, put_steps},
    [QUERY_VERSIONS] = {0, read_nothing, put_nothing},
    [QUERY_COSE] = {2, read_cose, put_cose},
};

struct status query_args_parse(const struct query *query, struct query_args *ret_args)
{
    if (query->what <= QUERY_NONE || query->what >= QUERY_KINDS)
        return REFUSE(FRAME_SHAPE);
    struct query_args q;
    memset(&q, 0, sizeof q);
    q.what = query->what;
    struct mp_cursor c = mp_over(query->args);
    mp_array_of(&c, kinds[q.what].elements);
    kinds[q.what].read(&c, &q);
    struct status s = query_finish(&c);
    if (!failed(s))
        *ret_args = q;
    return s;
}

void query_args_write(struct buffer *b, const struct query_args *args)
{
    mp_put_array(b, kinds[args->what].elements);
    kinds[args->what].put(b, args);
}
