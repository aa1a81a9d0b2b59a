#include "stamped_mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../crypto/tsa.h"
#include "base/encoding.h"
#include "base/instant.h"
#include "made_mirror.h"
#include "mirror/mirror_parts.h"
#include "mirror/sync_timestamps.h"
#include "mirror/verify.h"
#include "support/check.h"
#include "support/folder.h"

#define BEGAN_MS 1000000000000ULL /* long before any authority's clock */

static uint64_t now_ms(void)
{
    return (uint64_t)time(NULL) * MS_PER_SECOND;
}

static struct mirror *mirror_of(const char *dir, uint64_t count)
{
    static const uint8_t rulebook[32] = {1};
    const struct outer outer = {.kind = ENTRY_START_STOP,
                                .gateway = slice_text(MADE_GATEWAY),
                                .rulebook = slice_over(rulebook, sizeof rulebook)};
    const struct inner inner = {.op = slice_text("OPERATE"), .actor = slice_text(MADE_GATEWAY)};
    struct mirror *m = made_mirror(dir);
    for (uint64_t i = 0; i < count; i++)
        made_put(m, BEGAN_MS + i, &outer, &inner);
    made_keep(m);
    return m;
}

void stamped_text(const char *signer, struct slice text, uint64_t at_s, struct buffer *out)
{
    const struct tsa_answer answer = {.signer = signer, .at_s = at_s};
    struct buffer request = buffer_new(TIMESTAMP_REQUEST_MAX_BYTES);
    struct buffer response = buffer_new(TIMESTAMP_MAX_BYTES);
    CHECK_OK(timestamp_request(text, 7, &request));
    tsa_stamp(&answer, buffer_slice(&request), &response);
    buffer_clear(out);
    CHECK_OK(timestamp_keep(buffer_slice(&response), out));
    buffer_done(&request);
    buffer_done(&response);
}

void stamped_at(struct stamped *t, uint64_t size, uint64_t at_s)
{
    struct buffer body = buffer_new(NOTE_MAX_BYTES);
    const struct timestamped_log log = {mirror_log_read, t->mirror, slice_text(MADE_ORIGIN),
                                        mirror_size(t->mirror)};
    t->stamps[size] = buffer_new(TIMESTAMP_MAX_BYTES);
    CHECK_OK(timestamped_body(&log, size, &body));
    stamped_text(t->signer, buffer_slice(&body), at_s, &t->stamps[size]);
    buffer_done(&body);
}

void stamped_now(struct stamped *t, uint64_t size)
{
    stamped_at(t, size, 0);
}

struct stamped *stamped_make(void)
{
    struct stamped *t = calloc(1, sizeof *t);
    if (t == NULL)
        abort();
    t->mirror = mirror_of(fresh_folder(), STAMPED_ENTRIES);
    t->signer = "tsa";
    t->now_ms = now_ms();
    return t;
}

void stamped_done(struct stamped *t)
{
    mirror_close(t->mirror);
    for (size_t i = 0; i < sizeof t->stamps / sizeof t->stamps[0]; i++)
        buffer_done(&t->stamps[i]);
    free(t);
}

uint64_t stamped_go_on(struct stamped *t, uint64_t hours)
{
    const uint64_t before_s = t->now_ms / MS_PER_SECOND;
    t->now_ms += hours * STAMPED_HOUR_S * MS_PER_SECOND;
    return before_s;
}

/* ---- the gateway ---- */

static struct status list_give(struct stamped *t, struct slice from, struct buffer *out)
{
    uint64_t at = 0, sizes[TIMESTAMPED_LIST_MAX];
    size_t count = 0;
    t->lists++;
    CHECK(decimal_read(from, INT64_MAX, &at));
    for (; at < sizeof t->stamps / sizeof t->stamps[0] && count < TIMESTAMPED_LIST_MAX; at++)
        if (t->stamps[at].length > 0)
            sizes[count++] = at;
    if (t->list != NULL)
        buffer_text(out, t->list);
    else
        timestamped_list_write(out, sizes, count);
    return OK;
}

static struct status give(struct stamped *t, struct slice path, struct buffer *out)
{
    static const char list[] = "timestamp/?from=";
    char base[64];
    uint64_t size = 0;
    snprintf(base, sizeof base, "/log/%s%s", t->ended == NULL ? "" : t->ended,
             t->ended == NULL ? "" : "/");
    if (!CHECK(slice_begins(path, slice_text(base))))
        return FAIL(ABSENT);
    path = slice_part(path, strlen(base), SIZE_MAX);
    if (slice_begins(path, slice_text(list)))
        return list_give(t, slice_part(path, sizeof list - 1, SIZE_MAX), out);
    CHECK(timestamped_path_read(path, &size));
    if (size == t->missing)
        return FAIL(ABSENT);
    buffer_put(out, buffer_slice(&t->stamps[size]));
    return OK;
}

/* A sync_fetch. */
static void fetch(void *source, struct sync_file *files, size_t count)
{
    struct stamped *t = source;
    CHECK(count > 0 && count <= SYNC_FETCHES);
    for (size_t i = 0; i < count; i++, t->asked++)
        files[i].status = give(t, slice_text(files[i].path), &files[i].body);
}

struct status stamped_sync(struct stamped *t)
{
    const struct sync_settings settings = {
        .mirror = t->mirror, .ended = t->ended, .fetch = fetch, .source = t, .now_ms = t->now_ms};
    t->asked = t->lists = 0;
    return sync_timestamps(&settings, &t->outcome);
}

uint64_t stamped_last(struct stamped *t)
{
    uint64_t size = 0;
    CHECK_OK(mirror_timestamps_last(t->mirror, &size));
    return size;
}

struct status stamped_verified(struct stamped *t, const char *root)
{
    struct timestamp_authorities *a = NULL;
    if (root != NULL)
        CHECK_OK(timestamp_authorities_load(pki("tsa/%s.crt", root), &a));
    t->fault[0] = '\0';
    struct status s = mirror_timestamps_verify(t->mirror, a, t->now_ms, &t->found, t->fault);
    CHECK(failed(s) == (t->fault[0] != '\0'));
    timestamp_authorities_free(a);
    return s;
}

/* ---- the mirror ---- */

void stamped_run(struct stamped *t, const char *sql)
{
    CHECK_U64((uint64_t)sqlite3_exec(t->mirror->db, sql, NULL, NULL, NULL), SQLITE_OK);
    CHECK_U64((uint64_t)sqlite3_changes(t->mirror->db), 1);
}
