#include "journal/state.h"

#include "journal/clock.h"

/* New work fills at most three quarters of the queue: what was accepted keeps flowing. */
#define NEW_WORK_PARTS 3
#define QUEUE_PARTS    4

#define QUIET_MS   1000 /* between two looks at the disk when nothing is posted */
#define TROUBLE_MS 200  /* between two attempts at what could not be done */

/* Whether so many more octets may wait. With the mutex held. */
static struct status queue_admits(const struct journal *j, bool new_work, size_t bytes)
{
    uint64_t max = j->queue_max_bytes;
    if (journal_dead(j) || j->closing)
        return FAIL(STORE);
    if (new_work && (j->state.low || j->state.stalled))
        return FAIL(FULL);
    if (new_work)
        max = max / QUEUE_PARTS * NEW_WORK_PARTS;
    return bytes > max || j->queued_bytes > max - bytes ? FAIL(FULL) : OK;
}

static struct status queue_asks(struct journal *j, bool new_work, size_t bytes)
{
    pthread_mutex_lock(&j->mutex);
    struct status s = queue_admits(j, new_work, bytes);
    pthread_mutex_unlock(&j->mutex);
    return s;
}

struct status journal_admits(struct journal *j)
{
    return queue_asks(j, true, sizeof(struct item));
}

struct status queue_put(struct journal *j, struct item *item)
{
    bool new_work = posting_is_new_work(&item->posting);
    pthread_mutex_lock(&j->mutex);
    struct status s = queue_admits(j, new_work, item->bytes);
    if (!failed(s)) {
        if (j->last == NULL)
            j->first = item;
        else
            j->last->next = item;
        j->last = item;
        j->queued_bytes += item->bytes;
        pthread_cond_signal(&j->work);
    }
    pthread_mutex_unlock(&j->mutex);
    return s;
}

struct status journal_post(struct journal *j, const struct posting *posting, journal_done *done)
{
    struct item *item = NULL;
    struct status s = queue_asks(j, posting_is_new_work(posting), sizeof *item);
    if (!failed(s)) /* before anything is copied */
        s = item_new(posting, done, &item);
    if (!failed(s) && failed(s = queue_put(j, item)))
        item_free(item);
    return s;
}

void queue_settle(struct journal *j, size_t bytes)
{
    pthread_mutex_lock(&j->mutex);
    j->queued_bytes -= bytes;
    pthread_mutex_unlock(&j->mutex);
}

/* Cuts a batch off. With the mutex held. */
static struct item *batch_cut(struct journal *j)
{
    struct item *batch = j->first, *end = NULL;
    size_t count = 0, bytes = 0;
    for (struct item *i = batch; i != NULL && count < BATCH_MAX_POSTINGS; i = i->next) {
        if (count > 0 && bytes + i->bytes > BATCH_MAX_BYTES)
            break;
        count++;
        bytes += i->bytes;
        end = i;
    }
    if (end != NULL) {
        j->first = end->next;
        end->next = NULL;
    }
    if (j->first == NULL)
        j->last = NULL;
    return batch;
}

bool queue_take(struct journal *j, bool troubled, struct item **ret_batch)
{
    const struct timespec until = clock_in(troubled ? TROUBLE_MS : QUIET_MS);
    pthread_mutex_lock(&j->mutex);
    while (j->first == NULL && !j->closing &&
           pthread_cond_timedwait(&j->work, &j->mutex, &until) == 0)
        continue;
    bool more = j->first != NULL || !j->closing;
    *ret_batch = batch_cut(j);
    pthread_mutex_unlock(&j->mutex);
    return more;
}
