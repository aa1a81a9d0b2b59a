#include "exchange/candidate.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "exchange/judge_claims.h"

#define ARENA_BYTES (16U << 20)

struct candidate {
    atomic_uint references;
    struct rulebook *rulebook;
    struct digest beside;
    atomic_ullong compared, skipped;
    atomic_ullong outcomes[OUTCOMES][OUTCOMES];
    atomic_ullong wider[CATEGORY_COUNT], narrower[CATEGORY_COUNT];
};

struct candidate *candidate_new(struct rulebook *rulebook, const struct digest *beside)
{
    struct candidate *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    atomic_init(&c->references, 1);
    c->rulebook = rulebook;
    c->beside = *beside;
    return c;
}

struct candidate *candidate_hold(struct candidate *c)
{
    if (c != NULL)
        atomic_fetch_add_explicit(&c->references, 1, memory_order_relaxed);
    return c;
}

void candidate_drop(struct candidate *c)
{
    if (c == NULL || atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) > 1)
        return;
    rulebook_free(c->rulebook);
    free(c);
}

const struct rulebook *candidate_rulebook(const struct candidate *c)
{
    return c->rulebook;
}

bool candidate_is(const struct candidate *c, const struct digest *rulebook,
                  const struct digest *beside)
{
    return c != NULL && digest_equal(&c->rulebook->digest, digest_slice(rulebook)) &&
           digest_equal(&c->beside, digest_slice(beside));
}

/* ---- the question, asked once more ---- */

/* The leaves are those that the rulebook in force has judged. */
static struct status lay_document(struct arena *arena, const struct message_type *type,
                                  const struct question *asked, const struct document **ret)
{
    struct slice ignored;
    size_t count = asked->document->count;
    struct leaf *leaves = arena_array(arena, count + 1, sizeof *leaves);
    bool *derived = arena_array(arena, count + 1, sizeof *derived);
    if (leaves == NULL || derived == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < count; i++) {
        leaves[i] = asked->document->items[i].leaf;
        derived[i] = asked->document->items[i].derived;
    }
    const struct claim_facts facts = {
        .purpose = asked->claims->purpose,
        .urgency = asked->claims->urgency,
        .instrument = asked->claims->instrument,
    };
    const struct remains remains = {leaves, derived, count};
    return asked->relayed == NULL
               ? document_judge(arena, type, &facts, leaves, count, ret, &ignored)
               : document_judge_remains(arena, type, &remains, ret, &ignored);
}

static struct status judge_locals(const struct message_type *type, const struct question *asked)
{
    struct status s = OK;
    for (size_t i = 0; i < asked->local_count && !failed(s); i++)
        s = local_judge(type, &asked->locals[i]);
    return s;
}

/* REFUSED where the message is none that the candidate knows. */
static struct status decide(const struct candidate *c, struct arena *arena,
                            const struct judge *judge, const struct question *asked,
                            const struct decision **ret_decision)
{
    struct slice ignored;
    struct judge other = *judge;
    struct question question = *asked;
    other.rulebook = question.rulebook = c->rulebook;
    const struct message_type *type =
        schema_type(c->rulebook->schema, asked->claims->type, asked->claims->schema);
    if (type == NULL)
        return REFUSE(TYPE_UNKNOWN);
    struct status s = claims_judge(&other, type, asked->claims, &ignored);
    if (failed(s) || failed(s = lay_document(arena, type, asked, &question.document)) ||
        failed(s = judge_locals(type, asked)))
        return s;
    return policy_decide(arena, &question, ret_decision);
}

/* ---- counts ---- */

static void add(atomic_ullong *count, uint64_t more)
{
    if (more > 0)
        atomic_fetch_add_explicit(count, more, memory_order_relaxed);
}

static uint64_t value_of(const atomic_ullong *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

static void count(struct candidate *c, const struct decision_diff *diff)
{
    add(&c->compared, 1);
    add(&c->outcomes[diff->first][diff->second], 1);
    for (unsigned i = 0; i < CATEGORY_COUNT; i++) {
        add(&c->wider[i], diff->wider[i]);
        add(&c->narrower[i], diff->narrower[i]);
    }
}

void candidate_ask(struct candidate *c, const struct judge *judge, const struct question *asked,
                   const struct decision *decision)
{
    const struct decision *other = NULL;
    if (c == NULL)
        return;
    struct arena *arena = arena_new(ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : decide(c, arena, judge, asked, &other);
    if (failed(s) && s.code != CODE_REFUSED) {
        add(&c->skipped, 1);
    } else {
        struct decision_diff diff = decision_compare(asked->document, decision, other);
        count(c, &diff);
    }
    arena_free(arena);
}

void candidate_read(const struct candidate *c, struct candidate_counts *ret_counts)
{
    struct candidate_counts counts = {
        value_of(&c->compared), value_of(&c->skipped), {{0}}, {0}, {0}};
    for (unsigned first = 0; first < OUTCOMES; first++)
        for (unsigned second = 0; second < OUTCOMES; second++)
            counts.outcomes[first][second] = value_of(&c->outcomes[first][second]);
    for (unsigned i = 0; i < CATEGORY_COUNT; i++) {
        counts.wider[i] = value_of(&c->wider[i]);
        counts.narrower[i] = value_of(&c->narrower[i]);
    }
    *ret_counts = counts;
}
