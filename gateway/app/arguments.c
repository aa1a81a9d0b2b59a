#include "app/arguments.h"

#include <argp.h>

const char *argp_program_version = "comityd " COMITY_VERSION;
static char doc[] =
    "comityd -- the gateway of one State"
    "\vIt stops on SIGTERM or SIGINT, after answering what it has accepted. On SIGHUP it reads "
    "configuration, certificates, revocation lists and rulebook again and puts them in the place "
    "of those in use, or keeps what it has and says why.";

#define OPTION_RESTORE  0x100
#define OPTION_DRY_RUN  0x101
#define OPTION_DIAGNOSE 0x102

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'c':
        a->config = arg;
        return 0;
    case 'k':
        a->work = WORK_CHECK;
        return 0;
    case OPTION_RESTORE:
        a->work = WORK_RESTORE;
        a->backup = arg;
        return 0;
    case OPTION_DRY_RUN:
        a->dry_run = true;
        return 0;
    case OPTION_DIAGNOSE:
        a->work = WORK_DIAGNOSE;
        return 0;
    case ARGP_KEY_END:
        if (a->config == NULL)
            argp_error(state, "--config FILE is missing");
        if (a->dry_run && a->work != WORK_RESTORE)
            argp_error(state, "--dry-run goes with --restore");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0, "the configuration (YAML)", 0},
    {"check-config", 'k', NULL, 0,
     "check configuration, keys, rulebook and ports, say when certificates and lists end, then "
     "exit",
     0},
    {"restore", OPTION_RESTORE, "DIR", 0,
     "put a backup in the place of a lost journal, then exit; comity admin restore does it", 0},
    {"dry-run", OPTION_DRY_RUN, NULL, 0, "with --restore: say what would be done", 0},
    {"diagnose", OPTION_DIAGNOSE, NULL, 0,
     "say how configuration, files and journal are, then exit; comity admin diagnose shows it", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

bool arguments_read(int argc, char **argv, struct arguments *ret_arguments)
{
    static const struct argp argp = {options, parse_option, NULL, doc, NULL, NULL, NULL};
    struct arguments arguments = {0};
    argp_err_exit_status = 2;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
        return false;
    *ret_arguments = arguments;
    return true;
}
