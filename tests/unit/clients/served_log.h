#ifndef UNIT_CLIENTS_SERVED_LOG_H
#define UNIT_CLIENTS_SERVED_LOG_H

/* A gateway's log, kept in a mirror of its own, as a source to sync from. */

#include "made_mirror.h"

#include "mirror/sync.h"

struct served_log {
    struct mirror *whole;
    unsigned fetched;    /* files so far */
    unsigned broken_off; /* this file and all after it fail; 0: none, 1: the first */
    unsigned missing;    /* of this file there is none */
    unsigned flipped;    /* in this file one octet is another */
    unsigned more;       /* rows of openings than were asked for */
    uint64_t emptied;    /* openings of entries before this one are given as erased */
    char last[SYNC_PATH_BYTES];
};

/** A log in a folder below dir, of count entries that a gateway was started. */
void served_make(struct served_log *log, const char *dir, uint64_t count);

void served_done(struct served_log *log);

/** A sync_fetch over a struct served_log. */
void served_fetch(void *source, struct sync_file *files, size_t count);

/** Destroys the openings of an entry. */
void served_erase(struct served_log *log, uint64_t index);

/** Appends an entry that says that something of another was erased. */
void served_erasure(struct served_log *log, uint64_t related);

#endif
