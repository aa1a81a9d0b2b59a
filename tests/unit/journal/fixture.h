#ifndef TEST_JOURNAL_FIXTURE_H
#define TEST_JOURNAL_FIXTURE_H

/* A journal in a folder of its own, with what is needed to post to it and to prove what it says. */

#include "support/check.h"

#include "audit/tile.h"
#include "journal/journal.h"

#include <pthread.h>

#define T0 1790000000000ULL /* 2026-09-21 */

struct fixture {
    char root[64];
    char path[96], lock[96], log[96];
    char error[512];
    char vkey[256];
    struct key *log_key;
    struct keyring *keyring;
    struct log_row log_row;
    struct gateway_row gateway;
    struct journal_settings settings;
    struct journal *journal;
};

/** Makes the folder and the keys; opens nothing. */
void fixture_make(struct fixture *f);

/** Opens the journal. */
struct status fixture_open(struct fixture *f, uint64_t now_ms);

/** fixture_make and fixture_open, checked. */
void fixture_begin(struct fixture *f);

/** Closes the journal if it is open. */
void fixture_close(struct fixture *f);

/** fixture_close, and removes the folder. */
void fixture_end(struct fixture *f);

/** Results as they come; done takes a struct inbox_of_results as its owner. */
struct collector {
    pthread_mutex_t mutex;
    pthread_cond_t arrived;
    struct journal_result *first, **end;
    size_t count;
};

void collector_make(struct collector *c);
void collector_done(void *owner, struct journal_result *results);
/** Waits until count results are there and takes them all. */
struct journal_result *collector_take(struct collector *c, size_t count);
void collector_free(struct collector *c);
void results_free(struct journal_result *results);

/** A message in fiction: number n from XA-CA-01 to XC-CA-01. Points into itself. */
struct letter {
    uint8_t id[16], thread[16], seal[32], digests[16][32];
    struct slice digest_slices[16];
    struct slice from, to;
    char body[128];
    struct inner_field field;
    struct posting posting;
};

/** A disclosure; its thread is that of thread_number. */
void letter_write(struct letter *l, uint64_t n, uint64_t thread_number);

/** What it is known by; points into it. */
struct message_key letter_key(const struct letter *l);

/** Makes a hold or refusal of it, with a code. */
void letter_turn(struct letter *l, enum posting_kind kind, const char *code);

/** Makes a stage posting about it. */
void letter_stage(struct letter *l, enum stage stage);

/** Posts and waits for the one result. Free it. */
struct journal_result *post_one(struct fixture *f, const struct posting *posting);

/** Whether the receipt proves against the fixture's log; what it says in ret_proved, in the arena.
 */
bool proves(struct fixture *f, struct arena *arena, struct slice receipt,
            struct proved *ret_proved);

/** The full pass over the published log. */
bool published_log_verifies(struct fixture *f, uint64_t *ret_size);

/** Whether the folder tree/ has exactly the tiles of a tree of this size. */
bool published_log_is_exact(struct fixture *f, uint64_t size);

/** Whether any file below the folder holds these octets. */
bool any_file_holds(const char *folder, struct slice octets);

/** Copies one file over another. */
void file_copy(const char *from, const char *to);

#endif
