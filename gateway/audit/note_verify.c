#include "audit/note.h"

#include "base/encoding.h"

#include <string.h>

#define TYPE_LOG         0x01
#define TYPE_COSIGNATURE 0x04
#define SIGNATURE_BYTES  64
#define TIME_BYTES       8
#define BODY_MAX_BYTES   (ORIGIN_MAX_BYTES + 128)

bool note_line_is_by(const struct note_line *line, const struct vkey *vkey)
{
    return slice_equal(line->name, vkey->name) && memcmp(line->id, vkey->id, sizeof vkey->id) == 0;
}

/* Ed25519 over the pieces; whatever is wrong with the signature is one reason. */
static struct status signature_verify(const struct vkey *vkey, struct slice text,
                                      struct slice signature)
{
    struct key *key = NULL;
    struct status s = key_from_public(vkey->key, &key);
    if (failed(s))
        return s;
    s = key_verify(key, ALGORITHM_EDDSA, text, signature);
    key_free(key);
    return s.code == CODE_REFUSED ? REFUSE(NOTE_SIGNATURE) : s;
}

struct status note_verify(const struct note *note, const struct vkey *log)
{
    bool found = false;
    if (!slice_equal(note->origin, log->name))
        return REFUSE(NOTE_ORIGIN);
    for (size_t i = 0; i < note->line_count; i++) {
        const struct note_line *line = &note->lines[i];
        if (log->type != TYPE_LOG || !note_line_is_by(line, log))
            continue;
        if (line->blob_length != SIGNATURE_BYTES)
            return REFUSE(NOTE_SIGNATURE);
        struct status s =
            signature_verify(log, note->body, slice_over(line->blob, SIGNATURE_BYTES));
        if (failed(s))
            return s;
        found = true;
    }
    return found ? OK : REFUSE(NOTE_KEY);
}

void note_cosigned_text(const struct note *note, uint64_t time_s, struct buffer *out)
{
    buffer_print(out, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
    buffer_put(out, note->body);
}

static struct status cosignature_verify(const struct note *note, const struct note_line *line,
                                        const struct vkey *witness, uint64_t *ret_time_s)
{
    if (line->blob_length != TIME_BYTES + SIGNATURE_BYTES)
        return REFUSE(NOTE_SIGNATURE);
    struct reader r = reader_over(slice_over(line->blob, line->blob_length));
    uint64_t time_s = reader_u64(&r);
    struct buffer text = buffer_new(BODY_MAX_BYTES);
    note_cosigned_text(note, time_s, &text);
    struct status s = text.failed ? FAIL(MEMORY)
                                  : signature_verify(witness, buffer_slice(&text),
                                                     reader_take(&r, SIGNATURE_BYTES));
    buffer_done(&text);
    if (!failed(s))
        *ret_time_s = time_s;
    return s;
}

struct status note_cosigned(const struct note *note, const struct vkey *witness,
                            uint64_t *ret_time_s)
{
    uint64_t newest_s = 0;
    bool found = false;
    for (size_t i = 0; i < note->line_count; i++) {
        uint64_t time_s;
        if (witness->type != TYPE_COSIGNATURE || !note_line_is_by(&note->lines[i], witness))
            continue;
        struct status s = cosignature_verify(note, &note->lines[i], witness, &time_s);
        if (failed(s))
            return s;
        newest_s = found && newest_s > time_s ? newest_s : time_s;
        found = true;
    }
    if (!found)
        return FAIL(ABSENT);
    *ret_time_s = newest_s;
    return OK;
}
