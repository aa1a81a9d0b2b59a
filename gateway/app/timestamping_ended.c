/* The last tree of a log that ended: what came after its last timestamp is covered by no other. It
 * is asked for once, and lies with the rest of that log for good. */

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "app/timestamping_parts.h"
#include "audit/note.h"
#include "base/file.h"

static bool path_of(const char *folder, const char *name, char path[static TIMESTAMPING_PATH_BYTES])
{
    int length = snprintf(path, TIMESTAMPING_PATH_BYTES, "%s/%s", folder, name);
    return length > 0 && length < TIMESTAMPING_PATH_BYTES;
}

static void say_foreign(const struct timestamping *t, const char *path, enum reason reason)
{
    char text[TIMESTAMPING_PATH_BYTES + 128];
    snprintf(text, sizeof text, "%s is no good timestamp of a log that ended (%s): it is not used",
             path, reason_name(reason));
    diagnostics_say(&t->diagnostics, moment_now().wall_ms,
                    &(struct diagnostic){
                        .event = "timestamps.foreign", .level = DIAGNOSTIC_ALARM, .text = text});
}

static struct status verify(const struct timestamping *t, const struct journal_ended *ended,
                            struct slice kept)
{
    struct note note;
    uint64_t time_ms = 0;
    struct status s = note_parse(ended->note, &note);
    const struct timestamp_wanted wanted = {.text = note.body,
                                            .until_ms = moment_now().wall_ms + TIMESTAMPED_SLACK_MS,
                                            .authorities = t->authorities};
    return failed(s) ? s : timestamp_verify(kept, &wanted, &time_ms);
}

struct status timestamping_ended_look(const struct timestamping *t,
                                      const struct journal_ended *ended,
                                      char folder[static TIMESTAMPING_PATH_BYTES], bool *ret_needs)
{
    char name[TIMESTAMPED_PATH_BYTES], path[TIMESTAMPING_PATH_BYTES];
    *ret_needs = false;
    timestamped_path(ended->size, name);
    if (!path_of(t->log_path, published_name(ended->origin), folder) ||
        !path_of(folder, "checkpoint", path))
        return FAIL(STORE);
    if (ended->size == 0 || access(path, F_OK) != 0)
        return OK; /* nobody reads it here any more */
    struct buffer kept = buffer_new(TIMESTAMP_MAX_BYTES);
    struct status s = path_of(folder, name, path) ? file_read(path, &kept) : FAIL(STORE);
    if (s.code == CODE_FULL)
        s = REFUSE(TIMESTAMP_SHAPE);
    if (!failed(s))
        s = verify(t, ended, buffer_slice(&kept));
    if (s.code == CODE_REFUSED)
        say_foreign(t, path, s.reason);
    *ret_needs = s.code == CODE_ABSENT;
    buffer_done(&kept);
    return s.code == CODE_ABSENT || s.code == CODE_REFUSED ? OK : s;
}
