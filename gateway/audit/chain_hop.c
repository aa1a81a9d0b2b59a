#include "audit/chain_steps.h"

#include "base/instant.h"

#define ENTRY_WINDOW_MS MS_PER_MINUTE

/* Nothing delivered lies at, above or below what is stated as withheld. */
static bool withheld_is_absent(const struct release *r, struct slice delivered)
{
    for (size_t i = 0; i < r->withheld_count; i++)
        if (path_covers(r->withheld[i].path, delivered) ||
            path_covers(delivered, r->withheld[i].path))
            return false;
    return true;
}

static bool withheld_fits(const struct chain *chain, const struct release *r)
{
    const struct contents *c = chain->contents;
    for (size_t i = 0; i < c->field_count; i++)
        if (!withheld_is_absent(r, c->fields[i].path))
            return false;
    for (size_t i = 0; i < c->derived_count; i++)
        if (!withheld_is_absent(r, c->derived[i].path))
            return false;
    return true;
}

static bool all_are_members(const struct chain *chain, const struct release *r)
{
    const struct contents *c = chain->contents;
    for (size_t i = 0; i < c->field_count; i++) {
        struct digest released = field_released_digest(&c->fields[i]);
        if (!digests_have(r->digests, &released))
            return false;
    }
    for (size_t i = 0; i < c->derived_count; i++)
        if (!digests_have(r->digests, &c->derived[i].digest))
            return false;
    return true;
}

static bool release_is_of(const struct release *r, const struct claims *claims)
{
    return slice_equal(r->id, claims->id) && slice_equal(r->thread, claims->thread) &&
           slice_equal(r->from, claims->from) && slice_equal(r->to, claims->to) &&
           slice_equal(r->purpose, claims->purpose);
}

static struct status release_verify(struct chain *chain, size_t hop)
{
    struct release *r = &chain->releases[hop - 1];
    const struct gateway_row *gateway = chain->gateways[hop - 1];
    const struct claims *claims = &chain->envelope->claims;
    struct status s = release_parse(chain->arena, chain->deliver->releases.at[hop - 1], r);
    if (failed(s))
        return s;
    if (r->digests.count != claims->digests.count)
        return REFUSE(RELEASE_DIGESTS);
    if (!withheld_fits(chain, r))
        return REFUSE(RELEASE_WITHHELD);
    if (r->hop != hop || (r->previous_leaf.at != NULL) != (hop == 2))
        return REFUSE(RELEASE_HOP);
    if ((r->number == 0) != (gateway != chain->destination))
        return REFUSE(RELEASE_NUMBER);
    if (!slice_equal(r->gateway, gateway->id))
        return REFUSE(RELEASE_GATEWAY);
    if (!release_is_of(r, claims))
        return REFUSE(RELEASE_CLAIMS);
    if (!digest_equal(&chain->envelope->digest, r->seal_digest))
        return REFUSE(RELEASE_SEAL);
    return all_are_members(chain, r) ? OK : REFUSE(RELEASE_MEMBER);
}

static struct status receipt_verify(struct chain *chain, size_t hop)
{
    const struct release *r = &chain->releases[hop - 1];
    struct proved *proved = &chain->receipts[hop - 1];
    const struct receipt_wanted wanted = {
        .kind = ENTRY_DISCLOSURE,
        .stage = hop == 1 ? STAGE_ACCEPTED : STAGE_RELAYED,
        .hop = hop,
        .gateway = chain->gateways[hop - 1],
        .claims = &chain->envelope->claims,
        .seal = &chain->envelope->digest,
    };
    struct status s =
        receipt_check(chain->arena, chain->deliver->receipts.at[hop - 1], &wanted, proved);
    if (failed(s))
        return s;

    struct digest release = digest_of(SEPARATION_RELEASE, chain->deliver->releases.at[hop - 1]);
    if (!digest_equal(&release, proved->outer.release))
        return REFUSE(RECEIPT_RELEASE);
    if (!digest_equal(&r->rulebook.digest, proved->outer.rulebook))
        return REFUSE(RECEIPT_RULEBOOK);
    uint64_t apart =
        proved->time_ms > r->time_ms ? proved->time_ms - r->time_ms : r->time_ms - proved->time_ms;
    return apart <= ENTRY_WINDOW_MS ? OK : REFUSE(RECEIPT_TIME);
}

static bool withheld_has(const struct release *r, const struct withholding *wanted)
{
    for (size_t i = 0; i < r->withheld_count; i++)
        if (slice_equal(r->withheld[i].path, wanted->path))
            return slice_equal(r->withheld[i].code, wanted->code);
    return false;
}

static bool obligations_have(const struct release *r, struct slice wanted)
{
    for (size_t i = 0; i < r->obligations.count; i++)
        if (slice_equal(r->obligations.at[i], wanted))
            return true;
    return false;
}

/* Hop 2 names the hop-1 entry and checkpoint, and keeps what hop 1 stated and obliged to. */
static struct status previous_verify(const struct chain *chain)
{
    const struct release *first = &chain->releases[0], *second = &chain->releases[1];
    const struct proved *proved = &chain->receipts[0];
    if (!digest_equal(&proved->leaf, second->previous_leaf) ||
        second->previous_size != proved->note.size ||
        !digest_equal(&proved->note.root, second->previous_root))
        return REFUSE(RELEASE_PREVIOUS);
    for (size_t i = 0; i < first->withheld_count; i++)
        if (!withheld_has(second, &first->withheld[i]))
            return REFUSE(RELEASE_DROPPED);
    for (size_t i = 0; i < first->obligations.count; i++)
        if (!obligations_have(second, first->obligations.at[i]))
            return REFUSE(RELEASE_DROPPED);
    return OK;
}

struct status hop_verify(struct chain *chain, size_t hop)
{
    struct status s = release_verify(chain, hop);
    if (failed(s))
        return s;
    if (failed(s = receipt_verify(chain, hop)))
        return s;
    return hop == 2 ? previous_verify(chain) : OK;
}
