#include "journal/start_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "journal/forks.h"
#include "journal/restore_parts.h"

/* Entries hashed again at every start; what is older is checked by its subtrees' roots. */
#define START_CHECK_ENTRIES 16384

struct status start_fail(const struct complaint *c, struct status s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (c->room > 0)
        vsnprintf(c->text, c->room, format, args);
    va_end(args);
    return s;
}

static struct status settings_take(struct journal *j, const struct journal_settings *settings,
                                   const struct complaint *c)
{
    if (!slice_copy_text(slice_text(settings->path), j->path, sizeof j->path) ||
        !slice_copy_text(slice_text(settings->lock_path), j->lock_path, sizeof j->lock_path) ||
        !slice_copy_text(slice_text(settings->log_path), j->log_path, sizeof j->log_path) ||
        !slice_copy_text(slice_text(settings->origin), j->origin, sizeof j->origin) ||
        !slice_copy_text(slice_text(settings->gateway), j->gateway, sizeof j->gateway))
        return start_fail(c, FAIL(CONFIG), "journal: a path, log origin or gateway id is too long");
    j->log_key = settings->log_key;
    j->queue_max_bytes = settings->queue_max_bytes;
    j->writing.bodies_ms = settings->bodies_ms == 0 || settings->bodies_ms > BODIES_MAX_MS
                               ? BODIES_MAX_MS
                               : settings->bodies_ms;
    j->writing.openings_ms = settings->openings_ms;
    j->writing.keyring = settings->keyring;
    j->writing.gateway = slice_text(j->gateway);
    j->law.rulebook = settings->rulebook;
    return OK;
}

static struct status folder_hold(struct journal *j, const struct complaint *c)
{
    const char *why = NULL;
    struct status s = journal_hold(j->path, &j->folder, &why);
    if (failed(s))
        return start_fail(c, s, "journal: %s %s", j->path, why);
    if (restore_is_cut_off(j->path))
        return start_fail(c, FAIL(FORK),
                          "journal: a restore was cut off while it exchanged the files in %s;"
                          " nothing may be signed. Run comity admin restore again",
                          j->path);
    return OK;
}

static struct status room_take(struct journal *j, const struct journal_settings *settings,
                               const struct complaint *c)
{
    if (!room_begin(&j->room, j->path, settings->ballast_bytes, settings->floor_bytes))
        return start_fail(c, FAIL(CONFIG), "journal: the path %s is too long", j->path);
    room_look(&j->room);
    return OK;
}

static struct status files_open(struct journal *j, const struct journal_settings *settings,
                                const struct complaint *c)
{
    struct status s = store_open(j->path, STORE_WRITER, &j->writing.store);
    if (s.code == CODE_FULL)
        return start_fail(c, s, "journal: the disk of %s is full", j->path);
    if (s.code == CODE_CONFIG)
        return start_fail(c, FAIL(STORE),
                          "journal: %s/journal.db was made by another version of comityd, and this"
                          " one does not read it. Keep it with its log for the auditors, and begin"
                          " another journal and log under a new origin; or run that version",
                          j->path);
    if (failed(s))
        return start_fail(c, s, "journal: %s/journal.db cannot be opened", j->path);
    store_bound(j->writing.store, settings->wal_max_bytes);
    s = store_tree(j->writing.store, &j->writing.tree);
    if (failed(s))
        return start_fail(c, s, "journal: the tree in %s/journal.db is damaged", j->path);
    s = lock_open(settings->lock_path, &j->lock);
    if (failed(s))
        return start_fail(c, s, "journal: the lock database %s cannot be opened or is held",
                          settings->lock_path);
    return OK;
}

struct status root_check(struct journal *j, uint64_t trusted, const struct lock_state *want,
                         const struct complaint *c, const char *whose)
{
    struct digest root;
    struct status s = tree_root(j->writing.store, j->writing.tree.base, trusted, want->size, &root);
    if (failed(s) && s.code != CODE_FORK)
        return start_fail(c, s, "journal: %s/journal.db cannot be read", j->path);
    if (!failed(s) && digest_equal(&root, digest_slice(&want->root)))
        return OK;
    return start_fail(c, FAIL(FORK),
                      "journal: the first %" PRIu64 " entries of %s/journal.db do not give the root"
                      " of %s: entries were changed or are of another log; nothing may be signed."
                      " Put the right journal.db and its journal.db-wal there",
                      want->size, j->path, whose);
}

/* Older entries are checked by the roots of their subtrees. */
static uint64_t trusted_of(uint64_t size)
{
    uint64_t trusted = size - size % START_CHECK_ENTRIES;
    return trusted == size && trusted > 0 ? trusted - START_CHECK_ENTRIES : trusted;
}

static struct status lock_fresh(struct journal *j, const struct complaint *c)
{
    uint64_t size = j->writing.tree.edge.size;
    const struct lock_state empty = {.root = merkle_root_of(NULL, 0)};
    char root[48];
    const struct digest own = merkle_root(&j->writing.tree.edge);
    base64_write(digest_slice(&own), root);
    if (size > 0)
        return start_fail(
            c, FAIL(FORK),
            "journal: %s/journal.db holds %" PRIu64 " entries of %s, but the lock"
            " database has never seen this log; nothing may be signed. If its file"
            " system is not mounted, mount it; if the file is lost, this log cannot go"
            " on: let the directory close it at %" PRIu64 " root \"%s\" and name another"
            " one that succeeds it, and set log.origin to that",
            j->path, size, j->origin, size, root);
    struct status s = lock_start(j->lock, j->origin, &empty);
    if (failed(s))
        return start_fail(c, s, "journal: the lock database cannot be written");
    j->locked = empty;
    return OK;
}

/* Whether the journal has what was signed last. */
static struct status locked_check(struct journal *j, const struct complaint *c)
{
    const uint64_t size = j->writing.tree.edge.size;
    if (size < j->locked.size)
        return start_fail(c, FAIL(FORK),
                          "journal: %s/journal.db holds %" PRIu64 " entries, but a checkpoint over"
                          " %" PRIu64 " was signed: it is an older copy or a new one beside an"
                          " existing log; nothing may be signed. Put the newest journal.db and its"
                          " journal.db-wal there, or restore a backup with comity admin restore; do"
                          " not touch the lock database",
                          j->path, size, j->locked.size);
    return root_check(j, trusted_of(j->locked.size), &j->locked, c, "the last signed checkpoint");
}

/* Behind the reason why nothing may be signed. */
static void forks_tell(struct journal *j, const struct complaint *c)
{
    char path[JOURNAL_PATH_BYTES];
    const size_t said = strnlen(c->text, c->room);
    const struct complaint more = {c->text + said, c->room - said};
    const struct status s = forks_keep(j, path);
    if (failed(s))
        (void)failed(
            start_fail(&more, s, ". The checkpoints could not be kept: %s", code_name(s.code)));
    else
        (void)failed(start_fail(&more, s, ". Both checkpoints are kept as %s.*", path));
}

static struct status lock_check(struct journal *j, const struct complaint *c)
{
    const uint64_t size = j->writing.tree.edge.size;
    struct status s = lock_last(j->lock, j->origin, &j->locked);
    if (s.code == CODE_ABSENT)
        return lock_fresh(j, c);
    if (failed(s))
        return start_fail(c, s, "journal: the lock database cannot be read");
    s = locked_check(j, c);
    if (s.code == CODE_FORK)
        forks_tell(j, c);
    if (failed(s))
        return s;
    const struct lock_state own = {size, merkle_root(&j->writing.tree.edge)};
    return root_check(j, trusted_of(size), &own, c, "its own tree");
}

/* What is in force may not be older than what was. ret_objects lives in the arena. */
static struct status law_check(struct journal *j, const struct journal_settings *settings,
                               struct arena *arena, struct slice *ret_objects, bool *ret_is_other,
                               const struct complaint *c)
{
    struct journal_laws before = {.journal = j};
    struct status s = store_law(j->writing.store, arena, &before.kept);
    if (failed(s) && s.code != CODE_ABSENT)
        return start_fail(c, s, "journal: %s/journal.db cannot be read", j->path);
    s = lock_law(j->lock, arena, j->origin, &before.locked);
    if (failed(s) && s.code != CODE_ABSENT)
        return start_fail(c, s, "journal: the lock database cannot be read");
    s = settings->judge_law(settings->law_owner, arena, &before, ret_objects, c->text, c->room);
    if (failed(s))
        return s;
    const bool is_same = slice_equal(before.kept, *ret_objects);
    *ret_is_other = before.kept.length > 0 && !is_same;
    j->writing.law_written = is_same; /* the lock may have had no time to take it */
    return OK;
}

/* The entry with which this process begins. */
static struct status start_note(struct journal *j, const struct journal_settings *settings,
                                struct slice objects, bool is_other, uint64_t now_ms)
{
    char text[START_TEXT_BYTES];
    succession_text(j, text);
    return settings->judge_law == NULL ? journal_note(j, text, now_ms)
                                       : journal_start_law(j, text, objects, is_other, now_ms);
}

static const char *full_of(struct status s)
{
    return s.code == CODE_FULL ? ": the disk of the journal or of the lock database is full" : "";
}

/* Where the disk is full the ballast is given up, once, and what was to be written is tried again.
 */
static bool gave_room(struct journal *j, struct status s)
{
    if (s.code != CODE_FULL || !j->room.has_ballast)
        return false;
    room_give_up(&j->room);
    return true;
}

static struct status begin(struct journal *j, const struct journal_settings *settings,
                           struct slice objects, bool is_other, uint64_t now_ms,
                           const struct complaint *c)
{
    const struct publisher_settings publisher = {j->path, settings->log_path};
    struct status s = publisher_start(&publisher, &j->publisher);
    if (failed(s))
        return start_fail(c, s, "journal: the published log %s cannot be written",
                          settings->log_path);
    do
        s = checkpoint_sign(j);
    while (gave_room(j, s));
    if (failed(s))
        return start_fail(c, s, "journal: the last checkpoint cannot be signed%s", full_of(s));
    do
        s = start_note(j, settings, objects, is_other, now_ms);
    while (gave_room(j, s));
    if (failed(s))
        return start_fail(c, s, "journal: the start entry cannot be written%s", full_of(s));
    do
        s = journal_tell_restored(j, now_ms);
    while (gave_room(j, s));
    if (failed(s))
        return start_fail(c, s, "journal: the entry about the backup cannot be written%s",
                          full_of(s));
    do
        s = journal_retain_all(j, now_ms);
    while (gave_room(j, s));
    if (failed(s))
        return start_fail(c, s, "journal: what is kept no longer cannot be erased%s", full_of(s));
    journal_tell(j);
    return OK;
}

struct status journal_start(struct journal *j, const struct journal_settings *settings,
                            uint64_t now_ms, char *error, size_t room)
{
    const struct complaint c = {error, room};
    struct slice objects = {NULL, 0};
    bool is_other = false;
    struct arena *arena = NULL;
    struct status s;
    if (failed(s = settings_take(j, settings, &c)) || failed(s = folder_hold(j, &c)) ||
        failed(s = room_take(j, settings, &c)) || failed(s = files_open(j, settings, &c)) ||
        failed(s = succession_take(j, settings, &c)) || failed(s = lock_check(j, &c)) ||
        failed(s = present_keep(j, j->origin, &c)))
        return s;
    arena = arena_new(JOURNAL_LAW_BYTES);
    s = arena == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s) && settings->judge_law != NULL)
        s = law_check(j, settings, arena, &objects, &is_other, &c);
    if (!failed(s))
        s = begin(j, settings, objects, is_other, now_ms, &c);
    arena_free(arena);
    return s;
}
