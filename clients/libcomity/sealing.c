#include "libcomity/sealing.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "message/field.h"

/* Digests in the seal: never the next power of two above the fields, which would tell how many
 * were removed. */
static size_t digest_count(const struct draft *draft)
{
    size_t count = draft->type == NULL ? PAD_DEFAULT : type_pad(draft->type);
    while (count < draft->field_count)
        count *= 2;
    return count;
}

static struct status seal_field(struct arena *arena, const struct leaf *leaf,
                                struct slice *ret_octets, struct digest *ret_digest)
{
    uint8_t salt[SALT_BYTES];
    struct status s = entropy_fill(salt, sizeof salt);
    if (failed(s))
        return s;
    struct buffer b = buffer_new(FIELD_MAX_BYTES);
    field_write(&b,
                &(struct field_parts){slice_over(salt, sizeof salt), leaf->path, leaf->value.raw});
    bool large = b.failed;
    struct slice octets = arena_copy(arena, buffer_slice(&b));
    buffer_done(&b);
    if (large)
        return FAIL(FULL);
    if (octets.at == NULL)
        return FAIL(MEMORY);
    *ret_octets = octets;
    *ret_digest = digest_of(SEPARATION_FIELD, octets);
    return OK;
}

static struct status seal_fields(struct arena *arena, const struct draft *draft,
                                 struct slices *fields, struct digest *digests,
                                 struct comity_fault *reterr)
{
    fields->count = draft->field_count;
    fields->at = arena_array(arena, fields->count, sizeof *fields->at);
    struct status s = fields->at == NULL ? FAIL(MEMORY) : OK;
    for (size_t i = 0; i < draft->field_count && !failed(s); i++) {
        s = seal_field(arena, &draft->fields[i], &fields->at[i], &digests[i]);
        if (s.code == CODE_FULL)
            return fault_input(reterr, REFUSAL_SIZE, "%.*s: longer than a field can be",
                               (int)draft->fields[i].path.length,
                               (const char *)draft->fields[i].path.at);
    }
    return s;
}

static struct status draw_decoys(struct arena *arena, size_t count, struct slices *decoys,
                                 struct digest *digests)
{
    uint8_t *octets = arena_array(arena, count, DECOY_BYTES);
    decoys->count = count;
    decoys->at = arena_array(arena, count, sizeof *decoys->at);
    if (octets == NULL || decoys->at == NULL)
        return FAIL(MEMORY);
    struct status s = entropy_fill(octets, count * DECOY_BYTES);
    for (size_t i = 0; i < count && !failed(s); i++) {
        decoys->at[i] = slice_over(octets + i * DECOY_BYTES, DECOY_BYTES);
        digests[i] = decoy_digest(decoys->at[i]);
    }
    return s;
}

static int by_octets(const void *a, const void *b)
{
    return memcmp(a, b, DIGEST_BYTES);
}

static struct status list_digests(struct arena *arena, struct digest *digests, size_t count,
                                  struct slices *ret_list)
{
    struct slices list = {arena_array(arena, count, sizeof *list.at), count};
    if (list.at == NULL)
        return FAIL(MEMORY);
    qsort(digests, count, sizeof *digests, by_octets);
    for (size_t i = 0; i < count; i++)
        list.at[i] = digest_slice(&digests[i]);
    *ret_list = list;
    return OK;
}

static struct status seal_claims(struct arena *arena, const struct claims *claims,
                                 const struct sealer *sealer, struct slice *ret_seal)
{
    struct buffer b = buffer_new(SEAL_MAX_BYTES);
    struct status s = seal_make(claims, sealer->key, certificate_x5t(sealer->certificate), &b);
    if (!failed(s)) {
        *ret_seal = arena_copy(arena, buffer_slice(&b));
        s = b.failed || ret_seal->at == NULL ? FAIL(MEMORY) : OK;
    }
    buffer_done(&b);
    return s;
}

/* Octets of [seal, fields] as MessagePack, heads at their longest. */
static bool too_long(const struct submit *submit)
{
    size_t length = 1 + 5 + submit->message.seal.length + 5;
    for (size_t i = 0; i < submit->message.fields.count; i++)
        length += 5 + submit->message.fields.at[i].length;
    return length > MESSAGE_MAX_BYTES;
}

static struct status give_locals(struct arena *arena, const struct draft *draft,
                                 struct submit *submit)
{
    submit->locals_count = draft->local_count;
    submit->locals = arena_array(arena, draft->local_count, sizeof *submit->locals);
    if (submit->locals == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < draft->local_count; i++)
        submit->locals[i] = (struct local_value){draft->locals[i].path, draft->locals[i].value};
    return OK;
}

struct status seal_draft(struct arena *arena, const struct draft *draft,
                         const struct sealer *sealer, struct submit *ret_submit,
                         struct comity_fault *reterr)
{
    struct submit submit;
    struct claims claims = draft->claims;
    size_t count = digest_count(draft);
    struct digest *digests = arena_array(arena, count, sizeof *digests);
    memset(&submit, 0, sizeof submit);
    if (digests == NULL)
        return FAIL(MEMORY);
    struct status s = seal_fields(arena, draft, &submit.message.fields, digests, reterr);
    if (!failed(s))
        s = draw_decoys(arena, count - draft->field_count, &submit.decoys,
                        digests + draft->field_count);
    if (!failed(s))
        s = list_digests(arena, digests, count, &claims.digests);
    if (!failed(s))
        s = seal_claims(arena, &claims, sealer, &submit.message.seal);
    if (!failed(s))
        s = give_locals(arena, draft, &submit);
    if (failed(s))
        return s;
    if (too_long(&submit))
        return fault_input(reterr, REFUSAL_SIZE, "the message is longer than %d octets",
                           MESSAGE_MAX_BYTES);
    *ret_submit = submit;
    return OK;
}
