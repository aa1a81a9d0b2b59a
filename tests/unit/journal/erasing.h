#ifndef TEST_JOURNAL_ERASING_H
#define TEST_JOURNAL_ERASING_H

/* A journal that keeps little for long: letters expire after a day. */

#include "foreign.h"

#include "journal/erasure.h"
#include "journal/store.h"

#define HOUR_MS 3600000ULL
#define DAY_MS  86400000ULL
#define KEPT_MS HOUR_MS /* its retention */

/** As desk_begin, with that retention. */
void erasing_begin(struct desk *d);

/** Posts a question and waits for its answer: what was queued before is done. */
void erasing_wait(struct fixture *f);

/** A run of the retention, and what it queued at once. */
void erasing_retain(struct fixture *f, uint64_t now_ms);

/** Letter n in thread 1. */
void post_letter(struct fixture *f, struct letter *l, uint64_t n);

/** A stage of a letter. */
void post_stage(struct fixture *f, const struct letter *of, enum stage stage);

/** Letter n, which its recipient has read. */
void post_read(struct fixture *f, struct letter *l, uint64_t n);

uint64_t signed_size(struct fixture *f);

/** What is kept of a letter, with its body. */
struct message_row row_of(struct desk *d, const struct letter *l);

/** The records of an entry as they were written. */
void entry_open(struct desk *d, uint64_t index, struct outer *ret_outer, struct slice *ret_inner);

/** Whether a record holds a text. */
bool says(struct slice record, const char *text);

/** What a repetition of the letter is answered with; its receipt proves. */
struct status seen_status(struct desk *d, const struct letter *l);

/** What becomes of an order about a letter, or about an entry where l is NULL. */
struct status order_status(struct fixture *f, enum erasure_act act, const struct letter *l,
                           uint64_t entry);

#endif
