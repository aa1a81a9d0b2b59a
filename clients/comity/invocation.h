#ifndef COMITY_INVOCATION_H
#define COMITY_INVOCATION_H

/*
 * One call of the program: which command, with which options and words. Commands are rows of a
 * table; what they accept is in the row, so that parsing, help and errors are the same for all.
 */

#include "comity/exits.h"

#include <argp.h>

/** Options as argp knows them; those with a short form have its letter. */
enum flag {
    FLAG_FILE = 'f',
    FLAG_OUTPUT = 'o',
    FLAG_QUIET = 'q',
    FLAG_CONTEXT = 0x100,
    FLAG_JSON,
    FLAG_NO_COLOR,
    FLAG_DRY_RUN,
    FLAG_YES,
    FLAG_TO,
    FLAG_RESUME,
    FLAG_DIR,
    FLAG_STATES,
    FLAG_WITNESSES,
    FLAG_COMITYD,
    FLAG_GATEWAY,
    FLAG_KILL,
    FLAG_LOG,
    FLAG_KEY,
    FLAG_DUE,
    FLAG_THREAD,
    FLAG_FOR,
    FLAG_OUT,
    FLAG_CERTIFICATE,
    FLAG_CRL,
    FLAG_WARNING,
    FLAG_CRITICAL,
    FLAG_TIMEOUT,
    FLAG_NAGIOS,
    FLAG_KIND,
    FLAG_BEFORE,
    FLAG_CONTROL,
    FLAG_CONFIG,
    FLAG_OBJECT,
    FLAG_FROM,
    FLAG_UNTIL,
    FLAG_BAR,
    FLAG_CHECK,
    FLAG_PURPOSE,
    FLAG_TYPE,
    FLAG_LANGUAGE,
    FLAG_SINCE,
    FLAG_MESSAGE,
    FLAG_ENTRY,
    FLAG_BASIS,
    FLAG_ORDER,
    FLAG_LIFT,
    FLAG_AUTHORITY,
    FLAG_RECEIPT,
    FLAG_STAGE,
    FLAG_COSE,
    FLAG_TSA_CA,
    FLAG_TIMESTAMP,
    FLAG_MIRROR,
    FLAG_OTHER,
    FLAG_SYNC,
    FLAG_QUIET_HOURS,
    FLAG_PERIOD,
    FLAG_JUMP,
    FLAG_PROMETHEUS,
    FLAG_PERSON,
    FLAG_CASE,
    FLAG_PAIR,
    FLAG_INSTRUMENT,
    FLAG_FIELD,
    FLAG_CATEGORY,
    FLAG_LEVEL,
    FLAG_RULE,
    FLAG_CODE,
    FLAG_OP,
    FLAG_ACTOR,
    FLAG_OFFICER,
    FLAG_RULEBOOK,
    FLAG_ID,
    FLAG_SUBJECT,
    FLAG_RELATED,
    FLAG_TIER,
    FLAG_TRANSFER,
    FLAG_GROUND,
    FLAG_TEXT,
    FLAG_LIMIT,
    FLAG_COUNT,
    FLAG_CSV,
    FLAG_PUBLISH,
    FLAG_K,
    FLAG_ROUND,
    FLAG_SID,
    FLAG_HELP,
    FLAG_VERSION,
};

/** One option as it was given; value is NULL where it takes none. */
struct given {
    int flag;
    const char *value;
};

struct invocation {
    const struct command *command;
    struct given *given; /* in the order of the command line */
    size_t given_count;
    const char **words; /* what is no option */
    size_t word_count;
    bool json, quiet, color, dry_run, yes;
    bool help;    /* --help was asked for and has been printed: nothing is left to do */
    bool version; /* --version was asked for */
};

typedef enum comity_exit command_run(const struct invocation *invocation,
                                     struct comity_fault *reterr);

struct command {
    const char *noun, *verb;
    const char *arguments;             /* for the usage line: "-f FILE --to PARTY..." */
    const char *summary;               /* one line */
    const char *help;                  /* more of it, with examples */
    const struct argp_option *options; /* beside the shared ones; NULL: none */
    size_t words_min, words_max;       /* how many words it takes */
    command_run *run;
};

/**
 * Reads a command line after noun and verb.
 * COMITY_INPUT, COMITY_FAILED
 */
enum comity_exit invocation_read(const struct command *command, int argc, char **argv,
                                 struct invocation *ret_invocation, struct comity_fault *reterr);

void invocation_done(struct invocation *invocation);

/** The word of this number, from 0; NULL if so many were not given. */
const char *invocation_word(const struct invocation *invocation, size_t number);

/** The last value given for an option; NULL if there is none. */
const char *invocation_value(const struct invocation *invocation, enum flag flag);

/** Whether an option was given. */
bool invocation_has(const struct invocation *invocation, enum flag flag);

#endif
