#include "schema/directory_text.h"
#include "wire/names.h"

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
struct slice place_expect(struct reading *r)
{
    struct token at = r->lexer.token;
    struct slice place = reading_copy(r, lexer_string(&r->lexer, "host and port"));
    if (!r->lexer.failed && slice_find(place, ':') == place.length)
        lexer_error(&r->lexer, &at, "an address is host and port: \"gw.example:7443\"");
    return place;
}

static void parse_address(struct reading *r, struct gateway_row *gateway)
{
    struct slice address = place_expect(r);
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
    gateway->http = place_expect(r);
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
            log_parse(r, d, row);
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
