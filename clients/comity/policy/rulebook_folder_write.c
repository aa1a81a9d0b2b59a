/* A rulebook's folder on the disk: written beside the one in use, and exchanged with it. */

#include "comity/policy/rulebook_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASIDE_MAX 9999U /* rulebooks from before */

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

/* An empty folder that is there gives way to it; one that only looks empty does not. */
static enum comity_exit put_new(const struct rulebook_change *c, struct comity_fault *reterr)
{
    struct status s = write_beside(c);
    if (failed(s))
        return fail_status(reterr, c->beside, s);
    if (rename(c->beside, c->folder) != 0) {
        fail_errno(reterr, "%s cannot become %s", c->beside, c->folder);
        (void)failed(folder_remove(c->beside));
        return COMITY_FAILED;
    }
    s = file_name_sync(c->folder);
    return failed(s) ? fail_status(reterr, c->folder, s) : COMITY_DONE;
}

enum comity_exit rulebook_change_do(const struct rulebook_change *c, struct comity_fault *reterr)
{
    struct status s;
    if (c->is_new)
        return put_new(c, reterr);
    if (rulebook_change_is_away(c) && rename(c->before, c->folder) != 0)
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
