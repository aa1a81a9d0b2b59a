#ifndef AUDIT_TLOG_PROOF_H
#define AUDIT_TLOG_PROOF_H

/*
 * The proof that an entry is in a log as a text that stands alone (C2SP tlog-proof@v1): index, path
 * and checkpoint. It says nothing of what the entry is; who verifies it has the entry.
 */

#include "audit/receipt.h"

#define TLOG_PROOF_MAX_BYTES (NOTE_MAX_BYTES + 8192)

struct tlog_proof {
    struct slice extra; /* base64 as it stands there, which proves nothing; at == NULL: none */
    uint64_t index;
    struct slices path; /* leaf's sibling first */
    struct slice note;
};

/** Reads a proof; all lives in the arena or is borrowed. REFUSED proof.shape; MEMORY */
struct status tlog_proof_parse(struct arena *arena, struct slice text,
                               struct tlog_proof *ret_proof);

void tlog_proof_write(struct buffer *out, const struct tlog_proof *proof);

/** What of a receipt is a proof: nothing of its opening. */
struct tlog_proof tlog_proof_of(const struct receipt *receipt);

/**
 * Verifies that the leaf is in the log by the log's key, and that as many of its witnesses as the
 * quorum says have cosigned the checkpoint. A cosignature by a known witness that is wrong spoils
 * the proof; how old one may be is the caller's question.
 *
 * ret_note  the checkpoint, borrowed from the proof
 *
 * REFUSED  note.shape, note.origin, note.key, note.signature, witness.quorum, inclusion;  CONFIG
 *          for a vkey that is none;  MEMORY
 */
struct status tlog_proof_verify(const struct tlog_proof *proof, const struct digest *leaf,
                                const struct log_row *log, struct note *ret_note);

#endif
