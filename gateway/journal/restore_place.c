#include "journal/restore_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/instant.h"
#include "journal/copying.h"

#define PIECE_BYTES 65536
#define ASIDE_TRIES 100 /* within one second */

/* The database and what belongs to it while it is used. */
static const char *const files[] = {JOURNAL_FILE, JOURNAL_FILE "-wal", JOURNAL_FILE "-shm",
                                    JOURNAL_FILE "-journal"};

/* Those of a backup. */
static const char *const parts[] = {JOURNAL_FILE, "checkpoint", "manifest"};

#define PARTS (sizeof parts / sizeof parts[0])
#define FILES (sizeof files / sizeof files[0])

static struct status store_failure(void)
{
    return errno == ENOSPC || errno == EDQUOT ? FAIL(FULL) : FAIL(STORE);
}

static struct status path_of(const char *folder, const char *name,
                             char path[static RESTORE_PATH_BYTES])
{
    int length = snprintf(path, RESTORE_PATH_BYTES, "%s/%s", folder, name);
    return length < 0 || length >= RESTORE_PATH_BYTES ? FAIL(STORE) : OK;
}

struct status restore_folder(const char *journal, char folder[static RESTORE_PATH_BYTES])
{
    return path_of(journal, RESTORE_FOLDER, folder);
}

void restore_clear(const char *folder)
{
    char path[RESTORE_PATH_BYTES];
    for (size_t i = 0; i < FILES; i++)
        if (!failed(path_of(folder, files[i], path)))
            (void)unlink(path);
    for (size_t i = 0; i < PARTS; i++)
        if (!failed(path_of(folder, parts[i], path)))
            (void)unlink(path);
    (void)rmdir(folder);
}

/* ---- copying ---- */

static struct status piece_write(int to, struct slice piece)
{
    while (piece.length > 0) {
        ssize_t done = write(to, piece.at, piece.length);
        if (done < 0 && errno != EINTR)
            return store_failure();
        if (done > 0)
            piece = slice_part(piece, (size_t)done, SIZE_MAX);
    }
    return OK;
}

static struct status octets_copy(int from, int to)
{
    struct status s = OK;
    for (;;) {
        uint8_t piece[PIECE_BYTES];
        ssize_t got = read(from, piece, sizeof piece);
        if (got == 0)
            return fsync(to) == 0 ? OK : store_failure();
        if (got < 0 && errno != EINTR)
            return FAIL(STORE);
        if (got > 0)
            s = piece_write(to, slice_over(piece, (size_t)got));
        if (failed(s))
            return s;
    }
}

static struct status file_copy(const char *from_path, const char *to_path)
{
    int from = open(from_path, O_RDONLY | O_CLOEXEC);
    int to = from < 0 ? -1 : open(to_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct status s = from < 0 || to < 0 ? store_failure() : octets_copy(from, to);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return s;
}

static struct status one_copy(const char *backup, const char *folder, const char *name)
{
    char from[RESTORE_PATH_BYTES], to[RESTORE_PATH_BYTES];
    struct status s = path_of(backup, name, from);
    if (!failed(s))
        s = path_of(folder, name, to);
    if (!failed(s) && access(from, F_OK) == 0) /* else the check of the copy says what is missing */
        s = file_copy(from, to);
    return failed(s) ? s : file_name_sync(to);
}

struct status restore_copy(const char *backup, const char *folder)
{
    struct status s = OK;
    restore_clear(folder);
    if (mkdir(folder, 0700) != 0)
        return store_failure();
    for (size_t i = 0; i < PARTS && !failed(s); i++)
        s = one_copy(backup, folder, parts[i]);
    return s;
}

/* ---- laying aside ---- */

/* Makes a folder that was not there: what an attempt before has laid aside stays untouched. */
static struct status aside_make(const char *journal, uint64_t now_ms,
                                char aside[static RESTORE_PATH_BYTES])
{
    char time[INSTANT_TEXT_BYTES];
    instant_write(now_ms - now_ms % MS_PER_SECOND, time);
    for (unsigned n = 1; n <= ASIDE_TRIES; n++) {
        char number[16] = "";
        if (n > 1)
            snprintf(number, sizeof number, ".%u", n);
        int length = snprintf(aside, RESTORE_PATH_BYTES, "%s/journal.before-restore-%s%s", journal,
                              time, number);
        if (length < 0 || length >= RESTORE_PATH_BYTES)
            return FAIL(STORE);
        if (mkdir(aside, 0700) == 0)
            return file_name_sync(aside);
        if (errno != EEXIST)
            return store_failure();
    }
    return FAIL(STORE);
}

/* Nothing to be moved is no failure. */
static struct status file_move(const char *from, const char *to, const char *name)
{
    char old[RESTORE_PATH_BYTES], new[RESTORE_PATH_BYTES];
    struct status s = path_of(from, name, old);
    if (!failed(s))
        s = path_of(to, name, new);
    if (!failed(s) && rename(old, new) != 0 && errno != ENOENT)
        s = store_failure();
    return s;
}

/* Whole, before anybody can write to them: the mark keeps comityd out until all is done. */
static struct status old_aside(const char *journal, const char *aside)
{
    char inside[RESTORE_PATH_BYTES], name[RESTORE_PATH_BYTES];
    struct status s = OK;
    for (size_t i = 0; i < FILES && !failed(s); i++)
        s = file_move(journal, aside, files[i]);
    if (!failed(s))
        s = path_of(aside, files[0], inside);
    if (!failed(s))
        s = path_of(journal, files[0], name);
    if (!failed(s))
        s = file_name_sync(inside);
    return failed(s) ? s : file_name_sync(name);
}

static bool is_in(const char *folder, const char *name)
{
    char path[RESTORE_PATH_BYTES];
    return !failed(path_of(folder, name, path)) && access(path, F_OK) == 0;
}

static bool has_any(const char *journal)
{
    for (size_t i = 0; i < FILES; i++)
        if (is_in(journal, files[i]))
            return true;
    return false;
}

/* Where the new database was put in place already, it must not replace the old one. */
static bool may_go_on(const char *journal, const char *aside)
{
    for (size_t i = 0; i < FILES; i++)
        if (is_in(journal, files[i]) && is_in(aside, files[i]))
            return false;
    return access(aside, F_OK) == 0;
}

/* The mark names it, so that whoever goes on after a kill lays the rest beside what is there: a
 * write-ahead log apart from its database is of no use. */
static struct status aside_find(const char *journal, const char *mark, uint64_t now_ms,
                                char aside[static RESTORE_PATH_BYTES])
{
    struct buffer before = buffer_new(RESTORE_PATH_BYTES);
    struct status s = file_read(mark, &before);
    bool is_begun = !failed(s) && before.length > 0 &&
                    slice_copy_text(buffer_slice(&before), aside, RESTORE_PATH_BYTES) &&
                    may_go_on(journal, aside);
    buffer_done(&before);
    if (is_begun)
        return OK;
    s = aside_make(journal, now_ms, aside);
    return failed(s) ? s : file_write(mark, slice_text(aside), 0600);
}

static struct status exchange(const char *journal, const char *folder, const char *mark,
                              uint64_t now_ms, char aside[static RESTORE_PATH_BYTES])
{
    char new[RESTORE_PATH_BYTES], place[RESTORE_PATH_BYTES];
    struct status s = path_of(folder, JOURNAL_FILE, new);
    if (!failed(s))
        s = path_of(journal, JOURNAL_FILE, place);
    if (!failed(s) && has_any(journal)) {
        s = aside_find(journal, mark, now_ms, aside);
        if (!failed(s))
            s = old_aside(journal, aside);
    }
    if (!failed(s) && rename(new, place) != 0)
        s = store_failure();
    return failed(s) ? s : file_name_sync(place);
}

struct status restore_switch(const char *journal, const char *folder, uint64_t now_ms,
                             char ret_aside[static RESTORE_PATH_BYTES])
{
    char mark[RESTORE_PATH_BYTES], aside[RESTORE_PATH_BYTES] = "";
    struct status s = path_of(journal, RESTORE_MARK, mark);
    if (!failed(s) && access(mark, F_OK) != 0)
        s = file_write(mark, (struct slice){0}, 0600);
    if (!failed(s))
        s = exchange(journal, folder, mark, now_ms, aside);
    (void)slice_copy_text(slice_text(aside), ret_aside, RESTORE_PATH_BYTES);
    if (!failed(s) && unlink(mark) != 0)
        s = store_failure();
    return failed(s) ? s : file_name_sync(mark);
}

bool restore_is_cut_off(const char *journal)
{
    char mark[RESTORE_PATH_BYTES];
    return !failed(path_of(journal, RESTORE_MARK, mark)) && access(mark, F_OK) == 0;
}
