#ifndef EXCHANGE_LINK_QUERY_H
#define EXCHANGE_LINK_QUERY_H

/* Inside of exchange/: an ANSWER being made. */

#include "exchange/link.h"
#include "session/query.h"

#define ROWS_MAX_BYTES    (900U << 10)
#define ANSWER_HEAD_BYTES 64U /* of a frame, what is not rows: at most */

struct page {
    struct exchange_link *link;
    struct arena *arena;
    const struct query_args *args;
    struct slices rows;
    size_t bytes;      /* of all rows so far */
    struct slice next; /* at == NULL: that was all */
    uint64_t number;   /* of the QUERY */
    struct moment now;
    bool is_entered; /* the log says already that it is read */
    bool is_later;   /* there is no ANSWER now: once the journal has answered, or it was refused */
};

/** Gives the rows of one kind of question. REFUSED query.unknown, frame.size; ABSENT where there is
 * nothing that may be told; any other failure is ours. */
typedef struct status answer_rows(struct page *page);
answer_rows answer_checkpoint, answer_consistency, answer_rulebook, answer_steps, answer_versions;

/** Answers a QUERY of this number. Nothing is sent where it has to wait for the journal. */
struct status link_answer(struct exchange_link *link, struct arena *arena,
                          const struct query_args *args, uint64_t number, struct moment now);

/** Answers a FETCH that has waited for the journal. */
struct status link_answer_fetch(struct exchange_link *link, const struct message_key *key,
                                uint64_t number, bool is_entered, struct moment now);

/**
 * Has the log say that the party reads this message again; the FETCH of this number is answered
 * once it is signed. MEMORY, STORE, FULL, CRYPTO: nothing may be shown
 */
struct status link_enter_read(struct exchange_link *link, struct arena *arena,
                              const struct deliver *deliver, uint64_t number, struct moment now);

/** Makes room for so many rows. MEMORY */
struct status page_start(struct page *page, size_t room);

/** The same for a list, each row of this weight in the link's turn: the other links are not to wait
 * for many long ones in a row. */
struct status page_start_list(struct page *page, size_t count, unsigned weight);

/**
 * Takes a written row over; *ret_full when the answer would become too long with it. A single row
 * may be as long as the peer's longest frame allows.
 *
 * REFUSED  frame.size  the first row is longer than that;  MEMORY
 */
struct status page_add(struct page *page, struct buffer *row, bool *ret_full);

#endif
