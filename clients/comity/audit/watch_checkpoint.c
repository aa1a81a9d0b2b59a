#include "comity/audit/watch.h"

#include <inttypes.h>
#include <stdio.h>

#include "audit/cosigned.h"
#include "base/instant.h"

static int64_t age_s(const struct watching *w, uint64_t time_s)
{
    uint64_t now_s = w->now_ms / MS_PER_SECOND;
    return time_s < now_s ? (int64_t)(now_s - time_s) : 0;
}

static void mirror_row(struct watching *w)
{
    static const struct check_limits limits = {CHECK_ABOVE, true, 7200, 86400};
    struct check_row *row =
        check_add(w->report, "mirror", CHECKED_OK, "%" PRIu64 " entries under the last checkpoint",
                  w->note.size);
    check_figure(row, "since_sync", age_s(w, mirror_seen_ms(w->mirror) / MS_PER_SECOND), "s",
                 &limits);
    row->exit = COMITY_STALE;
    row->more = json_pack("{s:I}", "size", (json_int_t)w->note.size);
}

static bool is_listed(const struct log_row *log, const struct note_line *line)
{
    struct vkey vkey;
    if (!failed(vkey_parse(log->vkey, &vkey)) && note_line_is_by(line, &vkey))
        return true;
    for (size_t i = 0; i < log->witness_count; i++)
        if (!failed(vkey_parse(log->witnesses[i].vkey, &vkey)) && note_line_is_by(line, &vkey))
            return true;
    return false;
}

static void signature_row(struct watching *w)
{
    size_t strange = 0;
    if (w->log == NULL) {
        check_add(w->report, "signature", CHECKED_CRITICAL,
                  "the checkpoint is not by a key that the directory has for this log now")
            ->exit = COMITY_VERIFY;
        return;
    }
    for (size_t i = 0; i < w->note.line_count; i++)
        strange += !is_listed(w->log, &w->note.lines[i]);
    if (strange > 0)
        check_add(w->report, "signature", CHECKED_WARNING,
                  "%zu of its signatures are by keys that the directory does not list", strange);
    else
        check_add(w->report, "signature", CHECKED_OK, "by the log's key of the directory");
}

static void quorum_row(struct watching *w, const struct check_limits *limits)
{
    if (w->log->quorum == 0) {
        check_add(w->report, "quorum", CHECKED_OK, "the directory asks for no witness");
        return;
    }
    uint64_t since_s = cosigned_since(w->note.text, w->log);
    struct check_row *row =
        since_s == 0 ? check_add(w->report, "quorum", CHECKED_CRITICAL,
                                 "lost: fewer than %u of %zu witnesses cosigned the checkpoint",
                                 w->log->quorum, w->log->witness_count)
                     : check_add(w->report, "quorum", CHECKED_OK, "%u of %zu witnesses cosigned it",
                                 w->log->quorum, w->log->witness_count);
    if (since_s != 0)
        check_figure(row, "quorum_age", age_s(w, since_s), "s", limits);
    row->exit = COMITY_STALE;
}

/* One that is missing is a warning: whether the rest is enough the quorum says. */
static void witness_row(struct watching *w, const struct witness *witness)
{
    char name[48];
    struct vkey vkey = {0};
    uint64_t time_s = 0;
    struct status s = vkey_parse(witness->vkey, &vkey);
    snprintf(name, sizeof name, "witness %.*s", (int)vkey.name.length, (const char *)vkey.name.at);
    if (!failed(s))
        s = note_cosigned(&w->note, &vkey, &time_s);
    if (s.code == CODE_REFUSED) {
        check_add(w->report, name, CHECKED_CRITICAL, "its cosignature does not hold")->exit =
            COMITY_VERIFY;
    } else if (failed(s)) {
        check_add(w->report, name, CHECKED_WARNING, "has not cosigned the checkpoint");
    } else {
        static const struct check_limits limits = {CHECK_ABOVE, true, COSIGNED_STALE_S, INT32_MAX};
        struct check_row *row = check_add(w->report, name, CHECKED_OK, "cosigned it");
        check_figure(row, "cosignature_age", age_s(w, time_s), "s", &limits);
    }
}

void watch_checkpoint_rows(struct watching *w, const struct check_limits *limits)
{
    mirror_row(w);
    signature_row(w);
    if (w->log == NULL)
        return;
    quorum_row(w, limits);
    for (size_t i = 0; i < w->log->witness_count; i++)
        witness_row(w, &w->log->witnesses[i]);
}
