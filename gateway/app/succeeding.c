#include "app/succeeding.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/closings.h"
#include "base/encoding.h"

#define ROOT_TEXT_BYTES 48

bool log_before_find(const struct rulebook *rulebook, const char *gateway, const char *origin,
                     struct log_found *ret_found)
{
    const struct gateway_row *row = directory_gateway(rulebook->directory, slice_text(gateway));
    const struct log_row *log = row == NULL ? NULL : directory_log(row, slice_text(origin));
    const struct log_row *before =
        log == NULL || log->succeeds.length == 0 ? NULL : directory_log(row, log->succeeds);
    if (before == NULL || failed(vkey_parse(before->vkey, &ret_found->before.key)) ||
        !slice_copy_text(before->origin, ret_found->origin, sizeof ret_found->origin))
        return false;
    ret_found->before.origin = ret_found->origin;
    ret_found->before.is_closed = before->is_closed;
    ret_found->before.size = before->closed_size;
    ret_found->before.root = before->closed_root;
    return true;
}

static const struct log_row *row_of(const struct directory *d, const char *gateway,
                                    const char *origin)
{
    const struct gateway_row *row = directory_gateway(d, slice_text(gateway));
    return row == NULL ? NULL : directory_log(row, slice_text(origin));
}

static bool is_end(const struct log_row *log, const struct journal_ended *ended)
{
    return log->is_closed && log->closed_size == ended->size &&
           digest_equal(&log->closed_root, digest_slice(&ended->root));
}

static struct status end_refuse(const struct directory *next, const struct journal_ended *ended,
                                char why[static LOG_ENDS_WHY_BYTES])
{
    char root[ROOT_TEXT_BYTES];
    base64_write(digest_slice(&ended->root), root);
    snprintf(why, LOG_ENDS_WHY_BYTES,
             "states number %" PRIu64 " closes the log %s elsewhere than it ended: at %" PRIu64
             " root \"%s\" (%s)",
             next->states_number, ended->origin, ended->size, root,
             reason_name(REASON_OBJECT_CLOSING));
    return REFUSE(OBJECT_CLOSING);
}

struct status log_ends_judge(struct arena *arena, struct slice kept, const struct directory *next,
                             const char *gateway, const struct journal *journal,
                             char why[static LOG_ENDS_WHY_BYTES])
{
    struct journal_ended ended;
    for (size_t i = 0; journal_ended(journal, i, &ended); i++) {
        bool is_kept = false;
        const struct log_row *row = row_of(next, gateway, ended.origin);
        if (row == NULL || !row->is_closed || is_end(row, &ended))
            continue;
        struct status s = closings_has(arena, kept, gateway, ended.origin, &is_kept);
        if (failed(s))
            return s;
        if (!is_kept)
            return end_refuse(next, &ended, why);
    }
    return OK;
}

static void say_end(const struct log_row *row, const struct journal_ended *ended,
                    const struct diagnostics *diagnostics, uint64_t now_ms)
{
    char text[ORIGIN_MAX_BYTES + 160], root[ROOT_TEXT_BYTES];
    base64_write(digest_slice(&ended->root), root);
    snprintf(text, sizeof text,
             "the log %s ended; the directory %s: closed at %" PRIu64 " root \"%s\"", ended->origin,
             row != NULL && row->is_closed ? "says another end than" : "has to say", ended->size,
             root);
    diagnostics_say(diagnostics, now_ms,
                    &(struct diagnostic){.event = "log.ended",
                                         .level = row != NULL && row->is_closed
                                                      ? DIAGNOSTIC_ALARM
                                                      : DIAGNOSTIC_WARNING,
                                         .text = text});
}

void log_ended_say(const struct rulebook *rulebook, const char *gateway,
                   const struct journal *journal, const struct diagnostics *diagnostics,
                   uint64_t now_ms)
{
    struct journal_ended ended;
    const struct gateway_row *row = directory_gateway(rulebook->directory, slice_text(gateway));
    for (size_t i = 0; row != NULL && journal_ended(journal, i, &ended); i++) {
        const struct log_row *log = directory_log(row, slice_text(ended.origin));
        if (log == NULL || !is_end(log, &ended))
            say_end(log, &ended, diagnostics, now_ms);
    }
}
