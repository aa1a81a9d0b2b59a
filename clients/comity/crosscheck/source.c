#include "comity/crosscheck/source.h"

#include <stdio.h>

#include "audit/receipt.h"
#include "libcomity/clock.h"

#define FAULT_BYTES 160
#define TILE_BYTES  ((size_t)TILE_WIDTH * sizeof(struct digest))
#define ATTEMPTS    4 /* while a busy log goes on */

struct status crosscheck_source_note(const struct crosscheck_source *source, struct arena *arena,
                                     struct slice *ret_note)
{
    if (source->mirror != NULL)
        return mirror_checkpoint(source->mirror, arena, ret_note);
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    struct status s = source->read(source->store, "checkpoint", &note);
    if (!failed(s)) {
        *ret_note = arena_copy(arena, buffer_slice(&note));
        if (ret_note->at == NULL)
            s = FAIL(MEMORY);
    }
    buffer_done(&note);
    return s;
}

/* ---- who signed it ---- */

static const struct gateway_row *gateway_of(const struct directory *d, struct slice origin)
{
    for (size_t i = 0; i < d->gateway_count; i++)
        if (directory_log(&d->gateways[i], origin) != NULL)
            return &d->gateways[i];
    return NULL;
}

/* A log of last year was signed for the last time while its row was in force. */
static uint64_t judged_at(const struct gateway_row *gateway, struct slice origin)
{
    uint64_t now_ms = clock_wall_ms(), last_ms = 0;
    for (size_t i = 0; i < gateway->log_count; i++) {
        const struct log_row *row = &gateway->logs[i];
        if (!slice_equal(row->origin, origin) || row->from_ms > now_ms)
            continue;
        if (row->until_ms >= now_ms)
            return now_ms;
        if (row->until_ms > last_ms)
            last_ms = row->until_ms;
    }
    return last_ms;
}

struct status crosscheck_note_judge(const struct directory *directory, struct note *note)
{
    const struct log_row *row = NULL;
    const struct gateway_row *gateway = gateway_of(directory, note->origin);
    return gateway == NULL ? REFUSE(NOTE_ORIGIN)
                           : checkpoint_prove(note->text, gateway, judged_at(gateway, note->origin),
                                              note, &row);
}

/* ---- tiles ---- */

/* Of a tile as it is shown so wide the leaves that are wanted: it begins with them. */
static struct status tile_read(const struct crosscheck_source *source, uint64_t index,
                               unsigned shown, unsigned wanted, struct buffer *tile)
{
    char path[TILE_PATH_BYTES];
    tile_path(0, index, shown, path);
    buffer_clear(tile);
    struct status s = source->read(source->store, path, tile);
    tile->length =
        tile->length == shown * sizeof(struct digest) ? wanted * sizeof(struct digest) : 0;
    return s;
}

/* How wide a tile is by the newest checkpoint: what is read under that name must lead to a root
 * that was signed, so nobody need have signed this one. 0: there is none. */
static unsigned width_now(const struct crosscheck_source *source, uint64_t index)
{
    struct note note;
    struct buffer text = buffer_new(NOTE_MAX_BYTES);
    const bool read = !failed(source->read(source->store, "checkpoint", &text)) &&
                      !failed(note_parse(buffer_slice(&text), &note)) &&
                      note.size / TILE_WIDTH >= index;
    const uint64_t left = read ? note.size - index * TILE_WIDTH : 0;
    buffer_done(&text);
    return left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH;
}

/* A log may have grown since its checkpoint was read, and grow on: then a wider tile is there in
 * the place of a narrow one. */
static struct status tile_get(const struct crosscheck_source *source, uint64_t index,
                              unsigned width, struct buffer *tile, char *path)
{
    tile_path(0, index, width, path);
    struct status s = tile_read(source, index, width, width, tile);
    for (unsigned i = 0; i < ATTEMPTS && s.code == CODE_ABSENT && width < TILE_WIDTH; i++) {
        const unsigned now = width_now(source, index);
        if (now <= width)
            break;
        s = tile_read(source, index, now, width, tile);
    }
    return s;
}

static struct status tiles_pass(const struct crosscheck_source *source, uint64_t size,
                                struct crosscheck_pass *pass, struct buffer *tile,
                                char fault[static FAULT_BYTES])
{
    char path[TILE_PATH_BYTES];
    for (uint64_t done = 0; done < size; done += TILE_WIDTH) {
        unsigned width = size - done < TILE_WIDTH ? (unsigned)(size - done) : TILE_WIDTH;
        struct status s = tile_get(source, done / TILE_WIDTH, width, tile, path);
        bool whole = tile->length == width * sizeof(struct digest);
        if (failed(s) && s.code != CODE_ABSENT && s.code != CODE_FULL)
            return s;
        if (failed(s) || !whole) {
            snprintf(fault, FAULT_BYTES, "%s: %s", path,
                     s.code == CODE_ABSENT ? "missing" : "not as long as such a tile");
            return REFUSE(CONSISTENCY);
        }
        for (unsigned i = 0; i < width; i++) {
            struct digest leaf = digest_read(
                slice_part(buffer_slice(tile), i * sizeof(struct digest), sizeof(struct digest)));
            crosscheck_leaf(pass, &leaf);
        }
    }
    return OK;
}

/* ---- a mirror ---- */

static struct status take_entry(void *owner, const struct mirror_entry *entry)
{
    struct digest leaf = merkle_leaf(entry->row.entry);
    crosscheck_leaf(owner, &leaf);
    return OK;
}

struct status crosscheck_source_leaves(const struct crosscheck_source *source, uint64_t size,
                                       struct crosscheck_pass *pass, char fault[static FAULT_BYTES])
{
    fault[0] = '\0';
    if (source->mirror != NULL) {
        struct status s = mirror_walk(source->mirror, 0, size, take_entry, pass);
        if (s.code == CODE_REFUSED)
            snprintf(fault, FAULT_BYTES, "the mirror's own octets were changed: %s",
                     reason_name(s.reason));
        return s;
    }
    struct buffer tile = buffer_new(TILE_BYTES);
    struct status s = tiles_pass(source, size, pass, &tile, fault);
    buffer_done(&tile);
    return s;
}
