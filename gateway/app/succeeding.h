#ifndef APP_SUCCEEDING_H
#define APP_SUCCEEDING_H

/* What the directory says of the log before the configured one. */

#include "exchange/diagnostics.h"
#include "journal/ended.h"
#include "policy/rulebook.h"

struct log_found {
    char origin[ORIGIN_MAX_BYTES + 1];
    struct log_before before; /* origin is that above: stays where it is */
};

/** The log that one of a gateway's succeeds. False: none, or its key cannot be read */
bool log_before_find(const struct rulebook *rulebook, const char *gateway, const char *origin,
                     struct log_found *ret_found);

#define LOG_ENDS_WHY_BYTES 300

/**
 * Whether a directory that is to come into force closes logs of the journal where they ended. A
 * closing that is kept already is not asked about: that stays (closings.h).
 *
 * kept  what is kept of the directories before
 * why   a sentence where it does not
 *
 * REFUSED object.closing;  STORE: what is kept is damaged;  MEMORY
 */
struct status log_ends_judge(struct arena *arena, struct slice kept, const struct directory *next,
                             const char *gateway, const struct journal *journal,
                             char why[static LOG_ENDS_WHY_BYTES]);

/** Says which logs of the journal ended without that the directory says so, or with another end
 * than it says: what the authorities have to write and sign. */
void log_ended_say(const struct rulebook *rulebook, const char *gateway,
                   const struct journal *journal, const struct diagnostics *diagnostics,
                   uint64_t now_ms);

#endif
