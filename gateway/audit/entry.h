#ifndef AUDIT_ENTRY_H
#define AUDIT_ENTRY_H

/*
 * Entries tell an outsider nothing: 79 octets of version, time and two HMACs over records that are
 * kept encrypted. Who holds an opening (key and record) can prove what an entry says (PROTOCOL.md,
 * entry).
 */

#include "message/release.h"

#define ENTRY_BYTES     79
#define OUTER_MAX_BYTES 1024
#define INNER_MAX_BYTES 262144

enum entry_kind {
    ENTRY_NONE,
    ENTRY_DISCLOSURE,
    ENTRY_REQUEST,
    ENTRY_CONSULTATION,
    ENTRY_REFUSAL,
    ENTRY_LAW,
    ENTRY_KEY,
    ENTRY_ERASURE,
    ENTRY_CORRECTION,
    ENTRY_START_STOP,
    ENTRY_OPERATOR,
    ENTRY_AUDITOR,
    ENTRY_HOLD,
    ENTRY_STAGE,
};

enum stage {
    STAGE_NONE,
    STAGE_ACCEPTED,
    STAGE_RELAYED,
    STAGE_DELIVERED,
    STAGE_RETRIEVED,
    STAGE_REJECTED = 17,
    STAGE_NOT_RELAYED,
    STAGE_NOT_DELIVERED,
    STAGE_NOT_RETRIEVED,
};

/** "accepted", "delivered", ... "not-retrieved". Static storage; "none" for 0. */
const char *stage_name(enum stage stage);

/** "disclosure", "request", ... "stage". Static storage; "none" for 0. */
const char *entry_kind_name(enum entry_kind kind);

/** The outer record. Empty slices are absent; hop 0 in entries about no message. */
struct outer {
    enum entry_kind kind;
    enum stage stage;
    uint64_t hop;
    struct slice gateway;
    struct slice id, from, to, type, purpose;
    struct slice seal, release; /* 32 octets */
    struct slice rulebook;      /* 32 octets */
    struct slice code;          /* refusal code */
};

void outer_write(struct buffer *out, const struct outer *outer);

/** REFUSED outer.shape or cbor.* */
struct status outer_parse(struct slice record, struct outer *ret_outer);

/** One field's decision, or one category's silent removals, in the inner record. */
struct inner_field {
    struct slice path, category, level, rule, basis;
};
struct inner_count {
    struct slice category;
    uint64_t count;
};

struct inner {
    struct slice op;                       /* "DISCLOSE" */
    struct slice actor, officer, function; /* at == NULL: null */
    const struct inner_field
        *fields; /* sorted by path; split here into open and closed (ASY, WIT) */
    size_t field_count;
    const struct inner_count *silent; /* sorted by category */
    size_t silent_count;
    struct slices subjects;            /* keyed pseudonyms, sorted */
    struct slice case_pseudonym;       /* at == NULL: absent */
    struct slice justification;        /* at == NULL: absent */
    struct slice closed_justification; /* stands in the closed record; at == NULL: absent */
    struct slice instrument;           /* at == NULL: null */
    struct slices legal_basis;
    struct slice tier, transfer_basis, transfer_by; /* tier.at == NULL: absent */
    struct slice ground;                            /* at == NULL: absent */
    struct slices approvals;
    bool has_related;
    uint64_t related;  /* index of the entry that this one corrects, erases or replaces; of one in
                          an earlier log of the gateway a number from 2^40 on, which no index is */
    bool confidential; /* about a message whose very existence is secret (R-MLA-03) */
};

/** Keys of the inner and of the closed record (PROTOCOL.md, entry). */
enum inner_key {
    INNER_VERSION = 1,
    INNER_OP,
    INNER_ACTOR,
    INNER_FIELDS,
    INNER_SILENT,
    INNER_SUBJECTS,
    INNER_CASE,
    INNER_JUSTIFICATION,
    INNER_LEGAL_BASIS,
    INNER_TRANSFER,
    INNER_GROUND,
    INNER_APPROVALS,
    INNER_RELATED,
    INNER_CLOSED,
    INNER_CONFIDENTIAL,
};

/** Whether decisions about a category stand in the closed record, which only the data-protection
 * authority may see (R-AUD-05). */
bool inner_is_closed(struct slice category);

/** Random keys of one entry's three records; from the caller, because audit is pure. */
struct entry_keys {
    uint8_t outer[32], inner[32], closed[32];
};

/** What is kept of an entry: the octets in the log and the three openings. Lives in the arena. */
struct entry_records {
    struct slice entry;                /* ENTRY_BYTES */
    struct slice outer, inner, closed; /* records; their keys are the caller's */
    struct digest leaf;                /* leaf hash */
};

/**
 * Makes an entry: writes the records, the HMACs and the 79 octets. ASY and WIT fields and counts go
 * to the closed record (R-AUD-05), which is always there.
 * MEMORY (also when a record is over its limit)
 */
struct status entry_make(struct arena *arena, uint64_t time_ms, const struct outer *outer,
                         const struct inner *inner, const struct entry_keys *keys,
                         struct entry_records *ret_records);

/**
 * Reads an inner record. Fields and counts are the open ones alone; everything is borrowed or in
 * the arena.
 *
 * ret_closed  HMAC of the closed record
 *
 * REFUSED inner.shape or cbor.*;  MEMORY
 */
struct status inner_parse(struct arena *arena, struct slice record, struct inner *ret_inner,
                          struct slice *ret_closed);

/** Reads a closed record: fields and silent removals of asylum and witness, and the closed
 * justification; nothing else is set.
 * REFUSED inner.shape or cbor.*;  MEMORY */
struct status closed_parse(struct arena *arena, struct slice record, struct inner *ret_closed);

/** Takes an entry's 79 octets apart. REFUSED receipt.entry, cbor.* */
struct status entry_parse(struct slice entry, uint64_t *ret_time_ms, struct slice *ret_outer,
                          struct slice *ret_inner);

#endif
