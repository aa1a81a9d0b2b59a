#ifndef APP_KEYS_H
#define APP_KEYS_H

/* Which keys are in force that concern this gateway, for the log (journal/keys.h). */

#include "app/config.h"
#include "app/state.h"
#include "journal/journal.h"

/**
 * Appends the lines: our TLS certificate; of the directory our State's CAs, our logs with their
 * witnesses, and the certificates of parties and officers of our State or at home with us. A
 * certificate is named by the SHA-256 of its DER (x5t), the key of a log or witness by the SHA-256
 * of its vkey, each with what its row says of it. MEMORY
 */
struct status keys_write_lines(const struct config *config, const struct state *state,
                               struct buffer *out);

/** Tells the journal, at the start and whenever another state is in use. MEMORY: nothing was told
 */
struct status keys_tell(struct journal *journal, const struct config *config,
                        const struct state *state, uint64_t now_ms);

#endif
