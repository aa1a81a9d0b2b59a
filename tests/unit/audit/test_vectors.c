#include "support/check.h"

#include "audit/chain.h"
#include "message/submission.h"
#include "vectors.h"

#include <stdio.h>
#include <string.h>

#define ARENA_BYTES (16 << 20)

static struct status frame_of_kind(struct arena *a, const json_t *v, enum frame_kind kind,
                                   struct frame *ret_frame)
{
    struct status s = frame_parse(a, vector_frame(v), ret_frame);
    if (failed(s))
        return s;
    return ret_frame->kind == kind ? OK : REFUSE(FRAME_STATE);
}

static const struct directory *directory_of(const json_t *v)
{
    return vector_directory(json_string_value(vector_at(v, "directory")));
}

static struct status run_delivery(struct arena *a, const json_t *v)
{
    struct frame frame;
    struct status s = frame_of_kind(a, v, FRAME_DELIVER, &frame);
    if (failed(s))
        return s;
    const struct reader_state reader = vector_reader(vector_at(v, "reader"));
    const struct delivery_verified *verified = NULL;
    return chain_verify(a, &frame.as.deliver, directory_of(v), &reader, &verified);
}

static struct status look_up(void *store, const struct message_key *key, struct digest *ret_seal)
{
    char text[160], id[33];
    for (size_t i = 0; i < key->id.length; i++)
        snprintf(id + 2 * i, 3, "%02x", (unsigned)key->id.at[i]);
    snprintf(text, sizeof text, "%.*s %s %.*s", (int)key->from.length, (const char *)key->from.at,
             id, (int)key->to.length, (const char *)key->to.at);
    if (json_object_get(store, text) == NULL)
        return FAIL(ABSENT);
    *ret_seal = digest_read(vector_hex(store, text));
    return OK;
}

static struct status run_submission(struct arena *a, const json_t *v)
{
    struct frame frame;
    struct status s = frame_of_kind(a, v, FRAME_SUBMIT, &frame);
    if (failed(s))
        return s;
    const struct submission_context context = {
        .link = vector_text(v, "link"),
        .directory = directory_of(v),
        .now_ms = vector_count(v, "now"),
        .seen = look_up,
        .store = json_object_get(v, "seen"),
    };
    const struct submission *submission = NULL;
    s = submission_judge(a, &frame.as.submit, &context, &submission);
    if (!failed(s)) {
        CHECK_U64(submission->repeated, json_object_size(vector_at(v, "seen")) > 0);
        CHECK(verified_envelope(submission->verified) != NULL);
    }
    return s;
}

static struct status run_receipt(struct arena *a, const json_t *v)
{
    const struct envelope *envelope;
    struct proved proved;
    struct slice seal = vector_hex(v, "seal");
    const json_t *expected = vector_at(v, "expected");
    if (!CHECK_OK(envelope_open(a, seal, seal.length, &envelope)))
        return FAIL(CONFIG);
    const struct receipt_wanted wanted = {
        .kind = (enum entry_kind)json_integer_value(json_array_get(expected, 0)),
        .stage = (enum stage)json_integer_value(json_array_get(expected, 1)),
        .hop = (uint64_t)json_integer_value(json_array_get(expected, 2)),
        .gateway = directory_gateway(directory_of(v), vector_text(v, "gateway")),
        .claims = &envelope->claims,
        .seal = &envelope->digest,
    };
    return receipt_check(a, vector_hex(v, "receipt"), &wanted, &proved);
}

static struct status run_approvals(struct arena *a, const json_t *v)
{
    struct digest object = digest_read(vector_hex(v, "object"));
    const struct approval_wanted wanted = {
        .action = vector_text(v, "action"),
        .object = &object,
        .at_ms = vector_count(v, "now"),
        .directory = directory_of(v),
    };
    struct slices digests;
    return approvals_check(a, vector_hex_list(vector_at(v, "approvals")), &wanted, &digests);
}

static struct status run_inclusion([[maybe_unused]] struct arena *a, const json_t *v)
{
    struct digest leaf = digest_read(vector_hex(v, "leaf"));
    struct digest root = digest_read(vector_hex(v, "root"));
    return merkle_included(&leaf, vector_count(v, "index"), vector_count(v, "size"),
                           vector_hex_list(vector_at(v, "path")), &root)
               ? OK
               : REFUSE(INCLUSION);
}

static struct status run_consistency([[maybe_unused]] struct arena *a, const json_t *v)
{
    struct digest old_root = digest_read(vector_hex(v, "root_old"));
    struct digest new_root = digest_read(vector_hex(v, "root_new"));
    return merkle_consistent(vector_count(v, "old"), vector_count(v, "new"), &old_root, &new_root,
                             vector_hex_list(vector_at(v, "path")))
               ? OK
               : REFUSE(CONSISTENCY);
}

static const struct {
    const char *kind;
    struct status (*run)(struct arena *, const json_t *);
    size_t good, bad; /* in positive.json and negative.json */
} kinds[] = {
    {"delivery", run_delivery, 1, 148}, {"submission", run_submission, 2, 16},
    {"receipt", run_receipt, 1, 4},     {"approvals", run_approvals, 1, 9},
    {"inclusion", run_inclusion, 1, 3}, {"consistency", run_consistency, 3, 6},
};

/* Says for which vector something else came out than its reason and code. */
static void came_out(const json_t *v, const char *file, struct status s)
{
    const char *name = json_string_value(json_object_get(v, "name"));
    const char *reason = json_string_value(json_object_get(v, "reason"));
    const char *code = json_string_value(json_object_get(v, "code"));
    char text[240];
    snprintf(text, sizeof text, "%s: got %s (%s), want %s", name == NULL ? file : name,
             code_name(s.code), reason_name(s.reason), reason == NULL ? "ok" : reason);
    bool holds = reason == NULL
                     ? s.code == CODE_OK
                     : s.code == CODE_REFUSED && strcmp(reason_name(s.reason), reason) == 0 &&
                           strcmp(refusal_name(reason_refusal(s.reason)), code) == 0;
    check_true(holds, text, __FILE__, __LINE__);
}

static size_t run_kind(size_t kind, const char *file)
{
    const json_t *list = vector_file(file);
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        if (strcmp(json_string_value(vector_at(v, "kind")), kinds[kind].kind) != 0)
            continue;
        struct arena *a = arena_new(ARENA_BYTES);
        came_out(v, file, kinds[kind].run(a, v));
        arena_free(a);
        count++;
    }
    return count;
}

static void every_good_vector_is_accepted(void)
{
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        CHECK_U64(run_kind(k, "positive.json"), kinds[k].good);
}

static void every_bad_vector_is_refused_for_its_reason(void)
{
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        CHECK_U64(run_kind(k, "negative.json"), kinds[k].bad);
}

static const char *const deliveries[] = {
    "delivery-hub.json",       "delivery-hub-es256.json",      "delivery-two-hop.json",
    "delivery-witnessed.json", "delivery-witnessed-soon.json",
};

static void every_delivery_is_verified_and_is_what_its_parts_say(void)
{
    for (size_t i = 0; i < sizeof deliveries / sizeof deliveries[0]; i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        const json_t *v = vector_file(deliveries[i]), *parts = vector_at(v, "parts");
        const struct reader_state reader = vector_reader(vector_at(v, "reader"));
        const struct delivery_verified *d = NULL;
        struct frame frame;
        came_out(v, deliveries[i], run_delivery(a, v));
        if (!CHECK_OK(frame_parse(a, vector_frame(v), &frame)) ||
            !CHECK_OK(chain_verify(a, &frame.as.deliver, directory_of(v), &reader, &d)))
            return;
        CHECK_BYTES(digest_slice(&d->envelope->digest), vector_hex(parts, "seal_digest"));
        CHECK_U64(d->hops, json_array_size(vector_at(parts, "releases")));
        CHECK_U64(d->contents->field_count, json_array_size(vector_at(parts, "fields")));
        CHECK_U64(d->contents->derived_count, json_array_size(vector_at(parts, "derived")));
        struct slices releases = vector_hex_list(vector_at(parts, "release_digests"));
        struct slices leaves = vector_hex_list(vector_at(parts, "leaf_hashes"));
        for (size_t h = 0; h < d->hops; h++) {
            CHECK_BYTES(d->receipts[h].outer.release, releases.at[h]);
            CHECK_BYTES(digest_slice(&d->receipts[h].leaf), leaves.at[h]);
        }
        arena_free(a);
    }
}

/* A frame with one octet changed anywhere is never accepted as another message. */
static void no_changed_octet_of_a_delivery_is_accepted(void)
{
    const json_t *v = vector_file("delivery-two-hop.json");
    const struct reader_state reader = vector_reader(vector_at(v, "reader"));
    struct slice good = vector_frame(v);
    uint8_t changed[16384];
    if (!CHECK(good.length <= sizeof changed))
        return;
    memcpy(changed, good.at, good.length);
    for (size_t i = 0; i < good.length; i += 7) {
        struct arena *a = arena_new(ARENA_BYTES);
        const struct delivery_verified *d = NULL;
        struct frame frame;
        changed[i] ^= 0x01;
        struct status s = frame_parse(a, slice_over(changed, good.length), &frame);
        bool other_number = !failed(s) && frame.number != 7;
        if (!failed(s) && frame.kind == FRAME_DELIVER)
            s = chain_verify(a, &frame.as.deliver, directory_of(v), &reader, &d);
        CHECK(failed(s) || frame.kind != FRAME_DELIVER || other_number);
        changed[i] ^= 0x01;
        arena_free(a);
    }
}

static void no_cut_delivery_is_accepted(void)
{
    const json_t *v = vector_file("delivery-hub.json");
    struct slice good = vector_frame(v);
    for (size_t length = 0; length < good.length; length += 3) {
        struct arena *a = arena_new(ARENA_BYTES);
        struct frame frame;
        CHECK(failed(frame_parse(a, slice_part(good, 0, length), &frame)));
        arena_free(a);
    }
}

TESTS(vectors, {"every good vector is accepted", every_good_vector_is_accepted},
      {"every bad vector is refused for its reason", every_bad_vector_is_refused_for_its_reason},
      {"every delivery is verified and is what its parts say",
       every_delivery_is_verified_and_is_what_its_parts_say},
      {"no changed octet of a delivery is accepted", no_changed_octet_of_a_delivery_is_accepted},
      {"no cut delivery is accepted", no_cut_delivery_is_accepted})
