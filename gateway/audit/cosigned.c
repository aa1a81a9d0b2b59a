#include "audit/cosigned.h"

#include <stdlib.h>

#include "base/instant.h"

/* Of each witness of the row when it cosigned; 0: it has not, or its line does not hold. */
struct times {
    uint64_t at[NOTE_MAX_SIGNATURES];
    size_t count;
};

static struct times times_of(struct slice text, const struct log_row *log)
{
    struct times times = {.count = log->witness_count};
    struct note note;
    if (times.count > NOTE_MAX_SIGNATURES)
        times.count = NOTE_MAX_SIGNATURES;
    if (failed(note_parse(text, &note)))
        return (struct times){0};
    for (size_t i = 0; i < times.count; i++) {
        struct vkey vkey;
        uint64_t time_s;
        if (!failed(vkey_parse(log->witnesses[i].vkey, &vkey)) &&
            !failed(note_cosigned(&note, &vkey, &time_s)))
            times.at[i] = time_s;
    }
    return times;
}

static int newest_first(const void *a, const void *b)
{
    const uint64_t *one = a, *other = b;
    return (*one < *other) - (*one > *other);
}

uint64_t cosigned_since(struct slice text, const struct log_row *log)
{
    struct times times = times_of(text, log);
    if (log->quorum == 0 || log->quorum > times.count)
        return 0;
    qsort(times.at, times.count, sizeof times.at[0], newest_first);
    return times.at[log->quorum - 1];
}

bool cosigned_serves(struct slice text, const struct log_row *log, struct slice state)
{
    const struct times times = times_of(text, log);
    for (size_t i = 0; i < times.count; i++)
        if (times.at[i] > 0 && slice_equal(log->witnesses[i].state, state))
            return cosigned_since(text, log) > 0;
    return false;
}

bool cosigned_recent(uint64_t time_s, uint64_t now_ms)
{
    const uint64_t time_ms =
        time_s > UINT64_MAX / MS_PER_SECOND ? UINT64_MAX : time_s * MS_PER_SECOND;
    const uint64_t apart_ms = time_ms > now_ms ? time_ms - now_ms : now_ms - time_ms;
    return apart_ms <= (uint64_t)COSIGNED_FRESH_S * MS_PER_SECOND;
}

bool cosigned_fresh(struct slice text, const struct log_row *log, struct slice state,
                    uint64_t now_ms)
{
    const struct times times = times_of(text, log);
    unsigned count = 0;
    bool of_state = false;
    for (size_t i = 0; i < times.count; i++) {
        if (times.at[i] == 0 || !cosigned_recent(times.at[i], now_ms))
            continue;
        count++;
        of_state = of_state || slice_equal(log->witnesses[i].state, state);
    }
    return log->quorum > 0 && count >= log->quorum && of_state;
}

struct status cosigned_check(const struct note *note, const struct log_row *log)
{
    for (size_t i = 0; i < log->witness_count; i++) {
        struct vkey vkey;
        uint64_t time_s;
        struct status s = vkey_parse(log->witnesses[i].vkey, &vkey);
        if (!failed(s))
            s = note_cosigned(note, &vkey, &time_s);
        if (failed(s) && s.code != CODE_ABSENT)
            return s;
    }
    return OK;
}

/* ---- what is kept of a checkpoint ---- */

static struct status by_log(const struct note *note, struct slice key)
{
    struct vkey vkey;
    struct status s = vkey_parse(key, &vkey);
    return failed(s) ? s : note_verify(note, &vkey);
}

static struct status by_witness(const struct note *note, struct slice key)
{
    struct vkey vkey;
    uint64_t time_s;
    struct status s = vkey_parse(key, &vkey);
    return failed(s) ? s : note_cosigned(note, &vkey, &time_s);
}

static bool is_ours(struct status s)
{
    return s.code == CODE_CRYPTO || s.code == CODE_MEMORY;
}

/* Whether the line at this place verifies by one of the row's keys. */
static struct status line_judge(const struct note *note, size_t i, const struct log_row *log)
{
    struct note alone = *note;
    alone.lines[0] = note->lines[i];
    alone.line_count = 1;
    struct status s = by_log(&alone, log->vkey);
    for (size_t w = 0; w < log->witness_count && failed(s) && !is_ours(s); w++)
        s = by_witness(&alone, log->witnesses[w].vkey);
    return s;
}

struct status cosigned_keep(const struct note *note, const struct log_row *log, struct buffer *out)
{
    size_t count = 0;
    buffer_put(out, note->body);
    buffer_text(out, "\n");
    for (size_t i = 0; i < note->line_count; i++) {
        const struct status s = line_judge(note, i, log);
        if (is_ours(s))
            return s;
        if (failed(s))
            continue;
        buffer_put(out, note->lines[i].whole);
        count++;
    }
    if (count == 0)
        return REFUSE(NOTE_KEY);
    return out->failed ? FAIL(MEMORY) : OK;
}
