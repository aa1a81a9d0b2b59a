#include "mirror/bits.h"

#include <stdlib.h>

#include "mirror/mirror_parts.h"

/*
 * A block in which a mark is rare is kept as the list of its entries, two octets each, ascending;
 * one in which it is common as it is. A list is always shorter.
 */
#define LIST_MAX 255
#define ITEM     2

/* Blocks that a transaction has changed stand in a table of their own until they are written. */
#define PLACES     8192
#define PLACES_MAX 4096 /* that are taken; then all are written */

struct place {
    uint8_t *mark; /* owned; NULL: the place is free */
    size_t length;
    uint64_t block;
    bool dense; /* the block is kept as it is */
    struct bits bits;
};

struct bits_said {
    struct place places[PLACES];
    size_t count;
};

struct status bits_decode(struct slice kept, struct bits *ret_bits)
{
    if (kept.length == sizeof ret_bits->octets) {
        memcpy(ret_bits->octets, kept.at, sizeof ret_bits->octets);
        return OK;
    }
    if (kept.length % ITEM != 0)
        return FAIL(STORE);
    *ret_bits = (struct bits){0};
    unsigned least = 0;
    for (size_t i = 0; i < kept.length; i += ITEM) {
        const unsigned at = (unsigned)(kept.at[i] << 8 | kept.at[i + 1]);
        if (at >= BITS_BLOCK || at < least)
            return FAIL(STORE);
        ret_bits->octets[at / 8] |= (uint8_t)(1U << at % 8);
        least = at + 1;
    }
    return OK;
}

static size_t encode(const struct bits *bits, uint8_t list[static LIST_MAX * ITEM])
{
    size_t length = 0;
    for (unsigned octet = 0; octet < sizeof bits->octets; octet++)
        for (unsigned bit = 0; bits->octets[octet] >> bit != 0; bit++) {
            if ((bits->octets[octet] >> bit & 1) == 0)
                continue;
            if (length == (size_t)LIST_MAX * ITEM)
                return length + ITEM; /* too long for a list */
            list[length++] = (uint8_t)(octet >> 5);
            list[length++] = (uint8_t)(octet << 3 | bit);
        }
    return length;
}

/* dense: the block is kept as it is. ABSENT */
static struct status kept_read(struct mirror *m, struct slice mark, uint64_t block,
                               struct bits *ret_bits, bool *ret_dense)
{
    sqlite3_stmt *row = NULL;
    const struct mirror_value values[] = {OCTETS(mark), NUMBER(block)};
    struct status s =
        mirror_ask(m, "SELECT bits FROM mark WHERE mark = ? AND block = ?", values, 2, &row);
    if (failed(s))
        return s;
    if (!failed(s = mirror_row(row))) {
        const struct slice kept = mirror_octets(row, 0);
        *ret_dense = kept.length == sizeof ret_bits->octets;
        s = bits_decode(kept, ret_bits);
    }
    mirror_end(m, row);
    return s;
}

static struct status kept_write(struct mirror *m, struct slice mark, uint64_t block,
                                struct slice bits)
{
    const struct mirror_value values[] = {OCTETS(mark), NUMBER(block), OCTETS(bits)};
    return bits.length == 0
               ? mirror_run(m, "DELETE FROM mark WHERE mark = ? AND block = ?", values, 2)
               : mirror_run(m, "INSERT OR REPLACE INTO mark VALUES(?, ?, ?)", values, 3);
}

/* ---- what a transaction has changed ---- */

/* FNV-1a */
static size_t hash_of(struct slice mark, uint64_t block)
{
    uint64_t hash = 0xcbf29ce484222325 ^ block;
    for (size_t i = 0; i < mark.length; i++)
        hash = (hash ^ mark.at[i]) * 0x100000001b3;
    return (size_t)(hash ^ hash >> 32) % PLACES;
}

/* The place of this block, or a free one for it. */
static struct place *place_of(struct bits_said *said, struct slice mark, uint64_t block)
{
    size_t at = hash_of(mark, block);
    for (;; at = (at + 1) % PLACES) {
        struct place *p = &said->places[at];
        if (p->mark == NULL ||
            (p->block == block && slice_equal(slice_over(p->mark, p->length), mark)))
            return p;
    }
}

static void places_clear(struct bits_said *said)
{
    for (size_t i = 0; i < PLACES; i++) {
        free(said->places[i].mark);
        said->places[i].mark = NULL;
    }
    said->count = 0;
}

static struct status place_fill(struct mirror *m, struct slice mark, uint64_t block,
                                struct place *place)
{
    struct place p = {.length = mark.length, .block = block};
    struct status s = kept_read(m, mark, block, &p.bits, &p.dense);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    p.mark = malloc(mark.length + 1);
    if (p.mark == NULL)
        return FAIL(MEMORY);
    memcpy(p.mark, mark.at, mark.length);
    *place = p;
    m->said->count++;
    return OK;
}

static struct status place_write(struct mirror *m, const struct place *p)
{
    static const struct bits none;
    uint8_t list[LIST_MAX * ITEM];
    const bool is_empty = memcmp(&p->bits, &none, sizeof none) == 0;
    const size_t length = is_empty ? 0 : p->dense ? SIZE_MAX : encode(&p->bits, list);
    return kept_write(m, slice_over(p->mark, p->length), p->block,
                      length <= sizeof list ? slice_over(list, length)
                                            : slice_over(p->bits.octets, sizeof p->bits.octets));
}

struct status bits_write(struct mirror *m)
{
    struct status s = OK;
    if (m->said == NULL || m->said->count == 0)
        return s;
    for (size_t i = 0; i < PLACES && !failed(s); i++)
        if (m->said->places[i].mark != NULL)
            s = place_write(m, &m->said->places[i]);
    if (!failed(s))
        places_clear(m->said);
    return s;
}

void bits_abandon(struct mirror *m)
{
    if (m->said != NULL)
        places_clear(m->said);
    free(m->said);
    m->said = NULL;
}

static struct status bit_set(struct mirror *m, struct slice mark, uint64_t index, bool wanted)
{
    const uint64_t block = index / BITS_BLOCK;
    const unsigned at = (unsigned)(index % BITS_BLOCK);
    struct status s = OK;
    if (m->said == NULL && (m->said = calloc(1, sizeof *m->said)) == NULL)
        return FAIL(MEMORY);
    if (m->said->count == PLACES_MAX)
        s = bits_write(m);
    if (failed(s))
        return s;
    struct place *place = place_of(m->said, mark, block);
    if (place->mark == NULL && failed(s = place_fill(m, mark, block, place)))
        return s;
    if (bits_have(&place->bits, index) != wanted)
        place->bits.octets[at / 8] ^= (uint8_t)(1U << at % 8);
    return OK;
}

struct status bits_put(struct mirror *m, struct slice mark, uint64_t index)
{
    return bit_set(m, mark, index, true);
}

struct status bits_take(struct mirror *m, struct slice mark, uint64_t index)
{
    return bit_set(m, mark, index, false);
}

struct status bits_read(struct mirror *m, struct slice mark, uint64_t block, struct bits *ret_bits)
{
    bool dense;
    struct status s = bits_write(m);
    if (!failed(s))
        s = kept_read(m, mark, block, ret_bits, &dense);
    if (s.code != CODE_ABSENT)
        return s;
    *ret_bits = (struct bits){0};
    return OK;
}
