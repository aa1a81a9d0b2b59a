/* What waits for the journal, and what waits for that. */

#include <stdlib.h>

#include "exchange/link.h"

struct pending *pending_new(struct exchange_link *l, uint64_t answers)
{
    struct pending *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->link = l;
    p->answers = answers;
    p->next = l->pending;
    p->slot = &l->pending;
    if (p->next != NULL)
        p->next->slot = &p->next;
    l->pending = p;
    l->pending_count++;
    return p;
}

void pending_free(struct pending *p)
{
    if (p == NULL)
        return;
    if (p->slot != NULL)
        *p->slot = p->next;
    if (p->next != NULL)
        p->next->slot = p->slot;
    if (p->link != NULL)
        p->link->pending_count--;
    free(p);
}

void pending_end(struct pending *p, struct moment now)
{
    struct exchange_link *l = p == NULL ? NULL : p->link;
    pending_free(p);
    if (l == NULL)
        return;
    if (l->pending_count + 1 == exchange_limits(l->exchange)->pending)
        l->exchange->settings.dirty(l->owner); /* it reads again */
    link_leave_on(l, now);
}

struct status link_post(struct exchange_link *l, struct posting *posting, struct pending *pending)
{
    const struct exchange_settings *e = &l->exchange->settings;
    posting->owner = e->done_owner;
    posting->token = (uint64_t)(uintptr_t)pending;
    posting->reader_size = l->reader_size;
    return journal_post(e->journal, posting, e->done);
}
