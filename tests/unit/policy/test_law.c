#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void the_shipped_law_is_read_whole(void)
{
    const struct law *law = shipped_rulebook()->law;
    CHECK(law->rule_count > 50);
    for (size_t i = 0; i < law->rule_count; i++) {
        CHECK(law->rules[i].basis.length > 0);
        CHECK(i == 0 || slice_compare(law->rules[i - 1].title, law->rules[i].title) <= 0);
    }
}

static void equal_tests_stand_in_the_law_once(void)
{
    struct rulebook *r = NULL;
    struct text_error error;
    char *text =
        policy_of("forbid \"a\" when person.cat is VICTIM basis \"b\"\n"
                  "forbid \"b\" when person.cat is VICTIM and sender.role is CA basis \"b\"\n"
                  "forbid \"c\" unless person.cat is not VICTIM basis \"b\"\n");
    if (CHECK_OK(rulebook_with(text, &r, &error))) {
        CHECK_U64(r->law->atom_count, 3);
        CHECK_U64(r->law->attribute_count, 2);
    }
    rulebook_free(r);
    free(text);
}

/* Clauses stand in any order; files and policies may be many. */
static void clauses_stand_in_any_order(void)
{
    struct rulebook *r = NULL;
    struct text_error error = {.message = ""};
    static const char text[] =
        "policy \"one\" version 1 authority \"a\" basis \"b\" in force 2026-01-01 until "
        "2026-01-01\n"
        "permit \"p\" basis \"b\" release at most generalise unless person.sex is 2\n"
        "  purpose EVIDENCE, PROSECUTION to XC-CA-01, XB.*, *.JUD, XA.CA, * from *\n"
        "  fields tag.identity, facts, person.contact.*, items.details.*, uncarried\n"
        "  require retain-until, no-onward-transfer\n"
        "end\n"
        "policy \"two\" version 2 authority \"a\" basis \"b\" in force 2026-01-01 until 2026-12-31 "
        "end\n";
    if (CHECK_OK(rulebook_with(text, &r, &error))) {
        const struct rule *rule = &r->law->rules[0];
        CHECK_U64(rule->to_count, 5);
        CHECK_U64(rule->level, LEVEL_GENERALISE);
        CHECK_U64(rule->pattern_count, 3);
        CHECK(rule->uncarried && !rule->whole);
        CHECK_U64(rule->obligations, 3U << 5); /* the sixth and seventh by name */
        CHECK_U64(rule->until_ms - rule->from_ms, 86400000);
    } else {
        printf("    %u:%u: %s\n", error.line, error.column, error.message);
    }
    rulebook_free(r);
}

/* The last day of a policy is in force until its end. */
static void the_days_on_which_the_law_changes_are_known(void)
{
    static const uint64_t day_ms = 86400000, first_ms = 1767225600000; /* 2026-01-01 */
    struct rulebook *r = NULL;
    struct text_error error = {.message = ""};
    static const char text[] = "policy \"one\" version 1 authority \"a\" basis \"b\" in force "
                               "2026-01-01 until 2026-01-10\n"
                               "permit \"p\" basis \"b\" release at most clear fields * end\n"
                               "policy \"two\" version 2 authority \"a\" basis \"b\" in force "
                               "2026-01-05 until 2026-12-31\n"
                               "forbid \"q\" basis \"b\" end\n";
    if (CHECK_OK(rulebook_with(text, &r, &error))) {
        CHECK_U64(rulebook_changed_ms(r, first_ms - 1), 0);
        CHECK_U64(rulebook_changed_ms(r, first_ms), first_ms);
        CHECK_U64(rulebook_changed_ms(r, first_ms + 4 * day_ms - 1), first_ms);
        CHECK_U64(rulebook_changed_ms(r, first_ms + 4 * day_ms), first_ms + 4 * day_ms);
        CHECK_U64(rulebook_changed_ms(r, first_ms + 20 * day_ms), first_ms + 10 * day_ms);
        CHECK_U64(rulebook_changed_ms(r, UINT64_MAX), first_ms + 365 * day_ms);
    } else {
        printf("    %u:%u: %s\n", error.line, error.column, error.message);
    }
    rulebook_free(r);
}

/* Lines are counted from the first of the rules: the policy's head takes two. */
static void a_mistake_is_told_with_its_place(void)
{
    static const struct mistake cases[] = {
        {"permit \"a\" fields tag.identity\n", 3, 8, "the rule \"a\" has no clause \"basis\""},
        {"permit \"a\" basis \"b\"\n", 3, 8, "the rule \"a\" has no clause \"fields\""},
        {"limit \"a\" basis \"b\"\n", 3, 7, "has no clause \"release\""},
        {"hold \"a\" basis \"b\"\n", 3, 6, "has no clause \"code\""},
        {"refuse \"a\" code E_HELDD basis \"b\"\n", 3, 17, "did you mean \"E_HELD\"?"},
        {"forbid \"a\" basis \"\"\n", 3, 18, "the basis is empty"},
        {"forbid \"a\" basis \"b\" basis \"c\"\n", 3, 22, "the clause \"basis\" twice"},
        {"forbid \"a\" release clear basis \"b\"\n", 3, 12, "has no clause \"release\""},
        {"permit \"a\" notice silent basis \"b\"\n", 3, 12, "has no clause \"notice\""},
        {"forbid \"a\" notice loud basis \"b\"\n", 3, 19, "expected \"stated\" or \"silent\""},
        {"limit \"a\" release at most silent basis \"b\"\n", 3, 27, "expected a level"},
        {"limit \"a\" release at most generalize basis \"b\"\n", 3, 27, "\"generalise\"?"},
        {"limit \"a\" release mostly clear basis \"b\"\n", 3, 19, "expected a level"},
        {"forbid \"a\" fields tag.identiy basis \"b\"\n", 3, 19, "\"tag.identity\"?"},
        {"forbid \"a\" fields declared.nothing basis \"b\"\n", 3, 19, "expected tag."},
        {"forbid \"a\" fields fact basis \"b\"\n", 3, 19, "did you mean \"facts\"?"},
        {"forbid \"a\" fields person.name.famly basis \"b\"\n", 3, 19, "\"person.name.family\"?"},
        {"forbid \"a\" fields person.nothing.* basis \"b\"\n", 3, 19, "expected tag."},
        {"forbid \"a\" fields \"facts\" basis \"b\"\n", 3, 19, "the string"},
        {"forbid \"a\" to XE.* basis \"b\"\n", 3, 15, "expected parties"},
        {"forbid \"a\" to *.CAA basis \"b\"\n", 3, 15, "did you mean \"*.CA\"?"},
        {"forbid \"a\" to XC-CA-02 basis \"b\"\n", 3, 15, "did you mean \"XC-CA-01\"?"},
        {"forbid \"a\" from 7 basis \"b\"\n", 3, 17, "expected a party"},
        {"forbid \"a\" purpose EVIDENSE basis \"b\"\n", 3, 20, "did you mean \"EVIDENCE\"?"},
        {"forbid \"a\" purpose EVIDENCE, basis \"b\"\n", 3, 30, "expected a code"},
        {"forbid \"a\" when person.ctizenship is XC basis \"b\"\n", 3, 17, "person.citizenship"},
        {"forbid \"a\" when person.risk_stat is XC basis \"b\"\n", 3, 17, "person.risk_state"},
        {"forbid \"a\" when case.why_not is X basis \"b\"\n", 3, 17, "expected an attribute"},
        {"forbid \"a\" when case.persons.dob is X basis \"b\"\n", 3, 17, "expected an attribute"},
        {"forbid \"a\" when recipient.role is CAA basis \"b\"\n", 3, 35, "did you mean"},
        {"forbid \"a\" when recipient.state is XE basis \"b\"\n", 3, 36,
         "a State of the directory"},
        {"forbid \"a\" when recipient is XC-CA-1 basis \"b\"\n", 3, 30, "\"XC-CA-01\"?"},
        {"forbid \"a\" when message.type is mla.requst basis \"b\"\n", 3, 33, "\"mla.request\"?"},
        {"forbid \"a\" when person.cat is VICTM basis \"b\"\n", 3, 31, "did you mean \"VICTIM\"?"},
        {"forbid \"a\" when person.child is yes basis \"b\"\n", 3, 33, "\"true\" or \"false\""},
        {"forbid \"a\" when person.protected_class is FIRST basis \"b\"\n", 3, 43, "class"},
        {"forbid \"a\" when person.cat VICTIM basis \"b\"\n", 3, 28, "expected \"is\""},
        {"forbid \"a\" when person.cat is one (VICTIM) basis \"b\"\n", 3, 35, "expected \"of\""},
        {"forbid \"a\" when person.cat is one of (VICTIM basis \"b\"\n", 3, 46, "expected \")\""},
        {"forbid \"a\" when (person.cat is VICTIM basis \"b\"\n", 3, 39, "expected \")\""},
        {"forbid \"a\" when person.cat is same person.sex basis \"b\"\n", 3, 36, "expected \"as\""},
        {"forbid \"a\" when person.cat is VICTIM and basis \"b\"\n", 3, 42,
         "expected an attribute"},
        {"permit \"a\" fields * when case.why is not known basis \"b\"\n", 3, 42, "release more"},
        {"permit \"a\" fields * unless case.why is known basis \"b\"\n", 3, 40, "release more"},
        {"permit \"a\" fields * when not case.why is known basis \"b\"\n", 3, 42, "release more"},
        {"forbid \"a\" when case.why is known basis \"b\"\n", 3, 29, "release more"},
        {"limit \"a\" release clear require no-onward basis \"b\"\n", 3, 33, "an obligation"},
        {"forbid \"a\" because \"c\" basis \"b\"\n", 3, 12, "expected a clause"},
        {"forbid \"a\" fildes * basis \"b\"\n", 3, 12, "did you mean \"fields\"?"},
        {"allow \"a\" basis \"b\"\n", 3, 1, "expected a rule"},
        {"forbit \"a\" basis \"b\"\n", 3, 1, "did you mean \"forbid\"?"},
        {"forbid a basis \"b\"\n", 3, 8, "title in quotation marks"},
        {"forbid \"a\" basis \"b\"\nforbid \"c\"\n", 4, 8, "the rule \"c\" has no clause"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rulebook *r = NULL;
        struct text_error error = {.message = "no error"};
        char *text = policy_of(cases[i].text);
        struct status s = rulebook_with(text, &r, &error);
        mistake_check(&cases[i], s, &error, "law/rules/test");
        rulebook_free(r);
        free(text);
    }
}

static void the_head_of_a_policy_is_checked(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"rules", "expected \"policy\""},
        {"policy t", "the policy's title"},
        {"policy \"t\" version x", "the policy's version"},
        {"policy \"t\" version 1 in force", "expected \"authority\""},
        {"policy \"t\" version 1 authority \"a\" basis \"b\" in force 2026-13-01", "no such day"},
        {"policy \"t\" version 1 authority \"a\" basis \"b\" in force 2026-02-01 until 2026-01-31 "
         "end",
         "before the first"},
        {"policy \"t\" version 1 authority \"a\" basis \"b\" in force 2026-02-01 until 2026-03-31",
         "found the end of the text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rulebook *r = NULL;
        struct text_error error = {.message = "no error"};
        CHECK_STATUS(rulebook_with(cases[i].text, &r, &error), FAIL(CONFIG));
        if (!CHECK(strstr(error.message, cases[i].message) != NULL))
            printf("    %s -> %s\n", cases[i].text, error.message);
        rulebook_free(r);
    }
}

static void conditions_have_limits(void)
{
    for (int deep = 0; deep < 2; deep++) {
        struct buffer rules = buffer_new(20000);
        struct rulebook *r = NULL;
        struct text_error error;
        buffer_text(&rules, "forbid \"a\" when ");
        for (int i = 0; i < 100; i++)
            buffer_text(&rules, deep ? "(" : "person.cat is VICTIM or ");
        buffer_text(&rules, "person.cat is WITNESS");
        for (int i = 0; deep && i < 100; i++)
            buffer_text(&rules, ")");
        buffer_put(&rules, slice_over(" basis \"b\"", sizeof " basis \"b\""));
        char *text = policy_of((const char *)rules.at);
        CHECK_STATUS(rulebook_with(text, &r, &error), FAIL(CONFIG));
        CHECK(strstr(error.message, "split the rule") != NULL);
        free(text);
        buffer_done(&rules);
    }
}

static void a_rulebook_is_identified_by_its_digests(void)
{
    const struct rulebook *r = shipped_rulebook();
    struct rulebook *other = NULL;
    struct text_error error;
    struct rulebook_version v = rulebook_version(r, slice_text("XA-CA-01"), slice_text("XC-CA-01"));
    CHECK_U64(v.law, 1);
    CHECK_U64(v.states, 3);
    CHECK_U64(v.parties_from, 5);
    CHECK_U64(v.parties_to, 6);
    CHECK(digest_equal(&v.digest, digest_slice(&r->digest)));
    CHECK_U64(rulebook_version(r, slice_text("XB-CA-01"), slice_text("XC-CA-01")).parties_from, 0);
    char *text = policy_of("");
    if (CHECK_OK(rulebook_with(text, &other, &error))) {
        CHECK(!digest_equal(&other->law_digest, digest_slice(&r->law_digest)));
        CHECK(digest_equal(&other->states_digest, digest_slice(&r->states_digest)));
        CHECK(digest_equal(&other->parties_digests[1], digest_slice(&r->parties_digests[1])));
        CHECK(!digest_equal(&other->digest, digest_slice(&r->digest)));
    }
    rulebook_free(other);
    free(text);
}

/* The octets are those of PROTOCOL.md 1, written by hand. */
static void the_rulebook_digest_is_over_numbers_and_digests(void)
{
    const struct rulebook *r = shipped_rulebook();
    const struct digest *parts[] = {&r->law_digest, &r->states_digest, &r->parties_digests[0],
                                    &r->parties_digests[1]};
    static const char *const heads[] = {"8382015820", "82035820", "8283625841055820",
                                        "83625843065820"};
    struct buffer out = buffer_new(1024);
    for (size_t i = 0; i < 4; i++) {
        buffer_put(&out, hex(heads[i]));
        buffer_put(&out, digest_slice(parts[i]));
    }
    struct digest wanted = digest_of(SEPARATION_RULEBOOK, buffer_slice(&out));
    CHECK_BYTES(digest_slice(&r->digest), digest_slice(&wanted));
    buffer_done(&out);
}

TESTS(policy_law, {"the shipped law is read whole", &the_shipped_law_is_read_whole},
      {"equal tests stand in the law once", &equal_tests_stand_in_the_law_once},
      {"clauses stand in any order", &clauses_stand_in_any_order},
      {"the days on which the law changes are known", &the_days_on_which_the_law_changes_are_known},
      {"a mistake is told with its place", &a_mistake_is_told_with_its_place},
      {"the head of a policy is checked", &the_head_of_a_policy_is_checked},
      {"conditions have limits", &conditions_have_limits},
      {"a rulebook is identified by its digests", &a_rulebook_is_identified_by_its_digests},
      {"the rulebook digest is over numbers and digests",
       &the_rulebook_digest_is_over_numbers_and_digests})
