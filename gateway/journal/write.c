#include "journal/write.h"

#include "base/instant.h"
#include "journal/crypt.h"
#include "journal/persons.h"
#include "journal/store_content.h"
#include "journal/tree.h"
#include "journal/write_steps.h"

uint64_t entry_time(const struct writing *w, const struct posting *posting)
{
    uint64_t last = w->tree.time_ms < INSTANT_MIN ? INSTANT_MIN : w->tree.time_ms;
    return posting->at_ms < last ? last : posting->at_ms;
}

/* key || record, as a receipt carries them. */
static struct slice opening_of(struct arena *arena, const uint8_t key[static 32],
                               struct slice record)
{
    struct buffer b = buffer_in(arena, 32 + record.length);
    buffer_put(&b, slice_over(key, 32));
    buffer_put(&b, record);
    return b.failed ? (struct slice){NULL, 0} : buffer_slice(&b);
}

static const struct entry_keys *keys_of(const struct item *item, const struct addition *addition)
{
    return addition->keys == NULL ? &item->posting.keys : addition->keys;
}

static struct status entry_row_add(struct writing *w, struct item *item,
                                   const struct addition *addition,
                                   const struct entry_records *records)
{
    const struct entry_keys *keys = keys_of(item, addition);
    struct slice plain[ENTRY_SLOTS] = {
        [ENTRY_OUTER] = opening_of(item->arena, keys->outer, records->outer),
        [ENTRY_INNER] = opening_of(item->arena, keys->inner, records->inner),
        [ENTRY_CLOSED] = opening_of(item->arena, keys->closed, records->closed),
        [ENTRY_RELEASE] = addition->release,
    };
    for (size_t i = 0; i < ENTRY_RELEASE; i++)
        if (plain[i].at == NULL)
            return FAIL(MEMORY);
    struct entry_row row = {
        .index = entry_next(w),
        .kind = addition->outer->kind,
        .stage = addition->outer->stage,
        .hop = addition->outer->hop,
        .about = addition->about,
        .message = addition->message,
        .entry = records->entry,
        .leaf = records->leaf,
    };
    const struct place place = {"entry", row.index};
    struct status s = slots_seal(item->arena, w->keyring, &place,
                                 (struct slices){plain, ENTRY_SLOTS}, row.slots, &row.wrapped);
    if (failed(s) || failed(s = store_entry_add(w->store, &row)))
        return s;
    if (!addition->aside)
        item->opening = plain[ENTRY_OUTER];
    return OK;
}

struct status entry_append(struct writing *w, struct item *item, const struct addition *addition)
{
    struct entry_records records;
    struct inner inner = *addition->inner;
    uint64_t time_ms = entry_time(w, &item->posting);
    uint64_t index = entry_next(w);
    inner.related = inner.has_related ? entry_told(index, inner.related) : 0;
    struct status s = persons_name(w, item->arena, &inner.subjects);
    if (!failed(s))
        s = entry_make(item->arena, time_ms, addition->outer, &inner, keys_of(item, addition),
                       &records);
    if (failed(s) || failed(s = entry_row_add(w, item, addition, &records)) ||
        failed(s = tree_append(w->store, &w->tree, &records.leaf)))
        return s;
    w->tree.time_ms = time_ms;
    if (addition->aside)
        return OK;
    item->entry = records.entry;
    item->result->index = index;
    item->has_entry = true;
    return OK;
}

struct status item_repeat(struct item *item, uint64_t index)
{
    item->result->repeated = true;
    item->result->index = index;
    item->has_entry = true;
    return OK;
}

/* Anybody can write a thread on a message that nobody meant: what is only a question makes none
 * secret. */
static bool may_claim(const struct posting *p)
{
    return p->inner.confidential && p->kind != POSTING_QUESTION && p->kind != POSTING_READ;
}

struct status thread_note(struct writing *w, const struct posting *p)
{
    bool is_kept = p->message.thread.length > 0;
    struct slice thread = is_kept ? p->message.thread : p->thread;
    struct status s = OK;
    if (thread.length > 0 && may_claim(p))
        s = store_confidential_add(w->store, thread);
    if (!failed(s) && thread.length > 0 && !is_kept)
        s = store_thread_of_add(w->store, entry_next(w), thread);
    return s;
}

static struct status entry_only_write(struct writing *w, struct item *item)
{
    struct outer outer = item->posting.outer;
    const struct addition addition = {.outer = &outer, .inner = &item->posting.inner};
    outer.gateway = w->gateway;
    if (outer.kind == ENTRY_NONE)
        outer.kind = ENTRY_CONSULTATION;
    struct status s = OK;
    if (item->posting.lifted.length > 0)
        s = store_fork_lift(w->store, item->posting.lifted);
    if (!failed(s) && item->posting.restored > 0)
        s = store_restored_told(w->store, item->posting.restored);
    if (!failed(s) && item->posting.objects.length > 0) {
        s = store_law_set(w->store, item->posting.objects);
        w->law_written = true; /* though it be taken back: what is kept is what the lock is told */
    }
    if (!failed(s) && item->posting.person.length > 0)
        s = person_keep(w, item->arena, item->posting.person);
    if (!failed(s))
        s = thread_note(w, &item->posting);
    return failed(s) ? s : entry_append(w, item, &addition);
}

/* Refusals are never unique, but the first one is what a key was answered with, until a message is
 * kept under it. */
static struct status refusal_write(struct writing *w, struct item *item)
{
    struct outer outer = item->posting.outer;
    outer.gateway = w->gateway;
    outer.kind = ENTRY_REFUSAL;
    struct addition addition = {
        .outer = &outer,
        .inner = &item->posting.inner,
        .about = outer.id.length == UUID_BYTES && outer.from.length > 0 && outer.to.length > 0,
        .message = entry_next(w),
    };
    struct message_row row = {
        .number = addition.message,
        .key = {outer.from, outer.id, outer.to},
        .box = outer.to,
        .origin = outer.from,
        .kind = ENTRY_REFUSAL,
        .entry = addition.message,
        .seal = outer.seal,
        .type = outer.type,
        .stage = STAGE_REJECTED,
        .received_ms = entry_time(w, &item->posting),
    };
    struct message_row known;
    struct status s = OK;
    if (addition.about) {
        s = store_message(w->store, item->arena, &row.key, &known);
        if (!failed(s))
            addition.message = known.number;
        else if (s.code == CODE_ABSENT)
            s = store_message_add(w->store, &row);
    }
    if (!failed(s))
        s = thread_note(w, &item->posting);
    return failed(s) ? s : entry_append(w, item, &addition);
}

static struct status unknown_write(struct writing *w, struct item *item)
{
    (void)w;
    (void)item;
    return FAIL(STORE);
}

static struct status nothing_write(struct writing *w, struct item *item)
{
    (void)w;
    (void)item;
    return OK;
}

typedef struct status item_writer(struct writing *w, struct item *item);

static item_writer *const writers[] = {
    [POSTING_NONE] = unknown_write,
    [POSTING_DISCLOSURE] = message_write,
    [POSTING_HOLD] = message_write,
    [POSTING_REFUSAL] = refusal_write,
    [POSTING_QUESTION] = entry_only_write,
    [POSTING_READ] = entry_only_write,
    [POSTING_STAGE] = stage_write,
    [POSTING_NOTICE_TAKEN] = notice_taken_write,
    [POSTING_REMOTE_STAGE] = remote_stage_write,
    [POSTING_CHECKPOINT] = nothing_write,
    [POSTING_ERASURE] = erasure_write,
    [POSTING_KEYS] = keys_write,
    [POSTING_REWIND] = rewind_write,
};

struct status item_write(struct writing *w, struct item *item)
{
    const struct tree before = w->tree;
    struct status s = peer_write(w, item); /* stays, whatever becomes of the rest */
    uint64_t changes = store_changes(w->store);
    if (!failed(s))
        s = writers[item->posting.kind](w, item);
    item->result->status = s;
    if (!failed(s))
        return OK;
    item->has_entry = false;
    w->tree = before;
    bool has_left_nothing = store_changes(w->store) == changes && store_is_writing(w->store);
    return has_left_nothing && !store_broken(w->store) ? OK : s;
}
