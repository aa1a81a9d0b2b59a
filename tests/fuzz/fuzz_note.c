/* Notes and key texts: lengths stay within what was read, and a key's text has one form. */

#include "audit/note.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void key_text(struct slice in)
{
    char name[ORIGIN_MAX_BYTES + 1], text[ORIGIN_MAX_BYTES + 64];
    struct vkey key;
    if (failed(vkey_parse(in, &key)) || !slice_copy_text(key.name, name, sizeof name))
        return;
    vkey_write(name, key.type, key.key, text);
    if (!slice_is(in, text))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_over(data, size);
    struct note note;
    key_text(in);
    if (!failed(note_parse(in, &note))) {
        struct vkey key = {.name = note.origin, .type = 0x01};
        uint64_t time_s;
        if (note.line_count == 0 || note.line_count > NOTE_MAX_SIGNATURES ||
            note.body.length >= size)
            abort();
        (void)failed(note_verify(&note, &key));
        key.type = 0x04;
        for (size_t i = 0; i < note.line_count; i++) {
            key.name = note.lines[i].name;
            (void)failed(note_cosigned(&note, &key, &time_s));
        }
    }
    return 0;
}
