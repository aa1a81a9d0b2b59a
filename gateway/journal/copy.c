#include "journal/item.h"

#include <string.h>

/* A sticky copier: after the first failure nothing is copied and one question suffices. */
struct copier {
    struct arena *arena;
    bool failed;
};

/* An address of NULL means "absent" in many records and is kept. */
static void copy_slice(struct copier *c, struct slice *slice)
{
    if (slice->at == NULL || c->failed)
        return;
    *slice = arena_copy(c->arena, *slice);
    c->failed = slice->at == NULL;
}

static void *copy_array(struct copier *c, const void *at, size_t count, size_t size)
{
    if (count == 0 || c->failed)
        return NULL;
    void *copy = arena_array(c->arena, count, size);
    if (copy == NULL)
        c->failed = true;
    else
        memcpy(copy, at, count * size);
    return copy;
}

static void copy_slices(struct copier *c, struct slices *list)
{
    list->at = copy_array(c, list->at, list->count, sizeof *list->at);
    for (size_t i = 0; list->at != NULL && i < list->count; i++)
        copy_slice(c, &list->at[i]);
}

static void copy_all(struct copier *c, struct slice *const *slices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        copy_slice(c, slices[i]);
}

static void copy_outer(struct copier *c, struct outer *o)
{
    struct slice *const slices[] = {
        &o->gateway, &o->id,   &o->from,    &o->to,       &o->type,
        &o->purpose, &o->seal, &o->release, &o->rulebook, &o->code,
    };
    copy_all(c, slices, sizeof slices / sizeof slices[0]);
}

static void copy_fields(struct copier *c, struct inner *inner)
{
    struct inner_field *fields =
        copy_array(c, inner->fields, inner->field_count, sizeof *inner->fields);
    for (size_t i = 0; fields != NULL && i < inner->field_count; i++) {
        struct inner_field *f = &fields[i];
        struct slice *const slices[] = {&f->path, &f->category, &f->level, &f->rule, &f->basis};
        copy_all(c, slices, sizeof slices / sizeof slices[0]);
    }
    inner->fields = fields;
    struct inner_count *silent =
        copy_array(c, inner->silent, inner->silent_count, sizeof *inner->silent);
    for (size_t i = 0; silent != NULL && i < inner->silent_count; i++)
        copy_slice(c, &silent[i].category);
    inner->silent = silent;
}

static void copy_inner(struct copier *c, struct inner *i)
{
    struct slice *const slices[] = {
        &i->op,       &i->actor,          &i->officer,
        &i->function, &i->case_pseudonym, &i->instrument,
        &i->tier,     &i->transfer_basis, &i->transfer_by,
        &i->ground,   &i->justification,  &i->closed_justification,
    };
    copy_all(c, slices, sizeof slices / sizeof slices[0]);
    copy_fields(c, i);
    copy_slices(c, &i->subjects);
    copy_slices(c, &i->legal_basis);
    copy_slices(c, &i->approvals);
}

static void copy_release(struct copier *c, struct release *r)
{
    struct slice *const slices[] = {
        &r->gateway, &r->id,          &r->thread,        &r->from,          &r->to,
        &r->purpose, &r->seal_digest, &r->previous_leaf, &r->previous_root,
    };
    copy_all(c, slices, sizeof slices / sizeof slices[0]);
    copy_slices(c, &r->digests);
    copy_slices(c, &r->obligations);
    struct withholding *withheld =
        copy_array(c, r->withheld, r->withheld_count, sizeof *r->withheld);
    for (size_t i = 0; withheld != NULL && i < r->withheld_count; i++) {
        copy_slice(c, &withheld[i].path);
        copy_slice(c, &withheld[i].code);
    }
    r->withheld = withheld;
}

static void copy_message(struct copier *c, struct posting_message *m)
{
    struct slice *const slices[] = {
        &m->seal_digest, &m->id,    &m->thread, &m->from, &m->to,     &m->type,
        &m->body,        &m->local, &m->inbox,  &m->box,  &m->origin,
    };
    copy_all(c, slices, sizeof slices / sizeof slices[0]);
}

struct status posting_copy(struct arena *arena, const struct posting *posting,
                           struct posting *ret_posting)
{
    struct copier c = {.arena = arena};
    struct posting p = *posting;
    struct slice *const others[] = {
        &p.key.from,        &p.key.id, &p.key.to,  &p.receipt,        &p.peer.origin, &p.peer.note,
        &p.relayed.release, &p.lifted, &p.objects, &p.erasure.ground, &p.thread,      &p.person,
    };
    copy_outer(&c, &p.outer);
    copy_inner(&c, &p.inner);
    copy_release(&c, &p.release);
    copy_message(&c, &p.message);
    copy_slices(&c, &p.peer.path);
    copy_all(&c, others, sizeof others / sizeof others[0]);
    if (c.failed)
        return FAIL(MEMORY);
    *ret_posting = p;
    return OK;
}
