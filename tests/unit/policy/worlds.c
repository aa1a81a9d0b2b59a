#include "worlds.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/reader.h"
#include "support/chance.h"

static const char vocabulary[] =
    "law number 1\ncodes role CA, JUD\ncodes instrument EIO, NRM\ncodes purpose EVIDENCE, FAMILY\n"
    "codes urgency ROUTINE, URGENT\ncodes handling H0, H1\ncodes transfer_tier T0, T1\n"
    "codes transfer_basis B\ncodes kind VICTIM, SUSPECT\ncodes colour RED, BLUE, GREEN, UNKNOWN\n"
    "codes status PENDING, OPEN\n";
static const char person[] = "object person\nfield sid sid MET required\n"
                             "field cat code kind MET required\nfield name text 99 ID\n"
                             "field colour code colour DEM\nfield citizenship up to 8 country DEM\n"
                             "field asylum.status code status ASY\n";
static const char message[] = "message a.b schema 1\nfrom CA to CA, JUD\nfrom JUD to CA under EIO\n"
                              "purpose EVIDENCE, FAMILY\nfield title text 9 MET\n"
                              "field mood code colour CRM\nlist items up to 3\n"
                              "field items.cc country PLC\npersons persons up to 9\n";
static const char states[] =
    "states number 1\nstate XA \"A\" domain a.b\nstate XB \"B\" domain b.b\n"
    "gateway XA-GW-01\n";
static const char xa[] = "parties XA number 1\n"
                         "party XA-CA-01 \"a\" home XA-GW-01 from 2026-01-01 until 2030-12-31\n"
                         "party XA-CA-02 \"b\" home XA-GW-01 from 2026-01-01 until 2030-12-31\n"
                         "party XA-JUD-01 \"c\" home XA-GW-01 from 2026-01-01 until 2030-12-31\n";
static const char xb[] = "parties XB number 1\n"
                         "party XB-CA-01 \"d\" home XA-GW-01 from 2026-01-01 until 2030-12-31\n";

const struct world_field world_fields[] = {
    {"title", "metadata", false},
    {"mood", "allegation", false},
    {"items.cc", "place", false},
    {"persons.sid", "metadata", true},
    {"persons.name", "identity", true},
    {"persons.citizenship", "demographic", true},
    {"persons.asylum.status", "asylum", true},
};
const unsigned world_field_count = sizeof world_fields / sizeof world_fields[0];

const struct world_attribute world_attributes[WORLD_ATTRIBUTES] = {
    {"sender.state", {"XA", "XB", "?1", "?2"}, 4, 2, false, false, 0, 1},
    {"sender.role", {"CA", "JUD"}, 2, 2, false, false, 0, 2},
    {"recipient.state", {"XA", "XB", "?1", "?2"}, 4, 2, false, false, 0, 1},
    {"recipient.role", {"CA", "JUD"}, 2, 2, false, false, 0, 2},
    {"purpose", {"EVIDENCE", "FAMILY"}, 2, 2, false, false, 0, 3},
    {"message.instrument", {"EIO", "NRM"}, 2, 2, false, false, MAY_OPEN, 4},
    {"person.colour", {"RED", "BLUE", "GREEN"}, 3, 2, true, false, MAY_OPEN, 5},
    {"case.mood", {"RED", "BLUE", "GREEN"}, 3, 2, false, false, MAY_OPEN, 5},
    {"person.citizenship", {"XA", "XB", "?1", "?2"}, 4, 2, true, true, MAY_ALL, 1},
    {"case.items.cc", {"XA", "XB", "?1", "?2"}, 4, 2, false, true, MAY_ALL, 1},
    {"person.asylum.status", {"PENDING", "OPEN"}, 2, 1, true, false, MAY_OPEN | MAY_NONE, 6},
    {"message.handling", {"H0", "H1"}, 2, 2, false, true, MAY_OPEN, 7},
    {"message.owner", {"XA", "XB", "?1", "?2"}, 4, 2, false, false, MAY_OPEN, 1},
    {"person.officials", {"XA", "XB", "?1", "?2"}, 4, 2, true, true, MAY_ALL, 1},
    {"person.child", {"false", "true"}, 2, 2, true, false, MAY_OPEN, 8},
    {"message.urgency", {"ROUTINE", "URGENT"}, 2, 1, false, false, 0, 9},
    {"person.consented", {"ID", "HLT"}, 2, 2, true, true, MAY_OPEN | MAY_PART | NEVER_WHOLE, 10},
};

static unsigned any(unsigned count)
{
    return (unsigned)chance(count);
}

void world_used_random(unsigned used[WORLD_USED], bool few)
{
    unsigned sets = few ? 0 : 2;
    for (unsigned i = 0; i < WORLD_USED;) {
        used[i] = WORLD_LANE + any(WORLD_ATTRIBUTES - WORLD_LANE);
        bool set = world_attributes[used[i]].many && world_attributes[used[i]].count > 2;
        if (set && sets == 0)
            continue;
        sets -= set;
        i++;
    }
}

struct world world_lane_random(void)
{
    struct world world = {0};
    for (unsigned a = 0; a < INSTRUMENT; a++)
        world.values[a].codes = 1U << any(world_attributes[a].count);
    return world;
}

static unsigned any_attribute(const unsigned used[WORLD_USED])
{
    return any(4) == 0 ? any(WORLD_LANE) : used[any(WORLD_USED)];
}

/* grants: knowing more of it must not take anything away, or the law would be refused. */
static struct world_node *any_test(struct arena *arena, const unsigned used[WORLD_USED],
                                   bool grants)
{
    struct world_node *n = arena_alloc(arena, sizeof *n);
    n->attribute = any_attribute(used);
    n->other = any_attribute(used);
    n->negated = any(3) == 0;
    n->codes = 1U << any(world_attributes[n->attribute].written);
    if (any(3) == 0)
        n->codes |= 1U << any(world_attributes[n->attribute].written);
    if (n->other != n->attribute &&
        world_attributes[n->other].kin == world_attributes[n->attribute].kin)
        n->kind = NODE_SAME;
    if (any(6) == 0) {
        n->kind = NODE_KNOWN;
        n->negated = !grants;
    }
    return n;
}

static struct world_node *any_condition(struct arena *arena, const unsigned used[WORLD_USED],
                                        bool grants, unsigned depth)
{
    unsigned shape = depth == 0 ? 0 : any(5);
    if (shape < 2)
        return any_test(arena, used, grants);
    struct world_node *n = arena_alloc(arena, sizeof *n);
    n->kind = shape == 2 ? NODE_NOT : shape == 3 ? NODE_AND : NODE_OR;
    n->left = any_condition(arena, used, n->kind == NODE_NOT ? !grants : grants, depth - 1);
    if (n->kind != NODE_NOT)
        n->right = any_condition(arena, used, grants, depth - 1);
    return n;
}

static struct world_rule any_rule(struct arena *arena, const unsigned used[WORLD_USED],
                                  const char *kind)
{
    static const char *const fields[] = {"*",
                                         "tag.identity",
                                         "tag.metadata",
                                         "title",
                                         "person.asylum.*",
                                         "person.name",
                                         "tag.asylum",
                                         "mood",
                                         "tag.demographic, tag.allegation"};
    static const char *const parties[] = {NULL, NULL, "XA.*", "*.CA", "XB.CA, XA.JUD"};
    static const char *const levels[] = {"clear", "clear", "generalise", "stated"};
    static const char *const purposes[] = {NULL, NULL, "EVIDENCE", "FAMILY, EVIDENCE"};
    struct world_rule rule = {
        .kind = kind,
        .fields = CHANCE_OF(fields),
        .level = CHANCE_OF(levels),
        .from = CHANCE_OF(parties),
        .to = CHANCE_OF(parties),
        .purpose = CHANCE_OF(purposes),
    };
    bool grants = strcmp(kind, "permit") == 0;
    if (strcmp(kind, "refuse") == 0 && any(2) == 0)
        rule.fields = NULL;
    if (strcmp(kind, "forbid") == 0)
        rule.level = any(2) == 0 ? "stated" : "silent";
    if (any(4) > 0)
        rule.when = any_condition(arena, used, grants, 2);
    if (any(3) == 0)
        rule.unless = any_condition(arena, used, !grants, 2);
    return rule;
}

struct world_law world_law_random(struct arena *arena, const unsigned used[WORLD_USED])
{
    static const char *const kinds[] = {"permit", "permit", "permit", "limit", "forbid", "refuse"};
    struct world_law law = {.count = 1 + any(WORLD_RULES)};
    for (unsigned r = 0; r < law.count; r++)
        law.rules[r] = any_rule(arena, used, CHANCE_OF(kinds));
    law.guarantee = any_rule(arena, used, "guarantee");
    return law;
}

static void put(struct buffer *out, const char *text)
{
    buffer_put(out, slice_text(text));
}

static void put_test(struct buffer *out, const struct world_node *n)
{
    const struct world_attribute *a = &world_attributes[n->attribute];
    put(out, a->name);
    put(out, n->negated ? " is not " : " is ");
    if (n->kind == NODE_KNOWN) {
        put(out, "known");
    } else if (n->kind == NODE_SAME) {
        put(out, "same as ");
        put(out, world_attributes[n->other].name);
    } else {
        put(out, "one of (");
        for (unsigned c = 0, first = 1; c < a->count; c++) {
            if ((n->codes >> c & 1U) == 0)
                continue;
            put(out, first ? "" : ", ");
            put(out, a->codes[c]);
            first = 0;
        }
        put(out, ")");
    }
}

static void put_condition(struct buffer *out, const struct world_node *n)
{
    if (n->kind < NODE_NOT) {
        put_test(out, n);
        return;
    }
    put(out, n->kind == NODE_NOT ? "not (" : "(");
    put_condition(out, n->left);
    if (n->kind != NODE_NOT) {
        put(out, n->kind == NODE_AND ? " and " : " or ");
        put_condition(out, n->right);
    }
    put(out, ")");
}

static void put_clause(struct buffer *out, const char *word, const char *text)
{
    if (text == NULL)
        return;
    put(out, word);
    put(out, text);
    put(out, "\n");
}

static void put_rule(struct buffer *out, const struct world_rule *rule, unsigned number)
{
    char title[40];
    snprintf(title, sizeof title, " \"%u\" ", number);
    bool guarantee = strcmp(rule->kind, "guarantee") == 0;
    bool levelled =
        guarantee || strcmp(rule->kind, "permit") == 0 || strcmp(rule->kind, "limit") == 0;
    put(out, rule->kind);
    put_clause(out, title, guarantee ? "never" : "");
    put_clause(out, "from ", rule->from);
    put_clause(out, "to ", rule->to);
    put_clause(out, "purpose ", rule->purpose);
    put_clause(out, "fields ", rule->fields);
    if (rule->when != NULL) {
        put(out, "when ");
        put_condition(out, rule->when);
    }
    if (rule->unless != NULL) {
        put(out, "\nunless ");
        put_condition(out, rule->unless);
    }
    put_clause(out, "\n", "");
    put_clause(out, "release at most ", levelled ? rule->level : NULL);
    put_clause(out, "notice ", strcmp(rule->kind, "forbid") == 0 ? rule->level : NULL);
    put_clause(out, "code ", strcmp(rule->kind, "refuse") == 0 ? "E_ROUTE" : NULL);
    put(out, "basis \"b\"\n");
}

static struct buffer text_of(const struct world_law *law)
{
    struct buffer text = buffer_new(65536);
    put(&text, "policy \"t\" version 1 authority \"a\" basis \"b\" in force 2026-01-01 until "
               "2026-12-31\n");
    for (unsigned r = 0; r < law->count; r++)
        put_rule(&text, &law->rules[r], r);
    put_rule(&text, &law->guarantee, 99);
    put(&text, "end\n");
    return text;
}

void world_law_tell(const struct world_law *law)
{
    struct buffer text = text_of(law);
    fwrite(text.at, 1, text.length, stdout);
    buffer_done(&text);
}

struct rulebook *world_rulebook(const struct world_law *law)
{
    struct buffer text = text_of(law);
    struct text_file files[] = {
        {slice_text("law/messages/a.b"), slice_text(message)},
        {slice_text("law/objects/person"), slice_text(person)},
        {slice_text("law/rules/r"), buffer_slice(&text)},
        {slice_text("law/vocabulary"), slice_text(vocabulary)},
        {slice_text("parties/XA/p"), slice_text(xa)},
        {slice_text("parties/XB/p"), slice_text(xb)},
        {slice_text("states/s"), slice_text(states)},
    };
    struct text_error error = {.message = "memory"};
    struct rulebook *rulebook = NULL;
    if (failed(rulebook_parse(&(struct text_files){files, sizeof files / sizeof files[0]},
                              &rulebook, &error))) {
        fprintf(stderr, "%s:%u:%u: %s\n%.*s", error.file, error.line, error.column, error.message,
                (int)text.length, (const char *)text.at);
        exit(1);
    }
    buffer_done(&text);
    return rulebook;
}
