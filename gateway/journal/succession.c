#include "journal/start_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/witness.h"
#include "base/encoding.h"
#include "base/file.h"
#include "journal/ended.h"

/*
 * One log ends and the next one begins. First the lock database knows: from then on the former is
 * signed no more, and the latter is empty. Then the former is published to its end, and last the
 * journal turns to the latter. The first entry of that says where the former ended.
 */

#define ROOT_TEXT_BYTES 48
#define PATH_BYTES      4352

struct end_text {
    char root[ROOT_TEXT_BYTES];
};

static struct end_text end_text(const struct digest *root)
{
    struct end_text text;
    base64_write(digest_slice(root), text.root);
    return text;
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
        if (s.code == CODE_FORK)
            return start_fail(c, s,
                              "journal: by the lock database the log %s was written before, or"
                              " stands beside another one, so that it cannot succeed %s: have the"
                              " directory list another one that does",
                              j->origin, former);
        return failed(s) ? start_fail(c, s, "journal: the lock database cannot be written") : OK;
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

/* ---- its last checkpoint ---- */

static bool is_key_of(const struct key *key, const struct vkey *vkey)
{
    uint8_t public[32];
    return key_public(key, public) && bytes_equal(public, vkey->key, sizeof public);
}

/* What the former log is signed with to its end: the key that it had, where that is at hand. */
static const struct key *key_before(const struct journal_settings *settings)
{
    const struct key *const keys[] = {settings->log_key, settings->former_key};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i] != NULL && is_key_of(keys[i], &settings->before->key))
            return keys[i];
    return NULL;
}

static struct status published_note(const char *log_path, const struct log_before *before,
                                    const struct lock_state *end, struct buffer *out)
{
    char path[PATH_BYTES];
    struct note note;
    struct buffer text = buffer_new(NOTE_MAX_BYTES);
    int length = snprintf(path, sizeof path, "%s/checkpoint", log_path);
    struct status s = length < 0 || (size_t)length >= sizeof path ? FAIL(STORE) : OK;
    if (!failed(s))
        s = file_read(path, &text);
    if (!failed(s))
        s = note_parse(buffer_slice(&text), &note);
    if (!failed(s))
        s = note_verify(&note, &before->key);
    if (!failed(s) &&
        (note.size != end->size || !digest_equal(&note.root, digest_slice(&end->root))))
        s = FAIL(ABSENT);
    if (!failed(s))
        witness_note_write(&note, &before->key, (struct slice){NULL, 0}, out);
    buffer_done(&text);
    return s;
}

/* All that is said of its entries from now on is said under it, so it is signed as those before it
 * were, also where a record closes the log. Without its key what was published has to say it. */
static struct status last_note(const struct journal_settings *settings,
                               const struct lock_state *end, struct signed_tree *tree,
                               const struct complaint *c)
{
    const struct log_before *before = settings->before;
    const struct key *key = key_before(settings);
    struct buffer note = buffer_new(sizeof tree->note);
    struct status s = key != NULL ? note_sign(key, before->origin, end->size, &end->root, &note)
                                  : published_note(settings->log_path, before, end, &note);
    if (!failed(s) && note.failed)
        s = FAIL(MEMORY);
    if (!failed(s)) {
        memcpy(tree->note, note.at, note.length);
        tree->note_length = note.length;
    }
    buffer_done(&note);
    if (s.code == CODE_ABSENT || s.code == CODE_REFUSED)
        s = FAIL(CONFIG);
    return failed(s) ? start_fail(c, s,
                                  "journal: there is no checkpoint of the log %s over its %" PRIu64
                                  " entries: neither log.key nor log.former_key is its key, and"
                                  " %s/checkpoint is not that. Set log.former_key to the file of"
                                  " its key, or put that checkpoint there, and start again",
                                  before->origin, end->size, settings->log_path)
                     : OK;
}

/* ---- the turn ---- */

static struct status rows_turn(struct journal *j, const struct signed_tree *tree)
{
    struct writing *w = &j->writing;
    const uint64_t number = log_of(tree->base);
    const struct kept_log ended = {
        .number = number, .size = tree->size, .root = tree->root, .note = signed_note(tree)};
    const struct tree next = {.base = log_base(number + 1), .time_ms = w->tree.time_ms};
    struct status s = number + 1 < LOGS_MAX ? store_begin(w->store) : FAIL(FULL);
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
                          const struct complaint *c)
{
    char now[LOCK_ORIGIN_BYTES];
    const struct log_before *before = settings->before;
    const struct lock_state end = {j->writing.tree.edge.size, merkle_root(&j->writing.tree.edge)};
    struct signed_tree tree = {.base = j->writing.tree.base, .size = end.size, .root = end.root};
    struct status s = end_judge(j, before, &end, c);
    if (failed(s) || failed(s = place_judge(j, before->origin, settings->log_path, c)) ||
        failed(s = last_note(settings, &end, &tree, c)) ||
        failed(s = present_keep(j, before->origin, c)) ||
        failed(s = lock_turn(j, before->origin, &end, c)))
        return s;
    s = published_finish(j->path, settings->log_path, &tree);
    if (failed(s))
        return start_fail(c, s, "journal: the log %s cannot be published to its end in %s",
                          before->origin, settings->log_path);
    s = rows_turn(j, &tree);
    return failed(s) ? start_fail(c, s, "journal: %s/journal.db cannot be written", j->path)
                     : present_find(j, before, now, c);
}

/* The log that the journal was written in is the configured one. */
static struct status keep_on(struct journal *j, const struct complaint *c)
{
    char next[LOCK_ORIGIN_BYTES];
    struct status s = lock_successor(j->lock, j->origin, next);
    if (s.code == CODE_ABSENT)
        return OK;
    if (failed(s))
        return start_fail(c, s, "journal: the lock database cannot be read");
    return start_fail(
        c, FAIL(FORK),
        "journal: the log %s ended and %s succeeded it: it is signed no more, and"
        " %s/journal.db is an older copy if that was not begun in it. Set log.origin to"
        " %s",
        j->origin, next, j->path, next);
}

struct status succession_take(struct journal *j, const struct journal_settings *settings,
                              const struct complaint *c)
{
    char present[LOCK_ORIGIN_BYTES];
    struct status s = present_find(j, settings->before, present, c);
    if (failed(s))
        return s;
    if (strcmp(present, j->origin) == 0)
        s = keep_on(j, c);
    else if (settings->before == NULL || strcmp(settings->before->origin, present) != 0)
        return start_fail(c, FAIL(CONFIG),
                          "journal: %s/journal.db holds the log %s, and the directory does not say"
                          " that %s succeeds it",
                          j->path, present, j->origin);
    else
        s = turn(j, settings, c);
    for (size_t i = 0; i < j->closed_count && !failed(s); i++) {
        s = published_lay_aside(settings->log_path, j->closed[i].origin);
        if (failed(s))
            return start_fail(c, s, "journal: the published log %s in %s cannot be laid aside",
                              j->closed[i].origin, settings->log_path);
    }
    return s;
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
