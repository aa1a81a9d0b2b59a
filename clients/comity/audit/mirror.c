#include "comity/audit/mirror.h"

#include <string.h>

#include "libcomity/context.h"

static enum comity_exit own_folder(const struct invocation *inv,
                                   char path[static AUDIT_MIRROR_PATH_BYTES],
                                   struct comity_fault *reterr)
{
    char home[CONTEXT_PATH_BYTES];
    struct comity_context context;
    const char *gateway = invocation_value(inv, FLAG_GATEWAY);
    enum comity_exit exit =
        comity_context_load(NULL, invocation_value(inv, FLAG_CONTEXT), &context, reterr);
    if (exit != COMITY_DONE)
        return exit;
    struct status s = context_home(NULL, home, reterr);
    if (failed(s))
        return fault_exit(reterr, s);
    int length = snprintf(path, AUDIT_MIRROR_PATH_BYTES, "%s/mirror/%s/%s", home, context.name,
                          gateway == NULL ? context.gateway : gateway);
    return length > 0 && length < AUDIT_MIRROR_PATH_BYTES
               ? COMITY_DONE
               : fail_usage(reterr, "the path of the mirror is too long: name one with --mirror");
}

enum comity_exit audit_mirror_folder(const struct invocation *inv,
                                     char path[static AUDIT_MIRROR_PATH_BYTES],
                                     struct comity_fault *reterr)
{
    const char *given = invocation_value(inv, FLAG_MIRROR);
    if (given == NULL)
        return own_folder(inv, path, reterr);
    return slice_copy_text(slice_text(given), path, AUDIT_MIRROR_PATH_BYTES)
               ? COMITY_DONE
               : fail_usage(reterr, "the path is too long");
}

enum comity_exit audit_mirror_joints(const struct series *series, struct comity_fault *reterr)
{
    char error[MIRROR_ERROR_BYTES];
    for (size_t i = 0; i < series_count(series); i++) {
        struct status s = series_joint_said(series, i, error);
        if (failed(s) && s.code != CODE_REFUSED)
            return audit_mirror_fail(reterr, s);
        if (!failed(s))
            continue;
        fail(reterr, COMITY_VERIFY, "E_HASH", "the mirrors are not one history: %s", error);
        return advise(reterr, "keep the folder as it is, and sync another one");
    }
    return COMITY_DONE;
}

enum comity_exit audit_mirror_unopened(struct status s, const char *error,
                                       struct comity_fault *reterr)
{
    if (s.code == CODE_ABSENT) {
        fail(reterr, COMITY_INPUT, "CONFIG", "%s", error);
        return advise(reterr, "comity audit sync makes one");
    }
    if (s.code == CODE_CONFIG) {
        fail(reterr, COMITY_CONFLICT, "CONFIG", "%s", error);
        return advise(reterr, "name another folder: each gateway has one of its own");
    }
    if (s.code != CODE_REFUSED)
        return fail(reterr, COMITY_FAILED, "STORE", "%s", error);
    fail(reterr, COMITY_VERIFY, "E_HASH", "the mirrors do not verify: %s", error);
    return advise(reterr,
                  "where only its making was broken off, comity audit sync goes on with it; "
                  "otherwise keep the folder as it is, and sync another one");
}

typedef struct status open_series(const char *dir, char error[static MIRROR_ERROR_BYTES],
                                  struct series **ret_series);

static enum comity_exit open_with(open_series *open, const struct invocation *inv,
                                  struct series **ret_series, struct comity_fault *reterr)
{
    char path[AUDIT_MIRROR_PATH_BYTES], error[MIRROR_ERROR_BYTES];
    enum comity_exit exit = audit_mirror_folder(inv, path, reterr);
    if (exit != COMITY_DONE)
        return exit;
    struct status s = open(path, error, ret_series);
    return failed(s) ? audit_mirror_unopened(s, error, reterr) : COMITY_DONE;
}

enum comity_exit audit_mirror_open(const struct invocation *inv, struct series **ret_series,
                                   struct comity_fault *reterr)
{
    enum comity_exit exit = open_with(series_open, inv, ret_series, reterr);
    return exit == COMITY_DONE ? audit_mirror_joints(*ret_series, reterr) : exit;
}

enum comity_exit audit_mirror_open_whole(const struct invocation *inv, struct series **ret_series,
                                         struct comity_fault *reterr)
{
    return open_with(series_open_whole, inv, ret_series, reterr);
}

enum comity_exit audit_mirror_log(const struct series *series, const char *name,
                                  size_t *ret_position, struct comity_fault *reterr)
{
    *ret_position = series_count(series) - 1;
    if (name == NULL || series_find(series, slice_text(name), ret_position))
        return COMITY_DONE;
    fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN", "the mirror has no log %s", name);
    return advise(reterr, "the newest is %s", series_newest(series)->name);
}

enum comity_exit audit_mirror_fail(struct comity_fault *reterr, struct status s)
{
    if (s.code == CODE_REFUSED) {
        fail(reterr, COMITY_VERIFY, "E_HASH", "the mirror is not what it was: %s",
             reason_name(s.reason));
        return advise(reterr, "comity audit verify --mirror DIR says where");
    }
    if (s.code == CODE_MEMORY)
        return fail(reterr, COMITY_FAILED, "MEMORY", "memory is out");
    if (s.code == CODE_FULL)
        return fail(reterr, COMITY_FAILED, "FULL",
                    "the disk that the mirror is on is full, or that of temporary files");
    return fail(reterr, COMITY_FAILED, "STORE", "the mirror cannot be read or written");
}
