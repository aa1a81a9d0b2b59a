#include "libcomity/reading.h"

#include <string.h>

#include "libcomity/clock.h"
#include "libcomity/records.h"
#include "session/query.h"

#define PROOFS_MAX 6 /* of each hop: to the kept checkpoint, and to cosigned ones */

/* What is at hand for one verification. */
struct evidence {
    struct dated_certificate signer; /* of the seal, instead of the directory's */
    struct dated_certificates signers;
    struct kept_checkpoint kept[HELLO_LIST_MAX];
    size_t kept_count;
    struct consistency_proof proofs[PROOFS_MAX];
    size_t proof_count;
    struct slice cosigned[HOPS_MAX];
    size_t cosigned_count;
    bool asked_proofs, asked_cosigned;
};

/* Strict: without a log's checkpoint nobody would notice that it was rewritten. */
static struct status load_kept(struct comity *c, struct arena *arena, struct evidence *e,
                               struct comity_fault *reterr)
{
    struct known_checkpoint *known;
    size_t count, unsound = 0;
    struct status s = checkpoints_load(c->archive, arena, &known, &count, &unsound);
    if (!failed(s))
        s = client_unsound(c, unsound, reterr);
    for (size_t i = 0; i < count && !failed(s); i++)
        e->kept[e->kept_count++] =
            (struct kept_checkpoint){known[i].origin, known[i].size, digest_read(known[i].root)};
    return s;
}

static const struct kept_checkpoint *kept_of(const struct evidence *e, struct slice origin)
{
    for (size_t i = 0; i < e->kept_count; i++)
        if (slice_equal(e->kept[i].origin, origin))
            return &e->kept[i];
    return NULL;
}

/* Asks for the proof between two sizes of a log, in either order. What the gateway does not know
 * stays unproved: the verification says so. */
static struct status ask_proof(struct comity *c, struct arena *arena, struct evidence *e,
                               struct slice origin, uint64_t a, uint64_t b,
                               struct comity_fault *reterr)
{
    struct answer answer;
    struct query_args args = {.what = QUERY_CONSISTENCY,
                              .origin = origin,
                              .old_size = a < b ? a : b,
                              .new_size = a < b ? b : a};
    if (a == b || a == 0 || b == 0 || e->proof_count == PROOFS_MAX)
        return OK;
    struct status s = client_query(c, arena, &args, &answer, reterr);
    if (s.code == CODE_ABSENT)
        return OK;
    if (failed(s))
        return s;
    struct consistency_proof proof = {origin, args.old_size, args.new_size, {0}};
    if (answer.rows.count != 1 ||
        failed(consistency_row_parse(arena, answer.rows.at[0], &proof.path)))
        return fault_verify(reterr, REFUSE(FRAME_SHAPE), "%s answered with no proof",
                            c->context.gateway);
    e->proofs[e->proof_count++] = proof;
    return OK;
}

static struct status ask_cosigned(struct comity *c, struct arena *arena, struct evidence *e,
                                  struct slice origin, struct comity_fault *reterr)
{
    struct answer answer;
    struct query_args args = {.what = QUERY_CHECKPOINT, .origin = origin};
    struct status s = client_query(c, arena, &args, &answer, reterr);
    if (s.code == CODE_ABSENT || e->cosigned_count == HOPS_MAX)
        return OK;
    if (failed(s))
        return s;
    if (answer.rows.count != 1 ||
        failed(checkpoint_row_parse(answer.rows.at[0], &e->cosigned[e->cosigned_count])))
        return fault_verify(reterr, REFUSE(FRAME_SHAPE), "%s answered with no checkpoint",
                            c->context.gateway);
    e->cosigned_count++;
    return OK;
}

/* The checkpoint in a receipt that is not proved yet: good for a question, for nothing else. */
static bool note_of(struct arena *arena, struct slice receipt, struct note *ret_note)
{
    struct receipt parsed;
    return !failed(receipt_parse(arena, receipt, &parsed)) &&
           !failed(note_parse(parsed.note, ret_note));
}

static struct status ask_proofs(struct comity *c, struct arena *arena,
                                const struct deliver *deliver, struct evidence *e,
                                struct comity_fault *reterr)
{
    struct status s = OK;
    e->asked_proofs = true;
    e->proof_count = 0;
    for (size_t i = 0; i < deliver->receipts.count && !failed(s); i++) {
        struct note note, cosigned;
        if (!note_of(arena, deliver->receipts.at[i], &note))
            continue;
        const struct kept_checkpoint *kept = kept_of(e, note.origin);
        if (kept != NULL)
            s = ask_proof(c, arena, e, note.origin, kept->size, note.size, reterr);
        for (size_t k = 0; k < e->cosigned_count && !failed(s); k++)
            if (!failed(note_parse(e->cosigned[k], &cosigned)) &&
                slice_equal(cosigned.origin, note.origin))
                s = ask_proof(c, arena, e, note.origin, cosigned.size, note.size, reterr);
    }
    return s;
}

static struct status ask_witnesses(struct comity *c, struct arena *arena,
                                   const struct deliver *deliver, struct evidence *e,
                                   struct comity_fault *reterr)
{
    struct status s = OK;
    e->asked_cosigned = true;
    for (size_t i = 0; i < deliver->receipts.count && !failed(s); i++) {
        struct note note;
        if (note_of(arena, deliver->receipts.at[i], &note))
            s = ask_cosigned(c, arena, e, note.origin, reterr);
    }
    return failed(s) ? s : ask_proofs(c, arena, deliver, e, reterr);
}

/* Whether the gateway has something that this refusal can be mended with; then it is asked for. */
static struct status mend(struct comity *c, struct arena *arena, const struct deliver *deliver,
                          struct status why, struct evidence *e, bool *ret_again,
                          struct comity_fault *reterr)
{
    *ret_again = false;
    if (why.code != CODE_REFUSED || reason_refusal(why.reason) != REFUSAL_STALE)
        return OK;
    bool unproved = why.reason == REASON_CHECKPOINT_UNPROVED;
    if (unproved ? e->asked_proofs : e->asked_cosigned)
        return OK;
    *ret_again = true;
    return unproved ? ask_proofs(c, arena, deliver, e, reterr)
                    : ask_witnesses(c, arena, deliver, e, reterr);
}

static struct status keep(struct comity *c, const struct evidence *e, const struct note *note)
{
    const struct kept_checkpoint *kept = kept_of(e, note->origin);
    if (kept != NULL && kept->size >= note->size)
        return OK;
    return record_checkpoint(c->archive, &(struct known_checkpoint){note->origin, note->size,
                                                                    digest_slice(&note->root)});
}

static struct status keep_all(struct comity *c, const struct evidence *e,
                              const struct delivery_verified *d)
{
    struct status s = OK;
    for (size_t i = 0; i < d->hops && !failed(s); i++)
        s = keep(c, e, &d->receipts[i].note);
    return s;
}

/* Judges until it holds, or what it is refused for cannot be mended. */
static struct status verify(struct comity *c, struct arena *arena, const struct deliver *deliver,
                            struct evidence *e, const struct delivery_verified **ret_delivery,
                            struct comity_fault *reterr)
{
    bool again = true;
    struct status s = OK;
    while (!failed(s) && again) {
        struct reader_state reader = {
            .me = client_party(c),
            .now_ms = clock_wall_ms(),
            .signers = e->signers.count > 0 ? &e->signers : NULL,
            .kept = e->kept,
            .kept_count = e->kept_count,
            .proofs = e->proofs,
            .proof_count = e->proof_count,
            .cosigned = e->cosigned,
            .cosigned_count = e->cosigned_count,
        };
        struct status why =
            chain_verify(arena, deliver, c->rulebook->directory, &reader, ret_delivery);
        if (!failed(why))
            return OK;
        s = mend(c, arena, deliver, why, e, &again, reterr);
        if (!failed(s) && !again)
            return fault_verify(reterr, why, "a delivery does not hold and is not shown");
    }
    return s;
}

static struct status verify_new(struct comity *c, struct arena *arena,
                                const struct deliver *deliver,
                                const struct delivery_verified **ret_delivery,
                                struct comity_fault *reterr)
{
    const struct delivery_verified *delivery;
    struct evidence *e = arena_alloc(arena, sizeof *e);
    struct status s = e == NULL ? FAIL(MEMORY) : load_kept(c, arena, e, reterr);
    if (!failed(s))
        s = verify(c, arena, deliver, e, &delivery, reterr);
    if (!failed(s))
        s = keep_all(c, e, delivery);
    if (!failed(s))
        *ret_delivery = delivery;
    return s;
}

/* Another process must not keep another checkpoint between what is loaded and what is kept. */
struct status reading_verify(struct comity *c, struct arena *arena, const struct deliver *deliver,
                             const struct delivery_verified **ret_delivery,
                             struct comity_fault *reterr)
{
    struct status s = client_lock(c, reterr);
    if (failed(s))
        return s;
    s = verify_new(c, arena, deliver, ret_delivery, reterr);
    archive_unlock(c->archive);
    return s;
}

struct status reading_again(struct comity *c, struct arena *arena, const struct deliver *deliver,
                            struct certificate *signer,
                            const struct delivery_verified **ret_delivery,
                            struct comity_fault *reterr)
{
    struct evidence *e = arena_alloc(arena, sizeof *e);
    if (e == NULL)
        return FAIL(MEMORY);
    e->signer = (struct dated_certificate){signer, 0, UINT64_MAX};
    e->signers = (struct dated_certificates){&e->signer, signer != NULL};
    return verify(c, arena, deliver, e, ret_delivery, reterr);
}

struct slice reading_signer(const struct comity *c, const struct envelope *envelope)
{
    const struct party *party = directory_party(c->rulebook->directory, envelope->claims.from);
    for (size_t i = 0; party != NULL && i < party->sealing.count; i++) {
        const struct certificate *certificate = party->sealing.at[i].certificate;
        if (digest_equal(certificate_x5t(certificate), envelope->cose.x5t))
            return certificate_der(certificate);
    }
    return (struct slice){0};
}

static struct status same_log(const struct proved *proved, const struct kept_checkpoint *kept,
                              const struct consistency_proof *proof)
{
    bool newer = proved->note.size > kept->size;
    const struct digest *low = newer ? &kept->root : &proved->note.root;
    const struct digest *high = newer ? &proved->note.root : &kept->root;
    return merkle_consistent(proof->old_size, proof->new_size, low, high, proof->path)
               ? OK
               : REFUSE(CHECKPOINT_FORK);
}

static struct status prove_log(struct comity *c, struct arena *arena, struct evidence *e,
                               const struct proved *proved, const struct kept_checkpoint *kept,
                               struct comity_fault *reterr)
{
    const struct receipt *r = &proved->receipt;
    struct consistency_proof within = {proved->note.origin, r->old_size, proved->note.size,
                                       r->proof};
    if (proved->note.size == kept->size)
        return digest_equal(&kept->root, digest_slice(&proved->note.root))
                   ? OK
                   : REFUSE(CHECKPOINT_FORK);
    if (r->has_proof && r->old_size == kept->size)
        return same_log(proved, kept, &within);
    struct status s =
        ask_proof(c, arena, e, proved->note.origin, kept->size, proved->note.size, reterr);
    if (failed(s))
        return s;
    return e->proof_count == 0 ? REFUSE(CHECKPOINT_UNPROVED)
                               : same_log(proved, kept, &e->proofs[0]);
}

static struct status advance(struct comity *c, struct arena *arena, const struct proved *proved,
                             struct comity_fault *reterr)
{
    struct evidence *e = arena_alloc(arena, sizeof *e);
    struct status s = e == NULL ? FAIL(MEMORY) : load_kept(c, arena, e, reterr);
    if (failed(s))
        return s;
    const struct kept_checkpoint *kept = kept_of(e, proved->note.origin);
    if (kept != NULL && kept->size > 0)
        s = prove_log(c, arena, e, proved, kept, reterr);
    if (s.code == CODE_REFUSED)
        return fault_verify(reterr, s, "the log %.*s is not the one that was seen before",
                            (int)proved->note.origin.length, (const char *)proved->note.origin.at);
    return failed(s) ? s : keep(c, e, &proved->note);
}

struct status reading_advance(struct comity *c, struct arena *arena, const struct proved *proved,
                              struct comity_fault *reterr)
{
    struct status s = client_lock(c, reterr);
    if (failed(s))
        return s;
    s = advance(c, arena, proved, reterr);
    archive_unlock(c->archive);
    return s;
}
