#include "mirror/timestamps.h"

#include <stdio.h>

#include "mirror/mirror_parts.h"
#include "mirror/verify.h"

/* The schema is in open.c: timestamp(size, response). */

struct status mirror_timestamps_last(struct mirror *m, uint64_t *ret_size)
{
    sqlite3_stmt *row = NULL;
    struct status s =
        mirror_ask(m, "SELECT size FROM timestamp ORDER BY size DESC LIMIT 1", NULL, 0, &row);
    if (failed(s))
        return s;
    s = mirror_row(row);
    *ret_size = failed(s) ? 0 : mirror_number(row, 0);
    mirror_end(m, row);
    return s.code == CODE_ABSENT ? OK : s;
}

static struct timestamped_log log_of(struct mirror *m)
{
    return (struct timestamped_log){mirror_log_read, m, slice_text(m->origin), m->size};
}

/* ---- keeping ---- */

/* What was changed since it was kept is named by mirror_timestamps_verify, and let go by nobody. */
static struct status row_read(struct mirror *m, sqlite3_stmt *row, uint64_t now_ms,
                              struct timestamps_row *ret_row)
{
    uint64_t time_ms = 0;
    const struct slice response = mirror_octets(row, 1);
    const struct timestamped_log log = log_of(m);
    const uint64_t size = mirror_number(row, 0);
    struct status s =
        timestamped_verify(&log, size, response, now_ms + TIMESTAMPED_SLACK_MS, NULL, &time_ms);
    const bool is_changed = s.code == CODE_REFUSED || s.code == CODE_ABSENT;
    *ret_row = (struct timestamps_row){
        .size = size, .time_ms = is_changed ? 0 : time_ms, .bytes = response.length};
    if (!failed(s))
        s = timestamp_signer(response, &ret_row->signer);
    return is_changed ? OK : s;
}

static struct status newest_read(struct mirror *m, uint64_t now_ms, struct timestamps_kept *kept)
{
    sqlite3_stmt *row = NULL;
    struct status s = mirror_ask(
        m, "SELECT size, response FROM timestamp ORDER BY size DESC LIMIT 2", NULL, 0, &row);
    if (failed(s))
        return s;
    s = mirror_row(row);
    if (!failed(s))
        s = row_read(m, row, now_ms, &kept->newest);
    if (!failed(s))
        s = mirror_row(row);
    if (!failed(s))
        s = row_read(m, row, now_ms, &kept->before);
    mirror_end(m, row);
    return s.code == CODE_ABSENT ? OK : s;
}

struct status mirror_timestamps_kept(struct mirror *m, uint64_t now_ms,
                                     struct timestamps_kept *ret_kept)
{
    sqlite3_stmt *row = NULL;
    struct timestamps_kept kept = {.let_go = 0};
    struct status s =
        mirror_ask(m, "SELECT coalesce(sum(length(response)), 0) FROM timestamp", NULL, 0, &row);
    if (failed(s))
        return s;
    s = mirror_row(row);
    if (!failed(s))
        kept.bytes = mirror_number(row, 0);
    mirror_end(m, row);
    if (!failed(s))
        s = newest_read(m, now_ms, &kept);
    if (!failed(s))
        *ret_kept = kept;
    return s;
}

static bool is_by(const struct timestamps_row *row, const struct timestamps_row *other)
{
    return row->time_ms > 0 && digest_equal(&row->signer, digest_slice(&other->signer));
}

/* The newest one comes too soon after the one before it, and another one after both. */
static bool is_near(const struct timestamps_kept *kept, const struct timestamps_row *more)
{
    return is_by(&kept->before, more) && is_by(&kept->newest, more) &&
           kept->newest.time_ms < kept->before.time_ms + TIMESTAMPS_APART_MS;
}

static struct status newest_drop(struct mirror *m, struct timestamps_kept *kept)
{
    const struct mirror_value value = NUMBER(kept->newest.size);
    kept->bytes -= kept->newest.bytes;
    kept->let_go++;
    return mirror_run(m, "DELETE FROM timestamp WHERE size = ?", &value, 1);
}

static struct status row_keep(struct mirror *m, struct timestamps_kept *kept,
                              const struct timestamps_row *row, struct slice response)
{
    const struct mirror_value values[] = {NUMBER(row->size), OCTETS(response)};
    kept->bytes += row->bytes;
    kept->newest = *row;
    return mirror_run(m, "INSERT INTO timestamp VALUES(?, ?)", values, 2);
}

/* The first stays: it says most about the oldest entries. */
static struct status make_room(struct mirror *m, struct timestamps_kept *kept,
                               const struct timestamps_row *row, bool *ret_room)
{
    const uint64_t most = TIMESTAMPS_MAX_BYTES + m->size * 1024;
    const bool is_full = kept->before.size > 0 && kept->bytes + row->bytes > most;
    *ret_room = !is_full || is_by(&kept->newest, row);
    if (is_full ? *ret_room : is_near(kept, row))
        return newest_drop(m, kept);
    if (*ret_room)
        kept->before = kept->newest;
    else
        kept->let_go++;
    return OK;
}

struct status mirror_timestamps_put(struct mirror *m, struct timestamps_kept *kept, uint64_t size,
                                    struct slice response, uint64_t now_ms)
{
    bool has_room = false;
    struct timestamps_row row = {.size = size, .bytes = response.length};
    const struct timestamped_log log = log_of(m);
    struct status s =
        timestamped_verify(&log, size, response, now_ms + TIMESTAMPED_SLACK_MS, NULL, &row.time_ms);
    if (!failed(s))
        s = timestamp_signer(response, &row.signer);
    if (!failed(s))
        s = make_room(m, kept, &row, &has_room);
    return failed(s) || !has_room ? s : row_keep(m, kept, &row, response);
}

/* ---- verifying ---- */

/* A row, and what it is no good for. REFUSED with the words. */
static struct status row_verify(struct mirror *m, sqlite3_stmt *row,
                                const struct timestamp_authorities *authorities, uint64_t now_ms,
                                struct timestamped_found *found, const char **ret_words)
{
    uint64_t time_ms = 0;
    const uint64_t size = mirror_number(row, 0);
    const struct timestamped_log log = log_of(m);
    if (size == 0 || size > m->size) {
        *ret_words = "holds more than the checkpoint signs";
        return REFUSE(CONSISTENCY);
    }
    struct status s = timestamped_verify(&log, size, mirror_octets(row, 1),
                                         now_ms + TIMESTAMPED_SLACK_MS, authorities, &time_ms);
    if (s.code == CODE_REFUSED)
        *ret_words = timestamped_fault(s.reason);
    else if (!failed(s))
        timestamped_count(found, size, time_ms);
    return s.code == CODE_ABSENT ? FAIL(STORE) : s; /* the tree was verified */
}

struct status mirror_timestamps_verify(struct mirror *m,
                                       const struct timestamp_authorities *authorities,
                                       uint64_t now_ms, struct timestamped_found *ret_found,
                                       char fault[static TIMESTAMPS_FAULT_BYTES])
{
    const char *words = "";
    sqlite3_stmt *row = NULL;
    *ret_found = (struct timestamped_found){0};
    struct status s =
        mirror_ask(m, "SELECT size, response FROM timestamp ORDER BY size", NULL, 0, &row);
    if (failed(s))
        return s;
    while (!failed(s = mirror_row(row)) &&
           !failed(s = row_verify(m, row, authorities, now_ms, ret_found, &words)))
        continue;
    if (s.code == CODE_REFUSED) {
        char path[TIMESTAMPED_PATH_BYTES];
        timestamped_path(mirror_number(row, 0), path);
        snprintf(fault, TIMESTAMPS_FAULT_BYTES, "%s: %s", path, words);
    }
    mirror_end(m, row);
    return s.code == CODE_ABSENT ? OK : s;
}
