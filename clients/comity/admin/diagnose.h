#ifndef COMITY_ADMIN_DIAGNOSE_H
#define COMITY_ADMIN_DIAGNOSE_H

/* The findings of `comity admin diagnose`: those of comityd about its files, and those of a gateway
 * that works. */

#include "comity/check/check.h"

/** Adds a finding; todo is what to do, or "" . */
[[gnu::format(printf, 5, 6)]] struct check_row *
diagnose_add(struct check_report *report, const char *name, enum check_state state,
             const char *todo, const char *format, ...);

/** What the gateway itself says through its control socket, or that it says nothing. */
void diagnose_live(const struct invocation *invocation, struct check_report *report);

#endif
