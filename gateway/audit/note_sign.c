#include "audit/note.h"

#include "base/encoding.h"

#include <string.h>

#define TYPE_LOG         0x01
#define TYPE_COSIGNATURE 0x04
#define ID_BYTES         4
#define SIGNATURE_BYTES  64
#define TIME_BYTES       8
#define BLOB_BYTES       (ID_BYTES + TIME_BYTES + SIGNATURE_BYTES)
#define BODY_MAX_BYTES   (ORIGIN_MAX_BYTES + 128)

/* The id that lines by this key under this name have. CONFIG: it is no name of a key */
static struct status id_of(const struct key *key, const char *name, uint8_t type,
                           uint8_t id[static ID_BYTES])
{
    uint8_t octets[32];
    char text[ORIGIN_MAX_BYTES + 64];
    struct vkey vkey;
    if (!key_public(key, octets))
        return FAIL(CRYPTO);
    vkey_write(name, type, octets, text);
    struct status s = vkey_parse(slice_text(text), &vkey);
    if (!failed(s))
        memcpy(id, vkey.id, sizeof vkey.id);
    return s;
}

static struct status put_line(struct buffer *out, const char *name, struct slice blob)
{
    char text[(BLOB_BYTES + 2) / 3 * 4 + 1];
    base64_write(blob, text);
    buffer_print(out, "\xe2\x80\x94 %s %s\n", name, text);
    return out->failed ? FAIL(MEMORY) : OK;
}

struct status note_sign(const struct key *key, const char *origin, uint64_t size,
                        const struct digest *root, struct buffer *out)
{
    uint8_t blob[ID_BYTES + SIGNATURE_BYTES];
    char root_text[48];
    struct buffer body = buffer_new(BODY_MAX_BYTES);
    struct status s = id_of(key, origin, TYPE_LOG, blob);
    if (failed(s))
        goto out;
    base64_write(digest_slice(root), root_text);
    buffer_print(&body, "%s\n%llu\n%s\n", origin, (unsigned long long)size, root_text);
    s = body.failed ? FAIL(MEMORY) : key_sign(key, buffer_slice(&body), blob + ID_BYTES);
    if (failed(s))
        goto out;
    buffer_put(out, buffer_slice(&body));
    buffer_text(out, "\n");
    s = put_line(out, origin, slice_over(blob, sizeof blob));
out:
    buffer_done(&body);
    return s;
}

struct status note_cosign(const struct key *key, const char *name, uint64_t time_s,
                          const struct note *note, struct buffer *out)
{
    uint8_t blob[BLOB_BYTES];
    struct buffer text = buffer_new(BODY_MAX_BYTES);
    struct status s = id_of(key, name, TYPE_COSIGNATURE, blob);
    if (failed(s))
        goto out;
    for (unsigned i = 0; i < TIME_BYTES; i++)
        blob[ID_BYTES + i] = (uint8_t)(time_s >> (8 * (TIME_BYTES - 1 - i)));
    note_cosigned_text(note, time_s, &text);
    s = text.failed ? FAIL(MEMORY)
                    : key_sign(key, buffer_slice(&text), blob + ID_BYTES + TIME_BYTES);
    if (!failed(s))
        s = put_line(out, name, slice_over(blob, sizeof blob));
out:
    buffer_done(&text);
    return s;
}

/* The newest line by the witness, all of which hold; when it was made. */
static struct status newest_line(const struct note *note, const struct vkey *witness,
                                 struct slice *ret_line, uint64_t *ret_time_s)
{
    struct status s = note_cosigned(note, witness, ret_time_s);
    for (size_t i = 0; i < note->line_count && !failed(s); i++) {
        const struct note_line *line = &note->lines[i];
        if (!note_line_is_by(line, witness))
            continue;
        struct reader r = reader_over(slice_over(line->blob, TIME_BYTES));
        if (reader_u64(&r) == *ret_time_s)
            *ret_line = line->whole;
    }
    return s;
}

/* The note with the lines of all others, then this one. */
static struct status put_with_line(const struct note *note, const struct vkey *witness,
                                   struct slice line, struct buffer *out)
{
    size_t count = 1;
    for (size_t i = 0; i < note->line_count; i++)
        count += !note_line_is_by(&note->lines[i], witness);
    if (count > NOTE_MAX_SIGNATURES)
        return REFUSE(NOTE_SHAPE);
    buffer_put(out, note->body);
    buffer_text(out, "\n");
    for (size_t i = 0; i < note->line_count; i++)
        if (!note_line_is_by(&note->lines[i], witness))
            buffer_put(out, note->lines[i].whole);
    buffer_put(out, line);
    return out->failed ? FAIL(MEMORY) : OK;
}

struct status note_add_cosignature(struct slice text, struct slice lines,
                                   const struct cosigner *cosigner, struct buffer *out)
{
    struct note note, answer;
    struct slice line = {NULL, 0}, there = {NULL, 0};
    uint64_t time_s = 0, there_s = 0;
    struct buffer answered = buffer_new(NOTE_MAX_BYTES);
    struct status s = note_parse(text, &note);
    if (failed(s))
        goto out;
    buffer_put(&answered, note.body);
    buffer_text(&answered, "\n");
    buffer_put(&answered, lines);
    s = answered.failed ? REFUSE(NOTE_SHAPE) : note_parse(buffer_slice(&answered), &answer);
    if (!failed(s))
        s = newest_line(&answer, &cosigner->vkey, &line, &time_s);
    if (s.code == CODE_ABSENT)
        s = REFUSE(NOTE_KEY);
    else if (!failed(s) && (time_s < cosigner->from_s || time_s > cosigner->until_s))
        s = REFUSE(WITNESS_AGE);
    if (failed(s))
        goto out;
    if (!failed(newest_line(&note, &cosigner->vkey, &there, &there_s)) && there_s > time_s &&
        there_s <= cosigner->until_s)
        line = there; /* an answer that was overtaken */
    s = put_with_line(&note, &cosigner->vkey, line, out);
out:
    buffer_done(&answered);
    return s;
}
