#include "wire/frame.h"

#include "base/instant.h"
#include "wire/frame_kinds.h"
#include "wire/names.h"

#include <string.h>

#define CODE_ROOM 24 /* the longest code and its terminator */

/* What a reader works with; the cursor remembers the first thing that was wrong. */
struct parse {
    struct mp_cursor c;
    struct arena *arena;
};

static uint64_t count_read(struct parse *p)
{
    return mp_uint(&p->c, COUNT_MAX);
}

static struct slice digest_read(struct parse *p)
{
    return mp_bytes(&p->c, DIGEST_BYTES, DIGEST_BYTES);
}

static struct slices bytes_list_read(struct parse *p, uint32_t min_count, uint32_t max_count)
{
    struct slices list = mp_bytes_list(&p->c, p->arena, max_count, 0, FRAME_MAX_BYTES);
    if (list.count < min_count)
        mp_fail(&p->c);
    return list;
}

/* Room for a list whose count was compared with the octets left; NULL makes the cursor fail. */
static void *list_room(struct parse *p, uint32_t count, size_t size)
{
    void *at = count == 0 ? NULL : arena_array(p->arena, count, size);
    if (at == NULL && count > 0) {
        p->c.starved = true;
        mp_fail(&p->c);
    }
    return at;
}

static void ascending_or_fail(struct parse *p, struct slice before, struct slice after)
{
    if (slice_compare(before, after) >= 0)
        mp_fail(&p->c);
}

/* Codes are a closed list, so that a peer cannot put words of its own into our diagnostics. */
static void code_or_fail(struct parse *p, struct slice code)
{
    char text[CODE_ROOM];
    if (!mp_ok(&p->c) || !slice_copy_text(code, text, sizeof text) ||
        refusal_find(text) == REFUSAL_NONE)
        mp_fail(&p->c);
}

static struct object_version version_read(struct parse *p)
{
    struct object_version v = {0};
    mp_array_of(&p->c, 2);
    v.number = count_read(p);
    v.digest = digest_read(p);
    return v;
}

static void parties_read(struct parse *p, struct hello *h)
{
    uint32_t count = mp_array(&p->c, HELLO_LIST_MAX);
    h->parties = list_room(p, count, sizeof *h->parties);
    for (uint32_t i = 0; i < count && mp_ok(&p->c); i++) {
        struct object_version *v = &h->parties[i];
        mp_array_of(&p->c, 3);
        v->state = mp_text(&p->c, FRAME_MAX_BYTES);
        v->number = count_read(p);
        v->digest = digest_read(p);
        if (!name_is_state(v->state))
            mp_fail(&p->c);
        if (i > 0)
            ascending_or_fail(p, h->parties[i - 1].state, v->state);
    }
    h->parties_count = count;
}

static void checkpoints_read(struct parse *p, struct hello *h)
{
    uint32_t count = mp_array(&p->c, HELLO_LIST_MAX);
    h->checkpoints = list_room(p, count, sizeof *h->checkpoints);
    for (uint32_t i = 0; i < count && mp_ok(&p->c); i++) {
        struct known_checkpoint *k = &h->checkpoints[i];
        mp_array_of(&p->c, 3);
        k->origin = mp_text(&p->c, FRAME_MAX_BYTES);
        k->size = count_read(p);
        k->root = digest_read(p);
        if (i > 0)
            ascending_or_fail(p, h->checkpoints[i - 1].origin, k->origin);
    }
    h->checkpoints_count = count;
}

static void read_hello(struct parse *p, struct frame *f)
{
    struct hello *h = &f->as.hello;
    if (mp_uint(&p->c, FRAME_VERSION) != FRAME_VERSION)
        mp_fail(&p->c);
    h->me = mp_text(&p->c, FRAME_MAX_BYTES);
    h->peer = mp_text(&p->c, FRAME_MAX_BYTES);
    h->time_ms = mp_uint(&p->c, INSTANT_MAX);
    if (h->time_ms < INSTANT_MIN)
        mp_fail(&p->c);
    mp_array_of(&p->c, 4);
    h->max_frame = count_read(p);
    h->credits = count_read(p);
    h->part_credits = count_read(p);
    h->idle_ms = count_read(p);
    mp_array_of(&p->c, 3);
    h->law = version_read(p);
    h->states = version_read(p);
    parties_read(p, h);
    checkpoints_read(p, h);
}

static struct message_octets message_read(struct parse *p, struct slice *ret_raw)
{
    struct message_octets m = {0};
    struct slice from = p->c.r.left;
    mp_array_of(&p->c, 2);
    m.seal = mp_bytes(&p->c, 0, FRAME_MAX_BYTES);
    m.fields = bytes_list_read(p, 0, FIELDS_MAX);
    *ret_raw = slice_part(from, 0, from.length - p->c.r.left.length);
    return m;
}

static void locals_read(struct parse *p, struct submit *s)
{
    uint32_t count = mp_array(&p->c, LOCAL_MAX);
    s->locals = list_room(p, count, sizeof *s->locals);
    for (uint32_t i = 0; i < count && mp_ok(&p->c); i++) {
        mp_array_of(&p->c, 2);
        s->locals[i].path = mp_text(&p->c, FRAME_MAX_BYTES);
        s->locals[i].value = mp_value(&p->c);
    }
    s->locals_count = count;
}

static void read_submit(struct parse *p, struct frame *f)
{
    struct submit *s = &f->as.submit;
    s->message = message_read(p, &s->message_raw);
    locals_read(p, s);
    s->decoys = mp_bytes_list(&p->c, p->arena, DECOYS_MAX, DECOY_BYTES, DECOY_BYTES);
    s->approvals = bytes_list_read(p, 0, APPROVALS_MAX);
    s->flags = mp_uint(&p->c, SUBMIT_DRY_RUN);
}

static void read_receipt(struct parse *p, struct frame *f)
{
    struct receipt_frame *r = &f->as.receipt;
    r->answers = count_read(p);
    r->receipt = mp_bytes(&p->c, 0, FRAME_MAX_BYTES);
    r->report.present = mp_peek(&p->c) != VALUE_NIL;
    if (!r->report.present) {
        mp_skip(&p->c);
        return;
    }
    mp_array_of(&p->c, 3);
    r->report.released = count_read(p);
    r->report.transformed = count_read(p);
    r->report.withheld = count_read(p);
}

static void read_refuse(struct parse *p, struct frame *f)
{
    struct refuse *r = &f->as.refuse;
    r->answers = count_read(p);
    r->code = mp_text(&p->c, FRAME_MAX_BYTES);
    code_or_fail(p, r->code);
    r->detail = mp_text_or_nil(&p->c, DETAIL_MAX_BYTES);
    r->receipt = mp_bytes_or_nil(&p->c, 0, FRAME_MAX_BYTES);
    r->retry_ms = count_read(p);
}

static void read_deliver(struct parse *p, struct frame *f)
{
    struct deliver *d = &f->as.deliver;
    d->message = message_read(p, &d->message_raw);
    d->derived = bytes_list_read(p, 0, FIELDS_MAX);
    d->releases = bytes_list_read(p, 1, HOPS_MAX);
    d->receipts = bytes_list_read(p, 1, HOPS_MAX);
}

static void read_taken(struct parse *p, struct frame *f)
{
    struct taken *t = &f->as.taken;
    t->answers = count_read(p);
    mp_array_of(&p->c, 3);
    t->key.from = mp_text(&p->c, FRAME_MAX_BYTES);
    t->key.id = mp_bytes(&p->c, UUID_BYTES, UUID_BYTES);
    t->key.to = mp_text(&p->c, FRAME_MAX_BYTES);
    t->stage = mp_uint(&p->c, 4);
    if (t->stage == 1 || t->stage == 2)
        mp_fail(&p->c);
}

static enum query_what what_read(struct parse *p)
{
    uint64_t what = mp_uint(&p->c, QUERY_KINDS - 1);
    if (what == QUERY_NONE)
        mp_fail(&p->c);
    return (enum query_what)what;
}

static struct slice array_read(struct parse *p)
{
    if (mp_peek(&p->c) != VALUE_ARRAY)
        mp_fail(&p->c);
    return mp_skip(&p->c);
}

static void read_query(struct parse *p, struct frame *f)
{
    f->as.query.what = what_read(p);
    f->as.query.args = array_read(p);
}

static void read_answer(struct parse *p, struct frame *f)
{
    struct answer *a = &f->as.answer;
    a->answers = count_read(p);
    a->what = what_read(p);
    uint32_t count = mp_array(&p->c, ROWS_MAX);
    a->rows.at = list_room(p, count, sizeof *a->rows.at);
    a->rows.count = a->rows.at == NULL ? 0 : count;
    for (size_t i = 0; i < a->rows.count && mp_ok(&p->c); i++)
        a->rows.at[i] = array_read(p);
    a->next = mp_bytes_or_nil(&p->c, 0, NEXT_MAX_BYTES);
}

static void read_checkpoint(struct parse *p, struct frame *f)
{
    struct checkpoint_frame *k = &f->as.checkpoint;
    k->origin = mp_text(&p->c, FRAME_MAX_BYTES);
    k->note = mp_text(&p->c, FRAME_MAX_BYTES);
    k->old_size = count_read(p);
    k->path = mp_bytes_list(&p->c, p->arena, PROOF_MAX, DIGEST_BYTES, DIGEST_BYTES);
}

static void read_credit(struct parse *p, struct frame *f)
{
    f->as.credit.class = mp_uint(&p->c, 1);
    f->as.credit.amount = mp_uint(&p->c, CREDIT_MAX);
    if (f->as.credit.amount == 0)
        mp_fail(&p->c);
}

static void read_ping([[maybe_unused]] struct parse *p, [[maybe_unused]] struct frame *f) {}

static void read_pong(struct parse *p, struct frame *f)
{
    f->as.pong_answers = count_read(p);
}

static void read_bye(struct parse *p, struct frame *f)
{
    f->as.bye_code = mp_text_or_nil(&p->c, FRAME_MAX_BYTES);
    if (f->as.bye_code.at != NULL)
        code_or_fail(p, f->as.bye_code);
}

static const struct {
    uint32_t elements;
    void (*read)(struct parse *, struct frame *);
} kinds[FRAME_KINDS] = {
#define X(kind, noun, elements) [FRAME_##kind] = {elements, read_##noun},
    FRAME_LIST(X)
#undef X
};

struct status frame_length(struct slice in, size_t *ret_length)
{
    struct reader r = reader_over(in);
    uint32_t body = reader_u32(&r);
    if (!r.failed && (body == 0 || body > FRAME_MAX_BYTES))
        return REFUSE(FRAME_SIZE);
    bool whole = !r.failed && body <= r.left.length;
    *ret_length = whole ? FRAME_HEAD_BYTES + (size_t)body : 0;
    return OK;
}

struct status frame_parse(struct arena *a, struct slice body, struct frame *ret_frame)
{
    if (body.length == 0 || body.length > FRAME_MAX_BYTES)
        return REFUSE(FRAME_SIZE);
    struct status s = msgpack_scan(body);
    if (failed(s))
        return s;

    struct parse p = {.c = mp_over(body), .arena = a};
    struct frame f;
    memset(&f, 0, sizeof f);
    uint32_t elements = mp_array(&p.c, FRAME_MAX_BYTES);
    f.kind = (enum frame_kind)mp_uint(&p.c, FRAME_KINDS - 1);
    f.number = count_read(&p);
    if (!mp_ok(&p.c) || f.kind == FRAME_NONE || f.number == 0 || kinds[f.kind].elements != elements)
        return REFUSE(FRAME_SHAPE);
    kinds[f.kind].read(&p, &f);
    if (p.c.starved)
        return FAIL(MEMORY);
    if (!mp_end(&p.c))
        return REFUSE(FRAME_SHAPE);
    *ret_frame = f;
    return OK;
}
