#ifndef TEST_JOURNAL_WATCH_H
#define TEST_JOURNAL_WATCH_H

/* Questions to a journal under test, and waiting for what should become of it. */

#include "fixture.h"

/** Posts, waits, and gives the status of the result; a failure has no receipt. */
struct status post_status(struct fixture *f, const struct posting *posting);

/** What fetching the letter gives. */
struct status fetch_status(struct fixture *f, const struct letter *l);

/** Closes the journal and checks that the published log holds and has no other files; gives its
 * size. */
uint64_t check_whole(struct fixture *f);

/** Waits until the journal's health is so; false when it is not within some seconds. */
bool await_health(struct fixture *f, bool (*is_so)(const struct journal_health *h));

bool health_is_low(const struct journal_health *h);
bool health_is_fine(const struct journal_health *h); /* takes new work */
bool health_is_stalled(const struct journal_health *h);
bool health_is_published(const struct journal_health *h); /* all that is signed, without failing */

/** Waits until the journal says that it is dead; false when it does not. */
bool await_death(struct fixture *f);

/** The collector's results without waiting: how many there are. */
size_t collector_count(struct collector *c);

/** Waits until there are so many; false when they do not come within some seconds. */
bool collector_await(struct collector *c, size_t count);

/** Holds the journal's thread between two batches, so that what is posted meanwhile is one batch.
 */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    bool reached, open;
};

/** Posts a question and waits until the thread stands at the gate. */
void gate_shut(struct gate *gate, struct fixture *f);

/** Lets it go on. */
void gate_open(struct gate *gate);

/** The size of a file below the fixture's folder; 0 where there is none. */
uint64_t file_size(const struct fixture *f, const char *name);

#endif
