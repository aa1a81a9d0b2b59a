/* What was pushed on a link and not answered yet. */

#include <stdlib.h>

#include "audit/note.h"
#include "exchange/link.h"

struct outstanding *outstanding_find(const struct exchange_link *l, uint64_t number)
{
    for (unsigned i = 0; l->outstanding != NULL && i < LINK_OUTSTANDING; i++)
        if (l->outstanding[i].number == number)
            return &l->outstanding[i];
    return NULL;
}

/* The memory is there only as long as something is outstanding: most links are idle. */
struct outstanding *outstanding_free(struct exchange_link *l)
{
    if (l->outstanding == NULL)
        l->outstanding = calloc(LINK_OUTSTANDING, sizeof *l->outstanding);
    return outstanding_find(l, 0);
}

void outstanding_trim(struct exchange_link *l)
{
    if (l->outstanding_count > 0)
        return;
    free(l->outstanding);
    l->outstanding = NULL;
}

void outstanding_fill(struct exchange_link *l, struct outstanding *slot,
                      const struct outstanding *pushed)
{
    *slot = *pushed;
    l->outstanding_count++;
    l->notice_count += pushed->stage != 0;
}

struct outstanding outstanding_clear(struct exchange_link *l, uint64_t number)
{
    struct outstanding *slot = number == 0 ? NULL : outstanding_find(l, number), was = {0};
    if (slot == NULL)
        return was;
    was = *slot;
    slot->number = 0;
    l->outstanding_count--;
    l->notice_count -= was.stage != 0;
    outstanding_trim(l);
    return was;
}

uint64_t outstanding_size(struct arena *arena, struct slice octets)
{
    struct receipt receipt;
    struct note note;
    return failed(receipt_parse(arena, octets, &receipt)) || failed(note_parse(receipt.note, &note))
               ? 0
               : note.size;
}
