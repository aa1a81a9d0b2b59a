#include "audit/tlog_proof.h"

#include "audit/ended.h"
#include "base/encoding.h"

#define HEADER "c2sp.org/tlog-proof@v1\n"
#define EXTRA  "extra "
#define INDEX  "index "

/* What follows a word on the next line; false, and nothing taken, where another line stands. */
static bool line_of(struct slice *rest, const char *word, struct slice *ret_value)
{
    struct slice line, left = *rest;
    if (!slice_begins(left, slice_text(word)) || !slice_line(&left, &line))
        return false;
    *ret_value = slice_part(line, slice_text(word).length, SIZE_MAX);
    *rest = left;
    return true;
}

static struct status extra_read(struct arena *arena, struct slice *rest, struct slice *ret_extra)
{
    size_t length = 0;
    struct slice text;
    if (!line_of(rest, EXTRA, &text))
        return OK;
    uint8_t *octets = arena_alloc(arena, text.length + 1);
    if (octets == NULL)
        return FAIL(MEMORY);
    if (text.length == 0 || !base64_read(text, octets, text.length, &length))
        return REFUSE(PROOF_SHAPE);
    *ret_extra = text;
    return OK;
}

/* Up to the empty line. */
static struct status path_read(struct arena *arena, struct slice *rest, struct slices *ret_path)
{
    struct digest *hashes = arena_array(arena, MERKLE_MAX_PATH, sizeof *hashes);
    struct slices path = {arena_array(arena, MERKLE_MAX_PATH, sizeof *path.at), 0};
    struct slice line;
    if (hashes == NULL || path.at == NULL)
        return FAIL(MEMORY);
    for (;;) {
        size_t length = 0;
        if (!slice_line(rest, &line))
            return REFUSE(PROOF_SHAPE);
        if (line.length == 0)
            break;
        struct digest *hash = &hashes[path.count];
        if (path.count == MERKLE_MAX_PATH ||
            !base64_read(line, hash->octets, sizeof hash->octets, &length) ||
            length != sizeof hash->octets)
            return REFUSE(PROOF_SHAPE);
        path.at[path.count++] = digest_slice(hash);
    }
    *ret_path = path;
    return OK;
}

struct status tlog_proof_parse(struct arena *arena, struct slice text, struct tlog_proof *ret_proof)
{
    struct tlog_proof proof = {0};
    struct slice rest = slice_part(text, sizeof HEADER - 1, SIZE_MAX), index;
    if (text.length > TLOG_PROOF_MAX_BYTES || !slice_begins(text, slice_text(HEADER)))
        return REFUSE(PROOF_SHAPE);
    struct status s = extra_read(arena, &rest, &proof.extra);
    if (failed(s))
        return s;
    if (!line_of(&rest, INDEX, &index) || !decimal_read(index, MERKLE_MAX_SIZE - 1, &proof.index))
        return REFUSE(PROOF_SHAPE);
    if (failed(s = path_read(arena, &rest, &proof.path)))
        return s;
    if (rest.length == 0)
        return REFUSE(PROOF_SHAPE);
    proof.note = rest;
    *ret_proof = proof;
    return OK;
}

void tlog_proof_write(struct buffer *out, const struct tlog_proof *proof)
{
    buffer_text(out, HEADER);
    if (proof->extra.at != NULL) {
        buffer_text(out, EXTRA);
        buffer_put(out, proof->extra);
        buffer_text(out, "\n");
    }
    buffer_print(out, INDEX "%llu\n", (unsigned long long)proof->index);
    for (size_t i = 0; i < proof->path.count; i++) {
        char text[48];
        struct digest hash = digest_read(proof->path.at[i]);
        base64_write(digest_slice(&hash), text);
        buffer_print(out, "%s\n", text);
    }
    buffer_text(out, "\n");
    buffer_put(out, proof->note);
}

struct tlog_proof tlog_proof_of(const struct receipt *receipt)
{
    return (struct tlog_proof){
        .index = receipt->index, .path = receipt->path, .note = receipt->note};
}

/* A witness that the row names twice has one voice. */
static bool is_named_before(const struct log_row *log, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (slice_equal(log->witnesses[i].vkey, log->witnesses[number].vkey))
            return true;
    return false;
}

static struct status quorum_verify(const struct note *note, const struct log_row *log)
{
    unsigned voices = 0;
    for (size_t i = 0; i < log->witness_count; i++) {
        struct vkey witness;
        uint64_t time_s;
        struct status s = vkey_parse(log->witnesses[i].vkey, &witness);
        if (!failed(s))
            s = note_cosigned(note, &witness, &time_s);
        if (failed(s) && s.code != CODE_ABSENT)
            return s;
        voices += !failed(s) && !is_named_before(log, i);
    }
    return voices >= log->quorum ? OK : REFUSE(WITNESS_QUORUM);
}

struct status tlog_proof_verify(const struct tlog_proof *proof, const struct digest *leaf,
                                const struct log_row *log, struct note *ret_note)
{
    struct note note;
    struct vkey key;
    struct status s = vkey_parse(log->vkey, &key);
    if (!failed(s))
        s = note_parse(proof->note, &note);
    if (!failed(s))
        s = note_verify(&note, &key);
    if (!failed(s))
        s = log_end_allows(log, note.size, &note.root);
    if (!failed(s))
        s = quorum_verify(&note, log);
    if (failed(s))
        return s;
    if (!merkle_included(leaf, proof->index, note.size, proof->path, &note.root))
        return REFUSE(INCLUSION);
    *ret_note = note;
    return OK;
}
