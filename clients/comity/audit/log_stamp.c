#include "comity/audit/log_stamp.h"

#include "audit/ended.h"
#include "audit/tlog_proof.h"

/* How far the log goes, if it is that which the entry is in. */
static struct status tree_find(const struct log_stamp_source *source, const struct proved *proved,
                               uint64_t *ret_size)
{
    struct note note;
    struct vkey log;
    struct buffer text = buffer_new(NOTE_MAX_BYTES);
    struct status s = source->read(source->store, "checkpoint", &text);
    if (!failed(s))
        s = note_parse(buffer_slice(&text), &note);
    if (!failed(s) && !slice_equal(note.origin, proved->note.origin))
        s = FAIL(ABSENT);
    if (!failed(s))
        s = vkey_parse(proved->log->vkey, &log);
    if (!failed(s))
        s = note_verify(&note, &log);
    if (!failed(s))
        *ret_size = note.size;
    buffer_done(&text);
    return s;
}

static struct status path_find(struct arena *arena, struct timestamped_log *log,
                               const struct proved *proved, struct log_stamp *stamp)
{
    size_t count = 0;
    struct digest *path = arena_array(arena, MERKLE_MAX_PATH, sizeof *path);
    struct slice *slices = arena_array(arena, MERKLE_MAX_PATH, sizeof *slices);
    if (path == NULL || slices == NULL)
        return FAIL(MEMORY);
    struct status s = timestamped_inclusion(log, proved->receipt.index, stamp->size, path, &count);
    for (size_t i = 0; i < count; i++)
        slices[i] = digest_slice(&path[i]);
    stamp->path = (struct slices){slices, count};
    return s;
}

/* The body that the path leads to from the entry: a timestamp of it is one of the entry. */
static struct status body_make(struct arena *arena, const struct proved *proved,
                               struct log_stamp *stamp)
{
    struct digest root;
    struct buffer body = buffer_new(NOTE_MAX_BYTES);
    if (!merkle_path_root(&proved->leaf, proved->receipt.index, stamp->size, stamp->path, &root))
        return FAIL(ABSENT);
    struct status s = log_end_allows(proved->log, stamp->size, &root);
    if (!failed(s))
        s = timestamped_text(proved->note.origin, stamp->size, &root, &body);
    stamp->body = arena_copy(arena, buffer_slice(&body));
    buffer_done(&body);
    return failed(s) || stamp->body.at != NULL ? s : FAIL(MEMORY);
}

static struct status response_read(struct arena *arena, const struct log_stamp_source *source,
                                   const struct proved *proved, uint64_t now_ms,
                                   struct log_stamp *stamp)
{
    char name[TIMESTAMPED_PATH_BYTES];
    const uint64_t early_ms = TIMESTAMPED_SLACK_MS;
    const struct timestamp_wanted wanted = {
        .text = stamp->body,
        .from_ms = proved->time_ms > early_ms ? proved->time_ms - early_ms : 0,
        .until_ms = now_ms + TIMESTAMPED_SLACK_MS,
    };
    struct buffer kept = buffer_new(TIMESTAMP_MAX_BYTES);
    timestamped_path(stamp->size, name);
    struct status s = source->read(source->store, name, &kept);
    if (!failed(s))
        s = timestamp_verify(buffer_slice(&kept), &wanted, &stamp->time_ms);
    stamp->response = arena_copy(arena, buffer_slice(&kept));
    buffer_done(&kept);
    return failed(s) || stamp->response.at != NULL ? s : FAIL(MEMORY);
}

struct status log_stamp_find(struct arena *arena, const struct log_stamp_source *source,
                             const struct proved *proved, uint64_t now_ms,
                             struct log_stamp *ret_stamp)
{
    struct log_stamp stamp = {.size = 0};
    struct timestamped_log log = {source->read, source->store, proved->note.origin, 0};
    struct status s = tree_find(source, proved, &log.size);
    if (!failed(s))
        s = source->size(source->store, proved->receipt.index, &stamp.size);
    if (!failed(s))
        s = path_find(arena, &log, proved, &stamp);
    if (!failed(s))
        s = body_make(arena, proved, &stamp);
    if (!failed(s))
        s = response_read(arena, source, proved, now_ms, &stamp);
    if (!failed(s))
        *ret_stamp = stamp;
    return s;
}

void log_stamp_write(struct buffer *out, uint64_t index, const struct log_stamp *stamp)
{
    const struct tlog_proof proof = {.index = index, .path = stamp->path, .note = stamp->body};
    tlog_proof_write(out, &proof);
}
