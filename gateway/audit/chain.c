#include "audit/chain.h"

#include "audit/chain_steps.h"
#include "message/signer.h"

/* Step 3: the message is for me or, at a gateway, for a party that is at home here. */
static struct status addressee_verify(const struct chain *chain)
{
    const struct reader_state *reader = chain->reader;
    struct slice to = chain->envelope->claims.to;
    const struct gateway_row *home = directory_home(chain->directory, to);
    bool mine = reader->peer.length == 0 ? slice_equal(to, reader->me)
                                         : home != NULL && slice_equal(home->id, reader->me);
    return mine ? OK : REFUSE(READER_RECIPIENT);
}

/* Step 5: the hops from home to home; one only while the message is still on its way. */
static struct status route_verify(struct chain *chain)
{
    const struct claims *claims = &chain->envelope->claims;
    const struct slice peer = chain->reader->peer;
    const struct gateway_row *from = directory_home(chain->directory, claims->from);
    const struct gateway_row *to = directory_home(chain->directory, claims->to);
    if (peer.length > 0 && (from == NULL || !slice_equal(from->id, peer)))
        return REFUSE(LINK_PEER);
    if (from == NULL || to == NULL)
        return REFUSE(CHAIN_LENGTH);
    chain->gateways[0] = from;
    chain->gateways[1] = to;
    chain->destination = to;
    chain->hops = from == to || peer.length > 0 ? 1 : 2;
    return chain->deliver->releases.count == chain->hops &&
                   chain->deliver->receipts.count == chain->hops
               ? OK
               : REFUSE(CHAIN_LENGTH);
}

/* Steps 2 to 5. */
static struct status contents_verify(struct chain *chain)
{
    const struct deliver *d = chain->deliver;
    struct status s =
        envelope_open(chain->arena, d->message.seal, d->message_raw.length, &chain->envelope);
    if (failed(s))
        return s;
    if (failed(s = addressee_verify(chain)))
        return s;
    if (failed(s = contents_parse(chain->arena, &chain->envelope->claims, d->message.fields,
                                  d->derived, &chain->contents)))
        return s;
    return route_verify(chain);
}

/* Step 8: judged at the entries' times, so that a message can still be read years later. */
static struct status times_verify(const struct chain *chain)
{
    const struct claims *claims = &chain->envelope->claims;
    struct status s = claims_timely(claims, chain->receipts[0].time_ms);
    if (failed(s))
        return s;
    for (size_t i = 1; i < chain->hops; i++)
        if (chain->receipts[i].time_ms >= claims->expires_ms)
            return REFUSE(CLAIMS_EXPIRED);
    return OK;
}

/* Step 7. */
static struct status sender_verify(const struct chain *chain)
{
    const struct verified *verified;
    const struct envelope *envelope = chain->envelope;
    uint64_t at_ms = chain->receipts[0].time_ms;
    const struct sealers sealers = {chain->directory, chain->reader->revoked};
    if (chain->reader->signers == NULL)
        return seal_verify(chain->arena, envelope, &sealers, at_ms, &verified);
    struct signer signer = {
        .directory = chain->directory,
        .party = envelope->claims.from,
        .certificates = chain->reader->signers,
        .revoked = chain->reader->revoked,
    };
    return signer_verify(&signer, &envelope->cose, at_ms);
}

/* Steps 6 to 8. */
static struct status hops_verify(struct chain *chain)
{
    struct status s;
    for (size_t hop = 1; hop <= chain->hops; hop++)
        if (failed(s = hop_verify(chain, hop)))
            return s;
    if (failed(s = sender_verify(chain)))
        return s;
    return times_verify(chain);
}

/* Steps 9 and 10. A gateway asks no witnesses of a peer: its own readers do. */
static struct status logs_verify(const struct chain *chain)
{
    struct status s;
    for (size_t hop = 1; hop <= chain->hops; hop++)
        if (failed(s = log_state_verify(chain->reader, &chain->receipts[hop - 1])))
            return s;
    for (size_t hop = 1; hop <= chain->hops && chain->reader->peer.length == 0; hop++)
        if (failed(s = witnesses_verify(chain, hop)))
            return s;
    return OK;
}

struct status chain_verify(struct arena *arena, const struct deliver *deliver,
                           const struct directory *directory, const struct reader_state *reader,
                           const struct delivery_verified **ret_verified)
{
    struct chain *chain = arena_alloc(arena, sizeof *chain);
    struct delivery_verified *verified = arena_alloc(arena, sizeof *verified);
    struct status s;
    if (chain == NULL || verified == NULL)
        return FAIL(MEMORY);
    chain->arena = arena;
    chain->deliver = deliver;
    chain->directory = directory;
    chain->reader = reader;
    if (failed(s = contents_verify(chain)))
        return s;
    if (failed(s = hops_verify(chain)))
        return s;
    if (failed(s = logs_verify(chain)))
        return s;
    *verified = (struct delivery_verified){
        .envelope = chain->envelope,
        .contents = chain->contents,
        .releases = chain->releases,
        .receipts = chain->receipts,
        .hops = chain->hops,
    };
    *ret_verified = verified;
    return OK;
}
