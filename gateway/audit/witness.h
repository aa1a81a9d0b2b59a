#ifndef AUDIT_WITNESS_H
#define AUDIT_WITNESS_H

/*
 * The witness protocol (C2SP tlog-witness): a log shows its checkpoint and that it continues what
 * the witness cosigned last; the witness looks, remembers, and only then cosigns. Here are the
 * octets and the judgement; who remembers is somebody else.
 */

#include "audit/note.h"

#define WITNESS_MAX_HASHES 63
#define WITNESS_MAX_BYTES  (NOTE_MAX_BYTES + 4096) /* of a request */
#define WITNESS_SIZE_TYPE  "text/x.tlog.size"      /* of the answer to WITNESS_ELSEWHERE */

/** What is posted to add-checkpoint: "old <size>", 0 to 63 hashes in base64, an empty line, the
 * checkpoint. */
struct witness_request {
    uint64_t old; /* the size that was cosigned last, as the log believes */
    struct digest hashes[WITNESS_MAX_HASHES];
    size_t hash_count;
    struct note note;
};

/** Reads a request, from which the note borrows. REFUSED note.shape */
struct status witness_request_parse(struct slice text, struct witness_request *ret_request);

/** Appends a request. path: hashes of 32 octets. REFUSED note.shape: more than 63 or of another
 * length;  MEMORY */
struct status witness_request_write(uint64_t old, struct slices path, struct slice checkpoint,
                                    struct buffer *out);

/** What the witness cosigned last of a log. */
struct witness_head {
    uint64_t size;
    struct digest root;
};

/** That of a log of which it has cosigned nothing yet: the empty tree. */
struct witness_head witness_head_empty(void);

/** The first of these that holds, in this order. */
enum witness_verdict {
    WITNESS_NONE,      /* 500 it could not be judged */
    WITNESS_MALFORMED, /* 400 it is no request */
    WITNESS_UNKNOWN,   /* 404 nobody knows this log */
    WITNESS_UNSIGNED,  /* 403 the log's key has not signed this */
    WITNESS_BACKWARDS, /* 400 old is over the checkpoint's size */
    WITNESS_ELSEWHERE, /* 409 another size than old was cosigned last; the body says which */
    WITNESS_UNPROVED,  /* 422 it does not continue what was cosigned */
    WITNESS_GOOD,      /* 200 to be remembered, then cosigned */
    WITNESS_VERDICTS
};

/** The status of HTTP for a verdict. */
unsigned witness_http_status(enum witness_verdict verdict);

/**
 * Judges a request that was read.
 *
 * log   the key of the log that the note names, or NULL where there is none
 * kept  what was cosigned of it last
 */
enum witness_verdict witness_judge(const struct witness_request *request, const struct vkey *log,
                                   const struct witness_head *kept);

/** How a checkpoint that its log has signed stands to one that was cosigned. */
enum witness_conflict {
    WITNESS_AGREES,   /* nothing speaks against it */
    WITNESS_UNLED,    /* a later one, but the log's own proof does not lead to it */
    WITNESS_TWO_ROOTS /* two roots of one size: the two alone prove that there are two histories */
};

/** head: what was cosigned last, or with the checkpoint's own size at any time. */
enum witness_conflict witness_conflict(const struct witness_request *request,
                                       enum witness_verdict verdict,
                                       const struct witness_head *head);

/**
 * Appends the note that a witness keeps and shows: body, the first line by the log's key, then
 * line. So what others wrote below the body, or the log wrote again and again, takes no room.
 *
 * note  of which witness_judge or note_verify found the log's signature good
 * line  the witness's cosignature
 */
void witness_note_write(const struct note *note, const struct vkey *log, struct slice line,
                        struct buffer *out);

#endif
