#ifndef MIRROR_SERIES_H
#define MIRROR_SERIES_H

/*
 * All that a ministry has of a gateway: its logs, one after another, as each year has one. In the
 * gateway's folder each log has a folder of its own, called by what stands behind the last slash of
 * its origin, with a mirror in it. Each mirror says which log its own goes on from, so that they
 * stand in one order; where one of them is missing nothing is shown, for nobody could say that a
 * search omits nothing. All but the newest are whole.
 */

#include "mirror/mirror.h"
#include "mirror/search.h"

#define SERIES_MAX        128
#define SERIES_NAME_BYTES 65
#define SERIES_SPAN_BITS  40 /* more entries than any log has */

struct series;

/** A log of the gateway. All lives as long as the series. */
struct series_log {
    const char *name, *origin, *succeeds, *dir; /* dir: of the mirror */
    struct mirror *mirror;
};

/** An entry: which log has it, 0 is the oldest, and its index there. */
struct series_place {
    size_t log;
    uint64_t index;
};

/** A number that orders entries of all logs. */
static inline uint64_t series_number(struct series_place place)
{
    return ((uint64_t)place.log << SERIES_SPAN_BITS) + place.index;
}

static inline struct series_place series_place(uint64_t number)
{
    return (struct series_place){(size_t)(number >> SERIES_SPAN_BITS),
                                 number & ((UINT64_C(1) << SERIES_SPAN_BITS) - 1)};
}

/* ---- opening ---- */

/**
 * Opens all mirrors below a gateway's folder for reading.
 *
 * ABSENT   there are none
 * CONFIG   they are of two gateways, or of another version of this program; more than SERIES_MAX
 * REFUSED  consistency: one that another goes on from is missing, they stand in no order, or one is
 *          no mirror any more
 * STORE, MEMORY
 *
 * All with a sentence in error.
 */
struct status series_open(const char *dir, char error[static MIRROR_ERROR_BYTES],
                          struct series **ret_series);

/**
 * The same for whoever checks the whole: nothing is passed over. A newest log of which no
 * checkpoint is kept is among them, and everything there that is no mirror is refused.
 *
 * REFUSED  consistency: what is there are not the mirrors of one gateway's logs, from the first on
 * ABSENT   there is nothing;  STORE, MEMORY
 */
struct status series_open_whole(const char *dir, char error[static MIRROR_ERROR_BYTES],
                                struct series **ret_series);

/** Opens them for writing; there may be none yet. As series_open and mirror_make. */
struct status series_make(const char *dir, const char *gateway,
                          char error[static MIRROR_ERROR_BYTES], struct series **ret_series);

/** Makes the mirror of the log that goes on from the newest one: log->succeeds names that, and
 * nothing where there is none. Its position is the last. CONFIG, STORE, FULL, MEMORY */
struct status series_add(struct series *series, const struct mirror_log *log,
                         char error[static MIRROR_ERROR_BYTES]);

/** NULL does nothing. */
void series_close(struct series *series);

/* ---- its logs ---- */

size_t series_count(const struct series *series);
const char *series_gateway(const struct series *series);

/** The log of this position. */
const struct series_log *series_log(const struct series *series, size_t position);

const struct series_log *series_newest(const struct series *series);

/** The position of the log that is called so, by its name or by its origin; false: there is none.
 */
bool series_find(const struct series *series, struct slice name, size_t *ret_position);

/** What stands behind an origin's last slash; the empty slice where no folder can be called so:
 * letters, digits and "._-" behind the first, at most 64. */
struct slice series_name(struct slice origin);

/* ---- its entries ---- */

/** As mirror_entry. */
struct status series_entry(const struct series *series, struct arena *arena,
                           struct series_place place, struct mirror_entry *ret_entry);

/** Which entry one of the log at this position means by a number in its record (struct inner,
 * related). ABSENT: the mirrors have none such; STORE, MEMORY */
struct status series_meant(const struct series *series, size_t position, uint64_t told,
                           struct series_place *ret_place);

/** By which number an entry of the log at this position means another one. ABSENT: by none */
struct status series_told(const struct series *series, size_t position, struct series_place place,
                          uint64_t *ret_told);

/**
 * Whether the log at this position goes on from where the mirror before it ends, as far as its
 * first entry says, and begins no earlier. Of a log without entries nothing is asked.
 *
 * REFUSED  checkpoint.fork: it goes on from elsewhere; consistency: it is the oldest here, and its
 *          first entry names another one before it; receipt.entry: it begins before that ended; as
 *          mirror_entry
 * STORE, MEMORY
 */
struct status series_joint(const struct series *series, size_t position);

/** The same, with a sentence in error where it is REFUSED. */
struct status series_joint_said(const struct series *series, size_t position,
                                char error[static MIRROR_ERROR_BYTES]);

/** Sees an entry, borrowed for the call. A failure ends the walk and is returned. */
typedef struct status series_visit(void *owner, size_t position, const struct mirror_entry *entry);

/** Visits all entries of all logs in their order. As mirror_walk. */
struct status series_walk(const struct series *series, series_visit *visit, void *owner);

/* ---- search ---- */

/** Everything: the newest page. */
#define SERIES_NEWEST ((struct series_place){SIZE_MAX, SEARCH_NEWEST})

/**
 * Finds the newest entries of all logs before a place; what wanted->before says does not count. The
 * list lives in the arena. As search_run.
 */
struct status series_search(const struct series *series, struct arena *arena,
                            const struct search_wanted *wanted, struct series_place before,
                            struct series_place **ret_places, size_t *ret_count);

/** How many there are in all. As search_count. */
struct status series_search_count(const struct series *series, const struct search_wanted *wanted,
                                  struct series_place before, uint64_t *ret_count);

#endif
