#include "audit/chain.h"

#include "base/instant.h"
#include "message/shape.h"
#include "message/signer.h"

#include <stdlib.h>

#define APPROVAL_TYPE "application/comity-approval"
#define VERSION       1
#define MAX_LIFE_MS   MS_PER_DAY

struct approval {
    struct digest digest;
    struct cose cose;
    struct slice action, object;
    struct slice party, officer;
    uint64_t from_ms, until_ms;
    struct slice ground;
    bool yes;
};

static bool is_action(struct slice s)
{
    static const char *const actions[] = {"release",    "lift",  "law",
                                          "breakglass", "erase", "revoke"};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (slice_is(s, actions[i]))
            return true;
    return false;
}

static void approval_read(struct cbor_cursor *c, struct approval *a)
{
    (void)cbor_map(c, UINT64_MAX);
    shape_key(c, 1);
    cbor_uint(c, VERSION, VERSION);
    shape_key(c, 2);
    a->action = shape_text(c, is_action);
    shape_key(c, 3);
    a->object = shape_hash(c);
    shape_key(c, 4);
    cbor_array(c, 2, 2);
    a->party = shape_text(c, name_is_party);
    a->officer = cbor_text(c, 1, SIZE_MAX);
    shape_key(c, 5);
    a->from_ms = shape_time(c);
    shape_key(c, 6);
    a->until_ms = shape_time(c);
    shape_key(c, 7);
    a->ground = shape_text(c, name_is_code);
    shape_key(c, 8);
    a->yes = cbor_bool(c);
}

/* Who is to have signed stands in the payload, so it is read before its signature is verified. */
static struct status approval_open(struct slice octets, struct approval *ret_approval)
{
    struct approval a = {0};
    struct status s = cose_open(octets, APPROVAL_TYPE, &a.cose);
    if (failed(s))
        return s;
    if (failed(s = cbor_scan(a.cose.payload)))
        return s;
    struct cbor_cursor c = cbor_over(a.cose.payload);
    approval_read(&c, &a);
    if (failed(s = shape_end(&c, REASON_APPROVAL_SHAPE)))
        return s;
    *ret_approval = a;
    return OK;
}

static const struct dated_certificates *officer_certificates(const struct approval_wanted *wanted,
                                                             const struct approval *a)
{
    const struct party *party = directory_party_at(wanted->directory, a->party, wanted->at_ms);
    for (size_t i = 0; party != NULL && i < party->officer_count; i++)
        if (slice_equal(party->officers[i].id, a->officer))
            return &party->officers[i].certificates;
    return NULL;
}

static struct status approval_judge(struct slice octets, const struct approval_wanted *wanted,
                                    struct approval *ret_approval)
{
    struct approval a = {0};
    struct status s = approval_open(octets, &a);
    if (failed(s))
        return s;
    if (wanted->party.length > 0 && !slice_equal(a.party, wanted->party))
        return REFUSE(APPROVAL_OFFICERS);
    const struct signer signer = {
        .directory = wanted->directory,
        .party = a.party,
        .officer = a.officer,
        .certificates = officer_certificates(wanted, &a),
        .revoked = wanted->revoked,
    };
    if (failed(s = signer_verify(&signer, &a.cose, wanted->at_ms)))
        return s;
    if (!slice_equal(a.action, wanted->action) || !digest_equal(wanted->object, a.object) || !a.yes)
        return REFUSE(APPROVAL_OBJECT);
    if (a.until_ms <= a.from_ms || a.until_ms - a.from_ms > MAX_LIFE_MS ||
        wanted->at_ms < a.from_ms || wanted->at_ms >= a.until_ms)
        return REFUSE(APPROVAL_VALIDITY);
    a.digest = digest_of(SEPARATION_APPROVAL, octets);
    *ret_approval = a;
    return OK;
}

/* Two persons with a certificate each. */
static bool are_four_eyes(const struct approval *a, const struct approval *b)
{
    bool same_officer = slice_equal(a->party, b->party) && slice_equal(a->officer, b->officer);
    return !same_officer && !slice_equal(a->cose.x5t, b->cose.x5t);
}

static bool has_four_eyes(const struct approval *all, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (are_four_eyes(&all[i], &all[k]))
                return true;
    return false;
}

static int by_time(const void *a, const void *b)
{
    const struct approval *x = a;
    const struct approval *y = b;
    return (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

struct status approvals_check(struct arena *arena, struct slices approvals,
                              const struct approval_wanted *wanted, struct slices *ret_digests)
{
    struct approval *all = arena_array(arena, approvals.count, sizeof *all);
    struct slices digests = {arena_array(arena, approvals.count, sizeof *digests.at), 0};
    struct status s;
    if (all == NULL || digests.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < approvals.count; i++)
        if (failed(s = approval_judge(approvals.at[i], wanted, &all[i])))
            return s;
    if (!has_four_eyes(all, approvals.count))
        return REFUSE(APPROVAL_OFFICERS);
    qsort(all, approvals.count, sizeof *all, by_time);
    for (size_t i = 0; i < approvals.count; i++)
        digests.at[digests.count++] = digest_slice(&all[i].digest);
    *ret_digests = digests;
    return OK;
}
