/* Whole deliveries and submissions against the directory of the vectors: what is accepted is for
 * its reader, and from its link. */

#include "audit/chain.h"
#include "message/submission.h"
#include "vectors.h"

#include <stdlib.h>

#define NOW_MS 1790000120000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct status never_seen([[maybe_unused]] void *store,
                                [[maybe_unused]] const struct message_key *key,
                                [[maybe_unused]] struct digest *ret_seal)
{
    return FAIL(ABSENT);
}

static void deliver(struct arena *a, const struct deliver *d)
{
    const struct reader_state reader = {.me = slice_text("XC-CA-01"), .now_ms = NOW_MS};
    const struct delivery_verified *v;
    if (!failed(chain_verify(a, d, vector_directory("directory-hub.json"), &reader, &v)) &&
        !slice_equal(v->envelope->claims.to, reader.me))
        abort();
}

static void submit(struct arena *a, const struct submit *s)
{
    const struct submission_context context = {
        .link = slice_text("XA-CA-01"),
        .directory = vector_directory("directory-hub.json"),
        .now_ms = NOW_MS,
        .seen = never_seen,
    };
    const struct submission *submission;
    if (!failed(submission_judge(a, s, &context, &submission)) &&
        !slice_equal(verified_envelope(submission->verified)->claims.from, context.link))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(4 << 20);
    struct frame frame;
    if (!failed(frame_parse(a, slice_over(data, size), &frame))) {
        if (frame.kind == FRAME_DELIVER)
            deliver(a, &frame.as.deliver);
        if (frame.kind == FRAME_SUBMIT)
            submit(a, &frame.as.submit);
    }
    arena_free(a);
    return 0;
}
