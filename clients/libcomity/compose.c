#include "libcomity/compose.h"

#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "crypto/secret.h"
#include "libcomity/claim_rows.h"
#include "libcomity/compose_walk.h"
#include "message/field.h"
#include "wire/names.h"

#define SCHEMA_DEFAULT 1

struct status compose_parse(struct slice document, json_t **ret_json, struct comity_fault *reterr)
{
    json_error_t error;
    json_t *json =
        json_loadb((const char *)document.at, document.length, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        return fault_input(reterr, REFUSAL_SCHEMA,
                           "the document is not JSON: line %d, column %d: %s", error.line,
                           error.column, error.text);
    if (!json_is_object(json)) {
        json_decref(json);
        return fault_input(reterr, REFUSAL_SCHEMA, "the document is not a JSON object");
    }
    *ret_json = json;
    return OK;
}

/* Lists are sealed value by value where the type says so, so the type must be known first. */
static struct status find_type(const struct compose_question *q, const json_t *json,
                               struct draft *draft, struct comity_fault *reterr)
{
    const json_t *name = json_object_get(json, "type"), *version = json_object_get(json, "schema");
    if (!json_is_string(name))
        return fault_input(reterr, REFUSAL_INCOMPLETE, "type: the document names no message type");
    struct slice text = slice_over(json_string_value(name), json_string_length(name));
    draft->type = json_is_integer(version)
                      ? schema_type(q->schema, text, (uint64_t)json_integer_value(version))
                      : schema_newest(q->schema, text);
    return OK;
}

static struct status give_uuid(struct arena *arena, struct slice given, struct claims *c,
                               enum claim claim, struct slice *member)
{
    uint8_t octets[UUID_BYTES];
    if (claims_have(c, claim) && given.length == 0)
        return OK;
    if (given.length == 0) {
        struct status s = entropy_uuid(octets);
        if (failed(s))
            return s;
        given = slice_over(octets, sizeof octets);
    }
    *member = arena_copy(arena, given);
    c->present |= 1U << claim;
    return member->at == NULL ? FAIL(MEMORY) : OK;
}

static struct status give_party(struct arena *arena, struct slice party, struct claims *c,
                                enum claim claim, struct slice *member)
{
    if (claims_have(c, claim) || party.length == 0)
        return OK;
    *member = arena_copy(arena, party);
    c->present |= 1U << claim;
    return member->at == NULL ? FAIL(MEMORY) : OK;
}

static void give_times(struct claims *c, uint64_t now_ms)
{
    if (!claims_have(c, CLAIM_CREATED))
        c->created_ms = now_ms;
    if (!claims_have(c, CLAIM_EXPIRES))
        c->expires_ms = c->created_ms + COMPOSE_LIFE_MS;
    if (!claims_have(c, CLAIM_RETAIN_UNTIL)) {
        c->retain_until_ms = c->created_ms + COMPOSE_RETAIN_MS;
        c->retain_until_ms -= c->retain_until_ms % MS_PER_DAY;
    }
    c->present |= 1U << CLAIM_CREATED | 1U << CLAIM_EXPIRES | 1U << CLAIM_RETAIN_UNTIL;
}

static void give_numbers(const struct message_type *type, struct claims *c)
{
    if (!claims_have(c, CLAIM_SCHEMA))
        c->schema = type == NULL ? SCHEMA_DEFAULT : type_version(type);
    c->present |= 1U << CLAIM_VERSION | 1U << CLAIM_SCHEMA;
}

/* What the client fills where the document does not say. */
static struct status give_claims(struct arena *arena, const struct compose_question *q,
                                 struct draft *draft)
{
    struct claims *c = &draft->claims;
    struct status s;
    if (failed(s = give_uuid(arena, (struct slice){0}, c, CLAIM_ID, &c->id)) ||
        failed(s = give_uuid(arena, q->thread, c, CLAIM_THREAD, &c->thread)) ||
        failed(s = give_party(arena, q->from, c, CLAIM_FROM, &c->from)) ||
        failed(s = give_party(arena, q->to, c, CLAIM_TO, &c->to)))
        return s;
    if (q->reply_to.length > 0 &&
        failed(s = give_uuid(arena, q->reply_to, c, CLAIM_REPLY_TO, &c->reply_to)))
        return s;
    give_times(c, q->now_ms);
    give_numbers(draft->type, c);
    return OK;
}

static struct status check_parties(const struct compose_question *q, const struct claims *c,
                                   struct comity_fault *reterr)
{
    if (!claims_have(c, CLAIM_TO))
        return fault_input(reterr, REFUSAL_INCOMPLETE, "to: the message has no recipient");
    if (!slice_equal(c->from, q->from))
        return fault_input(reterr, REFUSAL_ROLE, "from: the document is %.*s's, you are %.*s",
                           (int)c->from.length, (const char *)c->from.at, (int)q->from.length,
                           (const char *)q->from.at);
    if (q->to.length > 0 && !slice_equal(c->to, q->to))
        return fault_input(reterr, REFUSAL_ROUTE, "to: the document is meant for %.*s, not %.*s",
                           (int)c->to.length, (const char *)c->to.at, (int)q->to.length,
                           (const char *)q->to.at);
    if (!claims_have(c, CLAIM_PURPOSE))
        return fault_input(reterr, REFUSAL_INCOMPLETE, "purpose: the message has no purpose");
    return OK;
}

/* Writes the claims and reads them again as every verifier will. */
static struct status check_claims(struct arena *arena, const struct claims *claims,
                                  struct comity_fault *reterr)
{
    uint8_t octets[DIGESTS_MIN][DIGEST_BYTES] = {0};
    struct slice digests[DIGESTS_MIN];
    struct claims whole = *claims, read;
    struct buffer b = buffer_new(65536);
    for (size_t i = 0; i < DIGESTS_MIN; i++) {
        octets[i][0] = (uint8_t)i;
        digests[i] = slice_over(octets[i], DIGEST_BYTES);
    }
    whole.digests = (struct slices){digests, DIGESTS_MIN};
    claims_write(&b, &whole);
    struct status s = b.failed ? FAIL(MEMORY) : claims_parse(arena, buffer_slice(&b), &read);
    buffer_done(&b);
    if (s.code != CODE_REFUSED)
        return s;
    s = fault_input(reterr, reason_refusal(s.reason), "the claims do not fit (%s)",
                    reason_name(s.reason));
    fault_hint(reterr, "expires is at most 30 days after created, retain_until not before it; "
                       "urgency ROUTINE, URGENT or EMERGENCY; handling H0 to H3; tier T0 to T4");
    return s;
}

struct status compose(struct arena *arena, const struct compose_question *question,
                      struct draft *ret_draft, struct comity_fault *reterr)
{
    json_t *json = NULL;
    struct draft draft;
    memset(&draft, 0, sizeof draft);
    struct status s = compose_parse(question->document, &json, reterr);
    if (failed(s))
        return s;
    if (failed(s = find_type(question, json, &draft, reterr)) ||
        failed(s = compose_walk(arena, json, &draft, reterr)) ||
        failed(s = give_claims(arena, question, &draft)) ||
        failed(s = check_parties(question, &draft.claims, reterr)) ||
        failed(s = check_claims(arena, &draft.claims, reterr)))
        goto out;
    *ret_draft = draft;
out:
    json_decref(json);
    return s;
}
