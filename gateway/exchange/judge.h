#ifndef EXCHANGE_JUDGE_H
#define EXCHANGE_JUDGE_H

/*
 * The pipeline for one SUBMIT: envelope -> verified -> contents -> document -> decision -> posting.
 * Synchronous and without side effects: what it says is either a refusal, an answer given before,
 * or a posting for the journal. Every way out that concerns a message is a posting, refusals too.
 */

#include "crypto/secret.h"
#include "exchange/exchange.h"
#include "message/field.h"
#include "message/seal.h"

struct judge {
    const struct rulebook *rulebook;
    const struct revocations *revoked; /* what is on lists now; NULL: nothing */
    struct slice gateway;              /* own id */
    struct slice party;                /* the link's, from its certificate */
    struct slice officer;              /* empty, or the officer under it */
    const struct keyring *keyring;
    entropy_source *entropy;
    struct journal_reader *reader;
    uint64_t reader_size; /* the asker's last checkpoint of this log; 0: none */
    uint64_t at_ms;
    struct candidate *candidate; /* is asked as well; NULL: none. Never decides anything */
};

struct judgement {
    bool repeated; /* answer with seen, post nothing */
    struct seen seen;
    struct posting posting; /* all in the arena */
    enum refusal code;      /* of a refusal or hold; REFUSAL_NONE otherwise */
    struct status why;      /* the reason, for diagnostics */
    struct slice detail;    /* for the sender; at == NULL: nil */
    struct report report;
};

/** Judges. MEMORY, STORE, CRYPTO are ours: nothing was decided, the sender may try again. */
struct status judge_submit(struct arena *arena, const struct judge *judge,
                           const struct submit *submit, struct judgement *ret_judgement);

/** A message whose seal, fields and local values are sound, whoever has found that out. */
struct sound {
    const struct envelope *envelope;
    const struct contents *contents;
    struct local_value *locals;
    size_t local_count;
    struct slices replaced; /* digests of the releases that its release would replace */
};

/** Judges as judge_submit does from there on. MEMORY, STORE, CRYPTO */
struct status judge_sound(struct arena *arena, const struct judge *judge, const struct sound *sound,
                          struct judgement *ret_judgement);

/** The posting of an entry about something refused that is no message: hop 0, the actor, the
 * reason's code; oversight is told the reason too. */
struct status judge_refusal(const struct judge *judge, struct status why,
                            struct posting *ret_posting);

/**
 * A message's body as the journal keeps it, MessagePack: [message, derived], and of a message that
 * came from another gateway [message, derived, releases, receipts] with those of the hop before.
 */
struct body {
    struct slice message; /* raw MessagePack */
    struct slices derived;
    struct slices releases, receipts; /* of the hop before; none where the sender is at home here */
};

/** STORE if it is none; MEMORY */
struct status body_parse(struct arena *arena, struct slice octets, struct body *ret_body);

/** Appends a body; releases and receipts only where there are any. */
void body_write(struct buffer *out, const struct body *body);

/** Ends of an inbox row that are kept encrypted. */
struct inbox_ends {
    struct slice urgency;  /* at == NULL: nil */
    uint64_t deadline_ms;  /* 0: nil */
    struct slice handling; /* raw MessagePack array of codes */
    struct slice case_ref; /* at == NULL: nil */
};
struct status inbox_ends_parse(struct slice octets, struct inbox_ends *ret_ends);

#endif
