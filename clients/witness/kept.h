#ifndef WITNESS_KEPT_H
#define WITNESS_KEPT_H

/*
 * What a witness remembers: of each log the checkpoints that it cosigned, whole, the newest of
 * which everything later must continue; and as evidence the checkpoints that contradict one of
 * them or the end that the directory says, or that are behind and were not cosigned. Whether a
 * checkpoint continues the newest one is asked in the transaction that keeps it, and nothing is
 * answered that is not on the disk. One process holds the file; its functions may be called by any
 * thread.
 */

#include "audit/witness.h"
#include "schema/directory.h"
#include "witness/signer.h"

#define KEPT_CHECKPOINTS 1024     /* of each log, the newest */
#define KEPT_OLDER       256      /* before them, spread over the whole log */
#define KEPT_CLOSED      "closed" /* the kind of evidence against the end of a log */
#define KEPT_EVIDENCE    64 /* pieces of each log and kind; what comes after them is only said */

struct kept;

/**
 * Opens the state of this key, or makes it where the marker says that the key is new: then the
 * marker names it.
 *
 * CONFIG  with a sentence in error: the key's state or marker is lost, another one, or of another
 *         key; the file is held by another process
 * STORE, FULL, MEMORY, CRYPTO  with a sentence in error
 */
struct status kept_open(const char *path, const struct signer *signer,
                        char error[static SIGNER_ERROR_BYTES], struct kept **ret_kept);

/** NULL does nothing. */
void kept_close(struct kept *kept);

/** Whether a write or sync has failed: nothing may be cosigned any more. */
bool kept_broken(struct kept *kept);

/** A request that was read. */
struct submission {
    const struct witness_request *request;
    const struct vkey *log;    /* the key of the log that it names; NULL: it is unknown */
    const struct log_row *row; /* which may say where it ended; NULL: nobody does */
    uint64_t now_ms;           /* Unix */
};

struct kept_answer {
    enum witness_verdict verdict;
    uint64_t size;                  /* that was cosigned last; 0: none */
    enum witness_conflict conflict; /* with something that was cosigned */
    bool is_past_end;               /* or with the end that the directory says */
    bool is_new;                    /* something was kept as evidence that was not before */
};

/**
 * Judges a submission; where it is good, keeps it and then appends the line that cosigns it.
 *
 * FULL    the disk is full, nothing was kept or cosigned
 * STORE   the same, for good: kept_broken
 * MEMORY, CRYPTO
 */
struct status kept_submit(struct kept *kept, const struct submission *submission,
                          struct buffer *line, struct kept_answer *ret_answer);

/** Appends the checkpoint that was cosigned last of the log with this hash of its origin. ABSENT,
 * STORE, MEMORY */
struct status kept_checkpoint(struct kept *kept, const struct digest *origin, struct buffer *out);

/** One piece of evidence, borrowed for the call. */
struct kept_evidence {
    uint64_t number;       /* over that of every older piece, whatever log that is about */
    const char *kind;      /* "root", "proof", "closed"; "behind": smaller, and not cosigned */
    uint64_t at_ms;        /* Unix: when it was shown */
    struct slice cosigned; /* what it contradicts or is behind, as it was cosigned; where the log
                              was closed: that, in the words of the directory */
    struct slice shown;    /* the checkpoint that was shown, with one line by the log's key. Kept
                              by an earlier version: the whole request, which begins with "old " */
};

/** False: it is enough. */
typedef bool kept_visit(void *owner, const struct kept_evidence *one);

/** Gives the evidence about a log from this number on, oldest first, until it is enough. ABSENT
 * where there is none; STORE, MEMORY */
struct status kept_evidence(struct kept *kept, const struct digest *origin, uint64_t from,
                            kept_visit *visit, void *owner);

#endif
