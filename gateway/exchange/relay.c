#include "exchange/relay.h"

#include "exchange/candidate.h"
#include "exchange/disclosure.h"
#include "exchange/judge_claims.h"
#include "message/remains.h"

/* What the pipeline has made so far; each stage adds what the next one takes. */
struct work {
    struct arena *arena;
    const struct judge *judge;
    const struct deliver *deliver;
    const struct bringer *bringer;
    const struct delivery_verified *verified;
    const struct claims *claims;
    const struct document *document;
    const struct decision *decision;
    struct slice detail;
    bool sound; /* new, and judged by the law of its release: what is said of it stays said */
};

static struct reader_state reader_of(const struct work *w)
{
    const struct kept_checkpoint *kept = w->bringer->kept;
    return (struct reader_state){
        .me = w->judge->gateway,
        .peer = w->judge->party,
        .now_ms = w->judge->at_ms,
        .revoked = w->judge->revoked,
        .kept = kept,
        .kept_count = kept == NULL || kept->size == 0 ? 0 : 1,
    };
}

/* What depends on who is at home where, and on whose key is whose. */
static bool is_of_directory(enum reason reason)
{
    static const enum reason reasons[] = {
        REASON_READER_RECIPIENT, REASON_LINK_PEER,     REASON_ROUTE_UNKNOWN, REASON_CHAIN_LENGTH,
        REASON_RELEASE_GATEWAY,  REASON_NOTE_ORIGIN,   REASON_NOTE_KEY,      REASON_SEAL_SIGNER,
        REASON_SEAL_IDENTITY,    REASON_SEAL_VALIDITY,
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i] == reason)
            return true;
    return false;
}

static struct status verify(struct work *w)
{
    const struct reader_state reader = reader_of(w);
    struct status s =
        chain_verify(w->arena, w->deliver, w->judge->rulebook->directory, &reader, &w->verified);
    if (!failed(s))
        w->claims = &w->verified->envelope->claims;
    else if (!w->bringer->same_directory && is_of_directory(s.reason))
        return REFUSE(DIRECTORY_OTHER);
    return s;
}

/* What a peer brings again was not answered yet, for all it knows. */
static struct status find_before(const struct work *w, struct judgement *j)
{
    const struct message_key key = {w->claims->from, w->claims->id, w->claims->to};
    struct status s =
        journal_seen(w->judge->reader, w->arena, &key, w->judge->reader_size, &j->seen);
    if (s.code == CODE_ABSENT)
        return OK;
    if (failed(s))
        return s;
    j->repeated = digest_equal(&j->seen.seal, digest_slice(&w->verified->envelope->digest));
    return j->repeated ? OK : REFUSE(REPLAY_OTHER);
}

/* Both hops judge by one law: under another one, what is here might never have been let go. What
 * was let go under an earlier one its gateway has judged again by that of now. */
static struct status judge_version(const struct work *w)
{
    uint64_t ours = schema_number(w->judge->rulebook->schema);
    return w->bringer->same_law && w->verified->releases[0].rulebook.law <= ours
               ? OK
               : REFUSE(LAW_OTHER);
}

static struct status judge_document(struct work *w, const struct message_type *type)
{
    struct remains remains;
    struct status s = contents_remains(w->arena, w->verified->contents, &remains);
    return failed(s) ? s
                     : document_judge_remains(w->arena, type, &remains, &w->document, &w->detail);
}

static struct status judge_law(struct work *w)
{
    const struct question question = {
        .rulebook = w->judge->rulebook,
        .relayed = &w->verified->releases[0],
        .claims = w->claims,
        .document = w->document,
        .at_ms = w->judge->at_ms,
    };
    struct status s = policy_decide(w->arena, &question, &w->decision);
    if (!failed(s))
        candidate_ask(w->judge->candidate, w->judge, &question, w->decision);
    return s;
}

/* From a proven chain to a decision. */
static struct status judge_content(struct work *w)
{
    const struct rulebook *rulebook = w->judge->rulebook;
    const struct message_type *type =
        schema_type(rulebook->schema, w->claims->type, w->claims->schema);
    struct status s;
    if (w->judge->at_ms >= rulebook_until_ms(rulebook, w->claims->from, w->claims->to))
        return FAIL(FULL); /* no law: it comes again, when there is one */
    if (type == NULL)
        return REFUSE(TYPE_UNKNOWN);
    if (failed(s = claims_judge(w->judge, type, w->claims, &w->detail)) ||
        failed(s = judge_document(w, type)))
        return s;
    return judge_law(w);
}

static struct status judge_arrival(struct work *w)
{
    struct status s = judge_version(w);
    if (failed(s))
        return s;
    w->sound = true;
    return w->judge->at_ms >= w->claims->expires_ms ? REFUSE(CLAIMS_EXPIRED) : judge_content(w);
}

/* What the peer is told: a refusal, but never that a message is held. */
static void keep_outcome(struct judgement *j, const struct work *w, struct status s)
{
    bool refused = !failed(s) && w->decision->outcome == OUTCOME_REFUSE;
    j->why = refused ? REFUSE(LAW_REFUSED) : s;
    j->code = refused ? w->decision->code : failed(s) ? reason_refusal(s.reason) : REFUSAL_NONE;
    j->detail = w->detail;
}

/* An envelope that opens names the message it is about, even where nothing of it holds. */
static struct status named_envelope(const struct work *w, const struct envelope **ret_envelope)
{
    *ret_envelope = NULL;
    if (w->verified != NULL) {
        *ret_envelope = w->verified->envelope;
        return OK;
    }
    struct status s = envelope_open(w->arena, w->deliver->message.seal,
                                    w->deliver->message_raw.length, ret_envelope);
    return s.code == CODE_REFUSED ? OK : s;
}

static struct status write_posting(const struct work *w, struct judgement *j)
{
    const struct envelope *envelope;
    const struct arrival arrival = {w->deliver, w->verified};
    struct status s = named_envelope(w, &envelope);
    if (failed(s))
        return s;
    bool held = w->decision != NULL && w->decision->outcome == OUTCOME_HOLD;
    const struct disclosure disclosure = {
        .judge = w->judge,
        .hop = HOP_SECOND,
        .arrival = w->verified == NULL ? NULL : &arrival,
        .envelope = envelope,
        .contents = w->sound ? w->verified->contents : NULL,
        .document = w->document,
        .decision = w->decision,
        .code = held ? REFUSAL_HELD : j->code,
        .detail = j->detail,
    };
    return disclosure_posting(w->arena, &disclosure, &j->posting);
}

static struct status keep_checkpoint(struct arena *arena, const struct proved *proved,
                                     struct peer_checkpoint *ret_peer)
{
    const struct receipt *receipt = &proved->receipt;
    *ret_peer = (struct peer_checkpoint){
        .origin = proved->note.origin,
        .size = proved->note.size,
        .root = proved->note.root,
        .note = arena_copy(arena, proved->note.text),
        .old_size = receipt->has_proof ? receipt->old_size : 0,
        .path = receipt->has_proof ? receipt->proof : (struct slices){NULL, 0},
    };
    return ret_peer->note.at == NULL ? FAIL(MEMORY) : OK;
}

/*
 * What the receipt says of the peer's log is kept whatever becomes of the message, and a fork for
 * evidence. A checkpoint without its proof is worth nothing.
 */
static struct status fill_peer(const struct work *w, struct peer_checkpoint *ret_peer)
{
    const struct reader_state reader = reader_of(w);
    const struct gateway_row *gateway =
        directory_gateway(w->judge->rulebook->directory, w->judge->party);
    struct proved *proved = arena_alloc(w->arena, sizeof *proved);
    if (proved == NULL)
        return FAIL(MEMORY);
    if (gateway == NULL || w->deliver->receipts.count == 0)
        return OK;
    struct status s = receipt_prove(w->arena, w->deliver->receipts.at[0], gateway, proved);
    if (!failed(s))
        s = log_state_verify(&reader, proved);
    if (!failed(s) || s.reason == REASON_CHECKPOINT_FORK)
        return keep_checkpoint(w->arena, proved, ret_peer);
    return s.code == CODE_REFUSED ? OK : s;
}

struct status judge_relay(struct arena *arena, const struct judge *judge,
                          const struct deliver *deliver, const struct bringer *bringer,
                          struct judgement *ret_judgement)
{
    struct judgement j = {.posting = {.kind = POSTING_CHECKPOINT, .at_ms = judge->at_ms}};
    struct work w = {.arena = arena, .judge = judge, .deliver = deliver, .bringer = bringer};
    struct status s = verify(&w);
    if (!failed(s))
        s = find_before(&w, &j);
    if (!failed(s) && !j.repeated)
        s = judge_arrival(&w);
    if (failed(s) && s.code != CODE_REFUSED)
        return s;
    if (!j.repeated) {
        keep_outcome(&j, &w, s);
        if (failed(s = write_posting(&w, &j)))
            return s;
    }
    if (failed(s = fill_peer(&w, &j.posting.peer)))
        return s;
    *ret_judgement = j;
    return OK;
}

struct status judge_relayed(struct arena *arena, const struct judge *judge,
                            const struct deliver *deliver, struct judgement *ret_judgement)
{
    static const struct bringer nobody = {.same_law = true, .same_directory = true};
    struct judgement j = {0};
    struct work w = {.arena = arena, .judge = judge, .deliver = deliver, .bringer = &nobody};
    struct status s = verify(&w);
    w.sound = !failed(s);
    if (!failed(s))
        s = judge_content(&w);
    if (failed(s) && s.code != CODE_REFUSED)
        return s;
    keep_outcome(&j, &w, s);
    if (!failed(s) && w.decision->outcome == OUTCOME_HOLD) {
        j.code = REFUSAL_HELD;
        j.why = REFUSE(LAW_HELD);
    }
    s = write_posting(&w, &j);
    if (!failed(s))
        *ret_judgement = j;
    return s;
}
