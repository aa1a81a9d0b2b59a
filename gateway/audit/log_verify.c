#include "audit/tile.h"

#include "audit/entry.h"
#include "audit/note.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS           8 /* 256^8 leaves are more than any tree has */
#define CHECKPOINT       "checkpoint"
#define TILE_HASHES_SIZE (TILE_WIDTH * sizeof(struct digest))
#define ENTRY_HEAD_BYTES 2
#define BUNDLE_MAX_BYTES ((size_t)TILE_WIDTH * (ENTRY_HEAD_BYTES + UINT16_MAX))

/* The hashes of one level that are not yet a full tile. */
struct level {
    struct digest hashes[TILE_WIDTH];
    unsigned count;
    uint64_t tiles; /* full ones so far */
};

/* The full pass: entries are read once, in their order, and everything else follows from them. */
struct pass {
    log_read *read;
    void *store;
    struct log_verdict *verdict;
    struct buffer file;      /* the one just read */
    struct merkle_edge edge; /* the root by the plain way, besides the tiles */
    uint64_t entries, time_ms;
    struct level levels[LEVELS];
};

/* Says what is wrong, once; the status is the same for whatever it is. */
[[gnu::format(printf, 2, 3)]] static struct status fault(struct pass *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->verdict->fault, sizeof p->verdict->fault, format, args);
    va_end(args);
    return REFUSE(CONSISTENCY);
}

/* Where it did not fit, once more with all the room there may be: what memory was short of is not
 * too long. */
static struct status file_read_whole(struct pass *p, const char *path)
{
    buffer_clear(&p->file);
    struct status s = p->read(p->store, path, &p->file);
    if (failed(s) || !p->file.failed)
        return s;
    buffer_clear(&p->file);
    if (buffer_grow(&p->file, BUNDLE_MAX_BYTES) == NULL)
        return FAIL(MEMORY);
    buffer_clear(&p->file);
    return p->read(p->store, path, &p->file);
}

static struct status file_get(struct pass *p, const char *path)
{
    struct status s = file_read_whole(p, path);
    if (s.code == CODE_ABSENT)
        return fault(p, "%s: missing", path);
    if (s.code == CODE_FULL || (!failed(s) && p->file.failed))
        return fault(p, "%s: longer than any such file", path);
    return s;
}

/* The keys that vouch for the log: its own, then its witnesses'. */
struct vkeys {
    struct vkey at[NOTE_MAX_SIGNATURES];
    size_t count;
};

static bool vkeys_read(struct slice text, struct vkeys *keys)
{
    keys->count = 0;
    while (text.length > 0) {
        size_t end = slice_find(text, '\n');
        if (keys->count == NOTE_MAX_SIGNATURES ||
            failed(vkey_parse(slice_part(text, 0, end), &keys->at[keys->count])))
            return false;
        keys->count++;
        text = slice_part(text, end + 1, SIZE_MAX);
    }
    return keys->count > 0;
}

static bool is_by_any(const struct note_line *line, const struct vkeys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        if (note_line_is_by(line, &keys->at[i]))
            return true;
    return false;
}

/* Every line is by a key that was given and verifies: none could be changed unseen. */
static struct status signatures_verify(struct pass *p, const struct note *note,
                                       const struct vkeys *keys)
{
    uint64_t time_s;
    struct status s = note_verify(note, &keys->at[0]);
    if (s.code == CODE_REFUSED)
        return fault(p, CHECKPOINT ": %s",
                     s.reason == REASON_NOTE_ORIGIN ? "its origin is another log's"
                     : s.reason == REASON_NOTE_KEY  ? "no signature by the log's key"
                                                    : "its signature does not verify");
    for (size_t i = 1; i < keys->count && !failed(s); i++) {
        s = note_cosigned(note, &keys->at[i], &time_s);
        if (s.code == CODE_REFUSED)
            return fault(p, CHECKPOINT ": the cosignature of witness %zu does not verify", i);
        s = s.code == CODE_ABSENT ? OK : s;
    }
    for (size_t i = 0; i < note->line_count && !failed(s); i++)
        if (!is_by_any(&note->lines[i], keys))
            return fault(p, CHECKPOINT ": signature %zu is by a key that was not given", i + 1);
    return s;
}

static struct status checkpoint_verify(struct pass *p, struct slice vkeys, struct note *note)
{
    struct vkeys keys;
    if (!vkeys_read(vkeys, &keys))
        return fault(p, "the key given is no vkey");
    struct status s = file_get(p, CHECKPOINT);
    if (failed(s))
        return s;
    if (failed(note_parse(buffer_slice(&p->file), note)))
        return fault(p, CHECKPOINT ": not a signed checkpoint");
    (void)slice_copy_text(note->origin, p->verdict->origin, sizeof p->verdict->origin);
    p->verdict->size = note->size;
    p->verdict->root = note->root;
    return signatures_verify(p, note, &keys);
}

/* Compares a level's tile with its file, octet by octet. */
static struct status tile_verify(struct pass *p, unsigned level)
{
    const struct level *l = &p->levels[level];
    char path[TILE_PATH_BYTES];
    tile_path((int)level, l->tiles, l->count, path);
    struct status s = file_get(p, path);
    if (failed(s))
        return s;
    if (p->file.length != l->count * sizeof(struct digest))
        return fault(p, "%s: %zu octets, not %zu", path, p->file.length,
                     l->count * sizeof(struct digest));
    for (unsigned i = 0; i < l->count; i++)
        if (memcmp(p->file.at + i * sizeof(struct digest), l->hashes[i].octets,
                   sizeof(struct digest)) != 0)
            return fault(p, "%s: hash %u is not that of its %s", path, i,
                         level == 0 ? "entry" : "tile");
    return OK;
}

/* A hash more on a level; a full tile is compared and gives a hash to the level above. */
static struct status hash_append(struct pass *p, const struct digest *leaf)
{
    struct digest hash = *leaf;
    for (unsigned level = 0; level < LEVELS; level++) {
        struct level *l = &p->levels[level];
        l->hashes[l->count++] = hash;
        if (l->count < TILE_WIDTH)
            return OK;
        struct status s = tile_verify(p, level);
        if (failed(s))
            return s;
        hash = merkle_root_of(l->hashes, TILE_WIDTH);
        l->count = 0;
        l->tiles++;
    }
    return OK;
}

static struct status entry_verify(struct pass *p, const char *path, struct slice entry)
{
    uint64_t time_ms;
    struct slice outer, inner;
    if (failed(entry_parse(entry, &time_ms, &outer, &inner)))
        return fault(p, "%s: entry %llu is not well formed", path, (unsigned long long)p->entries);
    if (time_ms < p->time_ms)
        return fault(p, "%s: entry %llu is earlier than the one before it", path,
                     (unsigned long long)p->entries);
    p->time_ms = time_ms;
    p->entries++;
    struct digest leaf = merkle_leaf(entry);
    merkle_append(&p->edge, &leaf);
    return OK;
}

/* Takes the entries of the bundle just read, and keeps them while tiles use the buffer. */
static struct status entries_verify(struct pass *p, const char *path, unsigned width,
                                    struct digest leaves[static TILE_WIDTH])
{
    struct reader r = reader_over(buffer_slice(&p->file));
    for (unsigned i = 0; i < width; i++) {
        struct slice entry = reader_take(&r, reader_u16(&r));
        if (r.failed)
            return fault(p, "%s: ends within entry %u of %u", path, i, width);
        struct status s = entry_verify(p, path, entry);
        if (failed(s))
            return s;
        leaves[i] = merkle_leaf(entry);
    }
    return reader_end(&r) ? OK : fault(p, "%s: octets after its last entry", path);
}

static struct status bundle_verify(void *store, const struct tile *tile)
{
    struct pass *p = store;
    struct digest leaves[TILE_WIDTH];
    char path[TILE_PATH_BYTES];
    struct status s;
    if (tile->level >= 0)
        return OK;
    tile_path(tile->level, tile->index, tile->width, path);
    if (failed(s = file_get(p, path)))
        return s;
    if (failed(s = entries_verify(p, path, tile->width, leaves)))
        return s;
    for (unsigned i = 0; i < tile->width && !failed(s); i++)
        s = hash_append(p, &leaves[i]);
    return s;
}

static struct status partial_tiles_verify(struct pass *p)
{
    struct status s = OK;
    for (unsigned level = 0; level < LEVELS && !failed(s); level++)
        if (p->levels[level].count > 0)
            s = tile_verify(p, level);
    return s;
}

static struct status pass_run(struct pass *p, struct slice vkeys)
{
    struct note note = {0};
    struct status s = checkpoint_verify(p, vkeys, &note);
    if (failed(s))
        return s;
    if (note.size == 0)
        return fault(p, CHECKPOINT ": an empty log, without its start entry");
    if (failed(s = tiles_all(note.size, bundle_verify, p)))
        return s;
    if (failed(s = partial_tiles_verify(p)))
        return s;
    struct digest root = merkle_root(&p->edge);
    if (!digest_equal(&root, digest_slice(&note.root)))
        return fault(p, CHECKPOINT ": its root is not that of the entries");
    return OK;
}

struct status log_verify(log_read *read, void *store, struct slice vkeys,
                         struct log_verdict *ret_verdict)
{
    *ret_verdict = (struct log_verdict){0};
    struct pass *p = calloc(1, sizeof *p);
    if (p == NULL)
        return FAIL(MEMORY);
    p->read = read;
    p->store = store;
    p->verdict = ret_verdict;
    p->file = buffer_new(BUNDLE_MAX_BYTES);
    struct status s = pass_run(p, vkeys);
    buffer_done(&p->file);
    free(p);
    return s;
}
