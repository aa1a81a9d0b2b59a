#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "comity/audit/mirror.h"
#include "comity/audit/sync_parts.h"
#include "libcomity/clock.h"

#define ATTEMPTS              4 /* while a busy log goes on */
#define SAID_BYTES            512
#define OUT_OF_MEMORY(reterr) fail(reterr, COMITY_FAILED, "MEMORY", "memory is out")

/* ---- one step ---- */

/* A sync_progress. */
static void show(void *owner, const char *what, uint64_t done, uint64_t total)
{
    struct syncing *x = owner;
    x->shows = true;
    fprintf(stderr, "\r%-9s %" PRIu64 " of %" PRIu64 " ", what, done, total);
}

struct sync_settings sync_settings_of(struct syncing *x, const struct sync_goal *goal)
{
    const bool is_terminal =
        x->prints && isatty(STDERR_FILENO) == 1 && !x->inv->quiet && !x->inv->json;
    return (struct sync_settings){
        .vkey = goal->row == NULL ? (struct slice){0} : goal->row->vkey,
        .ended = goal->ended,
        .series = x->series,
        .position = goal->position,
        .told = goal->told,
        .fetch = sync_source_fetch,
        .source = x,
        .progress = is_terminal ? show : NULL,
        .owner = x,
        .now_ms = clock_wall_ms(),
        .stale = goal->stale[0] == '\0' ? NULL : goal->stale,
    };
}

/* A log that the mirrors do not have yet comes behind the newest one. */
static enum comity_exit mirror_take(struct syncing *x, struct sync_goal *goal,
                                    struct comity_fault *reterr)
{
    char error[MIRROR_ERROR_BYTES];
    const struct log_row *row = goal->row;
    const struct mirror_log log = {arena_text(x->arena, row->origin), x->id,
                                   arena_text(x->arena, row->succeeds)};
    if (series_find(x->series, row->origin, &goal->position))
        return COMITY_DONE;
    if (log.origin == NULL || log.succeeds == NULL)
        return OUT_OF_MEMORY(reterr);
    struct status s = series_add(x->series, &log, error);
    goal->position = series_count(x->series) - 1;
    return failed(s) ? audit_mirror_unopened(s, error, reterr) : COMITY_DONE;
}

static struct status step(struct syncing *x, struct sync_goal *goal)
{
    struct sync_settings settings = sync_settings_of(x, goal);
    settings.mirror = series_log(x->series, goal->position)->mirror;
    struct status s = sync_log(&settings, goal->note, &x->outcome);
    if (x->shows)
        fputc('\n', stderr);
    x->shows = false;
    goal->added = x->outcome.added;
    goal->openings = x->outcome.openings;
    return s;
}

/* ---- where a log ended ---- */

/* By the log that goes on from it, and by the directory. */
struct ending {
    bool is_told, is_closed;
    struct begun told;
    const struct log_row *row;
    uint64_t size;
    struct digest root;
};

static enum comity_exit ending_differs(const struct syncing *x, const struct ending *e,
                                       const struct sync_goal *next, struct comity_fault *reterr)
{
    char said[SAID_BYTES];
    const struct sync_goal ended = {.row = e->row, .note = next->note, .told = e->told.proof};
    snprintf(said, sizeof said,
             "the log %.*s ended with %" PRIu64
             " entries by the log that goes on from it, and with "
             "%" PRIu64 " and another root by the directory",
             (int)e->row->origin.length, (const char *)e->row->origin.at, e->told.size,
             e->row->closed_size);
    return sync_forked(x, &ended, said, reterr);
}

static enum comity_exit ending_judge(const struct syncing *x, const struct sync_goal *next,
                                     struct ending *e, struct comity_fault *reterr)
{
    const struct slice origin = e->row->origin;
    if (e->is_told && !slice_equal(e->told.origin, origin))
        return fail(reterr, COMITY_VERIFY, "E_HASH",
                    "%s: a log says that it goes on from %.*s, and the directory from %.*s", x->id,
                    (int)e->told.origin.length, (const char *)e->told.origin.at, (int)origin.length,
                    (const char *)origin.at);
    if (!e->is_told && !e->row->is_closed) {
        fail(reterr, COMITY_VERIFY, "E_HASH", "%s: nobody says where the log %.*s ended", x->id,
             (int)origin.length, (const char *)origin.at);
        return advise(reterr, "the directory can: \"closed at SIZE root\" behind its row");
    }
    if (e->is_told && e->row->is_closed &&
        (e->told.size != e->row->closed_size ||
         !digest_equal(&e->told.root, digest_slice(&e->row->closed_root))))
        return ending_differs(x, e, next, reterr);
    e->size = e->is_told ? e->told.size : e->row->closed_size;
    e->root = e->is_told ? e->told.root : e->row->closed_root;
    return COMITY_DONE;
}

static enum comity_exit ending_find(struct syncing *x, const struct sync_goal *next,
                                    struct ending *e, struct comity_fault *reterr)
{
    const struct sync_settings settings = sync_settings_of(x, next);
    struct status s = sync_begun(&settings, next->note, x->arena, &e->told, &x->outcome);
    if (failed(s) && s.code != CODE_ABSENT)
        return s.code == CODE_REFUSED ? sync_refused(x, reterr) : sync_source_fail(x, s, reterr);
    e->is_told = !failed(s);
    return ending_judge(x, next, e, reterr);
}

/* ---- the logs before ---- */

static bool is_end(const struct ending *e, struct slice text)
{
    struct note note;
    return !failed(note_parse(text, &note)) && note.size == e->size &&
           digest_equal(&note.root, digest_slice(&e->root));
}

/* The gateway need not show again what the mirror has to its end. */
static bool kept_end(const struct syncing *x, const struct ending *e, struct sync_goal *goal)
{
    size_t position;
    struct slice kept;
    if (!series_find(x->series, goal->row->origin, &position) ||
        failed(mirror_checkpoint(series_log(x->series, position)->mirror, x->arena, &kept)) ||
        !is_end(e, kept))
        return false;
    goal->note = kept;
    return true;
}

static enum comity_exit goal_find(struct syncing *x, const struct sync_goal *next,
                                  struct sync_goal *goal, struct comity_fault *reterr)
{
    char said[SAID_BYTES];
    struct ending e = {.row = directory_log(x->gateway, next->row->succeeds)};
    if (e.row == NULL)
        return fail(reterr, COMITY_INPUT, "CONFIG", "the directory has no row of the log %.*s",
                    (int)next->row->succeeds.length, (const char *)next->row->succeeds.at);
    *goal =
        (struct sync_goal){.row = e.row, .ended = arena_text(x->arena, series_name(e.row->origin))};
    if (goal->ended == NULL)
        return OUT_OF_MEMORY(reterr);
    enum comity_exit exit = ending_find(x, next, &e, reterr);
    goal->told = e.told.proof;
    if (exit != COMITY_DONE || kept_end(x, &e, goal))
        return exit;
    if ((exit = sync_source_note(x, goal, reterr)) != COMITY_DONE || is_end(&e, goal->note))
        return exit;
    snprintf(said, sizeof said,
             "the log %.*s ended with %" PRIu64 " entries, and its key has signed another end",
             (int)e.row->origin.length, (const char *)e.row->origin.at, e.size);
    return sync_forked(x, goal, said, reterr);
}

/* One of which nothing is kept yet is as one that is not there: what was proved of it is gone. */
static bool is_kept(const struct syncing *x, const struct log_row *row)
{
    size_t position;
    return series_find(x->series, row->origin, &position) &&
           mirror_size(series_log(x->series, position)->mirror) > 0;
}

/* Nothing is taken before all ends are known: who vouches for the newest log vouches for what it
 * says of the one before, and so on. A log that the mirrors have goes on from what is whole. */
static enum comity_exit goals_find(struct syncing *x, struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    const struct sync_goal *last = &x->goals[0];
    while (exit == COMITY_DONE && last->row->succeeds.length > 0 && !is_kept(x, last->row)) {
        if (x->goal_count == SERIES_MAX)
            return fail(reterr, COMITY_FAILED, "FULL", "%s has had more than %d logs", x->id,
                        SERIES_MAX);
        exit = goal_find(x, last, &x->goals[x->goal_count], reterr);
        last = &x->goals[x->goal_count++];
    }
    return exit;
}

/* ---- the whole ---- */

/* It would not show an old checkpoint of a log, but an old log. */
static enum comity_exit newest_judge(const struct syncing *x, struct comity_fault *reterr)
{
    size_t position;
    const struct sync_goal *newest = &x->goals[0];
    const bool is_kept = series_find(x->series, newest->row->origin, &position);
    if (is_kept && position + 1 < series_count(x->series)) {
        fail(reterr, COMITY_STALE, "E_STALE", "%s: it shows the log %s, from which %s went on",
             x->id, series_log(x->series, position)->name, series_newest(x->series)->name);
        return advise(reterr, "nothing was taken: ask the gateway's operator why");
    }
    if (is_kept || newest->stale[0] == '\0' || newest->row->succeeds.length == 0)
        return COMITY_DONE;
    fail(reterr, COMITY_STALE, "E_STALE", "%s: %s; nothing was taken", x->id, newest->stale);
    return advise(reterr, "try again; if it stays so, ask the gateway's operator why");
}

static enum comity_exit reach(struct syncing *x, struct sync_goal *goal,
                              struct comity_fault *reterr)
{
    enum comity_exit exit = mirror_take(x, goal, reterr);
    if (exit != COMITY_DONE)
        return exit;
    struct status s = step(x, goal);
    if (!failed(s)) /* and by what the logs say themselves */
        return audit_mirror_joints(x->series, reterr);
    return s.code == CODE_REFUSED ? sync_refused(x, reterr) : sync_source_fail(x, s, reterr);
}

static enum comity_exit ended_reach(struct syncing *x, struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    for (size_t i = x->goal_count; i > 1 && exit == COMITY_DONE; i--)
        exit = reach(x, &x->goals[i - 1], reterr);
    return exit;
}

static enum comity_exit newest_reach(struct syncing *x, bool again, struct comity_fault *reterr)
{
    struct sync_goal *newest = &x->goals[0];
    const struct log_row *row = newest->row;
    x->outcome = (struct sync_outcome){.verdict = SYNC_GOOD};
    enum comity_exit exit = again ? sync_source_note(x, newest, reterr) : COMITY_DONE;
    if (exit != COMITY_DONE)
        return exit;
    if (newest->row == row)
        return reach(x, newest, reterr);
    fail(reterr, COMITY_UNAVAILABLE, "E_UNAVAILABLE", "%s has just begun another log", x->id);
    return advise(reterr, "what was taken is kept: try again, it goes on from there");
}

static enum comity_exit all_find(struct syncing *x, struct comity_fault *reterr)
{
    x->goals[0] = (struct sync_goal){.row = NULL};
    x->goal_count = 1;
    x->outcome = (struct sync_outcome){.verdict = SYNC_GOOD};
    enum comity_exit exit = sync_source_note(x, &x->goals[0], reterr);
    if (exit == COMITY_DONE)
        exit = newest_judge(x, reterr);
    return exit == COMITY_DONE ? goals_find(x, reterr) : exit;
}

/* Of a log that goes on meanwhile, narrow tiles go: then once more, from its newest checkpoint. */
static bool is_over(const struct syncing *x, enum comity_exit exit, unsigned attempt)
{
    return exit == COMITY_DONE || x->outcome.verdict != SYNC_MISSING || attempt == ATTEMPTS;
}

/* Whoever looks makes entries, so after others were brought to their ends it is begun anew. */
enum comity_exit sync_chain(struct syncing *x, struct comity_fault *reterr)
{
    enum comity_exit exit = all_find(x, reterr);
    for (unsigned i = 1; !is_over(x, exit, i); i++)
        exit = all_find(x, reterr);
    if (exit == COMITY_DONE)
        exit = ended_reach(x, reterr);
    if (exit != COMITY_DONE)
        return exit;
    exit = newest_reach(x, x->goal_count > 1, reterr);
    for (unsigned i = 1; !is_over(x, exit, i); i++)
        exit = newest_reach(x, true, reterr);
    return exit;
}
