/* What a verification needs besides the delivery is asked of the own gateway. */

#include "libcomity/reading_parts.h"

#include "libcomity/clock.h"
#include "session/query.h"

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
    if (s.code == CODE_ABSENT) {
        *reterr = (struct comity_fault){0};
        return OK;
    }
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

/* Of another gateway's log it may come with the step that joins it to what is kept of that. */
static struct status take_cosigned(struct arena *arena, struct evidence *e,
                                   const struct answer *answer)
{
    struct steps_row joined = {.size = 0};
    struct slice note;
    if (answer->rows.count < 1 || answer->rows.count > 2)
        return REFUSE(FRAME_SHAPE);
    struct status s = checkpoint_row_parse(answer->rows.at[0], &note);
    if (!failed(s) && answer->rows.count == 2)
        s = steps_row_parse(arena, answer->rows.at[1], &joined);
    if (failed(s))
        return s;
    e->joined[e->cosigned_count] = joined;
    e->is_forked[e->cosigned_count] = false;
    e->cosigned[e->cosigned_count++] = note;
    return OK;
}

static struct status ask_cosigned(struct comity *c, struct arena *arena, struct evidence *e,
                                  struct slice origin, struct comity_fault *reterr)
{
    struct answer answer;
    struct query_args args = {.what = QUERY_CHECKPOINT, .origin = origin};
    struct status s = client_query(c, arena, &args, &answer, reterr);
    if (s.code == CODE_ABSENT || e->cosigned_count == HOPS_MAX) {
        *reterr = (struct comity_fault){0};
        return OK;
    }
    if (!failed(s))
        s = take_cosigned(arena, e, &answer);
    if (s.code == CODE_REFUSED && s.reason == REASON_FRAME_SHAPE)
        return fault_verify(reterr, s, "%s answered with no checkpoint", c->context.gateway);
    return s;
}

struct status reading_ask_between(struct comity *c, struct arena *arena, struct evidence *e,
                                  const struct note *note, struct comity_fault *reterr)
{
    struct kept_checkpoint *kept = kept_logs_find(&e->kept, note->origin);
    if (kept == NULL)
        return OK;
    if (log_is_own(c, note->origin))
        return ask_proof(c, arena, e, note->origin, kept->size, note->size, reterr);
    struct status s =
        kept->size == note->size ? OK : kept_logs_lead(c, kept, note, NULL, e->until_ms, reterr);
    if (s.code == CODE_REFUSED && s.reason == REASON_CHECKPOINT_FORK)
        e->forked = note->origin;
    if (s.code != CODE_ABSENT)
        return s;
    *reterr = (struct comity_fault){0}; /* it stays unproved */
    return OK;
}

/* The checkpoint in a receipt that is not proved yet: good for a question, for nothing else. */
bool reading_note_of(struct arena *arena, struct slice receipt, struct note *ret_note)
{
    struct receipt parsed;
    return !failed(receipt_parse(arena, receipt, &parsed)) &&
           !failed(note_parse(parsed.note, ret_note));
}

static void put_led(struct evidence *e, const struct note *a, const struct note *b)
{
    const struct note *low = a->size < b->size ? a : b, *high = low == a ? b : a;
    e->led[e->led_count++] =
        (struct led_checkpoints){a->origin, low->size, high->size, low->root, high->root};
}

/* Leads a receipt's checkpoint of another gateway's log to a cosigned one. What the gateway has no
 * steps for stays unproved: the verification says so. */
static struct status lead_to_cosigned(struct comity *c, struct evidence *e, size_t k,
                                      const struct note *note, const struct note *cosigned,
                                      struct comity_fault *reterr)
{
    struct kept_checkpoint head = {note->origin, note->size, note->root};
    const struct steps_row *joined = e->joined[k].size == 0 ? NULL : &e->joined[k];
    if (note->size == cosigned->size || cosigned->size == 0 || e->led_count == HOPS_MAX)
        return OK;
    struct status s = kept_logs_lead(c, &head, cosigned, joined, e->until_ms, reterr);
    if (!failed(s))
        put_led(e, note, cosigned);
    e->is_forked[k] = s.code == CODE_REFUSED && s.reason == REASON_CHECKPOINT_FORK;
    if (s.code == CODE_ABSENT) {
        *reterr = (struct comity_fault){0};
        return OK;
    }
    return s;
}

/* Its log has signed it: steps that contradict it are a fork. What is not is refused for that. */
static bool is_signed(const struct comity *c, struct slice text, struct note *ret_note)
{
    const struct log_row *log;
    if (failed(note_parse(text, ret_note)))
        return false;
    const struct gateway_row *gateway = directory_owner(c->rulebook->directory, ret_note->origin);
    return gateway != NULL &&
           !failed(checkpoint_prove(text, gateway, clock_wall_ms(), ret_note, &log));
}

static struct status ask_cosigned_proofs(struct comity *c, struct arena *arena, struct evidence *e,
                                         const struct note *note, struct comity_fault *reterr)
{
    struct status s = OK;
    for (size_t k = 0; k < e->cosigned_count && !failed(s); k++) {
        struct note cosigned;
        if (!is_signed(c, e->cosigned[k], &cosigned) || !slice_equal(cosigned.origin, note->origin))
            continue;
        s = log_is_own(c, note->origin)
                ? ask_proof(c, arena, e, note->origin, cosigned.size, note->size, reterr)
                : lead_to_cosigned(c, e, k, note, &cosigned, reterr);
    }
    return s;
}

struct status reading_ask_proofs(struct comity *c, struct arena *arena,
                                 const struct deliver *deliver, struct evidence *e,
                                 struct comity_fault *reterr)
{
    struct status s = OK;
    e->asked_proofs = true;
    e->proof_count = e->led_count = 0;
    for (size_t i = 0; i < deliver->receipts.count && !failed(s); i++) {
        struct note note;
        if (!reading_note_of(arena, deliver->receipts.at[i], &note))
            continue;
        s = reading_ask_between(c, arena, e, &note, reterr);
        if (!failed(s))
            s = ask_cosigned_proofs(c, arena, e, &note, reterr);
    }
    return s;
}

struct status reading_ask_witnesses(struct comity *c, struct arena *arena,
                                    const struct deliver *deliver, struct evidence *e,
                                    struct comity_fault *reterr)
{
    struct status s = OK;
    e->asked_cosigned = true;
    for (size_t i = 0; i < deliver->receipts.count && !failed(s); i++) {
        struct note note;
        if (reading_note_of(arena, deliver->receipts.at[i], &note))
            s = ask_cosigned(c, arena, e, note.origin, reterr);
    }
    return failed(s) ? s : reading_ask_proofs(c, arena, deliver, e, reterr);
}
