#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define FILES_MAX 400
#define TYPES     51

/* The shipped files, and some more. */
static struct status parse_with(const struct text_file *more, size_t count, const char *without,
                                struct rulebook **ret_rulebook, struct text_error *reterr)
{
    struct text_file at[FILES_MAX];
    struct text_files files = {.at = at};
    const struct text_files *all = shipped_files();
    for (size_t i = 0; i < all->count && files.count < FILES_MAX; i++)
        if (without == NULL || !slice_is(all->at[i].path, without))
            at[files.count++] = all->at[i];
    for (size_t i = 0; i < count && files.count < FILES_MAX; i++)
        at[files.count++] = more[i];
    return rulebook_parse(&files, ret_rulebook, reterr);
}

static bool told(struct status s, const struct text_error *error)
{
    if (failed(s))
        printf("    %s:%u:%u: %s\n", error->file, error->line, error->column, error->message);
    return CHECK_OK(s);
}

static void every_type_of_the_domain_is_there(void)
{
    const struct schema *schema = shipped_rulebook()->schema;
    size_t files = 0;
    for (size_t i = 0; i < shipped_files()->count; i++)
        files += slice_begins(shipped_files()->at[i].path, slice_text("law/messages/"));
    CHECK_U64(schema_type_count(schema), TYPES);
    CHECK_U64(files, TYPES);
    for (size_t i = 0; i < shipped_files()->count; i++) {
        struct slice path = shipped_files()->at[i].path;
        if (slice_begins(path, slice_text("law/messages/")))
            CHECK(schema_newest(schema, slice_part(path, sizeof "law/messages/" - 1, SIZE_MAX)) !=
                  NULL);
    }
}

/* Pairs of roles that may exchange a type under some instrument. */
static size_t count_pairs(const struct schema *schema, const struct message_type *type)
{
    size_t roles = 0, instruments = 0, pairs = 0;
    const char *const *role = schema_codes(schema, "role", &roles);
    const char *const *instrument = schema_codes(schema, "instrument", &instruments);
    for (size_t f = 0; f < roles; f++)
        for (size_t t = 0; t < roles; t++)
            for (size_t i = 0; i < instruments; i++)
                pairs += type_allows_route(type, slice_text(role[f]), slice_text(role[t]),
                                           slice_text(instrument[i]));
    return pairs;
}

static void every_type_can_be_sent_by_somebody_to_somebody_for_something(void)
{
    const struct schema *schema = shipped_rulebook()->schema;
    size_t count = 0;
    const char *const *purposes = schema_codes(schema, "purpose", &count);
    for (size_t i = 0; i < schema_type_count(schema); i++) {
        const struct message_type *type = schema_type_at(schema, i);
        size_t allowed = 0;
        for (size_t p = 0; p < count; p++)
            allowed += type_allows_purpose(type, slice_text(purposes[p]));
        bool held = CHECK(count_pairs(schema, type) > 0);
        if (!CHECK(allowed > 0 && allowed < count) || !held)
            printf("    %.*s\n", (int)type_name(type).length, (const char *)type_name(type).at);
    }
}

/* What nobody gets of a type needs no type. */
static void every_type_shows_something_to_somebody(void)
{
    static const char *const roles[][2] = {
        {"CA", "CA"},   {"JUD", "JUD"}, {"POL", "POL"}, {"FIU", "FIU"},
        {"NRM", "CPS"}, {"CPS", "CPS"}, {"CPS", "NRM"}, {"NRM", "JUD"},
        {"CA", "RAP"},  {"RAP", "RAP"}, {"MIN", "DPA"}, {"DPA", "CA"},
    };
    const struct rulebook *rulebook = shipped_rulebook();
    size_t count = 0;
    const char *const *purposes = schema_codes(rulebook->schema, "purpose", &count);
    for (size_t t = 0; t < schema_type_count(rulebook->schema); t++) {
        const struct message_type *type = schema_type_at(rulebook->schema, t);
        uint64_t released = 0;
        for (size_t i = 0; i < count * (sizeof roles / sizeof roles[0]); i++) {
            const char *const *pair = roles[i / count];
            char from[12], to[12];
            const struct decision *decision = NULL;
            snprintf(from, sizeof from, "XA-%s-01", pair[0]);
            snprintf(to, sizeof to, "XA-%s-01", pair[1]);
            if (!type_allows_purpose(type, slice_text(purposes[i % count])) ||
                !type_allows_route(type, slice_text(pair[0]), slice_text(pair[1]),
                                   slice_text("UNTOC18")))
                continue;
            struct sample s = sample_of(
                rulebook,
                &(struct sample_wanted){
                    .type = type, .from = from, .to = to, .purpose = purposes[i % count]});
            if (CHECK_OK(policy_decide(s.arena, &s.question, &decision)))
                released += decision->released;
            sample_free(&s);
        }
        if (!CHECK(released > 0))
            printf("    %.*s\n", (int)type_name(type).length, (const char *)type_name(type).at);
    }
}

static void a_new_type_needs_text_only(void)
{
    static const char type[] = "message weather.report schema 1\n"
                               "  from LABI to RAP, IGO\n"
                               "  purpose STATISTICS\n"
                               "  claims lang\n"
                               "  field place text 60 PLC required\n"
                               "  field degrees_c int 0 to 60 MET required\n"
                               "  persons observers up to 4\n";
    static const char rules[] = "permit \"degrees\" to *.RAP fields degrees_c basis \"b\"\n"
                                "permit \"who\" to *.RAP fields person.lang basis \"b\"\n"
                                "limit \"where\" fields place release at most stated basis \"b\"\n";
    char *text = policy_of(rules);
    const struct text_file more[] = {
        {slice_text("law/messages/weather.report"), slice_text(type)},
        {slice_text("law/rules/weather"), slice_text(text)},
    };
    struct rulebook *rulebook = NULL;
    struct text_error error;
    json_t *document = json_loads("{\"type\":\"weather.report\",\"purpose\":\"STATISTICS\","
                                  "\"place\":\"Lindfjord\",\"degrees_c\":17,\"observers\":[{"
                                  "\"sid\":\"O1\",\"cat\":\"PROFESSIONAL\",\"lang\":\"eng\"}]}",
                                  0, NULL);
    if (CHECK(document != NULL) && told(parse_with(more, 2, NULL, &rulebook, &error), &error)) {
        struct decided d = decide(rulebook, document, "XA-LABI-01", "XA-RAP-01");
        CHECK_TEXT(level_at(&d, "degrees_c"), "clear released");
        CHECK_TEXT(level_at(&d, "place"), "silent withheld");
        CHECK_TEXT(level_at(&d, "observers/~1/lang"), "silent withheld"); /* not carried */
        decided_free(&d);
    }
    json_decref(document);
    rulebook_free(rulebook);
    free(text);
}

/* The agreements between the States of the demo, as they stand in a rulebook that has them. */
static size_t add_agreements(struct text_file *at, char names[][80])
{
    static const char folder[] = "law/agreements/";
    size_t count = 0;
    for (size_t i = 0; i < shipped_files()->count; i++) {
        struct slice path = shipped_files()->at[i].path;
        if (!slice_begins(path, slice_text(folder)))
            continue;
        struct slice name = slice_part(path, sizeof folder - 1, SIZE_MAX);
        snprintf(names[count], sizeof names[count], "law/rules/%.*s", (int)name.length,
                 (const char *)name.at);
        at[count] = (struct text_file){slice_text(names[count]), shipped_files()->at[i].text};
        count++;
    }
    return count;
}

static void agreements_bind_the_states_that_they_name(void)
{
    struct text_file more[16];
    char names[16][80];
    struct rulebook *rulebook = NULL;
    struct text_error error;
    size_t count = add_agreements(more, names);
    CHECK(count > 0);
    if (!told(parse_with(more, count, NULL, &rulebook, &error), &error))
        return;
    static const struct {
        const char *to, *change, *code;
    } rows[] = {
        {"XC-CA-01", "{}", ""},
        {"XC-CA-01", "{\"instrument\":\"EIO\"}", "E_ROUTE"},
        {"XB-CA-01", "{\"instrument\":\"EIO\"}", ""},
        {"XC-CA-01", "{\"purpose\":\"PROTECTION\"}", "E_TRANSFER"},
        {"XC-CA-01", "{\"purpose\":\"PROTECTION\",\"transfer\":{\"basis\":\"LED38_VITAL\"}}", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *document = a3();
        patch(document, NULL, rows[i].change);
        struct decided d = decide(rulebook, document, "XA-CA-01", rows[i].to);
        if (!CHECK_TEXT(refusal_name(d.decision->code), rows[i].code))
            printf("    row %zu, by %.*s\n", i, (int)d.decision->rule.length,
                   (const char *)d.decision->rule.at);
        json_decref(document);
        decided_free(&d);
    }
    rulebook_free(rulebook);
}

static void an_agreement_with_an_unknown_state_is_an_error(void)
{
    static const char states[] = "states number 3\n"
                                 "  state XA \"Arvenia\" domain xa.comity.example\n"
                                 "  state XC \"Corland\" domain xc.comity.example\n"
                                 "  gateway XA-GW-01 address \"127.0.0.1:7443\"\n"
                                 "  gateway XC-GW-01 address \"127.0.0.1:7444\"\n";
    struct text_file more[17];
    char names[17][80];
    struct rulebook *rulebook = NULL;
    struct text_error error = {0};
    size_t count = add_agreements(more, names);
    more[count++] = (struct text_file){slice_text("states/states"), slice_text(states)};
    CHECK_STATUS(parse_with(more, count, "states/states", &rulebook, &error), FAIL(CONFIG));
    CHECK(rulebook == NULL);
    more[0] = more[count - 1]; /* without them the rest of the law is one */
    if (told(parse_with(more, 1, "states/states", &rulebook, &error), &error))
        rulebook_free(rulebook);
}

TESTS(policy_types, {"every type of the domain is there", every_type_of_the_domain_is_there},
      {"every type can be sent by somebody to somebody for something",
       every_type_can_be_sent_by_somebody_to_somebody_for_something},
      {"every type shows something to somebody", every_type_shows_something_to_somebody},
      {"a new type needs text only", a_new_type_needs_text_only},
      {"agreements bind the States that they name", agreements_bind_the_states_that_they_name},
      {"an agreement with an unknown State is an error",
       an_agreement_with_an_unknown_state_is_an_error})
