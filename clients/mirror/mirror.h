#ifndef MIRROR_MIRROR_H
#define MIRROR_MIRROR_H

/*
 * A ministry's own copy of one log of its State's gateways: every entry and every hash of the tree
 * under one kept checkpoint, and the openings that it was given. Nothing counts as being there
 * (mirror_size, mirror_entry, mirror_walk) that the kept checkpoint does not sign. What the gateway
 * erased, the mirror forgets: its old octets are overwritten. The folder holds mirror.db, lock, and
 * in evidence/ both checkpoints of a fork. One process writes, others may read meanwhile.
 */

#include "audit/note.h"
#include "audit/opening.h"
#include "audit/tile.h"
#include "mirror/begun.h"

#define MIRROR_ERROR_BYTES 200
#define MIRROR_PATH_BYTES  4096

struct mirror;

/** Whose log it is, as C strings, which whoever fills it owns. */
struct mirror_log {
    const char *origin, *gateway; /* "xa-gw-01.comity.example/audit/2026", "XA-GW-01" */
    const char *succeeds;         /* origin of the log that it goes on from; "": of none */
};

/* ---- opening ---- */

/**
 * Opens the mirror of this log for writing, or makes it. Only one process does so at a time.
 *
 * CONFIG   the folder holds the mirror of another log, or of another version of this program, or is
 *          being written by another process
 * REFUSED  consistency: what it holds is no mirror any more
 * STORE, FULL, MEMORY
 *
 * All with a sentence in error.
 */
struct status mirror_make(const char *dir, const struct mirror_log *log,
                          char error[static MIRROR_ERROR_BYTES], struct mirror **ret_mirror);

/** Opens a mirror for reading; what a writer adds meanwhile is not seen but by mirror_open again.
 * ABSENT (there is none, or its making was broken off: it holds nothing), else as mirror_make */
struct status mirror_open(const char *dir, char error[static MIRROR_ERROR_BYTES],
                          struct mirror **ret_mirror);

/** Opens the mirror that there is for writing. As mirror_make, and ABSENT as mirror_open. */
struct status mirror_write(const char *dir, char error[static MIRROR_ERROR_BYTES],
                           struct mirror **ret_mirror);

/** What was not committed is lost. NULL does nothing. */
void mirror_close(struct mirror *mirror);

/* ---- reading ---- */

/** How many entries there are under the kept checkpoint; 0: none is kept yet. */
uint64_t mirror_size(const struct mirror *mirror);

/** Whose log it is; the texts live in the arena. STORE, MEMORY */
struct status mirror_log(struct mirror *mirror, struct arena *arena, struct mirror_log *ret_log);

/** The kept checkpoint as it came, with cosignatures; lives in the arena. ABSENT, STORE, MEMORY */
struct status mirror_checkpoint(struct mirror *mirror, struct arena *arena, struct slice *ret_note);

/** Unix milliseconds that the entry of this index says, of any entry there is. ABSENT, REFUSED (it
 * is none, or not the one that the tree has), STORE, MEMORY */
struct status mirror_time(struct mirror *mirror, uint64_t index, uint64_t *ret_time_ms);

/** Unix milliseconds at which the kept checkpoint was read; 0: none is kept. */
uint64_t mirror_seen_ms(const struct mirror *mirror);

/** An entry with what is known of it: what opened.has_* says it is not, was erased, is not for this
 * reader, or was not fetched yet. */
struct mirror_entry {
    uint64_t index;
    struct opened_entry row;
    struct opened opened;
};

/**
 * Reads one entry and verifies its openings against it; all lives in the arena.
 *
 * ABSENT   the kept checkpoint has none of this index
 * REFUSED  as opened_entry_read: the mirror was changed
 * STORE, MEMORY
 */
struct status mirror_entry(struct mirror *mirror, struct arena *arena, uint64_t index,
                           struct mirror_entry *ret_entry);

/** Sees an entry, borrowed for the call. A failure ends the walk and is returned. */
typedef struct status mirror_visit(void *owner, const struct mirror_entry *entry);

/** Visits all entries from from to before to, in their order, in constant memory; to past the end
 * means to the end. The visitor may read the mirror but not write it. As mirror_entry. */
struct status mirror_walk(struct mirror *mirror, uint64_t from, uint64_t to, mirror_visit *visit,
                          void *owner);

/** The inclusion path of an entry under the kept checkpoint, leaf's sibling first; lives in the
 * arena. ABSENT, STORE, MEMORY */
struct status mirror_proof(struct mirror *mirror, struct arena *arena, uint64_t index,
                           struct slices *ret_path);

/** The root of the tree of the first size entries, also of ones that no kept checkpoint signs.
 * ABSENT (there are not so many), STORE, MEMORY */
struct status mirror_root(struct mirror *mirror, uint64_t size, struct digest *ret_root);

/** How many entries there are, those included that no kept checkpoint signs. */
uint64_t mirror_count(const struct mirror *mirror);

/** The first entry whose openings were not put yet; mirror_count where there is none. */
uint64_t mirror_unopened(const struct mirror *mirror);

/* ---- writing: only what mirror_make has opened ---- */

/** One transaction: all of it is there after mirror_commit, whatever happens, and nothing before.
 * After a failure within it, mirror_abandon. STORE, FULL, MEMORY */
struct status mirror_begin(struct mirror *mirror);
struct status mirror_commit(struct mirror *mirror);
void mirror_abandon(struct mirror *mirror);

/**
 * Adds an entry behind the last one; its openings are put later.
 *
 * REFUSED  receipt.entry: it is none, or earlier than the one before it
 * STORE, FULL, MEMORY
 */
struct status mirror_append(struct mirror *mirror, struct slice entry);

/**
 * Puts what was given of an entry, which it verifies. Openings are put in the order of their
 * entries: the index is mirror_unopened - an entry that was appended, or else one that is added -
 * or one before it, whose openings are replaced: those that are null now are forgotten, with their
 * marks, and those that were null stay so.
 *
 * REFUSED  receipt.entry: another entry is there; as opened_entry_read
 * ABSENT   the index is past mirror_unopened
 * STORE, FULL, MEMORY
 */
struct status mirror_put(struct mirror *mirror, const struct opened_entry *row);

/**
 * Keeps a checkpoint in the place of the one before: from then on it says what is there. Its
 * signatures are the caller's to verify.
 *
 * seen_ms  Unix milliseconds
 *
 * REFUSED  note.shape; note.origin: of another log; consistency: its root is not that of the first
 *          entries, or it is behind the kept one
 * ABSENT   there are not so many entries;  STORE, FULL, MEMORY
 */
struct status mirror_keep(struct mirror *mirror, struct slice note, uint64_t seen_ms);

/** Drops the entries that the kept checkpoint does not sign. A transaction of its own. STORE, FULL,
 * MEMORY */
struct status mirror_shed(struct mirror *mirror);

/**
 * The root that the kept checkpoint signs, if the log's key has signed it: without that it says
 * nothing against another one.
 *
 * vkey  the log's; empty: whose signature there is is not asked
 *
 * REFUSED  consistency: what is kept is no checkpoint, or not of so many entries;
 *          note.signature: not by that key
 * ABSENT   none is kept;  STORE, CRYPTO, MEMORY
 */
struct status mirror_kept_root(struct mirror *mirror, struct slice vkey, struct digest *ret_root);

/**
 * Keeps a checkpoint that contradicts the kept one, and that one, in files of evidence/ that are
 * never written again. That each convicts is the caller's to judge: mirror_kept_root.
 *
 * told  what the log that goes on from this one says of its end; may be empty
 * path  of all files, without their endings ".kept", ".shown" and, of told, ".openings" and
 *       ".proof"; empty: MIRROR_EVIDENCE_MAX files are kept, and no more
 *
 * ABSENT (none is kept), STORE, FULL, MEMORY
 */
struct status mirror_convict(struct mirror *mirror, struct slice shown,
                             const struct begun_proof *told, char path[static MIRROR_PATH_BYTES]);
#define MIRROR_EVIDENCE_MAX 256

#endif
