#include "witness/arguments.h"

#include <argp.h>

const char *argp_program_version = "comity-witness " COMITY_VERSION;
static char doc[] =
    "comity-witness -- cosigns checkpoints of audit logs that continue what it cosigned before"
    "\vIt stops on SIGTERM or SIGINT. On SIGHUP it reads rulebook, authorities and certificate "
    "again "
    "and puts them in the place of those in use, or keeps what it has and says why.";

enum option_key {
    OPTION_NAME = 0x100,
    OPTION_KEY,
    OPTION_STATE,
    OPTION_LISTEN,
    OPTION_CERTIFICATE,
    OPTION_TLS_KEY,
    OPTION_AUTHORITIES,
    OPTION_RULEBOOK,
    OPTION_READY,
    OPTION_MAKE_KEY,
    OPTION_PRINT_KEY,
};

static const struct argp_option options[] = {
    {"name", OPTION_NAME, "NAME", 0, "the witness's name, as in its verification key", 0},
    {"key", OPTION_KEY, "FILE", 0, "the key that cosigns (Ed25519)", 0},
    {"state", OPTION_STATE, "FILE", 0, "what it remembers", 0},
    {"listen", OPTION_LISTEN, "ADDRESS", 0, "where it is asked: 127.0.0.1:9555; several times", 0},
    {"certificate", OPTION_CERTIFICATE, "FILE", 0, "its certificate for TLS, a party's", 0},
    {"tls-key", OPTION_TLS_KEY, "FILE", 0, "the key of that", 0},
    {"authorities", OPTION_AUTHORITIES, "DIR", 0,
     "for each State XA its CA, XA/ca.crt, and revocation list, XA/crl.pem", 0},
    {"rulebook", OPTION_RULEBOOK, "DIR", 0, "whose directory lists States, gateways and logs", 0},
    {"ready", OPTION_READY, "FILE", 0, "written, with its addresses, when it can be asked", 0},
    {"make-key", OPTION_MAKE_KEY, NULL, 0,
     "make the file --key, print its verification key for the directory, and exit", 1},
    {"print-key", OPTION_PRINT_KEY, NULL, 0, "print that again, and exit", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

/* Where an option's value goes; NULL for those of another kind. */
static const char **place_of(struct arguments *a, int key)
{
    const struct {
        int key;
        const char **at;
    } places[] = {
        {OPTION_NAME, &a->name},
        {OPTION_KEY, &a->key},
        {OPTION_STATE, &a->state},
        {OPTION_CERTIFICATE, &a->book.certificate},
        {OPTION_TLS_KEY, &a->book.key},
        {OPTION_AUTHORITIES, &a->book.authorities},
        {OPTION_RULEBOOK, &a->book.rulebook},
        {OPTION_READY, &a->ready},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (places[i].key == key)
            return places[i].at;
    return NULL;
}

/* The first option that is missing for the work; NULL where there is all. */
static const char *missing(const struct arguments *a)
{
    const struct {
        const char *name, *value;
        bool serves; /* asked for by WORK_SERVE alone */
    } wanted[] = {
        {"--name NAME", a->name, false},
        {"--key FILE", a->key, false},
        {"--state FILE", a->state, true},
        {"--listen ADDRESS", a->listen[0], true},
        {"--certificate FILE", a->book.certificate, true},
        {"--tls-key FILE", a->book.key, true},
        {"--authorities DIR", a->book.authorities, true},
        {"--rulebook DIR", a->book.rulebook, true},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (wanted[i].value == NULL && (a->work == WORK_SERVE || !wanted[i].serves))
            return wanted[i].name;
    return NULL;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    const char **place = place_of(a, key);
    if (place != NULL) {
        *place = arg;
        return 0;
    }
    switch (key) {
    case OPTION_LISTEN:
        if (a->listen_count == LISTEN_MAX)
            argp_error(state, "--listen: %d addresses at most", LISTEN_MAX);
        a->listen[a->listen_count++] = arg;
        return 0;
    case OPTION_MAKE_KEY:
        a->work = WORK_MAKE_KEY;
        return 0;
    case OPTION_PRINT_KEY:
        a->work = WORK_PRINT_KEY;
        return 0;
    case ARGP_KEY_END:
        if (missing(a) != NULL)
            argp_error(state, "%s is missing", missing(a));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

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
