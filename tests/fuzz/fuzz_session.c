/* A link as octets: one octet of what the link is, then for each frame one octet of who sends it
 * and when, and the frame. Whatever comes, both ends agree on what may be sent. */

#include <stdlib.h>
#include <string.h>

#include "session/query.h"
#include "session/session.h"

#define ARENA_BYTES (4U << 20)
#define PEER_LINK   1U
#define LISTENER    1U
#define LATE_MS     700U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void start(struct session ends[2], bool peer)
{
    static const struct session_limits limits = {FRAME_MAX_BYTES, 3, 0, 120000};
    struct slice names[2] = {slice_text(peer ? "XC-GW-01" : "XA-CA-01"), slice_text("XA-GW-01")};
    for (size_t side = 0; side < 2; side++) {
        struct session_ends e = {peer ? LINK_PEER : LINK_PARTY, side == 0, names[side],
                                 names[1 - side]};
        session_start(&ends[side], &e, &limits, 1000);
    }
}

/* What one end takes, the other may give, and nothing that is refused changes anything. */
static bool pass(struct session ends[2], size_t side, struct frame *f, uint64_t now_ms)
{
    struct session before = ends[1 - side];
    const char *why = NULL;
    if (failed(session_take(&ends[1 - side], f, now_ms))) {
        if (memcmp(&before, &ends[1 - side], sizeof before) != 0)
            abort();
        return false;
    }
    uint64_t number = f->number;
    if (failed(session_give(&ends[side], f, now_ms)))
        return false; /* too soon for a sender, though not for a receiver */
    if (f->number != number)
        abort();
    (void)session_tick(&ends[side], now_ms, &why);
    return session_credit(&ends[side]) <= SESSION_CREDITS_MAX;
}

static void read_rows(struct arena *arena, const struct answer *answer)
{
    struct inbox_row inbox;
    struct status_row status;
    struct rulebook_row rulebook;
    struct deliver deliver;
    struct slice note;
    struct slices path;
    for (size_t i = 0; i < answer->rows.count; i++) {
        struct slice row = answer->rows.at[i];
        (void)!failed(inbox_row_parse(arena, row, &inbox));
        (void)!failed(fetch_row_parse(arena, row, &deliver));
        (void)!failed(status_row_parse(arena, row, &status));
        (void)!failed(checkpoint_row_parse(row, &note));
        (void)!failed(consistency_row_parse(arena, row, &path));
        (void)!failed(rulebook_row_parse(row, &rulebook));
    }
}

static void look_inside(struct arena *arena, const struct frame *f)
{
    struct query_args args;
    if (f->kind == FRAME_QUERY)
        (void)!failed(query_args_parse(&f->as.query, &args));
    else if (f->kind == FRAME_ANSWER)
        read_rows(arena, &f->as.answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session ends[2];
    struct reader r = reader_over(slice_over(data, size));
    struct arena *arena = arena_new(ARENA_BYTES);
    uint64_t now_ms = 1000;
    bool going = arena != NULL;
    start(ends, (reader_u8(&r) & PEER_LINK) != 0);
    while (going && r.left.length > 1) {
        struct frame f;
        size_t length = 0;
        uint8_t how = reader_u8(&r);
        going = !failed(frame_length(r.left, &length)) && length > 0;
        if (!going)
            break;
        struct slice whole = reader_take(&r, length);
        going = !failed(frame_parse(arena, slice_part(whole, FRAME_HEAD_BYTES, SIZE_MAX), &f));
        now_ms += (how >> 1) * LATE_MS;
        if (going)
            look_inside(arena, &f);
        going = going && pass(ends, how & LISTENER, &f, now_ms);
    }
    arena_free(arena);
    return 0;
}
