#ifndef SESSION_QUERY_H
#define SESSION_QUERY_H

/*
 * What QUERY asks and ANSWER's rows say, by what is asked (PROTOCOL.md 4). One reader and one
 * writer for each, used by both sides. Octets borrow from the frame; writers append MessagePack.
 */

#include "base/arena.h"
#include "base/reader.h"
#include "base/status.h"
#include "wire/frame.h"

#define INBOX_MAX_ROWS       100
#define RULEBOOK_CHUNK_BYTES 524288 /* octets of a rulebook object in one row */
#define STATUS_MAX_RECEIPTS  16     /* in one row */

/** The arguments of a QUERY; which members count depends on what. */
struct query_args {
    enum query_what what;
    bool has_key;        /* status: false for all; fetch: always true */
    struct slice after;  /* inbox, status: next of the ANSWER before; at == NULL: from the start */
    uint64_t limit;      /* inbox, status, steps: 1..INBOX_MAX_ROWS */
    struct slice thread; /* inbox: 16 octets; at == NULL: all */
    struct message_key key;      /* fetch, status, cose */
    uint64_t stage;              /* cose */
    struct slice origin;         /* checkpoint, consistency, steps */
    uint64_t old_size, new_size; /* consistency: old <= new; steps: old alone */
    struct slice object;         /* rulebook: "law", "states", "parties:XA", "revocations:XA" */
    uint64_t number;             /* rulebook: 0 for the newest */
    uint64_t offset;             /* rulebook */
};

/** REFUSED frame.shape  the args are not those of what */
struct status query_args_parse(const struct query *query, struct query_args *ret_args);

/** Appends the args as one array. */
void query_args_write(struct buffer *b, const struct query_args *args);

/** A row of the inbox. */
struct inbox_row {
    struct message_key key;
    struct slice thread, type;
    uint64_t stage; /* 1, 3 or 4 */
    uint64_t received_ms;
    struct slice urgency;   /* at == NULL: nil, which is ROUTINE */
    uint64_t deadline_ms;   /* 0: nil */
    struct slices handling; /* codes, none or more */
    struct slice case_ref;  /* at == NULL: nil */
};

/** REFUSED frame.shape; MEMORY */
struct status inbox_row_parse(struct arena *a, struct slice row, struct inbox_row *ret_row);
void inbox_row_write(struct buffer *b, const struct inbox_row *row);

/** The one row of fetch: the elements of DELIVER. REFUSED frame.shape; MEMORY */
struct status fetch_row_parse(struct arena *a, struct slice row, struct deliver *ret_deliver);
void fetch_row_write(struct buffer *b, const struct deliver *deliver);

/** What has become of one of the asker's own submissions. */
struct status_row {
    struct message_key key;
    uint64_t stage;
    struct slice code;      /* refusal code; at == NULL: nil */
    struct slices receipts; /* one per stage, in the order of the stages */
};

/** REFUSED frame.shape; MEMORY */
struct status status_row_parse(struct arena *a, struct slice row, struct status_row *ret_row);
void status_row_write(struct buffer *b, const struct status_row *row);

/** The one row of checkpoint: the note with all cosignatures. REFUSED frame.shape */
struct status checkpoint_row_parse(struct slice row, struct slice *ret_note);
void checkpoint_row_write(struct buffer *b, struct slice note);

/** The one row of consistency: the proof's hashes, 32 octets each. REFUSED frame.shape; MEMORY */
struct status consistency_row_parse(struct arena *a, struct slice row, struct slices *ret_path);
void consistency_row_write(struct buffer *b, struct slices path);

/** A step of a foreign log that this gateway has verified: from a size to the next one it saw. */
struct steps_row {
    uint64_t old_size, size; /* old < size */
    struct slice root;       /* of size; 32 octets */
    struct slices path;      /* the consistency proof, 32 octets each; none from old 0 */
};

/** REFUSED frame.shape; MEMORY */
struct status steps_row_parse(struct arena *a, struct slice row, struct steps_row *ret_row);
void steps_row_write(struct buffer *b, const struct steps_row *row);

/** The one row of cose: the COSE receipt of an entry. REFUSED frame.shape */
struct status cose_row_parse(struct slice row, struct slice *ret_receipt);
void cose_row_write(struct buffer *b, struct slice receipt);

/** A rulebook object that there is, or how large the log was when a backup was restored. */
struct versions_row {
    struct slice name; /* as in query_args; or VERSIONS_RESTORED */
    uint64_t number;
    struct slice digest; /* 32 octets, zero ones for VERSIONS_RESTORED */
};

#define VERSIONS_RESTORED "restored"

/** REFUSED frame.shape */
struct status versions_row_parse(struct slice row, struct versions_row *ret_row);
void versions_row_write(struct buffer *b, const struct versions_row *row);

/** A piece of a rulebook object, from the offset that was asked for. */
struct rulebook_row {
    uint64_t number;
    struct slice digest; /* of the whole object, 32 octets */
    struct slice octets; /* <= RULEBOOK_CHUNK_BYTES */
    uint64_t length;     /* of the whole object */
};

/** REFUSED frame.shape */
struct status rulebook_row_parse(struct slice row, struct rulebook_row *ret_row);
void rulebook_row_write(struct buffer *b, const struct rulebook_row *row);

#endif
