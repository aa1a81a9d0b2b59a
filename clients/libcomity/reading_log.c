/* The checkpoint of a log that came with something else than a delivery. */

#include "libcomity/reading_parts.h"
#include "libcomity/records.h"

#define TOLD_MAX                                                                                   \
    256 /* logs that grow; what HELLO can name beyond is for those that receipts are of */

static struct status prove_log(struct comity *c, struct arena *arena, struct evidence *e,
                               const struct proved *proved, struct comity_fault *reterr)
{
    struct reader_state reader = reading_state(c, e);
    struct status s = log_state_verify(&reader, proved);
    if (s.code != CODE_REFUSED || s.reason != REASON_CHECKPOINT_UNPROVED)
        return s;
    if (failed(s = reading_ask_between(c, arena, e, &proved->note, reterr)))
        return s;
    reader = reading_state(c, e);
    return log_state_verify(&reader, proved);
}

static struct status refuse_log(struct comity *c, const struct proved *proved, struct status why,
                                struct comity_fault *reterr)
{
    bool forked = why.reason == REASON_CHECKPOINT_FORK;
    struct slice origin = proved->note.origin;
    if (reterr->exit != COMITY_DONE)
        return why; /* said already */
    struct status s = fault_verify(reterr, why,
                                   forked ? "the log %.*s is not the one that was seen before"
                                          : "the log %.*s cannot be followed from where it was",
                                   (int)origin.length, (const char *)origin.at);
    if (forked)
        kept_logs_contradict(c, &proved->note, proved->outer.id, reterr);
    return s;
}

/* is_told: by CHECKPOINT, which nobody waits for. One that is older than what is kept meanwhile and
 * cannot be joined to it says nothing, and the first of a log is left where there is no room. */
static struct status advance(struct comity *c, struct arena *arena, const struct proved *proved,
                             bool is_told, struct comity_fault *reterr)
{
    struct evidence *e = arena_alloc(arena, sizeof *e);
    struct status s = e == NULL ? FAIL(MEMORY) : kept_logs_load(c, arena, &e->kept, reterr);
    if (failed(s))
        return s;
    const struct kept_checkpoint *kept = kept_logs_find(&e->kept, proved->note.origin);
    bool is_past = kept != NULL && proved->note.size < kept->size;
    e->until_ms = is_told ? 0 : reading_until(c);
    if (is_told && kept == NULL && kept_logs_growing(c, &e->kept) >= TOLD_MAX)
        return OK;
    s = prove_log(c, arena, e, proved, reterr);
    if (is_told && is_past && s.reason == REASON_CHECKPOINT_UNPROVED)
        return OK;
    if (s.code == CODE_REFUSED)
        return refuse_log(c, proved, s, reterr);
    return failed(s) ? s : kept_logs_advance(c, &proved->note);
}

/* Another process must not keep another checkpoint meanwhile. */
static struct status advance_alone(struct comity *c, struct arena *arena,
                                   const struct proved *proved, bool is_told,
                                   struct comity_fault *reterr)
{
    struct status s = client_lock(c, reterr);
    if (failed(s))
        return s;
    s = advance(c, arena, proved, is_told, reterr);
    archive_unlock(c->archive);
    return s;
}

struct status reading_advance(struct comity *c, struct arena *arena, const struct proved *proved,
                              struct comity_fault *reterr)
{
    return advance_alone(c, arena, proved, false, reterr);
}

/* All that HELLO had no room for are told on each link again: one that is kept already does not
 * cost a reading of all others. */
struct status reading_told(struct comity *c, struct arena *arena, const struct proved *proved,
                           struct comity_fault *reterr)
{
    const struct note *note = &proved->note;
    const struct known_checkpoint told = {note->origin, note->size, digest_slice(&note->root)};
    if (record_has_checkpoint(c->archive, &told))
        return OK;
    return advance_alone(c, arena, proved, true, reterr);
}
