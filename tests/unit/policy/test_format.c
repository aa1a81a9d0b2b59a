#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/format.h"

/* The text in canonical form, terminated; to be freed. */
static char *formatted(const char *text)
{
    struct buffer out = buffer_new(1UL << 20);
    struct text_error error = {.message = ""};
    if (!CHECK_OK(format_text(slice_text("test"), slice_text(text), &out, &error)))
        printf("    %u:%u: %s\n", error.line, error.column, error.message);
    buffer_put(&out, slice_over("", 1));
    return (char *)out.at;
}

static void a_text_has_one_form(void)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", ""},
        {" \n\t\n", ""},
        {"# only this  \n\n\n# and that", "# only this\n\n# and that\n"},
        {"policy \"P\" version 1 authority \"A\" basis \"B\" checked \"C\" 2026-11-01 in force "
         "2026-01-01 until 2026-12-31 end",
         "policy \"P\"\n  version 1\n  authority \"A\"\n  basis \"B\" checked \"C\" 2026-11-01\n"
         "  in force 2026-01-01 until 2026-12-31\nend\n"},
        {"agreement \"A\" between XA,XC end agreement \"B\" end",
         "agreement \"A\"\n  between XA, XC\nend\n\nagreement \"B\"\nend\n"},
        {"policy \"P\" permit \"p\" from *.CA to XC.*,XB.* purpose EVIDENCE fields tag.identity,"
         "facts release generalise to year require retain-until basis \"b\" end",
         "policy \"P\"\n\n  permit \"p\"\n    from *.CA\n    to XC.*, XB.*\n    purpose EVIDENCE\n"
         "    fields tag.identity, facts\n    release generalise to year\n"
         "    require retain-until\n    basis \"b\"\nend\n"},
        {"policy \"P\" limit \"l\" release at most mask 4 to XC.* forbid \"f\" notice stated "
         "hold \"h\" code E_HELD guarantee \"g\" never fields * end",
         "policy \"P\"\n\n  limit \"l\"\n    release at most mask 4\n    to XC.*\n\n"
         "  forbid \"f\"\n    notice stated\n\n  hold \"h\"\n    code E_HELD\n\n"
         "  guarantee \"g\" never\n    fields *\nend\n"},
        {"policy \"P\" forbid \"f\" when purpose is EVIDENCE and not (sender is XA-CA-01 or "
         "recipient is one of (XC-CA-01,XC-CA-02)) end",
         "policy \"P\"\n\n  forbid \"f\"\n    when purpose is EVIDENCE\n      and not (sender is "
         "XA-CA-01 or recipient is one of (XC-CA-01, XC-CA-02))\nend\n"},
        {"order date,partial-date clear,generalise to year order ip clear",
         "order date, partial-date\n  clear, generalise to year\n\norder ip\n  clear\n"},
        {"nothing of \"that kind\" , ( here", "nothing of \"that kind\", (here\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *out = formatted(rows[i].in);
        CHECK_TEXT(out, rows[i].out);
        free(out);
    }
}

static void comments_stay_where_they_stood(void)
{
    char *out = formatted("#  A file.\n\n\n# A policy.\npolicy \"P\" # beside\n version 1 # one  \n"
                          "# in the head\n\n in force 2026-01-01 until 2026-12-31\n"
                          "\n\n# before a rule\n\n# still before\nforbid \"f\"\n\n# a clause\n"
                          "fields facts, # the text\n# and its summary\nreleasable_summary\n"
                          "# last\nend # over\n# the end");
    CHECK_TEXT(out, "#  A file.\n\n# A policy.\npolicy \"P\" # beside\n  version 1 # one\n"
                    "  # in the head\n  in force 2026-01-01 until 2026-12-31\n"
                    "\n  # before a rule\n\n  # still before\n  forbid \"f\"\n    # a clause\n"
                    "    fields facts, # the text\n      # and its summary\n"
                    "      releasable_summary\n  # last\nend # over\n\n# the end\n");
    free(out);
}

/* What does not fit goes on further in: conditions before "and" and "or", lists after a comma. */
static void long_lines_are_broken(void)
{
    char *out = formatted(
        "policy \"P\" refuse \"r\" purpose PROTECTION, CHILD_PROTECTION, FAMILY, RETURN, ASYLUM, "
        "STATISTICS, AUDIT, DP_RIGHTS, EVIDENCE when (message.type is mla.decision and "
        "case.items.outcome is REFUSED or message.type is mla.consult and case.items.intended is "
        "REFUSE) and case.items.ground is one of (BANK_SECRECY, FISCAL) basis \"Directive "
        "2014/41/EU art. 1, 2; Directive (EU) 2023/977 art. 1; Regulation (EU) 2023/1543 art. 1\" "
        "checked \"C\" 2026-01-01 end");
    CHECK_TEXT(out, "policy \"P\"\n\n  refuse \"r\"\n"
                    "    purpose PROTECTION, CHILD_PROTECTION, FAMILY, RETURN, ASYLUM, STATISTICS, "
                    "AUDIT, DP_RIGHTS,\n      EVIDENCE\n"
                    "    when (message.type is mla.decision\n"
                    "          and case.items.outcome is REFUSED\n"
                    "        or message.type is mla.consult\n"
                    "          and case.items.intended is REFUSE)\n"
                    "      and case.items.ground is one of (BANK_SECRECY, FISCAL)\n"
                    "    basis \"Directive 2014/41/EU art. 1, 2; Directive (EU) 2023/977 art. 1; "
                    "Regulation (EU) 2023/1543 art. 1\"\n      checked \"C\" 2026-01-01\nend\n");
    char *again = formatted(out);
    CHECK_TEXT(again, out);
    free(again);
    free(out);
}

static void what_is_no_text_has_no_form(void)
{
    struct buffer out = buffer_new(1000);
    struct text_error error;
    CHECK_STATUS(format_text(slice_text("f"), slice_text("policy\n \"no end"), &out, &error),
                 FAIL(CONFIG));
    CHECK_U64(error.line, 2);
    CHECK_TEXT(error.file, "f");
    buffer_done(&out);
    out = buffer_new(4);
    CHECK_STATUS(format_text(slice_text("f"), slice_text("policy"), &out, &error), FAIL(MEMORY));
    buffer_done(&out);
}

static bool is_scenario(struct slice path)
{
    return slice_begins(path, slice_text("law/tests/")) && slice_find(path, '.') == path.length;
}

static bool is_formatted_kind(struct slice path)
{
    if (is_scenario(path))
        return true;
    return slice_begins(path, slice_text("law/rules/")) ||
           slice_begins(path, slice_text("law/agreements/")) || slice_is(path, "law/levels");
}

static void every_shipped_text_is_in_its_form(void)
{
    const struct text_files *files = shipped_files();
    size_t count = 0;
    for (size_t i = 0; i < files->count; i++) {
        if (!is_formatted_kind(files->at[i].path))
            continue;
        struct buffer out = buffer_new(1UL << 20);
        struct text_error error;
        CHECK_OK(format_text(files->at[i].path, files->at[i].text, &out, &error));
        if (!CHECK(slice_equal(buffer_slice(&out), files->at[i].text)))
            printf("    %.*s is not in canonical form\n", (int)files->at[i].path.length,
                   (const char *)files->at[i].path.at);
        buffer_done(&out);
        count++;
    }
    CHECK(count > 20);
}

static bool same_steps(const struct condition *a, const struct condition *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = a->steps[i].kind == b->steps[i].kind && a->steps[i].test == b->steps[i].test;
    return same;
}

static bool same_rules(const struct law *a, const struct law *b)
{
    bool same = a->rule_count == b->rule_count && a->atom_count == b->atom_count;
    for (size_t i = 0; same && i < a->rule_count; i++) {
        const struct rule *x = &a->rules[i], *y = &b->rules[i];
        same = slice_equal(x->title, y->title) && slice_equal(x->basis, y->basis) &&
               x->kind == y->kind && x->grade == y->grade && x->categories == y->categories &&
               x->obligations == y->obligations && x->pattern_count == y->pattern_count &&
               same_steps(&x->when, &y->when) && same_steps(&x->unless, &y->unless);
    }
    return same;
}

/* One line of everything, and back. */
static void a_text_says_the_same_in_its_form(void)
{
    const struct text_files *files = shipped_files();
    for (size_t i = 0; i < files->count; i++) {
        if (!slice_begins(files->at[i].path, slice_text("law/rules/")))
            continue;
        struct rulebook *before = NULL, *after = NULL;
        struct text_error error;
        struct buffer text = buffer_new(1UL << 20);
        buffer_put(&text, files->at[i].text);
        buffer_put(&text, slice_over("", 1));
        for (char *at = (char *)text.at; (at = strchr(at, '#')) != NULL;)
            memset(at, ' ', strcspn(at, "\n"));
        for (char *at = (char *)text.at; (at = strchr(at, '\n')) != NULL;)
            *at = ' ';
        char *out = formatted((const char *)text.at);
        if (CHECK_OK(rulebook_with((const char *)text.at, &before, &error)) &&
            CHECK_OK(rulebook_with(out, &after, &error)))
            CHECK(same_rules(before->law, after->law));
        rulebook_free(before);
        rulebook_free(after);
        buffer_done(&text);
        free(out);
    }
}

TESTS(policy_format, {"a text has one form", &a_text_has_one_form},
      {"comments stay where they stood", &comments_stay_where_they_stood},
      {"long lines are broken", &long_lines_are_broken},
      {"what is no text has no form", &what_is_no_text_has_no_form},
      {"every shipped text is in its form", &every_shipped_text_is_in_its_form},
      {"a text says the same in its form", &a_text_says_the_same_in_its_form})
