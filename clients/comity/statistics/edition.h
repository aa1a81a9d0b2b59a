#ifndef COMITY_STATISTICS_EDITION_H
#define COMITY_STATISTICS_EDITION_H

/* Figures that may be published (R-STA-03 to R-STA-06, R-STA-08), and what was published before. */

#include "comity/exits.h"
#include "comity/statistics/statistics.h"

#include <jansson.h>

#define EDITION_K          10 /* the least */
#define EDITION_MONTHS_MAX 36

struct edition_rules {
    uint64_t k;
    bool rounds; /* every count down to a multiple of k; nothing is hidden then */
};

/**
 * Makes an edition: for each of its tables the shortest periods - months, quarters, years, or all
 * of it - in which each is either empty or at least k, so that the totals of all tables that count
 * the same can stand beside one another. One that cannot be published even so is named alone.
 *
 * A cell is a number, "<k", or "-" for one that is not shown. MEMORY, FULL
 */
struct status edition_make(const struct statistics *statistics, const struct edition_rules *rules,
                           json_t **ret_edition);

/**
 * Compares an edition with all that were kept in a folder: each month is published once, for two
 * editions that have it, and differ in anything, tell together what each hides (R-STA-05). The very
 * same again is allowed. Keeps it under the next number, unless keep says no.
 *
 * COMITY_REFUSED: the earlier one is named;  COMITY_FAILED, also where an earlier one cannot be
 * read
 */
enum comity_exit edition_keep(const char *folder, json_t *edition, bool keep,
                              struct comity_fault *reterr);

#endif
