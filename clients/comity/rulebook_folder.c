#include "comity/rulebook_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encoding.h"
#include "policy/signatures.h"

#define ARENA_BYTES  (160UL << 20)
#define MAX_FILES    4096
#define FOLDER_BYTES 32
#define ASIDE_MAX    9999U /* rulebooks from before */

/* ---- put together ---- */

/* "law/", "parties/XA/" */
static void folder_of(const char *object, char folder[static FOLDER_BYTES])
{
    snprintf(folder, FOLDER_BYTES, "%s/", object);
    char *colon = strchr(folder, ':');
    if (colon != NULL)
        *colon = '/';
}

static enum comity_exit read_folder(struct arena *arena, const char *path,
                                    struct text_files *ret_files, struct comity_fault *reterr)
{
    struct status s = folder_read(arena, path, MAX_FILES, ret_files);
    return failed(s) ? fail(reterr, COMITY_FAILED, "STORE", "%s cannot be read (%s)", path,
                            code_name(s.code))
                     : COMITY_DONE;
}

static int by_path(const void *a, const void *b)
{
    return slice_compare(((const struct text_file *)a)->path, ((const struct text_file *)b)->path);
}

/* Files below their folder in a rulebook, put behind those that are there. */
static bool put_below(struct arena *arena, const char *folder, const struct text_files *its,
                      struct text_files *all)
{
    for (size_t i = 0; i < its->count; i++) {
        struct slice path = its->at[i].path;
        const char *whole =
            arena_print(arena, "%s%.*s", folder, (int)path.length, (const char *)path.at);
        if (whole == NULL)
            return false;
        all->at[all->count++] = (struct text_file){slice_text(whole), its->at[i].text};
    }
    return true;
}

/* The files in use, those of the object and its signatures replaced. */
static bool put_together(struct rulebook_change *c, const char *object,
                         const struct text_files *its, const struct text_files *signatures)
{
    char folder[FOLDER_BYTES], signed_by[SIGNATURES_PATH_BYTES];
    const size_t most = c->now.count + its->count + signatures->count;
    struct text_files next = {arena_array(c->arena, most, sizeof *next.at), 0};
    folder_of(object, folder);
    signatures_folder(slice_text(object), signed_by);
    if (next.at == NULL)
        return false;
    for (size_t i = 0; i < c->now.count; i++)
        if (!slice_begins(c->now.at[i].path, slice_text(folder)) &&
            !slice_begins(c->now.at[i].path, slice_text(signed_by)))
            next.at[next.count++] = c->now.at[i];
    if (!put_below(c->arena, folder, its, &next) ||
        !put_below(c->arena, signed_by, signatures, &next))
        return false;
    qsort(next.at, next.count, sizeof *next.at, by_path);
    c->next = next;
    return true;
}

bool rulebook_files_have(const struct text_files *files, const char *object, const char *digest)
{
    char folder[FOLDER_BYTES];
    folder_of(object, folder);
    struct digest is = object_digest(files, folder);
    char text[2 * sizeof is.octets + 1];
    hex_write(digest_slice(&is), text);
    return strcmp(text, digest) == 0;
}

static enum comity_exit judge(const struct rulebook_change *c, const struct rulebook_exchange *x,
                              struct comity_fault *reterr)
{
    struct rulebook *rulebook = NULL;
    struct text_error wrong = {0};
    if (!rulebook_files_have(&c->next, x->object, x->digest))
        return fail(reterr, COMITY_VERIFY, "E_HASH", "the files of the offer have another digest");
    struct status s = rulebook_parse(&c->next, &rulebook, &wrong);
    rulebook_free(rulebook);
    if (!failed(s))
        return COMITY_DONE;
    fail(reterr, COMITY_INPUT, "CONFIG", "%s:%u:%u: %s", wrong.file, wrong.line, wrong.column,
         wrong.message);
    return advise(reterr, "it does not go with the other objects in use; another offer may have to "
                          "be accepted first");
}

static bool name_folders(struct rulebook_change *c, const char *folder)
{
    return slice_copy_text(slice_text(folder), c->folder, sizeof c->folder) &&
           snprintf(c->beside, sizeof c->beside, "%s.unfinished", folder) < (int)sizeof c->beside &&
           snprintf(c->before, sizeof c->before, "%s.before", folder) < (int)sizeof c->before;
}

/* Where two renames were needed and only the first was made. */
static bool is_away(const struct rulebook_change *c)
{
    struct stat st;
    return lstat(c->folder, &st) != 0 && errno == ENOENT && lstat(c->before, &st) == 0;
}

static bool same_files(const struct text_files *a, const struct text_files *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal =
            slice_equal(a->at[i].path, b->at[i].path) && slice_equal(a->at[i].text, b->at[i].text);
    return equal;
}

/* What is there now, before anything is put together. */
static enum comity_exit read_now(struct rulebook_change *c, const char *folder,
                                 struct comity_fault *reterr)
{
    *c = (struct rulebook_change){.arena = arena_new(ARENA_BYTES)};
    if (c->arena == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    if (!name_folders(c, folder))
        return fail_usage(reterr, "%s: the path is too long", folder);
    return read_folder(c->arena, is_away(c) ? c->before : c->folder, &c->now, reterr);
}

static void see_whether_it_is_there(struct rulebook_change *c)
{
    c->is_there = same_files(&c->now, &c->next);
    if (c->is_there)
        (void)failed(folder_read(c->arena, c->before, MAX_FILES, &c->earlier)); /* may be none */
}

/* An offer that nobody had to sign has no folder of them. */
static enum comity_exit read_signatures(struct rulebook_change *c, const char *path,
                                        struct text_files *ret_files, struct comity_fault *reterr)
{
    struct stat st;
    *ret_files = (struct text_files){0};
    return lstat(path, &st) != 0 && errno == ENOENT
               ? COMITY_DONE
               : read_folder(c->arena, path, ret_files, reterr);
}

enum comity_exit rulebook_change_begin(const struct rulebook_exchange *x,
                                       struct rulebook_change *ret_change,
                                       struct comity_fault *reterr)
{
    struct rulebook_change *c = ret_change;
    struct text_files its, signatures;
    enum comity_exit exit = read_now(c, x->folder, reterr);
    if (exit == COMITY_DONE)
        exit = read_folder(c->arena, x->files, &its, reterr);
    if (exit == COMITY_DONE)
        exit = read_signatures(c, x->signatures, &signatures, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (!put_together(c, x->object, &its, &signatures))
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    see_whether_it_is_there(c);
    return judge(c, x, reterr);
}

static bool is_of_rulebook(struct slice path)
{
    static const char *const folders[] = {"law/", "parties/", SIGNATURES_FOLDER, "states/"};
    bool is = false;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        is = is || slice_begins(path, slice_text(folders[i]));
    return is;
}

enum comity_exit rulebook_change_whole(const char *folder, const struct text_files *files,
                                       struct rulebook_change *ret_change,
                                       struct comity_fault *reterr)
{
    struct rulebook_change *c = ret_change;
    enum comity_exit exit = read_now(c, folder, reterr);
    if (exit != COMITY_DONE)
        return exit;
    c->next.at = arena_array(c->arena, files->count, sizeof *c->next.at);
    if (c->next.at == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    for (size_t i = 0; i < files->count; i++)
        if (is_of_rulebook(files->at[i].path))
            c->next.at[c->next.count++] = files->at[i];
    see_whether_it_is_there(c);
    return COMITY_DONE;
}

void rulebook_change_done(struct rulebook_change *c)
{
    arena_free(c->arena);
    *c = (struct rulebook_change){0};
}

/* ---- on the disk ---- */

static bool give_one(const char *path, const struct stat *like)
{
    struct stat is;
    return lstat(path, &is) == 0 && ((is.st_uid == like->st_uid && is.st_gid == like->st_gid) ||
                                     lchown(path, like->st_uid, like->st_gid) == 0);
}

/* A file and every folder between it and the top. */
static bool give_path(const char *top, const struct text_file *file, const struct stat *like)
{
    char path[RULEBOOK_PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%.*s", top, (int)file->path.length,
                          (const char *)file->path.at);
    bool good = length > 0 && length < (int)sizeof path;
    while (good && strlen(path) > strlen(top)) {
        good = give_one(path, like);
        *strrchr(path, '/') = '\0';
    }
    return good;
}

/* Whoever makes it, it is to be as readable as the one that it replaces. */
static bool give(const struct rulebook_change *c)
{
    struct stat like;
    if (stat(c->folder, &like) != 0)
        return false;
    for (size_t i = 0; i < c->next.count; i++)
        if (!give_path(c->beside, &c->next.at[i], &like))
            return false;
    return give_one(c->beside, &like) && chmod(c->beside, like.st_mode & 07777) == 0;
}

static enum comity_exit fail_status(struct comity_fault *reterr, const char *path, struct status s)
{
    return fail(reterr, COMITY_FAILED, "STORE", "%s cannot be written or removed (%s)", path,
                code_name(s.code));
}

static struct status write_beside(const struct rulebook_change *c)
{
    mode_t mask = umask(022);
    struct status s = folder_remove(c->beside);
    if (!failed(s))
        s = folder_write(c->beside, &c->next, 0755, 0644);
    (void)umask(mask);
    return s;
}

/* At no moment is there no folder; false where the file system cannot do that. */
static bool exchange_folders(const struct rulebook_change *c)
{
    return renameat2(AT_FDCWD, c->before, AT_FDCWD, c->folder, RENAME_EXCHANGE) == 0;
}

static bool no_exchange(void)
{
    return errno == EINVAL || errno == ENOSYS;
}

/* The one in use moves away, and what is at `from` comes. Killed between the two, the one in use is
 * FOLDER.before: it is found there. */
static bool move_folders(const struct rulebook_change *c, const char *away, const char *from)
{
    if (rename(c->folder, away) != 0)
        return false;
    if (rename(from, c->folder) == 0)
        return true;
    int why = errno;
    (void)rename(away, c->folder);
    errno = why;
    return false;
}

/* What is at `path` gets the first free name of FOLDER.before.1 and so on: it may be all that there
 * is of a rulebook, or somebody's own. */
static bool lay_aside(const struct rulebook_change *c, const char *path)
{
    char aside[RULEBOOK_PATH_BYTES];
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT;
    for (unsigned i = 1; i <= ASIDE_MAX; i++) {
        int length = snprintf(aside, sizeof aside, "%s.%u", c->before, i);
        if (length < 0 || length >= (int)sizeof aside)
            break;
        if (lstat(aside, &st) != 0)
            return errno == ENOENT && rename(path, aside) == 0;
    }
    errno = EEXIST;
    return false;
}

/* The new one stands where the one in use will be, and one step changes the two. */
static bool put_in_place(const struct rulebook_change *c)
{
    if (rename(c->beside, c->before) != 0)
        return false;
    if (exchange_folders(c))
        return true;
    int why = errno;
    bool cannot = no_exchange();
    bool back = rename(c->before, c->beside) == 0;
    errno = why;
    return cannot && back && move_folders(c, c->before, c->beside);
}

enum comity_exit rulebook_change_do(const struct rulebook_change *c, struct comity_fault *reterr)
{
    struct status s;
    if (is_away(c) && rename(c->before, c->folder) != 0)
        return fail_errno(reterr, "%s cannot be renamed", c->before);
    if (!c->is_there) {
        if (failed(s = write_beside(c)))
            return fail_status(reterr, c->beside, s);
        if (!give(c))
            return fail_errno(reterr, "%s cannot be given the owner of %s", c->beside, c->folder);
        if (!lay_aside(c, c->before))
            return fail_errno(reterr, "%s cannot be laid aside", c->before);
        if (!put_in_place(c))
            return fail_errno(reterr, "%s cannot take the place of %s", c->beside, c->folder);
    }
    s = file_name_sync(c->folder);
    return failed(s) ? fail_status(reterr, c->folder, s) : COMITY_DONE;
}

static bool put_back(const struct rulebook_change *c)
{
    if (exchange_folders(c))
        return c->is_there ? lay_aside(c, c->before) : rename(c->before, c->beside) == 0;
    if (!no_exchange())
        return false;
    if (!move_folders(c, c->beside, c->before))
        return false;
    return !c->is_there || lay_aside(c, c->beside); /* who made it is not known */
}

enum comity_exit rulebook_change_undo(const struct rulebook_change *c, struct comity_fault *reterr)
{
    struct status s = folder_remove(c->beside);
    if (failed(s))
        return fail_status(reterr, c->beside, s);
    if (!put_back(c))
        return fail_errno(reterr, "the rulebook before cannot be put back: it is %s", c->before);
    s = file_name_sync(c->folder);
    if (!failed(s))
        s = folder_remove(c->beside);
    return failed(s) ? fail_status(reterr, c->beside, s) : COMITY_DONE;
}
