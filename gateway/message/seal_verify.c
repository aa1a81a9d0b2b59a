#include "message/seal.h"

#include "message/signer.h"

struct verified {
    const struct envelope *envelope;
};

/* The URI names the party, in the domain that the directory gives its State. */
static bool is_of(const struct identity *i, const struct signer *signer)
{
    const struct state_row *state = directory_state(signer->directory, party_state(signer->party));
    bool kind_fits = signer->officer.length == 0
                         ? i->kind == IDENTITY_PARTY || i->kind == IDENTITY_GATEWAY
                         : i->kind == IDENTITY_OFFICER;
    return state != NULL && kind_fits && slice_is(state->domain, i->domain) &&
           slice_is(signer->party, i->id) && slice_is(signer->officer, i->officer);
}

/* What was signed before stays good. */
static bool is_revoked(const struct signer *signer, const struct certificate *certificate,
                       uint64_t at_ms)
{
    uint64_t since_ms = 0;
    return revocations_have(signer->revoked, party_state(signer->party), certificate, &since_ms) &&
           since_ms <= at_ms;
}

struct status signer_verify(const struct signer *signer, const struct cose *cose, uint64_t at_ms)
{
    struct identity identity;
    const struct certificate *certificate =
        signer->certificates == NULL ? NULL : dated_find(signer->certificates, cose->x5t, at_ms);
    if (certificate == NULL || !certificate_may_seal(certificate))
        return REFUSE(SEAL_SIGNER);

    struct status s = certificate_identity(certificate, &identity);
    if (failed(s))
        return s;
    if (!is_of(&identity, signer))
        return REFUSE(SEAL_IDENTITY);
    if (!certificate_valid_at(certificate, at_ms))
        return REFUSE(SEAL_VALIDITY);
    if (is_revoked(signer, certificate, at_ms))
        return REFUSE(SEAL_REVOKED);
    const struct key *key = certificate_key(certificate);
    return key == NULL ? REFUSE(SEAL_ALG) : cose_verify(cose, key);
}

struct status seal_verify(struct arena *arena, const struct envelope *envelope,
                          const struct sealers *sealers, uint64_t at_ms,
                          const struct verified **ret_verified)
{
    struct slice from = envelope->claims.from;
    const struct party *party = directory_party_at(sealers->directory, from, at_ms);
    struct signer signer = {
        .directory = sealers->directory,
        .party = from,
        .certificates = party == NULL ? NULL : &party->sealing,
        .revoked = sealers->revoked,
    };
    struct status s = signer_verify(&signer, &envelope->cose, at_ms);
    if (failed(s))
        return s;

    struct verified *verified = arena_alloc(arena, sizeof *verified);
    if (verified == NULL)
        return FAIL(MEMORY);
    verified->envelope = envelope;
    *ret_verified = verified;
    return OK;
}

const struct envelope *verified_envelope(const struct verified *verified)
{
    return verified->envelope;
}
