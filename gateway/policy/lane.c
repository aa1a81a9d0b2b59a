#include "policy/lane.h"

#include "base/slices.h"
#include "policy/list.h"
#include "policy/truth.h"

#define BITS 64

/* A lane while it is built. */
struct building {
    struct lane *lane;
    struct arena *arena, *scratch;
    const struct law *law;
    struct facts *facts;
    uint64_t *fixed; /* tests that the lane settles, true or not */
    size_t entry_count, entry_room, term_count, term_room;
    bool starved;
};

static void *make_in(struct building *b, struct arena *arena, size_t count, size_t size)
{
    void *made = arena_array(arena, count + 1, size);
    b->starved = b->starved || made == NULL;
    return made;
}

static void *make(struct building *b, size_t count, size_t size)
{
    return make_in(b, b->arena, count, size);
}

static bool fits_any(const struct party_pattern *patterns, size_t count, struct slice party)
{
    for (size_t i = 0; i < count; i++)
        if (party_pattern_fits(&patterns[i], party))
            return true;
    return count == 0;
}

/* An agreement speaks of what goes from one of its States to another. */
static bool is_between(const struct policy *policy, const struct claims *claims)
{
    struct slice from = party_state(claims->from), to = party_state(claims->to);
    return policy->between.count == 0 ||
           (!slice_equal(from, to) && slices_have(policy->between, from) &&
            slices_have(policy->between, to));
}

static bool speaks_of(const struct law *law, const struct rule *rule,
                      const struct question *question)
{
    const struct claims *claims = question->claims;
    return rule_in_force(rule, question->at_ms) &&
           fits_any(rule->from, rule->from_count, claims->from) &&
           fits_any(rule->to, rule->to_count, claims->to) &&
           (rule->purposes.count == 0 || slices_have(rule->purposes, claims->purpose)) &&
           is_between(&law->policies[rule->policy], claims);
}

/* Between two boundaries the same policies are in force. */
static void narrow(struct lane *lane, uint64_t boundary_ms, uint64_t at_ms)
{
    if (boundary_ms <= at_ms && boundary_ms > lane->from_ms)
        lane->from_ms = boundary_ms;
    if (boundary_ms > at_ms && boundary_ms < lane->until_ms)
        lane->until_ms = boundary_ms;
}

static void find_rules(struct building *b)
{
    const struct question *question = b->facts->question;
    b->lane->until_ms = UINT64_MAX;
    b->lane->speaks = make(b, b->law->rule_count, sizeof *b->lane->speaks);
    for (size_t r = 0; r < b->law->rule_count && !b->starved; r++) {
        const struct rule *rule = &b->law->rules[r];
        narrow(b->lane, rule->from_ms, question->at_ms);
        narrow(b->lane, rule->until_ms, question->at_ms);
        b->lane->speaks[r] = speaks_of(b->law, rule, question);
    }
}

/* Whether an attribute is the same for all messages of a lane. A party's name is not: it does not
 * tell lanes apart unless some rule has it. */
static bool is_fixed(const struct law *law, size_t attribute)
{
    return law->engine->sensors[attribute].fixed &&
           law->attributes[attribute].kind->codes != CODES_PARTY;
}

/* Names that a rule has do tell lanes apart. */
static bool is_settled(const struct law *law, const struct atom *atom)
{
    if (atom->kind != ATOM_SAME)
        return law->engine->sensors[atom->attribute].fixed;
    return is_fixed(law, atom->attribute) && is_fixed(law, atom->other);
}

/* A test and its negation, whichever of the two some rule asks. */
static void settle_one(struct building *b, size_t t)
{
    const struct engine *e = b->law->engine;
    bool negated = b->law->atoms[t].negated;
    uint32_t bit = e->bits[t] % (uint32_t)(e->words * BITS);
    uint64_t own = UINT64_C(1) << bit % BITS;
    bool holds = (truth_of_atom(b->facts, t, NO_PERSON) == TRUTH_TRUE) != negated;
    b->fixed[bit / BITS] |= own;
    b->fixed[e->words + bit / BITS] |= own;
    b->lane->settled[(holds ? 0 : e->words) + bit / BITS] |= own;
}

static void settle(struct building *b)
{
    const struct engine *e = b->law->engine;
    b->fixed = make_in(b, b->scratch, 2 * e->words, sizeof *b->fixed);
    b->lane->settled = make(b, 2 * e->words, sizeof *b->lane->settled);
    for (size_t t = 0; t < b->law->atom_count && !b->starved; t++)
        if (is_settled(b->law, &b->law->atoms[t]))
            settle_one(b, t);
}

static void add_term(struct building *b, struct lane_entry *entry, struct term term)
{
    if (entry->must == 0 && entry->never == 0) {
        entry->must = term.must;
        entry->never = term.never;
        entry->word = term.word;
        entry->more.first = (uint32_t)b->term_count;
        return;
    }
    struct term *at = list_grow(b->arena, b->lane->terms, b->term_count, &b->term_room, sizeof *at);
    b->starved = b->starved || at == NULL;
    if (b->starved)
        return;
    b->lane->terms = at;
    at[b->term_count++] = term;
    entry->more.count++;
}

/* What is left to be asked of a conjunction; false if it can never hold here. */
static bool fold(struct building *b, struct span conjunction, struct lane_entry *entry)
{
    const struct engine *e = b->law->engine;
    for (size_t i = conjunction.first; i < conjunction.first + conjunction.count; i++) {
        struct term term = e->terms[i];
        uint64_t fixed = b->fixed[term.word], settled = b->lane->settled[term.word];
        if ((term.must & fixed & ~settled) != 0 || (term.never & settled) != 0)
            return false;
        term.must &= ~fixed;
        term.never &= ~fixed;
        if ((term.must | term.never) != 0)
            add_term(b, entry, term);
    }
    return true;
}

/* A rule that always applies here needs no other conjunction. */
static void fold_rule(struct building *b, size_t r)
{
    const struct engine *e = b->law->engine;
    struct span *span = &b->lane->entries_of[r];
    span->first = (uint32_t)b->entry_count;
    for (size_t i = e->rules[r].first; i < e->rules[r].first + e->rules[r].count; i++) {
        struct lane_entry entry = {.rule = (uint32_t)r};
        if (!fold(b, e->conjunctions[i], &entry))
            continue;
        struct lane_entry *at =
            list_grow(b->arena, b->lane->entries, b->entry_count, &b->entry_room, sizeof *at);
        b->starved = b->starved || at == NULL;
        if (b->starved)
            return;
        b->lane->entries = at;
        if (entry.must == 0 && entry.never == 0)
            b->entry_count = span->first;
        at[b->entry_count++] = entry;
        if (entry.must == 0 && entry.never == 0)
            break;
    }
    span->count = (uint32_t)b->entry_count - span->first;
}

/* Marks the tests that the rules which speak still ask. */
static void mark_term(uint64_t *asked, const struct engine *e, struct term term)
{
    asked[term.word % e->words] |= term.must | term.never;
}

static void find_asked(struct building *b, uint64_t *asked)
{
    const struct engine *e = b->law->engine;
    for (size_t i = 0; i < b->entry_count; i++) {
        const struct lane_entry *entry = &b->lane->entries[i];
        mark_term(asked, e, (struct term){entry->must, entry->never, entry->word});
        for (size_t t = 0; t < entry->more.count; t++)
            mark_term(asked, e, b->lane->terms[entry->more.first + t]);
    }
}

static struct slice copy(struct building *b, struct slice text)
{
    struct slice kept = arena_copy(b->arena, text);
    b->starved = b->starved || (kept.at == NULL && text.length > 0);
    return kept;
}

/* The attribute that a test is read from, where the lane settles all else; NO_ATTRIBUTE if two are
 * to be read. */
static uint32_t asked_attribute(const struct law *law, const struct atom *atom)
{
    if (atom->kind != ATOM_SAME || is_fixed(law, atom->other))
        return (uint32_t)atom->attribute;
    return is_fixed(law, atom->attribute) ? (uint32_t)atom->other : NO_ATTRIBUTE;
}

static bool is_asked(const struct engine *e, const uint64_t *asked, size_t t)
{
    uint32_t bit = e->bits[t] % (uint32_t)(e->words * BITS);
    return (asked[bit / BITS] >> bit % BITS & 1U) != 0;
}

/* The other side of "is same as": the only code that the lane's parties, purpose and type give. */
static void add_same(struct building *b, size_t t, uint32_t attribute)
{
    const struct engine *e = b->law->engine;
    const struct atom *atom = &b->law->atoms[t];
    size_t fixed = atom->attribute == attribute ? atom->other : atom->attribute;
    struct codes codes = codes_of_attribute(b->facts, fixed, NO_PERSON);
    struct slice code = codes.count == 0 ? (struct slice){NULL, 0} : copy(b, codes.at[0]);
    b->lane->sames[b->lane->same_count++] =
        (struct lane_same){e->bits[t] % (uint32_t)(e->words * BITS), code};
}

/* Adds an attribute if any test asks for it, with all that it is compared with. */
static void ask_for(struct building *b, const uint64_t *asked, uint32_t attribute)
{
    const struct law *law = b->law;
    bool personal = law->attributes[attribute].personal, needed = false;
    struct asks *asks = personal ? &b->lane->of_person : &b->lane->of_message;
    struct ask ask = {attribute, {b->lane->same_count, 0}};
    for (size_t t = 0; t < law->atom_count; t++) {
        if (!is_asked(law->engine, asked, t) || asked_attribute(law, &law->atoms[t]) != attribute)
            continue;
        needed = true;
        if (law->atoms[t].kind == ATOM_SAME)
            add_same(b, t, attribute);
    }
    ask.sames.count = b->lane->same_count - ask.sames.first;
    if (needed && law->engine->sensors[attribute].source == NO_SOURCE)
        asks->kinds[asks->kind_count++] = ask;
    else if (needed)
        asks->fields[asks->field_count++] = ask;
}

static void make_asks(struct building *b, struct asks *asks)
{
    asks->kinds = make(b, b->law->attribute_count, sizeof *asks->kinds);
    asks->fields = make(b, b->law->attribute_count, sizeof *asks->fields);
}

static void find_asks(struct building *b)
{
    const struct law *law = b->law;
    struct lane *lane = b->lane;
    uint64_t *asked = make_in(b, b->scratch, law->engine->words, sizeof *asked);
    make_asks(b, &lane->of_message);
    make_asks(b, &lane->of_person);
    lane->sames = make(b, law->atom_count, sizeof *lane->sames);
    lane->pairs = make(b, law->atom_count, sizeof *lane->pairs);
    if (b->starved)
        return;
    find_asked(b, asked);
    for (uint32_t a = 0; a < law->attribute_count; a++)
        ask_for(b, asked, a);
    for (uint32_t t = 0; t < law->atom_count; t++)
        if (is_asked(law->engine, asked, t) && asked_attribute(law, &law->atoms[t]) == NO_ATTRIBUTE)
            lane->pairs[lane->pair_count++] = t;
}

static void copy_key(struct building *b, const struct lane_key *key)
{
    b->lane->key = *key;
    struct slice *const texts[] = {
        &b->lane->key.from,    &b->lane->key.from_state, &b->lane->key.from_role,
        &b->lane->key.to,      &b->lane->key.to_state,   &b->lane->key.to_role,
        &b->lane->key.purpose, &b->lane->key.type_name,
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = copy(b, *texts[i]);
}

static void fill(struct building *b, const struct lane_key *key)
{
    copy_key(b, key);
    find_rules(b);
    if (!b->starved)
        settle(b);
    if (!b->starved)
        b->lane->entries_of = make(b, b->law->rule_count, sizeof *b->lane->entries_of);
    for (size_t r = 0; r < b->law->rule_count && !b->starved; r++)
        if (b->lane->speaks[r])
            fold_rule(b, r);
    if (!b->starved)
        find_asks(b);
    b->starved = b->starved || !columns_build(b->lane, b->arena, b->scratch, b->law);
}

struct lane *lane_build(struct arena *arena, const struct lane_key *key, struct facts *facts)
{
    struct building b = {
        .lane = arena_alloc(arena, sizeof *b.lane),
        .arena = arena,
        .scratch = arena_new(LANE_MAX_BYTES),
        .law = facts->question->rulebook->law,
        .facts = facts,
    };
    b.starved = b.lane == NULL || b.scratch == NULL;
    if (!b.starved) {
        b.lane->type = facts->type;
        fill(&b, key);
    }
    arena_free(b.scratch);
    return b.starved ? NULL : b.lane;
}

/* A party's own name, if some rule asks for it. */
static struct slice named(const struct engine *engine, struct slice party)
{
    return interned_find(&engine->parties, 0, party) == INTERNED_NONE ? (struct slice){NULL, 0}
                                                                      : party;
}

struct lane_key lane_key_of(const struct facts *f)
{
    const struct claims *claims = f->question->claims;
    const struct engine *engine = f->question->rulebook->law->engine;
    struct lane_key key = {
        .from = named(engine, claims->from),
        .from_state = party_state(claims->from),
        .from_role = party_role(claims->from),
        .to = named(engine, claims->to),
        .to_state = party_state(claims->to),
        .to_role = party_role(claims->to),
        .purpose = claims->purpose,
        .type_name = claims->type,
        .type = f->document->type,
    };
    const struct slice texts[] = {key.from,     key.from_state, key.from_role, key.to,
                                  key.to_state, key.to_role,    key.purpose,   key.type_name};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        key.hash = octets_hash(key.hash, texts[i]);
    return key;
}
