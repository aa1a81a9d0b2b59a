#ifndef APP_PROBLEMS_H
#define APP_PROBLEMS_H

/* What is wrong with a configuration or with the files it names: all of it, not the first only. */

#include <stdbool.h>

#define PROBLEM_BYTES 1024

/** Where problems are reported: one sentence each. */
typedef void problem_report(void *owner, const char *sentence);

struct problems {
    problem_report *report;
    void *owner;
    bool any;               /* one was reported */
    problem_report *remark; /* of what is odd but stops nothing; may be NULL */
};

[[gnu::format(printf, 2, 3)]] void problem_say(struct problems *problems, const char *format, ...);

#endif
