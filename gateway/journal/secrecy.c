#include "journal/secrecy.h"

#include "journal/crypt.h"
#include "journal/store_content.h"

#define PARSED_BYTES (2U << 20) /* of one inner record */

/* What an inner record says of the message that its entry is about. */
struct told {
    bool confidential;
    bool has_related; /* an entry, whose index follows */
    uint64_t related;
};

struct status secrecy_open(const struct secrecy *by, const struct entry_row *row,
                           enum entry_slot slot, struct opening *ret_opening)
{
    const struct place place = {"entry", row->index};
    struct slice octets;
    struct status s =
        slot_open(by->arena, by->keyring, &place, row->wrapped, slot, row->slots[slot], &octets);
    if (!failed(s) && octets.length <= OPENING_KEY_BYTES)
        s = FAIL(CRYPTO);
    if (!failed(s))
        *ret_opening = (struct opening){slice_part(octets, 0, OPENING_KEY_BYTES),
                                        slice_part(octets, OPENING_KEY_BYTES, SIZE_MAX)};
    return s;
}

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

static struct status entry_tells(const struct secrecy *by, const struct entry_row *row,
                                 struct told *ret_told)
{
    struct opening inner;
    struct status s = secrecy_open(by, row, ENTRY_INNER, &inner);
    return failed(s) ? s : inner_tells(&inner, ret_told);
}

/* A stage's own record does not say it: that of the decision about its message does. */
static struct status decision_tells(const struct secrecy *by, const struct entry_row *stage,
                                    struct told *ret_told)
{
    struct message_row message;
    struct entry_row row;
    struct status s = store_message_numbered(by->store, by->arena, stage->message, &message);
    if (!failed(s))
        s = store_entry(by->store, by->arena, message.entry, &row);
    return failed(s) ? s : entry_tells(by, &row, ret_told);
}

/* An entry's own claim, and that of its thread. */
static struct status row_tells(const struct secrecy *by, const struct entry_row *row,
                               const struct opening *inner, struct told *ret_told)
{
    bool is_stage = row->kind == ENTRY_STAGE && row->about;
    struct told told = {0};
    struct status s = is_stage        ? decision_tells(by, row, &told)
                      : inner != NULL ? inner_tells(inner, &told)
                                      : entry_tells(by, row, &told);
    if (!failed(s) && !told.confidential)
        s = store_is_confidential(by->store, row, &told.confidential);
    if (!failed(s))
        *ret_told = told;
    return s;
}

/* What an order is about. Of an entry that is erased only the thread still tells: whether the entry
 * itself claimed it, the order says. */
static struct status related_tells(const struct secrecy *by, uint64_t index, bool *ret_secret)
{
    struct entry_row row;
    struct told told = {0};
    struct status s = store_entry(by->store, by->arena, index, &row);
    if (failed(s))
        return s;
    if (row.wrapped.at == NULL)
        return store_is_confidential(by->store, &row, ret_secret);
    s = row_tells(by, &row, NULL, &told);
    if (!failed(s))
        *ret_secret = told.confidential;
    return s;
}

struct status secrecy_of(const struct secrecy *by, const struct entry_row *row,
                         const struct opening *inner, bool *ret_secret)
{
    struct told told = {0};
    struct status s = row_tells(by, row, inner, &told);
    bool is_order = row->kind == ENTRY_ERASURE || row->kind == ENTRY_OPERATOR;
    if (!failed(s) && is_order && told.has_related && !told.confidential)
        s = related_tells(by, entry_meant(row->index, told.related), &told.confidential);
    if (s.code == CODE_ABSENT)
        told.confidential = true; /* erased: it can be known no more */
    else if (failed(s))
        return s;
    *ret_secret = told.confidential;
    return OK;
}
