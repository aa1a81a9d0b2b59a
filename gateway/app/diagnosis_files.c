/* What the system has for a gateway: files that it may use and others may not, room, descriptors.
 */

#include "app/diagnosis_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MIB               UINT64_C(1048576)
#define ROOM_WARNING_MIB  1024 /* as in comity check store */
#define ROOM_CRITICAL_MIB 256
#define SPARE_DESCRIPTORS 256 /* for files, workers and the control socket */

/* ---- rights ---- */

/* A file or folder of the configuration. */
struct owned {
    const char *name, *path;
    mode_t forbidden; /* bits that must not be set */
    bool is_written;  /* by the gateway: it has to be its user's */
};

/* Whom the gateway works as: root becomes that user. Where root asks and none is configured, it was
 * started as the user that the journal belongs to, for it never works as root. */
static uid_t owner_of(const struct config *c)
{
    struct stat journal;
    const struct passwd *p = c->user == NULL || geteuid() != 0 ? NULL : getpwnam(c->user);
    if (p != NULL)
        return p->pw_uid;
    return geteuid() == 0 && stat(c->journal, &journal) == 0 ? journal.st_uid : geteuid();
}

static void check_owned(struct diagnosis *d, const struct owned *o, uid_t owner)
{
    static const char todo[] = "Rights of files are wrong";
    const struct found open_to_all = {"files", FOUND_CRITICAL, 4, todo};
    const struct found not_ours = {"files", FOUND_CRITICAL, 1, todo};
    const struct found absent = {"files", FOUND_WARNING, 0, NULL};
    struct stat st;
    if (stat(o->path, &st) != 0) {
        diagnosis_add(d, errno == ENOENT ? &absent : &not_ours, "%s: %s (%s)", o->name, o->path,
                      strerror(errno));
        return;
    }
    if ((st.st_mode & o->forbidden) != 0)
        diagnosis_add(d, &open_to_all, "%s: %s has mode %04o: others may use it", o->name, o->path,
                      (unsigned)(st.st_mode & 07777));
    if (o->is_written && st.st_uid != owner)
        diagnosis_add(d, &not_ours, "%s: %s belongs to user %u, and the gateway works as user %u",
                      o->name, o->path, (unsigned)st.st_uid, (unsigned)owner);
}

static void check_rights(struct diagnosis *d, const struct config *c)
{
    static const struct found good = {"files", FOUND_OK, 0, NULL};
    const struct owned files[] = {
        {"tls.key", c->tls->key, 0077, false},
        {"log.key", c->log->key, 0077, false},
        {"log.former_key", c->log->former_key, 0077, false},
        {"key_encryption_key", c->key_encryption_key, 0077, false},
        {"journal", c->journal, 0077, true},
        {"lock", c->lock, 0077, true},
        {"log.path", c->log->path, 0022, true},
    };
    size_t before = json_array_size(d->findings);
    uid_t owner = owner_of(c);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i].path != NULL)
            check_owned(d, &files[i], owner);
    if (json_array_size(d->findings) == before)
        diagnosis_add(d, &good, "keys are their owner's alone, and the gateway's folders its own");
}

/* ---- room ---- */

/* The folder of a file that may not be there yet. */
static bool room_of(const char *path, uint64_t *ret_free)
{
    char folder[4096];
    struct statvfs v;
    int length = snprintf(folder, sizeof folder, "%s", path);
    if (length <= 0 || (size_t)length >= sizeof folder)
        return false;
    while (statvfs(folder, &v) != 0) {
        char *slash = strrchr(folder, '/');
        if (slash == NULL || slash == folder)
            return false;
        *slash = '\0';
    }
    *ret_free = (uint64_t)v.f_bavail * v.f_frsize;
    return true;
}

static enum finding room_state(uint64_t free_bytes, uint64_t floor_bytes)
{
    if (free_bytes < floor_bytes || free_bytes / MIB < ROOM_CRITICAL_MIB)
        return FOUND_CRITICAL;
    return free_bytes / MIB < ROOM_WARNING_MIB ? FOUND_WARNING : FOUND_OK;
}

static void check_room(struct diagnosis *d, const struct config *c)
{
    const struct {
        const char *name, *path;
        uint64_t floor_bytes;
    } disks[] = {
        {"journal", c->journal, c->limits.floor_bytes},
        {"lock", c->lock, 0},
        {"log.path", c->log->path, 0},
    };
    for (size_t i = 0; i < sizeof disks / sizeof disks[0]; i++) {
        uint64_t free_bytes = 0;
        bool known = room_of(disks[i].path, &free_bytes);
        struct found found = {"room", FOUND_UNKNOWN, 1, "The disk is full"};
        if (known)
            found.state = room_state(free_bytes, disks[i].floor_bytes);
        if (found.state == FOUND_OK)
            found.todo = NULL;
        diagnosis_add(d, &found, known ? "%s: %" PRIu64 " MiB are free" : "%s: not known",
                      disks[i].name, free_bytes / MIB);
    }
}

/* ---- limits ---- */

static void check_limits(struct diagnosis *d, const struct config *c)
{
    struct rlimit files = {0};
    uint64_t wanted = c->workers * c->limits.links + SPARE_DESCRIPTORS;
    bool known = getrlimit(RLIMIT_NOFILE, &files) == 0;
    bool enough = known && (files.rlim_max == RLIM_INFINITY || files.rlim_max >= wanted);
    const struct found found = {"limits", enough ? FOUND_OK : FOUND_WARNING, 1,
                                enough ? NULL
                                       : "raise LimitNOFILE of the service, or lower"
                                         " limits.links"};
    diagnosis_add(d, &found,
                  "%" PRIu64 " open files are allowed from this shell, %" PRIu64
                  " may be wanted for all links",
                  (uint64_t)files.rlim_max, wanted);
}

void diagnosis_files(struct diagnosis *d, const struct config *c)
{
    check_rights(d, c);
    check_room(d, c);
    check_limits(d, c);
}
