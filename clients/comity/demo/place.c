#include "comity/demo/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* Paths are written into texts of their own forms: no quotation marks, no line breaks. */
static bool is_plain(const char *path)
{
    for (const char *c = path; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == '\'' || *c == '"' || *c == '\\' || *c == 0x7f)
            return false;
    return true;
}

enum comity_exit demo_folder(struct demo *demo, const char *dir, bool make,
                             struct comity_fault *reterr)
{
    if (make && failed(folder_make(dir, 0755)))
        return fail_errno(reterr, "the folder %s cannot be made", dir);
    char *whole = realpath(dir, NULL);
    if (whole == NULL && errno == ENOENT)
        return fail(reterr, COMITY_UNKNOWN, "ABSENT", "there is no folder %s", dir);
    if (whole == NULL)
        return fail_errno(reterr, "the folder %s cannot be used", dir);
    bool good = is_plain(whole) && slice_copy_text(slice_text(whole), demo->dir, sizeof demo->dir);
    free(whole);
    if (good)
        return COMITY_DONE;
    return fail(reterr, COMITY_INPUT, "USAGE",
                "the path of %s is too long, or has quotation marks or control characters in it",
                dir);
}

enum comity_exit demo_take(const struct demo *demo, int *ret_fd, struct comity_fault *reterr)
{
    char path[DEMO_PATH_BYTES];
    demo_path(demo, path, DEMO_MARK);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return fail_errno(reterr, "%s cannot be written", path);
    if (lockf(fd, F_TLOCK, 0) != 0) {
        close(fd);
        return fail(reterr, COMITY_CONFLICT, "BUSY", "another comity demo is at work in %s",
                    demo->dir);
    }
    *ret_fd = fd;
    return COMITY_DONE;
}

/* The folder of this program. */
static bool own_folder(char folder[static DEMO_PATH_BYTES])
{
    ssize_t length = readlink("/proc/self/exe", folder, DEMO_PATH_BYTES - 1);
    if (length <= 0)
        return false;
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

static bool there(char path[static DEMO_PATH_BYTES], const char *folder, const char *rest)
{
    int length = snprintf(path, DEMO_PATH_BYTES, "%s/%s", folder, rest);
    return length > 0 && length < DEMO_PATH_BYTES && access(path, F_OK) == 0;
}

/* Installed beside the program, in the tree it was built from, or where it was to be installed. */
static bool find_data(struct demo *demo, const char *own)
{
    char beside[DEMO_PATH_BYTES], path[DEMO_PATH_BYTES];
    const char *const places[] = {beside, COMITY_SOURCE_DIR, COMITY_DATA_DIR};
    int length = snprintf(beside, sizeof beside, "%.400s/../share/comity", own);
    for (size_t i = 0; length > 0 && i < sizeof places / sizeof places[0]; i++)
        if (there(path, places[i], "policies/vocabulary") &&
            there(path, places[i], "certs/make-demo-pki"))
            return slice_copy_text(slice_text(places[i]), demo->data, sizeof demo->data);
    return false;
}

static void find_program(const char *name, const char *own, char path[static DEMO_PATH_BYTES])
{
    static const char *const places[] = {"", "../sbin/"};
    char rest[32];
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(rest, sizeof rest, "%s%s", places[i], name);
        if (there(path, own, rest))
            return;
    }
    snprintf(path, DEMO_PATH_BYTES, "%s", name);
}

/* comityd does not work as root: it becomes a user without rights. */
static bool find_user(struct demo *demo)
{
    static const char *const names[] = {"comity", "nobody"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct passwd *p = getpwnam(names[i]);
        if (p == NULL || p->pw_uid == 0 || p->pw_gid == 0)
            continue;
        demo->user = names[i];
        demo->uid = p->pw_uid;
        demo->gid = p->pw_gid;
        return true;
    }
    return false;
}

enum comity_exit demo_place(struct demo *demo, const char *comityd, struct comity_fault *reterr)
{
    char own[DEMO_PATH_BYTES] = "";
    if (!own_folder(own))
        return fail_errno(reterr, "this program cannot find its own folder in /proc");
    if (!find_data(demo, own)) {
        fail(reterr, COMITY_FAILED, "CONFIG", "policies/ and certs/ of Comity are not found");
        return advise(reterr, "run comity from its build tree, or install it with cmake --install");
    }
    find_program("comityd", own, demo->comityd);
    find_program("comity-witness", own, demo->witness);
    if (comityd != NULL &&
        (!slice_copy_text(slice_text(comityd), demo->comityd, sizeof demo->comityd) ||
         access(comityd, X_OK) != 0))
        return fail_errno(reterr, "--comityd %s is no program", comityd);
    if (geteuid() == 0 && !find_user(demo))
        return fail(reterr, COMITY_FAILED, "CONFIG",
                    "as root the demo needs a user comity or nobody for comityd to become");
    return COMITY_DONE;
}

static bool may_pass(const struct demo *demo, const struct stat *st)
{
    if (st->st_uid == demo->uid)
        return (st->st_mode & S_IXUSR) != 0;
    if (st->st_gid == demo->gid)
        return (st->st_mode & S_IXGRP) != 0;
    return (st->st_mode & S_IXOTH) != 0;
}

enum comity_exit demo_reachable(const struct demo *demo, struct comity_fault *reterr)
{
    char path[DEMO_DIR_BYTES + 1];
    struct stat st;
    if (demo->user == NULL)
        return COMITY_DONE;
    snprintf(path, sizeof path, "%s", demo->dir);
    for (;;) {
        if (stat(path[0] == '\0' ? "/" : path, &st) != 0)
            return fail_errno(reterr, "the folder %s cannot be looked at", path);
        if (!may_pass(demo, &st)) {
            fail(reterr, COMITY_INPUT, "USAGE",
                 "comityd will run as the user %s, who may not enter the folder %s", demo->user,
                 path[0] == '\0' ? "/" : path);
            return advise(reterr, "take a folder such as /tmp/comity-demo, or chmod o+x %s", path);
        }
        char *slash = strrchr(path, '/');
        if (slash == NULL || path[0] == '\0')
            return COMITY_DONE;
        *slash = '\0';
    }
}
