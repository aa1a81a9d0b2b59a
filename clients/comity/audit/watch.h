#ifndef COMITY_AUDIT_WATCH_H
#define COMITY_AUDIT_WATCH_H

/* What the audit_watch*.c share: one look at a mirror, row by row. */

#include "audit/note.h"
#include "comity/audit/watch_volume.h"
#include "comity/check/check.h"
#include "libcomity/client.h"
#include "mirror/series.h"

#define WATCH_LAWS_MAX   256 /* rulebooks that entries name */
#define WATCH_HISTORY_MS (24 * 3600000ULL)

/** A rulebook that entries name. */
struct watch_law {
    struct digest digest;
    bool announced;        /* by an entry of its own, or it is the directory's */
    uint64_t first;        /* entry that names it, and of which log */
    const char *first_log; /* "2026/", or "" where there is but one */
    uint64_t count;
};

/** What all entries say together. */
struct watch_entries {
    struct watch_law laws[WATCH_LAWS_MAX];
    size_t law_count;
    bool too_many_laws;
    const struct watch_law *in_force; /* named by the last start or law entry; NULL: by none */
    struct volume volume;
    uint64_t last_ms;    /* of the last entry that is no look of an auditor's */
    bool stopped;        /* the last start or stop was a stop */
    uint64_t stopped_ms; /* when */
    uint64_t keys;       /* entries about keys and witnesses within WATCH_HISTORY_MS */
    char key_words[160]; /* what the last of them says */
    uint64_t last_key;   /* the last of them */
    const char *key_log; /* as first_log */
};

struct watching {
    const struct invocation *invocation;
    struct comity *comity;
    struct series *series;
    struct mirror *mirror; /* of the newest log */
    const char *walked;    /* the log of the entries that are taken in, as first_log */
    struct arena *arena;
    struct note note;          /* the kept checkpoint of that */
    const struct log_row *log; /* of the directory, in force; NULL: the checkpoint is by none */
    const char *gateway;
    uint64_t now_ms;
    uint64_t quiet_ms, jump; /* thresholds: without entries; spreads */
    struct watch_entries entries;
    struct check_report *report;
};

/** Takes an entry in; all of them, of all logs, are to be taken, in their order. */
void watch_entry(struct watching *w, const struct mirror_entry *entry);

/** Rows about what entries say: growth, volume, rulebooks, keys. */
void watch_entries_rows(struct watching *w);

/** Rows about the checkpoint: who signed it, its quorum and each witness. limits: of ages, s. */
void watch_checkpoint_rows(struct watching *w, const struct check_limits *limits);

/** Rows about evidence against the log, and whether the archive's receipts are in it. */
enum comity_exit watch_archive_rows(struct watching *w, struct comity_fault *reterr);

#endif
