#ifndef APP_WATCH_H
#define APP_WATCH_H

/* What comityd keeps an eye on: certificates and lists that end, the journal and its publishing. */

#include "app/alarms.h"
#include "tls/context.h"

struct watch {
    struct alarms *alarms;
    uint64_t unpublished;       /* a size of the log that is not published yet */
    uint64_t unpublished_since; /* monotonic ms at which it was signed already */
};

/** Looks at everything once and settles the alarms. */
void watch_look(struct watch *watch, const struct tls_context *context, struct journal *journal,
                struct moment now);

/** Judges a journal's health; overloaded: it takes no new work. Part of watch_look. */
void watch_journal(struct watch *watch, const struct journal_health *health, bool overloaded,
                   struct moment now);

#endif
