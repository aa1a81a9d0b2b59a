#include "message/submission.h"

#include "base/slices.h"
#include "message/release.h"
#include "message/shape.h"
#include "wire/names.h"

#include <string.h>

static struct status decoys_differ(struct arena *arena, struct slices decoys)
{
    struct slices sorted = {arena_array(arena, decoys.count, sizeof *sorted.at), decoys.count};
    if (sorted.at == NULL)
        return FAIL(MEMORY);
    if (decoys.count > 0)
        memcpy(sorted.at, decoys.at, decoys.count * sizeof *sorted.at);
    slices_sort(sorted);
    return slices_ascending(sorted) ? OK : REFUSE(DECOY_REUSED);
}

/*
 * Fields are of the seal already and differ, and so do decoys: every digest has its preimage if
 * there are as many preimages as digests.
 */
static struct status digests_explained(const struct claims *claims, size_t field_count,
                                       struct slices decoys)
{
    for (size_t i = 0; i < decoys.count; i++) {
        struct digest digest = decoy_digest(decoys.at[i]);
        if (!digests_have(claims->digests, &digest))
            return REFUSE(DECOY_DIGEST);
    }
    return field_count + decoys.count == claims->digests.count ? OK : REFUSE(DECOY_MISSING);
}

/* Whether a field lies at or below the path. */
static bool covers_field(const struct contents *contents, struct slice path)
{
    size_t i = rows_from(contents->fields, contents->field_count, sizeof *contents->fields, path);
    return i < contents->field_count && path_covers(path, contents->fields[i].path);
}

/* Every element that the path goes through is one of the message's. */
static bool elements_known(const struct contents *contents, struct slice path)
{
    struct slice rest = path, segment;
    while (path_next(&rest, &segment)) {
        size_t length = (size_t)(segment.at + segment.length - path.at);
        if (name_is_element(segment) && !covers_field(contents, slice_part(path, 0, length)))
            return false;
    }
    return true;
}

static bool locals_fit(const struct contents *contents, const struct submission_extras *extras)
{
    for (size_t i = 0; i < extras->local_count; i++) {
        const struct local_value *local = &extras->locals[i];
        if (!name_is_path(local->path) || !value_is_leaf(&local->value) ||
            !elements_known(contents, local->path))
            return false;
        if (i > 0 && slice_compare(extras->locals[i - 1].path, local->path) >= 0)
            return false;
    }
    return true;
}

struct status submission_check(struct arena *arena, const struct claims *claims,
                               const struct contents *contents,
                               const struct submission_extras *extras)
{
    struct status s = decoys_differ(arena, extras->decoys);
    if (failed(s))
        return s;
    if (failed(s = digests_explained(claims, contents->field_count, extras->decoys)))
        return s;
    return locals_fit(contents, extras) ? OK : REFUSE(LOCAL_SHAPE);
}

/* Replay comes before times, so that the same octets can be sent again after hours. */
static struct status replay_judge(const struct submission_context *context,
                                  const struct envelope *envelope, bool *ret_repeated)
{
    const struct message_key key = {envelope->claims.from, envelope->claims.id,
                                    envelope->claims.to};
    struct digest before;
    struct status s = context->seen(context->store, &key, &before);
    if (s.code == CODE_ABSENT) {
        *ret_repeated = false;
        return OK;
    }
    if (failed(s))
        return s;
    if (!digest_equal(&before, digest_slice(&envelope->digest)))
        return REFUSE(REPLAY_OTHER);
    *ret_repeated = true;
    return OK;
}

/* From the opened seal to the question whether all this was here before. */
static struct status seal_judge(struct arena *arena, const struct submit *submit,
                                const struct submission_context *context,
                                struct submission *submission)
{
    const struct envelope *envelope;
    struct status s =
        envelope_open(arena, submit->message.seal, submit->message_raw.length, &envelope);
    if (failed(s))
        return s;
    if (!slice_equal(envelope->claims.from, context->link))
        return REFUSE(LINK_FROM);
    const struct sealers sealers = {context->directory, context->revoked};
    if (failed(s = seal_verify(arena, envelope, &sealers, context->now_ms, &submission->verified)))
        return s;
    if (directory_home_at(context->directory, envelope->claims.to, context->now_ms) == NULL)
        return REFUSE(ROUTE_UNKNOWN);
    return replay_judge(context, envelope, &submission->repeated);
}

static struct status contents_judge(struct arena *arena, const struct submit *submit,
                                    const struct claims *claims, uint64_t now_ms,
                                    struct submission *submission)
{
    struct status s = claims_timely(claims, now_ms);
    if (failed(s))
        return s;
    if (failed(s = contents_parse(arena, claims, submit->message.fields, (struct slices){NULL, 0},
                                  &submission->contents)))
        return s;
    submission->extras = (struct submission_extras){
        .locals = submit->locals,
        .local_count = submit->locals_count,
        .decoys = submit->decoys,
    };
    return submission_check(arena, claims, submission->contents, &submission->extras);
}

struct status submission_judge(struct arena *arena, const struct submit *submit,
                               const struct submission_context *context,
                               const struct submission **ret_submission)
{
    struct submission *submission = arena_alloc(arena, sizeof *submission);
    struct status s =
        submission == NULL ? FAIL(MEMORY) : seal_judge(arena, submit, context, submission);
    if (!failed(s) && !submission->repeated)
        s = contents_judge(arena, submit, &verified_envelope(submission->verified)->claims,
                           context->now_ms, submission);
    if (!failed(s))
        *ret_submission = submission;
    return s;
}
