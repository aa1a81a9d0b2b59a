#include "libcomity/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/file.h"
#include "libcomity/clock.h"

#define PATH_ROOM   1024
#define LOCK_WAIT   10 /* ms until a lock is tried again */
#define DIGEST_TEXT 65 /* hex of a keyed digest, and its terminator */
#define FILE_MAX    (ARCHIVE_RECORD_MAX + SECRET_WRAPPED_BYTES + SECRET_OVERHEAD_BYTES + DIGEST_TEXT)

struct archive {
    char folder[PATH_ROOM];
    struct keyring *keyring;
    int lock; /* the folder while it is locked, else -1 */
};

static const char *const kinds[ARCHIVE_KINDS] = {
    [ARCHIVE_SUBMISSION] = "submissions",
    [ARCHIVE_ANSWER] = "answers",
    [ARCHIVE_RECEIPT] = "receipts",
    [ARCHIVE_MESSAGE] = "messages",
    [ARCHIVE_SENDER] = "senders",
    [ARCHIVE_REPLY] = "replies",
    [ARCHIVE_CHECKPOINT] = "checkpoints",
    [ARCHIVE_CONTRADICTION] = "contradictions",
    [ARCHIVE_COSE] = "cose",
};

static bool join(char path[static PATH_ROOM], const char *folder, const char *name)
{
    int length = snprintf(path, PATH_ROOM, "%s/%s", folder, name);
    return length > 0 && length < PATH_ROOM;
}

/* A new key, never over one that is there: what that one wraps would be lost. */
static struct status make_key(const char *path)
{
    uint8_t key[SECRET_KEY_BYTES];
    char digits[2 * SECRET_KEY_BYTES + 1], fresh[PATH_ROOM];
    int length = snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)syscall(SYS_gettid));
    if (length < 0 || length >= PATH_ROOM)
        return FAIL(STORE);
    struct status s = entropy_fill(key, sizeof key);
    if (failed(s))
        return s;
    hex_write(slice_over(key, sizeof key), digits);
    s = file_write(fresh, slice_text(digits), 0600);
    if (!failed(s) && link(fresh, path) != 0 && errno != EEXIST)
        s = FAIL(STORE);
    unlink(fresh);
    secret_wipe(key, sizeof key);
    secret_wipe(digits, sizeof digits);
    return s;
}

static struct status open_keyring(struct archive *a, struct comity_fault *reterr)
{
    char path[PATH_ROOM];
    if (!join(path, a->folder, "key"))
        return fault_set(reterr, FAIL(CONFIG), "archive %s: the path is too long", a->folder);
    struct status s = access(path, F_OK) == 0 ? OK : make_key(path);
    if (failed(s))
        return fault_set(reterr, s, "archive %s: its key cannot be made", a->folder);
    if (failed(s = keyring_load(path, &a->keyring)))
        return fault_set(reterr, s, "archive %s: the file key is no key that only you may read",
                         a->folder);
    return OK;
}

static struct status make_folders(struct archive *a)
{
    struct status s = OK;
    for (size_t i = 0; i < ARCHIVE_KINDS && !failed(s); i++) {
        char path[PATH_ROOM];
        s = join(path, a->folder, kinds[i]) ? folder_make(path, 0700) : FAIL(CONFIG);
    }
    return s;
}

struct status archive_open(const char *folder, struct archive **ret_archive,
                           struct comity_fault *reterr)
{
    struct archive *a = calloc(1, sizeof *a);
    struct status s = FAIL(MEMORY);
    if (a == NULL)
        goto out;
    a->lock = -1;
    if (!slice_copy_text(slice_text(folder), a->folder, sizeof a->folder) ||
        failed(make_folders(a))) {
        s = fault_set(reterr, FAIL(STORE), "archive %s: the folder cannot be made", folder);
        goto out;
    }
    if (failed(s = open_keyring(a, reterr)))
        goto out;
    *ret_archive = a;
    a = NULL;
out:
    archive_close(a);
    return s;
}

void archive_close(struct archive *a)
{
    if (a == NULL)
        return;
    archive_unlock(a);
    keyring_free(a->keyring);
    free(a);
}

struct status archive_lock(struct archive *a, uint64_t wait_ms)
{
    uint64_t until = clock_mono_ms() + wait_ms;
    int folder = open(a->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) != 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || clock_mono_ms() >= until) {
            close(folder);
            folder = -1;
        } else {
            (void)poll(NULL, 0, LOCK_WAIT);
        }
    }
    if (folder < 0)
        return FAIL(STORE);
    a->lock = folder;
    return OK;
}

void archive_unlock(struct archive *a)
{
    if (a->lock >= 0)
        close(a->lock);
    a->lock = -1;
}

/* File names are keyed, so who copies the folder learns how many records there are, not of whom. */
static bool record_path(const struct archive *a, enum archive_kind kind, struct slice name,
                        char digits[static DIGEST_TEXT], char path[static PATH_ROOM])
{
    struct digest index = keyring_index(a->keyring, kinds[kind], name);
    hex_write(digest_slice(&index), digits);
    int length = snprintf(path, PATH_ROOM, "%s/%s/%s", a->folder, kinds[kind], digits);
    return length > 0 && length < PATH_ROOM;
}

static void put_associated(struct buffer *b, enum archive_kind kind, const char *digits)
{
    buffer_print(b, "comity-archive-1 %s %s", kinds[kind], digits);
}

static struct status seal_record(const struct archive *a, struct slice associated,
                                 struct slice octets, struct buffer *out)
{
    uint8_t key[SECRET_KEY_BYTES], wrapped[SECRET_WRAPPED_BYTES];
    struct status s = keyring_make(a->keyring, key, wrapped);
    if (failed(s))
        return s;
    buffer_put(out, slice_over(wrapped, sizeof wrapped));
    s = secret_seal(key, associated, octets, out);
    secret_wipe(key, sizeof key);
    return out->failed ? FAIL(MEMORY) : s;
}

static struct status open_record(const struct archive *a, struct slice associated,
                                 struct slice file, struct buffer *out)
{
    uint8_t key[SECRET_KEY_BYTES];
    struct slice wrapped = slice_part(file, 0, SECRET_WRAPPED_BYTES);
    struct status s = keyring_open(a->keyring, wrapped, key);
    if (failed(s))
        return s;
    s = secret_open(key, associated, slice_part(file, SECRET_WRAPPED_BYTES, SIZE_MAX), out);
    secret_wipe(key, sizeof key);
    return s;
}

struct status archive_put(struct archive *a, enum archive_kind kind, struct slice name,
                          struct slice octets)
{
    char digits[DIGEST_TEXT], path[PATH_ROOM];
    if (octets.length > ARCHIVE_RECORD_MAX || !record_path(a, kind, name, digits, path))
        return FAIL(FULL);
    struct buffer associated = buffer_new(256), file = buffer_new(FILE_MAX);
    put_associated(&associated, kind, digits);
    struct status s = seal_record(a, buffer_slice(&associated), octets, &file);
    if (!failed(s))
        s = file_write(path, buffer_slice(&file), 0600);
    buffer_done(&associated);
    buffer_done(&file);
    return s;
}

static struct status read_record(const struct archive *a, enum archive_kind kind,
                                 const char *digits, const char *path, struct buffer *out)
{
    struct buffer associated = buffer_new(256), file = buffer_new(FILE_MAX);
    put_associated(&associated, kind, digits);
    struct status s = file_read(path, &file);
    if (!failed(s))
        s = open_record(a, buffer_slice(&associated), buffer_slice(&file), out);
    buffer_done(&associated);
    buffer_done(&file);
    return s;
}

struct status archive_get(struct archive *a, enum archive_kind kind, struct slice name,
                          struct buffer *out)
{
    char digits[DIGEST_TEXT], path[PATH_ROOM];
    if (!record_path(a, kind, name, digits, path))
        return FAIL(STORE);
    return read_record(a, kind, digits, path, out);
}

/* What a power failure brought back would be kept against somebody's right. */
static struct status sync_folder(const struct archive *a, enum archive_kind kind)
{
    char path[PATH_ROOM];
    int fd =
        join(path, a->folder, kinds[kind]) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    struct status s = fd >= 0 && fsync(fd) == 0 ? OK : FAIL(STORE);
    if (fd >= 0)
        close(fd);
    return s;
}

struct status archive_remove(struct archive *a, enum archive_kind kind, struct slice name)
{
    char digits[DIGEST_TEXT], path[PATH_ROOM];
    if (!record_path(a, kind, name, digits, path))
        return FAIL(STORE);
    if (unlink(path) != 0)
        return errno == ENOENT ? OK : FAIL(STORE);
    return sync_folder(a, kind);
}

/* A file that was changed, cut or cannot be read must not hide the others. */
static bool is_unsound(struct status s)
{
    return s.code == CODE_CRYPTO || s.code == CODE_STORE || s.code == CODE_FULL;
}

static struct status visit_file(struct archive *a, enum archive_kind kind, const char *digits,
                                archive_visit *visit, void *owner, size_t *unsound)
{
    char path[PATH_ROOM];
    struct buffer record = buffer_new(ARCHIVE_RECORD_MAX);
    int length = snprintf(path, sizeof path, "%s/%s/%s", a->folder, kinds[kind], digits);
    struct status s = length > 0 && length < PATH_ROOM ? read_record(a, kind, digits, path, &record)
                                                       : FAIL(STORE);
    bool passed = is_unsound(s);
    if (!failed(s)) {
        s = visit(owner, buffer_slice(&record));
        passed = s.code == CODE_CRYPTO;
    }
    buffer_done(&record);
    *unsound += passed;
    /* ABSENT: another process replaced or removed it */
    return passed || s.code == CODE_ABSENT ? OK : s;
}

struct status archive_each(struct archive *a, enum archive_kind kind, archive_visit *visit,
                           void *owner, size_t *unsound)
{
    char path[PATH_ROOM];
    DIR *folder = join(path, a->folder, kinds[kind]) ? opendir(path) : NULL;
    if (folder == NULL)
        return FAIL(STORE);
    struct status s = OK;
    const struct dirent *file;
    while (!failed(s) && (file = readdir(folder)) != NULL)
        if (strlen(file->d_name) == DIGEST_TEXT - 1) /* not one that is just being written */
            s = visit_file(a, kind, file->d_name, visit, owner, unsound);
    closedir(folder);
    return s;
}
