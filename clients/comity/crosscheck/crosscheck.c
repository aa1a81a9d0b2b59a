#include "comity/crosscheck/crosscheck.h"

#include <stdlib.h>

#define FIRST_ROOM 64

const char *crosscheck_verdict_name(enum crosscheck_verdict verdict)
{
    static const char *const names[CROSSCHECK_VERDICTS] = {
        [CROSSCHECK_AGREES] = "agrees",         [CROSSCHECK_OMITTED] = "omitted",
        [CROSSCHECK_ALTERED] = "altered",       [CROSSCHECK_MOVED] = "moved",
        [CROSSCHECK_DUPLICATED] = "duplicated", [CROSSCHECK_BEYOND] = "beyond",
    };
    return names[verdict];
}

/* Room for one element more of a growing array. */
static void *element_more(void **at, size_t *count, size_t *room, size_t size)
{
    if (*count == *room) {
        size_t more = *room == 0 ? FIRST_ROOM : 2 * *room;
        void *grown = more > SIZE_MAX / size ? NULL : realloc(*at, more * size);
        if (grown == NULL)
            return NULL;
        *at = grown;
        *room = more;
    }
    return (uint8_t *)*at + size * (*count)++;
}

struct status crosscheck_add_receipt(struct crosscheck_log *log,
                                     const struct crosscheck_receipt *receipt)
{
    void *at = log->receipts;
    struct crosscheck_receipt *place =
        element_more(&at, &log->receipt_count, &log->receipt_room, sizeof *place);
    log->receipts = at;
    if (place == NULL)
        return FAIL(MEMORY);
    *place = *receipt;
    return OK;
}

struct status crosscheck_add_checkpoint(struct crosscheck_log *log,
                                        const struct crosscheck_checkpoint *checkpoint)
{
    void *at = log->checkpoints;
    struct crosscheck_checkpoint *place =
        element_more(&at, &log->checkpoint_count, &log->checkpoint_room, sizeof *place);
    log->checkpoints = at;
    if (place == NULL)
        return FAIL(MEMORY);
    *place = *checkpoint;
    return OK;
}

void crosscheck_log_done(struct crosscheck_log *log)
{
    free(log->receipts);
    free((void *)log->by_leaf);
    free(log->checkpoints);
    *log = (struct crosscheck_log){.origin = log->origin};
}

uint64_t crosscheck_log_size(const struct crosscheck_log *log)
{
    uint64_t size = 0;
    for (size_t i = 0; i < log->checkpoint_count; i++)
        if (log->checkpoints[i].size > size)
            size = log->checkpoints[i].size;
    return size;
}

/* ---- order ---- */

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_digests(const struct digest *a, const struct digest *b)
{
    return slice_compare(digest_slice(a), digest_slice(b));
}

static int by_index(const void *a, const void *b)
{
    const struct crosscheck_receipt *one = a, *other = b;
    int order = compare_u64(one->index, other->index);
    return order != 0 ? order : compare_digests(&one->leaf, &other->leaf);
}

static int by_leaf(const void *a, const void *b)
{
    const struct crosscheck_receipt *const *one = a, *const *other = b;
    return compare_digests(&(*one)->leaf, &(*other)->leaf);
}

/* Of those that say the same the one that was kept, not the one in a receipt, is the first. */
static int by_size(const void *a, const void *b)
{
    const struct crosscheck_checkpoint *one = a, *other = b;
    int order = compare_u64(one->size, other->size);
    if (order == 0)
        order = compare_digests(&one->root, &other->root);
    return order != 0 ? order : slice_compare(slice_text(one->id), slice_text(other->id));
}

static void receipts_sort(struct crosscheck_log *log)
{
    size_t kept = 0;
    if (log->receipt_count > 0)
        qsort(log->receipts, log->receipt_count, sizeof log->receipts[0], by_index);
    for (size_t i = 0; i < log->receipt_count; i++)
        if (kept == 0 || by_index(&log->receipts[kept - 1], &log->receipts[i]) != 0)
            log->receipts[kept++] = log->receipts[i];
    log->receipt_count = kept;
}

static void checkpoints_sort(struct crosscheck_log *log)
{
    size_t kept = 0;
    if (log->checkpoint_count > 0)
        qsort(log->checkpoints, log->checkpoint_count, sizeof log->checkpoints[0], by_size);
    for (size_t i = 0; i < log->checkpoint_count; i++) {
        const struct crosscheck_checkpoint *c = &log->checkpoints[i];
        const struct crosscheck_checkpoint *last = kept == 0 ? NULL : &log->checkpoints[kept - 1];
        if (last == NULL || last->size != c->size || compare_digests(&last->root, &c->root) != 0)
            log->checkpoints[kept++] = *c;
    }
    log->checkpoint_count = kept;
}

struct status crosscheck_begin(struct crosscheck_log *log, struct crosscheck_pass *ret_pass)
{
    receipts_sort(log);
    checkpoints_sort(log);
    free((void *)log->by_leaf);
    log->by_leaf = calloc(log->receipt_count + 1, sizeof(struct crosscheck_receipt *));
    if (log->by_leaf == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < log->receipt_count; i++)
        log->by_leaf[i] = &log->receipts[i];
    if (log->receipt_count > 0)
        qsort((void *)log->by_leaf, log->receipt_count, sizeof(struct crosscheck_receipt *),
              by_leaf);
    *ret_pass = (struct crosscheck_pass){.log = log};
    return OK;
}

/* ---- the pass ---- */

/* The first receipt by leaf whose leaf is not below this one. */
static size_t leaf_find(const struct crosscheck_log *log, const struct digest *leaf)
{
    size_t low = 0, high = log->receipt_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_digests(&log->by_leaf[middle]->leaf, leaf) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void leaf_note(struct crosscheck_receipt *r, uint64_t index)
{
    r->at[r->seen == 0 ? 0 : 1] = index;
    r->seen++;
    r->in_place = r->in_place || r->index == index;
}

void crosscheck_leaf(struct crosscheck_pass *pass, const struct digest *leaf)
{
    struct crosscheck_log *log = pass->log;
    const uint64_t index = pass->edge.size;
    for (size_t i = leaf_find(log, leaf);
         i < log->receipt_count && compare_digests(&log->by_leaf[i]->leaf, leaf) == 0; i++)
        leaf_note(log->by_leaf[i], index);
    merkle_append(&pass->edge, leaf);
    for (; pass->checkpoint < log->checkpoint_count &&
           log->checkpoints[pass->checkpoint].size <= pass->edge.size;
         pass->checkpoint++) {
        struct crosscheck_checkpoint *c = &log->checkpoints[pass->checkpoint];
        struct digest root = merkle_root(&pass->edge);
        c->reached = true;
        c->holds = digest_equal(&root, digest_slice(&c->root));
    }
}

/* Whether what stood behind a receipt's entry now stands before its place: then it was taken out,
 * and nothing was put there instead. */
static bool is_closed_up(const struct crosscheck_log *log, size_t place)
{
    for (size_t i = place + 1; i < log->receipt_count; i++)
        if (log->receipts[i].seen > 0)
            return log->receipts[i].at[0] < log->receipts[i].index;
    return false;
}

static enum crosscheck_verdict judge(const struct crosscheck_pass *pass, size_t place)
{
    const struct crosscheck_receipt *r = &pass->log->receipts[place];
    if (r->seen > 1)
        return CROSSCHECK_DUPLICATED;
    if (r->seen == 1)
        return r->in_place ? CROSSCHECK_AGREES : CROSSCHECK_MOVED;
    if (r->index >= pass->edge.size)
        return CROSSCHECK_BEYOND;
    return is_closed_up(pass->log, place) ? CROSSCHECK_OMITTED : CROSSCHECK_ALTERED;
}

struct digest crosscheck_end(struct crosscheck_pass *pass)
{
    for (size_t i = 0; i < pass->log->receipt_count; i++)
        pass->log->receipts[i].verdict = judge(pass, i);
    return merkle_root(&pass->edge);
}

size_t crosscheck_count(const struct crosscheck_log *log, enum crosscheck_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < log->receipt_count; i++)
        count += log->receipts[i].verdict == verdict;
    return count;
}
