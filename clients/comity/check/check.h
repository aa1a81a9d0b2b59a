#ifndef COMITY_CHECK_H
#define COMITY_CHECK_H

/*
 * What the verbs of `comity check` share. A check is a list of rows, each with a state; it is
 * printed for people, as JSON, or as the one line of a Nagios plugin with its performance data.
 */

#include <jansson.h>

#include "comity/invocation.h"

/* A directory has at most 300 States, as greetings name them: for each a row about its CA, one
 * about its list, and one about its gateway, or two where that one's log has two histories; and
 * some about oneself. */
#define CHECK_ROWS_MAX 1280

/** By severity: the worst row is the check's. */
enum check_state { CHECKED_OK, CHECKED_UNKNOWN, CHECKED_WARNING, CHECKED_CRITICAL };

/** Which values are bad: those below a threshold, those above it, or far from 0 on either side. */
enum check_side { CHECK_BELOW, CHECK_ABOVE, CHECK_AROUND };

struct check_limits {
    enum check_side side;
    bool given; /* there are thresholds */
    uint64_t warning, critical;
};

/** A number for the performance data. */
struct check_figure {
    char label[48]; /* empty: none */
    int64_t value;
    const char *unit; /* of the plugin guidelines: "", "us", "ms" */
    struct check_limits limits;
};

struct check_row {
    char name[48], words[300];
    enum check_state state;
    enum comity_exit exit; /* where the state is CRITICAL or UNKNOWN */
    struct check_figure figure;
    json_t *more; /* members for --json; NULL: none */
};

struct check_report {
    const char *name; /* "certificates" */
    struct check_row rows[CHECK_ROWS_MAX];
    size_t count;
    json_t *more; /* members for --json; NULL: none */
    const char *hint;
};

/** Adds a row, to be filled further; what is over CHECK_ROWS_MAX takes the place of the last one of
 * those that are the least bad. */
[[gnu::format(printf, 4, 5)]] struct check_row *check_add(struct check_report *report,
                                                          const char *name, enum check_state state,
                                                          const char *format, ...);

/** Sets what is to be measured, and the row's state by it. */
void check_figure(struct check_row *row, const char *label, int64_t value, const char *unit,
                  const struct check_limits *limits);

/** The state of a value by thresholds. */
enum check_state check_judge(int64_t value, const struct check_limits *limits);

/** The worst state of all rows. */
enum check_state check_worst(const struct check_report *report);

/** "OK", "WARNING", "CRITICAL", "UNKNOWN" */
const char *check_state_name(enum check_state state);

/** The exit code of a Nagios plugin. */
int check_nagios_exit(enum check_state state);

/**
 * Reads --warning and --critical over what stands in limits. COMITY_INPUT where they are no
 * numbers, or the warning would come after the critical state.
 */
enum comity_exit check_limits_read(const struct invocation *invocation, struct check_limits *limits,
                                   struct comity_fault *reterr);

/** Looks at the gateway with --context and --timeout; as comity_check. */
enum comity_exit check_gateway(const struct invocation *invocation,
                               struct comity_checked **ret_checked, struct comity_fault *reterr);

/**
 * Prints the report and frees what its rows hold. Gives 0, or the exit code of the worst row with
 * the fault filled; with --nagios the plugin's exit code and an empty fault, for all is said.
 */
enum comity_exit check_finish(const struct invocation *invocation, struct check_report *report,
                              struct comity_fault *reterr);

/** Prints the report as Prometheus' textfile collector reads it: the state of each row, and each
 * figure as a metric of its own. Members of report->more that are texts become labels. */
void check_put_prometheus(const struct check_report *report);

/** Prints a failure of the command itself as a plugin does; gives the plugin's exit code. */
int check_put_fault(const struct comity_fault *fault);

/** The options that all checks have; to stand in a table of options. */
#define CHECK_OPTIONS(unit)                                                                        \
    {"warning", FLAG_WARNING, unit, 0, "From where on it is a warning", 1},                        \
        {"critical", FLAG_CRITICAL, unit, 0, "From where on it is critical", 1},                   \
    {                                                                                              \
        "nagios", FLAG_NAGIOS, NULL, 0,                                                            \
            "One line and the exit code 0, 1, 2 or 3 of a Nagios plugin", 2                        \
    }

#define CHECK_TIMEOUT                                                                              \
    {                                                                                              \
        "timeout", FLAG_TIMEOUT, "SECONDS", 0, "Longest wait for each step: 10 unless told", 2     \
    }

/** What every check's help ends with. */
#define CHECK_HELP                                                                                 \
    "\n\nWith --json: {\"check\",\"state\",\"rows\":[{\"name\",\"state\",\"message\"}]} and what " \
    "is named above; state is OK, WARNING, CRITICAL or UNKNOWN. With --nagios one line with "      \
    "performance data, exit code 0, 1, 2 or 3 (UNKNOWN). Without it the exit code is 0 as long "   \
    "as nothing is CRITICAL or UNKNOWN.\n\n"

#endif
