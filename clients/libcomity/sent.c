#include "libcomity/sent.h"

#include <stdio.h>
#include <string.h>

#include "libcomity/rows.h"

void sent_begin(const struct claims *claims, struct comity_recipient *r)
{
    memset(r, 0, sizeof *r);
    text_cut(r->party, sizeof r->party, claims->to);
    uuid_write(claims->id, r->id);
    snprintf(r->outcome, sizeof r->outcome, "unsent");
    snprintf(r->stage, sizeof r->stage, "%s", stage_word(STAGE_NONE));
    r->exit = COMITY_UNAVAILABLE;
}

static struct status open_own(struct arena *arena, const struct submit *submit,
                              const struct envelope **ret_envelope)
{
    struct status s =
        envelope_open(arena, submit->message.seal, submit->message.seal.length, ret_envelope);
    return s.code == CODE_REFUSED ? FAIL(STORE) : s;
}

struct status sent_load(struct comity *c, struct arena *arena, struct slice id,
                        struct own_message *ret_message)
{
    struct submit *submit = arena_alloc(arena, sizeof *submit);
    const struct envelope *envelope;
    struct status s =
        submit == NULL ? FAIL(MEMORY) : submission_load(c->archive, arena, id, submit);
    if (failed(s) || failed(s = open_own(arena, submit, &envelope)))
        return s;
    *ret_message = (struct own_message){submit, envelope, false};
    return OK;
}

struct status sent_find(struct comity *c, struct arena *arena, const char *id,
                        struct own_message *ret_message, struct comity_fault *reterr)
{
    uint8_t octets[UUID_BYTES];
    if (!uuid_read(slice_text(id), octets))
        return fault_input(reterr, REFUSAL_UNKNOWN, "\"%s\" is no id of a message", id);
    struct status s = sent_load(c, arena, slice_over(octets, sizeof octets), ret_message);
    if (s.code == CODE_ABSENT)
        return fault_set(reterr, s, "no message %s was sent from this context", id);
    return failed(s) ? fault_set(reterr, s, "message %s cannot be read from the archive", id) : OK;
}

struct walk {
    sent_visit *visit;
    void *owner;
};

static struct status visit_own(void *owner, struct arena *arena, const struct submit *submit)
{
    const struct walk *walk = owner;
    const struct envelope *envelope;
    struct status s = open_own(arena, submit, &envelope);
    if (failed(s))
        return s;
    struct own_message message = {submit, envelope, false};
    return walk->visit(walk->owner, arena, &message);
}

struct status sent_each(struct comity *c, sent_visit *visit, void *owner, size_t *unsound)
{
    struct walk walk = {visit, owner};
    return submissions_each(c->archive, visit_own, &walk, unsound);
}

/* After it was accepted. */
static bool has_failed(const struct sent_answer *answer)
{
    return answer->stage >= STAGE_NOT_RELAYED && answer->stage <= STAGE_NOT_RETRIEVED;
}

const char *sent_outcome(const struct sent_answer *answer)
{
    bool refused = answer->code != REFUSAL_NONE && answer->code != REFUSAL_HELD;
    return has_failed(answer)                           ? "accepted"
           : answer->stage == STAGE_REJECTED || refused ? "refused"
           : answer->stage == STAGE_NONE                ? "held"
                                                        : "accepted";
}

const char *sent_code(const struct sent_answer *answer)
{
    bool counts = has_failed(answer) || strcmp(sent_outcome(answer), "accepted") != 0;
    return counts ? refusal_name(answer->code) : "";
}

void sent_tell(const struct sent_answer *answer, struct comity_recipient *r)
{
    r->exit = COMITY_DONE;
    snprintf(r->outcome, sizeof r->outcome, "%s", sent_outcome(answer));
    snprintf(r->code, sizeof r->code, "%s", sent_code(answer));
    snprintf(r->stage, sizeof r->stage, "%s", stage_word(answer->stage));
    r->proved = answer->proved;
    r->reported = answer->report.present;
    r->released = answer->report.released;
    r->transformed = answer->report.transformed;
    r->withheld = answer->report.withheld;
}
