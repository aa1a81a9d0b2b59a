#include "mirror/begun.h"
#include "mirror/series_parts.h"

#include <stdarg.h>
#include <stdio.h>

#define FIRST_ARENA_BYTES (24U << 20)

/* Where a log and the one before it meet. */
struct joint {
    const struct series_log *log, *before; /* before: NULL where there is none */
    struct mirror_entry first;             /* of log */
    char *error;                           /* MIRROR_ERROR_BYTES */
};

[[gnu::format(printf, 3, 4)]] static struct status differs(const struct joint *j, struct status s,
                                                           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(j->error, MIRROR_ERROR_BYTES, format, args);
    va_end(args);
    return s;
}

static struct status first_read(struct joint *j, struct arena *arena)
{
    struct status s = mirror_entry(j->log->mirror, arena, 0, &j->first);
    return s.code == CODE_REFUSED ? differs(j, s, "%.64s: its first entry is not what it was: %s",
                                            j->log->name, reason_name(s.reason))
                                  : s;
}

/* What the first entry says of the log before. A mirror begins with the first log that its gateway
 * ever had, so one that goes on from another never is the first. */
static struct status end_compare(const struct joint *j)
{
    struct begun begun;
    struct digest root;
    if (!begun_read(&j->first.opened, &begun))
        return OK;
    if (j->before == NULL)
        return differs(j, REFUSE(CONSISTENCY),
                       "%.64s: its first entry says that it goes on from %.*s, which is not here",
                       j->log->name, begun.origin.length < 80 ? (int)begun.origin.length : 80,
                       (const char *)begun.origin.at);
    const uint64_t size = mirror_size(j->before->mirror);
    struct status s = mirror_root(j->before->mirror, size, &root);
    if (failed(s))
        return s;
    return slice_is(begun.origin, j->before->origin) && begun.size == size &&
                   digest_equal(&begun.root, digest_slice(&root))
               ? OK
               : differs(j, REFUSE(CHECKPOINT_FORK),
                         "%.64s: the log before it ended elsewhere than its first entry says",
                         j->log->name);
}

/* Whoever asks for a span of time stops at the first entry that is outside of it. */
static struct status times_compare(const struct joint *j)
{
    uint64_t first_ms = 0, last_ms = 0;
    if (j->before == NULL || mirror_size(j->before->mirror) == 0)
        return OK;
    struct status s = mirror_time(j->log->mirror, 0, &first_ms);
    if (!failed(s))
        s = mirror_time(j->before->mirror, mirror_size(j->before->mirror) - 1, &last_ms);
    return failed(s) || first_ms >= last_ms
               ? s
               : differs(j, REFUSE(RECEIPT_ENTRY),
                         "%.64s: it begins before the last entry of the log before it",
                         j->log->name);
}

struct status series_joint_said(const struct series *x, size_t position,
                                char error[static MIRROR_ERROR_BYTES])
{
    struct arena *arena = arena_new(FIRST_ARENA_BYTES);
    struct joint j = {.log = &x->logs[position],
                      .before = position == 0 ? NULL : &x->logs[position - 1],
                      .error = error};
    error[0] = '\0';
    struct status s = arena == NULL ? FAIL(MEMORY) : first_read(&j, arena);
    if (!failed(s))
        s = end_compare(&j);
    if (!failed(s))
        s = times_compare(&j);
    arena_free(arena);
    return s.code == CODE_ABSENT ? OK : s;
}

struct status series_joint(const struct series *x, size_t position)
{
    char error[MIRROR_ERROR_BYTES];
    return series_joint_said(x, position, error);
}
