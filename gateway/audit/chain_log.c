#include "audit/chain_steps.h"

#include "audit/cosigned.h"
#include "audit/ended.h"
#include "base/instant.h"

#define COSIGNED_MAX_AGE_MS ((uint64_t)COSIGNED_FRESH_S * MS_PER_SECOND)

struct tree_head {
    uint64_t size;
    const struct digest *root;
};

/* Looks at one proof; *ret_found says whether it is between the two heads at all. */
static bool proof_holds(const struct tree_head *low, const struct tree_head *high,
                        const struct consistency_proof *proof, bool *ret_found)
{
    if (proof->old_size != low->size || proof->new_size != high->size)
        return false;
    *ret_found = true;
    return merkle_consistent(low->size, high->size, low->root, high->root, proof->path);
}

static bool was_led(const struct reader_state *reader, struct slice origin,
                    const struct tree_head *low, const struct tree_head *high)
{
    for (size_t i = 0; i < reader->led_count; i++) {
        const struct led_checkpoints *led = &reader->led[i];
        if (slice_equal(led->origin, origin) && led->old_size == low->size &&
            led->new_size == high->size && digest_equal(low->root, digest_slice(&led->old_root)) &&
            digest_equal(high->root, digest_slice(&led->new_root)))
            return true;
    }
    return false;
}

/* The proof within the receipt, or those at hand, between two heads of its log. */
static struct status proofs_verify(const struct reader_state *reader, const struct proved *proved,
                                   const struct tree_head *low, const struct tree_head *high)
{
    const struct receipt *r = &proved->receipt;
    const struct consistency_proof within = {
        .old_size = r->old_size,
        .new_size = proved->note.size,
        .path = r->proof,
    };
    bool found = false;
    if (was_led(reader, proved->note.origin, low, high) ||
        (r->has_proof && proof_holds(low, high, &within, &found)))
        return OK;
    for (size_t i = 0; i < reader->proof_count; i++) {
        const struct consistency_proof *proof = &reader->proofs[i];
        if (slice_equal(proof->origin, proved->note.origin) &&
            proof_holds(low, high, proof, &found))
            return OK;
    }
    return found ? REFUSE(CHECKPOINT_FORK) : REFUSE(CHECKPOINT_UNPROVED);
}

/* Whether the receipt's checkpoint and another head of the same log are one history. */
static struct status heads_verify(const struct reader_state *reader, const struct proved *proved,
                                  const struct tree_head *other)
{
    const struct tree_head own = {proved->note.size, &proved->note.root};
    const struct tree_head *low = own.size < other->size ? &own : other;
    const struct tree_head *high = own.size < other->size ? other : &own;
    if (low->size == high->size)
        return digest_equal(own.root, digest_slice(other->root)) ? OK : REFUSE(CHECKPOINT_FORK);
    if (low->size == 0) /* every tree begins with the empty one */
        return OK;
    return proofs_verify(reader, proved, low, high);
}

struct status log_state_verify(const struct reader_state *reader, const struct proved *proved)
{
    for (size_t i = 0; i < reader->kept_count; i++) {
        const struct kept_checkpoint *kept = &reader->kept[i];
        if (!slice_equal(kept->origin, proved->note.origin))
            continue;
        const struct tree_head head = {kept->size, &kept->root};
        struct status s = log_end_allows(proved->log, kept->size, &kept->root);
        if (s.reason == REASON_LOG_CLOSED)
            continue; /* what was kept beyond the end is of no log */
        if (!failed(s))
            s = heads_verify(reader, proved, &head);
        if (failed(s))
            return s;
    }
    return OK;
}

/* The authorities have signed the end, so whatever is proved to lead there needs no witness. */
static bool leads_to_end(const struct reader_state *reader, const struct proved *proved)
{
    const struct tree_head end = {proved->log->closed_size, &proved->log->closed_root};
    return proved->log->is_closed && !failed(heads_verify(reader, proved, &end));
}

/* Cosignatures of the last ten minutes on one note; of any time where the log ended. */
struct cosigners {
    unsigned count;
    bool of_my_state;
};

static struct status cosigners_count(const struct note *note, const struct log_row *log,
                                     const struct reader_state *reader,
                                     struct cosigners *ret_cosigners)
{
    struct cosigners found = {0};
    for (size_t i = 0; i < log->witness_count; i++) {
        struct vkey vkey;
        uint64_t time_s;
        struct status s = vkey_parse(log->witnesses[i].vkey, &vkey);
        if (!failed(s))
            s = note_cosigned(note, &vkey, &time_s);
        if (s.code == CODE_ABSENT)
            continue;
        if (failed(s))
            return s;
        if (!log->is_closed && !cosigned_recent(time_s, reader->now_ms))
            continue;
        found.count++;
        found.of_my_state =
            found.of_my_state || slice_equal(log->witnesses[i].state, party_state(reader->me));
    }
    *ret_cosigners = found;
    return OK;
}

/* The log's own signature and that of each witness hold. */
static struct status cosigned_open(const struct note *note, const struct log_row *log,
                                   const struct reader_state *reader,
                                   struct cosigners *ret_cosigners)
{
    struct vkey vkey;
    struct status s = vkey_parse(log->vkey, &vkey);
    if (!failed(s))
        s = note_verify(note, &vkey);
    return failed(s) ? s : cosigners_count(note, log, reader, ret_cosigners);
}

static struct status cosigned_verify(const struct reader_state *reader, const struct proved *proved,
                                     const struct note *note)
{
    struct cosigners cosigners;
    struct status s = cosigned_open(note, proved->log, reader, &cosigners);
    if (failed(s))
        return s;
    bool old = !proved->log->is_closed && reader->now_ms > proved->time_ms &&
               reader->now_ms - proved->time_ms > COSIGNED_MAX_AGE_MS;
    if (failed(s = log_end_allows(proved->log, note->size, &note->root)))
        return s;
    if (cosigners.count == 0 || (old && note->size < proved->note.size))
        return REFUSE(WITNESS_AGE);
    if (cosigners.count < proved->log->quorum)
        return REFUSE(WITNESS_QUORUM);
    if (!cosigners.of_my_state)
        return REFUSE(WITNESS_STATE);
    const struct tree_head head = {note->size, &note->root};
    return heads_verify(reader, proved, &head);
}

/* One cosigned checkpoint that holds is enough; what speaks of a fork or forgery ends it at once.
 */
struct status witnesses_verify(const struct chain *chain, size_t hop)
{
    const struct proved *proved = &chain->receipts[hop - 1];
    struct status best = REFUSE(WITNESS_AGE);
    if (proved->log->quorum == 0 || leads_to_end(chain->reader, proved))
        return OK;
    for (size_t i = 0; i < chain->reader->cosigned_count; i++) {
        struct note note;
        struct status s = note_parse(chain->reader->cosigned[i], &note);
        if (failed(s))
            return s;
        if (!slice_equal(note.origin, proved->note.origin))
            continue;
        s = cosigned_verify(chain->reader, proved, &note);
        if (s.code != CODE_REFUSED || reason_refusal(s.reason) != REFUSAL_STALE)
            return s;
        if (s.reason != REASON_WITNESS_AGE)
            best = s;
    }
    return best;
}
