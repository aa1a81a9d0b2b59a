#include "journal/forks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/file.h"

#define NAME_DIGITS 16
#define FORK_BYTES  ((size_t)2 * NOTE_MAX_BYTES)

/* The two sides as they are written. */
struct sides {
    struct lock_state locked;
    struct buffer lock, journal;
    bool is_signed; /* the journal's */
    uint64_t size;  /* of that */
};

static struct status own_vkey(const struct journal *j, char text[static ORIGIN_MAX_BYTES + 64],
                              struct vkey *ret_vkey)
{
    uint8_t public[32];
    if (!key_public(j->log_key, public))
        return FAIL(CRYPTO);
    vkey_write(j->origin, 0x01, public, text);
    return vkey_parse(slice_text(text), ret_vkey);
}

/* Signed by this log and given by this journal's entries. */
static bool is_journals(struct journal *j, const struct note *note)
{
    struct digest root;
    struct vkey vkey;
    char text[ORIGIN_MAX_BYTES + 64];
    const struct tree *tree = &j->writing.tree;
    if (note->size > tree->edge.size || failed(own_vkey(j, text, &vkey)) ||
        failed(note_verify(note, &vkey)))
        return false;
    return !failed(tree_root(j->writing.store, tree->base, 0, note->size, &root)) &&
           digest_equal(&root, digest_slice(&note->root));
}

static void note_weigh(struct journal *j, struct sides *sides, struct slice text)
{
    struct note note;
    if (failed(note_parse(text, &note)) || (sides->is_signed && note.size <= sides->size) ||
        !is_journals(j, &note))
        return;
    buffer_clear(&sides->journal);
    buffer_put(&sides->journal, note.text);
    sides->size = note.size;
    sides->is_signed = true;
}

static void file_weigh(struct journal *j, struct sides *sides, const char *folder)
{
    char path[JOURNAL_PATH_BYTES];
    struct buffer text = buffer_new(NOTE_MAX_BYTES);
    int length = snprintf(path, sizeof path, "%s/checkpoint", folder);
    if (length > 0 && (size_t)length < sizeof path && !failed(file_read(path, &text)))
        note_weigh(j, sides, buffer_slice(&text));
    buffer_done(&text);
}

static void journal_side(struct journal *j, struct sides *sides)
{
    const struct signed_tree tree = journal_signed(j);
    char text[48];
    note_weigh(j, sides, signed_note(&tree));
    file_weigh(j, sides, j->path);
    file_weigh(j, sides, j->log_path);
    if (sides->is_signed)
        return;
    const struct digest root = merkle_root(&j->writing.tree.edge);
    base64_write(digest_slice(&root), text);
    buffer_print(&sides->journal, "%s\n%" PRIu64 "\n%s\n", j->origin, j->writing.tree.edge.size,
                 text);
}

/* "FOLDER/forks/0f3c...": the name is of what is kept. */
static bool path_write(const char *lock_path, const struct sides *sides,
                       char folder[static JOURNAL_PATH_BYTES], char path[static JOURNAL_PATH_BYTES])
{
    char digits[2 * sizeof(struct digest) + 1];
    struct buffer both = buffer_new(FORK_BYTES);
    buffer_put(&both, buffer_slice(&sides->lock));
    buffer_put(&both, buffer_slice(&sides->journal));
    const bool is_whole = !both.failed;
    const struct digest digest = digest_plain(buffer_slice(&both));
    buffer_done(&both);
    hex_write(digest_slice(&digest), digits);
    const char *slash = strrchr(lock_path, '/');
    const int stem = slash == NULL ? 0 : (int)(slash - lock_path) + 1;
    int length = snprintf(folder, JOURNAL_PATH_BYTES, "%.*sforks", stem, lock_path);
    if (!is_whole || length < 0 || length >= JOURNAL_PATH_BYTES)
        return false;
    length = snprintf(path, JOURNAL_PATH_BYTES, "%s/%.*s", folder, NAME_DIGITS, digits);
    return length > 0 && length < JOURNAL_PATH_BYTES;
}

static struct status side_write(const char *path, const char *what, const struct buffer *side)
{
    char whole[JOURNAL_PATH_BYTES];
    int length = snprintf(whole, sizeof whole, "%s.%s", path, what);
    return length < 0 || (size_t)length >= sizeof whole
               ? FAIL(STORE)
               : file_write(whole, buffer_slice(side), 0600);
}

/* The lock's side last: where that is, both are. */
static struct status sides_write(const struct journal *j, const struct sides *sides,
                                 char path[static JOURNAL_PATH_BYTES])
{
    char folder[JOURNAL_PATH_BYTES], whole[JOURNAL_PATH_BYTES];
    if (sides->lock.failed || sides->journal.failed)
        return FAIL(MEMORY);
    if (!path_write(j->lock_path, sides, folder, path))
        return FAIL(STORE);
    int length = snprintf(whole, sizeof whole, "%s.lock.note", path);
    if (length < 0 || (size_t)length >= sizeof whole)
        return FAIL(STORE);
    if (access(whole, F_OK) == 0)
        return OK;
    struct status s = folder_make(folder, 0700);
    if (!failed(s) && !folder_has_room(folder, 2, FORK_FILES_MAX))
        s = FAIL(FULL);
    if (!failed(s))
        s = side_write(path, sides->is_signed ? "journal.note" : "journal.unsigned",
                       &sides->journal);
    return failed(s) ? s : side_write(path, "lock.note", &sides->lock);
}

struct status forks_keep(struct journal *j, char ret_path[static JOURNAL_PATH_BYTES])
{
    char path[JOURNAL_PATH_BYTES];
    struct sides sides = {.lock = buffer_new(NOTE_MAX_BYTES),
                          .journal = buffer_new(NOTE_MAX_BYTES)};
    struct status s = lock_last(j->lock, j->origin, &sides.locked);
    if (!failed(s) && sides.locked.size == 0)
        s = FAIL(ABSENT);
    if (!failed(s))
        s = note_sign(j->log_key, j->origin, sides.locked.size, &sides.locked.root, &sides.lock);
    if (!failed(s)) {
        journal_side(j, &sides);
        s = sides_write(j, &sides, path);
    }
    if (!failed(s))
        (void)slice_copy_text(slice_text(path), ret_path, JOURNAL_PATH_BYTES);
    buffer_done(&sides.lock);
    buffer_done(&sides.journal);
    return s;
}
