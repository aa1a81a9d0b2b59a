#ifndef APP_ALARMS_H
#define APP_ALARMS_H

/*
 * Alarms: what lasts until somebody does something about it. Each is said at once when it begins or
 * changes, again from time to time while it lasts, and once more when it is over.
 */

#include "exchange/exchange.h"

/** What is wrong now. The texts are copied. */
struct alarm {
    const char *key;   /* tells it from others: "revocations XA 4" */
    const char *event; /* "alarm.revocations_expired": fixed, in our source */
    const char *about; /* "XA" */
    enum diagnostic_level level;
    unsigned stage; /* another than before: it has changed, and is said at once */
    const char *text;
    uint64_t repeat_ms; /* between two lines while it lasts */
    uint64_t linger_ms; /* it is over once it was not raised for so long; 0: at the next settling */
};

struct alarms;

/** The diagnostics outlive the alarms. NULL when memory is out. */
struct alarms *alarms_new(const struct diagnostics *diagnostics);

/** NULL does nothing. */
void alarms_free(struct alarms *alarms);

/** This is wrong now; to be called again at every look, as long as it is. */
void alarms_raise(struct alarms *alarms, const struct alarm *alarm, struct moment now);

/** The look is over: what was not raised in it has ended. */
void alarms_settle(struct alarms *alarms, struct moment now);

#endif
