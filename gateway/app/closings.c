#include "app/closings.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/rising_rows.h"
#include "audit/note.h"

#define END  "end:"
#define NEXT "next:"

/* What a directory says now of the log that a row is about, or does not say. */
static const char *end_wrong(const struct gateway_row *gateway, struct slice origin,
                             const struct rising_row *row)
{
    const struct log_row *log = directory_log(gateway, origin);
    if (log == NULL)
        return "has no row any more";
    if (!log->is_closed)
        return "is not closed any more";
    return log->closed_size == row->number &&
                   digest_equal(&row->digest, digest_slice(&log->closed_root))
               ? NULL
               : "is closed at another size or root";
}

static const char *next_wrong(const struct gateway_row *gateway, struct slice origin,
                              const struct rising_row *row)
{
    const struct log_row *log = directory_successor(gateway, origin);
    const struct digest is = digest_plain(log == NULL ? origin : log->origin);
    return digest_equal(&row->digest, digest_slice(&is)) ? NULL
                                                         : "is not succeeded by the log that was";
}

static const struct {
    const char *prefix;
    const char *(*wrong)(const struct gateway_row *gateway, struct slice origin,
                         const struct rising_row *row);
} kinds[] = {{END, end_wrong}, {NEXT, next_wrong}};

static struct status judge(const struct rising_row *row, const struct directory *next, char *why)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct slice prefix = slice_text(kinds[i].prefix);
        if (!slice_begins(row->name, prefix))
            continue;
        const struct slice rest = slice_part(row->name, prefix.length, SIZE_MAX);
        const size_t end = slice_find(rest, ' ');
        const struct slice origin = slice_part(rest, end + 1, SIZE_MAX);
        const struct gateway_row *gateway = directory_gateway(next, slice_part(rest, 0, end));
        const char *wrong = gateway == NULL ? NULL : kinds[i].wrong(gateway, origin, row);
        if (wrong == NULL)
            return OK;
        snprintf(why, RISING_WHY_BYTES,
                 "states number %" PRIu64 ": the log %.*s %s: what was said of a log that ended is "
                 "said for ever (%s)",
                 next->states_number, (int)origin.length, (const char *)origin.at, wrong,
                 reason_name(REASON_OBJECT_CLOSING));
        return REFUSE(OBJECT_CLOSING);
    }
    return OK; /* of an object */
}

static struct status add(struct arena *arena, struct rising_rows *rows, const char *prefix,
                         const struct gateway_row *gateway, const struct log_row *log,
                         const struct rising_row *said)
{
    const char *name = arena_print(arena, "%s%.*s %.*s", prefix, (int)gateway->id.length,
                                   (const char *)gateway->id.at, (int)log->origin.length,
                                   (const char *)log->origin.at);
    if (name == NULL)
        return FAIL(MEMORY);
    if (rising_rows_find(rows, slice_text(name)) == NULL)
        rows->at[rows->count++] = (struct rising_row){slice_text(name), said->number, said->digest};
    return OK;
}

/* No checkpoint has an origin that is longer. */
static struct status add_closed(struct arena *arena, struct rising_rows *rows,
                                const struct gateway_row *gateway, const struct log_row *log)
{
    if (!log->is_closed || log->origin.length > ORIGIN_MAX_BYTES)
        return OK;
    const struct rising_row end = {.number = log->closed_size, .digest = log->closed_root};
    const struct log_row *after = directory_successor(gateway, log->origin);
    struct status s = add(arena, rows, END, gateway, log, &end);
    if (failed(s) || after == NULL)
        return s;
    const struct rising_row next = {.digest = digest_plain(after->origin)};
    return add(arena, rows, NEXT, gateway, log, &next);
}

static size_t count_logs(const struct directory *d)
{
    size_t count = 0;
    for (size_t i = 0; i < d->gateway_count; i++)
        count += d->gateways[i].log_count;
    return count;
}

struct status closings_judge(struct arena *arena, struct slice kept, const struct directory *next,
                             struct slice *ret_kept, char why[static RISING_WHY_BYTES])
{
    struct rising_rows rows;
    struct status s = rising_rows_read(arena, kept, 2 * count_logs(next), &rows);
    const size_t before = failed(s) ? 0 : rows.count;
    snprintf(why, RISING_WHY_BYTES, "what is kept of logs that ended cannot be read or written");
    for (size_t i = 0; i < before && !failed(s); i++)
        s = judge(&rows.at[i], next, why);
    for (size_t i = 0; i < next->gateway_count; i++)
        for (size_t k = 0; k < next->gateways[i].log_count && !failed(s); k++)
            s = add_closed(arena, &rows, &next->gateways[i], &next->gateways[i].logs[k]);
    return failed(s) ? s : rising_rows_write(arena, &rows, ret_kept);
}

struct status closings_has(struct arena *arena, struct slice kept, const char *gateway,
                           const char *origin, bool *ret_has)
{
    struct rising_rows rows;
    const char *name = arena_print(arena, END "%s %s", gateway, origin);
    struct status s = name == NULL ? FAIL(MEMORY) : rising_rows_read(arena, kept, 0, &rows);
    if (!failed(s))
        *ret_has = rising_rows_find(&rows, slice_text(name)) != NULL;
    return s;
}
