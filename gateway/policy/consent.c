#include "policy/consent.h"

#include "base/instant.h"
#include "policy/scalars.h"

#define SOURCES 2 /* the message's fields, and the LOCAL values, which can add to an element */

/* One element of a list of a person, and the leaves that speak of it. */
struct element {
    const struct facts *facts;
    struct slice path; /* "persons/~x/consent/~y" */
    size_t first[SOURCES], end[SOURCES];
};

/* A walk over the elements of one list of a person. */
struct elements {
    const struct facts *facts;
    struct slice person, list; /* "persons/~x"; "consent/" */
    size_t at[SOURCES], end[SOURCES];
};

static const struct leaf *leaf_of(const struct facts *f, size_t source, size_t i)
{
    return source == 0 ? &f->document->items[i].leaf : &f->locals[i];
}

static size_t leaf_count(const struct element *e)
{
    return e->end[0] - e->first[0] + (e->end[1] - e->first[1]);
}

static const struct leaf *leaf_at(const struct element *e, size_t i)
{
    size_t fields = e->end[0] - e->first[0];
    return i < fields ? leaf_of(e->facts, 0, e->first[0] + i)
                      : leaf_of(e->facts, 1, e->first[1] + i - fields);
}

/* What a leaf is called in its element: "scope" of "scope/~1". */
static struct slice name_at(const struct element *e, size_t i)
{
    struct slice below = path_below(leaf_at(e, i)->path, e->path);
    return slice_part(below, 0, slice_find(below, '/'));
}

static struct elements elements_of(const struct facts *f, size_t person, const char *list)
{
    const struct person_range *range = &f->ranges[person];
    return (struct elements){
        .facts = f,
        .person = f->document->persons[person].element,
        .list = slice_text(list),
        .at = {range->item, range->local},
        .end = {range->item_end, range->local_end},
    };
}

/* The element that a source speaks of next; empty if there is none. */
static struct slice element_from(struct elements *s, size_t source)
{
    size_t before = s->person.length + 1 + s->list.length;
    for (; s->at[source] < s->end[source]; s->at[source]++) {
        struct slice path = leaf_of(s->facts, source, s->at[source])->path;
        if (slice_begins(path_below(path, s->person), s->list))
            return slice_part(path, 0,
                              before + slice_find(slice_part(path, before, SIZE_MAX), '/'));
    }
    return (struct slice){NULL, 0};
}

static bool element_next(struct elements *s, struct element *ret_element)
{
    struct element e = {.facts = s->facts, .path = element_from(s, 0)};
    struct slice other = element_from(s, 1);
    if (e.path.length == 0 || (other.length > 0 && slice_compare(other, e.path) < 0))
        e.path = other;
    for (size_t source = 0; source < SOURCES; source++) {
        e.first[source] = s->at[source];
        while (s->at[source] < s->end[source] &&
               path_covers(e.path, leaf_of(s->facts, source, s->at[source])->path))
            s->at[source]++;
        e.end[source] = s->at[source];
    }
    *ret_element = e;
    return e.path.length > 0;
}

/* The message that a consent is asked for. */
struct asked {
    const struct claims *claims;
    bool adult; /* for certain */
};

static bool is_purpose(const struct asked *asked, struct slice code)
{
    return slice_equal(code, asked->claims->purpose);
}

/* "XA-NRM-01", or every party of a role and a State: "XA:NRM". */
static bool is_recipient(const struct asked *asked, struct slice code)
{
    struct slice to = asked->claims->to;
    size_t colon = slice_find(code, ':');
    if (slice_equal(code, to))
        return true;
    return slice_equal(slice_part(code, 0, colon), party_state(to)) &&
           slice_equal(slice_part(code, colon + 1, SIZE_MAX), party_role(to));
}

static bool is_entitled(const struct asked *asked, struct slice code)
{
    return slice_is(code, "GUARDIAN") || slice_is(code, "AUTHORITY") ||
           (slice_is(code, "SELF") && asked->adult);
}

static bool has_begun(const struct asked *asked, struct slice code)
{
    uint64_t day_ms;
    return date_read(code, &day_ms) && day_ms <= asked->claims->created_ms;
}

/* The last day is included. */
static bool has_not_ended(const struct asked *asked, struct slice code)
{
    uint64_t day_ms;
    return date_read(code, &day_ms) && day_ms + MS_PER_DAY > asked->claims->created_ms;
}

/* What must be there and hold: of many values some, of others whoever says it. */
static const struct part {
    const char *name;
    bool many;
    bool (*holds)(const struct asked *asked, struct slice code);
} parts[] = {
    {"date", false, has_begun},         {"given_by", false, is_entitled},
    {"recipients", true, is_recipient}, {"scope", true, is_purpose},
    {"until", false, has_not_ended},
};

#define PARTS (sizeof parts / sizeof parts[0])

static bool value_holds(const struct part *part, const struct asked *asked,
                        const struct value *value)
{
    struct scalar_walk walk = scalars_of(value);
    if (!part->many && value->kind != VALUE_TEXT)
        return false;
    for (struct value scalar; scalars_next(&walk, &scalar);)
        if (scalar.kind == VALUE_TEXT && part->holds(asked, scalar.octets))
            return true;
    return false;
}

static bool part_holds(const struct element *consent, const struct part *part,
                       const struct asked *asked)
{
    size_t said = 0, held = 0;
    for (size_t i = 0; i < leaf_count(consent); i++) {
        if (!slice_is(name_at(consent, i), part->name))
            continue;
        said++;
        held += value_holds(part, asked, &leaf_at(consent, i)->value);
    }
    return held > 0 && (part->many || held == said);
}

static const struct value *value_named(const struct element *e, const char *name)
{
    for (size_t i = 0; i < leaf_count(e); i++)
        if (slice_is(name_at(e, i), name))
            return &leaf_at(e, i)->value;
    return NULL;
}

static bool is_alive(const struct element *consent, const struct asked *asked)
{
    bool alive = value_named(consent, "withdrawn") == NULL;
    for (size_t p = 0; p < PARTS && alive; p++)
        alive = part_holds(consent, &parts[p], asked);
    return alive;
}

static void add_live(struct facts *f, size_t person, bool adult, struct codes *ret)
{
    const struct asked asked = {f->question->claims, adult};
    struct elements consents = elements_of(f, person, "consent/");
    for (struct element consent; element_next(&consents, &consent);) {
        const struct value *cats = value_named(&consent, "cats");
        if (cats != NULL && is_alive(&consent, &asked))
            codes_add_value(f, ret, cats);
    }
}

static bool is_suspected(const struct element *relative)
{
    bool suspected = value_named(relative, "suspected") == NULL;
    for (size_t i = 0; i < leaf_count(relative); i++) {
        const struct value *said = &leaf_at(relative, i)->value;
        if (slice_is(name_at(relative, i), "suspected"))
            suspected = suspected || said->kind != VALUE_BOOL || said->boolean;
    }
    return suspected;
}

/* Whether the family of a person lists somebody, and nowhere but as not suspected. */
static bool lists_unsuspected(const struct facts *f, size_t person, struct slice sid)
{
    bool listed = false;
    struct elements family = elements_of(f, person, "family/");
    for (struct element relative; element_next(&family, &relative);) {
        const struct value *whose = value_named(&relative, "sid");
        if (whose == NULL || whose->kind != VALUE_TEXT || !slice_equal(whose->octets, sid))
            continue;
        if (is_suspected(&relative))
            return false;
        listed = true;
    }
    return listed;
}

/* A relative travels under the consent of the child. */
static void add_of_children(struct facts *f, size_t person, struct codes *ret)
{
    struct slice sid = f->document->persons[person].sid;
    for (size_t p = 0; p < f->document->person_count; p++)
        if (lists_unsuspected(f, p, sid) && person_is_child(f, p) == TRUTH_TRUE)
            add_live(f, p, false, ret);
}

void consent_read_consented(struct facts *f, const struct attribute *a, size_t person,
                            struct codes *ret)
{
    (void)a;
    ret->open = true;
    ret->partial = f->relayed;
    if (f->relayed)
        return;
    add_live(f, person, person_is_child(f, person) == TRUTH_FALSE, ret);
    add_of_children(f, person, ret);
}
