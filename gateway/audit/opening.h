#ifndef AUDIT_OPENING_H
#define AUDIT_OPENING_H

/*
 * What a State's own oversight is given of its log: entries with their openings, as a deterministic
 * CBOR array of [index, entry, outer, inner, closed], where an opening is [key, record] or null. It
 * is null where it was erased, and where it is not for the reader: the closed one is for the
 * data-protection authority alone (R-AUD-05). Whoever has the log's tree can see for each entry
 * that it is in the log, and from here that the records are what it commits to.
 */

#include "audit/entry.h"

#define OPENINGS_MAX       256
#define OPENINGS_MAX_BYTES (4U << 20)
#define OPENING_KEY_BYTES  32

/** at == NULL in both: null. */
struct opening {
    struct slice key, record;
};

static inline bool opening_is_there(const struct opening *opening)
{
    return opening->key.at != NULL;
}

/** A row of the document. */
struct opened_entry {
    uint64_t index;
    struct slice entry; /* ENTRY_BYTES */
    struct opening outer, inner, closed;
};

/** An upper bound of what a row takes in a document: the sum over its rows is to stay below
 * OPENINGS_MAX_BYTES - OPENINGS_HEAD_BYTES. */
size_t opened_entry_bytes(const struct opened_entry *row);
#define OPENINGS_HEAD_BYTES 9

/** Appends a document of at most OPENINGS_MAX rows, whose indices follow one another. */
void openings_write(struct buffer *out, const struct opened_entry *rows, size_t count);

/**
 * Reads a document. Indices follow one another; there is no closed opening without the inner one
 * that commits to it. Nothing is verified. Rows live in the arena and borrow from the document.
 *
 * REFUSED openings.size, openings.shape, cbor.*;  MEMORY
 */
struct status openings_parse(struct arena *arena, struct slice document,
                             struct opened_entry **ret_rows, size_t *ret_count);

/** What a row says, of which every record is the one that the entry commits to. */
struct opened {
    uint64_t time_ms;
    bool has_outer, has_inner, has_closed;
    struct outer outer;
    struct inner inner;  /* without what stands in the closed record */
    struct inner closed; /* fields, silent removals and its justification alone */
};

/**
 * Verifies a row's openings against its entry and reads them.
 *
 * REFUSED receipt.entry; opening.outer, opening.inner or opening.closed: the record is not what was
 *         committed to; outer.shape, inner.shape, cbor.*
 * MEMORY
 */
struct status opened_entry_read(struct arena *arena, const struct opened_entry *row,
                                struct opened *ret_opened);

#endif
