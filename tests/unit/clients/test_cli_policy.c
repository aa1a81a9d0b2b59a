/* A small law as those who write it work with it: its form, what is wrong with it, what it says in
 * three languages, what reaches whom and what a change of it changes. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "comity/commands.h"
#include "comity/policy/words.h"
#include "support/check.h"
#include "support/folder.h"
#include "support/small_rulebook.h"

#define MORE_FILES  4
#define ARENA_BYTES (16UL << 20)

static const char parties[] =
    "parties XA number 1\n"
    "party XA-CA-01 \"Ministry\" home XA-GW-01 from 2026-01-01 until 2035-12-31\n";
static const char head[] = "policy \"Of reasons\"\n"
                           "  version 1\n"
                           "  authority \"The Ministry\"\n"
                           "  basis \"An Act art. 1\" checked \"A Lawyer\" 2026-11-01\n"
                           "  in force 2026-01-01 until 2035-12-31\n";
static const char rules[] =
    "\n"
    "  permit \"Art. 1 reasons\"\n"
    "    from XA.*\n"
    "    to *.CA\n"
    "    purpose EVIDENCE\n"
    "    fields tag.metadata\n"
    "    when (person.cat is GOOD or person.cat is known) and not message.urgency is URGENT\n"
    "    unless person.cat is one of (GOOD, BAD)\n"
    "    require case-reference\n"
    "    basis \"An Act art. 2\"\n"
    "\n"
    "  forbid \"Art. 2 offences\"\n"
    "    fields tag.allegation, person.cat\n"
    "    notice silent\n"
    "    basis \"An Act art. 3\" checked \"A Lawyer\" 2026-11-02\n"
    "\n"
    "  limit \"Art. 3 the rest\"\n"
    "    fields *\n"
    "    when sender.state is not same as recipient.state\n"
    "    release at most stated\n"
    "    basis \"An Act art. 4\"\n"
    "\n"
    "  hold \"Art. 4 what is urgent\"\n"
    "    when message.urgency is URGENT\n"
    "    code E_HELD\n"
    "    basis \"An Act art. 5\"\n"
    "\n"
    "  refuse \"Art. 5 offences abroad\"\n"
    "    fields declared.allegation\n"
    "    code E_CATEGORY\n"
    "    basis \"An Act art. 6\"\n";
static const char levels[] = "order text\n  clear, mask 4, generalise to initials, pseudonym\n";
static const char open_permit[] = "\n"
                                  "  permit \"Art. 6 reasons to all\"\n"
                                  "    fields why\n"
                                  "    basis \"An Act art. 7\"\n";

/* ---- a folder and a command ---- */

struct ended {
    enum comity_exit exit;
    struct comity_fault fault;
    char *text; /* that it printed */
};

/* Writes a rulebook whose only policy says this beside its head. */
static const char *folder_with(const char *root, const char *name, const char *text)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    struct arena *arena = arena_new(ARENA_BYTES);
    struct text_files files = small_rulebook(arena, 4, 1, "");
    struct text_file all[SMALL_RULEBOOK_FILES + MORE_FILES];
    memcpy(all, files.at, sizeof *all * files.count);
    all[files.count] = (struct text_file){slice_text("law/levels"), slice_text(levels)};
    all[files.count + 1] = (struct text_file){
        slice_text("law/rules/reasons"), slice_text(arena_print(arena, "%s%send\n", head, text))};
    all[files.count + 2] = (struct text_file){slice_text("parties/XA/all"), slice_text(parties)};
    files = (struct text_files){all, files.count + 3};
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    CHECK_OK(folder_write(path, &files, 0755, 0644));
    arena_free(arena);
    return path;
}

static struct ended run(const struct command *command, const char *const *words)
{
    char texts[8][512], path[] = "/tmp/comity-out-XXXXXX";
    char *argv[9] = {NULL};
    int count = 0;
    struct ended e = {.exit = COMITY_FAILED};
    struct invocation inv = {0};
    snprintf(texts[count++], sizeof texts[0], "%s", command->verb);
    for (; *words != NULL; words++)
        snprintf(texts[count++], sizeof texts[0], "%s", *words);
    for (int i = 0; i < count; i++)
        argv[i] = texts[i];
    (void)fflush(stdout);
    int out = dup(STDOUT_FILENO), file = mkstemp(path);
    CHECK(out >= 0 && file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    e.exit = invocation_read(command, count, argv, &inv, &e.fault);
    if (e.exit == COMITY_DONE)
        e.exit = command->run(&inv, &e.fault);
    (void)fflush(stdout);
    CHECK(dup2(out, STDOUT_FILENO) >= 0);
    close(out);
    close(file);
    invocation_done(&inv);
    struct slice text = file_octets(path);
    e.text = strndup((const char *)text.at, text.length);
    unlink(path);
    return e;
}

#define RUN(command, ...) run(&(command), (const char *const[]){__VA_ARGS__, NULL})

static void ended(struct ended e)
{
    free(e.text);
}

/* No context lends its parties to a law of these tests. */
static const char *begin(void)
{
    const char *root = fresh_folder();
    setenv("COMITY_HOME", root, 1);
    unsetenv("COMITY_CONTEXT");
    return root;
}

/* ---- check ---- */

static void a_law_is_checked(void)
{
    const char *root = begin();
    struct ended e = RUN(policy_check_command, folder_with(root, "good", rules), "--json");
    CHECK_U64(e.exit, COMITY_DONE);
    json_t *json = json_loads(e.text, 0, NULL);
    CHECK(json_is_true(json_object_get(json, "ok")));
    CHECK_U64((uint64_t)json_integer_value(json_object_get(json, "rules")), 5);
    CHECK_U64((uint64_t)json_integer_value(json_object_get(json, "unchecked")), 4);
    CHECK_U64(json_array_size(json_object_get(json, "errors")), 0);
    json_decref(json);
    ended(e);
}

static void a_misspelt_word_is_an_error_with_its_place(void)
{
    const char *root = begin();
    struct ended e = RUN(policy_check_command,
                         folder_with(root, "bad",
                                     "\n  permit \"One\"\n    fields tag.metadatum\n"
                                     "    basis \"x\"\n"),
                         "--json");
    CHECK_U64(e.exit, COMITY_INPUT);
    json_t *json = json_loads(e.text, 0, NULL);
    const json_t *error = json_array_get(json_object_get(json, "errors"), 0);
    CHECK(json_is_false(json_object_get(json, "ok")));
    CHECK_TEXT(json_string_value(json_object_get(error, "file")), "law/rules/reasons");
    CHECK_U64((uint64_t)json_integer_value(json_object_get(error, "line")), 8);
    CHECK_U64((uint64_t)json_integer_value(json_object_get(error, "column")), 12);
    json_decref(json);
    ended(e);
}

static void a_guarantee_that_does_not_hold_is_an_error_with_a_message_that_breaks_it(void)
{
    char text[4096];
    const char *root = begin();
    snprintf(text, sizeof text,
             "%s\n  guarantee \"No reasons\"\n    never\n    fields why\n    basis \"x\"\n",
             open_permit);
    struct ended e = RUN(policy_check_command, folder_with(root, "broken", text));
    CHECK_U64(e.exit, COMITY_INPUT);
    CHECK(strstr(e.text, "law/rules/reasons:11:1: the guarantee \"No reasons\" is violated: why of "
                         "a.b reaches \"clear\" by \"Art. 6 reasons to all\" where ") != NULL);
    ended(e);
}

static void a_law_alone_lacks_parties_and_says_so(void)
{
    char path[512];
    const char *root = begin();
    const char *folder = folder_with(root, "alone", rules);
    snprintf(path, sizeof path, "%s/law", folder);
    struct ended e = RUN(policy_print_command, path);
    CHECK_U64(e.exit, COMITY_INPUT);
    CHECK(strstr(e.fault.hint, "--context") != NULL);
    ended(e);
}

/* ---- print ---- */

static void check_printed(const char *folder, const char *language)
{
    char name[64];
    const char *mode = getenv("COMITY_SNAPSHOTS");
    struct ended e = RUN(policy_print_command, folder, "--lang", language);
    CHECK_U64(e.exit, COMITY_DONE);
    snprintf(name, sizeof name, "snapshots/law-%s.txt", language);
    const char *path = tests_path(name);
    if (mode != NULL && strcmp(mode, "write") == 0)
        CHECK_OK(file_write(path, slice_text(e.text), 0644));
    CHECK_BYTES(slice_text(e.text), file_octets(path));
    ended(e);
}

/* COMITY_SNAPSHOTS=write keeps what is printed now, for a human to compare. */
static void a_law_is_printed_in_three_languages(void)
{
    char text[8192];
    const char *root = begin();
    snprintf(
        text, sizeof text,
        "%s\n  permit \"Art. 6 initials\"\n    fields why\n    release generalise to initials\n"
        "    basis \"An Act art. 8\"\n\n  limit \"Art. 7 the end\"\n    fields why\n"
        "    release at most mask 4\n    basis \"An Act art. 9\"\n\n"
        "  guarantee \"No offences\"\n    never\n    fields tag.allegation\n"
        "    basis \"An Act art. 10\"\n",
        rules);
    const char *folder = folder_with(root, "printed", text);
    check_printed(folder, "eng");
    check_printed(folder, "fra");
    check_printed(folder, "spa");
    struct ended e = RUN(policy_print_command, folder, "--lang", "deu");
    CHECK_U64(e.exit, COMITY_INPUT);
    ended(e);
}

static void lines_end_before_the_last_column(void)
{
    struct buffer out = buffer_new(1000);
    wrap_text(&out, &(struct wrapping){.columns = 8, .indent = 2},
              slice_text("\xc3\xa9\xc3\xa9 bbb  cc exceedingly d"));
    CHECK_BYTES(buffer_slice(&out),
                slice_text("  \xc3\xa9\xc3\xa9 bbb\n  cc\n  exceedingly\n  d\n"));
    buffer_done(&out);
}

/* ---- reach, who-sees, diff ---- */

static void what_reaches_whom_is_said_with_its_rule(void)
{
    const char *root = begin(), *folder = folder_with(root, "reach", open_permit);
    struct ended e = RUN(policy_reach_command, folder, "--to", "XA-CA-01", "--json");
    CHECK_U64(e.exit, COMITY_DONE);
    CHECK(strstr(e.text, "{\"type\":\"a.b\",\"field\":\"why\",\"category\":\"MET\",\"level\":"
                         "\"clear\",\"rule\":\"Art. 6 reasons to all\",") != NULL);
    CHECK(strstr(e.text, "\"field\":\"persons.cat\",\"category\":\"CRM\",\"level\":\"never\",") !=
          NULL);
    ended(e);
    e = RUN(policy_reach_command, folder, "--to", "XB-CA-01");
    CHECK_U64(e.exit, COMITY_INPUT);
    ended(e);
    e = RUN(policy_who_sees_command, "tag.metadata", folder, "--json");
    CHECK(strstr(e.text, "{\"party\":\"XA-CA-01\",\"purpose\":\"EVIDENCE\",\"level\":\"clear\","
                         "\"rule\":\"Art. 6 reasons to all\",") == e.text);
    ended(e);
    e = RUN(policy_who_sees_command, "tag.allegation", folder, "--json");
    CHECK_U64(e.exit, COMITY_DONE);
    CHECK_TEXT(e.text, "");
    ended(e);
    e = RUN(policy_who_sees_command, "tag.alegation", folder);
    CHECK_U64(e.exit, COMITY_INPUT);
    ended(e);
}

static void what_is_wider_ends_with_three(void)
{
    const char *root = begin();
    char text[4096];
    snprintf(text, sizeof text, "%s%s", open_permit,
             "\n  permit \"Art. 8 more\"\n    fields "
             "person.sid\n    basis \"x\"\n");
    const char *less = folder_with(root, "less", open_permit),
               *more = folder_with(root, "more", text);
    struct ended e = RUN(policy_diff_command, less, more, "--json");
    CHECK_U64(e.exit, COMITY_REFUSED);
    CHECK_TEXT(e.fault.code, "WIDER");
    CHECK(strstr(e.text, "{\"change\":\"wider\",\"type\":\"a.b\",") == e.text);
    CHECK(strstr(e.text, "\"persons.sid\"") != NULL && strstr(e.text, "\"why\"") == NULL);
    ended(e);
    e = RUN(policy_diff_command, more, less, "--json");
    CHECK_U64(e.exit, COMITY_DONE);
    CHECK(strstr(e.text, "{\"change\":\"narrower\",") == e.text);
    ended(e);
    e = RUN(policy_diff_command, less, less);
    CHECK_U64(e.exit, COMITY_DONE);
    CHECK_TEXT(e.text, "");
    ended(e);
}

/* ---- fmt ---- */

static void a_text_is_put_into_its_form_once(void)
{
    const char *root = begin();
    const char *folder =
        folder_with(root, "form", "\n\n\n permit \"One\" fields why\n basis \"x\"\n");
    char path[512], told[1024];
    snprintf(path, sizeof path, "%s/law/rules/reasons", folder);
    snprintf(told, sizeof told, "%s\n", path);
    struct ended e = RUN(policy_fmt_command, "--check", folder);
    CHECK_U64(e.exit, COMITY_INPUT);
    CHECK_TEXT(e.text, told);
    ended(e);
    CHECK(strstr((const char *)file_octets(path).at, "\n    fields why\n") == NULL);
    e = RUN(policy_fmt_command, folder);
    CHECK_U64(e.exit, COMITY_DONE);
    CHECK_TEXT(e.text, told);
    ended(e);
    CHECK(strstr((const char *)file_octets(path).at, "\n    fields why\n") != NULL);
    e = RUN(policy_fmt_command, "--check", folder);
    CHECK_U64(e.exit, COMITY_DONE);
    CHECK_TEXT(e.text, "");
    ended(e);
}

static void scenarios_have_a_form_and_other_texts_none(void)
{
    static const char given[] =
        "scenario   \"A\" message \"m\" from XA-CA-01 to XA-CA-01 on 2026-09-07\n"
        "# why\ngiven why missing expect delivered expect why clear by \"x\" end\n";
    static const char formed[] = "scenario \"A\"\n"
                                 "  message \"m\" from XA-CA-01 to XA-CA-01 on 2026-09-07\n"
                                 "  # why\n  given why missing\n  expect delivered\n"
                                 "  expect why clear by \"x\"\nend\n";
    const char *root = begin();
    char path[512], other[512];
    snprintf(path, sizeof path, "%s/scenario", root);
    snprintf(other, sizeof other, "%s/other", root);
    CHECK_OK(file_write(path, slice_text(given), 0640));
    CHECK_OK(file_write(other, slice_text("law   number 1\n"), 0640));
    struct ended e = RUN(policy_fmt_command, root);
    CHECK_U64(e.exit, COMITY_DONE);
    CHECK_BYTES(file_octets(path), slice_text(formed));
    CHECK_BYTES(file_octets(other), slice_text("law   number 1\n"));
    ended(e);
}

TESTS(cli_policy, {"a law is checked", a_law_is_checked},
      {"a misspelt word is an error with its place", a_misspelt_word_is_an_error_with_its_place},
      {"a guarantee that does not hold is an error with a message that breaks it",
       a_guarantee_that_does_not_hold_is_an_error_with_a_message_that_breaks_it},
      {"a law alone lacks parties and says so", a_law_alone_lacks_parties_and_says_so},
      {"a law is printed in three languages", a_law_is_printed_in_three_languages},
      {"lines end before the last column", lines_end_before_the_last_column},
      {"what reaches whom is said with its rule", what_reaches_whom_is_said_with_its_rule},
      {"what is wider ends with three", what_is_wider_ends_with_three},
      {"a text is put into its form once", a_text_is_put_into_its_form_once},
      {"scenarios have a form and other texts none", scenarios_have_a_form_and_other_texts_none})
