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
    struct slice whole; /* as it stands in the note, newline included */
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

/** Appends the text that a cosignature v1 of this time is over. */
void note_cosigned_text(const struct note *note, uint64_t time_s, struct buffer *out);

/** Appends a checkpoint signed by the log's key. CRYPTO, MEMORY; CONFIG: the origin is none */
struct status note_sign(const struct key *key, const char *origin, uint64_t size,
                        const struct digest *root, struct buffer *out);

/**
 * Appends one line: a witness's cosignature v1 of a checkpoint that it has judged.
 *
 * name    of the witness, as in its vkey
 * time_s  Unix seconds
 * CRYPTO, MEMORY; CONFIG: that is no name of a key
 */
struct status note_cosign(const struct key *key, const char *name, uint64_t time_s,
                          const struct note *note, struct buffer *out);

/** A witness that was asked, and when its cosignature may have been made: Unix seconds, both
 * included. */
struct cosigner {
    struct vkey vkey;
    uint64_t from_s, until_s;
};

/**
 * Appends the checkpoint text with the newest cosignature by this witness that is in the text or
 * among lines, in the place of all others by it. Lines by other keys stay as they are in the text,
 * and are passed over in lines.
 *
 * text   a checkpoint, which must be whole: its signatures by others are not verified
 * lines  signature lines, as a witness answers
 *
 * REFUSED  note.shape      text or lines are not well formed, or there would be too many lines
 *          note.key        no line by this witness
 *          note.signature  a line by it among lines is not over this checkpoint
 *          witness.age     its time lies outside of what is wanted
 * MEMORY
 */
struct status note_add_cosignature(struct slice text, struct slice lines,
                                   const struct cosigner *cosigner, struct buffer *out);

#endif
