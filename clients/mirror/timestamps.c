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

struct status mirror_timestamps_put(struct mirror *m, uint64_t size, struct slice kept,
                                    uint64_t now_ms)
{
    uint64_t time_ms = 0;
    const struct timestamped_log log = log_of(m);
    const struct mirror_value values[] = {NUMBER(size), OCTETS(kept)};
    struct status s =
        timestamped_verify(&log, size, kept, now_ms + TIMESTAMPED_SLACK_MS, NULL, &time_ms);
    return failed(s) ? s : mirror_run(m, "INSERT INTO timestamp VALUES(?, ?)", values, 2);
}

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
