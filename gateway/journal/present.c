#include "journal/start_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"

/* Which log the journal was written in last, and which ones ended before it. */

#define ARENA_BYTES     (1U << 20)
#define ROOT_TEXT_BYTES 48

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

/* ---- a journal that was made before it kept the name of its log ---- */

/* What the lock database has of the two logs that it can be. */
struct locked {
    uint64_t own, former; /* entries that were signed; 0: none, or it is not there. It vouches for
                             nothing then */
};

static struct status signed_read(struct journal *j, const char *origin, uint64_t *ret_size)
{
    struct lock_state state = {0};
    struct status s = lock_last(j->lock, origin, &state);
    *ret_size = failed(s) ? 0 : state.size;
    return s.code == CODE_ABSENT ? OK : s;
}

static struct status locked_read(struct journal *j, const struct log_before *before,
                                 struct locked *ret)
{
    struct status s = signed_read(j, j->origin, &ret->own);
    ret->former = 0;
    return failed(s) || before == NULL ? s : signed_read(j, before->origin, &ret->former);
}

static bool is_its_end(const struct log_before *before, uint64_t size, const struct digest *root)
{
    return before != NULL && before->is_closed && before->size == size &&
           digest_equal(&before->root, digest_slice(root));
}

/* The lock is there, and holds a log that this one cannot be. */
static struct status is_another(struct journal *j, const char *other, const struct complaint *c)
{
    return start_fail(c, FAIL(CONFIG),
                      "journal: %s/journal.db is of an earlier version and does not say which log"
                      " it holds; the lock database holds the log %s, and the directory does not"
                      " say that %s succeeds it: set log.origin to the log of this journal",
                      j->path, other, j->origin);
}

/* An entry does not say which log it is of. Where the lock is away for the moment, a name that was
 * only likely would stand for good. */
static struct status nobody_knows(struct journal *j, const struct digest *root,
                                  const struct complaint *c)
{
    char text[ROOT_TEXT_BYTES], other[LOCK_ORIGIN_BYTES];
    if (!failed(lock_other(j->lock, j->origin, other)))
        return is_another(j, other, c);
    base64_write(digest_slice(root), text);
    return start_fail(
        c, FAIL(FORK),
        "journal: %s/journal.db is of an earlier version and does not say which log"
        " it holds, and the lock database knows none that it can be; nothing may be"
        " signed. If its file system is not mounted, mount it; if the file is lost,"
        " the log that %s/checkpoint names cannot go on: let the directory close it at"
        " %" PRIu64 " root \"%s\" and name another one that succeeds it, and set"
        " log.origin to that",
        j->path, j->log_path, j->writing.tree.edge.size, text);
}

/* The next log goes on in the journal of the former, and would be lost to it once it has begun. */
static struct status is_missing(struct journal *j, const struct log_before *before, uint64_t size,
                                const struct complaint *c)
{
    return start_fail(c, FAIL(FORK),
                      "journal: %s/journal.db is empty, but the lock database holds %" PRIu64
                      " entries of the log %s, which %s succeeds; nothing may be signed. If the"
                      " journal's file system is not mounted, mount it; if the journal is lost, the"
                      " directory must list a log that succeeds none",
                      j->path, size, before->origin, j->origin);
}

/* The lock's, or the directory's; and with a next log that has begun and signed nothing, the
 * former. It is judged as that log is before anything is signed or written. */
static struct status present_guess(struct journal *j, const struct log_before *before,
                                   char ret_origin[static LOCK_ORIGIN_BYTES],
                                   const struct complaint *c)
{
    struct locked locked;
    const uint64_t size = j->writing.tree.edge.size;
    const struct digest root = merkle_root(&j->writing.tree.edge);
    struct status s = locked_read(j, before, &locked);
    if (failed(s))
        return start_fail(c, s, "journal: the lock database cannot be read");
    const bool is_end = is_its_end(before, size, &root);
    if (size == 0 && locked.own == 0 && locked.former > 0)
        return is_missing(j, before, locked.former, c);
    if (size > 0 && !is_end && locked.own == 0 && locked.former == 0)
        return nobody_knows(j, &root, c);
    const bool is_former = size > 0 && locked.own == 0;
    (void)slice_copy_text(slice_text(is_former ? before->origin : j->origin), ret_origin,
                          LOCK_ORIGIN_BYTES);
    return OK;
}

struct status present_find(struct journal *j, const struct log_before *before,
                           char ret_origin[static LOCK_ORIGIN_BYTES], const struct complaint *c)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : logs_read(j, arena, ret_origin);
    arena_free(arena);
    if (failed(s))
        return start_fail(c, s, "journal: %s/journal.db cannot be read", j->path);
    return ret_origin[0] != '\0' ? OK : present_guess(j, before, ret_origin, c);
}

static struct status name_write(struct store *store, const char *origin)
{
    struct status s = store_begin(store);
    if (!failed(s))
        s = store_log_add(store, 0, slice_text(origin));
    if (!failed(s))
        s = store_commit(store);
    if (failed(s))
        store_rollback(store);
    return s;
}

struct status present_keep(struct journal *j, const char *origin, const struct complaint *c)
{
    struct kept_log first;
    struct arena *arena = arena_new(ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : store_log(j->writing.store, arena, 0, &first);
    arena_free(arena);
    if (s.code == CODE_ABSENT)
        s = name_write(j->writing.store, origin);
    return failed(s) ? start_fail(c, s, "journal: %s/journal.db cannot be written", j->path) : OK;
}
