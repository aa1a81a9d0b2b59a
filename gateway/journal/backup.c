#include "journal/backup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/file.h"
#include "journal/copying.h"
#include "journal/reader.h"
#include "journal/state.h"

#define PATH_BYTES         4096
#define MANIFEST_MAX_BYTES 4096
#define HEX_BYTES          (2 * sizeof(struct digest))
#define MANIFEST           "manifest"
#define CHECKPOINT         "checkpoint"

/* Those that the manifest names, in its order. */
static const char *const files[] = {JOURNAL_FILE, CHECKPOINT};

#define FILES (sizeof files / sizeof files[0])

[[gnu::format(printf, 3, 4)]] static struct status fault(struct backup_fault *f, struct status s,
                                                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
    return s;
}

static struct status path_of(const char *folder, const char *name, char path[static PATH_BYTES])
{
    int length = snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    return length < 0 || length >= PATH_BYTES ? FAIL(STORE) : OK;
}

static struct status digest_in(const char *folder, const char *name, struct digest *ret_digest)
{
    char path[PATH_BYTES];
    struct status s = path_of(folder, name, path);
    return failed(s) ? s : digest_file(path, ret_digest);
}

static struct status file_bytes(const char *folder, const char *name, uint64_t *ret_bytes)
{
    char path[PATH_BYTES];
    struct stat st;
    struct status s = path_of(folder, name, path);
    if (!failed(s) && stat(path, &st) != 0)
        s = FAIL(STORE);
    if (!failed(s))
        *ret_bytes = (uint64_t)st.st_size;
    return s;
}

static struct status note_read(struct slice text, struct backup *ret_backup)
{
    struct note note;
    struct status s = note_parse(text, &note);
    if (!failed(s)) {
        ret_backup->size = note.size;
        ret_backup->root = note.root;
    }
    return s;
}

/* ---- making one ---- */

static struct status put(const char *folder, const char *name, struct slice content)
{
    char path[PATH_BYTES];
    struct status s = path_of(folder, name, path);
    return failed(s) ? s : file_write(path, content, 0600);
}

static struct status manifest_write(const char *folder)
{
    struct buffer text = buffer_new(MANIFEST_MAX_BYTES);
    struct status s = OK;
    for (size_t i = 0; i < FILES && !failed(s); i++) {
        char hex[HEX_BYTES + 1];
        struct digest d;
        s = digest_in(folder, files[i], &d);
        if (failed(s))
            break;
        hex_write(digest_slice(&d), hex);
        buffer_print(&text, "%s  %s\n", hex, files[i]);
    }
    if (!failed(s))
        s = text.failed ? FAIL(MEMORY) : put(folder, MANIFEST, buffer_slice(&text));
    buffer_done(&text);
    return s;
}

/* The checkpoint is taken first: what it covers is committed. */
static struct status fill(struct journal_reader *reader, const char *folder,
                          const atomic_bool *stop, struct backup *backup)
{
    const struct signed_tree tree = journal_signed(reader->journal);
    char path[PATH_BYTES];
    struct status s = path_of(folder, JOURNAL_FILE, path);
    if (!failed(s))
        s = store_copy(reader->store, path, stop);
    if (!failed(s))
        s = put(folder, CHECKPOINT, signed_note(&tree));
    if (!failed(s))
        s = manifest_write(folder);
    if (!failed(s))
        s = file_bytes(folder, JOURNAL_FILE, &backup->bytes);
    if (!failed(s))
        s = note_read(signed_note(&tree), backup);
    return s;
}

static void clear(const char *folder)
{
    static const char *const names[] = {JOURNAL_FILE, CHECKPOINT, MANIFEST};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_BYTES];
        if (!failed(path_of(folder, names[i], path)))
            (void)unlink(path);
    }
    (void)rmdir(folder);
}

struct status backup_make(struct journal_reader *reader, const char *folder,
                          const atomic_bool *stop, struct backup *ret_backup,
                          struct backup_fault *reterr)
{
    struct backup backup = {0};
    if (mkdir(folder, 0700) != 0)
        return fault(reterr, FAIL(CONFIG), "%.200s cannot be made (%s)", folder, strerror(errno));
    struct status s = file_name_sync(folder);
    if (!failed(s))
        s = fill(reader, folder, stop, &backup);
    if (failed(s)) {
        clear(folder);
        return fault(reterr, s, "%.200s cannot be written (%s)", folder, code_name(s.code));
    }
    *ret_backup = backup;
    return OK;
}

/* ---- verifying one ---- */

static struct status get(const char *folder, const char *name, struct buffer *out,
                         struct backup_fault *reterr)
{
    char path[PATH_BYTES];
    struct status s = path_of(folder, name, path);
    if (!failed(s))
        s = file_read(path, out);
    if (s.code == CODE_ABSENT)
        return fault(reterr, REFUSE(CONSISTENCY), "%s: missing", name);
    if (s.code == CODE_FULL)
        return fault(reterr, REFUSE(CONSISTENCY), "%s: longer than any such file", name);
    return failed(s) ? fault(reterr, s, "%s: cannot be read", name) : OK;
}

static struct status file_check(const char *folder, const char *name, const char *hex,
                                struct backup_fault *reterr)
{
    struct digest d;
    char found[HEX_BYTES + 1];
    struct status s = digest_in(folder, name, &d);
    if (s.code == CODE_ABSENT)
        return fault(reterr, REFUSE(CONSISTENCY), "%s: missing", name);
    if (failed(s))
        return fault(reterr, s, "%s: cannot be read", name);
    hex_write(digest_slice(&d), found);
    return strcmp(hex, found) == 0
               ? OK
               : fault(reterr, REFUSE(CONSISTENCY), "%s: not the file of the manifest", name);
}

/* One line for each file in its order, and nothing else. */
static struct status manifest_check(const char *folder, struct backup_fault *reterr)
{
    struct buffer text = buffer_new(MANIFEST_MAX_BYTES);
    struct status s = get(folder, MANIFEST, &text, reterr);
    struct slice rest = buffer_slice(&text);
    for (size_t i = 0; i < FILES && !failed(s); i++) {
        char want[PATH_BYTES], hex[HEX_BYTES + 1] = "";
        size_t length = slice_find(rest, '\n');
        (void)slice_copy_text(slice_part(rest, 0, HEX_BYTES), hex, sizeof hex);
        snprintf(want, sizeof want, "%s  %s", hex, files[i]);
        s = strlen(hex) == HEX_BYTES && length < rest.length &&
                    slice_is(slice_part(rest, 0, length), want)
                ? file_check(folder, files[i], hex, reterr)
                : fault(reterr, REFUSE(CONSISTENCY), MANIFEST ": no line for %s", files[i]);
        rest = slice_part(rest, length + 1, SIZE_MAX);
    }
    if (!failed(s) && rest.length > 0)
        s = fault(reterr, REFUSE(CONSISTENCY), MANIFEST ": more than the files of a backup");
    buffer_done(&text);
    return s;
}

static struct status checkpoint_check(const char *folder, const struct vkey *log,
                                      struct backup *backup, struct backup_fault *reterr)
{
    struct buffer text = buffer_new(NOTE_MAX_BYTES);
    struct note note;
    struct status s = get(folder, CHECKPOINT, &text, reterr);
    if (!failed(s) && failed(note_parse(buffer_slice(&text), &note)))
        s = fault(reterr, REFUSE(CONSISTENCY), CHECKPOINT ": not a signed checkpoint");
    if (!failed(s)) {
        s = note_verify(&note, log);
        if (s.code == CODE_REFUSED)
            s = fault(reterr, REFUSE(CONSISTENCY), CHECKPOINT ": %s",
                      s.reason == REASON_NOTE_ORIGIN ? "it is another log's"
                      : s.reason == REASON_NOTE_KEY  ? "no signature by the log's key"
                                                     : "its signature does not verify");
    }
    if (!failed(s))
        s = note_read(note.text, backup);
    buffer_done(&text);
    return s;
}

static struct status entries_check(const char *folder, const struct backup *backup,
                                   const atomic_bool *stop, struct backup_fault *reterr)
{
    char path[PATH_BYTES];
    struct merkle_edge edge = {0};
    struct status s = path_of(folder, JOURNAL_FILE, path);
    if (!failed(s))
        s = copy_edge(path, backup->size, stop, &edge);
    if (s.code == CODE_FULL)
        return fault(reterr, s, "it was stopped");
    if (failed(s) && s.code != CODE_STORE)
        return s;
    if (failed(s))
        return fault(reterr, REFUSE(CONSISTENCY), JOURNAL_FILE ": not a database of comityd's");
    const struct digest root = merkle_root(&edge);
    if (edge.size != backup->size)
        return fault(reterr, REFUSE(CONSISTENCY), JOURNAL_FILE ": entry %llu of %llu is missing",
                     (unsigned long long)edge.size, (unsigned long long)backup->size);
    if (!digest_equal(&root, digest_slice(&backup->root)))
        return fault(reterr, REFUSE(CONSISTENCY),
                     JOURNAL_FILE ": its entries do not give the root of the checkpoint");
    return OK;
}

struct status backup_verify(const char *folder, const struct vkey *log, const atomic_bool *stop,
                            struct backup *ret_backup, struct backup_fault *reterr)
{
    struct backup backup = {0};
    *reterr = (struct backup_fault){0};
    struct status s = manifest_check(folder, reterr);
    if (!failed(s))
        s = checkpoint_check(folder, log, &backup, reterr);
    if (!failed(s))
        s = entries_check(folder, &backup, stop, reterr);
    if (!failed(s))
        s = file_bytes(folder, JOURNAL_FILE, &backup.bytes);
    if (!failed(s))
        *ret_backup = backup;
    return s;
}
