#include "base/encoding.h"
#include "schema/directory_text.h"
#include "wire/names.h"

/* The rows of a gateway's logs. */

#define QUORUM_MAX     16
#define VKEY_ID_DIGITS 8
#define VKEY_OCTETS    33

/* name+8 hex digits+base64 of the type and an Ed25519 key */
static bool is_vkey(struct slice s)
{
    uint8_t octets[VKEY_OCTETS];
    size_t length = 0, first = slice_find(s, '+');
    struct slice rest = slice_part(s, first + 1, SIZE_MAX);
    size_t second = slice_find(rest, '+');
    return first > 0 && second == VKEY_ID_DIGITS &&
           hex_read(slice_part(rest, 0, second), octets, VKEY_ID_DIGITS / 2) &&
           base64_read(slice_part(rest, second + 1, SIZE_MAX), octets, sizeof octets, &length) &&
           length == VKEY_OCTETS;
}

static struct slice parse_vkey(struct reading *r)
{
    struct token at = r->lexer.token;
    struct slice vkey = lexer_string(&r->lexer, "a verification key");
    if (!r->lexer.failed && !is_vkey(vkey))
        lexer_error(&r->lexer, &at, "this is no verification key: \"name+hash+key\"");
    return reading_copy(r, vkey);
}

/* Who runs the witness and where it is asked. */
static void parse_asked(struct reading *r, struct witness *witness)
{
    struct token at = r->lexer.token;
    if (!lexer_take(&r->lexer, "by"))
        return;
    witness->party = name_expect(r, name_is_party, "a party like XA-MIN-01");
    if (!r->lexer.failed && !slice_equal(party_state(witness->party), witness->state))
        lexer_error(&r->lexer, &at, "the witness is run by a party of another State");
    lexer_expect(&r->lexer, "at");
    witness->address = place_expect(r);
}

static struct slice vkey_name(struct slice vkey)
{
    return slice_part(vkey, 0, slice_find(vkey, '+'));
}

static struct slice vkey_key(struct slice vkey)
{
    struct slice rest = slice_part(vkey, vkey_name(vkey).length + 1, SIZE_MAX);
    return slice_part(rest, VKEY_ID_DIGITS + 1, SIZE_MAX);
}

/* One that stood there twice would count twice. */
static void check_witness(struct reading *r, const struct log_row *log, struct slice vkey,
                          const struct token *at)
{
    for (size_t i = 0; i < log->witness_count && !r->lexer.failed; i++) {
        struct slice other = log->witnesses[i].vkey;
        if (slice_equal(vkey_name(other), vkey_name(vkey)))
            lexer_error(&r->lexer, at, "another witness of the log has this name");
        else if (slice_equal(vkey_key(other), vkey_key(vkey)))
            lexer_error(&r->lexer, at, "another witness of the log has this key");
    }
}

static void parse_witness(struct reading *r, struct log_row *log)
{
    struct token at_state = r->lexer.token;
    struct witness witness = {.state = name_expect(r, name_is_state, "a State"),
                              .vkey = parse_vkey(r)};
    check_witness(r, log, witness.vkey, &at_state);
    parse_asked(r, &witness);
    struct witness *at = reading_more(r, log->witnesses, log->witness_count, sizeof witness);
    if (at == NULL)
        return;
    log->witnesses = at;
    at[log->witness_count++] = witness;
}

static bool has_log(const struct directory *d, struct slice origin)
{
    for (size_t i = 0; i < d->gateway_count; i++)
        if (directory_log(&d->gateways[i], origin) != NULL)
            return true;
    return false;
}

static void check_log(struct reading *r, const struct directory *d, const struct log_row *log,
                      const struct token *at)
{
    if (r->lexer.failed)
        return;
    if (log->origin.length == 0 || has_log(d, log->origin))
        lexer_error(&r->lexer, at, "a log has an origin that no other log has");
    else if (!slice_begins(log->vkey, log->origin) || log->vkey.at[log->origin.length] != '+')
        lexer_error(&r->lexer, at, "the key is not of the log's name");
}

/* What the authorities of the rulebook say of how it began. */
static void parse_succeeds(struct reading *r, const struct gateway_row *gateway,
                           struct log_row *log)
{
    struct token at = r->lexer.token;
    log->succeeds = reading_copy(r, lexer_string(&r->lexer, "the origin of another log"));
    if (r->lexer.failed)
        return;
    if (log->succeeds.length == 0 || directory_log(gateway, log->succeeds) == NULL)
        lexer_error(&r->lexer, &at, "no log of the gateway above has this origin");
    else if (directory_successor(gateway, log->succeeds) != NULL)
        lexer_error(&r->lexer, &at, "another log succeeds this one already");
}

/* ... and of how it ended. */
static void parse_closed(struct reading *r, struct log_row *log)
{
    size_t length = 0;
    log->is_closed = true;
    lexer_expect(&r->lexer, "at");
    struct token at = r->lexer.token;
    log->closed_size = lexer_number(&r->lexer, INT64_MAX, "how many entries the log has");
    if (!r->lexer.failed && log->closed_size == 0)
        lexer_error(&r->lexer, &at, "a log that is closed has an entry at least");
    lexer_expect(&r->lexer, "root");
    at = r->lexer.token;
    struct slice text = lexer_string(&r->lexer, "the root in base64");
    if (!r->lexer.failed &&
        (!base64_read(text, log->closed_root.octets, sizeof log->closed_root.octets, &length) ||
         length != sizeof log->closed_root.octets))
        lexer_error(&r->lexer, &at, "this is no root: base64 of 32 octets, as in a checkpoint");
}

void log_parse(struct reading *r, struct directory *d, struct gateway_row *gateway)
{
    struct token at = r->lexer.token;
    struct log_row log = {.origin = reading_copy(r, lexer_string(&r->lexer, "the log's origin"))};
    lexer_expect(&r->lexer, "key");
    log.vkey = parse_vkey(r);
    struct dates dates = dates_expect(r);
    log.from_ms = dates.from_ms;
    log.until_ms = dates.until_ms;
    if (lexer_take(&r->lexer, "quorum"))
        log.quorum = (unsigned)lexer_number(&r->lexer, QUORUM_MAX, "how many cosignatures");
    check_log(r, d, &log, &at);
    if (lexer_take(&r->lexer, "succeeds"))
        parse_succeeds(r, gateway, &log);
    if (lexer_take(&r->lexer, "closed"))
        parse_closed(r, &log);
    while (lexer_take(&r->lexer, "witness"))
        parse_witness(r, &log);
    if (!r->lexer.failed && log.quorum > log.witness_count)
        lexer_error(&r->lexer, &at, "the quorum is more than there are witnesses");
    struct log_row *logs = reading_more(r, gateway->logs, gateway->log_count, sizeof log);
    if (logs == NULL)
        return;
    gateway->logs = logs;
    logs[gateway->log_count++] = log;
}
