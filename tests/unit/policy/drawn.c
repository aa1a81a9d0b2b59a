#include "drawn.h"

#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"
#include "support/chance.h"

#define TYPE_FILE   "law/messages/mla.request"
#define TEXT_BYTES  65536
#define FILES_MAX   16
#define LEVELS_FILE "law/levels"

static struct {
    struct schema *schema;
    struct directory *directory;
} shared;

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "drawn: %s\n", what);
    exit(1);
}

static const char *const parties[] = {
    "", "", "", "to *.CA ", "to XC.* ", "to XB.* ", "from XA.* ", "to *.JUD ", "from XA-CA-01 "};
static const char *const fields[] = {"*",
                                     "*",
                                     "tag.identity",
                                     "tag.metadata",
                                     "tag.allegation",
                                     "tag.demographic",
                                     "tag.identity, tag.victimisation",
                                     "tag.evidence, why",
                                     "person.name.*",
                                     "person.dob, person.sex",
                                     "why, person.cat",
                                     "items.*",
                                     "person.dob",
                                     "person.dob",
                                     "uncarried"};

/* What fields and claims say of themselves. What is computed of several is tested by itself
 * (test_persons.c): to hear less of it can be to know more. */
static const char *const tests[] = {
    "person.sex is 2",
    "person.sex is not 1",
    "person.cat is VICTIM",
    "person.cat is not one of (ACCUSED, WITNESS)",
    "person.citizenship is XC",
    "person.citizenship is same as recipient.state",
    "person.citizenship is not same as sender.state",
    "person.citizenship is same as message.owner",
    "person.risk_state is same as recipient.state",
    "person.protected_class is PROTECTED",
    "person.name.script is Latn",
    "person.birth_place.cc is not XB",
    "case.proceeding.type is PROSECUTION",
    "case.why is because",
    "case.items.measure is not SERVICE",
    "case.items.measure is HEARING",
    "case.items.target_sid is P7",
    "case.prior_ref is not \"x\"",
    "message.handling is H1",
    "message.handling is not one of (H1, H2)",
    "message.instrument is UNTOC18",
    "message.owner is same as sender.state",
    "recipient.role is CA",
    "person.guardian.party is same as recipient",
    "person.guardian.party is not same as sender",
    "recipient is not XC-CA-01",
    "sender is XA-CA-01",
    "recipient.state is same as sender.state",
    "purpose is EVIDENCE",
    "message.type is mla.request",
};
#define TESTS_COUNT (sizeof tests / sizeof tests[0])

void drawn_condition(struct buffer *out, const char *const *among, size_t count, size_t depth)
{
    size_t shape = depth == 0 ? 0 : chance(5);
    if (shape < 2) {
        buffer_text(out, among[chance(count)]);
        return;
    }
    buffer_text(out, shape == 2 ? "not (" : "(");
    drawn_condition(out, among, count, depth - 1);
    if (shape > 2) {
        buffer_text(out, shape == 3 ? " and " : " or ");
        drawn_condition(out, among, count, depth - 1);
    }
    buffer_text(out, ")");
}

static const char *kind_word(enum rule_kind kind)
{
    return kind == RULE_PERMIT ? "permit" : kind == RULE_LIMIT ? "limit" : "forbid";
}

/* Where knowing less can release no more, a rule may ask whether something is known. */
static void put_conditions(struct buffer *out, enum rule_kind kind)
{
    if (chance(3) > 0) {
        buffer_text(out, " when ");
        drawn_condition(out, tests, TESTS_COUNT, 2);
    }
    if (chance(6) == 0) {
        buffer_text(out, " unless ");
        drawn_condition(out, tests, TESTS_COUNT, 1);
    } else if (chance(6) == 0) {
        buffer_text(out, kind == RULE_PERMIT ? " unless person.sex is not known"
                                             : " unless person.sex is known");
    }
}

/* A rule that names fields by their paths may only name levels that each of them has. */
static bool has_level(const char *what, const char *level)
{
    static const char *const everywhere[] = {"clear", "stated", "generalise"};
    for (size_t i = 0; i < sizeof everywhere / sizeof everywhere[0]; i++)
        if (strcmp(level, everywhere[i]) == 0)
            return true;
    return strcmp(what, "*") == 0 || strcmp(what, "person.dob") == 0 ||
           (slice_begins(slice_text(what), slice_text("tag.")) && strstr(what, "why") == NULL);
}

void drawn_add(struct drawn_rules *rules, enum rule_kind kind)
{
    static const char *const granted[] = {"clear",      "clear",     "stated",
                                          "generalise", "pseudonym", "generalise to year"};
    static const char *const left[] = {"clear", "stated", "generalise", "pseudonym",
                                       "generalise to year"};
    static const char *const duties[] = {"retain-until", "no-onward-transfer",
                                         "no-onward-transfer, tlp-red"};
    static const char *const preconditions[] = {"four-eyes", "case-reference",
                                                "case-reference, four-eyes",
                                                "four-eyes, no-onward-transfer"};
    if (rules->count == DRAWN_RULES_MAX)
        return;
    struct buffer out = buffer_new(TEXT_BYTES);
    const char *what = CHANCE_OF(fields);
    buffer_print(&out, "%s \"r%02zu\" %sfields %s", kind_word(kind), chance(90), CHANCE_OF(parties),
                 what);
    put_conditions(&out, kind);
    const char *level = kind == RULE_PERMIT ? CHANCE_OF(granted) : CHANCE_OF(left);
    if (kind != RULE_FORBID)
        buffer_print(&out, " release %s", has_level(what, level) ? level : "clear");
    if (kind == RULE_FORBID && chance(2) == 0)
        buffer_text(&out, " notice stated");
    if (kind != RULE_FORBID && chance(3) == 0)
        buffer_print(&out, " require %s",
                     kind == RULE_PERMIT && chance(2) == 0 ? CHANCE_OF(preconditions)
                                                           : CHANCE_OF(duties));
    buffer_print(&out, " basis \"b%zu\"\n", chance(1000));
    if (out.failed ||
        !slice_copy_text(buffer_slice(&out), rules->at[rules->count], sizeof rules->at[0]))
        stop("a rule is too long");
    rules->count++;
    buffer_done(&out);
}

struct drawn_rules drawn_rules(void)
{
    static const enum rule_kind kinds[] = {RULE_PERMIT, RULE_PERMIT, RULE_PERMIT, RULE_LIMIT,
                                           RULE_FORBID};
    struct drawn_rules rules = {.count = 0};
    size_t count = 1 + chance(DRAWN_RULES_MAX - 3);
    for (size_t i = 0; i < count; i++)
        drawn_add(&rules, CHANCE_OF(kinds));
    return rules;
}

struct drawn_rules drawn_shuffled(const struct drawn_rules *rules)
{
    struct drawn_rules other = *rules;
    for (size_t i = other.count; i > 1; i--) {
        size_t at = chance(i);
        char kept[sizeof other.at[0]];
        memcpy(kept, other.at[i - 1], sizeof kept);
        memcpy(other.at[i - 1], other.at[at], sizeof kept);
        memcpy(other.at[at], kept, sizeof kept);
    }
    if (other.count < DRAWN_RULES_MAX)
        memcpy(other.at[other.count++], other.at[0], sizeof other.at[0]);
    return other;
}

static void find_shared(void)
{
    const struct text_files *all = shipped_files();
    struct text_file at[FILES_MAX];
    struct text_files some = {.at = at};
    struct text_error error = {.message = "memory"};
    for (size_t i = 0; i < all->count; i++) {
        struct slice path = all->at[i].path;
        if (slice_is(path, TYPE_FILE) || slice_is(path, "law/vocabulary") ||
            slice_is(path, "law/objects/person"))
            at[some.count++] = all->at[i];
    }
    if (failed(schema_parse(&some, &shared.schema, &error)) ||
        failed(directory_parse(all, &shared.directory, &error)))
        stop(error.message);
}

/* The rules and the orders of levels; everything else is shared. */
static struct status parse_law(const struct drawn_rules *rules, struct law **ret_law,
                               struct text_error *reterr)
{
    const struct text_files *all = shipped_files();
    const struct law_names names = {shared.schema, shared.directory};
    struct text_file at[2];
    struct text_files files = {.at = at};
    struct buffer text = buffer_new(TEXT_BYTES);
    for (size_t i = 0; i < all->count; i++)
        if (slice_is(all->at[i].path, LEVELS_FILE))
            at[files.count++] = all->at[i];
    buffer_text(&text, "policy \"t\" version 1 authority \"a\" basis \"b\"\n"
                       "in force 2026-01-01 until 2026-12-31\n");
    for (size_t i = 0; i < rules->count; i++)
        buffer_text(&text, rules->at[i]);
    buffer_text(&text, "end\n");
    at[files.count++] = (struct text_file){slice_text("law/rules/drawn"), buffer_slice(&text)};
    struct status s = law_parse(&files, &names, ret_law, reterr);
    if (failed(s))
        fprintf(stderr, "%u:%u: %s\n%.*s", reterr->line, reterr->column, reterr->message,
                (int)text.length, (const char *)text.at);
    buffer_done(&text);
    return s;
}

struct rulebook *drawn_rulebook(const struct drawn_rules *rules)
{
    struct text_error error = {.message = "memory"};
    struct rulebook *rulebook = calloc(1, sizeof *rulebook);
    if (shared.schema == NULL)
        find_shared();
    if (rulebook == NULL || failed(parse_law(rules, &rulebook->law, &error)))
        stop("the law cannot be read");
    rulebook->schema = shared.schema;
    rulebook->directory = shared.directory;
    return rulebook;
}

void drawn_free(struct rulebook *rulebook)
{
    law_free(rulebook->law);
    free(rulebook);
}

void drawn_end(void)
{
    schema_free(shared.schema);
    directory_free(shared.directory);
}

static void put_maybe(struct buffer *out, const char *text)
{
    if (chance(2) == 0)
        buffer_print(out, ",%s", text);
}

static void put_person(struct buffer *out, size_t number)
{
    static const char *const cats[] = {"VICTIM", "WITNESS", "ACCUSED", "SUSPECT"};
    static const char *const citizenships[] = {"XA", "XC", "XB\",\"XC"};
    buffer_print(out, "%s{\"sid\":\"P%zu\",\"cat\":\"%s\"", number == 0 ? "" : ",", number,
                 CHANCE_OF(cats));
    put_maybe(out, "\"dob\":\"2001-11-05\"");
    put_maybe(out, chance(2) == 0 ? "\"sex\":1" : "\"sex\":2");
    if (chance(3) > 0)
        buffer_print(out, ",\"citizenship\":[\"%s\"]", CHANCE_OF(citizenships));
    put_maybe(out, "\"name\":{\"family\":\"Dostan\",\"script\":\"Latn\"}");
    put_maybe(out, chance(2) == 0 ? "\"guardian\":{\"party\":\"XC-CA-01\"}"
                                  : "\"guardian\":{\"party\":\"XA-CA-01\"}");
    put_maybe(out, chance(2) == 0 ? "\"birth_place\":{\"cc\":\"XB\"}"
                                  : "\"birth_place\":{\"cc\":\"XA\"}");
    buffer_text(out, "}");
}

struct composed *drawn_message(void)
{
    static const char *const recipients[] = {"XC-CA-01", "XC-CA-02", "XA-JUD-01"};
    struct buffer out = buffer_new(TEXT_BYTES);
    buffer_text(&out, "{\"type\":\"mla.request\",\"case_ref\":\"R-1\",\"lang\":\"eng\","
                      "\"instrument\":\"UNTOC18\",\"purpose\":\"EVIDENCE\","
                      "\"legal_basis\":[\"b\"],\"authority\":{\"name\":\"a\",\"function\":\"f\"},"
                      "\"items\":[{\"item\":1,\"measure\":\"HEARING\",\"target_sid\":\"P0\"}],"
                      "\"proceeding\":{\"type\":\"PROSECUTION\",\"subject\":\"s\","
                      "\"conducted_by\":{\"name\":\"n\",\"function\":\"f\"}},"
                      "\"offences\":[{\"iccs\":\"02042\",\"law\":\"l\"}],"
                      "\"facts\":\"f\",\"facts_subjects\":[\"P0\"],\"facts_cats\":[\"CRM\"],"
                      "\"procedure\":\"p\",\"purpose_text\":\"p\"");
    put_maybe(&out, "\"handling\":[\"H1\"]");
    put_maybe(&out, chance(2) == 0 ? "\"owner\":\"XA\"" : "\"owner\":\"XC\"");
    put_maybe(&out, chance(2) == 0 ? "\"why\":\"because\"" : "\"why\":\"Unknown\"");
    buffer_text(&out, ",\"persons\":[");
    size_t persons = 1 + chance(3);
    for (size_t i = 0; i < persons; i++)
        put_person(&out, i);
    buffer_text(&out, "]}");
    json_t *document = json_loadb((const char *)out.at, out.length, 0, NULL);
    if (out.failed || document == NULL)
        stop("the message is no JSON");
    if (shared.schema == NULL)
        find_shared();
    struct composed *composed = compose(shared.schema, document, "XA-CA-01", CHANCE_OF(recipients));
    json_decref(document);
    buffer_done(&out);
    return composed;
}
