#include "journal/reader.h"

#include <stdlib.h>

#include "journal/crypt.h"
#include "journal/state.h"

struct status journal_reader_open(struct journal *journal, struct journal_reader **ret_reader)
{
    struct journal_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return FAIL(MEMORY);
    reader->journal = journal;
    reader->keyring = journal->writing.keyring;
    struct status s = store_open(journal->path, STORE_READER, &reader->store);
    if (failed(s))
        free(reader);
    else
        *ret_reader = reader;
    return s;
}

void journal_reader_close(struct journal_reader *reader)
{
    if (reader == NULL)
        return;
    store_close(reader->store);
    free(reader);
}

struct status look_begin(struct journal_reader *reader, struct arena *arena, uint64_t reader_size,
                         struct look *ret_look)
{
    *ret_look = (struct look){
        .reader = reader,
        .arena = arena,
        .tree = journal_signed(reader->journal),
        .reader_size = reader_size,
    };
    return store_look(reader->store);
}

struct status look_end(struct look *look, struct status s)
{
    store_leave(look->reader->store);
    return s;
}

const struct signed_tree *look_tree(const struct look *look, uint64_t index)
{
    return journal_tree_of(look->reader->journal, &look->tree, index);
}

struct status look_entry(struct look *look, uint64_t index, struct looked_entry *ret_entry)
{
    struct looked_entry e;
    if (look_tree(look, index) == NULL)
        return FAIL(ABSENT);
    struct status s = store_entry(look->reader->store, look->arena, index, &e.row);
    if (failed(s))
        return s;
    const struct place place = {"entry", index};
    s = slot_open(look->arena, look->reader->keyring, &place, e.row.wrapped, ENTRY_OUTER,
                  e.row.slots[ENTRY_OUTER], &e.opening);
    if (!failed(s) && failed(outer_parse(slice_part(e.opening, 32, SIZE_MAX), &e.outer)))
        s = FAIL(CRYPTO);
    if (!failed(s))
        *ret_entry = e;
    return s;
}

struct status look_receipt(struct look *look, const struct looked_entry *entry,
                           struct slice *ret_receipt)
{
    struct buffer octets = buffer_new(RECEIPT_MAX_BYTES);
    const struct signed_tree *tree = look_tree(look, entry->row.index);
    const struct receipt_of of = {
        .index = entry->row.index,
        .entry = entry->row.entry,
        .opening = entry->opening,
        .reader_size = tree == &look->tree ? look->reader_size : 0,
    };
    struct status s =
        tree == NULL ? FAIL(ABSENT) : receipt_make(look->reader->store, tree, &of, &octets);
    if (!failed(s)) {
        struct slice receipt = arena_copy(look->arena, buffer_slice(&octets));
        if (receipt.at == NULL)
            s = FAIL(MEMORY);
        else
            *ret_receipt = receipt;
    }
    buffer_done(&octets);
    return s;
}

struct status look_message(struct look *look, const struct message_key *key,
                           struct message_row *ret_row)
{
    struct message_row row;
    struct status s = store_message(look->reader->store, look->arena, key, &row);
    if (!failed(s) && row.entry >= signed_end(&look->tree))
        return FAIL(ABSENT);
    if (!failed(s))
        *ret_row = row;
    return s;
}

struct status look_slot(struct look *look, const struct message_row *row, enum message_slot slot,
                        struct slice *ret_octets)
{
    const struct place place = {"message", row->number};
    return slot_open(look->arena, look->reader->keyring, &place, row->wrapped, slot,
                     row->slots[slot], ret_octets);
}

static struct status seen_fill(struct look *look, const struct message_key *key,
                               struct seen *ret_seen)
{
    struct message_row row;
    struct looked_entry entry;
    struct status s = look_message(look, key, &row);
    bool is_in = !failed(s) && row.relayed > 0;
    if (failed(s) || failed(s = look_entry(look, is_in ? row.relayed : row.entry, &entry)))
        return s;
    struct seen seen = {
        .seal = digest_read(row.seal),
        .kind = is_in ? ENTRY_DISCLOSURE : row.kind,
        .code = entry.outer.code,
    };
    s = look_receipt(look, &entry, &seen.receipt);
    if (!failed(s))
        *ret_seen = seen;
    return s;
}

struct status journal_seen(struct journal_reader *reader, struct arena *arena,
                           const struct message_key *key, uint64_t reader_size,
                           struct seen *ret_seen)
{
    struct look look;
    struct status s = look_begin(reader, arena, reader_size, &look);
    return look_end(&look, failed(s) ? s : seen_fill(&look, key, ret_seen));
}

struct status journal_checkpoint(struct journal_reader *reader, struct arena *arena,
                                 struct slice *ret_note, uint64_t *ret_size)
{
    const struct signed_tree tree = journal_signed(reader->journal);
    struct slice note = arena_copy(arena, signed_note(&tree));
    if (note.at == NULL)
        return FAIL(MEMORY);
    *ret_note = note;
    *ret_size = tree.size;
    return OK;
}

struct status journal_consistency(struct journal_reader *reader, struct arena *arena,
                                  uint64_t old_size, uint64_t new_size, struct slices *ret_path)
{
    struct look look;
    struct status s = look_begin(reader, arena, 0, &look);
    if (!failed(s))
        s = new_size > look.tree.size ? FAIL(ABSENT)
                                      : consistency_make(reader->store, arena, look.tree.base,
                                                         old_size, new_size, ret_path);
    return look_end(&look, s);
}
