#ifndef AUDIT_NOTE_H
#define AUDIT_NOTE_H

/*
 * Checkpoints as signed notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature): three lines of
 * body, an empty line, then 1 to 16 signature lines.
 */

#include "base/arena.h"
#include "crypto/key.h"

#define NOTE_MAX_BYTES      16384
#define NOTE_MAX_SIGNATURES 16
#define ORIGIN_MAX_BYTES    128

struct vkey {
    struct slice name;
    uint8_t id[4];
    uint8_t type; /* 0x01 Ed25519 log key, 0x04 Ed25519 cosignature */
    uint8_t key[32];
};

/** Reads "name+hex id+base64(type || key)" and checks the id. CONFIG if it is not well formed. */
struct status vkey_parse(struct slice text, struct vkey *ret_vkey);

/** Writes the vkey text of an Ed25519 key; room for ORIGIN_MAX_BYTES + 64 octets. */
void vkey_write(const char *name, uint8_t type, const uint8_t key[static 32], char *text);

struct note_line {
    struct slice name;
    uint8_t id[4];
    uint8_t blob[72]; /* what follows the id: 64 octets of signature, or 8 of time and 64 */
    size_t blob_length;
};

struct note {
    struct slice text; /* whole */
    struct slice body; /* the three lines, last newline included */
    struct slice origin;
    uint64_t size;
    struct digest root;
    struct note_line lines[NOTE_MAX_SIGNATURES];
    size_t line_count;
};

/** Whether a signature line names this key: name and id. */
bool note_line_is_by(const struct note_line *line, const struct vkey *vkey);

/** REFUSED note.shape */
struct status note_parse(struct slice text, struct note *ret_note);

/**
 * Verifies the log's line: name and id of the vkey, signature over the body.
 * REFUSED  note.origin (the body names another log), note.key (no line by this key), note.signature
 */
struct status note_verify(const struct note *note, const struct vkey *log);

/**
 * Verifies one witness's cosignature v1, if there is a line by it.
 * ret_time_s  when it was cosigned, Unix seconds
 * ABSENT (no line of this witness); REFUSED note.signature
 */
struct status note_cosigned(const struct note *note, const struct vkey *witness,
                            uint64_t *ret_time_s);

/** Appends a checkpoint signed by the log's key. CRYPTO, MEMORY */
struct status note_sign(const struct key *key, const char *origin, uint64_t size,
                        const struct digest *root, struct buffer *out);

#endif
