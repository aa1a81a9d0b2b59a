/*
 * What holds of every law and every message, on laws and messages drawn at random: 100,000 cases,
 * each one law, one message and one property, looked at for every field. The seed is printed; set
 * COMITY_SEED to run one again.
 */

#include <stdio.h>
#include <stdlib.h>

#include "drawn.h"
#include "fixture.h"
#include "oracle.h"
#include "policy/obligations.h"
#include "support/chance.h"

#define LAWS      500
#define MESSAGES  40 /* of each law */
#define POOL      200
#define ITEMS_MAX 64
#define CASES     100000U
#define SEED      20260907U

/* A message and what stands in it, judged: as it came, or with something taken away. */
struct message {
    struct claims claims;
    bool approved;
    struct document document;
    struct document_item items[ITEMS_MAX];
    struct document_person persons[4];
};

/* What a law makes of a message, by item. */
struct outcome_of {
    struct arena *arena;
    struct question question;
    struct facts facts;
    struct weighing weighing;
    struct tally tallies[ITEMS_MAX];
    uint8_t ranks[ITEMS_MAX]; /* in the field's own order of levels */
    struct verdict verdicts[ITEMS_MAX];
};

static struct composed *pool[POOL];
static struct message messages[POOL];
static size_t cases;

static void judge(size_t i)
{
    const struct document *document = NULL;
    struct slice path = {NULL, 0};
    struct composed *c = pool[i] = drawn_message();
    if (!CHECK_OK(
            document_judge(c->arena, c->type, &c->facts, c->leaves, c->count, &document, &path)) ||
        !CHECK(document->count <= ITEMS_MAX)) {
        printf("    %.*s\n", (int)path.length, (const char *)path.at);
        exit(1);
    }
    struct message *m = &messages[i];
    m->claims = c->claims;
    m->approved = chance(2) == 0;
    if (chance(3) == 0)
        m->claims.case_ref = (struct slice){NULL, 0};
    m->document = *document;
    memcpy(m->items, document->items, document->count * sizeof *m->items);
    memcpy(m->persons, document->persons, document->person_count * sizeof *m->persons);
}

/* Decides; hop1 is a release where the message comes from another gateway. */
static void decide_message(const struct rulebook *rulebook, const struct message *m,
                           const struct release *hop1, struct outcome_of *o)
{
    struct document *document;
    o->arena = arena_new(1UL << 24);
    document = arena_alloc(o->arena, sizeof *document);
    *document = m->document;
    document->items = m->items;
    document->persons = m->persons;
    o->question = (struct question){.rulebook = rulebook,
                                    .relayed = hop1,
                                    .claims = &m->claims,
                                    .document = document,
                                    .at_ms = IN_FORCE,
                                    .approved = m->approved};
    if (!CHECK_OK(facts_gather(o->arena, &o->question, false, &o->facts)) ||
        !CHECK_OK(weighing_start(&o->facts, &o->weighing)))
        exit(1);
    for (size_t i = 0; i < document->count; i++) {
        o->tallies[i] = weigh_item(&o->weighing, &m->items[i]);
        o->verdicts[i] = tally_verdict(&o->tallies[i], m->items[i].category);
        o->ranks[i] = rulebook->law->grades->rank[o->tallies[i].order][o->verdicts[i].grade];
    }
}

static void outcome_done(struct outcome_of *o)
{
    weighing_end(&o->weighing);
    arena_free(o->arena);
}

static bool same_text(struct slice a, struct slice b)
{
    return slice_equal(a, b);
}

static bool same_verdict(const struct tally *a, const struct tally *b, enum category category)
{
    struct verdict one = tally_verdict(a, category), other = tally_verdict(b, category);
    return one.level == other.level && one.grade == other.grade &&
           same_text(one.rule, other.rule) && same_text(one.basis, other.basis) &&
           a->obligations == b->obligations;
}

/* Forbid wins, released only if permitted, default withheld, and all obligations: rule by rule. */
static bool rules_are_obeyed(const struct oracle *oracle, const struct outcome_of *o,
                             const struct message *m, size_t i)
{
    const struct tally *t = &o->tallies[i];
    const uint8_t *ranks = oracle->law->grades->rank[t->order];
    uint8_t granted = oracle->facts->relayed ? ranks[GRADE_CLEAR] : 0;
    bool held = true;
    for (size_t r = 0; r < oracle->law->rule_count; r++) {
        const struct rule *rule = &oracle->law->rules[r];
        if (!oracle_speaks(oracle, rule) || !oracle_covers(oracle, rule, &m->items[i]))
            continue;
        enum truth truth = oracle_truth(oracle, rule, m->items[i].person);
        bool permits = oracle_permits(oracle, rule, truth);
        bool caps = rule->kind != RULE_PERMIT && weigh_restricts(&o->weighing, truth);
        if (permits && ranks[rule->grade] > granted)
            granted = ranks[rule->grade];
        if (caps)
            held = CHECK(o->ranks[i] <= ranks[rule->grade]) && held;
        if (permits || caps)
            held = CHECK((rule->obligations & ~t->obligations) == 0) && held;
        if (!CHECK(weigh_truth(&o->weighing, r, m->items[i].person) == truth)) {
            printf("    rule %.*s is %u for item %zu\n", (int)rule->title.length,
                   (const char *)rule->title.at, truth, i);
            held = false;
        }
    }
    return CHECK(o->ranks[i] <= granted) && held;
}

static bool agrees_with_the_rules(const struct outcome_of *o, const struct message *m)
{
    struct facts facts = o->facts;
    struct oracle oracle = oracle_of(&facts);
    bool held = true;
    for (size_t i = 0; i < m->document.count; i++) {
        struct tally wanted = oracle_item(&oracle, &m->items[i]);
        held = CHECK(same_verdict(&o->tallies[i], &wanted, m->items[i].category)) && held;
        held = rules_are_obeyed(&oracle, o, m, i) && held;
    }
    cases++;
    return held;
}

enum direction { SAME, NEVER_LOWER, NEVER_HIGHER };

/* Another law must do this to every field of the message. */
static bool compares(const struct rulebook *other, const struct outcome_of *before,
                     const struct message *m, enum direction direction)
{
    struct outcome_of after;
    bool held = true;
    decide_message(other, m, NULL, &after);
    for (size_t i = 0; i < m->document.count; i++) {
        if (direction == SAME)
            held =
                CHECK(same_verdict(&before->tallies[i], &after.tallies[i], m->items[i].category)) &&
                held;
        else if (direction == NEVER_LOWER)
            held = CHECK(after.ranks[i] >= before->ranks[i]) && held;
        else
            held = CHECK(after.ranks[i] <= before->ranks[i]) && held;
    }
    outcome_done(&after);
    cases++;
    return held;
}

/* Takes away all that is said at one name of one person, or of the case. */
static struct message less_a_field(const struct message *m)
{
    struct message less = *m;
    const struct document_item *lost = &m->items[chance(m->document.count)];
    less.document.count = 0;
    for (size_t i = 0; i < m->document.count; i++)
        if (m->items[i].person != lost->person ||
            !slice_equal(m->items[i].rule->name, lost->rule->name))
            less.items[less.document.count++] = m->items[i];
    if (lost->person != NO_PERSON && slice_is(lost->rule->name, "persons.cat"))
        less.persons[lost->person].cat = (struct slice){NULL, 0};
    return less;
}

/* Takes away something that the claims say. */
static struct message less_a_claim(const struct message *m)
{
    struct message less = *m;
    size_t which = chance(5);
    if (which == 0)
        less.claims.owner = (struct slice){NULL, 0};
    else if (which == 1)
        less.claims.handling.count = 0;
    else if (which == 2)
        less.claims.case_ref = (struct slice){NULL, 0};
    else if (which == 3)
        less.approved = false;
    else
        less.claims.instrument = (struct slice){NULL, 0};
    return less;
}

/* The item of a message at this path; document.count if there is none. */
static size_t item_at(const struct message *m, struct slice path)
{
    size_t i = 0;
    while (i < m->document.count && !slice_equal(m->items[i].leaf.path, path))
        i++;
    return i;
}

static bool knowing_less_raises_nothing(const struct rulebook *law, const struct outcome_of *before,
                                        const struct message *m)
{
    struct message less = chance(4) == 0 ? less_a_claim(m) : less_a_field(m);
    struct outcome_of after;
    bool held = true;
    decide_message(law, &less, NULL, &after);
    for (size_t i = 0; i < less.document.count; i++)
        held = CHECK(after.ranks[i] <= before->ranks[item_at(m, less.items[i].leaf.path)]) && held;
    outcome_done(&after);
    cases++;
    return held;
}

/* What permits bring along that hop 1 may have left out: hop 2 cannot tell whether two officers had
 * approved, and takes it that they had. */
static uint32_t of_required(const struct law *law)
{
    uint32_t obligations = 0;
    for (size_t r = 0; r < law->rule_count; r++)
        for (size_t i = 0; i < OBLIGATIONS_MAX; i++)
            if ((law->rules[r].obligations >> i & 1U) != 0 && obligation_is_precondition(i))
                obligations |= law->rules[r].obligations;
    return obligations;
}

/* What another gateway has let go under the same law arrives whole: nothing certain was missed. Of
 * what it has not let go nothing is asked here, because it is not there. */
static bool hop_2_only_narrows(const struct rulebook *law, const struct outcome_of *before,
                               const struct message *m)
{
    static const struct release hop1;
    struct message arrived = *m;
    struct outcome_of after;
    bool held = true;
    arrived.document.count = 0;
    for (size_t i = 0; i < m->document.count; i++) {
        struct document_person *person =
            m->items[i].person == NO_PERSON ? NULL : &arrived.persons[m->items[i].person];
        if (before->verdicts[i].released)
            arrived.items[arrived.document.count++] = m->items[i];
        else if (person != NULL && slice_is(m->items[i].rule->name, "persons.cat"))
            person->cat = (struct slice){NULL, 0};
    }
    decide_message(law, &arrived, &hop1, &after);
    for (size_t i = 0; i < arrived.document.count; i++) {
        held = CHECK(after.verdicts[i].released) && held;
        uint32_t known = before->tallies[item_at(m, arrived.items[i].leaf.path)].obligations |
                         of_required(law->law);
        held = CHECK((after.tallies[i].obligations & ~known) == 0) && held;
    }
    held = agrees_with_the_rules(&after, &arrived) && held;
    outcome_done(&after);
    cases++;
    return held;
}

/* A law, and what it becomes. */
struct laws {
    struct rulebook *own, *shuffled, *wider, *narrower;
};

static struct laws laws_of(const struct drawn_rules *rules)
{
    struct drawn_rules shuffled = drawn_shuffled(rules), wider = *rules, narrower = *rules;
    drawn_add(&wider, RULE_PERMIT);
    drawn_add(&narrower, chance(2) == 0 ? RULE_LIMIT : RULE_FORBID);
    return (struct laws){drawn_rulebook(rules), drawn_rulebook(&shuffled), drawn_rulebook(&wider),
                         drawn_rulebook(&narrower)};
}

static bool holds_of(const struct laws *laws, const struct message *m)
{
    struct outcome_of own;
    decide_message(laws->own, m, NULL, &own);
    bool held = agrees_with_the_rules(&own, m);
    held = compares(laws->shuffled, &own, m, SAME) && held;
    held = compares(laws->wider, &own, m, NEVER_LOWER) && held;
    held = compares(laws->narrower, &own, m, NEVER_HIGHER) && held;
    held = knowing_less_raises_nothing(laws->own, &own, m) && held;
    held = hop_2_only_narrows(laws->own, &own, m) && held;
    outcome_done(&own);
    return held;
}

static void every_law_keeps_its_promises(void)
{
    bool held = true;
    chance_begin(SEED);
    for (size_t i = 0; i < POOL; i++)
        judge(i);
    for (size_t l = 0; l < LAWS && held; l++) {
        struct drawn_rules rules = drawn_rules();
        struct laws laws = laws_of(&rules);
        for (size_t i = 0; i < MESSAGES && held; i++)
            held = holds_of(&laws, &messages[chance(POOL)]);
        for (size_t i = 0; i < rules.count && !held; i++)
            printf("    %s", rules.at[i]);
        drawn_free(laws.own);
        drawn_free(laws.shuffled);
        drawn_free(laws.wider);
        drawn_free(laws.narrower);
    }
    CHECK(cases >= CASES);
    for (size_t i = 0; i < POOL; i++)
        composed_free(pool[i]);
    drawn_end();
}

TESTS(policy_properties, {"every law keeps its promises", &every_law_keeps_its_promises})
