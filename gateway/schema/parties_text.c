#include <stdlib.h>

#include "schema/directory_text.h"
#include "schema/identifier.h"
#include "wire/names.h"

#define OFFICER_MAX_BYTES 32
#define GATEWAYS_SHOWN    64

static struct slice parse_home(struct reading *r, const struct directory *d)
{
    const char *names[GATEWAYS_SHOWN];
    size_t count = 0;
    struct token at = r->lexer.token;
    struct slice home = lexer_word(&r->lexer, "the party's home gateway");
    for (; count < d->gateway_count && count < GATEWAYS_SHOWN; count++)
        names[count] = (const char *)d->gateways[count].id.at;
    if (!r->lexer.failed && directory_gateway(d, home) == NULL)
        lexer_unknown(&r->lexer, &at, "a gateway of the States", names, count);
    return reading_copy(r, home);
}

static struct officer *officer_find(struct party *party, struct slice id)
{
    for (size_t i = 0; i < party->officer_count; i++)
        if (slice_equal(party->officers[i].id, id))
            return &party->officers[i];
    return NULL;
}

/* An officer has a line for each certificate. */
static void parse_officer(struct reading *r, struct party *party)
{
    struct token at = lexer_next(&r->lexer);
    if ((at.kind != TOKEN_NUMBER && at.kind != TOKEN_WORD) || !identifier_is_sid(at.text) ||
        at.text.length > OFFICER_MAX_BYTES) {
        lexer_unknown(&r->lexer, &at, "an officer's number", NULL, 0);
        return;
    }
    struct officer *officer = officer_find(party, at.text);
    if (officer == NULL) {
        struct officer *more =
            reading_more(r, party->officers, party->officer_count, sizeof *officer);
        if (more == NULL)
            return;
        party->officers = more;
        officer = &more[party->officer_count++];
        *officer = (struct officer){.id = reading_copy(r, at.text)};
    }
    dated_expect(r, &officer->certificates);
}

static bool has_party(const struct directory *d, struct slice id)
{
    for (size_t i = 0; i < d->party_count; i++)
        if (slice_equal(d->parties[i].id, id))
            return true;
    return false;
}

static struct slice parse_id(struct reading *r, const struct directory *d, struct slice state)
{
    struct token at = r->lexer.token;
    struct slice id = name_expect(r, name_is_party, "a party like XA-CA-01");
    if (r->lexer.failed)
        return id;
    if (!slice_equal(party_state(id), state) || name_is_gateway(id))
        lexer_error(&r->lexer, &at, "a text of parties/%.*s has parties of that State only",
                    (int)state.length, (const char *)state.at);
    else if (has_party(d, id))
        lexer_error(&r->lexer, &at, "the party is there already");
    return id;
}

static int officer_order(const void *a, const void *b)
{
    return slice_compare(((const struct officer *)a)->id, ((const struct officer *)b)->id);
}

static void parse_party(struct reading *r, struct directory *d, struct slice state)
{
    struct party party = {.id = parse_id(r, d, state)};
    party.name = reading_copy(r, lexer_string(&r->lexer, "the party's name"));
    lexer_expect(&r->lexer, "home");
    party.home = parse_home(r, d);
    struct dates dates = dates_expect(r);
    party.from_ms = dates.from_ms;
    party.until_ms = dates.until_ms;
    struct party *parties = reading_more(r, d->parties, d->party_count, sizeof party);
    if (parties == NULL)
        return;
    d->parties = parties;
    struct party *row = &parties[d->party_count++];
    *row = party;
    for (;;) {
        if (lexer_take(&r->lexer, "sealing"))
            dated_expect(r, &row->sealing);
        else if (lexer_take(&r->lexer, "encryption"))
            dated_expect(r, &row->encryption);
        else if (lexer_take(&r->lexer, "officer"))
            parse_officer(r, row);
        else
            break;
    }
    if (row->officer_count > 0)
        qsort(row->officers, row->officer_count, sizeof *row->officers, officer_order);
}

/* Keeps the State's number, in the order of the States; one number in all of its texts. */
static void put_number(struct reading *r, struct directory *d, struct slice state, uint64_t number,
                       const struct token *at)
{
    size_t i = d->parties_count;
    uint64_t known = directory_parties_number(d, state);
    if (!r->lexer.failed && (number == 0 || (known != 0 && known != number)))
        lexer_error(&r->lexer, at, "the number is 1 or more, the same in every text of a State");
    if (known != 0)
        return;
    struct slice *states = reading_more(r, d->parties_of, d->parties_count, sizeof *states);
    uint64_t *numbers = reading_more(r, d->parties_numbers, d->parties_count, sizeof *numbers);
    if (states == NULL || numbers == NULL)
        return;
    d->parties_of = states;
    d->parties_numbers = numbers;
    for (; i > 0 && slice_compare(states[i - 1], state) > 0; i--) {
        states[i] = states[i - 1];
        numbers[i] = numbers[i - 1];
    }
    states[i] = reading_copy(r, state);
    numbers[i] = number;
    d->parties_count++;
}

void parties_parse(struct reading *r, struct slice state, struct directory *d)
{
    static const char *const words[] = {"party", "sealing", "encryption", "officer"};
    lexer_expect(&r->lexer, "parties");
    struct token at = r->lexer.token;
    struct slice own = name_expect(r, name_is_state, "a State");
    if (!r->lexer.failed && (!slice_equal(own, state) || directory_state(d, state) == NULL))
        lexer_error(&r->lexer, &at, "not the State of the folder, or no State of the directory");
    lexer_expect(&r->lexer, "number");
    at = r->lexer.token;
    uint64_t number = lexer_number(&r->lexer, INT64_MAX, "the number of the parties' object");
    put_number(r, d, state, number, &at);
    while (!r->lexer.failed && r->lexer.token.kind != TOKEN_END) {
        if (lexer_take(&r->lexer, "party"))
            parse_party(r, d, state);
        else
            lexer_unexpected(&r->lexer, "a party or a line of one", words,
                             sizeof words / sizeof words[0]);
    }
}
