#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

/*
 * Frames: 4 octets of length, then one MessagePack array [kind, number, ...] (PROTOCOL.md 4). This
 * module turns octets into one struct per kind and back. It checks shapes and limits; states,
 * numbers and credits are session's, and everything inside messages, releases and receipts is
 * somebody else's still.
 */

#include "base/arena.h"
#include "base/reader.h"
#include "base/status.h"
#include "wire/msgpack.h"

#define FRAME_VERSION     1
#define FRAME_HEAD_BYTES  4
#define FRAME_MAX_BYTES   1114112 /* 1 MiB + 64 KiB, head not counted */
#define MESSAGE_MAX_BYTES 524288
#define UUID_BYTES        16
#define DIGEST_BYTES      32
#define DECOY_BYTES       16
#define COUNT_MAX         9007199254740991 /* numbers, sizes, waiting times */
#define FIELDS_MAX        8192             /* of a message, and derived ones of a DELIVER */
#define DECOYS_MAX        4096
#define LOCAL_MAX         512
#define APPROVALS_MAX     4
#define HOPS_MAX          2
#define HELLO_LIST_MAX    300
#define ROWS_MAX          1024
#define NEXT_MAX_BYTES    32
#define PROOF_MAX         126
#define CREDIT_MAX        1024
#define RELEASE_MAX_BYTES 163840 /* checked with its own reason later; frames allow more */
#define DETAIL_MAX_BYTES  500

enum frame_kind {
    FRAME_NONE,
    FRAME_HELLO,
    FRAME_WELCOME,
    FRAME_SUBMIT,
    FRAME_RECEIPT,
    FRAME_REFUSE,
    FRAME_DELIVER,
    FRAME_TAKEN,
    FRAME_QUERY,
    FRAME_ANSWER,
    FRAME_CHECKPOINT,
    FRAME_CREDIT,
    FRAME_PING,
    FRAME_PONG,
    FRAME_BYE,
    FRAME_KINDS
};

enum query_what {
    QUERY_NONE,
    QUERY_INBOX,
    QUERY_FETCH,
    QUERY_STATUS,
    QUERY_CHECKPOINT,
    QUERY_CONSISTENCY,
    QUERY_RULEBOOK,
    QUERY_STEPS,
    QUERY_VERSIONS,
    QUERY_COSE,
    QUERY_KINDS
};

/** [number, digest] of a rulebook object; State is empty but for a parties object. */
struct object_version {
    struct slice state;
    uint64_t number;
    struct slice digest; /* 32 octets */
};

struct known_checkpoint {
    struct slice origin;
    uint64_t size;
    struct slice root; /* 32 octets */
};

/** HELLO and WELCOME. */
struct hello {
    struct slice me, peer;
    uint64_t time_ms;
    uint64_t max_frame, credits, part_credits, idle_ms;
    struct object_version law, states;
    struct object_version *parties; /* sorted by State */
    size_t parties_count;
    struct known_checkpoint *checkpoints; /* sorted by origin */
    size_t checkpoints_count;
};

/** [from, id, to]: the idempotence key. */
struct message_key {
    struct slice from, id, to; /* id: 16 octets */
};

/** The two elements of a message; both borrowed. */
struct message_octets {
    struct slice seal;
    struct slices fields;
};

struct local_value {
    struct slice path;
    struct value value; /* writing takes value.raw */
};

#define SUBMIT_DRY_RUN 1U

struct submit {
    struct slice message_raw; /* for the size limit, judged later */
    struct message_octets message;
    struct local_value *locals;
    size_t locals_count;
    struct slices decoys;
    struct slices approvals;
    uint64_t flags;
};

struct report {
    bool present; /* nil otherwise */
    uint64_t released, transformed, withheld;
};

struct receipt_frame {
    uint64_t answers;
    struct slice receipt;
    struct report report;
};

struct refuse {
    uint64_t answers;
    struct slice code;    /* one of the closed list */
    struct slice detail;  /* at == NULL: nil */
    struct slice receipt; /* at == NULL: nil */
    uint64_t retry_ms;
};

struct deliver {
    struct slice message_raw;
    struct message_octets message;
    struct slices derived;
    struct slices releases; /* 1..2 */
    struct slices receipts; /* 1..2 */
};

struct taken {
    uint64_t answers;
    struct message_key key;
    uint64_t stage; /* 3, 4, or 0 for a pushed RECEIPT */
};

/** args stay MessagePack: query.h of session reads them by what. */
struct query {
    enum query_what what;
    struct slice args; /* one array */
};

struct answer {
    uint64_t answers;
    enum query_what what;
    struct slices rows; /* each one array */
    struct slice next;  /* at == NULL: nil; <= 32 octets */
};

struct checkpoint_frame {
    struct slice origin, note;
    uint64_t old_size;
    struct slices path; /* 32 octets each, <= 126 */
};

struct credit {
    uint64_t class;  /* 0 messages, 1 evidence parts */
    uint64_t amount; /* 1..1024 */
};

struct frame {
    enum frame_kind kind;
    uint64_t number; /* the sending side's own count, from 1 */
    union {
        struct hello hello; /* HELLO and WELCOME */
        struct submit submit;
        struct receipt_frame receipt;
        struct refuse refuse;
        struct deliver deliver;
        struct taken taken;
        struct query query;
        struct answer answer;
        struct checkpoint_frame checkpoint;
        struct credit credit;
        uint64_t pong_answers;
        struct slice bye_code; /* at == NULL: nil */
    } as;
};

/**
 * Whether a whole frame (head included) stands at the beginning of in.
 *
 * ret_length  octets of head and body; 0 while the frame is not complete yet
 *
 * REFUSED  frame.size  the head claims 0 or more than FRAME_MAX_BYTES
 */
struct status frame_length(struct slice in, size_t *ret_length);

/**
 * Reads one frame's body (the octets behind the head). Lists live in the arena, octets are
 * borrowed.
 *
 * REFUSED  frame.size, msgpack.*, frame.shape
 * MEMORY
 */
struct status frame_parse(struct arena *a, struct slice body, struct frame *ret_frame);

/** Appends head and body. The buffer fails when the frame would be over FRAME_MAX_BYTES. */
void frame_write(struct buffer *b, const struct frame *f);

/** The kind's name, "SUBMIT". Static storage. */
const char *frame_kind_name(enum frame_kind kind);

#endif
