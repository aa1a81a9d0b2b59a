#ifndef JOURNAL_OPENINGS_H
#define JOURNAL_OPENINGS_H

/*
 * The journal read by its own State's oversight. That it was read, by whom and how far, is an entry
 * of kind 11, and nothing is read before that entry is signed. Somebody who asks without being
 * entitled leaves a refusal.
 */

#include "audit/opening.h"
#include "journal/journal.h"

/** What oversight may ask for. */
enum auditor_wish { AUDITOR_OPENINGS, AUDITOR_PSEUDONYMS };

/** Somebody asks for it. */
struct auditor_act {
    enum auditor_wish wish;
    struct slice party, officer; /* officer: empty without one */
    struct slice log;            /* name of a log that ended; empty: the one that is written */
    uint64_t from, count;        /* indices of openings; not used in a refusal */
    struct slice person; /* whose pseudonym: where the key lies, which is made where there is
                            none, so that nobody learns whether there was; or empty */
    enum refusal code;   /* why it is refused; REFUSAL_NONE: it is not */
};

/**
 * Queues the entry about it: of kind 11, or 4 with a code. Its sentence is ours and does not say
 * whose pseudonyms are asked for. The result comes through done, after it is signed. FULL, STORE,
 * MEMORY: there is none, and nothing may be read
 */
struct status journal_auditor(struct journal *journal, const struct auditor_act *act,
                              uint64_t now_ms, void *owner, journal_done *done);

/** A range of the log, for a ministry or for the data-protection authority. */
struct openings_wanted {
    struct slice log;     /* what stands behind the last slash of the origin of a log that ended;
                             empty: the one that is written */
    uint64_t from, count; /* at most OPENINGS_MAX are given */
    bool closed;          /* for the authority: closed records, and confidential messages */
};

/**
 * Appends the document of audit/opening.h: entries of the range as the last signed checkpoint
 * covers them; fewer where that ends, or where the document would be too large, but always the
 * first. Who is not given closed records has no openings of what concerns a message that claims to
 * be confidential (its decision, its stages, orders to erase, hold or lift it), nor of anything in
 * a thread of which one message claimed it, before or after, nor of a stage or an order for which
 * that cannot be known any more: it can count them (R-AUD-05). Nothing ends that.
 *
 * ABSENT  the first one is not signed
 * CRYPTO  the first opening cannot be decrypted: before another one the document ends
 * STORE, MEMORY; FULL as journal_fetch
 */
struct status journal_openings(struct journal_reader *reader, const struct openings_wanted *wanted,
                               struct buffer *out);

#endif
