#include "journal/start_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/file.h"
#include "journal/ended.h"

/*
 * One log ends and the next one begins. First the lock database knows: from then on the former is
 * signed no more, and the latter is empty. Then the former is published to its end, and last the
 * journal turns to the latter. The first entry of that says where the former ended.
 */

#define ARENA_BYTES     (1U << 20)
#define ROOT_TEXT_BYTES 48

struct end_text {
    char root[ROOT_TEXT_BYTES];
};

static struct end_text end_text(const struct digest *root)
{
    struct end_text text;
    base64_write(digest_slice(root), text.root);
    return text;
}

/* ---- what the journal has ---- */

static struct status closed_fill(const struct kept_log *kept, struct closed_log *closed)
{
    if (!slice_copy_text(kept->origin, closed->origin, sizeof closed->origin) ||
        kept->note.length > sizeof closed->tree.note)
        return FAIL(STORE);
    closed->tree.base = log_base(kept->number);
    closed->tree.size = kept->size;
    closed->tree.root = kept->root;
    closed->tree.note_length = kept->note.length;
    memcpy(closed->tree.note, kept->note.at, kept->note.length);
    return OK;
}

/* All logs that ended; the origin of the one after them is put into present, "" where there is no
 * row of it. */
static struct status logs_read(struct journal *j, struct arena *arena,
                               char present[static LOCK_ORIGIN_BYTES])
{
    const uint64_t count = log_of(j->writing.tree.base);
    struct kept_log kept;
    struct status s = count < LOGS_MAX ? OK : FAIL(STORE);
    present[0] = '\0';
    free(j->closed);
    j->closed_count = 0;
    j->closed = calloc(count + 1, sizeof *j->closed);
    if (j->closed == NULL)
        return FAIL(MEMORY);
    for (uint64_t i = 0; i < count && !failed(s); i++) {
        s = store_log(j->writing.store, arena, i, &kept);
        if (!failed(s))
            s = closed_fill(&kept, &j->closed[i]);
        j->closed_count += !failed(s);
    }
    if (!failed(s))
        s = store_log(j->writing.store, arena, count, &kept);
    if (!failed(s) && !slice_copy_text(kept.origin, present, LOCK_ORIGIN_BYTES))
        s = FAIL(STORE);
    return s.code == CODE_ABSENT && count == 0 ? OK : s;
}

/* The log that the journal was written in last. */
struct present {
    char origin[LOCK_ORIGIN_BYTES];
    bool is_noted;   /* the journal says so */
    bool is_certain; /* that, or the lock database, or there is nothing in it */
};

/* A journal that was made before it kept the name of its log: the lock database knows it. Where
 * that is lost, it can only be the one that the configured log succeeds, or the configured one. */
static struct status present_guess(struct journal *j, const struct log_before *before,
                                   struct present *present)
{
    struct lock_state state;
    struct status s = lock_last(j->lock, j->origin, &state);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    const bool is_empty = j->writing.tree.edge.size == 0;
    const bool is_former = failed(s) && before != NULL && !is_empty;
    present->is_certain = !failed(s) || is_empty;
    (void)slice_copy_text(slice_text(is_former ? before->origin : j->origin), present->origin,
                          sizeof present->origin);
    return OK;
}

static struct status present_find(struct journal *j, const struct log_before *before,
                                  struct present *present)
{
    *present = (struct present){0};
    struct arena *arena = arena_new(ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : logs_read(j, arena, present->origin);
    arena_free(arena);
    present->is_noted = present->is_certain = present->origin[0] != '\0';
    return failed(s) || present->is_noted ? s : present_guess(j, before, present);
}

/* A name that nothing vouches for is not written: it would be believed ever after. */
static struct status present_note(struct journal *j, const struct present *present)
{
    struct store *store = j->writing.store;
    if (present->is_noted || !present->is_certain)
        return OK;
    struct status s = store_begin(store);
    if (!failed(s))
        s = store_log_add(store, 0, slice_text(present->origin));
    if (!failed(s))
        s = store_commit(store);
    if (failed(s))
        store_rollback(store);
    return s;
}

/* ---- where the former log ends ---- */

/* Whether the lock database vouches for what the journal has of the former log. */
static bool is_locked(struct journal *j, const char *former, const struct lock_state *end)
{
    const struct complaint nobody = {NULL, 0};
    struct lock_state locked;
    return !failed(lock_last(j->lock, former, &locked)) && locked.size <= end->size &&
           !failed(root_check(j, 0, &locked, &nobody, ""));
}

static struct status end_judge(struct journal *j, const struct log_before *before,
                               const struct lock_state *end, const struct complaint *c)
{
    const struct end_text here = end_text(&end->root), there = end_text(&before->root);
    if (end->size == 0)
        return start_fail(c, FAIL(FORK), "journal: the log %s has no entry; nothing can succeed it",
                          before->origin);
    if (before->is_closed &&
        (before->size != end->size || !digest_equal(&before->root, digest_slice(&end->root))))
        return start_fail(c, FAIL(FORK),
                          "journal: by the directory the log %s is closed at %" PRIu64
                          " root \"%s\", but %s/journal.db holds it at %" PRIu64
                          " root \"%s\"; nothing may be signed",
                          before->origin, before->size, there.root, j->path, end->size, here.root);
    if (!before->is_closed && !is_locked(j, before->origin, end))
        return start_fail(c, FAIL(FORK),
                          "journal: the lock database does not vouch for the log %s: it is lost, or"
                          " another history was signed. Nothing may be signed before the directory"
                          " says where it ended; %s/journal.db holds it closed at %" PRIu64
                          " root \"%s\"",
                          before->origin, j->path, end->size, here.root);
    return root_check(j, 0, end, c, "its own tree");
}

/* Ended before: then with this same end, by this same log, in which nothing is signed yet. */
static struct status lock_turn(struct journal *j, const char *former, const struct lock_state *end,
                               const struct complaint *c)
{
    char next[LOCK_ORIGIN_BYTES];
    struct lock_state locked = {0}, begun = {0};
    struct status s = lock_successor(j->lock, former, next);
    if (s.code == CODE_ABSENT) {
        s = lock_succeed(j->lock, former, end, j->origin);
        return failed(s)
                   ? start_fail(c, s,
                                "journal: the lock database does not let %s succeed %s: it was"
                                " begun before, or the disk is full",
                                j->origin, former)
                   : OK;
    }
    if (!failed(s))
        s = lock_last(j->lock, former, &locked);
    if (!failed(s))
        s = lock_last(j->lock, next, &begun);
    if (failed(s))
        return start_fail(c, s, "journal: the lock database cannot be read");
    if (strcmp(next, j->origin) == 0 && begun.size == 0 && locked.size == end->size &&
        digest_equal(&locked.root, digest_slice(&end->root)))
        return OK;
    return start_fail(c, FAIL(FORK),
                      "journal: the log %s ended at %" PRIu64 " entries and %s succeeded it;"
                      " %s/journal.db is an older copy. Put the newest journal.db and its"
                      " journal.db-wal there",
                      former, locked.size, next, j->path);
}

/* ---- the turn ---- */

/* Where the former log ends is certain by now, and so is what it is called. */
static struct status rows_turn(struct journal *j, const struct present *former,
                               const struct signed_tree *tree)
{
    struct writing *w = &j->writing;
    const uint64_t number = log_of(tree->base);
    const struct kept_log ended = {
        .number = number, .size = tree->size, .root = tree->root, .note = signed_note(tree)};
    const struct tree next = {.base = log_base(number + 1), .time_ms = w->tree.time_ms};
    struct status s = number + 1 < LOGS_MAX ? store_begin(w->store) : FAIL(FULL);
    if (!failed(s) && !former->is_noted)
        s = store_log_add(w->store, number, slice_text(former->origin));
    if (!failed(s))
        s = store_log_close(w->store, &ended);
    if (!failed(s))
        s = store_log_add(w->store, number + 1, slice_text(j->origin));
    if (!failed(s))
        s = store_tree_set(w->store, &next);
    if (!failed(s))
        s = store_commit(w->store);
    if (failed(s))
        store_rollback(w->store);
    else
        w->tree = next;
    return s;
}

/* Its files go to a folder of its own, and so will those of the next one: once the lock has turned
 * it is too late to find that there is no place for them. */
static struct status place_judge(const struct journal *j, const char *origin, const char *log_path,
                                 const struct complaint *c)
{
    const char *name = published_name(origin);
    bool has = published_is_name(name) && strcmp(name, published_name(j->origin)) != 0;
    for (size_t i = 0; i < j->closed_count; i++)
        has = has && strcmp(name, published_name(j->closed[i].origin)) != 0;
    return has ? OK
               : start_fail(c, FAIL(CONFIG),
                            "journal: the log %s cannot end: in %s its files are laid aside to a"
                            " folder called \"%s\", and no such can be, or another log's is. Each"
                            " log needs a name of its own behind the last slash",
                            origin, log_path, name);
}

static struct status turn(struct journal *j, const struct journal_settings *settings,
                          const struct present *former, const struct complaint *c)
{
    const struct log_before *before = settings->before;
    const struct lock_state end = {j->writing.tree.edge.size, merkle_root(&j->writing.tree.edge)};
    struct signed_tree tree = {.base = j->writing.tree.base, .size = end.size, .root = end.root};
    struct status s = end_judge(j, before, &end, c);
    if (failed(s) || failed(s = place_judge(j, before->origin, settings->log_path, c)) ||
        failed(s = succession_note(settings, &end, &tree, c)) ||
        failed(s = lock_turn(j, before->origin, &end, c)))
        return s;
    s = published_finish(j->path, settings->log_path, &tree);
    if (failed(s))
        return start_fail(c, s, "journal: the log %s cannot be published to its end in %s",
                          before->origin, settings->log_path);
    s = rows_turn(j, former, &tree);
    return failed(s) ? start_fail(c, s, "journal: %s/journal.db cannot be written", j->path) : OK;
}

/* The log that the journal was written in is the configured one. */
static struct status keep_on(struct journal *j, const struct present *present,
                             const struct complaint *c)
{
    char next[LOCK_ORIGIN_BYTES];
    struct status s = lock_successor(j->lock, j->origin, next);
    if (s.code == CODE_ABSENT) {
        s = present_note(j, present);
        return failed(s) ? start_fail(c, s, "journal: %s/journal.db cannot be written", j->path)
                         : OK;
    }
    if (failed(s))
        return start_fail(c, s, "journal: the lock database cannot be read");
    return start_fail(
        c, FAIL(FORK),
        "journal: the log %s ended and %s succeeded it: it is signed no more, and"
        " %s/journal.db is an older copy if that was not begun in it. Set log.origin to"
        " %s",
        j->origin, next, j->path, next);
}

static struct status all_lay_aside(struct journal *j, const char *log_path,
                                   const struct complaint *c)
{
    for (size_t i = 0; i < j->closed_count; i++) {
        struct status s = published_lay_aside(log_path, j->closed[i].origin);
        if (failed(s))
            return start_fail(c, s, "journal: the published log %s in %s cannot be laid aside",
                              j->closed[i].origin, log_path);
    }
    return OK;
}

struct status succession_take(struct journal *j, const struct journal_settings *settings,
                              const struct complaint *c)
{
    struct present present, was;
    struct status s = present_find(j, settings->before, &present);
    if (failed(s))
        return start_fail(c, s, "journal: %s/journal.db cannot be read", j->path);
    if (strcmp(present.origin, j->origin) == 0)
        s = keep_on(j, &present, c);
    else if (settings->before == NULL || strcmp(settings->before->origin, present.origin) != 0)
        return start_fail(c, FAIL(CONFIG),
                          "journal: %s/journal.db holds the log %s, and the directory does not say"
                          " that %s succeeds it",
                          j->path, present.origin, j->origin);
    else
        s = turn(j, settings, &present, c);
    if (!failed(s))
        s = present_find(j, settings->before, &was);
    return failed(s) ? s : all_lay_aside(j, settings->log_path, c);
}

void succession_text(const struct journal *j, char text[static START_TEXT_BYTES])
{
    bool is_first = j->closed_count > 0 && j->writing.tree.edge.size == 0;
    snprintf(text, START_TEXT_BYTES, "start");
    if (!is_first)
        return;
    const struct closed_log *former = &j->closed[j->closed_count - 1];
    const struct end_text end = end_text(&former->tree.root);
    snprintf(text, START_TEXT_BYTES, "start; succeeds %s, which ended at %" PRIu64 " root %s",
             former->origin, former->tree.size, end.root);
}
