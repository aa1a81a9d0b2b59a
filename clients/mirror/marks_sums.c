#include "mirror/marks_sums.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "mirror/bits.h"
#include "mirror/marks.h"
#include "mirror/mirror_parts.h"

#define ENTRY_ARENA_BYTES (32U << 20)
#define ITEM_MAX_BYTES    (1U << 20)
#define KEY_BYTES         32
#define LANES             4
#define WORD_MAX_BYTES    32768 /* at which FTS5 cuts a longer one */

struct sum {
    uint64_t lanes[LANES];
};

/* Of a block of entries: what they make, less what the table holds; of the words that the table
 * holds, less those that are found when they are searched for. */
struct block {
    struct sum marks, words, found;
};

struct marks_sums {
    struct mirror *mirror;
    struct block *blocks;
    size_t count;
    uint8_t key[KEY_BYTES];
    struct buffer item;
    fts5_tokenizer tokenizer;
    Fts5Tokenizer *words;
    struct buffer word, query; /* the word at hand, and what searches for it */
    uint64_t last;             /* entry that has it */
};

/* ---- sums ---- */

/* The digests are secret, so nobody can choose marks of which the sum is the same. */
static struct status sum_change(struct marks_sums *x, struct sum *sum, struct slice value,
                                uint64_t index, uint64_t place, bool is_made)
{
    buffer_clear(&x->item);
    buffer_u64(&x->item, index);
    buffer_u64(&x->item, place);
    buffer_put(&x->item, value);
    if (x->item.failed)
        return FAIL(MEMORY);
    const struct digest digest = digest_two(slice_over(x->key, KEY_BYTES), buffer_slice(&x->item));
    for (size_t i = 0; i < LANES; i++) {
        uint64_t lane;
        memcpy(&lane, digest.octets + i * sizeof lane, sizeof lane);
        sum->lanes[i] += is_made ? lane : 0 - lane;
    }
    return OK;
}

static bool sum_is_zero(const struct sum *sum)
{
    static const struct sum zero;
    return memcmp(sum, &zero, sizeof zero) == 0;
}

/* ---- words ---- */

/* As the table words has them: its own tokenizer, with its own options. */
static struct status tokenizer_make(struct marks_sums *x)
{
    static const char *options[] = {"remove_diacritics", "2"};
    fts5_api *api = NULL;
    void *owner = NULL;
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(x->mirror->db, "SELECT fts5(?1)", -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (api == NULL)
        return rc == SQLITE_NOMEM ? FAIL(MEMORY) : FAIL(STORE);
    rc = api->xFindTokenizer(api, "unicode61", &owner, &x->tokenizer);
    if (rc == SQLITE_OK)
        rc = x->tokenizer.xCreate(owner, options, 2, &x->words);
    return mirror_status(rc);
}

struct splitting {
    struct marks_sums *sums;
    struct sum *sum;
    uint64_t index, place;
    struct status status;
};

static int word_add(void *owner, int flags, const char *word, int length, int start, int end)
{
    struct splitting *s = owner;
    (void)flags, (void)start, (void)end; /* it has no synonyms */
    length = length < WORD_MAX_BYTES ? length : WORD_MAX_BYTES;
    s->status =
        sum_change(s->sums, s->sum, slice_over(word, (size_t)length), s->index, s->place++, true);
    return failed(s->status) ? SQLITE_NOMEM : SQLITE_OK;
}

static struct status text_add(struct marks_sums *x, struct sum *sum, uint64_t index,
                              struct slice text)
{
    struct splitting s = {.sums = x, .sum = sum, .index = index, .status = OK};
    if (text.length == 0)
        return OK;
    const int rc = x->tokenizer.xTokenize(x->words, &s, FTS5_TOKENIZE_DOCUMENT,
                                          (const char *)text.at, (int)text.length, word_add);
    return failed(s.status) ? s.status : mirror_status(rc);
}

/* ---- what the entries make ---- */

struct status marks_sums_new(struct mirror *m, struct marks_sums **ret_sums)
{
    struct marks_sums *x = calloc(1, sizeof *x);
    if (x == NULL)
        return FAIL(MEMORY);
    x->mirror = m;
    x->item = buffer_new(ITEM_MAX_BYTES);
    x->word = buffer_new(ITEM_MAX_BYTES);
    x->query = buffer_new(ITEM_MAX_BYTES);
    x->count = (size_t)(mirror_count(m) / BITS_BLOCK) + 1;
    x->blocks = calloc(x->count, sizeof *x->blocks);
    struct status s = x->blocks == NULL ? FAIL(MEMORY) : entropy_fill(x->key, sizeof x->key);
    if (!failed(s))
        s = tokenizer_make(x);
    if (failed(s))
        marks_sums_free(x);
    else
        *ret_sums = x;
    return s;
}

static struct status entry_add(struct marks_sums *x, struct arena *arena,
                               const struct mirror_entry *entry)
{
    struct block *block = &x->blocks[entry->index / BITS_BLOCK];
    struct slices marks = {NULL, 0};
    struct slice text = {NULL, 0};
    struct status s = marks_of(arena, entry, &marks);
    for (size_t i = 0; i < marks.count && !failed(s); i++)
        s = sum_change(x, &block->marks, marks.at[i], entry->index, 0, true);
    if (!failed(s))
        s = marks_text(arena, entry, &text);
    return failed(s) ? s : text_add(x, &block->words, entry->index, text);
}

struct status marks_sums_entry(struct marks_sums *x, const struct mirror_entry *entry)
{
    if (entry->index >= mirror_unopened(x->mirror))
        return OK;
    struct arena *arena = arena_new(ENTRY_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : entry_add(x, arena, entry);
    arena_free(arena);
    return s;
}

/* ---- what the tables hold ---- */

static struct status fault(char text[static MARKS_FAULT_BYTES], const char *table, uint64_t block)
{
    snprintf(text, MARKS_FAULT_BYTES,
             "%s: what entries %" PRIu64 " to %" PRIu64 " are found by is not what they say", table,
             block * BITS_BLOCK, block * BITS_BLOCK + BITS_BLOCK - 1);
    return REFUSE(CONSISTENCY);
}

/* A table that SQLite cannot read for what is in it was changed. */
static struct status damage(struct marks_sums *x, struct status s,
                            char text[static MARKS_FAULT_BYTES])
{
    if (s.code != CODE_STORE || (sqlite3_errcode(x->mirror->db) & 0xff) != SQLITE_CORRUPT)
        return s;
    snprintf(text, MARKS_FAULT_BYTES, "words: the index is damaged");
    return REFUSE(CONSISTENCY);
}

static struct status mark_take(struct marks_sums *x, sqlite3_stmt *row, char *text)
{
    struct bits bits;
    const struct slice mark = mirror_octets(row, 0);
    const uint64_t block = mirror_number(row, 1);
    if (block >= x->count || failed(bits_decode(mirror_octets(row, 2), &bits)))
        return fault(text, "mark", block);
    struct status s = OK;
    for (uint64_t at = 0; at < BITS_BLOCK && !failed(s); at++)
        if (bits_have(&bits, at))
            s = sum_change(x, &x->blocks[block].marks, mark, block * BITS_BLOCK + at, 0, false);
    return s;
}

/* ---- what a search finds ---- */

static struct status found_take(struct marks_sums *x, struct slice word, uint64_t index,
                                bool is_had, char *text)
{
    return index / BITS_BLOCK < x->count
               ? sum_change(x, &x->blocks[index / BITS_BLOCK].found, word, index, 0, is_had)
               : fault(text, "words", index / BITS_BLOCK);
}

static void query_write(struct marks_sums *x, struct slice word)
{
    buffer_clear(&x->query);
    buffer_u8(&x->query, '"');
    for (size_t i = 0; i < word.length; i++) {
        if (word.at[i] == '"')
            buffer_u8(&x->query, '"');
        buffer_u8(&x->query, word.at[i]);
    }
    buffer_u8(&x->query, '"');
}

/* A search goes by the index of the table's pages, and the list of all words does not: it is asked
 * as search.c does. */
static struct status word_search(struct marks_sums *x, struct slice word, char *text)
{
    sqlite3_stmt *row = NULL;
    query_write(x, word);
    const struct mirror_value values[] = {TEXT(buffer_slice(&x->query))};
    if (x->query.failed)
        return FAIL(MEMORY);
    struct status s =
        mirror_ask(x->mirror, "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC",
                   values, 1, &row);
    while (!failed(s) && !failed(s = mirror_row(row)))
        s = found_take(x, word, mirror_number(row, 0), false, text);
    s = damage(x, s, text);
    mirror_end(x->mirror, row);
    return s.code == CODE_ABSENT ? OK : s;
}

static struct status word_begin(struct marks_sums *x, struct slice word, char *text)
{
    buffer_clear(&x->word);
    buffer_put(&x->word, word);
    x->last = UINT64_MAX;
    return x->word.failed ? FAIL(MEMORY) : word_search(x, word, text);
}

/* A word that was cut may end within a letter: nobody can search for it, nor asks so long. Nor for
 * one with a zero octet, which no text makes. */
static bool is_searched_for(struct slice word)
{
    return word.length < WORD_MAX_BYTES && slice_find(word, 0) == word.length;
}

/* The rows of a word come one after another, and of them those of an entry. */
static struct status word_take(struct marks_sums *x, sqlite3_stmt *row, char *text)
{
    const struct slice word = mirror_octets(row, 0);
    const uint64_t index = mirror_number(row, 1);
    if (index / BITS_BLOCK >= x->count)
        return fault(text, "words", index / BITS_BLOCK);
    struct status s = sum_change(x, &x->blocks[index / BITS_BLOCK].words, word, index,
                                 mirror_number(row, 2), false);
    if (failed(s) || !is_searched_for(word))
        return s;
    if (!slice_equal(word, buffer_slice(&x->word)))
        s = word_begin(x, word, text);
    if (!failed(s) && index != x->last)
        s = found_take(x, word, index, true, text);
    x->last = index;
    return s;
}

/* ---- both ---- */

static const struct {
    const char *sql;
    struct status (*take)(struct marks_sums *x, sqlite3_stmt *row, char *text);
} tables[] = {
    {"SELECT mark, block, bits FROM mark", mark_take},
    {"SELECT term, doc, \"offset\" FROM word", word_take},
};

static struct status table_take(struct marks_sums *x, size_t table, char *text)
{
    sqlite3_stmt *row = NULL;
    struct status s = mirror_ask(x->mirror, tables[table].sql, NULL, 0, &row);
    if (failed(s))
        return s;
    while (!failed(s = mirror_row(row)) && !failed(s = tables[table].take(x, row, text)))
        continue;
    s = damage(x, s, text);
    mirror_end(x->mirror, row);
    return s.code == CODE_ABSENT ? OK : s;
}

struct status marks_sums_compare(struct marks_sums *x, char text[static MARKS_FAULT_BYTES])
{
    struct status s = OK;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && !failed(s); i++)
        s = table_take(x, i, text);
    for (size_t i = 0; i < x->count && !failed(s); i++) {
        const struct block *block = &x->blocks[i];
        if (!sum_is_zero(&block->marks))
            s = fault(text, "mark", i);
        else if (!sum_is_zero(&block->words) || !sum_is_zero(&block->found))
            s = fault(text, "words", i);
    }
    return s;
}

void marks_sums_free(struct marks_sums *x)
{
    if (x == NULL)
        return;
    if (x->words != NULL)
        x->tokenizer.xDelete(x->words);
    buffer_done(&x->item);
    buffer_done(&x->word);
    buffer_done(&x->query);
    free(x->blocks);
    free(x);
}
