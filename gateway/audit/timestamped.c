#include "audit/timestamped.h"

#include <inttypes.h>
#include <stdio.h>

#include "audit/entry.h"
#include "audit/note.h"
#include "base/encoding.h"

#define FOLDER           "timestamp/"
#define SUFFIX           ".tsr"
#define LEVEL_BITS       8
#define ENTRY_HEAD_BYTES 2
#define BODY_MAX_BYTES   (ORIGIN_MAX_BYTES + 128)
#define FILE_MAX_BYTES   ((size_t)TILE_WIDTH * (ENTRY_HEAD_BYTES + ENTRY_BYTES))

/* ---- names ---- */

void timestamped_path(uint64_t size, char text[static TIMESTAMPED_PATH_BYTES])
{
    snprintf(text, TIMESTAMPED_PATH_BYTES, FOLDER "%" PRIu64 SUFFIX, size);
}

bool timestamped_path_read(struct slice path, uint64_t *ret_size)
{
    uint64_t size = 0;
    struct slice rest = slice_part(path, strlen(FOLDER), SIZE_MAX);
    size_t dot = slice_find(rest, '.');
    if (!slice_begins(path, slice_text(FOLDER)) ||
        !slice_is(slice_part(rest, dot, SIZE_MAX), SUFFIX) ||
        !decimal_read(slice_part(rest, 0, dot), MERKLE_MAX_SIZE, &size) || size == 0)
        return false;
    *ret_size = size;
    return true;
}

void timestamped_list_write(struct buffer *out, const uint64_t *sizes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_print(out, "%" PRIu64 "\n", sizes[i]);
}

struct status timestamped_list_read(struct slice text, uint64_t from,
                                    uint64_t sizes[static TIMESTAMPED_LIST_MAX], size_t *ret_count)
{
    size_t count = 0;
    while (text.length > 0) {
        const size_t end = slice_find(text, '\n');
        if (end == text.length || count == TIMESTAMPED_LIST_MAX ||
            !decimal_read(slice_part(text, 0, end), MERKLE_MAX_SIZE, &sizes[count]) ||
            sizes[count] == 0 || sizes[count] < from)
            return REFUSE(TIMESTAMP_SHAPE);
        from = sizes[count++] + 1;
        text = slice_part(text, end + 1, SIZE_MAX);
    }
    *ret_count = count;
    return OK;
}

/* ---- what a log had at a size ---- */

/* Reads the tile of this level with this hash or entry, as wide as it is today; it must be of that
 * many octets for each. */
static struct status tile_get(const struct timestamped_log *log, int level, uint64_t hash,
                              size_t octets, struct buffer *out)
{
    char path[TILE_PATH_BYTES];
    uint64_t index = hash / TILE_WIDTH;
    uint64_t hashes = level < 0 ? log->size : log->size >> (LEVEL_BITS * level);
    unsigned width = hashes / TILE_WIDTH > index ? TILE_WIDTH : (unsigned)(hashes % TILE_WIDTH);
    tile_path(level, index, width, path);
    buffer_clear(out);
    struct status s = log->read(log->store, path, out);
    return !failed(s) && out->length != width * octets ? FAIL(ABSENT) : s;
}

/* The root of the complete subtree of 2^bits leaves that begins at leaf `from`. */
static struct status subtree_get(const struct timestamped_log *log, unsigned bits, uint64_t from,
                                 struct buffer *file, struct digest *ret_hash)
{
    struct digest hashes[TILE_WIDTH];
    unsigned level = bits / LEVEL_BITS, count = 1U << (bits % LEVEL_BITS);
    uint64_t first = from >> (LEVEL_BITS * level);
    struct status s = tile_get(log, (int)level, first, sizeof hashes[0], file);
    if (failed(s))
        return s;
    memcpy(hashes, file->at + first % TILE_WIDTH * sizeof hashes[0], count * sizeof hashes[0]);
    *ret_hash = merkle_root_of(hashes, count);
    return OK;
}

static struct status root_get(const struct timestamped_log *log, uint64_t size,
                              struct digest *ret_root)
{
    struct merkle_edge edge = {.size = size};
    struct buffer file = buffer_new(FILE_MAX_BYTES);
    struct status s = OK;
    uint64_t from = 0;
    for (unsigned bits = 63; bits-- > 0 && !failed(s);) {
        if ((size >> bits & 1) == 0)
            continue;
        s = subtree_get(log, bits, from, &file, &edge.nodes[edge.count]);
        edge.count++;
        from += 1ULL << bits;
    }
    buffer_done(&file);
    if (!failed(s))
        *ret_root = merkle_root(&edge);
    return s;
}

struct status timestamped_text(struct slice origin, uint64_t size, const struct digest *root,
                               struct buffer *out)
{
    char text[48];
    base64_write(digest_slice(root), text);
    buffer_print(out, "%.*s\n%" PRIu64 "\n%s\n", (int)origin.length, (const char *)origin.at, size,
                 text);
    return out->failed ? FAIL(MEMORY) : OK;
}

struct status timestamped_body(const struct timestamped_log *log, uint64_t size, struct buffer *out)
{
    struct digest root;
    if (size == 0 || size > log->size || log->size > MERKLE_MAX_SIZE)
        return FAIL(ABSENT);
    struct status s = root_get(log, size, &root);
    return failed(s) ? s : timestamped_text(log->origin, size, &root, out);
}

static struct status subtree(void *store, unsigned level, uint64_t index, struct digest *ret_hash)
{
    struct buffer file = buffer_new(FILE_MAX_BYTES);
    struct status s = subtree_get(store, level, index << level, &file, ret_hash);
    buffer_done(&file);
    return s;
}

struct status timestamped_inclusion(struct timestamped_log *log, uint64_t index, uint64_t size,
                                    struct digest path[static MERKLE_MAX_PATH], size_t *ret_count)
{
    if (size > log->size)
        return FAIL(ABSENT);
    return merkle_inclusion(subtree, log, index, size, path, ret_count);
}

/* ---- a timestamp ---- */

static struct status time_get(const struct timestamped_log *log, uint64_t index,
                              uint64_t *ret_time_ms)
{
    uint64_t time_ms = 0;
    struct slice outer, inner;
    const size_t each = ENTRY_HEAD_BYTES + ENTRY_BYTES;
    struct buffer file = buffer_new(FILE_MAX_BYTES);
    struct status s = tile_get(log, -1, index, each, &file);
    if (!failed(s))
        s = entry_parse(slice_part(buffer_slice(&file),
                                   index % TILE_WIDTH * each + ENTRY_HEAD_BYTES, ENTRY_BYTES),
                        &time_ms, &outer, &inner);
    if (!failed(s))
        *ret_time_ms = time_ms;
    buffer_done(&file);
    return s.code == CODE_REFUSED ? FAIL(ABSENT) : s;
}

struct status timestamped_verify(const struct timestamped_log *log, uint64_t size,
                                 struct slice kept, uint64_t until_ms,
                                 const struct timestamp_authorities *authorities,
                                 uint64_t *ret_time_ms)
{
    uint64_t last_ms = 0;
    struct buffer body = buffer_new(BODY_MAX_BYTES);
    struct status s = timestamped_body(log, size, &body);
    if (!failed(s))
        s = time_get(log, size - 1, &last_ms);
    if (!failed(s)) {
        const struct timestamp_wanted wanted = {
            .text = buffer_slice(&body),
            .from_ms = last_ms > TIMESTAMPED_SLACK_MS ? last_ms - TIMESTAMPED_SLACK_MS : 0,
            .until_ms = until_ms,
            .authorities = authorities};
        s = timestamp_verify(kept, &wanted, ret_time_ms);
    }
    buffer_done(&body);
    return s;
}

const char *timestamped_fault(enum reason reason)
{
    static const struct {
        enum reason reason;
        const char *words;
    } rows[] = {
        {REASON_TIMESTAMP_IMPRINT, "a timestamp of something else than this log at that size"},
        {REASON_TIMESTAMP_TIME, "older than the last entry that it covers, or of the future"},
        {REASON_TIMESTAMP_SIGNATURE, "its signature does not verify"},
        {REASON_TIMESTAMP_CHAIN, "by no authority that is trusted with timestamps"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].reason == reason)
            return rows[i].words;
    return "no timestamp in the form in which they are kept";
}

void timestamped_count(struct timestamped_found *found, uint64_t size, uint64_t time_ms)
{
    found->count++;
    if (size <= found->size)
        return;
    found->size = size;
    found->time_ms = time_ms;
}
