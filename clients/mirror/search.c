#include "mirror/search.h"

#include "base/encoding.h"
#include "mirror/bits.h"
#include "mirror/mirror_parts.h"

#define QUERY_MAX (4UL * SEARCH_TEXT_MAX) /* quoted */
#define ALL_BITS  0xffU

/* A search at work: what is found goes from the newest entry down to from. */
struct search {
    struct mirror *mirror;
    const struct search_wanted *wanted;
    uint64_t from, to;   /* indices; to is not included */
    uint64_t block;      /* whose entries bits holds */
    struct bits bits;    /* those that have all marks */
    uint64_t *found;     /* NULL: only counted */
    uint64_t count, max; /* max: then it ends */
};

/* ---- times ---- */

static struct status time_of(struct mirror *m, uint64_t index, uint64_t *ret_time_ms)
{
    sqlite3_stmt *row = NULL;
    const struct mirror_value values[] = {NUMBER(index)};
    struct status s = mirror_ask(m, "SELECT time FROM entry WHERE idx = ?", values, 1, &row);
    if (failed(s))
        return s;
    if (!failed(s = mirror_row(row)))
        *ret_time_ms = mirror_number(row, 0);
    mirror_end(m, row);
    return s.code == CODE_ABSENT ? FAIL(STORE) : s;
}

/* The first entry that is not earlier; times never fall. */
static struct status first_at(struct mirror *m, uint64_t time_ms, uint64_t *ret_index)
{
    uint64_t low = 0, high = mirror_size(m);
    struct status s = OK;
    while (low < high && !failed(s)) {
        const uint64_t middle = low + (high - low) / 2;
        uint64_t at_ms = 0;
        s = time_of(m, middle, &at_ms);
        if (at_ms < time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_index = low;
    return s;
}

static struct status range_find(struct search *x)
{
    const struct search_wanted *w = x->wanted;
    struct status s = first_at(x->mirror, w->from_ms, &x->from);
    x->to = mirror_size(x->mirror);
    if (!failed(s) && w->until_ms != 0)
        s = first_at(x->mirror, w->until_ms, &x->to);
    if (x->to > w->before)
        x->to = w->before;
    return s;
}

/* ---- marks ---- */

static bool are_none(const struct bits *bits)
{
    static const struct bits none;
    return memcmp(bits, &none, sizeof none) == 0;
}

static struct status block_read(struct search *x, uint64_t block)
{
    const struct slices *marks = &x->wanted->marks;
    struct status s = OK;
    struct bits all, bits;
    memset(&all, ALL_BITS, sizeof all);
    for (size_t i = 0; i < marks->count && !failed(s) && !are_none(&all); i++) {
        s = bits_read(x->mirror, marks->at[i], block, &bits);
        for (size_t k = 0; k < sizeof bits.octets && !failed(s); k++)
            all.octets[k] &= bits.octets[k];
    }
    x->block = block;
    x->bits = all;
    return s;
}

/* Whether the search has enough. */
static bool take(struct search *x, uint64_t index)
{
    if (x->found != NULL)
        x->found[x->count] = index;
    return ++x->count == x->max;
}

static bool block_take(struct search *x, uint64_t from, uint64_t to)
{
    if (are_none(&x->bits))
        return false;
    for (uint64_t index = to; index > from; index--)
        if (bits_have(&x->bits, index - 1) && take(x, index - 1))
            return true;
    return false;
}

static struct status by_marks(struct search *x)
{
    for (uint64_t to = x->to; to > x->from;) {
        const uint64_t block = (to - 1) / BITS_BLOCK, begin = block * BITS_BLOCK;
        const uint64_t from = begin > x->from ? begin : x->from;
        struct status s = block_read(x, block);
        if (failed(s) || block_take(x, from, to))
            return s;
        to = from;
    }
    return OK;
}

/* ---- words ---- */

static bool is_blank(uint8_t octet)
{
    return octet == ' ' || (octet >= '\t' && octet <= '\r');
}

/* Each word in quotes, so that nothing in it is read as an operator. */
static void quote(struct slice text, struct buffer *query)
{
    bool inside = false;
    for (size_t i = 0; i < text.length; i++) {
        const uint8_t octet = text.at[i];
        if (is_blank(octet) == inside)
            buffer_text(query, inside ? "\" " : "\"");
        inside = !is_blank(octet);
        if (octet == '"')
            buffer_u8(query, '"');
        if (inside)
            buffer_u8(query, octet);
    }
    if (inside)
        buffer_u8(query, '"');
}

static struct status visit_all(struct search *x, sqlite3_stmt *rows)
{
    struct status s;
    while (!failed(s = mirror_row(rows))) {
        const uint64_t index = mirror_number(rows, 0);
        if (index / BITS_BLOCK != x->block)
            s = block_read(x, index / BITS_BLOCK);
        if (failed(s) || (bits_have(&x->bits, index) && take(x, index)))
            return s;
    }
    return s.code == CODE_ABSENT ? OK : s;
}

static struct status by_words(struct search *x)
{
    sqlite3_stmt *rows = NULL;
    struct buffer query = buffer_new(QUERY_MAX);
    quote(x->wanted->text, &query);
    const struct mirror_value values[] = {TEXT(buffer_slice(&query)), NUMBER(x->from),
                                          NUMBER(x->to)};
    x->block = UINT64_MAX; /* none is read yet */
    struct status s = query.failed ? FAIL(MEMORY)
                                   : mirror_ask(x->mirror,
                                                "SELECT rowid FROM words WHERE words MATCH ?"
                                                " AND rowid >= ? AND rowid < ?"
                                                " ORDER BY rowid DESC",
                                                values, 3, &rows);
    if (!failed(s))
        s = visit_all(x, rows);
    mirror_end(x->mirror, rows);
    buffer_done(&query);
    return s;
}

/* ---- both ---- */

static struct status find(struct search *x)
{
    const struct slice text = x->wanted->text;
    if (text.length > SEARCH_TEXT_MAX || !utf8_valid(text))
        return FAIL(CONFIG);
    struct status s = range_find(x);
    if (failed(s) || x->from >= x->to)
        return s;
    return text.length > 0 ? by_words(x) : by_marks(x);
}

struct status search_run(struct mirror *m, struct arena *arena, const struct search_wanted *wanted,
                         uint64_t **ret_indices, size_t *ret_count)
{
    struct search x = {.mirror = m, .wanted = wanted};
    x.max = wanted->limit < SEARCH_LIMIT_MAX ? wanted->limit : SEARCH_LIMIT_MAX;
    x.found = arena_array(arena, SEARCH_LIMIT_MAX, sizeof *x.found);
    struct status s = x.found == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s) && x.max > 0)
        s = find(&x);
    if (failed(s))
        return s;
    *ret_indices = x.found;
    *ret_count = (size_t)x.count;
    return OK;
}

struct status search_count(struct mirror *m, const struct search_wanted *wanted,
                           uint64_t *ret_count)
{
    struct search x = {.mirror = m, .wanted = wanted, .max = UINT64_MAX};
    struct status s = find(&x);
    if (!failed(s))
        *ret_count = x.count;
    return s;
}
