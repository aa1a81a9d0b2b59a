#ifndef UNIT_CLIENTS_MADE_MIRROR_H
#define UNIT_CLIENTS_MADE_MIRROR_H

/* Mirrors of a log that is made up here, entry by entry, and signed by a key that is known. */

#include "mirror/mirror.h"

#define MADE_ORIGIN   "xa-gw-01.comity.example/audit/2026"
#define MADE_GATEWAY  "XA-GW-01"
#define MADE_BEGAN_MS 1790000000000ULL

/** Makes or opens the mirror of this folder for writing. */
struct mirror *made_mirror(const char *dir);

/** The same of another log, which goes on from a third one; succeeds "": from none. */
struct mirror *made_log(const char *dir, const char *origin, const char *succeeds);

/** The vkey of the key that made_note signs with. Static buffer. */
const char *made_vkey(void);

/** Makes an entry with all of its openings, which live in the arena. */
struct opened_entry made_row(struct arena *arena, uint64_t index, uint64_t time_ms,
                             const struct outer *outer, const struct inner *inner);

/** Puts such an entry behind the last one, in a transaction of its own. */
void made_put(struct mirror *mirror, uint64_t time_ms, const struct outer *outer,
              const struct inner *inner);

/** Puts the entry of a log's start, with these words; at_ms: at another time than at the log's
 * begin. */
void made_start_at(struct mirror *mirror, uint64_t at_ms, const char *words);
void made_start(struct mirror *mirror, const char *words);

/** Puts count entries that the gateway was started. */
void made_starts(struct mirror *mirror, uint64_t count);

/** Appends the signed checkpoint of the first size entries. */
void made_note(struct mirror *mirror, uint64_t size, struct buffer *out);

/** Keeps a signed checkpoint of all entries there are. */
void made_keep(struct mirror *mirror);

#endif
