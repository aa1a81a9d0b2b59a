#ifndef SCHEMA_DIRECTORY_TEXT_H
#define SCHEMA_DIRECTORY_TEXT_H

/*
 * The texts of the directory. A row's dates are days, both included, or instants in quotation
 * marks; certificates are base64 of their DER.
 *
 *     states number 1
 *       state XA "Arvenia"
 *         domain xa.comity.example
 *         languages eng
 *         authority from 2026-11-01 until 2026-12-31 "MIIB..."
 *         tier XC T3
 *       gateway XA-GW-01
 *         address "127.0.0.1:7443"
 *         http "127.0.0.1:7444"
 *         log "xa-gw-01.comity.example/audit/2026" key "..."
 *           from 2026-01-01 until 2026-12-31 quorum 1 closed at 70213 root "..."
 *           witness XA "..." by XA-MIN-01 at "127.0.0.1:9555"
 *         log "xa-gw-01.comity.example/audit/2027" key "..."
 *           from 2026-12-31 until 2027-12-31 succeeds "xa-gw-01.comity.example/audit/2026"
 *
 *     parties XA number 1
 *       party XA-CA-01 "Ministry of Justice" home XA-GW-01 from 2026-01-01 until 2026-12-31
 *         sealing from 2026-01-01 until 2026-12-31 "MIIB..."
 *         encryption from 2026-01-01 until 2026-12-31 "MIIB..."
 *         officer 2207 from 2026-01-01 until 2026-12-31 "MIIB..."
 */

#include "schema/directory.h"
#include "schema/reading.h"

struct dates {
    uint64_t from_ms, until_ms;
};

/** Passes from ... until ... */
struct dates dates_expect(struct reading *r);

/** Passes from ... until ... "certificate" and adds the row. */
void dated_expect(struct reading *r, struct dated_certificates *rows);

/** Passes a word that must hold; an error saying what was expected otherwise. Lives in the arena.
 */
struct slice name_expect(struct reading *r, bool (*is)(struct slice s), const char *expected);

/** Passes a host and port in quotation marks. Lives in the arena. */
struct slice place_expect(struct reading *r);

/** Reads what stands after the word log and adds the row to the gateway's. */
void log_parse(struct reading *r, struct directory *d, struct gateway_row *gateway);

/** Reads one text of states/. */
void states_parse(struct reading *r, struct directory *d);

/** Reads one text of parties/XA/. The States' texts must have been read before. */
void parties_parse(struct reading *r, struct slice state, struct directory *d);

#endif
