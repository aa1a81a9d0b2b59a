#include "journal/item.h"

#include <stdlib.h>

/* Room for one posting and the records made of it: far above the largest message. */
#define ITEM_MAX_BYTES 8388608

/* A result with what it owns. The result is the first member, so that it can be found again. */
struct held_result {
    struct journal_result result;
    struct buffer receipt;
    struct arena *key;
};

struct message_key posting_key(const struct posting *p)
{
    const struct message_key none = {0};
    switch (p->kind) {
    case POSTING_DISCLOSURE:
    case POSTING_HOLD:
        return (struct message_key){p->message.from, p->message.id, p->message.to};
    case POSTING_REFUSAL:
    case POSTING_QUESTION:
    case POSTING_READ:
        return (struct message_key){p->outer.from, p->outer.id, p->outer.to};
    case POSTING_STAGE:
    case POSTING_NOTICE_TAKEN:
    case POSTING_REMOTE_STAGE:
    case POSTING_ERASURE:
        return p->key;
    case POSTING_CHECKPOINT:
    case POSTING_KEYS:
    case POSTING_REWIND:
    case POSTING_NONE:
        break;
    }
    return none;
}

bool posting_is_new_work(const struct posting *posting)
{
    switch (posting->kind) {
    case POSTING_STAGE:
    case POSTING_NOTICE_TAKEN:
    case POSTING_REMOTE_STAGE:
    case POSTING_CHECKPOINT:
    case POSTING_ERASURE:
    case POSTING_READ:
    case POSTING_KEYS:
    case POSTING_REWIND:
        return false;
    case POSTING_QUESTION: /* the journal's own entries must be written */
        return posting->outer.kind != ENTRY_LAW && posting->outer.kind != ENTRY_START_STOP &&
               posting->outer.kind != ENTRY_OPERATOR;
    case POSTING_DISCLOSURE: /* what is decided again was accepted before */
    case POSTING_HOLD:
        return !posting->inner.has_related;
    case POSTING_NONE:
    case POSTING_REFUSAL:
        break;
    }
    return true;
}

#define KEY_MAX_BYTES 4096

static struct journal_result *result_new(const struct posting *posting)
{
    struct held_result *held = calloc(1, sizeof *held);
    struct arena *arena = arena_new(KEY_MAX_BYTES);
    const struct message_key key = posting_key(posting);
    struct journal_result *result = NULL;
    if (held != NULL && arena != NULL) {
        held->result = (struct journal_result){
            .owner = posting->owner,
            .token = posting->token,
            .kind = posting->kind,
            .from = arena_copy(arena, key.from),
            .id = arena_copy(arena, key.id),
            .to = arena_copy(arena, key.to),
        };
        if (held->result.from.at != NULL && held->result.id.at != NULL &&
            held->result.to.at != NULL) {
            held->key = arena;
            result = &held->result;
            held = NULL;
            arena = NULL;
        }
    }
    arena_free(arena);
    free(held);
    return result;
}

void journal_result_free(struct journal_result *result)
{
    if (result == NULL)
        return;
    struct held_result *held = (struct held_result *)result;
    buffer_done(&held->receipt);
    arena_free(held->key);
    free(held);
}

struct status result_tell(struct journal_result *result, struct slice box)
{
    struct held_result *held = (struct held_result *)result;
    result->told = arena_copy(held->key, box);
    return result->told.at == NULL ? FAIL(MEMORY) : OK;
}

void result_receipt(struct journal_result *result, struct buffer *receipt)
{
    struct held_result *held = (struct held_result *)result;
    buffer_done(&held->receipt);
    held->receipt = *receipt;
    *receipt = buffer_new(receipt->max);
    result->receipt = buffer_slice(&held->receipt);
}

struct status item_new(const struct posting *posting, journal_done *done, struct item **ret_item)
{
    struct item *item = calloc(1, sizeof *item);
    if (item == NULL)
        return FAIL(MEMORY);
    item->done = done;
    item->result = result_new(posting);
    item->arena = arena_new(ITEM_MAX_BYTES);
    struct status s = item->result == NULL || item->arena == NULL
                          ? FAIL(MEMORY)
                          : posting_copy(item->arena, posting, &item->posting);
    if (failed(s)) {
        item_free(item);
        return s;
    }
    item->bytes = sizeof *item + arena_used(item->arena);
    *ret_item = item;
    return OK;
}

void item_clear(struct item *item)
{
    item->has_entry = false;
    item->result->status = (struct status){0};
    item->entry = (struct slice){NULL, 0};
    item->opening = (struct slice){NULL, 0};
    item->result->kind = item->posting.kind;
    item->result->repeated = false;
    item->result->told = (struct slice){NULL, 0};
    item->result->index = 0;
}

void item_free(struct item *item)
{
    if (item == NULL)
        return;
    journal_result_free(item->result);
    arena_free(item->arena);
    secret_wipe(&item->posting.keys, sizeof item->posting.keys);
    secret_wipe(&item->posting.relayed.keys, sizeof item->posting.relayed.keys);
    free(item);
}
