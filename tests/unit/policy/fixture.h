#ifndef UNIT_POLICY_FIXTURE_H
#define UNIT_POLICY_FIXTURE_H

/* The shipped law with a small directory, A.3, and laws made for one test. */

#include "policy/law.h"
#include "support/check.h"
#include "support/compose.h"

#define IN_FORCE 1788766860000ULL /* 2026-09-07T07:41:00Z */

/** The shipped rulebook, parsed once and freed at the end; the program stops if it is wrong. */
struct rulebook *shipped_rulebook(void);

/** All files of the shipped rulebook; one array for the whole program. */
const struct text_files *shipped_files(void);

/** The shipped rulebook with another law text (law/rules/test) instead of its own rules. */
struct status rulebook_with(const char *rules, struct rulebook **ret_rulebook,
                            struct text_error *reterr);

/** A text that cannot be read: what is said of it, and where. */
struct mistake {
    const char *text;
    unsigned line, column;
    const char *message; /* some of it */
};

/** Checks that reading it has come to this, in this file; prints what was said if not. */
void mistake_check(const struct mistake *mistake, struct status status,
                   const struct text_error *error, const char *file);

/** Rules as the body of one policy in force; allocated, to be freed. */
char *policy_of(const char *rules);

/** A document decided: everything to be freed with outcome_free. */
struct decided {
    struct composed *composed;
    const struct document *document;
    const struct decision *decision;
};

/** Composes, judges and decides; stops the program if the schema refuses the document. */
struct decided decide(const struct rulebook *rulebook, const json_t *document, const char *from,
                      const char *to);

/** The same of what is composed already, with its LOCAL values or without. */
struct decided decide_composed(const struct rulebook *rulebook, struct composed *composed,
                               bool with_locals);

void decided_free(struct decided *decided);

/** The verdict of a labelled path, "persons/~V1/dob"; the program stops if there is none. */
const struct verdict *verdict_at(const struct decided *decided, const char *label);

/** A.3 as sent; to be freed by json_decref. */
json_t *a3(void);

/** The person of a document with this sid. Borrowed. */
json_t *person_of(json_t *document, const char *sid);

/** Changes members as the JSON text says, null taking them away; sid NULL: of the document. */
void patch(json_t *document, const char *sid, const char *json);

/** The level of a labelled path as a word, with "released" or "withheld"; static buffer. */
const char *level_at(const struct decided *decided, const char *label);

#endif
