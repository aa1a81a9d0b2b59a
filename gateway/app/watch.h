#ifndef APP_WATCH_H
#define APP_WATCH_H

/* What comityd keeps an eye on: whatever ends some day, of ours, of peers and of parties, the
 * journal and its publishing, peer gateways that are away. */

#include "app/alarms.h"
#include "edge/worker.h"
#include "policy/signatures.h"
#include "tls/context.h"

#define WATCH_AWAY_MS 600000U /* a peer's being away is an alarm from then on */

struct watch {
    struct alarms *alarms;
    uint64_t unpublished;       /* a size of the log that is not published yet */
    uint64_t unpublished_since; /* monotonic ms at which it was signed already */
};

/** What is looked at. */
struct watched {
    const char *gateway; /* ours */
    const struct tls_context *context;
    const struct directory *directory;
    struct journal *journal;
    const struct workers *workers;
};

/** Looks at everything once and settles the alarms. */
void watch_look(struct watch *watch, const struct watched *watched, struct moment now);

/** Judges a journal's health; overloaded: it takes no new work. Part of watch_look. */
void watch_journal(struct watch *watch, const struct journal_health *health, bool overloaded,
                   struct moment now);

/** What ends. */
enum watch_end {
    ENDS_OWN,             /* our certificate */
    ENDS_CA,              /* a CA certificate that links are judged by */
    ENDS_LISTED_CA,       /* a State's CA certificates in the directory */
    ENDS_LOG,             /* a gateway's logs in the directory */
    ENDS_PEER,            /* the certificate that a peer gateway has shown */
    ENDS_SEALING,         /* in the directory: sealing certificates of a party at home here, */
    ENDS_ENCRYPTION,      /* and those that it is encrypted for */
    ENDS_FOREIGN_SEALING, /* the same of a party at home elsewhere */
    ENDS_FOREIGN_ENCRYPTION,
    ENDS_SIGNED, /* the signatures of an object of the rulebook */
};

/** Says 30, 14, 7 days and 1 day ahead, and from the end on, that something of somebody ends. Part
 * of watch_look. */
void watch_end(struct watch *watch, enum watch_end kind, const char *who, uint64_t until_ms,
               struct moment now);

/** The same for a revocation list, with its time of grace; key: what tells it from the others. */
void watch_list(struct watch *watch, const struct tls_until *until, const char *key,
                struct moment now);

/** Judges all parts of a context. Part of watch_look. */
void watch_context(struct watch *watch, const struct tls_context *context, struct moment now);

/** Judges what the directory lists of States, of gateways, and of parties: of those that are not at
 * home at this gateway it is said each day and not each hour, for others have to act. Where several
 * rows follow on each other, the end of the last one counts. Part of watch_look. */
void watch_directory(struct watch *watch, const struct directory *directory, const char *gateway,
                     struct moment now);

/** Judges the signatures of the rulebook's objects. Before watch_look. */
void watch_signatures(struct watch *watch, const struct rulebook *rulebook, struct moment now);

/** Judges the certificates of those who sign it. Before watch_look. */
void watch_signers(struct watch *watch, const struct rulebook_authorities *signers,
                   struct moment now);

/** Judges a peer's absence and its certificate. Part of watch_look. */
void watch_peer(struct watch *watch, const struct peer_presence *peer, struct moment now);

#endif
