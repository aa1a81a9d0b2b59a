#include "wire/frame.h"

#include "wire/frame_kinds.h"

static void put_list(struct buffer *b, struct slices list,
                     void (*put)(struct buffer *, struct slice))
{
    mp_put_array(b, list.count);
    for (size_t i = 0; i < list.count; i++)
        put(b, list.at[i]);
}

static void put_version(struct buffer *b, const struct object_version *v)
{
    mp_put_array(b, 2);
    mp_put_uint(b, v->number);
    mp_put_bytes(b, v->digest);
}

static void put_parties(struct buffer *b, const struct hello *h)
{
    mp_put_array(b, h->parties_count);
    for (size_t i = 0; i < h->parties_count; i++) {
        mp_put_array(b, 3);
        mp_put_text(b, h->parties[i].state);
        mp_put_uint(b, h->parties[i].number);
        mp_put_bytes(b, h->parties[i].digest);
    }
}

static void put_checkpoints(struct buffer *b, const struct hello *h)
{
    mp_put_array(b, h->checkpoints_count);
    for (size_t i = 0; i < h->checkpoints_count; i++) {
        mp_put_array(b, 3);
        mp_put_text(b, h->checkpoints[i].origin);
        mp_put_uint(b, h->checkpoints[i].size);
        mp_put_bytes(b, h->checkpoints[i].root);
    }
}

static void write_hello(struct buffer *b, const struct frame *f)
{
    const struct hello *h = &f->as.hello;
    mp_put_uint(b, FRAME_VERSION);
    mp_put_text(b, h->me);
    mp_put_text(b, h->peer);
    mp_put_uint(b, h->time_ms);
    mp_put_array(b, 4);
    mp_put_uint(b, h->max_frame);
    mp_put_uint(b, h->credits);
    mp_put_uint(b, h->part_credits);
    mp_put_uint(b, h->idle_ms);
    mp_put_array(b, 3);
    put_version(b, &h->law);
    put_version(b, &h->states);
    put_parties(b, h);
    put_checkpoints(b, h);
}

static void put_message(struct buffer *b, const struct message_octets *m)
{
    mp_put_array(b, 2);
    mp_put_bytes(b, m->seal);
    put_list(b, m->fields, mp_put_bytes);
}

static void write_submit(struct buffer *b, const struct frame *f)
{
    const struct submit *s = &f->as.submit;
    put_message(b, &s->message);
    mp_put_array(b, s->locals_count);
    for (size_t i = 0; i < s->locals_count; i++) {
        mp_put_array(b, 2);
        mp_put_text(b, s->locals[i].path);
        mp_put_raw(b, s->locals[i].value.raw);
    }
    put_list(b, s->decoys, mp_put_bytes);
    put_list(b, s->approvals, mp_put_bytes);
    mp_put_uint(b, s->flags);
}

static void write_receipt(struct buffer *b, const struct frame *f)
{
    const struct receipt_frame *r = &f->as.receipt;
    mp_put_uint(b, r->answers);
    mp_put_bytes(b, r->receipt);
    if (!r->report.present) {
        mp_put_nil(b);
        return;
    }
    mp_put_array(b, 3);
    mp_put_uint(b, r->report.released);
    mp_put_uint(b, r->report.transformed);
    mp_put_uint(b, r->report.withheld);
}

static void write_refuse(struct buffer *b, const struct frame *f)
{
    const struct refuse *r = &f->as.refuse;
    mp_put_uint(b, r->answers);
    mp_put_text(b, r->code);
    mp_put_text_or_nil(b, r->detail);
    mp_put_bytes_or_nil(b, r->receipt);
    mp_put_uint(b, r->retry_ms);
}

static void write_deliver(struct buffer *b, const struct frame *f)
{
    const struct deliver *d = &f->as.deliver;
    put_message(b, &d->message);
    put_list(b, d->derived, mp_put_bytes);
    put_list(b, d->releases, mp_put_bytes);
    put_list(b, d->receipts, mp_put_bytes);
}

static void write_taken(struct buffer *b, const struct frame *f)
{
    const struct taken *t = &f->as.taken;
    mp_put_uint(b, t->answers);
    mp_put_array(b, 3);
    mp_put_text(b, t->key.from);
    mp_put_bytes(b, t->key.id);
    mp_put_text(b, t->key.to);
    mp_put_uint(b, t->stage);
}

static void write_query(struct buffer *b, const struct frame *f)
{
    mp_put_uint(b, f->as.query.what);
    mp_put_raw(b, f->as.query.args);
}

static void write_answer(struct buffer *b, const struct frame *f)
{
    const struct answer *a = &f->as.answer;
    mp_put_uint(b, a->answers);
    mp_put_uint(b, a->what);
    put_list(b, a->rows, mp_put_raw);
    mp_put_bytes_or_nil(b, a->next);
}

static void write_checkpoint(struct buffer *b, const struct frame *f)
{
    const struct checkpoint_frame *k = &f->as.checkpoint;
    mp_put_text(b, k->origin);
    mp_put_text(b, k->note);
    mp_put_uint(b, k->old_size);
    put_list(b, k->path, mp_put_bytes);
}

static void write_credit(struct buffer *b, const struct frame *f)
{
    mp_put_uint(b, f->as.credit.class);
    mp_put_uint(b, f->as.credit.amount);
}

static void write_ping([[maybe_unused]] struct buffer *b, [[maybe_unused]] const struct frame *f) {}

static void write_pong(struct buffer *b, const struct frame *f)
{
    mp_put_uint(b, f->as.pong_answers);
}

static void write_bye(struct buffer *b, const struct frame *f)
{
    mp_put_text_or_nil(b, f->as.bye_code);
}

static const struct {
    const char *name;
    size_t elements;
    void (*write)(struct buffer *, const struct frame *);
} kinds[FRAME_KINDS] = {[FRAME_NONE] = {.name = "NONE"},
#define X(kind, noun, elements) [FRAME_##kind] = {#kind, elements, write_##noun},
                        FRAME_LIST(X)
#undef X
};

/* The length is known only behind the body, so its place is filled in at the end. */
static void fill_length(struct buffer *b, size_t start)
{
    size_t body = b->length - start - FRAME_HEAD_BYTES;
    if (b->failed || body > FRAME_MAX_BYTES) {
        b->failed = true;
        return;
    }
    for (unsigned i = 0; i < FRAME_HEAD_BYTES; i++)
        b->at[start + i] = (uint8_t)(body >> (24 - 8 * i));
}

void frame_write(struct buffer *b, const struct frame *f)
{
    size_t start = b->length;
    if (f->kind == FRAME_NONE || f->kind >= FRAME_KINDS) {
        b->failed = true;
        return;
    }
    buffer_u32(b, 0);
    mp_put_array(b, kinds[f->kind].elements);
    mp_put_uint(b, f->kind);
    mp_put_uint(b, f->number);
    kinds[f->kind].write(b, f);
    fill_length(b, start);
}

const char *frame_kind_name(enum frame_kind kind)
{
    return kinds[kind].name;
}
