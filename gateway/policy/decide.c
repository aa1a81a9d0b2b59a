#include "policy/decide.h"

#include <stdlib.h>

#include "policy/lanes.h"
#include "policy/leak.h"
#include "policy/obligations.h"
#include "policy/stated.h"

#define RULE_CLAIMS "R-GEN-05"
#define RULE_TEXT   "R-GEN-07 (a withheld value in released text)"
#define RULE_DUAL   "R-NPP-04"
#define RULE_DEAF   "R-ASY-03"
#define RULE_SIZE   "too many stated withholdings or obligations"

/* A level for every field, then what depends on the levels of others. */
static struct status decide_fields(struct facts *f, const struct weighing *w, struct decision *d)
{
    struct status s;
    const struct document *document = f->document;
    struct derivations made = {
        .at = arena_array(f->arena, document->count + document->person_count + 1, sizeof *made.at)};
    struct verdict *verdicts = arena_array(f->arena, document->count + 1, sizeof *verdicts);
    if (made.at == NULL || verdicts == NULL)
        return FAIL(MEMORY);
    uint32_t obligations = 0;
    for (size_t i = 0; i < document->count; i++) {
        struct tally tally = weigh_item(w, &document->items[i]);
        verdicts[i] = tally_verdict(&tally, document->items[i].category);
        if (verdicts[i].level > LEVEL_STATED)
            obligations |= tally.obligations;
    }
    if (failed(s = derive_generalised(w, verdicts, &made, &obligations)) ||
        failed(s = derive_together(w, verdicts, &made, &obligations)) ||
        failed(s = derive_transformed(f, verdicts, &made)))
        return s;
    derivations_sort(&made);
    d->verdicts = verdicts;
    d->derivations = made.at;
    d->derivation_count = made.count;
    if (failed(s = stated_collect(f, verdicts, &made, &d->withheld, &d->withheld_count)))
        return s;
    return obligations_write(f->arena, obligations, f->question->claims, &d->obligations);
}

/* What hop 1 has stated and obliged to goes on to the recipient. */
static struct status carry_on(const struct facts *f, struct decision *d)
{
    const struct release *first = f->question->relayed;
    if (first == NULL)
        return OK;
    struct status s = stated_carry(f->arena, first, &d->withheld, &d->withheld_count);
    return failed(s) ? s : obligations_carry(f->arena, first->obligations, &d->obligations);
}

static int count_order(const void *a, const void *b)
{
    return slice_compare(slice_text(category_code(((const struct category_count *)a)->category)),
                         slice_text(category_code(((const struct category_count *)b)->category)));
}

/* Which fields are shown in another form: of these nothing is removed in silence. */
static bool *shown_otherwise(const struct facts *f, const struct decision *d)
{
    bool *shown = arena_array(f->arena, f->document->count + 1, sizeof *shown);
    for (size_t i = 0; shown != NULL && i < d->derivation_count; i++) {
        const struct derivation *made = &d->derivations[i];
        if (slice_equal(made->path, f->document->items[made->source].leaf.path))
            shown[made->source] = true;
    }
    return shown;
}

/* Silent removals are told to the State's own oversight alone. */
static struct status count_fields(const struct facts *f, struct decision *d)
{
    uint64_t silent[CATEGORY_COUNT] = {0};
    struct category_count *counts = arena_array(f->arena, CATEGORY_COUNT, sizeof *counts);
    const bool *shown = shown_otherwise(f, d);
    if (counts == NULL || shown == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < f->document->count; i++) {
        d->released += d->verdicts[i].released;
        if (!d->verdicts[i].released && d->verdicts[i].level != LEVEL_STATED && !shown[i])
            silent[f->document->items[i].category]++;
    }
    d->withheld_total = f->document->count - d->released;
    d->transformed = d->derivation_count;
    for (unsigned c = 0; c < CATEGORY_COUNT; c++)
        if (silent[c] > 0)
            counts[d->silent_count++] = (struct category_count){(enum category)c, silent[c]};
    if (d->silent_count > 1)
        qsort(counts, d->silent_count, sizeof *counts, count_order);
    d->silent = counts;
    return OK;
}

/* The one of two stops whose code comes first in the order of refusals. */
static struct stop earlier(struct stop a, bool stops, enum refusal code, const char *rule)
{
    if (!stops || (a.code != REFUSAL_NONE && a.code <= code))
        return a;
    return (struct stop){code, slice_text(rule)};
}

static void stop_with(struct decision *d, enum outcome outcome, struct stop stop)
{
    d->outcome = outcome;
    d->code = stop.code;
    d->rule = stop.rule;
}

/* Somebody listed as a victim and as a suspect is a matter for a human, whatever the rules say. */
static bool has_dual_role(const struct document *d)
{
    bool dual = false;
    for (size_t i = 0; i < d->person_count; i++)
        dual = dual || d->persons[i].dual;
    return dual;
}

/* Refusals precede holds; among each the order of the codes decides, never that of the rules. */
static struct status decide_outcome(const struct facts *f, const struct weighing *w,
                                    struct decision *d)
{
    struct status s;
    struct leaks leaks;
    const struct question *q = f->question;
    const struct leak_question leak = {f->document, d->verdicts, f->locals, f->local_count,
                                       q->claims};
    if (failed(s = leak_search(f->arena, &leak, &leaks)))
        return s;
    struct stop refused = weigh_stop(w, RULE_REFUSE);
    refused = earlier(refused, leaks.in_claims, REFUSAL_SCHEMA, RULE_CLAIMS);
    bool too_many =
        d->withheld_count > RELEASE_MAX_WITHHELD || d->obligations.count > RELEASE_MAX_OBLIGATIONS;
    refused = earlier(refused, too_many, REFUSAL_SIZE, RULE_SIZE);
    struct stop held = weigh_stop(w, RULE_HOLD);
    held = earlier(held, has_dual_role(f->document), REFUSAL_HELD, RULE_DUAL);
    held = earlier(held, leaks.in_text, REFUSAL_HELD, RULE_TEXT);
    if (refused.code != REFUSAL_NONE)
        stop_with(d, OUTCOME_REFUSE, refused);
    else if (held.code != REFUSAL_NONE)
        stop_with(d, OUTCOME_HOLD, held);
    else
        d->outcome = OUTCOME_DELIVER;
    return OK;
}

/* The lane is taken for the first of two runs. */
static struct status decide_once(struct arena *arena, const struct question *q, bool with_locals,
                                 const struct lane **lane, struct decision *d)
{
    struct status s;
    struct facts f;
    struct weighing w;
    if (failed(s = facts_gather(arena, q, with_locals, &f)))
        return s;
    if (*lane == NULL && (*lane = lanes_take(&f)) == NULL)
        return FAIL(MEMORY);
    if (failed(s = weighing_on(&f, *lane, &w)) || failed(s = decide_fields(&f, &w, d)) ||
        failed(s = carry_on(&f, d)) || failed(s = count_fields(&f, d)) ||
        failed(s = decide_outcome(&f, &w, d)))
        return s;
    return f.starved ? FAIL(MEMORY) : OK;
}

static bool same_fields(const struct document *document, const struct decision *a,
                        const struct decision *b)
{
    bool same = a->derivation_count == b->derivation_count;
    for (size_t i = 0; same && i < document->count; i++)
        same = a->verdicts[i].grade == b->verdicts[i].grade &&
               a->verdicts[i].level == b->verdicts[i].level &&
               a->verdicts[i].released == b->verdicts[i].released;
    for (size_t i = 0; same && i < a->derivation_count; i++)
        same = slice_equal(a->derivations[i].path, b->derivations[i].path) &&
               slice_equal(a->derivations[i].value, b->derivations[i].value);
    return same;
}

static bool same_notices(const struct decision *a, const struct decision *b)
{
    bool same =
        a->withheld_count == b->withheld_count && a->obligations.count == b->obligations.count;
    for (size_t i = 0; same && i < a->withheld_count; i++)
        same = slice_equal(a->withheld[i].path, b->withheld[i].path) &&
               slice_equal(a->withheld[i].code, b->withheld[i].code);
    for (size_t i = 0; same && i < a->obligations.count; i++)
        same = slice_equal(a->obligations.at[i], b->obligations.at[i]);
    return same;
}

/*
 * What the law says with LOCAL values and what it says deaf to them. The sender is told the deaf
 * outcome, or E_HELD, which says nothing. Abroad nothing leaves that the values would change.
 */
static struct decision *combine(const struct question *q, struct decision *deaf,
                                struct decision *full)
{
    bool abroad = !slice_equal(party_state(q->claims->from), party_state(q->claims->to));
    if (deaf->outcome == OUTCOME_REFUSE)
        return deaf;
    full->released = deaf->released;
    full->transformed = deaf->transformed;
    full->withheld_total = deaf->withheld_total;
    if (full->outcome != OUTCOME_DELIVER) {
        if (deaf->outcome == OUTCOME_DELIVER || full->code != deaf->code)
            stop_with(full, OUTCOME_HOLD, (struct stop){REFUSAL_HELD, full->rule});
        return full;
    }
    bool same = deaf->outcome == OUTCOME_DELIVER && same_fields(q->document, deaf, full) &&
                same_notices(deaf, full);
    if (abroad && !same)
        stop_with(full, OUTCOME_HOLD, (struct stop){REFUSAL_HELD, slice_text(RULE_DEAF)});
    return abroad && same ? deaf : full;
}

struct status policy_decide(struct arena *arena, const struct question *question,
                            const struct decision **ret_decision)
{
    struct status s;
    const struct lane *lane = NULL;
    struct decision *deaf = arena_alloc(arena, sizeof *deaf);
    struct decision *full = arena_alloc(arena, sizeof *full);
    if (deaf == NULL || full == NULL)
        return FAIL(MEMORY);
    s = decide_once(arena, question, false, &lane, deaf);
    if (!failed(s) && question->local_count > 0)
        s = decide_once(arena, question, true, &lane, full);
    lanes_give_back(question->rulebook->law->engine->lanes, lane);
    if (!failed(s))
        *ret_decision = question->local_count > 0 ? combine(question, deaf, full) : deaf;
    return s;
}
