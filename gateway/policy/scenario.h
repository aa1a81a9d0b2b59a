#ifndef POLICY_SCENARIO_H
#define POLICY_SCENARIO_H

/*
 * Scenarios: what lawyers expect of the law, in its own language. They stand beside it in
 * law/tests/ and are signed with it.
 *
 *     scenario "Her address does not reach the police of the State she fled"
 *       message "a-request" from XA-CA-01 to XC-CA-01 on 2026-09-07
 *       given persons/V1/citizenship XC, XB
 *       given persons/V1/dob missing
 *       expect delivered
 *       expect persons/V1/name stated by "R-ASY-03 overlay ID W/A"
 *     end
 *
 * A message is a document in law/tests/NAME.json. A path names a person by the sid, any other
 * element by its place in the list, counted from 1; it speaks of everything below it too.
 */

#include "policy/law.h"

struct scenario_given {
    struct slice path;
    struct slices values; /* words, numbers and strings as written; several make a list */
    const bool *numbers;  /* by value */
    bool missing;
    unsigned line;
};

enum expected {
    EXPECTED_LEVEL,
    EXPECTED_WITHHELD, /* stated or silent */
    EXPECTED_OUTCOME,
};

struct scenario_expect {
    enum expected expected;
    struct slice path; /* empty of the outcome */
    enum level level;
    enum outcome outcome;
    enum refusal code; /* of an outcome; REFUSAL_NONE: any */
    struct slice by;   /* the deciding rule; empty: any */
    unsigned line;
};

struct scenario {
    struct slice title, file; /* path of the text, below the rulebook folder */
    unsigned line;
    struct slice message; /* "law/tests/a-request.json" */
    struct slice from, to;
    uint64_t at_ms; /* the day; 0: the day it is tested */
    struct scenario_given *givens;
    size_t given_count;
    struct scenario_expect *expects;
    size_t expect_count;
};

struct scenarios {
    struct scenario *at;
    size_t count;
};

/**
 * Reads every text below law/tests/ that is no document. Parties, levels, codes and rules must
 * exist. Everything lives in the arena.
 *
 * CONFIG with *reterr filled;  MEMORY
 */
struct status scenarios_parse(struct arena *arena, const struct text_files *files,
                              const struct rulebook *rulebook, struct scenarios *ret_scenarios,
                              struct text_error *reterr);

#endif
