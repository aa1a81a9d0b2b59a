#include "base/encoding.h"
#include "schema/directory_text.h"
#include "wire/names.h"

#define QUORUM_MAX     16
#define VKEY_ID_DIGITS 8
#define VKEY_OCTETS    33

static bool is_domain(struct slice s)
{
    if (s.length == 0 || s.length > 120)
        return false;
    for (size_t i = 0; i < s.length; i++) {
        uint8_t c = s.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
            return false;
    }
    return true;
}

static bool is_tier(struct slice s)
{
    return s.length == 2 && s.at[0] == 'T' && s.at[1] >= '0' && s.at[1] <= '4';
}

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

static void parse_domain(struct reading *r, struct state_row *state)
{
    state->domain = name_expect(r, is_domain, "a domain");
}

static void parse_languages(struct reading *r, struct state_row *state)
{
    do {
        struct slice *at = reading_more(r, state->languages, state->language_count, sizeof *at);
        if (at == NULL)
            return;
        state->languages = at;
        at[state->language_count++] = name_expect(r, name_is_language, "a language");
    } while (reading_comma(r));
}

static void parse_authority(struct reading *r, struct state_row *state)
{
    dated_expect(r, &state->authorities);
}

static void parse_tier(struct reading *r, struct state_row *state)
{
    struct token at = r->lexer.token;
    struct slice to = name_expect(r, name_is_state, "a State");
    for (size_t i = 0; i < state->tier_count && !r->lexer.failed; i++)
        if (slice_equal(state->tiers[i].to, to))
            lexer_error(&r->lexer, &at, "the State has two tiers towards this one");
    struct tier_row *tiers = reading_more(r, state->tiers, state->tier_count, sizeof *tiers);
    if (tiers == NULL)
        return;
    state->tiers = tiers;
    tiers[state->tier_count++] =
        (struct tier_row){.to = to, .tier = name_expect(r, is_tier, "a tier from T0 to T4")};
}

static const struct {
    const char *word;
    void (*parse)(struct reading *r, struct state_row *state);
} state_lines[] = {
    {"domain", parse_domain},
    {"languages", parse_languages},
    {"authority", parse_authority},
    {"tier", parse_tier},
};

static bool parse_state_line(struct reading *r, struct state_row *state)
{
    for (size_t i = 0; i < sizeof state_lines / sizeof state_lines[0]; i++)
        if (lexer_take(&r->lexer, state_lines[i].word)) {
            state_lines[i].parse(r, state);
            return true;
        }
    return false;
}

static bool has_state(const struct directory *d, struct slice id)
{
    for (size_t i = 0; i < d->state_count; i++)
        if (slice_equal(d->states[i].id, id))
            return true;
    return false;
}

static void parse_state(struct reading *r, struct directory *d)
{
    struct token at = r->lexer.token;
    struct state_row state = {.id = name_expect(r, name_is_state, "a State")};
    state.name = reading_copy(r, lexer_string(&r->lexer, "the State's name"));
    if (!r->lexer.failed && has_state(d, state.id))
        lexer_error(&r->lexer, &at, "the State is there already");
    struct state_row *states = reading_more(r, d->states, d->state_count, sizeof state);
    if (states == NULL)
        return;
    d->states = states;
    struct state_row *row = &states[d->state_count++];
    *row = state;
    while (parse_state_line(r, row))
        ;
    if (!r->lexer.failed && row->domain.length == 0)
        lexer_error(&r->lexer, &at, "the State has no domain");
}

/* "host:port" */
static struct slice parse_place(struct reading *r)
{
    struct token at = r->lexer.token;
    struct slice place = reading_copy(r, lexer_string(&r->lexer, "host and port"));
    if (!r->lexer.failed && slice_find(place, ':') == place.length)
        lexer_error(&r->lexer, &at, "an address is host and port: \"gw.example:7443\"");
    return place;
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
    witness->address = parse_place(r);
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

static void parse_log(struct reading *r, struct directory *d, struct gateway_row *gateway)
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

static void parse_address(struct reading *r, struct gateway_row *gateway)
{
    struct slice address = parse_place(r);
    struct slice *addresses =
        reading_more(r, gateway->addresses, gateway->address_count, sizeof *addresses);
    if (addresses == NULL)
        return;
    gateway->addresses = addresses;
    addresses[gateway->address_count++] = address;
}

static void parse_http(struct reading *r, struct gateway_row *gateway)
{
    struct token at = r->lexer.token;
    if (gateway->http.length > 0)
        lexer_error(&r->lexer, &at, "the gateway has two addresses for HTTP");
    gateway->http = parse_place(r);
}

static bool has_gateway(const struct directory *d, struct slice id)
{
    for (size_t i = 0; i < d->gateway_count; i++)
        if (slice_equal(d->gateways[i].id, id))
            return true;
    return false;
}

static void parse_gateway(struct reading *r, struct directory *d)
{
    struct token at = r->lexer.token;
    struct slice id = name_expect(r, name_is_gateway, "a gateway like XA-GW-01");
    if (!r->lexer.failed && has_gateway(d, id))
        lexer_error(&r->lexer, &at, "the gateway is there already");
    if (!r->lexer.failed && !has_state(d, party_state(id)))
        lexer_error(&r->lexer, &at, "no State above has this gateway");
    struct gateway_row *gateways = reading_more(r, d->gateways, d->gateway_count, sizeof *gateways);
    if (gateways == NULL)
        return;
    d->gateways = gateways;
    struct gateway_row *row = &gateways[d->gateway_count++];
    *row = (struct gateway_row){.id = id};
    for (;;) {
        if (lexer_take(&r->lexer, "address"))
            parse_address(r, row);
        else if (lexer_take(&r->lexer, "http"))
            parse_http(r, row);
        else if (lexer_take(&r->lexer, "log"))
            parse_log(r, d, row);
        else
            return;
    }
}

void states_parse(struct reading *r, struct directory *d)
{
    static const char *const words[] = {"state", "gateway", "domain", "languages", "authority",
                                        "tier",  "address", "http",   "log",       "witness"};
    lexer_expect(&r->lexer, "states");
    lexer_expect(&r->lexer, "number");
    struct token at = r->lexer.token;
    uint64_t number = lexer_number(&r->lexer, INT64_MAX, "the number of the States' object");
    if (!r->lexer.failed && (number == 0 || (d->states_number != 0 && d->states_number != number)))
        lexer_error(&r->lexer, &at, "the number is 1 or more, the same in every text of states");
    d->states_number = number;
    while (!r->lexer.failed && r->lexer.token.kind != TOKEN_END) {
        if (lexer_take(&r->lexer, "state"))
            parse_state(r, d);
        else if (lexer_take(&r->lexer, "gateway"))
            parse_gateway(r, d);
        else
            lexer_unexpected(&r->lexer, "a State, a gateway or a line of one", words,
                             sizeof words / sizeof words[0]);
    }
}
