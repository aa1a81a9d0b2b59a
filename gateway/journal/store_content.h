#ifndef JOURNAL_STORE_CONTENT_H
#define JOURNAL_STORE_CONTENT_H

/* The part of the database (store.h) for what entries are about: keys, threads, persons. */

#include "journal/store.h"

/* ---- keys in force ---- */

/** The lines that were kept last: see journal_keys. ABSENT */
struct status store_keys(struct store *store, struct arena *arena, struct slice *ret_lines);
struct status store_keys_set(struct store *store, struct slice lines);

/* ---- threads that are secret ---- */

/** A thread is confidential from now on, what was written of it before too. */
struct status store_confidential_add(struct store *store, struct slice thread);

/** Remembers the thread of an entry that is about no kept message. */
struct status store_thread_of_add(struct store *store, uint64_t entry, struct slice thread);

/** Whether an entry belongs to a confidential thread. */
struct status store_is_confidential(struct store *store, const struct entry_row *entry,
                                    bool *ret_is);

/* ---- persons ---- */

/** The wrapped key of a person in a case, by its index. ABSENT: there is none, or not any more */
struct status store_person(struct store *store, struct arena *arena, struct slice place,
                           struct slice *ret_wrapped);
struct status store_person_add(struct store *store, struct slice place, struct slice wrapped);

/** Destroys it as store_message_erase does. */
struct status store_person_erase(struct store *store, struct slice place);

#endif
