/* comity NOUN VERB: finds the command, reads its options, runs it and says how it ended. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "comity/check/check.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "crypto/digest.h"

#define PROGRAM "comity"
#define VERSION PROGRAM " " COMITY_VERSION

static void print_nouns(FILE *out)
{
    size_t count = 0;
    const struct noun *nouns = nouns_all(&count);
    fputs("Usage: comity NOUN VERB [OPTION...]\n\n"
          "Exchanges case messages between national agencies through their gateways.\n\nNouns:\n",
          out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %-9s %s\n", nouns[i].name, nouns[i].summary);
    fputs("\ncomity help NOUN         the verbs of a noun\n"
          "comity NOUN VERB --help  what a command takes, with examples\n"
          "comity help exit-codes   what the exit codes mean\n"
          "\nFirst time: comity demo up --dir DIR\n",
          out);
}

static void print_verbs(FILE *out, const struct noun *noun)
{
    size_t count = 0;
    const struct command *const *commands = commands_all(&count);
    fprintf(out, "comity %s: %s\n\n", noun->name, noun->summary);
    for (size_t i = 0; i < count; i++)
        if (strcmp(commands[i]->noun, noun->name) == 0)
            fprintf(out, "  comity %s %s %s\n      %s.\n", noun->name, commands[i]->verb,
                    commands[i]->arguments, commands[i]->summary);
}

static enum comity_exit no_noun(const char *name, struct comity_fault *reterr)
{
    const char *near = noun_nearest(name);
    fail_usage(reterr, name[0] == '-' ? "options follow noun and verb: %s" : "there is no noun %s",
               name);
    return near == NULL ? advise(reterr, "comity help lists all nouns")
                        : advise(reterr, "did you mean comity %s?", near);
}

static enum comity_exit no_verb(const char *noun, const char *verb, struct comity_fault *reterr)
{
    const char *near = verb_nearest(noun, verb);
    fail_usage(reterr, "comity %s has no verb %s", noun, verb);
    return near == NULL ? advise(reterr, "comity help %s lists its verbs", noun)
                        : advise(reterr, "did you mean comity %s %s?", noun, near);
}

static bool asks_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-?") == 0 || strcmp(word, "help") == 0;
}

static enum comity_exit run_command(const struct command *command, int argc, char **argv,
                                    struct comity_fault *reterr)
{
    struct invocation invocation;
    enum comity_exit exit = invocation_read(command, argc, argv, &invocation, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (invocation.version)
        puts(VERSION);
    else if (!invocation.help)
        exit = command->run(&invocation, reterr);
    invocation_done(&invocation);
    return exit;
}

/* comity help [NOUN [VERB]], comity help exit-codes */
static enum comity_exit help(int argc, char **argv, struct comity_fault *reterr)
{
    if (argc < 3) {
        print_nouns(stdout);
        return COMITY_DONE;
    }
    if (strcmp(argv[2], "exit-codes") == 0) {
        exits_print(stdout);
        return COMITY_DONE;
    }
    const struct noun *noun = noun_find(argv[2]);
    if (noun == NULL)
        return no_noun(argv[2], reterr);
    const struct command *command = argc < 4 ? NULL : command_find(noun->name, argv[3]);
    if (command != NULL) {
        char program[] = PROGRAM, option[] = "--help";
        char *asked[] = {program, option, NULL};
        return run_command(command, 2, asked, reterr);
    }
    if (argc >= 4)
        return no_verb(noun->name, argv[3], reterr);
    print_verbs(stdout, noun);
    return COMITY_DONE;
}

static enum comity_exit dispatch(int argc, char **argv, struct comity_fault *reterr)
{
    if (argc < 2) {
        print_nouns(stderr);
        return fail_usage(reterr, "noun and verb are missing");
    }
    if (asks_help(argv[1]))
        return help(argc, argv, reterr);
    if (strcmp(argv[1], "--version") == 0) {
        puts(VERSION);
        return COMITY_DONE;
    }
    const struct noun *noun = noun_find(argv[1]);
    if (noun == NULL)
        return no_noun(argv[1], reterr);
    if (argc < 3) {
        print_verbs(stderr, noun);
        return fail_usage(reterr, "comity %s needs a verb", noun->name);
    }
    if (asks_help(argv[2])) {
        print_verbs(stdout, noun);
        return COMITY_DONE;
    }
    const struct command *command = command_find(noun->name, argv[2]);
    if (command == NULL)
        return no_verb(noun->name, argv[2], reterr);
    return run_command(command, argc - 2, argv + 2, reterr);
}

static bool asks_for(const char *option, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], option) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    struct comity_fault fault = {0};
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignored, NULL);   /* a reader that left shows as a failed write */
    bool json = asks_for("--json", argc, argv); /* before argp, which moves the words */
    bool nagios = asks_for("--nagios", argc, argv);
    int exit = failed(crypto_thread_start())
                   ? (int)fail(&fault, COMITY_FAILED, "CRYPTO", "OpenSSL cannot be used")
                   : (int)dispatch(argc, argv, &fault);
    if (exit == COMITY_DONE && !output_flushed())
        exit = (int)fail_errno(&fault, "cannot write the result");
    if (exit != COMITY_DONE && nagios) /* a fault without words: the plugin's line is printed */
        exit = fault.message[0] == '\0' ? exit : check_put_fault(&fault);
    else if (exit != COMITY_DONE)
        put_fault(PROGRAM, json, &fault);
    crypto_thread_stop();
    return exit;
}
