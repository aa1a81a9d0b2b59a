#include "comity/contexts.h"

#include <stdlib.h>

#include "comity/commands.h"
#include "comity/output.h"

#define RULEBOOK_ARENA_BYTES (64U << 20)
#define RULEBOOK_MAX_FILES   4096

enum comity_exit context_open(const struct invocation *invocation, struct comity **ret_comity,
                              struct comity_fault *reterr)
{
    struct comity_options options = {.context = invocation_value(invocation, FLAG_CONTEXT)};
    return comity_open(&options, ret_comity, reterr);
}

static enum comity_exit directory_load(const char *folder, struct directory **ret_directory,
                                       struct comity_fault *reterr)
{
    struct text_files files = {0};
    struct text_error error = {0};
    enum comity_exit exit = COMITY_DONE;
    struct arena *a = arena_new(RULEBOOK_ARENA_BYTES);
    if (a == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    if (failed(folder_read(a, folder, RULEBOOK_MAX_FILES, &files))) {
        fail(reterr, COMITY_INPUT, "CONFIG", "the rulebook %s cannot be read", folder);
        exit = advise(reterr, "comity context show NAME says which folder a context trusts");
    } else if (failed(directory_parse(&files, ret_directory, &error))) {
        exit = fail(reterr, COMITY_INPUT, "CONFIG", "%s/%s:%u:%u: %s", folder, error.file,
                    error.line, error.column, error.message);
    }
    arena_free(a);
    return exit;
}

enum comity_exit context_directory(const struct invocation *invocation,
                                   struct directory **ret_directory, struct comity_fault *reterr)
{
    struct comity_context context;
    enum comity_exit exit =
        comity_context_load(NULL, invocation_value(invocation, FLAG_CONTEXT), &context, reterr);
    return exit == COMITY_DONE ? directory_load(context.directory, ret_directory, reterr) : exit;
}

static void print_row(const struct invocation *inv, const char *name,
                      const struct comity_context *context)
{
    if (inv->json)
        put_json(json_pack("{s:s,s:s,s:s}", "name", name, "party", context->party, "gateway",
                           context->gateway));
    else
        printf("%-20s %-12s %s\n", name, context->party, context->gateway);
}

static enum comity_exit list(const struct invocation *inv, struct comity_fault *reterr)
{
    char **names = NULL;
    enum comity_exit exit = comity_context_names(NULL, &names, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (names[0] == NULL)
        say(inv, "There is no context yet. comity demo up --dir DIR makes some to try.");
    else if (!inv->json && !inv->quiet)
        printf("%-20s %-12s %s\n", "CONTEXT", "PARTY", "GATEWAY");
    for (size_t i = 0; names[i] != NULL && exit == COMITY_DONE; i++) {
        struct comity_context context;
        exit = comity_context_load(NULL, names[i], &context, reterr);
        if (exit == COMITY_DONE)
            print_row(inv, names[i], &context);
    }
    free(names);
    return exit;
}

static enum comity_exit show(const struct invocation *inv, struct comity_fault *reterr)
{
    struct comity_context c;
    enum comity_exit exit = comity_context_load(NULL, inv->words[0], &c, reterr);
    if (exit != COMITY_DONE)
        return exit;
    const struct {
        const char *name, *value;
    } rows[] = {
        {"name", c.name},
        {"party", c.party},
        {"gateway", c.gateway},
        {"cert", c.cert},
        {"key", c.key},
        {"ca", c.ca},
        {"crl", c.crl},
        {"sealing_cert", c.sealing_cert},
        {"sealing_key", c.sealing_key},
        {"directory", c.directory},
        {"archive", c.archive},
        {"own_crl", c.own_crl},
    };
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].value[0] == '\0')
            continue;
        if (inv->json)
            json_object_set_new(object, rows[i].name, json_string(rows[i].value));
        else
            printf("%-14s %s\n", rows[i].name, rows[i].value);
    }
    if (inv->json)
        put_json(json_incref(object));
    json_decref(object);
    return COMITY_DONE;
}

const struct command context_list_command = {
    .noun = "context",
    .verb = "list",
    .arguments = "",
    .summary = "Lists the contexts: the parties this account may act as",
    .help = "Contexts are files below $COMITY_HOME/contexts (without COMITY_HOME: "
            "$XDG_CONFIG_HOME/comity). One object a line with --json.\n\n"
            "Example:\n"
            "  comity context list\n",
    .run = list,
};

const struct command context_show_command = {
    .noun = "context",
    .verb = "show",
    .arguments = "NAME",
    .summary = "Shows a context: its party, its gateway and where its keys are",
    .help = "No secret is printed: only the paths of files.\n\n"
            "Example:\n"
            "  comity context show xa-ca-01\n",
    .words_min = 1,
    .words_max = 1,
    .run = show,
};

static enum comity_exit use(const struct invocation *inv, struct comity_fault *reterr)
{
    struct comity_context c;
    enum comity_exit exit = inv->dry_run ? comity_context_load(NULL, inv->words[0], &c, reterr)
                                         : comity_context_use(NULL, inv->words[0], reterr);
    if (exit == COMITY_DONE)
        say(inv, inv->dry_run ? "%s can be used" : "now used where no context is named: %s",
            inv->words[0]);
    return exit;
}

const struct command context_use_command = {
    .noun = "context",
    .verb = "use",
    .arguments = "NAME",
    .summary = "Chooses the context of commands that name none",
    .help = "It is remembered in $COMITY_HOME/current. --context and COMITY_CONTEXT go before "
            "it.\n\n"
            "Example:\n"
            "  comity context use xa-ca-01\n",
    .words_min = 1,
    .words_max = 1,
    .run = use,
};
