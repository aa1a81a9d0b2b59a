#include "policy/attribute.h"

#include "policy/engine.h"
#include "policy/scalars.h"

static struct codes member_codes(struct facts *f, size_t person, enum member_source member)
{
    struct codes codes = {0};
    codes_add_source(f, &codes, person, (uint32_t)member);
    return codes;
}

/* A person without any nationality may be of the recipient's State. */
void person_read_risk_state(struct facts *f, const struct attribute *a, size_t person,
                            struct codes *ret)
{
    (void)a;
    ret->known = true;
    if (!f->abroad)
        return;
    codes_add_source(f, ret, person, MEMBER_CITIZENSHIP);
    ret->known = ret->count > 0;
}

/* A risk assessment marks States directly and in factors such as SUSPECT_FAMILY_IN_XC. */
static void add_marked_states(struct facts *f, struct codes *ret, size_t person)
{
    static const char in[] = "_IN_";
    const size_t tail = sizeof in - 1 + 2;
    codes_add_source(f, ret, person, MEMBER_RISK_STATES);
    struct codes factors = member_codes(f, person, MEMBER_RISK_FACTORS);
    for (size_t i = 0; i < factors.count; i++) {
        struct slice factor = factors.at[i];
        if (factor.length <= tail)
            continue;
        struct slice state = slice_part(factor, factor.length - 2, 2);
        if (slice_is(slice_part(factor, factor.length - tail, tail - 2), in) &&
            name_is_state(state))
            codes_add(f, ret, state);
    }
}

/* Habitual residence counts unless it is known that the person has a State. */
void person_read_hidden_risk(struct facts *f, const struct attribute *a, size_t person,
                             struct codes *ret)
{
    (void)a;
    ret->known = true;
    if (!f->abroad)
        return;
    struct codes hidden = {0};
    struct codes stateless = member_codes(f, person, MEMBER_STATELESS);
    struct codes visible = member_codes(f, person, MEMBER_CITIZENSHIP);
    codes_add_source(f, &hidden, person, MEMBER_ASYLUM_FEARED);
    if (!stateless.partial && !codes_have(&stateless, slice_text("false")))
        codes_add_source(f, &hidden, person, MEMBER_RESIDENCE_FORMER);
    add_marked_states(f, &hidden, person);
    for (size_t i = 0; i < hidden.count && !visible.partial; i++)
        if (!codes_have(&visible, hidden.at[i]))
            codes_add(f, ret, hidden.at[i]);
    ret->open = hidden.open;
    ret->partial = f->relayed;
}

void person_read_officials(struct facts *f, const struct attribute *a, size_t person,
                           struct codes *ret)
{
    (void)a;
    codes_add_source(f, ret, person, MEMBER_OFFICIALS);
    ret->known = true;
}

/* What the documents and the record say of a person's age. */
struct age {
    bool minor; /* some date makes the person a child; the younger date counts (R-CHD-02) */
    bool adult; /* the birth date, or a verified document, makes the person an adult (R-CHD-03) */
};

static void weigh_dates(struct facts *f, const struct codes *dates, bool trusted, struct age *age)
{
    for (size_t i = 0; i < dates->count; i++) {
        struct birth birth;
        if (!birth_read(dates->at[i], &birth))
            continue;
        if (f->created.year == 0)
            f->created = birth_day_of(f->question->claims->created_ms);
        bool minor = birth_is_minor_on(birth, f->created);
        age->minor = age->minor || minor;
        age->adult = age->adult || (!minor && trusted);
    }
}

static struct age age_of(struct facts *f, size_t person)
{
    struct age age = {false, false};
    struct codes birth = member_codes(f, person, MEMBER_DOB);
    struct codes in_documents = member_codes(f, person, MEMBER_DOB_IN_DOC);
    struct codes genuine = member_codes(f, person, MEMBER_DOCS_GENUINE);
    bool verified = genuine.count == 1 && codes_have(&genuine, slice_text("VERIFIED"));
    weigh_dates(f, &birth, true, &age);
    weigh_dates(f, &in_documents, verified, &age);
    return age;
}

static bool is_any(struct slice code, const char *const *wanted)
{
    for (; *wanted != NULL; wanted++)
        if (slice_is(code, *wanted))
            return true;
    return false;
}

static bool has_any(const struct codes *codes, const char *const *wanted)
{
    for (; *wanted != NULL; wanted++)
        if (codes_have(codes, slice_text(*wanted)))
            return true;
    return false;
}

/* Reasons to believe that somebody is a child where no date says so. */
static bool is_presumed_child(struct facts *f, size_t person, const struct codes *flags)
{
    static const char *const alone[] = {"UNACCOMPANIED", "SEPARATED", NULL};
    static const char *const groups[] = {"0 to 17 years", "0--8", "9--17", NULL};
    struct codes group = member_codes(f, person, MEMBER_AGE_GROUP);
    return has_any(flags, alone) || has_any(&group, groups);
}

enum truth person_is_child(struct facts *f, size_t person)
{
    static const char *const open[] = {"DISPUTED", "UNDER_ASSESSMENT", "FINAL_CHILD", NULL};
    struct codes status = member_codes(f, person, MEMBER_AGE_STATUS);
    struct codes flags = member_codes(f, person, MEMBER_FLAGS);
    struct codes appeal = member_codes(f, person, MEMBER_AGE_APPEAL_OPEN);
    if (has_any(&status, open))
        return TRUTH_TRUE;
    if (codes_have(&status, slice_text("FINAL_ADULT")))
        return codes_have(&appeal, slice_text("false")) ? TRUTH_FALSE
               : appeal.partial                         ? TRUTH_UNKNOWN
                                                        : TRUTH_TRUE;
    struct age age = age_of(f, person);
    if (status.partial)
        return TRUTH_UNKNOWN; /* it may say FINAL_ADULT */
    if (age.minor || codes_have(&flags, slice_text("AGE_DISPUTED")))
        return TRUTH_TRUE;
    if (f->relayed)
        return TRUTH_UNKNOWN; /* another date may make a child */
    if (age.adult)
        return TRUTH_FALSE;
    return is_presumed_child(f, person, &flags) ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

void person_read_child(struct facts *f, const struct attribute *a, size_t person, struct codes *ret)
{
    (void)a;
    enum truth child = person_is_child(f, person);
    if (child != TRUTH_UNKNOWN)
        codes_add(f, ret, slice_text(child == TRUTH_TRUE ? "true" : "false"));
    ret->partial = f->relayed && child == TRUTH_UNKNOWN;
}

/*
 * The default matrix names suspects, accused and convicted for its second column, to which legal
 * persons go too; whom it does not name is protected. In police messages a contact or associate is
 * who the question is about.
 */
bool person_is_protected(const struct facts *f, size_t person)
{
    static const char *const other[] = {"SUSPECT", "ACCUSED", "CONVICTED", "LEGAL_PERSON", NULL};
    static const char *const asked_about[] = {"CONTACT", "ASSOCIATE", NULL};
    struct slice cat = f->document->persons[person].cat;
    bool police = slice_begins(f->question->claims->type, slice_text("pol."));
    return !is_any(cat, other) && !(police && is_any(cat, asked_about));
}

void person_read_class(struct facts *f, const struct attribute *a, size_t person, struct codes *ret)
{
    struct codes cat = {0};
    (void)a;
    codes_add(f, &cat, f->document->persons[person].cat);
    if (cat.count > 0 && f->document->persons[person].cat.length > 0)
        codes_add(f, ret,
                  slice_text(person_is_protected(f, person) ? CLASS_PROTECTED : CLASS_OTHER));
    ret->partial = f->relayed && ret->count == 0;
}

/* The item of a necessity entry, for the same element as another item of it. */
static bool is_sibling(const struct document_item *item, struct slice element, const char *name)
{
    return path_covers(element, item->leaf.path) &&
           slice_is(path_below(item->leaf.path, element), name);
}

/* One written necessity: whom it is about, which categories it opens, and that it is written. */
struct necessity {
    bool about, written;
    const struct value *categories;
};

static struct necessity necessity_at(const struct document *d, size_t first, size_t end,
                                     struct slice element, struct slice sid)
{
    struct necessity n = {false, false, NULL};
    for (size_t i = first; i < end; i++) {
        const struct document_item *item = &d->items[i];
        if (is_sibling(item, element, "sid"))
            n.about = sid.length > 0 && slice_equal(item->leaf.value.octets, sid);
        else if (is_sibling(item, element, "text"))
            n.written = item->leaf.value.octets.length > 0;
        else if (is_sibling(item, element, "cats"))
            n.categories = &item->leaf.value;
    }
    return n;
}

/* Of a person with two roles nobody knows which of them a necessity was written for. */
void person_read_necessity(struct facts *f, const struct attribute *a, size_t person,
                           struct codes *ret)
{
    const struct document *d = f->document;
    (void)a;
    ret->known = true;
    for (size_t i = f->necessity, end; i < f->necessity_end; i = end) {
        struct slice element =
            slice_part(d->items[i].leaf.path, 0, sizeof NECESSITY - 1 + ELEMENT_BYTES);
        for (end = i + 1; end < f->necessity_end; end++)
            if (!path_covers(element, d->items[end].leaf.path))
                break;
        struct necessity n = necessity_at(d, i, end, element, d->persons[person].sid);
        if (n.about && n.written && n.categories != NULL && !d->persons[person].dual)
            codes_add_value(f, ret, n.categories);
    }
    ret->open = false;
    ret->partial = f->relayed;
}
