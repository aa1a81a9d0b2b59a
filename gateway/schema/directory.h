#ifndef SCHEMA_DIRECTORY_H
#define SCHEMA_DIRECTORY_H

/*
 * The rulebook's States and parties: who there is, where they are at home, and the keys with which
 * seals, receipts and checkpoints are verified. From here and from nowhere else.
 */

#include "base/file.h"
#include "crypto/key.h"
#include "schema/text.h"

struct dated_certificate {
    struct certificate *certificate; /* owned by the directory */
    uint64_t from_ms, until_ms;      /* the row's own validity */
};

struct dated_certificates {
    struct dated_certificate *at;
    size_t count;
};

struct officer {
    struct slice id; /* "2207" */
    struct dated_certificates certificates;
};

struct party {
    struct slice id, home, name;
    struct dated_certificates sealing;
    struct dated_certificates encryption;
    struct officer *officers;
    size_t officer_count;
    uint64_t from_ms, until_ms;
};

struct witness {
    struct slice state, vkey;
    struct slice party;   /* who runs it, "XA-MIN-01"; empty: it is not asked over HTTP */
    struct slice address; /* of its HTTP listener; empty with party */
};

struct log_row {
    struct slice origin, vkey;
    uint64_t from_ms, until_ms;
    unsigned quorum; /* cosignatures wanted; 0: none asked */
    struct witness *witnesses;
    size_t witness_count;
    struct slice succeeds; /* origin of the log that this one goes on from; empty: of none */
    bool is_closed;        /* it ended at this size and root: nothing beyond is of the log */
    uint64_t closed_size;
    struct digest closed_root;
};

struct gateway_row {
    struct slice id;
    struct slice *addresses; /* "127.0.0.1:7443" */
    size_t address_count;
    struct slice http; /* where its log is read, "127.0.0.1:7444"; empty: nowhere */
    struct log_row *logs;
    size_t log_count;
};

/** The transfer tier that a State has towards another (domain 3). */
struct tier_row {
    struct slice to, tier; /* "XC", "T3" */
};

struct state_row {
    struct slice id, domain, name;
    struct dated_certificates authorities; /* CA certificates, with overlap */
    struct slice *languages;               /* accepted, "eng" */
    size_t language_count;
    struct tier_row *tiers;
    size_t tier_count;
};

/** All arrays are sorted by id. Whoever fills one by hand (tests) owns what it points to. */
struct directory {
    struct state_row *states;
    size_t state_count;
    struct gateway_row *gateways;
    size_t gateway_count;
    struct party *parties;
    size_t party_count;
    uint64_t states_number;   /* of the states object */
    struct slice *parties_of; /* States that have a parties object, sorted */
    uint64_t *parties_numbers;
    size_t parties_count;
    struct arena *arena; /* owns all of it when directory_parse made it */
};

const struct state_row *directory_state(const struct directory *d, struct slice id);
const struct gateway_row *directory_gateway(const struct directory *d, struct slice id);
/** The party's row, whatever its dates: what it did while they lasted stays good. */
const struct party *directory_party(const struct directory *d, struct slice id);
/** The party if its row is in force at at_ms; outside of its dates it is as one that is not there.
 */
const struct party *directory_party_at(const struct directory *d, struct slice id, uint64_t at_ms);
/** The gateway at which a party is or was at home; NULL if either is unknown. */
const struct gateway_row *directory_home(const struct directory *d, struct slice party);
/** The same of a party whose row is in force at at_ms. */
const struct gateway_row *directory_home_at(const struct directory *d, struct slice party,
                                            uint64_t at_ms);
/** The gateway's log with this origin; NULL if it has none. */
const struct log_row *directory_log(const struct gateway_row *gateway, struct slice origin);
/** The gateway's log that succeeds the one with this origin; NULL if none does. */
const struct log_row *directory_successor(const struct gateway_row *gateway, struct slice origin);
/** The gateway that has a log with this origin; NULL if none has. */
const struct gateway_row *directory_owner(const struct directory *d, struct slice origin);
/** The number of a State's parties object; 0 if it has none. */
uint64_t directory_parties_number(const struct directory *d, struct slice state);
/** The tier that state has towards another: T0 for itself, T4 where no row says otherwise. */
struct slice directory_tier(const struct directory *d, struct slice state, struct slice other);
/** The certificate among rows with this x5t whose row is in force at at_ms; NULL if none. */
const struct certificate *dated_find(const struct dated_certificates *rows, struct slice x5t,
                                     uint64_t at_ms);

/**
 * Reads states/... and parties/XA/... of a rulebook folder; other files are left alone.
 * Certificates stand in the text as base64 of their DER. Nothing is borrowed from files.
 *
 * CONFIG  with *reterr filled;  MEMORY
 */
struct status directory_parse(const struct text_files *files, struct directory **ret_directory,
                              struct text_error *reterr);

void directory_free(struct directory *d);

#endif
