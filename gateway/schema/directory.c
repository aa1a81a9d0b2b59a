#include "schema/directory.h"

#include "base/slices.h"
#include "wire/names.h"

const struct state_row *directory_state(const struct directory *d, struct slice id)
{
    return rows_find(d->states, d->state_count, sizeof *d->states, id);
}

const struct gateway_row *directory_gateway(const struct directory *d, struct slice id)
{
    return rows_find(d->gateways, d->gateway_count, sizeof *d->gateways, id);
}

const struct party *directory_party(const struct directory *d, struct slice id)
{
    return rows_find(d->parties, d->party_count, sizeof *d->parties, id);
}

const struct party *directory_party_at(const struct directory *d, struct slice id, uint64_t at_ms)
{
    const struct party *p = directory_party(d, id);
    return p != NULL && p->from_ms <= at_ms && at_ms <= p->until_ms ? p : NULL;
}

static const struct gateway_row *home_of(const struct directory *d, const struct party *p)
{
    return p == NULL ? NULL : directory_gateway(d, p->home);
}

const struct gateway_row *directory_home(const struct directory *d, struct slice party)
{
    return home_of(d, directory_party(d, party));
}

const struct gateway_row *directory_home_at(const struct directory *d, struct slice party,
                                            uint64_t at_ms)
{
    return home_of(d, directory_party_at(d, party, at_ms));
}

const struct log_row *directory_log(const struct gateway_row *gateway, struct slice origin)
{
    for (size_t i = 0; i < gateway->log_count; i++)
        if (slice_equal(gateway->logs[i].origin, origin))
            return &gateway->logs[i];
    return NULL;
}

const struct log_row *directory_successor(const struct gateway_row *gateway, struct slice origin)
{
    for (size_t i = 0; i < gateway->log_count; i++)
        if (slice_equal(gateway->logs[i].succeeds, origin))
            return &gateway->logs[i];
    return NULL;
}

const struct gateway_row *directory_owner(const struct directory *d, struct slice origin)
{
    for (size_t i = 0; i < d->gateway_count; i++)
        if (directory_log(&d->gateways[i], origin) != NULL)
            return &d->gateways[i];
    return NULL;
}

uint64_t directory_parties_number(const struct directory *d, struct slice state)
{
    const struct slice *row = rows_find(d->parties_of, d->parties_count, sizeof *row, state);
    return row == NULL ? 0 : d->parties_numbers[row - d->parties_of];
}

struct slice directory_tier(const struct directory *d, struct slice state, struct slice other)
{
    const struct state_row *row = directory_state(d, state);
    if (slice_equal(state, other))
        return slice_text("T0");
    for (size_t i = 0; row != NULL && i < row->tier_count; i++)
        if (slice_equal(row->tiers[i].to, other))
            return row->tiers[i].tier;
    return slice_text("T4");
}

const struct certificate *dated_find(const struct dated_certificates *rows, struct slice x5t,
                                     uint64_t at_ms)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct dated_certificate *row = &rows->at[i];
        if (row->from_ms <= at_ms && at_ms <= row->until_ms &&
            slice_equal(digest_slice(certificate_x5t(row->certificate)), x5t))
            return row->certificate;
    }
    return NULL;
}

static void rows_free(const struct dated_certificates *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        certificate_free(rows->at[i].certificate);
}

void directory_free(struct directory *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->state_count; i++)
        rows_free(&d->states[i].authorities);
    for (size_t i = 0; i < d->party_count; i++) {
        rows_free(&d->parties[i].sealing);
        rows_free(&d->parties[i].encryption);
        for (size_t o = 0; o < d->parties[i].officer_count; o++)
            rows_free(&d->parties[i].officers[o].certificates);
    }
    arena_free(d->arena);
}
