#include "worlds.h"

#include <stdio.h>
#include <string.h>

enum { FALSE_, UNKNOWN_, TRUE_ };

static const char *code_of(const struct world *world, unsigned attribute)
{
    const struct world_attribute *a = &world_attributes[attribute];
    for (unsigned c = 0; c < a->count; c++)
        if (world->values[attribute].codes == 1U << c)
            return a->codes[c];
    return "";
}

/* The codes of a value as bits that mean the same for all attributes of a kin. */
static unsigned common_bits(const struct world *world, unsigned attribute)
{
    static const char *const all[] = {"XA",     "XB",  "?1",   "?2",    "CA",  "JUD", "EVIDENCE",
                                      "FAMILY", "RED", "BLUE", "GREEN", "EIO", "NRM"};
    const struct world_attribute *a = &world_attributes[attribute];
    unsigned bits = 0;
    for (unsigned c = 0; c < a->count; c++)
        for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
            if ((world->values[attribute].codes >> c & 1U) != 0 && strcmp(a->codes[c], all[i]) == 0)
                bits |= 1U << i;
    return bits;
}

static int same_truth(const struct world *world, unsigned one, unsigned other)
{
    const struct world_value *a = &world->values[one], *b = &world->values[other];
    if ((common_bits(world, one) & common_bits(world, other)) != 0)
        return TRUE_;
    if ((!a->open && a->codes == 0) || (!b->open && b->codes == 0))
        return FALSE_; /* nothing has nothing in common with anything */
    return a->open || b->open ? UNKNOWN_ : FALSE_;
}

static int truth_of(const struct world *world, const struct world_node *n, bool of_case)
{
    int left, right, t = UNKNOWN_;
    const struct world_value *value = &world->values[n->attribute];
    if (n->kind == NODE_NOT)
        return TRUE_ - truth_of(world, n->left, of_case);
    if (n->kind == NODE_AND || n->kind == NODE_OR) {
        left = truth_of(world, n->left, of_case);
        right = truth_of(world, n->right, of_case);
        return (n->kind == NODE_AND) == (left < right) ? left : right;
    }
    if (of_case && (world_attributes[n->attribute].personal ||
                    (n->kind == NODE_SAME && world_attributes[n->other].personal)))
        return FALSE_;
    if (n->kind == NODE_KNOWN)
        t = value->open ? FALSE_ : TRUE_;
    else if (n->kind == NODE_SAME)
        t = same_truth(world, n->attribute, n->other);
    else
        t = (value->codes & n->codes) != 0 ? TRUE_ : value->open ? UNKNOWN_ : FALSE_;
    return n->negated ? TRUE_ - t : t;
}

static int rule_truth(const struct world *world, const struct world_rule *rule, bool of_case)
{
    int when = rule->when == NULL ? TRUE_ : truth_of(world, rule->when, of_case);
    int unless = rule->unless == NULL ? FALSE_ : truth_of(world, rule->unless, of_case);
    return when < TRUE_ - unless ? when : TRUE_ - unless;
}

/* Whether one of the comma-separated parties ("XA.*", "*.CA", "XB.CA") is this one. */
static bool is_party(const char *list, const char *state, const char *role)
{
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += strspn(at, ", ");
        const char *dot = strchr(at, '.');
        bool fits_state = at[0] == '*' || strncmp(at, state, (size_t)(dot - at)) == 0;
        bool fits_role = dot[1] == '*' || strncmp(dot + 1, role, strlen(role)) == 0;
        if (fits_state && fits_role)
            return true;
    }
    return list == NULL;
}

static bool is_active(const struct world *world, const struct world_rule *rule)
{
    return is_party(rule->from, code_of(world, SENDER_STATE), code_of(world, SENDER_ROLE)) &&
           is_party(rule->to, code_of(world, RECIPIENT_STATE), code_of(world, RECIPIENT_ROLE)) &&
           (rule->purpose == NULL || strstr(rule->purpose, code_of(world, PURPOSE)) != NULL);
}

static bool covers(const struct world_rule *rule, const struct world_field *field)
{
    char tag[40];
    if (rule->fields == NULL || strcmp(rule->fields, "*") == 0)
        return true;
    snprintf(tag, sizeof tag, "tag.%s", field->tag);
    if (strstr(rule->fields, tag) != NULL || strcmp(rule->fields, field->name) == 0)
        return true;
    if (strncmp(rule->fields, "person.", 7) != 0 || !field->personal)
        return false;
    if (strcmp(rule->fields, "person.asylum.*") == 0)
        return strncmp(field->name, "persons.asylum.", 15) == 0;
    return strcmp(rule->fields + 7, field->name + 8) == 0;
}

static unsigned rank_of(const char *level)
{
    static const char *const levels[] = {"silent", "stated", "generalise", "clear"};
    unsigned rank = 0;
    while (strcmp(levels[rank], level) != 0)
        rank++;
    return rank;
}

/* A refusal of the whole message asks its person and the case; with fields, what it covers. */
static bool refuses(const struct world *world, const struct world_rule *rule,
                    const struct world_field *field)
{
    if (rule->fields == NULL && rule_truth(world, rule, true) != FALSE_)
        return true;
    return covers(rule, field) && rule_truth(world, rule, !field->personal) != FALSE_;
}

unsigned world_level(const struct world_law *law, const struct world *world,
                     const struct world_field *field)
{
    unsigned grant = 0, ceiling = 3;
    for (unsigned r = 0; r < law->count; r++) {
        const struct world_rule *rule = &law->rules[r];
        if (!is_active(world, rule))
            continue;
        if (strcmp(rule->kind, "refuse") == 0 && refuses(world, rule, field))
            return 0;
        if (strcmp(rule->kind, "refuse") == 0 || !covers(rule, field))
            continue;
        int truth = rule_truth(world, rule, !field->personal);
        unsigned rank = rank_of(rule->level);
        if (strcmp(rule->kind, "permit") == 0)
            grant = truth == TRUE_ && rank > grant ? rank : grant;
        else
            ceiling = truth != FALSE_ && rank < ceiling ? rank : ceiling;
    }
    unsigned level = grant < ceiling ? grant : ceiling;
    return level == 1 && strcmp(field->tag, "asylum") == 0 ? 0 : level;
}

bool world_guarded(const struct world_law *law, const struct world *world,
                   const struct world_field *field)
{
    return is_active(world, &law->guarantee) && covers(&law->guarantee, field) &&
           rule_truth(world, &law->guarantee, !field->personal) != FALSE_;
}

unsigned world_bound(const struct world_law *law)
{
    return rank_of(law->guarantee.level);
}

static bool can_be(const struct world_attribute *a, struct world_value value)
{
    bool one = (value.codes & (value.codes - 1)) == 0;
    if ((a->may & NEVER_WHOLE) != 0 && !value.open)
        return false;
    if (value.codes == 0)
        return (a->may & (value.open ? MAY_OPEN : MAY_NONE)) != 0;
    return value.open ? (a->may & MAY_PART) != 0 : a->many || one;
}

/* CA writes to CA and JUD, JUD to CA under the instrument EIO. */
static bool is_allowed(const struct world *world)
{
    if (strcmp(code_of(world, SENDER_ROLE), "CA") == 0)
        return true;
    return strcmp(code_of(world, RECIPIENT_ROLE), "CA") == 0 &&
           strcmp(code_of(world, INSTRUMENT), "EIO") == 0;
}

struct walk {
    const unsigned *attributes;
    unsigned count;
    world_visit *visit;
    void *context;
    struct world world;
};

static void each(struct walk *walk, unsigned at)
{
    if (at == walk->count) {
        if (is_allowed(&walk->world))
            walk->visit(walk->context, &walk->world);
        return;
    }
    const struct world_attribute *a = &world_attributes[walk->attributes[at]];
    struct world_value *value = &walk->world.values[walk->attributes[at]];
    for (unsigned i = 0; i < 2U << a->count; i++) {
        *value = (struct world_value){i >> 1, (i & 1U) != 0};
        if (can_be(a, *value))
            each(walk, at + 1);
    }
}

void world_each(const unsigned used[WORLD_USED], const struct world *lane, world_visit *visit,
                void *context)
{
    unsigned attributes[WORLD_LANE + WORLD_USED];
    struct walk walk = {.attributes = attributes, .visit = visit, .context = context};
    if (lane != NULL)
        walk.world = *lane;
    for (unsigned a = lane == NULL ? 0 : INSTRUMENT; a < WORLD_LANE; a++)
        attributes[walk.count++] = a;
    for (unsigned i = 0; i < WORLD_USED; i++) {
        bool there = false;
        for (unsigned k = 0; k < i; k++)
            there = there || used[k] == used[i];
        if (!there)
            attributes[walk.count++] = used[i];
    }
    each(&walk, 0);
}
