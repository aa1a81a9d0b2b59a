#include "policy.h"

#include <stdio.h>
#include <stdlib.h>

#include "stop.h"

#define FILES_MAX  600
#define TEXT_BYTES (16UL << 20)

static uint64_t state = 88172645463325252U;

size_t draw(size_t count)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state >> 11) % count;
}

/* What conditions ask, of codes that the messages have or could have. */
static const struct {
    const char *attribute, *codes[8];
} tests[] = {
    {"person.cat", {"VICTIM", "WITNESS", "ACCUSED", "SUSPECT", "CONVICTED", "LEGAL_PERSON"}},
    {"person.child", {"true", "false"}},
    {"person.protected_class", {"PROTECTED", "OTHER"}},
    {"person.asylum.status", {"PENDING", "REFUGEE", "APPEAL", "COMPLEMENTARY"}},
    {"case.items.measure", {"BANK_RECORDS", "HEARING", "PHONE_TRAFFIC", "SERVICE"}},
    {"case.proceeding.type", {"PROSECUTION"}},
    {"message.handling", {"H1", "H2", "H3"}},
    {"message.urgency", {"URGENT", "ROUTINE"}},
    {"message.confidential", {"true", "false"}},
    {"recipient.role", {"CA", "JUD", "POL", "ASY", "NGO", "FIU"}},
};

/* Attributes whose codes are States. */
static const char *const of_states[] = {"person.citizenship", "person.risk_state",
                                        "person.hidden_risk", "person.officials", "message.owner"};
static const char *const roles[] = {"CA", "JUD", "POL", "ASY", "NGO", "FIU", "NRM", "CPS"};
static const char *const purposes[] = {"EVIDENCE", "INVESTIGATION", "PROSECUTION", "ASYLUM"};
static const char *const fields[] = {
    "authority.name",      "authority.function",
    "proceeding.type",     "proceeding.conducted_by.*",
    "proceeding.subject",  "facts",
    "facts_subjects",      "facts_cats",
    "releasable_summary",  "offences.iccs",
    "offences.law",        "items.item",
    "items.measure",       "items.target_sid",
    "items.details.*",     "procedure",
    "purpose_text",        "why",
    "urgency.reason",      "person.sid",
    "person.cat",          "person.dob",
    "person.citizenship",  "person.name.family",
    "person.name.given",   "person.docs.number",
    "person.contact.*",    "person.sex",
    "person.crim.*",       "person.recruitment.*",
    "person.consent.*",    "person.health.*",
    "person.docs.type",    "person.docs.issuer",
    "person.exploitation", "person.means",
    "person.needs",        "person.lang",
    "tag.identity",        "tag.demographic",
    "tag.allegation",      "tag.evidence",
    "tag.metadata",        "tag.victimisation",
};

#define ANY(list) list[draw(sizeof(list) / sizeof(list)[0])]

static size_t code_count(const char *const *codes)
{
    size_t count = 0;
    while (count < 8 && codes[count] != NULL)
        count++;
    return count;
}

static void put_test(struct buffer *out)
{
    size_t kind = draw(4);
    const char *not = draw(4) == 0 ? "not " : "";
    if (kind == 0) {
        buffer_print(out, "%s is %ssame as recipient.state", ANY(of_states), not );
    } else if (kind == 1) {
        buffer_print(out, "%s is %sX%c", ANY(of_states), not, (int)('A' + draw(BENCH_STATES)));
    } else {
        size_t t = draw(sizeof tests / sizeof tests[0]);
        buffer_print(out, "%s is %s%s", tests[t].attribute, not,
                     tests[t].codes[draw(code_count(tests[t].codes))]);
    }
}

static void put_condition(struct buffer *out)
{
    size_t count = 1 + draw(3);
    buffer_print(out, draw(3) == 0 ? "  unless " : "  when ");
    for (size_t i = 0; i < count; i++) {
        buffer_print(out, "%s", i == 0 ? "" : draw(3) == 0 ? " or " : " and ");
        put_test(out);
    }
    buffer_print(out, "\n");
}

static void put_parties(struct buffer *out)
{
    if (draw(2) == 0)
        buffer_print(out, "  from X%c.*\n", (int)('A' + draw(BENCH_STATES)));
    if (draw(3) != 0)
        buffer_print(out, "  to *.%s\n", ANY(roles));
    else
        buffer_print(out, "  to X%c.%s\n", (int)('A' + draw(BENCH_STATES)), ANY(roles));
    if (draw(3) == 0)
        buffer_print(out, "  purpose %s\n", ANY(purposes));
}

static void put_rule(struct buffer *out, size_t number, enum spread spread)
{
    static const char *const levels[] = {"clear", "clear", "stated"};
    static const char *const notices[] = {"stated", "silent"};
    bool permit = draw(2) == 0;
    buffer_print(out, "%s \"Rule %zu\"\n", permit ? "permit" : "forbid", number);
    if (spread == SPREAD_PARTIES)
        put_parties(out);
    buffer_print(out, "  fields %s\n", ANY(fields));
    put_condition(out);
    if (permit)
        buffer_print(out, "  release %s\n", ANY(levels));
    else
        buffer_print(out, "  notice %s\n", ANY(notices));
    if (permit && draw(10) == 0)
        buffer_print(out, "  require no-onward-transfer\n");
    buffer_print(out, "  basis \"Article %zu\"\n", number);
}

static void put_given(struct buffer *out)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL)
        buffer_print(out, "%s", line);
}

static void put_law(struct buffer *out, size_t rules, enum spread spread)
{
    buffer_print(out, "policy \"Bench\" version 1 authority \"Bench\" basis \"Bench\"\n"
                      "in force 2026-01-01 until 2030-12-31\n");
    if (spread == SPREAD_SHOWN)
        buffer_print(out, "permit \"Shown\" fields person.dob, person.name.family\n"
                          "  release pseudonym basis \"Article 1\"\n");
    if (spread == SPREAD_GIVEN)
        put_given(out);
    for (size_t i = 0; spread != SPREAD_GIVEN && i < rules; i++)
        put_rule(out, i, spread);
    buffer_print(out, "end\n");
}

static void put_states(struct buffer *out)
{
    buffer_print(out, "states number 1\n");
    for (size_t i = 0; i < BENCH_STATES; i++)
        buffer_print(out, "  state X%c \"State %zu\" domain x%c.example\n", (int)('A' + i), i,
                     (int)('a' + i));
    buffer_print(out, "  gateway XA-GW-01 address \"127.0.0.1:7443\"\n");
}

static struct slice made(struct arena *arena, struct buffer *text)
{
    struct slice copy =
        text->failed ? (struct slice){NULL, 0} : arena_copy(arena, buffer_slice(text));
    if (copy.at == NULL)
        stop("no memory for the rulebook");
    buffer_done(text);
    return copy;
}

struct text_files bench_files(struct arena *arena, const char *folder, size_t rules,
                              enum spread spread)
{
    struct text_files law = {0}, files = {0};
    struct buffer states = buffer_new(TEXT_BYTES), text = buffer_new(TEXT_BYTES);
    files.at = arena_array(arena, FILES_MAX + 2, sizeof *files.at);
    if (files.at == NULL || failed(folder_read(arena, folder, FILES_MAX, &law)))
        stop("the policies cannot be read");
    for (size_t i = 0; i < law.count; i++) {
        struct slice path = law.at[i].path;
        if (slice_begins(path, slice_text("rules/")) ||
            slice_begins(path, slice_text("agreements/")))
            continue;
        files.at[files.count++] = (struct text_file){
            slice_text(arena_print(arena, "law/%.*s", (int)path.length, (const char *)path.at)),
            law.at[i].text};
    }
    put_law(&text, rules, spread);
    put_states(&states);
    files.at[files.count++] = (struct text_file){slice_text("law/rules/bench"), made(arena, &text)};
    files.at[files.count++] = (struct text_file){slice_text("states/states"), made(arena, &states)};
    return files;
}

static void put_person(struct buffer *out, size_t i)
{
    static const char *const cats[] = {"VICTIM", "WITNESS", "ACCUSED", "SUSPECT"};
    buffer_print(out,
                 "%s{\"sid\":\"P%zu\",\"cat\":\"%s\",\"dob\":\"%zu-03-17\","
                 "\"citizenship\":[\"X%c\"]}",
                 i == 0 ? "" : ",", i, ANY(cats), 1970 + draw(45), (int)('A' + draw(BENCH_STATES)));
}

struct composed *bench_message(const struct rulebook *rulebook)
{
    struct buffer out = buffer_new(TEXT_BYTES);
    buffer_print(
        &out, "{\"type\":\"mla.request\",\"case_ref\":\"PA-2026-0417\",\"instrument\":\"UNTOC18\","
              "\"lang\":\"eng\",\"owner\":\"XA\",\"legal_basis\":[\"UNTOC18 para 3(e)\"],"
              "\"purpose\":\"EVIDENCE\",\"handling\":[\"H1\"],"
              "\"transfer\":{\"tier\":\"T3\",\"basis\":\"LED37_BINDING\"},"
              "\"authority\":{\"name\":\"Prosecutor\",\"function\":\"in charge\"},"
              "\"proceeding\":{\"type\":\"PROSECUTION\",\"conducted_by\":{\"name\":\"Court\","
              "\"function\":\"judge\"},\"subject\":\"trafficking\"},"
              "\"facts\":\"What is known of the case.\",\"facts_subjects\":[\"P0\",\"P1\"],"
              "\"facts_cats\":[\"CRM\",\"VIC\"],\"releasable_summary\":\"A case.\","
              "\"offences\":[{\"iccs\":\"02042\",\"law\":\"Penal Code s.218\"}],"
              "\"items\":[{\"item\":1,\"measure\":\"PHONE_SUBSCRIBER\",\"target_sid\":\"P2\","
              "\"details\":{\"msisdn\":\"+999550100234\"}}],"
              "\"procedure\":\"certify as business records\",\"purpose_text\":\"a hearing\","
              "\"why\":\"associates at large\",\"confidential\":true,"
              "\"urgency\":{\"level\":\"URGENT\",\"reason\":\"in custody\","
              "\"deadline\":\"2026-09-21T16:00:00Z\"},\"persons\":[");
    for (size_t i = 0; i < BENCH_PERSONS; i++)
        put_person(&out, i);
    buffer_print(&out, "]}");
    struct slice text = buffer_slice(&out);
    json_t *document = json_loadb((const char *)text.at, text.length, 0, NULL);
    if (out.failed || document == NULL)
        stop("the message is no JSON");
    struct composed *composed = compose(rulebook->schema, document, "XA-CA-01", "XC-CA-01");
    json_decref(document);
    buffer_done(&out);
    return composed;
}
