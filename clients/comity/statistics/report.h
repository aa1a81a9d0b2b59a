#ifndef COMITY_STATISTICS_REPORT_H
#define COMITY_STATISTICS_REPORT_H

/* Figures as JSON for the ministry's own eyes, and either kind of figures as text. */

#include "comity/invocation.h"
#include "comity/statistics/statistics.h"

#include <jansson.h>

/** Everything, exact: tables, rates, requests, what differs much from the month before, and what
 * the log cannot say. NULL: out of memory */
json_t *statistics_report(const struct statistics *statistics);

/** Prints a report or an edition as tables for people. */
void statistics_print(const struct invocation *invocation, const json_t *figures);

/** The same as CSV (RFC 4180): table, row, period, count. */
void statistics_print_csv(const json_t *figures);

#endif
