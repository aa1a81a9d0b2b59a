#ifndef UNIT_CLIENTS_SEARCHED_H
#define UNIT_CLIENTS_SEARCHED_H

/* Entries that can be found, and what is found of them. */

#include "mirror/search.h"

/** Puts an entry with one rule of this title, and these words. */
void titled_put(struct mirror *mirror, uint64_t time_ms, const char *title, const char *words);

/** What is found, as "5,3,"; where it is all, search_count has to agree. NULL where the search
 * fails. Static buffer. */
const char *found(struct mirror *mirror, const struct search_wanted *wanted);

/** What is found by one mark, and by words. As found. */
const char *by_mark(struct mirror *mirror, const char *word, struct slice value);
const char *by_text(struct mirror *mirror, const char *words);

#endif
