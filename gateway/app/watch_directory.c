/* What of the directory ends: of several rows only the last counts, for rows overlap while the next
 * one takes over. */

#include "app/watch.h"

#include <stdio.h>

#define WHO_BYTES 32

/* From when to when a row holds; until: its first millisecond without. */
struct span {
    uint64_t from_ms, until_ms;
};

/* The n-th span of what is asked about; false past the last one. */
typedef bool span_at(const void *rows, size_t n, struct span *ret_span);

/*
 * Until when somebody is covered without a gap from now on; where nobody covers now, when the last
 * row ended that did. 0: none ever did.
 */
static uint64_t covered_until(span_at *at, const void *rows, uint64_t now_ms)
{
    uint64_t until_ms = now_ms, last_ms = 0;
    struct span s;
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t n = 0; at(rows, n, &s); n++) {
            if (s.until_ms <= now_ms && s.until_ms > last_ms)
                last_ms = s.until_ms;
            if (s.from_ms > until_ms || s.until_ms <= until_ms)
                continue;
            until_ms = s.until_ms;
            moved = true;
        }
    }
    return until_ms > now_ms ? until_ms : last_ms;
}

/* A row names its last millisecond. */
static struct span span_of(uint64_t from_ms, uint64_t last_ms)
{
    return (struct span){from_ms, last_ms == UINT64_MAX ? last_ms : last_ms + 1};
}

static bool certificate_at(const void *rows, size_t n, struct span *ret_span)
{
    const struct dated_certificates *all = rows;
    uint64_t from_ms, until_ms;
    if (n >= all->count)
        return false;
    struct span s = span_of(all->at[n].from_ms, all->at[n].until_ms);
    certificate_validity(all->at[n].certificate, &from_ms, &until_ms);
    *ret_span = (struct span){from_ms > s.from_ms ? from_ms : s.from_ms,
                              until_ms < s.until_ms ? until_ms : s.until_ms};
    return true;
}

static bool log_at(const void *rows, size_t n, struct span *ret_span)
{
    const struct gateway_row *gateway = rows;
    if (n >= gateway->log_count)
        return false;
    *ret_span = span_of(gateway->logs[n].from_ms, gateway->logs[n].until_ms);
    return true;
}

/* Rows of somebody in the directory. */
struct listed {
    enum watch_end kind;
    struct slice who;
    span_at *at;
    const void *rows;
};

static void look(struct watch *w, const struct listed *l, struct moment now)
{
    char who[WHO_BYTES];
    uint64_t until_ms = covered_until(l->at, l->rows, now.wall_ms);
    if (until_ms > 0 && slice_copy_text(l->who, who, sizeof who))
        watch_end(w, l->kind, who, until_ms, now);
}

static void look_at_party(struct watch *w, const struct party *p, bool is_home, struct moment now)
{
    const struct listed certificates[] = {
        {is_home ? ENDS_SEALING : ENDS_FOREIGN_SEALING, p->id, certificate_at, &p->sealing},
        {is_home ? ENDS_ENCRYPTION : ENDS_FOREIGN_ENCRYPTION, p->id, certificate_at,
         &p->encryption},
    };
    for (size_t i = 0; i < sizeof certificates / sizeof certificates[0]; i++)
        look(w, &certificates[i], now);
}

void watch_directory(struct watch *w, const struct directory *d, const char *gateway,
                     struct moment now)
{
    for (size_t i = 0; i < d->state_count; i++)
        look(w,
             &(struct listed){ENDS_LISTED_CA, d->states[i].id, certificate_at,
                              &d->states[i].authorities},
             now);
    for (size_t i = 0; i < d->gateway_count; i++)
        look(w, &(struct listed){ENDS_LOG, d->gateways[i].id, log_at, &d->gateways[i]}, now);
    for (size_t i = 0; i < d->party_count; i++)
        look_at_party(w, &d->parties[i], slice_is(d->parties[i].home, gateway), now);
}
