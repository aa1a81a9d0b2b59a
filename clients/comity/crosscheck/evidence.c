#include "comity/crosscheck/evidence.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/file.h"
#include "crypto/digest.h"

#define NOTE_BYTES  32768 /* a note, or the two of a contradiction */
#define ORIGIN_SHOW 64
#define TMP_BYTES   32

/* What stands in an origin and may stand in the name of a file. */
static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
}

/* "FOLDER/xa-gw-01.comity.example_audit_2026.117.0f3c....note"; the second line of a note is the
 * size. */
static bool path_write(const char *folder, const char *origin, struct slice note,
                       char path[static EVIDENCE_PATH_BYTES])
{
    char shown[ORIGIN_SHOW], size[24], digits[2 * sizeof(struct digest) + 1];
    struct slice rest = note, line = {NULL, 0};
    struct digest digest = digest_plain(note);
    size_t i = 0;
    for (; origin[i] != '\0' && i + 1 < sizeof shown; i++)
        shown[i] = is_plain(origin[i]) ? origin[i] : '_';
    shown[i] = '\0';
    uint64_t number = 0;
    if (slice_line(&rest, &line) && slice_line(&rest, &line))
        (void)decimal_read(line, UINT64_MAX >> 1, &number);
    snprintf(size, sizeof size, "%llu", (unsigned long long)number);
    hex_write(digest_slice(&digest), digits);
    int length =
        snprintf(path, EVIDENCE_PATH_BYTES, "%s/%s.%s.%.16s.note", folder, shown, size, digits);
    return length > 0 && length + TMP_BYTES < EVIDENCE_PATH_BYTES;
}

static struct status is_the_same(const char *path, struct slice note)
{
    struct buffer kept = buffer_new(NOTE_BYTES);
    struct status s = file_read(path, &kept);
    if (!failed(s) && !slice_equal(buffer_slice(&kept), note))
        s = FAIL(STORE);
    buffer_done(&kept);
    return s;
}

struct status evidence_keep(const char *folder, const char *origin, struct slice note,
                            char path[static EVIDENCE_PATH_BYTES])
{
    char fresh[EVIDENCE_PATH_BYTES];
    if (!path_write(folder, origin, note, path))
        return FAIL(STORE);
    struct status s = folder_make(folder, 0700);
    int length = snprintf(fresh, sizeof fresh, "%s.%ld.tmp", path, (long)getpid());
    if (failed(s) || length < 0 || (size_t)length >= sizeof fresh)
        return failed(s) ? s : FAIL(STORE);
    s = file_write(fresh, note, 0600);
    /* a link is never made over what is there */
    if (!failed(s) && link(fresh, path) != 0)
        s = errno == EEXIST ? is_the_same(path, note) : FAIL(STORE);
    unlink(fresh);
    return failed(s) ? s : file_name_sync(path);
}
