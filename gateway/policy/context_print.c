#include "policy/context.h"

#include "base/reader.h"

#define TEXT_MAX_BYTES 65536

static void put(struct buffer *out, const char *text)
{
    buffer_put(out, slice_text(text));
}

static bool holds(const struct context *c, uint32_t literal)
{
    return search_holds(c->search, literal);
}

static size_t codes_held(const struct context *c, const struct slot *slot)
{
    size_t held = 0;
    for (size_t i = 0; i < slot->code_count; i++)
        held += holds(c, slot->has[i]);
    return held;
}

/* A party is told by State and role; its name only where a rule mentions it. */
static bool is_telling(const struct context *c, const struct slot *slot)
{
    for (size_t i = 0; i < slot->code_count; i++)
        if (holds(c, slot->has[i]) && !name_is_party(slot->codes[i]))
            return false;
    return true;
}

/* Whether the slot says something that an ordinary message does not. */
static bool is_told(const struct context *c, size_t index)
{
    const struct slot *slot = &c->slots[index];
    if (slot->fixed)
        return false;
    if (index == SLOT_SENDER || index == SLOT_RECIPIENT)
        return is_telling(c, slot);
    if (slot->ordinary.length > 0 && holds(c, context_has(c, index, slot->ordinary)))
        return false;
    if (codes_held(c, slot) > 0)
        return true;
    return holds(c, slot->open) != (slot->rest == REST_UNKNOWN);
}

static void put_slot(const struct context *c, const struct slot *slot, struct buffer *out)
{
    bool open = holds(c, slot->open), first = true;
    put(out, out->length > 0 ? ", " : "");
    buffer_put(out, slot->name);
    put(out, " is ");
    for (size_t i = 0; i < slot->code_count; i++) {
        if (!holds(c, slot->has[i]))
            continue;
        put(out, first ? "" : " and ");
        buffer_put(out, slot->codes[i]);
        first = false;
    }
    if (first)
        put(out, open ? "not known" : "none");
    else if (open)
        put(out, " and perhaps more, which is not known");
}

/* What the gateway works out, and from what: both in one example may contradict each other. */
static const struct source {
    const char *computed;
    const char *fields[8];
} sources[] = {
    {"person.child",
     {"person.dob", "person.docs.dob_in_doc", "person.docs.genuine", "person.age_status",
      "person.age_appeal_open", "person.age_group", "person.flags", NULL}},
    {"person.consented",
     {"person.consent.scope", "person.consent.recipients", "person.consent.cats",
      "person.consent.given_by", "person.consent.date", "person.consent.until",
      "person.consent.withdrawn", NULL}},
    {"person.hidden_risk",
     {"person.asylum.feared", "person.residence_former", "person.stateless", "person.citizenship",
      "person.risk.states", "person.risk.factors", "person.risk_state", NULL}},
    {"person.officials", {"person.risk.officials_implicated", NULL}},
    {"person.protected_class", {"person.cat", NULL}},
    {"person.risk_state", {"person.citizenship", NULL}},
};

static bool is_told_named(const struct context *c, const bool *told, const char *name)
{
    for (size_t i = 0; i < c->slot_count; i++)
        if (told[i] && slice_is(c->slots[i].name, name))
            return true;
    return false;
}

static void put_sources(const struct context *c, const bool *told, struct buffer *out)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        for (size_t k = 0; sources[i].fields[k] != NULL; k++) {
            if (!is_told_named(c, told, sources[i].computed) ||
                !is_told_named(c, told, sources[i].fields[k]))
                continue;
            put(out, "; ");
            put(out, sources[i].computed);
            put(out, " is worked out from ");
            put(out, sources[i].fields[k]);
            put(out, " and was not compared with it");
        }
}

const char *context_print(const struct context *c, const bool *slots, const bool *always)
{
    struct buffer out = buffer_new(TEXT_MAX_BYTES);
    bool *told = arena_array(c->arena, c->slot_count, sizeof *told);
    char *text = NULL;
    for (size_t i = 0; told != NULL && i < c->slot_count; i++) {
        told[i] = (always != NULL && always[i]) || (slots[i] && is_told(c, i));
        if (told[i])
            put_slot(c, &c->slots[i], &out);
    }
    if (told != NULL)
        put_sources(c, told, &out);
    if (told != NULL && !out.failed)
        text = arena_text(c->arena, buffer_slice(&out));
    buffer_done(&out);
    return text;
}

/* Where it is open it has nothing else; else the codes in their order, or, of many, all but one. */
static void wish_slot(struct context *c, size_t index, struct literals *wishes)
{
    const struct slot *slot = &c->slots[index];
    if (slot->ordinary.length > 0)
        literals_add(c->search, wishes, context_has(c, index, slot->ordinary));
    if (slot->may_open)
        literals_add(c->search, wishes,
                     slot->rest == REST_UNKNOWN ? slot->open : SEARCH_NOT(slot->open));
    for (size_t i = slot->code_count; slot->rest != REST_CODE && i-- > 0;)
        literals_add(c->search, wishes, SEARCH_NOT(slot->has[i]));
    for (size_t i = 0; slot->rest == REST_CODE && i < slot->code_count; i++)
        literals_add(c->search, wishes, slot->has[i]);
}

struct literals context_wishes(struct context *c, const bool *slots)
{
    struct literals wishes = {0};
    for (size_t i = 0; i < c->slot_count; i++)
        if (!c->slots[i].fixed && (i < SLOT_OF_LANE || slots[i]))
            wish_slot(c, i, &wishes);
    return wishes;
}
