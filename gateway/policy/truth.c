#include "policy/truth.h"

#include "policy/scalars.h"

#define BITS 64

static enum truth negate(enum truth t)
{
    return (enum truth)(TRUTH_TRUE - t);
}

static enum truth larger(enum truth a, enum truth b)
{
    return a > b ? a : b;
}

bool codes_are_whole(const struct codes *codes)
{
    return codes->known && !codes->open && !codes->partial;
}

/* Not found: certainly not, unless there may be more. */
static enum truth unfound(const struct codes *codes)
{
    return codes_are_whole(codes) ? TRUTH_FALSE : TRUTH_UNKNOWN;
}

static enum truth holds_any(const struct codes *codes, struct slices wanted)
{
    for (size_t i = 0; i < wanted.count; i++)
        if (codes_have(codes, wanted.at[i]))
            return TRUTH_TRUE;
    return unfound(codes);
}

static bool is_empty(const struct codes *codes)
{
    return codes_are_whole(codes) && codes->count == 0;
}

static enum truth has_common(const struct codes *a, const struct codes *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (codes_have(b, a->at[i]))
            return TRUTH_TRUE;
    if (is_empty(a) || is_empty(b))
        return TRUTH_FALSE;
    return larger(unfound(a), unfound(b));
}

static enum truth is_known(const struct codes *codes)
{
    if (codes->partial)
        return TRUTH_UNKNOWN;
    return codes->known && !codes->open ? TRUTH_TRUE : TRUTH_FALSE;
}

struct codes codes_of_attribute(struct facts *f, size_t attribute, size_t person)
{
    const struct attribute *a = &f->question->rulebook->law->attributes[attribute];
    struct codes codes = {0};
    a->kind->read(f, a, person, &codes);
    return codes;
}

/* Not negated. */
static enum truth base_truth(struct facts *f, const struct atom *atom, size_t person)
{
    struct codes codes = codes_of_attribute(f, atom->attribute, person);
    if (atom->kind == ATOM_KNOWN)
        return is_known(&codes);
    if (atom->kind == ATOM_IS)
        return holds_any(&codes, atom->codes);
    struct codes other = codes_of_attribute(f, atom->other, person);
    return has_common(&codes, &other);
}

enum truth truth_of_atom(struct facts *f, size_t at, size_t person)
{
    const struct law *law = f->question->rulebook->law;
    const struct atom *atom = &law->atoms[at];
    if (person == NO_PERSON && atom_is_personal(law, atom))
        return TRUTH_FALSE;
    enum truth t = base_truth(f, atom, person);
    return atom->negated ? negate(t) : t;
}

/* What has been read of one attribute so far, in one context. */
struct perceived {
    const struct engine *engine;
    const struct sensor *sensor;
    const struct lane_same *sames;
    const struct ask *ask;
    struct truths at;
    bool known, open, partial;
    size_t count;
};

static struct perceived perceived_of(const struct facts *f, const struct lane *lane,
                                     const struct ask *ask, struct truths at)
{
    const struct engine *e = f->question->rulebook->law->engine;
    return (struct perceived){
        .engine = e,
        .sensor = &e->sensors[ask->attribute],
        .sames = lane->sames + ask->sames.first,
        .ask = ask,
        .at = at,
    };
}

static void set_bit(uint64_t *words, uint32_t bit)
{
    words[bit / BITS] |= UINT64_C(1) << bit % BITS;
}

static void read_code(struct perceived *r, struct slice code)
{
    r->known = true;
    r->count++;
    if (code.at == NULL || code_is_unknown(code)) {
        r->open = true;
        return;
    }
    uint32_t number = interned_find(&r->engine->codes, r->ask->attribute, code);
    for (uint32_t w = 0; number != INTERNED_NONE && w < r->sensor->count; w++)
        r->at.sure[r->sensor->first + w] |= r->engine->hits[number][w];
    for (uint32_t s = 0; s < r->ask->sames.count; s++)
        if (slice_equal(r->sames[s].code, code))
            set_bit(r->at.sure, r->sames[s].bit);
}

static void finish(const struct perceived *r)
{
    bool known = r->known && !r->open, whole = known && !r->partial;
    for (uint32_t w = 0; w < r->sensor->count; w++) {
        uint64_t is = r->sensor->is[w], knows = r->sensor->known[w];
        uint64_t *sure = &r->at.sure[r->sensor->first + w];
        *sure |= whole ? knows : 0;
        r->at.possible[r->sensor->first + w] |=
            (*sure & (is | knows)) | (whole ? 0 : is) | (r->partial ? knows : 0);
    }
    for (uint32_t s = 0; s < r->ask->sames.count; s++) {
        uint32_t bit = r->sames[s].bit;
        if (!whole || (r->at.sure[bit / BITS] >> bit % BITS & 1U) != 0)
            set_bit(r->at.possible, bit);
    }
}

/* What the kind of an attribute finds. */
static void read_kind(struct facts *f, struct perceived r, size_t person)
{
    struct codes codes = codes_of_attribute(f, r.ask->attribute, person);
    for (size_t i = 0; i < codes.count; i++)
        read_code(&r, codes.at[i]);
    r.known = codes.known;
    r.open = codes.open;
    r.partial = codes.partial;
    finish(&r);
}

static void read_value(struct perceived *r, const struct value *value)
{
    char room[SCALAR_CODE_BYTES];
    r->known = true;
    if (value->kind == VALUE_TEXT || value->kind == VALUE_BOOL || value->kind == VALUE_INT) {
        read_code(r, scalar_code(value, room));
        return;
    }
    struct scalar_walk walk = scalars_of(value);
    for (struct value scalar; scalars_next(&walk, &scalar);)
        read_code(r, scalar_code(&scalar, room));
}

static void forget(const struct perceived *r)
{
    for (uint32_t w = 0; w < r->sensor->count; w++)
        r->at.sure[r->sensor->first + w] &= ~r->sensor->is[w];
    for (uint32_t s = 0; s < r->ask->sames.count; s++)
        r->at.sure[r->sames[s].bit / BITS] &= ~(UINT64_C(1) << r->sames[s].bit % BITS);
}

/* What fields say, without a list of it. More than a list can hold is read as a list; then what is
 * past its end is not known. */
static void read_fields(struct facts *f, struct perceived r, size_t person)
{
    const struct fact *fact = fact_first(f, context_of(f, person), r.sensor->source);
    r.known = r.sensor->closed;
    r.partial = f->relayed;
    for (const struct fact *at = fact; at != NULL; at = fact_next(f, at)) {
        read_value(&r, at->value);
        r.partial = r.partial && !at->single;
    }
    if (r.count > CODES_MAX) {
        forget(&r);
        read_kind(f, r, person);
    } else {
        finish(&r);
    }
}

/* Two attributes, neither of which the lane settles. */
static void read_pair(struct facts *f, struct truths at, uint32_t t, size_t person)
{
    const struct law *law = f->question->rulebook->law;
    uint32_t bit = law->engine->bits[t] % (uint32_t)(law->engine->words * BITS);
    enum truth truth = base_truth(f, &law->atoms[t], person);
    if (truth == TRUTH_TRUE)
        set_bit(at.sure, bit);
    if (truth != TRUTH_FALSE)
        set_bit(at.possible, bit);
}

/* All tests of one kind: of the message, or of one person. */
static void ask_all(struct facts *f, struct truths at, const struct lane *lane, size_t person)
{
    const struct law *law = f->question->rulebook->law;
    const struct asks *asks = person == NO_PERSON ? &lane->of_message : &lane->of_person;
    for (uint32_t i = 0; i < asks->kind_count; i++)
        read_kind(f, perceived_of(f, lane, &asks->kinds[i], at), person);
    for (uint32_t i = 0; i < asks->field_count; i++)
        read_fields(f, perceived_of(f, lane, &asks->fields[i], at), person);
    for (uint32_t i = 0; i < lane->pair_count; i++)
        if (atom_is_personal(law, &law->atoms[lane->pairs[i]]) == (person != NO_PERSON))
            read_pair(f, at, lane->pairs[i], person);
}

/* "is not" stands a whole number of words above "is". For the case neither holds of a person. */
static void negate_all(const struct engine *e, struct truths at, bool of_case)
{
    for (size_t w = 0; w < e->words; w++) {
        uint64_t asked = of_case ? ~e->personal[w] : UINT64_MAX;
        at.sure[e->words + w] = ~at.possible[w] & asked;
        at.possible[e->words + w] = ~at.sure[w] & asked;
    }
}

struct truths *truths_of(struct facts *f, const struct lane *lane)
{
    const struct engine *e = f->question->rulebook->law->engine;
    size_t persons = f->document->person_count, words = 2 * e->words;
    struct truths *truths = arena_array(f->arena, persons + 1, sizeof *truths);
    uint64_t *vectors = arena_array(f->arena, (persons + 1) * 2 * words, sizeof *vectors);
    if (truths == NULL || vectors == NULL)
        return NULL;
    for (size_t c = 0; c <= persons; c++)
        truths[c] = (struct truths){vectors + c * 2 * words, vectors + (c * 2 + 1) * words};
    memcpy(truths[persons].sure, lane->settled, words * sizeof *vectors);
    memcpy(truths[persons].possible, lane->settled, words * sizeof *vectors);
    ask_all(f, truths[persons], lane, NO_PERSON);
    for (size_t p = 0; p < persons; p++) {
        memcpy(truths[p].sure, truths[persons].sure, 2 * words * sizeof *vectors);
        ask_all(f, truths[p], lane, p);
        negate_all(e, truths[p], false);
    }
    negate_all(e, truths[persons], true);
    return truths;
}
