#ifndef AUDIT_RECEIPT_H
#define AUDIT_RECEIPT_H

/* The proof that an entry is in the log (PROTOCOL.md, receipt). */

#include "audit/entry.h"
#include "audit/note.h"
#include "crypto/merkle.h"
#include "schema/directory.h"

#define RECEIPT_MAX_BYTES 24576

struct receipt {
    struct slice entry;       /* 79 octets */
    struct slice key, record; /* the outer opening */
    uint64_t index;
    struct slices path; /* leaf's sibling first */
    struct slice note;
    bool has_proof; /* {6}: consistency from old to this checkpoint */
    uint64_t old_size;
    struct slices proof;
};

/** REFUSED receipt.size, cbor.*, receipt.shape; MEMORY */
struct status receipt_parse(struct arena *arena, struct slice octets, struct receipt *ret_receipt);

void receipt_write(struct buffer *out, const struct receipt *receipt);

/** A receipt whose entry is proved to be in the named gateway's log, with what it says. */
struct proved {
    struct receipt receipt;
    uint64_t time_ms; /* of the entry */
    struct outer outer;
    struct note note;
    struct digest leaf;
    const struct log_row *log; /* whose key signed; borrowed from the directory */
};

/**
 * Proves a receipt against a gateway's logs in the directory: from receipt.size to outer.shape of
 * the checks. Rows of logs count that are in force at the entry's time.
 *
 * REFUSED  receipt.size .. outer.shape in the order of PROTOCOL.md;  MEMORY;  CONFIG for a log row
 *          whose vkey is none
 */
struct status receipt_prove(struct arena *arena, struct slice octets,
                            const struct gateway_row *gateway, struct proved *ret_proved);

/**
 * Whether a note is a checkpoint of one of a gateway's logs, as the directory has them at at_ms. A
 * log may have several rows while its key changes.
 *
 * ret_log  whose key signed; borrowed from the directory
 *
 * Of a log that ended they count at any time.
 *
 * REFUSED  note.shape, note.origin, note.key, note.signature, log.closed, checkpoint.fork (it ended
 *          with another root);  CONFIG for a log row whose vkey is none
 */
struct status checkpoint_prove(struct slice text, const struct gateway_row *gateway, uint64_t at_ms,
                               struct note *ret_note, const struct log_row **ret_log);

/** What a sender expects of a receipt for its own seal. */
struct receipt_wanted {
    enum entry_kind kind;
    enum stage stage;
    uint64_t hop;
    const struct gateway_row *gateway;
    const struct claims *claims;
    const struct digest *seal;
};

/** Whether a proved receipt is the expected one. REFUSED receipt.kind, .gateway, .claims, .seal */
struct status receipt_fits(const struct proved *proved, const struct receipt_wanted *wanted);

/** Checks a receipt as its sender does: receipt_prove, then kind, gateway, claims, seal. */
struct status receipt_check(struct arena *arena, struct slice octets,
                            const struct receipt_wanted *wanted, struct proved *ret_proved);

#endif
