#ifndef APP_WATCH_H
#define APP_WATCH_H

/* What comityd keeps an eye on: certificates and lists that end, the journal and its publishing,
 * peer gateways that are away. */

#include "app/alarms.h"
#include "edge/worker.h"
#include "tls/context.h"

#define WATCH_AWAY_MS 600000U /* a peer's being away is an alarm from then on */

struct watch {
    struct alarms *alarms;
    uint64_t unpublished;       /* a size of the log that is not published yet */
    uint64_t unpublished_since; /* monotonic ms at which it was signed already */
};

/** Looks at everything once and settles the alarms. */
void watch_look(struct watch *watch, const struct tls_context *context, struct journal *journal,
                const struct workers *workers, struct moment now);

/** Judges a journal's health; overloaded: it takes no new work. Part of watch_look. */
void watch_journal(struct watch *watch, const struct journal_health *health, bool overloaded,
                   struct moment now);

/** Judges the end of one part of a context: who it is about, and what tells it from the others.
 * Part of watch_look. */
void watch_until(struct watch *watch, const struct tls_until *until, const char *who,
                 const char *key, struct moment now);

/** Judges a peer's absence. Part of watch_look. */
void watch_peer(struct watch *watch, const struct peer_presence *peer, struct moment now);

#endif
