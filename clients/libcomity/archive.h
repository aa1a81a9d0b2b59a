#ifndef LIBCOMITY_ARCHIVE_H
#define LIBCOMITY_ARCHIVE_H

/*
 * What the agency's side keeps, encrypted: submissions before they are sent, messages, receipts and
 * the last checkpoint of each log. One file per record under a random key of its own, which is
 * wrapped by the archive's key; the associated data bind a record to its kind and name, so that
 * files cannot be exchanged. File names are keyed digests: the folder tells no party and no id.
 */

#include "base/arena.h"
#include "crypto/secret.h"
#include "libcomity/fault.h"

#define ARCHIVE_RECORD_MAX (2U << 20)

enum archive_kind {
    ARCHIVE_SUBMISSION,    /* id of an own message: the SUBMIT frame */
    ARCHIVE_ANSWER,        /* id of an own message: how its submission was answered last */
    ARCHIVE_RECEIPT,       /* id, stage and hop of an own message: the receipt */
    ARCHIVE_MESSAGE,       /* id and sender of a received message: the message */
    ARCHIVE_SENDER,        /* id of a received message: its sender */
    ARCHIVE_REPLY,         /* id of a received message: that of the own one that answers it */
    ARCHIVE_CHECKPOINT,    /* origin of a log: its last verified checkpoint */
    ARCHIVE_CONTRADICTION, /* id of a message and origin of a log: two that cannot both be true */
    ARCHIVE_COSE, /* id, stage and hop of a message: the COSE receipt, once it was asked for */
    ARCHIVE_KINDS
};

struct archive;

/**
 * Opens the folder, making it and its key (mode 0600) where there is none.
 *
 * STORE, CONFIG (the key file is not a key, or others may read it), CRYPTO, MEMORY
 */
struct status archive_open(const char *folder, struct archive **ret_archive,
                           struct comity_fault *reterr);

void archive_close(struct archive *archive);

/**
 * Keeps other processes and handles out of what is read and then replaced, until archive_unlock.
 * Reading and writing records works without it; it is not taken twice.
 *
 * STORE  the folder cannot be locked, or others hold it for all of wait_ms
 */
struct status archive_lock(struct archive *archive, uint64_t wait_ms);

void archive_unlock(struct archive *archive);

/** Writes a record durably, in place of an earlier one of this name. STORE, FULL, CRYPTO, MEMORY */
struct status archive_put(struct archive *archive, enum archive_kind kind, struct slice name,
                          struct slice octets);

/** Appends a record's octets. ABSENT; CRYPTO if the file was changed; STORE, MEMORY */
struct status archive_get(struct archive *archive, enum archive_kind kind, struct slice name,
                          struct buffer *out);

/** Removes a record for good; one that is not there is removed. STORE */
struct status archive_remove(struct archive *archive, enum archive_kind kind, struct slice name);

/** Sees one record; stops the walk by failing. octets are borrowed for the call. */
typedef struct status archive_visit(void *owner, struct slice octets);

/**
 * Visits all records of a kind, in no order that means anything. One that does not open, or of
 * which the visit says CRYPTO, is passed over and adds 1 to *unsound. STORE, MEMORY
 */
struct status archive_each(struct archive *archive, enum archive_kind kind, archive_visit *visit,
                           void *owner, size_t *unsound);

#endif
