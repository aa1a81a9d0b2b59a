#include "comity/statistics/statistics.h"

#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "base/slices.h"
#include "wire/names.h"

#define KEY_BYTES 512
#define NONE      "(none)" /* counts too: the totals of tables of one unit are the same */

static const struct {
    const char *name, *unit;
} statistics[STATISTIC_COUNT] = {
    [STATISTIC_KIND] = {"kind", "entries"},
    [STATISTIC_OP] = {"op", "entries"},
    [STATISTIC_OUTCOME] = {"outcome", "decisions"},
    [STATISTIC_STATES] = {"states", "disclosures"},
    [STATISTIC_PAIR] = {"pair", "disclosures"},
    [STATISTIC_PURPOSE] = {"purpose", "disclosures"},
    [STATISTIC_TYPE] = {"type", "disclosures"},
    [STATISTIC_INSTRUMENT] = {"instrument", "disclosures"},
    [STATISTIC_BASIS] = {"basis", "disclosures, by each basis"},
    [STATISTIC_TRANSFER] = {"transfer", "disclosures"},
    [STATISTIC_CATEGORY] = {"category", "disclosures, by each category shown"},
    [STATISTIC_LEVEL] = {"level", "fields"},
    [STATISTIC_FIELD] = {"field", "fields"},
    [STATISTIC_CODE] = {"code", "refusals and holds"},
    [STATISTIC_GROUND] = {"ground", "decisions"},
};

const char *statistic_name(enum statistic statistic)
{
    return statistics[statistic].name;
}

const char *statistic_unit(enum statistic statistic)
{
    return statistics[statistic].unit;
}

unsigned month_of(uint64_t unix_ms)
{
    char date[INSTANT_TEXT_BYTES];
    date_write(unix_ms, date);
    return (unsigned)((date[0] - '0') * 1000 + (date[1] - '0') * 100 + (date[2] - '0') * 10 +
                      (date[3] - '0')) *
               12 +
           (unsigned)((date[5] - '0') * 10 + (date[6] - '0')) - 1;
}

void month_write(unsigned month, char text[static 8])
{
    snprintf(text, 8, "%04u-%02u", month / 12 % 10000, month % 12 + 1);
}

/* ---- tables ---- */

/* Room for one more row at this place. */
static void *row_insert(struct arena *arena, void **rows, size_t *count, size_t *room, size_t size,
                        size_t at)
{
    if (*count == *room) {
        const size_t more = *room == 0 ? 16 : 2 * *room;
        void *moved = *count >= STATISTICS_ROWS_MAX ? NULL : arena_array(arena, more, size);
        if (moved == NULL)
            return NULL;
        if (*count > 0)
            memcpy(moved, *rows, *count * size);
        *rows = moved;
        *room = more;
    }
    uint8_t *place = (uint8_t *)*rows + at * size;
    memmove(place + size, place, (*count - at) * size);
    memset(place, 0, size);
    ++*count;
    return place;
}

static struct status tally_add(struct statistics *x, enum statistic statistic, size_t month,
                               struct slice key, uint64_t count)
{
    struct tally *t = &x->tallies[statistic];
    const size_t at = rows_from(t->rows, t->count, sizeof *t->rows, key);
    if (at == t->count || !slice_equal(t->rows[at].key, key)) {
        void *rows = t->rows;
        struct slice kept = arena_copy(x->arena, key);
        uint64_t *counts = arena_array(x->arena, x->months, sizeof *counts);
        struct statistic_row *row =
            row_insert(x->arena, &rows, &t->count, &t->room, sizeof *row, at);
        t->rows = rows;
        if (row == NULL || counts == NULL || (kept.at == NULL && key.length > 0))
            return FAIL(FULL);
        *row = (struct statistic_row){kept, counts};
    }
    t->rows[at].counts[month] += count;
    return OK;
}

static struct status add_text(struct statistics *x, enum statistic statistic, size_t month,
                              const char *key)
{
    return tally_add(x, statistic, month, slice_text(key), 1);
}

/* Codes that are not there are not counted. */
static struct status add_slice(struct statistics *x, enum statistic statistic, size_t month,
                               struct slice key)
{
    return key.length == 0 ? OK : tally_add(x, statistic, month, key, 1);
}

static struct status add_two(struct statistics *x, enum statistic statistic, size_t month,
                             struct slice a, const char *between, struct slice b)
{
    char key[KEY_BYTES];
    snprintf(key, sizeof key, "%.*s%s%.*s", (int)a.length, (const char *)a.at,
             b.length == 0 ? "" : between, (int)b.length, (const char *)b.at);
    return add_text(x, statistic, month, key);
}

/* ---- requests ---- */

static struct request_row *request_row(struct statistics *x, struct slice from, struct slice to,
                                       struct slice type)
{
    char text[KEY_BYTES];
    const struct slice family = slice_part(type, 0, slice_find(type, '.'));
    snprintf(text, sizeof text, "%.*s > %.*s %.*s", (int)from.length, (const char *)from.at,
             (int)to.length, (const char *)to.at, (int)family.length, (const char *)family.at);
    const struct slice key = slice_text(text);
    const size_t at = rows_from(x->requests, x->request_count, sizeof *x->requests, key);
    if (at < x->request_count && slice_equal(x->requests[at].key, key))
        return &x->requests[at];
    void *rows = x->requests;
    struct request_row *row =
        row_insert(x->arena, &rows, &x->request_count, &x->request_room, sizeof *row, at);
    x->requests = rows;
    if (row != NULL && (row->key = arena_copy(x->arena, key)).at == NULL)
        return NULL;
    return row;
}

static struct status count_request(struct statistics *x, const struct outer *o)
{
    static const char ending[] = ".request";
    const size_t length = sizeof ending - 1;
    const bool asks = o->type.length > length &&
                      slice_is(slice_part(o->type, o->type.length - length, length), ending);
    struct request_row *row =
        asks ? request_row(x, o->from, o->to, o->type) : request_row(x, o->to, o->from, o->type);
    if (row == NULL)
        return FAIL(FULL);
    row->sent += asks;
    row->open += asks;
    row->back += !asks;
    row->open -= !asks && row->open > 0;
    return OK;
}

/* ---- one entry ---- */

static bool is_withheld(struct slice level)
{
    return slice_is(level, "stated") || slice_is(level, "silent");
}

/* A field's path without the names of its elements, which differ in each message. */
static struct slice path_plain(struct slice path, char text[static PATH_MAX_BYTES + 1])
{
    size_t length = 0;
    struct slice segment;
    while (path_next(&path, &segment))
        if (segment.length > 0 && segment.at[0] != '~' &&
            length + segment.length + 1 <= PATH_MAX_BYTES) {
            if (length > 0)
                text[length++] = '/';
            memcpy(text + length, segment.at, segment.length);
            length += segment.length;
        }
    return slice_over(text, length);
}

static struct status count_field(struct statistics *x, size_t month, const struct inner_field *f)
{
    char path[PATH_MAX_BYTES + 1];
    struct status s = add_slice(x, STATISTIC_LEVEL, month, f->level);
    return failed(s) ? s
                     : add_two(x, STATISTIC_FIELD, month, path_plain(f->path, path), " ", f->level);
}

/* Each category once, of which anything was shown: fields are sorted by path, not by category. */
static struct status count_categories(struct statistics *x, size_t month,
                                      const struct inner_field *fields, size_t count)
{
    struct status s = OK;
    for (size_t i = 0; i < count && !failed(s); i++) {
        bool again =
            is_withheld(fields[i].level) || (x->publishes && inner_is_closed(fields[i].category));
        for (size_t k = 0; k < i && !again; k++)
            again = slice_equal(fields[k].category, fields[i].category) &&
                    !is_withheld(fields[k].level);
        if (!again)
            s = add_slice(x, STATISTIC_CATEGORY, month, fields[i].category);
    }
    return s;
}

static struct status count_fields(struct statistics *x, size_t month, const struct inner *inner)
{
    struct status s = count_categories(x, month, inner->fields, inner->field_count);
    for (size_t i = 0; i < inner->field_count && !failed(s) && !x->publishes; i++)
        s = count_field(x, month, &inner->fields[i]);
    return s;
}

static struct status count_why(struct statistics *x, size_t month, const struct opened *e)
{
    const struct slice none = slice_text(NONE), instrument = e->inner.instrument;
    const struct slice tier = e->inner.tier.length == 0 ? none : e->inner.tier;
    struct status s =
        add_slice(x, STATISTIC_INSTRUMENT, month, instrument.length == 0 ? none : instrument);
    for (size_t i = 0; i < e->inner.legal_basis.count && !failed(s); i++)
        s = add_slice(x, STATISTIC_BASIS, month, e->inner.legal_basis.at[i]);
    if (!failed(s))
        s = add_two(x, STATISTIC_TRANSFER, month, tier, " ", e->inner.transfer_basis);
    if (!failed(s))
        s = count_fields(x, month, &e->inner);
    return failed(s) || !e->has_closed ? s : count_fields(x, month, &e->closed);
}

static struct status count_disclosure(struct statistics *x, size_t month, const struct opened *e)
{
    const struct outer *o = &e->outer;
    struct status s = add_text(x, STATISTIC_OUTCOME, month, "disclosed");
    if (!failed(s))
        s = add_two(x, STATISTIC_STATES, month, party_state(o->from), " > ", party_state(o->to));
    if (!failed(s))
        s = add_two(x, STATISTIC_PAIR, month, o->from, " > ", o->to);
    if (!failed(s))
        s = add_slice(x, STATISTIC_PURPOSE, month, o->purpose);
    if (!failed(s))
        s = add_slice(x, STATISTIC_TYPE, month, o->type);
    if (!failed(s))
        s = count_request(x, o);
    return failed(s) || !e->has_inner ? s : count_why(x, month, e);
}

/* The same message decided again counts once: by the entry that was the first of its kind. */
static struct status is_again(const struct statistics *x, size_t position, const struct opened *e,
                              bool *ret_again)
{
    struct series_place place;
    struct mirror_entry before;
    if (!e->has_inner || !e->inner.has_related) {
        *ret_again = false;
        return OK;
    }
    struct arena *arena = arena_new(24U << 20);
    struct status s =
        arena == NULL ? FAIL(MEMORY) : series_meant(x->series, position, e->inner.related, &place);
    if (!failed(s))
        s = series_entry(x->series, arena, place, &before);
    if (!failed(s))
        *ret_again = before.opened.has_outer && before.opened.outer.kind == e->outer.kind;
    else if (s.code == CODE_ABSENT) /* of a log that is not here: of these it is the first */
        *ret_again = false;
    arena_free(arena);
    return s.code == CODE_ABSENT ? OK : s;
}

/* What tells of asylum or of a protected witness, and what is confidential, is in no edition. */
static bool is_left_out(const struct opened *e)
{
    return !e->has_inner || e->inner.confidential || slice_is(e->outer.purpose, "ASYLUM") ||
           slice_is(party_role(e->outer.from), "ASY") || slice_is(party_role(e->outer.to), "ASY");
}

static struct status count_decision(struct statistics *x, size_t month, size_t position,
                                    const struct opened *e)
{
    bool again = false;
    const bool disclosed = e->outer.kind == ENTRY_DISCLOSURE;
    struct status s = is_again(x, position, e, &again);
    if (failed(s) || again)
        return s;
    if (x->publishes && is_left_out(e)) {
        x->left_out++;
        return OK;
    }
    if (e->has_inner)
        s = add_slice(x, STATISTIC_GROUND, month, e->inner.ground);
    if (failed(s) || disclosed)
        return failed(s) ? s : count_disclosure(x, month, e);
    s = add_text(x, STATISTIC_OUTCOME, month, e->outer.kind == ENTRY_HOLD ? "held" : "refused");
    return failed(s) ? s : add_slice(x, STATISTIC_CODE, month, e->outer.code);
}

/* A series_visit. */
static struct status count_entry(void *owner, size_t position, const struct mirror_entry *entry)
{
    struct statistics *x = owner;
    const struct opened *e = &entry->opened;
    if (e->time_ms < x->from_ms || (x->until_ms > 0 && e->time_ms >= x->until_ms))
        return OK;
    const size_t month = (size_t)month_of(e->time_ms) - x->first; /* before the first: too large */
    if (month >= x->months)
        return REFUSE(CONSISTENCY);
    if (!e->has_outer) {
        x->unopened++;
        return add_text(x, STATISTIC_KIND, month, "not opened");
    }
    const enum entry_kind kind = e->outer.kind;
    struct status s = add_text(x, STATISTIC_KIND, month, entry_kind_name(kind));
    if (!failed(s) && e->has_inner)
        s = add_slice(x, STATISTIC_OP, month, e->inner.op);
    const bool decides = e->outer.hop > 0 &&
                         (kind == ENTRY_DISCLOSURE || kind == ENTRY_REFUSAL || kind == ENTRY_HOLD);
    return failed(s) || !decides ? s : count_decision(x, month, position, e);
}

/* ---- all of them ---- */

static struct status time_of(const struct statistics *x, struct series_place place,
                             uint64_t *ret_ms)
{
    struct mirror_entry entry;
    struct arena *arena = arena_new(24U << 20);
    struct status s = arena == NULL ? FAIL(MEMORY) : series_entry(x->series, arena, place, &entry);
    if (!failed(s))
        *ret_ms = entry.opened.time_ms;
    arena_free(arena);
    return s;
}

/* Times of entries never fall, from one log to the next either: the first and the last say which
 * months there are. What was mirrored need not be so: count_entry looks again. */
static struct status months_find(struct statistics *x)
{
    uint64_t first_ms = 0, last_ms = 0;
    struct series_place last = {series_count(x->series), 0};
    while (last.log > 0 && last.index == 0)
        last.index = mirror_size(series_log(x->series, --last.log)->mirror);
    if (last.index-- == 0)
        return OK;
    struct status s = time_of(x, (struct series_place){0, 0}, &first_ms);
    if (!failed(s))
        s = time_of(x, last, &last_ms);
    if (!failed(s) && last_ms < first_ms)
        s = REFUSE(CONSISTENCY);
    if (failed(s))
        return s;
    first_ms = x->from_ms > first_ms ? x->from_ms : first_ms;
    last_ms = x->until_ms > 0 && x->until_ms <= last_ms ? x->until_ms - 1 : last_ms;
    if (last_ms < first_ms)
        return OK;
    x->first = month_of(first_ms);
    x->months = (size_t)(month_of(last_ms) - x->first) + 1;
    return x->months > STATISTICS_MONTHS_MAX ? FAIL(FULL) : OK;
}

struct status statistics_gather(const struct series *series, struct arena *arena, uint64_t from_ms,
                                uint64_t until_ms, bool publishes,
                                struct statistics *ret_statistics)
{
    struct statistics x = {.arena = arena,
                           .series = series,
                           .publishes = publishes,
                           .from_ms = from_ms,
                           .until_ms = until_ms};
    struct status s = months_find(&x);
    if (!failed(s) && x.months > 0)
        s = series_walk(series, count_entry, &x);
    if (!failed(s))
        *ret_statistics = x;
    return s;
}
