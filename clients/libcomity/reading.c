#include "libcomity/reading_parts.h"

#include <string.h>

#include "libcomity/clock.h"
#include "session/query.h"

#define COSIGNED_PAUSE_MS 500U /* until a newer one is asked for */

uint64_t reading_until(const struct comity *c)
{
    return clock_mono_ms() + c->options.timeout_ms / 2;
}

struct reader_state reading_state(const struct comity *c, const struct evidence *e)
{
    return (struct reader_state){
        .me = client_party(c),
        .now_ms = clock_wall_ms(),
        .signers = e->signers.count > 0 ? &e->signers : NULL,
        .kept = e->kept.at,
        .kept_count = e->kept.count,
        .proofs = e->proofs,
        .proof_count = e->proof_count,
        .led = e->led,
        .led_count = e->led_count,
        .cosigned = e->cosigned,
        .cosigned_count = e->cosigned_count,
    };
}

/* Whether a receipt is of later than what is cosigned of its log, if anything is: the next
 * cosignature is on its way, unless the witnesses are away. */
static bool is_ahead(struct arena *arena, const struct deliver *deliver, const struct evidence *e)
{
    for (size_t i = 0; i < deliver->receipts.count; i++) {
        struct note note, cosigned;
        for (size_t k = 0; k < e->cosigned_count; k++)
            if (reading_note_of(arena, deliver->receipts.at[i], &note) &&
                !failed(note_parse(e->cosigned[k], &cosigned)) && cosigned.line_count > 1 &&
                slice_equal(cosigned.origin, note.origin) && cosigned.size < note.size)
                return true;
    }
    return false;
}

/* Asks the witnesses' word again after a while, if there is time for it. */
static struct status await_witnesses(struct comity *c, struct arena *arena,
                                     const struct deliver *deliver, struct evidence *e,
                                     bool *ret_again, struct comity_fault *reterr)
{
    if (clock_mono_ms() + COSIGNED_PAUSE_MS >= e->until_ms || !is_ahead(arena, deliver, e))
        return OK;
    struct status s = connection_wait(c->link, COSIGNED_PAUSE_MS, reterr);
    if (failed(s))
        return s;
    *ret_again = true;
    e->cosigned_count = 0;
    return reading_ask_witnesses(c, arena, deliver, e, reterr);
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
    if (why.reason == REASON_WITNESS_AGE && e->asked_cosigned)
        return await_witnesses(c, arena, deliver, e, ret_again, reterr);
    if (unproved ? e->asked_proofs : e->asked_cosigned)
        return OK;
    *ret_again = true;
    return unproved ? reading_ask_proofs(c, arena, deliver, e, reterr)
                    : reading_ask_witnesses(c, arena, deliver, e, reterr);
}

static struct status keep_all(struct comity *c, const struct delivery_verified *d)
{
    struct status s = OK;
    for (size_t i = 0; i < d->hops && !failed(s); i++)
        s = kept_logs_advance(c, &d->receipts[i].note);
    return s;
}

/* Whether it is this receipt's log that has two histories; its signature was verified. */
static bool contradicts(const struct comity *c, const struct evidence *e,
                        const struct proved *proved)
{
    struct reader_state reader = reading_state(c, e);
    struct status s = log_state_verify(&reader, proved);
    return slice_equal(e->forked, proved->note.origin) ||
           (s.code == CODE_REFUSED && s.reason == REASON_CHECKPOINT_FORK);
}

static bool open_receipt(struct arena *arena, struct slice receipt, struct proved *ret_proved)
{
    *ret_proved = (struct proved){0};
    return !failed(receipt_parse(arena, receipt, &ret_proved->receipt)) &&
           !failed(note_parse(ret_proved->receipt.note, &ret_proved->note)) &&
           !failed(outer_parse(ret_proved->receipt.record, &ret_proved->outer));
}

/* The checkpoint of the same log that was cosigned and cannot be true beside this one. */
static bool contradicts_cosigned(const struct comity *c, const struct evidence *e,
                                 const struct proved *proved, struct note *ret_cosigned)
{
    for (size_t i = 0; i < e->cosigned_count; i++) {
        struct reader_state reader = reading_state(c, e);
        if (failed(note_parse(e->cosigned[i], ret_cosigned)))
            continue;
        const struct kept_checkpoint head = {ret_cosigned->origin, ret_cosigned->size,
                                             ret_cosigned->root};
        reader.kept = &head;
        reader.kept_count = 1;
        if ((e->is_forked[i] && slice_equal(ret_cosigned->origin, proved->note.origin)) ||
            log_state_verify(&reader, proved).reason == REASON_CHECKPOINT_FORK)
            return true;
    }
    return false;
}

/* Where no log contradicts what is kept, the first one that contradicts its witnesses is what was
 * refused: their signatures were verified before. */
static void keep_contradictions(struct comity *c, struct arena *arena,
                                const struct deliver *deliver, const struct evidence *e,
                                struct comity_fault *reterr)
{
    bool found = false;
    struct proved proved;
    struct note cosigned;
    for (size_t i = 0; i < deliver->receipts.count; i++)
        if (open_receipt(arena, deliver->receipts.at[i], &proved) && contradicts(c, e, &proved)) {
            kept_logs_contradict(c, &proved.note, proved.outer.id, reterr);
            found = true;
        }
    for (size_t i = 0; i < deliver->receipts.count && !found; i++)
        if (open_receipt(arena, deliver->receipts.at[i], &proved) &&
            contradicts_cosigned(c, e, &proved, &cosigned)) {
            kept_logs_contradict_cosigned(c, &cosigned, &proved.note, proved.outer.id, reterr);
            found = true;
        }
}

static struct status refuse_reading(struct comity *c, struct arena *arena,
                                    const struct deliver *deliver, const struct evidence *e,
                                    struct status why, struct comity_fault *reterr)
{
    struct status s = fault_verify(reterr, why, "a delivery does not hold and is not shown");
    if (why.code == CODE_REFUSED && why.reason == REASON_CHECKPOINT_FORK)
        keep_contradictions(c, arena, deliver, e, reterr);
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
        struct reader_state reader = reading_state(c, e);
        struct status why =
            chain_verify(arena, deliver, c->rulebook->directory, &reader, ret_delivery);
        if (!failed(why))
            return OK;
        s = mend(c, arena, deliver, why, e, &again, reterr);
        if (s.code == CODE_REFUSED && s.reason == REASON_CHECKPOINT_FORK)
            return refuse_reading(c, arena, deliver, e, s, reterr);
        if (!failed(s) && !again)
            return refuse_reading(c, arena, deliver, e, why, reterr);
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
    struct status s = e == NULL ? FAIL(MEMORY) : kept_logs_load(c, arena, &e->kept, reterr);
    if (failed(s))
        return s;
    e->until_ms = reading_until(c);
    s = verify(c, arena, deliver, e, &delivery, reterr);
    if (!failed(s))
        s = keep_all(c, delivery);
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
