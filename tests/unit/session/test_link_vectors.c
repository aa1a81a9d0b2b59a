/* The link vectors: both ends judge every frame, and so does the one that sends it. */

#include "session/session.h"
#include "support/vectors.h"

#include <string.h>

#define NOW_MS 1000000

static const struct session_limits limits = {FRAME_MAX_BYTES, 2, 0, 120000};

struct link {
    struct session ends[2]; /* by side: 0 dialled */
    struct arena *arena;
};

static struct link link_of(const json_t *vector)
{
    struct link l = {.arena = arena_new(1U << 24)};
    struct slice names[2] = {
        slice_text(json_string_value(json_object_get(vector, "dialler"))),
        slice_text(json_string_value(json_object_get(vector, "listener"))),
    };
    enum link_kind kind = strstr((const char *)names[0].at, "-GW-") ? LINK_PEER : LINK_PARTY;
    for (size_t side = 0; side < 2; side++) {
        struct session_ends ends = {kind, side == 0, names[side], names[1 - side]};
        session_start(&l.ends[side], &ends, &limits, NOW_MS);
    }
    return l;
}

/* What the receiving end says of the frame; the sending end, unless it is the last, agrees. */
static struct status pass(struct link *l, const json_t *row, bool last)
{
    size_t side = (size_t)json_integer_value(json_array_get(row, 0));
    struct frame frame;
    struct status s = frame_parse(l->arena, vector_octets(json_array_get(row, 1)), &frame);
    if (failed(s))
        return s;
    s = session_take(&l->ends[1 - side], &frame, NOW_MS);
    uint64_t number = frame.number;
    if (!last) {
        CHECK_OK(session_give(&l->ends[side], &frame, NOW_MS));
        CHECK_U64(frame.number, number);
    }
    return s;
}

static void run_vector(const json_t *vector)
{
    const char *name = json_string_value(json_object_get(vector, "name"));
    const char *reason = json_string_value(json_object_get(vector, "reason"));
    const json_t *frames = json_object_get(vector, "frames");
    struct link l = link_of(vector);
    struct status s = FAIL(ABSENT);
    for (size_t i = 0; i < json_array_size(frames); i++) {
        bool last = i + 1 == json_array_size(frames);
        s = pass(&l, json_array_get(frames, i), last);
        if (!last && !CHECK_OK(s))
            break;
    }
    if (!CHECK_TEXT(failed(s) ? reason_name(s.reason) : "fine", reason == NULL ? "fine" : reason))
        fprintf(stderr, "in vector \"%s\"\n", name);
    const char *code = json_string_value(json_object_get(vector, "code"));
    if (code != NULL)
        CHECK_TEXT(refusal_name(reason_refusal(s.reason)), code);
    arena_free(l.arena);
}

static void run_file(const char *file, size_t least)
{
    json_t *all = vectors(file);
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *vector = json_array_get(all, i);
        if (strcmp(json_string_value(json_object_get(vector, "kind")), "link") != 0)
            continue;
        run_vector(vector);
        count++;
    }
    CHECK(count >= least);
    json_decref(all);
}

static void good_links_are_accepted(void)
{
    run_file("positive.json", 1);
}

static void bad_links_are_refused_for_their_reason(void)
{
    run_file("negative.json", 11);
}

TESTS(session_vectors, {"a good link is accepted at both ends", good_links_are_accepted},
      {"a bad link is refused for its reason", bad_links_are_refused_for_their_reason})
