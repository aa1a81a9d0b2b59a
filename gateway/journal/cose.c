/* The receipt that others than Comity read: made when somebody asks. */

#include "audit/cose_receipt.h"
#include "journal/reader.h"
#include "journal/state.h"

static bool was_taken(const struct message_row *row)
{
    return row->kind == ENTRY_DISCLOSURE &&
           (row->stage == STAGE_DELIVERED || row->stage == STAGE_RETRIEVED ||
            row->stage == STAGE_NOT_RETRIEVED);
}

/* What nobody was told of a message is not told here either: a recipient of one that is held, or
 * that it has not taken yet, knows of none. */
static bool may_know(const struct message_row *row, struct slice party)
{
    return slice_equal(row->key.from, party) || (slice_equal(row->key.to, party) && was_taken(row));
}

/* The decision in force has a stage of its own: of a hold none, of a disclosure its hop's. */
static struct status entry_find(struct look *look, const struct message_row *row, enum stage stage,
                                struct looked_entry *ret_entry)
{
    uint64_t index = 0;
    struct status s = look_entry(look, row->entry, ret_entry);
    if (failed(s) || ret_entry->outer.stage == stage)
        return s;
    s = store_stage_entry(look->reader->store, row->number, stage, &index);
    return failed(s) ? s : look_entry(look, index, ret_entry);
}

/* Under another key the log that ended gives what it gave, and signs nothing any more. Ed25519
 * makes the same signature again. */
static bool is_same_key(const struct key *key, const struct closed_log *closed)
{
    struct buffer note = buffer_new(SIGNED_NOTE_BYTES);
    struct status s = note_sign(key, closed->origin, closed->tree.size, &closed->tree.root, &note);
    bool is = !failed(s) && slice_equal(buffer_slice(&note), signed_note(&closed->tree));
    buffer_done(&note);
    return is;
}

static struct status sign(struct look *look, const struct looked_entry *entry,
                          struct slice *ret_receipt)
{
    const struct journal *j = look->reader->journal;
    const struct signed_tree *tree = look_tree(look, entry->row.index);
    const struct closed_log *closed = tree == &look->tree ? NULL : &j->closed[log_of(tree->base)];
    struct buffer out = buffer_new(COSE_RECEIPT_MAX_BYTES);
    struct cose_receipt_of of = {.origin = closed == NULL ? j->origin : closed->origin,
                                 .id = entry->outer.id,
                                 .size = tree->size,
                                 .index = entry->row.index - tree->base,
                                 .root = tree->root};
    struct status s =
        inclusion_make(look->reader->store, look->arena, tree, entry->row.index, &of.path);
    if (!failed(s) && closed != NULL && !is_same_key(j->log_key, closed))
        s = FAIL(ABSENT);
    if (!failed(s))
        s = cose_receipt_make(j->log_key, &of, &out);
    if (!failed(s)) {
        struct slice receipt = arena_copy(look->arena, buffer_slice(&out));
        if (receipt.at == NULL)
            s = FAIL(MEMORY);
        else
            *ret_receipt = receipt;
    }
    buffer_done(&out);
    return s;
}

static struct status receipt_give(struct look *look, const struct message_key *key,
                                  enum stage stage, struct slice party, struct slice *ret_receipt)
{
    struct message_row row;
    struct looked_entry entry;
    struct status s = look_message(look, key, &row);
    if (!failed(s) && !may_know(&row, party))
        s = FAIL(ABSENT);
    if (!failed(s))
        s = entry_find(look, &row, stage, &entry);
    return failed(s) ? s : sign(look, &entry, ret_receipt);
}

struct status journal_cose_receipt(struct journal_reader *reader, struct arena *arena,
                                   const struct message_key *key, enum stage stage,
                                   struct slice party, struct slice *ret_receipt)
{
    struct look look;
    struct status s = look_begin(reader, arena, 0, &look);
    return look_end(&look, failed(s) ? s : receipt_give(&look, key, stage, party, ret_receipt));
}
