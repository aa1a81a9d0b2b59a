#include "comity/invocation.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schema/text.h"

#define OPTIONS_MAX 64

static const struct argp_option shared[] = {
    {"context", FLAG_CONTEXT, "NAME", 0, "Act as this party; comity context list shows them", 90},
    {"json", FLAG_JSON, NULL, 0, "Print results, and failures, as JSON", 90},
    {"quiet", FLAG_QUIET, NULL, 0, "Print results and failures, no talk", 90},
    {"no-color", FLAG_NO_COLOR, NULL, 0, "No colours; NO_COLOR does the same", 90},
    {"dry-run", FLAG_DRY_RUN, NULL, 0, "Show what would happen and change nothing", 90},
    {"yes", FLAG_YES, NULL, 0, "Do not ask", 90},
    {"help", FLAG_HELP, NULL, 0, "Print this", 90},
    {"version", FLAG_VERSION, NULL, 0, "Print the program's version", 90},
    {NULL, 0, NULL, 0, NULL, 0},
};

static bool wants_color(bool no_color)
{
    const char *never = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return !no_color && (never == NULL || never[0] == '\0') && isatty(STDOUT_FILENO) == 1 &&
           terminal != NULL && strcmp(terminal, "dumb") != 0;
}

const char *invocation_word(const struct invocation *invocation, size_t number)
{
    return number < invocation->word_count ? invocation->words[number] : NULL;
}

const char *invocation_value(const struct invocation *invocation, enum flag flag)
{
    for (size_t i = invocation->given_count; i > 0; i--)
        if (invocation->given[i - 1].flag == (int)flag)
            return invocation->given[i - 1].value;
    return NULL;
}

bool invocation_has(const struct invocation *invocation, enum flag flag)
{
    for (size_t i = 0; i < invocation->given_count; i++)
        if (invocation->given[i].flag == (int)flag)
            return true;
    return false;
}

/* The option that a word such as --file=x or -f means; NULL if there is none. */
static const struct argp_option *option_of(const struct argp_option *options, const char *word)
{
    bool is_long = strncmp(word, "--", 2) == 0;
    size_t length = is_long ? strcspn(word + 2, "=") : 0;
    for (; options->name != NULL; options++)
        if (is_long
                ? strlen(options->name) == length && strncmp(options->name, word + 2, length) == 0
                : options->key == word[1])
            return options;
    return NULL;
}

static const char *nearest_option(const struct argp_option *options, const char *word)
{
    const char *names[OPTIONS_MAX];
    size_t count = 0;
    for (; options->name != NULL; options++)
        names[count++] = options->name;
    word += strspn(word, "-");
    return text_nearest(slice_over(word, strcspn(word, "=")), names, count);
}

/* argp says that something is wrong, not what: the word is the last it looked at, or the next. */
static enum comity_exit explain(const struct argp_option *options, const struct argp_state *state,
                                struct comity_fault *reterr)
{
    const char *word = state->argv[state->next - 1];
    if (word[0] != '-' && state->next < state->argc)
        word = state->argv[state->next];
    const struct argp_option *known = option_of(options, word);
    if (known != NULL)
        return fail_usage(reterr, known->arg == NULL ? "%.*s takes no value" : "%.*s needs a value",
                          (int)strcspn(word, "="), word);
    fail_usage(reterr, "there is no option %s here", word);
    const char *near = nearest_option(options, word);
    return near == NULL ? reterr->exit : advise(reterr, "did you mean --%s?", near);
}

struct parsing {
    struct invocation *invocation;
    const struct argp_option *options;
    struct comity_fault *fault;
};

static error_t take(int key, char *value, struct argp_state *state)
{
    struct parsing *p = state->input;
    struct invocation *inv = p->invocation;
    switch (key) {
    case ARGP_KEY_ARG:
        inv->words[inv->word_count++] = value;
        return 0;
    case ARGP_KEY_ERROR:
        explain(p->options, state, p->fault);
        return 0;
    case ARGP_KEY_INIT:
    case ARGP_KEY_NO_ARGS:
    case ARGP_KEY_ARGS:
    case ARGP_KEY_END:
    case ARGP_KEY_SUCCESS:
    case ARGP_KEY_FINI:
        return ARGP_ERR_UNKNOWN;
    default:
        inv->given[inv->given_count++] = (struct given){key, value};
        return 0;
    }
}

/* The command's own options and the shared ones in one list. */
static void gather(const struct command *command, struct argp_option all[static OPTIONS_MAX])
{
    size_t count = 0;
    for (const struct argp_option *o = command->options; o != NULL && o->name != NULL; o++)
        all[count++] = *o;
    for (const struct argp_option *o = shared; o->name != NULL; o++)
        all[count++] = *o;
    all[count] = (struct argp_option){NULL, 0, NULL, 0, NULL, 0};
}

static enum comity_exit count_words(const struct invocation *inv, struct comity_fault *reterr)
{
    const struct command *c = inv->command;
    if (inv->word_count > c->words_max)
        fail_usage(reterr, "%s is one word too many", inv->words[c->words_max]);
    else if (inv->word_count < c->words_min)
        fail_usage(reterr, "something is missing: %s", c->arguments);
    else
        return COMITY_DONE;
    return advise(reterr, "comity %s %s --help shows what it takes", c->noun, c->verb);
}

static enum comity_exit parse(struct invocation *inv, int argc, char **argv,
                              struct comity_fault *reterr)
{
    struct argp_option options[OPTIONS_MAX];
    char name[64], documentation[4096];
    const struct command *c = inv->command;
    gather(c, options);
    snprintf(name, sizeof name, "comity %s %s", c->noun, c->verb);
    snprintf(documentation, sizeof documentation, "%s.\n\n%s", c->summary, c->help);
    struct argp argp = {options, take, c->arguments, documentation, NULL, NULL, NULL};
    struct parsing p = {inv, options, reterr};
    char *program = argv[0];
    argv[0] = name; /* what argp calls the program in its help */
    error_t wrong = argp_parse(&argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP, NULL, &p);
    argv[0] = program;
    inv->help = wrong == 0 && invocation_has(inv, FLAG_HELP);
    inv->version = wrong == 0 && invocation_has(inv, FLAG_VERSION);
    if (inv->help && setenv("ARGP_HELP_FMT", "no-dup-args-note", 0) == 0)
        argp_help(&argp, stdout, ARGP_HELP_STD_HELP, name);
    if (inv->help || inv->version)
        return COMITY_DONE;
    if (wrong == 0)
        return count_words(inv, reterr);
    if (reterr->exit == COMITY_DONE)
        fail_usage(reterr, "the options are not understood");
    if (reterr->hint[0] == '\0')
        advise(reterr, "comity %s %s --help shows what it takes", c->noun, c->verb);
    return reterr->exit;
}

enum comity_exit invocation_read(const struct command *command, int argc, char **argv,
                                 struct invocation *ret_invocation, struct comity_fault *reterr)
{
    struct invocation inv = {.command = command};
    inv.given = calloc((size_t)argc + 1, sizeof inv.given[0]);
    inv.words = calloc((size_t)argc + 1, sizeof inv.words[0]);
    enum comity_exit exit = inv.given == NULL || inv.words == NULL
                                ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                : parse(&inv, argc, argv, reterr);
    if (exit != COMITY_DONE) {
        invocation_done(&inv);
        return exit;
    }
    inv.json = invocation_has(&inv, FLAG_JSON);
    inv.quiet = invocation_has(&inv, FLAG_QUIET);
    inv.dry_run = invocation_has(&inv, FLAG_DRY_RUN);
    inv.yes = invocation_has(&inv, FLAG_YES);
    inv.color = wants_color(inv.json || invocation_has(&inv, FLAG_NO_COLOR));
    *ret_invocation = inv;
    return COMITY_DONE;
}

void invocation_done(struct invocation *invocation)
{
    free(invocation->given);
    free(invocation->words);
    invocation->given = NULL;
    invocation->words = NULL;
}
