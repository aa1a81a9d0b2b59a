#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/file.h"
#include "mirror/mirror_parts.h"

#define NAME_BYTES     64
#define NAME_HEX_BYTES 16

#define NOTE_ARENA_BYTES ((size_t)2 * NOTE_MAX_BYTES)

/* The name says what is in it, so a file that is there is the same already. */
static struct status file_keep(const char *stem, const char *ending, struct slice octets)
{
    char path[MIRROR_PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s%s", stem, ending);
    if (length < 0 || (size_t)length >= sizeof path)
        return FAIL(STORE);
    return octets.length == 0 || access(path, F_OK) == 0 ? OK : file_write(path, octets, 0400);
}

/* What is kept of one contradiction. */
struct exhibit {
    struct slice kept, shown;
    const struct begun_proof *told;
};

#define EXHIBIT_FILES 4

static struct status exhibit_keep(const char *stem, const struct exhibit *e)
{
    struct status s = file_keep(stem, ".openings", e->told->openings);
    if (!failed(s))
        s = file_keep(stem, ".proof", e->told->proof);
    if (!failed(s))
        s = file_keep(stem, ".kept", e->kept);
    return failed(s) ? s : file_keep(stem, ".shown", e->shown);
}

/* Whoever is asked again shows a log that has grown, each time another one. */
static struct status exhibit_place(const struct mirror *m, const struct exhibit *e,
                                   char stem[static MIRROR_PATH_BYTES])
{
    char hex[2 * NAME_HEX_BYTES + 1], shown[MIRROR_PATH_BYTES + NAME_BYTES];
    const struct digest name = digest_two(e->kept, e->shown);
    int length = snprintf(stem, MIRROR_PATH_BYTES, "%s/evidence", m->dir);
    if (length < 0 || length >= MIRROR_PATH_BYTES - NAME_BYTES || failed(folder_make(stem, 0700)))
        return FAIL(STORE);
    const bool has_room = folder_has_room(stem, EXHIBIT_FILES, MIRROR_EVIDENCE_MAX);
    hex_write(slice_over(name.octets, NAME_HEX_BYTES), hex);
    snprintf(stem + length, MIRROR_PATH_BYTES - (size_t)length, "/%" PRIu64 "-%s", m->size, hex);
    snprintf(shown, sizeof shown, "%s.shown", stem);
    if (!has_room && access(shown, F_OK) != 0)
        stem[0] = '\0';
    return OK;
}

static struct status signature_judge(const struct note *kept, struct slice text)
{
    struct vkey vkey;
    if (text.length == 0)
        return OK;
    struct status s = vkey_parse(text, &vkey);
    if (!failed(s))
        s = note_verify(kept, &vkey);
    return s.code == CODE_REFUSED || s.code == CODE_ABSENT ? REFUSE(NOTE_SIGNATURE) : s;
}

static struct status kept_read(struct mirror *m, struct arena *arena, struct slice vkey,
                               struct digest *ret_root)
{
    struct note kept;
    struct slice text;
    struct status s = mirror_checkpoint(m, arena, &text);
    if (!failed(s))
        s = note_parse(text, &kept);
    if (s.code == CODE_REFUSED || (!failed(s) && kept.size != m->size))
        return REFUSE(CONSISTENCY);
    if (!failed(s))
        s = signature_judge(&kept, vkey);
    if (!failed(s))
        *ret_root = kept.root;
    return s;
}

struct status mirror_kept_root(struct mirror *m, struct slice vkey, struct digest *ret_root)
{
    struct arena *arena = arena_new(NOTE_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : kept_read(m, arena, vkey, ret_root);
    arena_free(arena);
    return s;
}

struct status mirror_convict(struct mirror *m, struct slice shown, const struct begun_proof *told,
                             char path[static MIRROR_PATH_BYTES])
{
    struct exhibit e = {.shown = shown, .told = told};
    struct arena *arena = arena_new(NOTE_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : mirror_checkpoint(m, arena, &e.kept);
    if (!failed(s))
        s = exhibit_place(m, &e, path);
    if (!failed(s) && path[0] != '\0')
        s = exhibit_keep(path, &e);
    arena_free(arena);
    return s;
}
