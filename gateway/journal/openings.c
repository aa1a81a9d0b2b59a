#include "journal/openings.h"

#include <inttypes.h>
#include <stdio.h>

#include "journal/ended.h"
#include "journal/own.h"
#include "journal/reader.h"
#include "journal/secrecy.h"

#define ROOM_BYTES   (24U << 20) /* of all that is decrypted for one document */
#define ENOUGH_BYTES (16U << 20) /* no other row is begun behind it */

static struct status openings_fill(struct look *look, const struct entry_row *row, bool closed,
                                   struct opened_entry *e)
{
    bool is_secret = false;
    const struct secrecy by = {look->reader->store, look->reader->keyring, look->arena};
    struct status s = secrecy_open(&by, row, ENTRY_OUTER, &e->outer);
    if (!failed(s))
        s = secrecy_open(&by, row, ENTRY_INNER, &e->inner);
    if (!failed(s))
        s = closed ? secrecy_open(&by, row, ENTRY_CLOSED, &e->closed)
                   : secrecy_of(&by, row, &e->inner, &is_secret);
    if (!failed(s) && is_secret)
        e->outer = e->inner = (struct opening){0};
    return s;
}

static struct status row_fill(struct look *look, uint64_t base, uint64_t index, bool closed,
                              struct opened_entry *ret_row)
{
    struct entry_row row;
    struct status s = store_entry(look->reader->store, look->arena, base + index, &row);
    if (failed(s))
        return s.code == CODE_ABSENT ? FAIL(STORE) : s;
    struct opened_entry e = {.index = index, .entry = row.entry};
    if (row.wrapped.at != NULL)
        s = openings_fill(look, &row, closed, &e);
    if (!failed(s))
        *ret_row = e;
    return s;
}

static const struct signed_tree *tree_named(const struct look *look, struct slice name)
{
    size_t number = 0;
    struct journal_ended ended;
    const struct journal *j = look->reader->journal;
    if (name.length == 0)
        return &look->tree;
    return journal_ended_named(j, name, &number, &ended) ? &j->closed[number].tree : NULL;
}

/* How many of the range there are to be given. */
static size_t range_of(const struct signed_tree *tree, const struct openings_wanted *wanted)
{
    if (wanted->from >= tree->size)
        return 0;
    uint64_t left = tree->size - wanted->from;
    uint64_t count = wanted->count < left ? wanted->count : left;
    return count < OPENINGS_MAX ? (size_t)count : OPENINGS_MAX;
}

static struct status range_write(struct look *look, const struct openings_wanted *wanted,
                                 struct buffer *out)
{
    struct opened_entry rows[OPENINGS_MAX];
    const struct signed_tree *tree = tree_named(look, wanted->log);
    size_t count = 0, most = tree == NULL ? 0 : range_of(tree, wanted);
    size_t bytes = OPENINGS_HEAD_BYTES;
    struct status s = most == 0 ? FAIL(ABSENT) : OK;
    while (!failed(s) && count < most && arena_used(look->arena) <= ENOUGH_BYTES) {
        s = row_fill(look, tree->base, wanted->from + count, wanted->closed, &rows[count]);
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
    static const char *const wishes[] = {
        [AUDITOR_OPENINGS] = "openings", [AUDITOR_PSEUDONYMS] = "pseudonyms"};
    char what[160];
    struct item *item = NULL;
    bool refused = act->code != REFUSAL_NONE;
    if (refused)
        snprintf(what, sizeof what, "%s are for oversight of this State alone", wishes[act->wish]);
    else if (act->wish == AUDITOR_OPENINGS)
        snprintf(what, sizeof what, "openings from %" PRIu64 ", %" PRIu64 "%s%.*s", act->from,
                 act->count, act->log.length == 0 ? "" : " of ", (int)act->log.length,
                 (const char *)act->log.at);
    else
        snprintf(what, sizeof what, "pseudonyms of a case");
    const struct own_entry entry = {
        .kind = refused ? ENTRY_REFUSAL : ENTRY_AUDITOR,
        .stage = refused ? STAGE_REJECTED : STAGE_NONE,
        .op = "AUDIT_READ",
        .what = what,
        .actor = act->party,
        .officer = act->officer,
        .person = act->person,
        .law = {journal_law_in_force(j).rulebook, now_ms},
        .code = act->code,
    };
    struct status s = own_item(j, &entry, owner, done, &item);
    if (!failed(s) && failed(s = queue_put(j, item)))
        item_free(item);
    return s;
}
