#include "support/letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/pki.h"
#include "support/world.h"
#include "support/world_parts.h"

#define LETTER_ARENA ((size_t)16 << 20)
#define VALUE_BYTES  ((size_t)64 << 10)

struct letter *letter_draft(const struct letter_question *q)
{
    struct comity_fault fault = {0};
    struct letter *l = calloc(1, sizeof *l);
    world_need(l != NULL && (l->arena = arena_new(LETTER_ARENA)) != NULL, "memory");
    const struct compose_question question = {
        .schema = q->rulebook->schema,
        .document = slice_text(q->document),
        .from = slice_text(q->from),
        .to = slice_text(q->to),
        .now_ms = q->now_ms,
    };
    if (failed(compose(l->arena, &question, &l->draft, &fault))) {
        fprintf(stderr, "compose: %s %s\n", fault.code, fault.message);
        world_need(false, "a document that cannot be composed");
    }
    return l;
}

/* The octets of the whole message element, as a frame will carry them. */
static struct slice message_raw(struct arena *arena, const struct message_octets *m)
{
    struct buffer b = buffer_new(FRAME_MAX_BYTES);
    mp_put_array(&b, 2);
    mp_put_bytes(&b, m->seal);
    mp_put_array(&b, m->fields.count);
    for (size_t i = 0; i < m->fields.count; i++)
        mp_put_bytes(&b, m->fields.at[i]);
    struct slice raw = arena_copy(arena, buffer_slice(&b));
    world_need(!b.failed && raw.at != NULL, "memory");
    buffer_done(&b);
    return raw;
}

void letter_seal(struct letter *l, const char *sealed_by)
{
    struct comity_fault fault = {0};
    const struct sealing *sealing = pki_sealing(sealed_by);
    const struct sealer sealer = {.key = sealing->key, .certificate = sealing->certificate};
    if (failed(seal_draft(l->arena, &l->draft, &sealer, &l->submit, &fault))) {
        fprintf(stderr, "seal: %s %s\n", fault.code, fault.message);
        world_need(false, "a draft that cannot be sealed");
    }
    l->submit.message_raw = message_raw(l->arena, &l->submit.message);
    const struct claims *c = &l->draft.claims;
    l->key = (struct message_key){c->from, c->id, c->to};
}

struct letter *letter_new(const struct letter_question *q)
{
    struct letter *l = letter_draft(q);
    letter_seal(l, q->sealed_by == NULL ? q->from : q->sealed_by);
    return l;
}

static struct value text_value(struct arena *arena, const char *text)
{
    struct buffer b = buffer_new(VALUE_BYTES);
    mp_put_text(&b, slice_text(text));
    struct slice raw = arena_copy(arena, buffer_slice(&b));
    world_need(!b.failed && raw.at != NULL, "memory");
    buffer_done(&b);
    return value_read(raw);
}

void letter_put_text(struct letter *l, const char *path, const char *text)
{
    struct draft *d = &l->draft;
    struct leaf added = {slice_text(path), text_value(l->arena, text)};
    struct leaf *fields = arena_array(l->arena, d->field_count + 1, sizeof *fields);
    world_need(fields != NULL, "memory");
    size_t count = 0, at = 0;
    for (; at < d->field_count && slice_compare(d->fields[at].path, added.path) < 0; at++)
        fields[count++] = d->fields[at];
    fields[count++] = added;
    if (at < d->field_count && slice_equal(d->fields[at].path, added.path))
        at++;
    for (; at < d->field_count; at++)
        fields[count++] = d->fields[at];
    d->fields = fields;
    d->field_count = count;
}

static bool is_at_or_below(struct slice path, const char *above)
{
    struct slice a = slice_text(above);
    return slice_begins(path, a) && (path.length == a.length || path.at[a.length] == '/');
}

void letter_drop(struct letter *l, const char *path)
{
    struct draft *d = &l->draft;
    size_t kept = 0;
    for (size_t i = 0; i < d->field_count; i++)
        if (!is_at_or_below(d->fields[i].path, path))
            d->fields[kept++] = d->fields[i];
    world_need(kept < d->field_count, path);
    d->field_count = kept;
}

void letter_drop_local(struct letter *l, const char *member)
{
    struct submit *s = &l->submit;
    size_t kept = 0;
    for (size_t i = 0; i < s->locals_count; i++) {
        struct slice path = s->locals[i].path;
        size_t person = slice_find(path, '/') + 1;
        size_t below = person + slice_find(slice_part(path, person, SIZE_MAX), '/') + 1;
        if (!is_at_or_below(slice_part(path, below, SIZE_MAX), member))
            s->locals[kept++] = s->locals[i];
    }
    world_need(kept < s->locals_count, member);
    s->locals_count = kept;
}

bool letter_holds(const struct letter *l, const char *text)
{
    return slice_holds(l->submit.message_raw, slice_text(text));
}

void letter_free(struct letter *l)
{
    if (l == NULL)
        return;
    arena_free(l->arena);
    free(l);
}
