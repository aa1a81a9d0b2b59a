/* What a gateway that is not honest gives a mirror. */

#include "served_log.h"
#include "support/check.h"
#include "support/folder.h"

#include <stdio.h>
#include <string.h>

#define ENTRIES     300
#define ARENA_BYTES (16U << 20)

struct stand {
    struct served_log log;
    struct mirror *mirror;
    struct sync_outcome outcome;
    uint64_t later_ms;
};

static struct status sync_to(struct stand *t, uint64_t size)
{
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    made_note(t->log.whole, size, &note);
    const struct sync_settings settings = {.mirror = t->mirror,
                                           .fetch = served_fetch,
                                           .source = &t->log,
                                           .now_ms = MADE_BEGAN_MS + t->later_ms};
    struct status s = sync_log(&settings, buffer_slice(&note), &t->outcome);
    buffer_done(&note);
    return s;
}

static struct status sync(struct stand *t)
{
    return sync_to(t, mirror_count(t->log.whole));
}

/* Nothing is synced yet. */
static void stand_begin(struct stand *t)
{
    char dir[128], path[160];
    *t = (struct stand){0};
    snprintf(dir, sizeof dir, "%s", fresh_folder());
    snprintf(path, sizeof path, "%s/mirror", dir);
    served_make(&t->log, dir, ENTRIES);
    t->mirror = made_mirror(path);
}

static void stand_make(struct stand *t)
{
    stand_begin(t);
    CHECK_OK(sync(t));
}

static void stand_done(struct stand *t)
{
    served_done(&t->log);
    mirror_close(t->mirror);
}

static struct status see_known(void *owner, const struct mirror_entry *entry)
{
    uint64_t *known = owner;
    *known += entry->opened.has_outer && entry->opened.has_inner;
    return OK;
}

/* Entries of which the mirror has openings. */
static uint64_t known(struct stand *t)
{
    uint64_t count = 0;
    CHECK_OK(mirror_walk(t->mirror, 0, UINT64_MAX, see_known, &count));
    return count;
}

static void check_damaged(struct stand *t, const char *said)
{
    CHECK_STATUS(sync(t), REFUSE(CONSISTENCY));
    CHECK_U64(t->outcome.verdict, SYNC_DAMAGED);
    CHECK_TEXT(t->outcome.said, said);
}

static void an_erasure_takes_away_what_it_names_and_no_more(void)
{
    struct stand t;
    stand_make(&t);
    served_erasure(&t.log, 7);
    t.log.more = OPENINGS_MAX;
    t.log.emptied = ENTRIES;
    check_damaged(&t, "the openings from entry 7 on are none");
    CHECK_U64(known(&t), ENTRIES);
    t.log.more = 0;
    t.log.emptied = 0;
    served_erase(&t.log, 7);
    CHECK_OK(sync(&t));
    CHECK_U64(known(&t), ENTRIES); /* less one, and the erasure itself */
    stand_done(&t);
}

/* They would stand behind the batch of which it is looked whether it names what was erased. */
static void no_more_openings_are_taken_than_were_asked_for(void)
{
    struct stand t;
    stand_make(&t);
    served_erasure(&t.log, ENTRIES - 1);
    made_starts(t.log.whole, 2);
    t.log.more = 1;
    check_damaged(&t, "the openings from entry 299 on are none");
    CHECK_U64(mirror_unopened(t.mirror), ENTRIES);
    CHECK_U64(known(&t), ENTRIES);
    stand_done(&t);
}

static void a_log_without_an_entry_is_not_kept(void)
{
    struct stand t;
    stand_begin(&t);
    CHECK_STATUS(sync_to(&t, 0), REFUSE(CONSISTENCY));
    CHECK_U64(t.outcome.verdict, SYNC_BEHIND);
    CHECK_U64(mirror_size(t.mirror), 0);
    CHECK_OK(sync(&t));
    CHECK_U64(known(&t), ENTRIES);
    stand_done(&t);
}

/* What later erasures mean depends on it. Once it is old enough it may be gone. */
static void what_the_first_entry_says_cannot_be_withheld(void)
{
    struct stand t;
    stand_begin(&t);
    served_erase(&t.log, 0);
    check_damaged(&t, "what the log's first entry says is withheld");
    CHECK_U64(known(&t), 0);
    t.later_ms = 365 * 86400000ULL;
    CHECK_OK(sync(&t));
    CHECK_U64(known(&t), ENTRIES - 1);
    stand_done(&t);
}

TESTS(mirror_hostile, {"a log without an entry is not kept", a_log_without_an_entry_is_not_kept},
      {"what the first entry says cannot be withheld",
       what_the_first_entry_says_cannot_be_withheld},
      {"an erasure takes away what it names and no more",
       an_erasure_takes_away_what_it_names_and_no_more},
      {"no more openings are taken than were asked for",
       no_more_openings_are_taken_than_were_asked_for})
