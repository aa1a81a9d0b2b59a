#include "exchange/rate.h"

#define MINUTE_US 60000000ULL

static bool is_full(const struct party_rate *r, uint64_t now_us)
{
    return r->entries_us <= now_us && r->all_us <= now_us;
}

/* The party's own row; else one whose party has all its tokens back, which is as good as none. */
static struct party_rate *row_of(struct rates *rates, struct slice party, uint64_t now_us)
{
    struct party_rate *free_row = &rates->strangers;
    for (unsigned i = 0; party.length > 0 && i < RATE_PARTIES; i++) {
        struct party_rate *r = &rates->parties[i];
        if (slice_is(party, r->party))
            return r;
        if (is_full(r, now_us))
            free_row = r;
    }
    if (free_row == &rates->strangers)
        return free_row;
    *free_row = (struct party_rate){0};
    return slice_copy_text(party, free_row->party, sizeof free_row->party) ? free_row
                                                                           : &rates->strangers;
}

/* A bucket is told by the time at which it is full again: a minute from now, and it is empty. */
static bool take_token(uint64_t *full_us, uint64_t token_us, uint64_t now_us)
{
    uint64_t full = (*full_us > now_us ? *full_us : now_us) + token_us;
    if (full > now_us + MINUTE_US)
        return false;
    *full_us = full;
    return true;
}

enum rate_verdict rates_take(struct rates *rates, struct slice party, uint64_t per_minute,
                             uint64_t now_ms)
{
    uint64_t now_us = now_ms * 1000, token_us = MINUTE_US / per_minute;
    struct party_rate *r = row_of(rates, party, now_us);
    if (is_full(r, now_us))
        r->said_dry = false;
    bool storms = !take_token(&r->all_us, token_us / RATE_STORM, now_us);
    if (!storms && take_token(&r->entries_us, token_us, now_us))
        return RATE_FINE;
    if (!r->said_dry) {
        r->said_dry = true;
        return RATE_DRY;
    }
    return storms ? RATE_STORMS : RATE_OVER;
}
