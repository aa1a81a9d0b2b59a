#include "served_log.h"

#include "support/check.h"

#include "base/encoding.h"
#include "mirror/mirror_parts.h"
#include "mirror/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_ARENA_BYTES (64U << 20)

void served_make(struct served_log *log, const char *dir, uint64_t count)
{
    char path[256];
    snprintf(path, sizeof path, "%s/gateway-%llu-%p", dir, (unsigned long long)count, (void *)log);
    *log = (struct served_log){.whole = made_mirror(path)};
    made_starts(log->whole, count);
}

void served_done(struct served_log *log)
{
    mirror_close(log->whole);
    log->whole = NULL;
}

static struct status openings_give(struct served_log *log, const char *query, struct buffer *out)
{
    struct opened_entry rows[OPENINGS_MAX];
    uint64_t from = 0, wanted = 0;
    struct arena *arena = arena_new(ROWS_ARENA_BYTES);
    const struct slice text = slice_text(query);
    const size_t split = slice_find(text, '&');
    size_t count = 0;
    CHECK(decimal_read(slice_part(text, 5, split - 5), INT64_MAX, &from));
    CHECK(decimal_read(slice_part(text, split + 7, SIZE_MAX), OPENINGS_MAX, &wanted));
    wanted = wanted + log->more < OPENINGS_MAX ? wanted + log->more : OPENINGS_MAX;
    while (count < wanted && from + count < mirror_count(log->whole)) {
        struct mirror_entry e;
        CHECK_OK(mirror_entry_any(log->whole, arena, from + count, &e));
        if (e.index < log->emptied)
            e.row.outer = e.row.inner = e.row.closed = (struct opening){0};
        rows[count++] = e.row;
    }
    openings_write(out, rows, count);
    arena_free(arena);
    return count == 0 ? FAIL(ABSENT) : OK;
}

static struct status give(struct served_log *log, const char *path, struct buffer *out)
{
    static const char files[] = "/log/", openings[] = "/openings?";
    if (strncmp(path, files, sizeof files - 1) == 0)
        return mirror_log_read(log->whole, path + sizeof files - 1, out);
    CHECK(strncmp(path, openings, sizeof openings - 1) == 0);
    return openings_give(log, path + sizeof openings - 1, out);
}

void served_fetch(void *source, struct sync_file *files, size_t count)
{
    struct served_log *log = source;
    CHECK(count > 0 && count <= SYNC_FETCHES);
    for (size_t i = 0; i < count; i++) {
        log->fetched++;
        snprintf(log->last, sizeof log->last, "%s", files[i].path);
        if (log->broken_off != 0 && log->fetched >= log->broken_off)
            files[i].status = FAIL(NETWORK);
        else if (log->fetched == log->missing)
            files[i].status = FAIL(ABSENT);
        else
            files[i].status = give(log, files[i].path, &files[i].body);
        if (log->fetched == log->flipped)
            files[i].body.at[files[i].body.length / 2] ^= 1;
    }
}

void served_erase(struct served_log *log, uint64_t index)
{
    struct mirror_entry e;
    struct arena *arena = arena_new(ROWS_ARENA_BYTES);
    CHECK_OK(mirror_entry_any(log->whole, arena, index, &e));
    e.row.outer = e.row.inner = e.row.closed = (struct opening){0};
    CHECK_OK(mirror_begin(log->whole));
    CHECK_OK(mirror_put(log->whole, &e.row));
    CHECK_OK(mirror_commit(log->whole));
    arena_free(arena);
}

void served_erasure(struct served_log *log, uint64_t related)
{
    static const uint8_t rulebook[32] = {1};
    const struct outer outer = {.kind = ENTRY_ERASURE,
                                .gateway = slice_text(MADE_GATEWAY),
                                .rulebook = slice_over(rulebook, sizeof rulebook)};
    const struct inner inner = {.op = slice_text("ERASE"),
                                .actor = slice_text(MADE_GATEWAY),
                                .has_related = true,
                                .related = related};
    made_put(log->whole, MADE_BEGAN_MS, &outer, &inner);
}
