#include "journal/openings.h"

#include <inttypes.h>
#include <stdio.h>

#include "journal/crypt.h"
#include "journal/own.h"
#include "journal/reader.h"

#define ROOM_BYTES   (24U << 20) /* of all that is decrypted for one document */
#define ENOUGH_BYTES (16U << 20) /* no other row is begun behind it */
#define PARSED_BYTES (2U << 20)  /* of one inner record */

static struct status opening_fill(struct look *look, const struct entry_row *row,
                                  enum entry_slot slot, struct opening *ret_opening)
{
    const struct place place = {"entry", row->index};
    struct slice octets;
    struct status s = slot_open(look->arena, look->reader->keyring, &place, row->wrapped, slot,
                                row->slots[slot], &octets);
    if (!failed(s) && octets.length <= OPENING_KEY_BYTES)
        s = FAIL(CRYPTO);
    if (!failed(s))
        *ret_opening = (struct opening){slice_part(octets, 0, OPENING_KEY_BYTES),
                                        slice_part(octets, OPENING_KEY_BYTES, SIZE_MAX)};
    return s;
}

/* What an inner record says of the message that its entry is about. */
struct told {
    bool confidential;
    bool has_related; /* an entry, whose index follows */
    uint64_t related;
};

static struct status inner_tells(const struct opening *inner, struct told *ret_told)
{
    struct inner i;
    struct slice closed;
    struct arena *arena = arena_new(PARSED_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : inner_parse(arena, inner->record, &i, &closed);
    if (!failed(s))
        *ret_told = (struct told){i.confidential, i.has_related, i.related};
    arena_free(arena);
    return s.code == CODE_REFUSED ? FAIL(CRYPTO) : s;
}

static struct status entry_tells(struct look *look, const struct entry_row *row,
                                 struct told *ret_told)
{
    struct opening inner;
    struct status s = opening_fill(look, row, ENTRY_INNER, &inner);
    return failed(s) ? s : inner_tells(&inner, ret_told);
}

/* A stage's own record does not say it: that of the decision about its message does. */
static struct status decision_tells(struct look *look, const struct entry_row *stage,
                                    struct told *ret_told)
{
    struct message_row message;
    struct entry_row row;
    struct store *store = look->reader->store;
    struct status s = store_message_numbered(store, look->arena, stage->message, &message);
    if (!failed(s))
        s = store_entry(store, look->arena, message.entry, &row);
    return failed(s) ? s : entry_tells(look, &row, ret_told);
}

static bool is_stage_of_message(const struct entry_row *row)
{
    return row->kind == ENTRY_STAGE && row->about;
}

/* Nor does that of an order about a message or an entry: the one that it names does. */
static struct status related_tells(struct look *look, uint64_t index, struct told *ret_told)
{
    struct entry_row row;
    struct status s = store_entry(look->reader->store, look->arena, index, &row);
    if (failed(s))
        return s;
    return is_stage_of_message(&row) ? decision_tells(look, &row, ret_told)
                                     : entry_tells(look, &row, ret_told);
}

static struct status row_tells(struct look *look, const struct entry_row *row,
                               const struct opening *inner, bool *ret_confidential)
{
    struct told told = {0};
    struct status s =
        is_stage_of_message(row) ? decision_tells(look, row, &told) : inner_tells(inner, &told);
    bool is_order = row->kind == ENTRY_ERASURE || row->kind == ENTRY_OPERATOR;
    if (!failed(s) && is_order && told.has_related)
        s = related_tells(look, told.related, &told);
    if (s.code == CODE_ABSENT)
        told.confidential = true; /* erased: it can be known no more */
    else if (failed(s))
        return s;
    *ret_confidential = told.confidential;
    return OK;
}

static struct status openings_fill(struct look *look, const struct entry_row *row, bool closed,
                                   struct opened_entry *e)
{
    bool is_confidential = false;
    struct status s = opening_fill(look, row, ENTRY_OUTER, &e->outer);
    if (!failed(s))
        s = opening_fill(look, row, ENTRY_INNER, &e->inner);
    if (!failed(s))
        s = closed ? opening_fill(look, row, ENTRY_CLOSED, &e->closed)
                   : row_tells(look, row, &e->inner, &is_confidential);
    if (!failed(s) && is_confidential)
        e->outer = e->inner = (struct opening){0};
    return s;
}

static struct status row_fill(struct look *look, uint64_t index, bool closed,
                              struct opened_entry *ret_row)
{
    struct entry_row row;
    struct status s = store_entry(look->reader->store, look->arena, index, &row);
    if (failed(s))
        return s.code == CODE_ABSENT ? FAIL(STORE) : s;
    struct opened_entry e = {.index = index, .entry = row.entry};
    if (row.wrapped.at != NULL)
        s = openings_fill(look, &row, closed, &e);
    if (!failed(s))
        *ret_row = e;
    return s;
}

/* How many of the range there are to be given. */
static size_t range_of(const struct look *look, const struct openings_wanted *wanted)
{
    if (wanted->from >= look->tree.size)
        return 0;
    uint64_t left = look->tree.size - wanted->from;
    uint64_t count = wanted->count < left ? wanted->count : left;
    return count < OPENINGS_MAX ? (size_t)count : OPENINGS_MAX;
}

static struct status range_write(struct look *look, const struct openings_wanted *wanted,
                                 struct buffer *out)
{
    struct opened_entry rows[OPENINGS_MAX];
    size_t count = 0, most = range_of(look, wanted), bytes = OPENINGS_HEAD_BYTES;
    struct status s = most == 0 ? FAIL(ABSENT) : OK;
    while (!failed(s) && count < most && arena_used(look->arena) <= ENOUGH_BYTES) {
        s = row_fill(look, wanted->from + count, wanted->closed, &rows[count]);
        if (count > 0 && s.code == CODE_CRYPTO) {
            s = OK; /* the rows before it are good */
            break;
        }
        if (failed(s) || (bytes += opened_entry_bytes(&rows[count])) > OPENINGS_MAX_BYTES)
            break;
        count++;
    }
    if (failed(s))
        return s;
    openings_write(out, rows, count);
    return out->failed ? FAIL(MEMORY) : OK;
}

struct status journal_openings(struct journal_reader *reader, const struct openings_wanted *wanted,
                               struct buffer *out)
{
    struct look look;
    struct arena *arena = arena_new(ROOM_BYTES);
    if (arena == NULL)
        return FAIL(MEMORY);
    struct status s = look_begin(reader, arena, 0, &look);
    s = look_end(&look, failed(s) ? s : range_write(&look, wanted, out));
    arena_free(arena);
    return s;
}

struct status journal_auditor(struct journal *j, const struct auditor_act *act, uint64_t now_ms,
                              void *owner, journal_done *done)
{
    char what[80];
    struct item *item = NULL;
    bool refused = act->code != REFUSAL_NONE;
    snprintf(what, sizeof what, "openings from %" PRIu64 ", %" PRIu64, act->from, act->count);
    const struct own_entry entry = {
        .kind = refused ? ENTRY_REFUSAL : ENTRY_AUDITOR,
        .stage = refused ? STAGE_REJECTED : STAGE_NONE,
        .op = "AUDIT_READ",
        .what = refused ? "openings are for oversight of this State alone" : what,
        .actor = act->party,
        .officer = act->officer,
        .law = {journal_law_in_force(j).rulebook, now_ms},
        .code = act->code,
    };
    struct status s = own_item(j, &entry, owner, done, &item);
    if (!failed(s) && failed(s = queue_put(j, item)))
        item_free(item);
    return s;
}
