#include "journal/restore_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/instant.h"
#include "journal/state.h"
#include "journal/tree.h"

#define APPENDED_AT_ONCE 4096 /* entries of one transaction */

struct status restore_fail(struct restore_outcome *outcome, struct status s, const char *format,
                           ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(outcome->text, sizeof outcome->text, format, args);
    va_end(args);
    return s;
}

/* One order on its way. */
struct restoring {
    const struct journal_settings *settings;
    const struct restore_order *order;
    struct restore_outcome *outcome;
    struct lock_state locked;
    char folder[RESTORE_PATH_BYTES]; /* where the new journal is made */
    struct store *store;             /* of it */
    struct tree tree;
};

/* ---- what was signed ---- */

/* Opening it would make it. */
static struct status lock_read(struct restoring *r)
{
    struct lock *lock = NULL;
    const char *path = r->settings->lock_path;
    if (access(path, F_OK) != 0)
        return restore_fail(r->outcome, FAIL(FORK),
                            "the lock database %.200s is not there: without it nobody knows what"
                            " was signed. If its file system is not mounted, mount it; if it is"
                            " lost, this log cannot go on, and another is begun",
                            path);
    struct status s = lock_open(path, &lock);
    if (!failed(s))
        s = lock_last(lock, r->settings->origin, &r->locked);
    lock_close(lock);
    if (s.code == CODE_ABSENT)
        return restore_fail(r->outcome, FAIL(FORK),
                            "the lock database %.200s has never seen the log %.100s: it is"
                            " another's, or a new one",
                            path, r->settings->origin);
    if (failed(s))
        return restore_fail(r->outcome, s, "the lock database %.200s cannot be read, or is held",
                            path);
    r->outcome->signed_size = r->locked.size;
    return OK;
}

/* What is verified is the copy that is put in place, not what may be read otherwise a second time.
 */
static struct status backup_check(struct restoring *r)
{
    struct backup_fault fault = {0};
    struct restore_outcome *o = r->outcome;
    struct status s = backup_verify(r->folder, r->order->log, r->order->stop, &o->backup, &fault);
    if (failed(s))
        return restore_fail(o, s, "the backup %.150s is not good: %.300s", r->order->backup,
                            fault.text[0] == '\0' ? code_name(s.code) : fault.text);
    if (o->backup.size > r->locked.size)
        return restore_fail(o, FAIL(FORK),
                            "the backup holds %" PRIu64 " signed entries, the lock database knows"
                            " of %" PRIu64 ": an older lock database was put in its place. Put the"
                            " newest there",
                            o->backup.size, r->locked.size);
    return OK;
}

/* ---- entries without openings ---- */

static struct status one_append(void *owner, struct slice entry, uint64_t time_ms)
{
    struct restoring *r = owner;
    const struct entry_row row = {
        .index = r->tree.base + r->tree.edge.size,
        .entry = entry,
        .leaf = merkle_leaf(entry),
    };
    struct status s = store_entry_add(r->store, &row);
    if (!failed(s))
        s = tree_append(r->store, &r->tree, &row.leaf);
    if (!failed(s) && time_ms > r->tree.time_ms)
        r->tree.time_ms = time_ms;
    return s;
}

/* One transaction's worth, with the tree over them. */
static struct status some_append(struct restoring *r, uint64_t end, struct published_fault *fault)
{
    uint64_t next = 0, first = r->tree.edge.size;
    uint64_t most = first + APPENDED_AT_ONCE;
    struct status s = store_begin(r->store);
    if (!failed(s))
        s = published_read(r->settings->log_path, first, end < most ? end : most, one_append, r,
                           &next, fault);
    if (!failed(s))
        s = store_tree_set(r->store, &r->tree);
    if (!failed(s))
        s = store_commit(r->store);
    if (failed(s))
        store_rollback(r->store);
    store_tidy(r->store);
    return s;
}

static bool is_stopped(const struct restoring *r)
{
    return r->order->stop != NULL && atomic_load(r->order->stop);
}

static struct status complete(struct restoring *r)
{
    struct restore_outcome *o = r->outcome;
    uint64_t first = r->tree.edge.size, before = UINT64_MAX, end = r->locked.size;
    struct published_fault fault = {0}, latest = {0};
    struct status s = OK;
    while (!failed(s) && r->tree.edge.size < end && r->tree.edge.size != before) {
        before = r->tree.edge.size;
        s = is_stopped(r) ? FAIL(FULL) : some_append(r, end, &latest);
        if (fault.text[0] == '\0')
            fault = latest;
    }
    o->lost = r->tree.edge.size - first;
    o->missing = r->tree.edge.size < end ? end - r->tree.edge.size : 0;
    if (failed(s))
        return restore_fail(o, s, "the entries after the backup cannot be taken from %.200s (%s)",
                            r->settings->log_path, code_name(s.code));
    if (o->missing > 0)
        return restore_fail(o, FAIL(FORK),
                            "%" PRIu64 " entries are missing, from %" PRIu64 " on: the backup and"
                            " the published log %.150s end before what was signed last, %" PRIu64
                            " entries%s%s. Take a newer backup or a fuller copy of the published"
                            " log; if there is none, another log is begun",
                            o->missing, r->tree.edge.size, r->settings->log_path, end,
                            fault.text[0] == '\0' ? "" : "; ", fault.text);
    struct digest root;
    s = tree_root(r->store, r->tree.base, 0, end, &root);
    if (!failed(s) && !digest_equal(&root, digest_slice(&r->locked.root)))
        s = FAIL(FORK);
    return failed(s)
               ? restore_fail(o, s,
                              "the entries of the backup and of the published log %.150s do"
                              " not give the root of the last signed checkpoint, over %" PRIu64
                              " entries%s%s",
                              r->settings->log_path, end, fault.text[0] == '\0' ? "" : ": ",
                              fault.text)
               : OK;
}

/* Peers have a day to tell again what became of a message before it is given up. What is our own to
 * say stays due: that it failed may be signed already, and then nobody gets it any more. */
static struct status remember(struct restoring *r)
{
    const struct restored_row row = {
        .size = r->tree.base + r->tree.edge.size,
        .lost = r->outcome->lost,
        .time_ms = r->order->now_ms,
    };
    struct status s = store_begin(r->store);
    if (!failed(s))
        s = store_restored_add(r->store, &row);
    if (!failed(s))
        s = store_dues_move(r->store, row.time_ms + MS_PER_DAY);
    if (!failed(s))
        s = store_commit(r->store);
    if (failed(s)) {
        store_rollback(r->store);
        return restore_fail(r->outcome, s, "the new journal cannot be written (%s)",
                            code_name(s.code));
    }
    return OK;
}

/* ---- the new journal ---- */

/* The database alone is put in place: nothing of it may be in a file beside it. */
static struct status close_whole(struct restoring *r)
{
    char path[RESTORE_PATH_BYTES];
    bool is_broken = store_broken(r->store);
    store_close(r->store);
    r->store = NULL;
    int length = snprintf(path, sizeof path, "%s/journal.db-wal", r->folder);
    bool is_whole =
        !is_broken && length > 0 && (size_t)length < sizeof path && access(path, F_OK) != 0;
    return is_whole ? OK
                    : restore_fail(r->outcome, FAIL(STORE), "the new journal cannot be written");
}

/* What is not there, its check says. */
static struct status copy(struct restoring *r)
{
    struct status s = restore_copy(r->order->backup, r->folder);
    return failed(s)
               ? restore_fail(r->outcome, s, "the backup %.150s cannot be copied to %.200s (%s)",
                              r->order->backup, r->folder, code_name(s.code))
               : OK;
}

static struct status make(struct restoring *r)
{
    struct status s = store_open(r->folder, STORE_WRITER, &r->store);
    if (!failed(s))
        s = store_tree(r->store, &r->tree);
    if (failed(s))
        return restore_fail(
            r->outcome, s, "the backup cannot be taken up in %.200s (%s)", r->folder,
            s.code == CODE_CONFIG ? "another version of comityd made it" : code_name(s.code));
    if (failed(s = complete(r)) || failed(s = remember(r)))
        return s;
    return close_whole(r);
}

static struct status put_in_place(struct restoring *r)
{
    struct status s =
        restore_switch(r->settings->path, r->folder, r->order->now_ms, r->outcome->aside);
    return failed(s) ? restore_fail(r->outcome, s,
                                    "%.200s cannot be changed (%s). The old files are there or in"
                                    " %.150s; restore again",
                                    r->settings->path, code_name(s.code), r->outcome->aside)
                     : OK;
}

static struct status restore(struct restoring *r)
{
    struct status s = lock_read(r);
    if (failed(s))
        return s;
    s = restore_folder(r->settings->path, r->folder);
    if (failed(s))
        return restore_fail(r->outcome, s, "the path of the journal is too long");
    s = copy(r);
    if (!failed(s))
        s = backup_check(r);
    if (!failed(s))
        s = make(r);
    store_close(r->store);
    if (!failed(s) && !r->order->dry_run)
        s = put_in_place(r);
    restore_clear(r->folder);
    return s;
}

struct status journal_restore(const struct journal_settings *settings,
                              const struct restore_order *order,
                              struct restore_outcome *ret_outcome)
{
    int folder = -1;
    const char *why = NULL;
    struct restoring r = {.settings = settings, .order = order, .outcome = ret_outcome};
    *ret_outcome = (struct restore_outcome){0};
    struct status s = journal_hold(settings->path, &folder, &why);
    s = failed(s) ? restore_fail(ret_outcome, s, "%.200s %s", settings->path, why) : restore(&r);
    if (folder >= 0)
        close(folder);
    return s;
}
