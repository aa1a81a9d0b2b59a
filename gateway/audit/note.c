#include "audit/note.h"

#include "base/encoding.h"
#include "crypto/merkle.h"

#include <stdio.h>
#include <string.h>

#define KEY_ID_BYTES   4
#define VKEY_BYTES     33 /* type and key */
#define DASH           "\xe2\x80\x94 "
#define DASH_BYTES     4
#define BLOB_MAX_BYTES (NOTE_MAX_BYTES / 4 * 3)

/* Names of logs and witnesses: no blanks, no plus, because both separate. */
static bool is_key_name(struct slice name)
{
    return name.length > 0 && name.length <= ORIGIN_MAX_BYTES &&
           slice_find(name, ' ') == name.length && slice_find(name, '+') == name.length;
}

static bool is_plain_text(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] < 0x20 && text.at[i] != '\n')
            return false;
    return utf8_valid(text);
}

static bool body_read(struct slice *rest, struct note *note)
{
    struct slice size, root, empty, from = *rest;
    size_t length;
    if (!slice_line(rest, &note->origin) || !slice_line(rest, &size) || !slice_line(rest, &root))
        return false;
    note->body = slice_part(from, 0, from.length - rest->length);
    return is_key_name(note->origin) && decimal_read(size, MERKLE_MAX_SIZE, &note->size) &&
           base64_read(root, note->root.octets, sizeof note->root.octets, &length) &&
           length == sizeof note->root.octets && slice_line(rest, &empty) && empty.length == 0;
}

static bool signature_read(struct slice line, struct note_line *signature)
{
    uint8_t octets[BLOB_MAX_BYTES];
    size_t length = 0;
    if (!slice_begins(line, slice_text(DASH)))
        return false;
    signature->whole = slice_over(line.at, line.length + 1); /* with the line feed behind it */
    struct slice rest = slice_part(line, DASH_BYTES, SIZE_MAX);
    size_t blank = slice_find(rest, ' ');
    signature->name = slice_part(rest, 0, blank);
    if (!is_key_name(signature->name) ||
        !base64_read(slice_part(rest, blank + 1, SIZE_MAX), octets, sizeof octets, &length) ||
        length <= KEY_ID_BYTES)
        return false;
    memcpy(signature->id, octets, KEY_ID_BYTES);
    signature->blob_length = length - KEY_ID_BYTES;
    if (signature->blob_length <= sizeof signature->blob)
        memcpy(signature->blob, octets + KEY_ID_BYTES, signature->blob_length);
    return true;
}

struct status note_parse(struct slice text, struct note *ret_note)
{
    struct note note = {.text = text};
    struct slice rest = text, line;
    if (text.length > NOTE_MAX_BYTES || !is_plain_text(text) || !body_read(&rest, &note))
        return REFUSE(NOTE_SHAPE);
    while (rest.length > 0) {
        if (note.line_count == NOTE_MAX_SIGNATURES || !slice_line(&rest, &line) ||
            !signature_read(line, &note.lines[note.line_count]))
            return REFUSE(NOTE_SHAPE);
        note.line_count++;
    }
    if (note.line_count == 0)
        return REFUSE(NOTE_SHAPE);
    *ret_note = note;
    return OK;
}

/* SHA-256(name || 0A || type || key), its first four octets. */
static void key_id(struct slice name, const uint8_t type_and_key[static VKEY_BYTES],
                   uint8_t id[static KEY_ID_BYTES])
{
    uint8_t behind[1 + VKEY_BYTES] = {'\n'};
    memcpy(behind + 1, type_and_key, VKEY_BYTES);
    struct digest digest = digest_two(name, slice_over(behind, sizeof behind));
    memcpy(id, digest.octets, KEY_ID_BYTES);
}

struct status vkey_parse(struct slice text, struct vkey *ret_vkey)
{
    struct vkey vkey = {.name = slice_part(text, 0, slice_find(text, '+'))};
    struct slice rest = slice_part(text, vkey.name.length + 1, SIZE_MAX);
    size_t plus = slice_find(rest, '+'), length = 0;
    uint8_t octets[VKEY_BYTES], id[KEY_ID_BYTES];
    if (!is_key_name(vkey.name) || !is_plain_text(vkey.name) ||
        !hex_read(slice_part(rest, 0, plus), vkey.id, sizeof vkey.id) ||
        !base64_read(slice_part(rest, plus + 1, SIZE_MAX), octets, sizeof octets, &length) ||
        length != sizeof octets)
        return FAIL(CONFIG);
    key_id(vkey.name, octets, id);
    if (memcmp(id, vkey.id, sizeof id) != 0)
        return FAIL(CONFIG);
    vkey.type = octets[0];
    memcpy(vkey.key, octets + 1, sizeof vkey.key);
    *ret_vkey = vkey;
    return OK;
}

void vkey_write(const char *name, uint8_t type, const uint8_t key[static 32], char *text)
{
    uint8_t octets[VKEY_BYTES] = {type}, id[KEY_ID_BYTES];
    char id_text[2 * KEY_ID_BYTES + 1], key_text[VKEY_BYTES / 3 * 4 + 1];
    memcpy(octets + 1, key, sizeof octets - 1);
    key_id(slice_text(name), octets, id);
    hex_write(slice_over(id, sizeof id), id_text);
    base64_write(slice_over(octets, sizeof octets), key_text);
    snprintf(text, ORIGIN_MAX_BYTES + 64, "%s+%s+%s", name, id_text, key_text);
}
