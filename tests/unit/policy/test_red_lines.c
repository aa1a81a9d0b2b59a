/* The shipped law analysed: its guarantees, what reaches whom, and what is odd about it. */

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/guarantee.h"
#include "policy/law_diff.h"
#include "policy/lint.h"
#include "policy/reach.h"

#define ARENA_BYTES (512UL << 20)

static const struct guarantee_result *result_of(const struct guarantee_result *results,
                                                size_t count, const char *title)
{
    for (size_t i = 0; i < count; i++)
        if (slice_begins(results[i].guarantee->title, slice_text(title)))
            return &results[i];
    return NULL;
}

static void the_shipped_law_keeps_its_guarantees(void)
{
    struct guarantee_result *results;
    struct arena *arena = arena_new(ARENA_BYTES);
    const struct rulebook *r = shipped_rulebook();
    CHECK(r->law->guarantee_count >= 15);
    if (CHECK_OK(guarantees_check(arena, r, IN_FORCE, &results))) {
        const struct guarantee_result *broken = guarantees_broken(results, r->law->guarantee_count);
        if (!CHECK(broken == NULL))
            printf("%.*s: %s, %s\n", (int)broken->guarantee->title.length,
                   (const char *)broken->guarantee->title.at, broken->field, broken->example);
    }
    arena_free(arena);
}

/* The shipped files without one of the rules' files, and with another text after them. */
static struct rulebook *without(const char *path, const char *more)
{
    struct text_file at[400];
    struct text_files files = {.at = at};
    struct text_error error = {.message = ""};
    struct rulebook *r = NULL;
    const struct text_files *all = shipped_files();
    for (size_t i = 0; i < all->count; i++)
        if (!slice_is(all->at[i].path, path))
            at[files.count++] = all->at[i];
    if (more != NULL)
        at[files.count++] = (struct text_file){slice_text("law/rules/zz"), slice_text(more)};
    CHECK_OK(rulebook_parse(&files, &r, &error));
    return r;
}

static void check_broken(const char *path, const char *more, const char *title, const char *says)
{
    struct guarantee_result *results;
    struct arena *arena = arena_new(ARENA_BYTES);
    struct rulebook *r = without(path, more);
    if (r != NULL && CHECK_OK(guarantees_check(arena, r, IN_FORCE, &results))) {
        const struct guarantee_result *result = result_of(results, r->law->guarantee_count, title);
        if (CHECK(result != NULL) && CHECK(result->answer == GUARANTEE_VIOLATED))
            if (!CHECK(strstr(result->example, says) != NULL && result->rule != NULL))
                printf("%s: %s\n", result->field, result->example);
    }
    rulebook_free(r);
    arena_free(arena);
}

static void a_law_without_a_file_breaks_what_the_file_was_for(void)
{
    check_broken("law/rules/nonpunishment", NULL, "R-NPP-01", "person.nonpun.flag is");
    check_broken("law/rules/children", NULL, "R-CHD-10", "case.material is not known");
    check_broken("law/rules/transfer", NULL, "R-LED-06", "message.owner is ");
}

static void a_permit_that_crosses_a_red_line_is_shown_with_its_example(void)
{
    char *more = policy_of("permit \"new\" fields tag.privileged when message.owner is XC "
                           "basis \"b\"");
    check_broken("", more, "R-EVD-03", "message.owner is XC");
    free(more);
    more = policy_of("permit \"new\" to *.NRM fields tag.health basis \"b\"");
    check_broken("law/rules/services", more, "R-VIC-02", "recipient.role is NRM");
    free(more);
    more = policy_of("permit \"new\" to *.NRM fields tag.identity when person.consented is HLT "
                     "basis \"b\"");
    check_broken("", more, "R-VIC-01 no name of an adult", "person.consented is HLT and perhaps");
    free(more);
    more = policy_of("permit \"new\" to *.CPS fields tag.asylum when recipient.state is same as "
                     "sender.state and person.consented is ASY basis \"b\"");
    check_broken("", more, "R-ASY-06 no asylum data to services", "person.consented is ASY");
    free(more);
}

static void what_can_never_reach_a_recipient_is_proved(void)
{
    struct reach reach;
    struct arena *arena = arena_new(ARENA_BYTES);
    const struct rulebook *r = shipped_rulebook();
    size_t can = 0, never = 0;
    const struct lane_scope lane = {
        .from = {slice_text("XA"), slice_text("CA"), slice_text("XA-CA-01")},
        .to = {slice_text("XC"), slice_text("CA"), slice_text("XC-CA-01")},
        .purpose = slice_text("EVIDENCE"),
        .type = schema_newest(r->schema, slice_text("mla.request")),
        .at_ms = IN_FORCE,
    };
    CHECK_OK(reach_of(arena, r, &lane, &reach));
    for (size_t i = 0; i < reach.count; i++) {
        const struct reach_row *row = &reach.rows[i];
        bool closed = row->category == CATEGORY_ASY || row->category == CATEGORY_WIT;
        CHECK(!closed || row->answer == REACH_NEVER);
        CHECK(row->answer != REACH_UNDECIDED);
        can += row->answer == REACH_CAN;
        never += row->answer == REACH_NEVER;
        if (strcmp(row->name, "persons.loc.current.city") == 0 && CHECK(row->example != NULL))
            CHECK(strstr(row->example, "person.protected_class is OTHER") != NULL);
    }
    CHECK(can > 100 && never > 20);
    arena_free(arena);
}

static void count_sighting(void *context, const struct sighting *sighting)
{
    size_t *count = context;
    CHECK(sighting->party_count > 0 && sighting->answer == REACH_CAN);
    CHECK(sighting->example != NULL && sighting->field != NULL);
    (*count)++;
}

static void who_sees_a_category_is_found_among_all_recipients(void)
{
    size_t witness = 0, identity = 0, facts = 0;
    struct arena *arena = arena_new(ARENA_BYTES);
    const struct rulebook *r = shipped_rulebook();
    CHECK_OK(who_sees(arena, r, &(struct sight){.category = CATEGORY_WIT}, IN_FORCE, count_sighting,
                      &witness));
    CHECK_OK(who_sees(arena, r, &(struct sight){.category = CATEGORY_ID}, IN_FORCE, count_sighting,
                      &identity));
    CHECK_OK(who_sees(arena, r, &(struct sight){.pattern = slice_text("facts")}, IN_FORCE,
                      count_sighting, &facts));
    CHECK_U64(witness, 0);
    CHECK(identity > 0 && facts > 0);
    arena_free(arena);
}

static void ignore_difference(void *context, const struct law_difference *difference)
{
    size_t *count = context;
    CHECK(difference->field_count > 0);
    (*count)++;
}

static void a_law_differs_from_itself_in_nothing(void)
{
    size_t same = 0, changed = 0;
    struct arena *arena = arena_new(ARENA_BYTES);
    const struct rulebook *r = shipped_rulebook();
    struct rulebook *wider = without("law/rules/overlay", NULL);
    CHECK_OK(law_diff(arena, r, r, IN_FORCE, ignore_difference, &same));
    CHECK_U64(same, 0);
    CHECK_OK(law_diff(arena, r, wider, IN_FORCE, ignore_difference, &changed));
    CHECK(changed > 0);
    rulebook_free(wider);
    arena_free(arena);
}

static bool has_finding(const struct lint_findings *findings, const char *code, const char *subject)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->at[i].code, code) == 0 && slice_is(findings->at[i].subject, subject))
            return true;
    return false;
}

/* The directory of these tests has authorities only; parties are no matter of the law. */
static void nothing_is_odd_about_the_shipped_law(void)
{
    struct lint_findings findings;
    struct arena *arena = arena_new(ARENA_BYTES);
    CHECK_OK(lint_law(arena, shipped_rulebook(), IN_FORCE, &findings));
    for (size_t i = 0; i < findings.count; i++)
        if (!CHECK(strcmp(findings.at[i].code, "no-party") == 0))
            printf("%s: %.*s %s\n", findings.at[i].code, (int)findings.at[i].subject.length,
                   (const char *)findings.at[i].subject.at, findings.at[i].sentence);
    CHECK(has_finding(&findings, "no-party", "*.POL"));
    CHECK(!has_finding(&findings, "no-party", "*.CA"));
    arena_free(arena);
}

static void what_is_odd_is_found(void)
{
    static const char rules[] =
        "permit \"all\" to XA.CA, XC.FOR fields tag.identity, tag.place, tag.demographic\n"
        "  basis \"b\"\n"
        "permit \"less\" to XA.CA fields tag.identity when person.cat is VICTIM basis \"b\"\n"
        "permit \"taken\" fields tag.health basis \"b\"\n"
        "forbid \"always\" fields tag.health basis \"b\"\n"
        "forbid \"one\" fields tag.identity, tag.demographic\n"
        "  when not message.urgency is ROUTINE basis \"b\"\n"
        "forbid \"two\" fields tag.identity, tag.demographic\n"
        "  when message.urgency is not ROUTINE basis \"b\"\n"
        "refuse \"never\" when message.tier is T1 and message.tier is T2 code E_ROUTE basis \"b\"";
    char *text = policy_of(rules);
    struct rulebook *r = NULL;
    struct text_error error = {.message = ""};
    struct lint_findings findings;
    struct arena *arena = arena_new(ARENA_BYTES);
    if (CHECK_OK(rulebook_with(text, &r, &error)) &&
        CHECK_OK(lint_law(arena, r, IN_FORCE, &findings))) {
        CHECK(has_finding(&findings, "shadowed", "less"));
        CHECK(has_finding(&findings, "overridden", "taken"));
        CHECK(has_finding(&findings, "redundant", "two"));
        CHECK(has_finding(&findings, "vacuous", "never"));
        CHECK(has_finding(&findings, "no-party", "XC.FOR"));
        CHECK(has_finding(&findings, "unrestricted", "tag.place"));
        CHECK(has_finding(&findings, "unhandled", "facts"));
        CHECK(!has_finding(&findings, "unrestricted", "tag.identity"));
        CHECK(!has_finding(&findings, "shadowed", "all"));
        CHECK(!has_finding(&findings, "redundant", "one"));
    }
    if (r != NULL && CHECK_OK(lint_law(arena, r, IN_FORCE + 60 * 86400000ULL, &findings)))
        CHECK(has_finding(&findings, "ends-soon", "always"));
    if (r != NULL && CHECK_OK(lint_law(arena, r, IN_FORCE + 300 * 86400000ULL, &findings)))
        CHECK(has_finding(&findings, "out-of-force", "always"));
    rulebook_free(r);
    arena_free(arena);
    free(text);
}

TESTS(policy_red_lines,
      {"the shipped law keeps its guarantees", the_shipped_law_keeps_its_guarantees},
      {"a law without a file breaks what the file was for",
       a_law_without_a_file_breaks_what_the_file_was_for},
      {"a permit that crosses a red line is shown with its example",
       a_permit_that_crosses_a_red_line_is_shown_with_its_example},
      {"what can never reach a recipient is proved", what_can_never_reach_a_recipient_is_proved},
      {"who sees a category is found among all recipients",
       who_sees_a_category_is_found_among_all_recipients},
      {"a law differs from itself in nothing", a_law_differs_from_itself_in_nothing},
      {"nothing is odd about the shipped law", nothing_is_odd_about_the_shipped_law},
      {"what is odd is found", what_is_odd_is_found})
