#include "message/seal.h"

#include "base/instant.h"

#define WINDOW_MS (5 * MS_PER_MINUTE)

struct status envelope_open(struct arena *arena, struct slice seal, size_t message_bytes,
                            const struct envelope **ret_envelope)
{
    struct status s;
    if (message_bytes > MESSAGE_MAX_BYTES)
        return REFUSE(MESSAGE_SIZE);
    if (seal.length > SEAL_MAX_BYTES)
        return REFUSE(SEAL_SIZE);

    struct envelope *envelope = arena_alloc(arena, sizeof *envelope);
    if (envelope == NULL)
        return FAIL(MEMORY);
    if (failed(s = cose_open(seal, SEAL_TYPE, &envelope->cose)))
        return s;
    if (failed(s = claims_parse(arena, envelope->cose.payload, &envelope->claims)))
        return s;
    envelope->octets = seal;
    envelope->digest = digest_of(SEPARATION_SEAL, seal);
    *ret_envelope = envelope;
    return OK;
}

struct status claims_timely(const struct claims *claims, uint64_t at_ms)
{
    uint64_t apart =
        claims->created_ms > at_ms ? claims->created_ms - at_ms : at_ms - claims->created_ms;
    if (apart > WINDOW_MS)
        return REFUSE(CLAIMS_WINDOW);
    return at_ms < claims->expires_ms ? OK : REFUSE(CLAIMS_EXPIRED);
}

struct status seal_make(const struct claims *claims, const struct key *key,
                        const struct digest *x5t, struct buffer *out)
{
    struct buffer payload = buffer_new(SEAL_MAX_BYTES);
    claims_write(&payload, claims);
    struct status s =
        payload.failed ? FAIL(MEMORY) : cose_sign(key, x5t, SEAL_TYPE, buffer_slice(&payload), out);
    buffer_done(&payload);
    return s;
}
