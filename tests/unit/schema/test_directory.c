#include "schema/directory.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "support/check.h"

#define KEY            "gw/log+85cf5c9d+Ab6UjyscIrDvlwFvh/sSZ4SC/01c3PBJwPW/IGGEdhbX"
#define WITNESS_PUBLIC "+BOdeyI4pBprvP353mC4wz/shNMBoTomrk7Pgk3FVFA6d"
#define OTHER_PUBLIC   "+BOdeyI4pBprvP353mC4wz/shNMBoTomrk7Pgk3FVFA6e"
#define NEXT_KEY       "gw/next+85cf5c9d+Ab6UjyscIrDvlwFvh/sSZ4SC/01c3PBJwPW/IGGEdhbX"
#define NEXTS_KEY      "gw/nexts+85cf5c9d+Ab6UjyscIrDvlwFvh/sSZ4SC/01c3PBJwPW/IGGEdhbX"
#define ROOT           "nF8gO5h2mS9YJ7yN9yqWm1tq3bqv0pQwZ1yG2yJYP3c="
#define WITNESS_KEY    "moj-xa.example/witness/1+18213460" WITNESS_PUBLIC
#define OTHER_KEY      "moj-xc.example/witness/1+18213461" OTHER_PUBLIC
#define DAYS           "from 2026-11-01 until 2026-12-31 "
#define NOVEMBER       1793491200000ULL /* 2026-11-01 */
#define JANUARY        1798761600000ULL /* 2027-01-01 */

static char der_text[2][2048]; /* two certificates of the vectors in base64 */
static struct digest x5t[2];
static char states[16384], parties[16384];

static void read_certificates(void)
{
    json_t *d = json_load_file(tests_path("vectors/directory-witnessed.json"), 0, NULL);
    json_t *rows =
        json_object_get(json_object_get(json_object_get(d, "parties"), "XA-CA-01"), "sealing");
    for (size_t i = 0; i < 2; i++) {
        json_t *row = json_array_get(rows, i);
        struct slice der = hex(json_string_value(json_object_get(row, "der")));
        base64_write(der, der_text[i]);
        x5t[i] = digest_plain(der);
    }
    json_decref(d);
}

static void write_texts(void)
{
    read_certificates();
    snprintf(states, sizeof states,
             "states number 4\n"
             "state XC \"Corland\" domain xc.comity.example languages eng\n"
             "gateway XC-GW-01 address \"127.0.0.1:7444\"\n"
             "state XA \"Arvenia\" domain xa.comity.example languages eng, fra\n"
             "  authority " DAYS "\"%s\"\n"
             "  authority " DAYS "\"%s\"\n"
             "  tier XC T3\n"
             "gateway XA-GW-01 address \"127.0.0.1:7443\" address \"[::1]:7443\"\n"
             "  http \"127.0.0.1:7445\"\n"
             "  log \"gw/log\" key \"" KEY "\" " DAYS "quorum 1\n"
             "    witness XA \"" WITNESS_KEY "\"\n"
             "    witness XC \"" OTHER_KEY "\" by XC-MIN-01 at \"127.0.0.1:9555\"\n",
             der_text[0], der_text[1]);
    snprintf(
        parties, sizeof parties,
        "parties XA number 2\n"
        "party XA-POL-01 \"Police\" home XA-GW-01 " DAYS "\n"
        "  officer 2207 " DAYS "\"%s\"\n"
        "  officer 114 from \"2026-11-01T00:00:00.500Z\" until \"2026-11-02T00:00:00Z\" \"%s\"\n"
        "  officer 2207 " DAYS "\"%s\"\n"
        "party XA-CA-01 \"Ministry of Justice\" home XC-GW-01 " DAYS "\n"
        "  sealing " DAYS "\"%s\"\n"
        "  sealing " DAYS "\"%s\"\n"
        "  encryption " DAYS "\"%s\"\n",
        der_text[0], der_text[0], der_text[1], der_text[0], der_text[1], der_text[1]);
}

static struct text_error error;

static struct status read(const char *states_text, const char *parties_text,
                          struct directory **ret_directory)
{
    struct text_file at[] = {
        {slice_text("law/vocabulary"), slice_text("not ours")},
        {slice_text("parties/XA/all"), slice_text(parties_text)},
        {slice_text("parties/XC/all"), slice_text("parties XC number 9")},
        {slice_text("states/all"), slice_text(states_text)},
    };
    struct text_files files = {at, 4};
    error = (struct text_error){.message = "none"};
    return directory_parse(&files, ret_directory, &error);
}

static struct directory *good(void)
{
    struct directory *d = NULL;
    write_texts();
    CHECK_OK(read(states, parties, &d));
    if (error.line > 0)
        printf("%s:%u:%u: %s\n", error.file, error.line, error.column, error.message);
    return d;
}

static void states_are_found_with_their_rows(void)
{
    struct directory *d = good();
    CHECK_U64(d->states_number, 4);
    CHECK_U64(d->state_count, 2);
    const struct state_row *xa = directory_state(d, slice_text("XA"));
    CHECK_BYTES(xa->domain, slice_text("xa.comity.example"));
    CHECK_BYTES(xa->name, slice_text("Arvenia"));
    CHECK_U64(xa->language_count, 2);
    CHECK_BYTES(xa->languages[1], slice_text("fra"));
    CHECK_U64(xa->authorities.count, 2);
    CHECK(directory_state(d, slice_text("XB")) == NULL);
    CHECK_BYTES(directory_tier(d, slice_text("XA"), slice_text("XC")), slice_text("T3"));
    CHECK_BYTES(directory_tier(d, slice_text("XA"), slice_text("XA")), slice_text("T0"));
    CHECK_BYTES(directory_tier(d, slice_text("XC"), slice_text("XA")), slice_text("T4"));
    CHECK_BYTES(directory_tier(d, slice_text("XD"), slice_text("XA")), slice_text("T4"));
    directory_free(d);
    directory_free(NULL);
}

static void gateways_are_found_with_their_logs(void)
{
    struct directory *d = good();
    const struct gateway_row *gateway = directory_gateway(d, slice_text("XA-GW-01"));
    CHECK_U64(gateway->address_count, 2);
    CHECK_BYTES(gateway->addresses[1], slice_text("[::1]:7443"));
    const struct log_row *log = directory_log(gateway, slice_text("gw/log"));
    CHECK_BYTES(log->vkey, slice_text(KEY));
    CHECK_U64(log->from_ms, NOVEMBER);
    CHECK_U64(log->until_ms, JANUARY - 1); /* the last day is included */
    CHECK_U64(log->quorum, 1);
    CHECK_BYTES(log->witnesses[0].state, slice_text("XA"));
    CHECK_BYTES(log->witnesses[0].vkey, slice_text(WITNESS_KEY));
    CHECK_U64(log->witness_count, 2);
    CHECK(directory_log(gateway, slice_text("gw/lo")) == NULL);
    CHECK(directory_gateway(d, slice_text("XB-GW-01")) == NULL);
    directory_free(d);
}

static void it_is_told_where_logs_are_read_and_witnesses_asked(void)
{
    struct directory *d = good();
    const struct gateway_row *gateway = directory_gateway(d, slice_text("XA-GW-01"));
    const struct log_row *log = directory_log(gateway, slice_text("gw/log"));
    CHECK_BYTES(gateway->http, slice_text("127.0.0.1:7445"));
    CHECK_U64(directory_gateway(d, slice_text("XC-GW-01"))->http.length, 0);
    CHECK_U64(log->witnesses[0].party.length, 0);
    CHECK_U64(log->witnesses[0].address.length, 0);
    CHECK_BYTES(log->witnesses[1].party, slice_text("XC-MIN-01"));
    CHECK_BYTES(log->witnesses[1].address, slice_text("127.0.0.1:9555"));
    directory_free(d);
}

#define STATE "states number 1 state XA \"A\" domain a.b\n"
#define LOG   "gateway XA-GW-01 log \"gw/log\" key \"" KEY "\" " DAYS "\n"
#define CHAIN                                                                                      \
    "states number 1 state XA \"A\" domain a.b state XC \"C\" domain c.d\n" LOG                    \
    "closed at 70213 root \"" ROOT "\"\n witness XA \"" WITNESS_KEY "\"\n"                         \
    "log \"gw/next\" key \"" NEXT_KEY "\" " DAYS "quorum 0 succeeds \"gw/log\"\n"

static void a_log_that_ended_is_found_with_its_end_and_its_successor(void)
{
    struct directory *d = NULL;
    CHECK_OK(read(CHAIN, "parties XA number 1", &d));
    const struct gateway_row *gateway = directory_gateway(d, slice_text("XA-GW-01"));
    const struct log_row *old = directory_log(gateway, slice_text("gw/log"));
    const struct log_row *next = directory_successor(gateway, slice_text("gw/log"));
    CHECK(old->is_closed && !next->is_closed);
    CHECK_U64(old->closed_size, 70213);
    CHECK_U64(old->closed_root.octets[0], 0x9c);
    CHECK_U64(old->closed_root.octets[31], 0x77);
    CHECK_U64(old->witness_count, 1);
    CHECK_U64(old->succeeds.length, 0);
    CHECK_BYTES(next->origin, slice_text("gw/next"));
    CHECK_BYTES(next->succeeds, slice_text("gw/log"));
    CHECK(directory_successor(gateway, slice_text("gw/next")) == NULL);
    directory_free(d);
}

static void parties_are_found_with_their_home_and_numbers(void)
{
    struct directory *d = good();
    const struct party *police = directory_party(d, slice_text("XA-POL-01"));
    CHECK_BYTES(police->name, slice_text("Police"));
    CHECK_U64(police->from_ms, NOVEMBER);
    CHECK_U64(police->officer_count, 2);
    CHECK_BYTES(police->officers[0].id, slice_text("114"));
    CHECK_U64(police->officers[0].certificates.at[0].from_ms, NOVEMBER + 500);
    CHECK_U64(police->officers[1].certificates.count, 2);
    CHECK_BYTES(directory_home(d, slice_text("XA-CA-01"))->id, slice_text("XC-GW-01"));
    CHECK(directory_home(d, slice_text("XA-CA-02")) == NULL);
    CHECK_U64(directory_parties_number(d, slice_text("XA")), 2);
    CHECK_U64(directory_parties_number(d, slice_text("XC")), 9);
    CHECK_U64(directory_parties_number(d, slice_text("XB")), 0);
    directory_free(d);
}

static void a_party_outside_of_its_dates_is_not_there(void)
{
    struct directory *d = good();
    struct slice id = slice_text("XA-CA-01");
    const struct party *party = directory_party(d, id);
    const uint64_t first = party->from_ms, last = party->until_ms;
    CHECK(directory_party_at(d, id, first) == party);
    CHECK(directory_party_at(d, id, last) == party);
    CHECK(directory_party_at(d, id, first - 1) == NULL);
    CHECK(directory_party_at(d, id, last + 1) == NULL);
    CHECK(directory_home_at(d, id, last) == directory_home(d, id));
    CHECK(directory_home_at(d, id, last + 1) == NULL);
    CHECK(directory_party_at(d, slice_text("XA-CA-02"), first) == NULL);
    directory_free(d);
}

static void a_certificate_is_found_by_its_digest_while_its_row_is_in_force(void)
{
    struct directory *d = good();
    const struct dated_certificates *rows = &directory_party(d, slice_text("XA-CA-01"))->sealing;
    CHECK(dated_find(rows, digest_slice(&x5t[1]), NOVEMBER) == rows->at[1].certificate);
    CHECK(dated_find(rows, digest_slice(&x5t[1]), JANUARY - 1) == rows->at[1].certificate);
    CHECK(dated_find(rows, digest_slice(&x5t[1]), NOVEMBER - 1) == NULL);
    CHECK(dated_find(rows, digest_slice(&x5t[1]), JANUARY) == NULL);
    CHECK(dated_find(rows, slice_text("x"), NOVEMBER) == NULL);
    directory_free(d);
}

static void a_directory_filled_by_hand_is_searched_alike(void)
{
    struct party own[] = {{.id = slice_text("XA-CA-01"), .home = slice_text("XA-GW-01")},
                          {.id = slice_text("XC-CA-01"), .home = slice_text("XC-GW-01")}};
    struct gateway_row gateways[] = {{.id = slice_text("XC-GW-01")}};
    struct directory d = {
        .parties = own, .party_count = 2, .gateways = gateways, .gateway_count = 1};
    CHECK(directory_party(&d, slice_text("XC-CA-01")) == &own[1]);
    CHECK(directory_home(&d, slice_text("XC-CA-01")) == &gateways[0]);
    CHECK(directory_home(&d, slice_text("XA-CA-01")) == NULL);
    CHECK_BYTES(directory_tier(&d, slice_text("XA"), slice_text("XC")), slice_text("T4"));
}

static void check_fault(const char *states_text, const char *parties_text, const char *wanted)
{
    char shown[512];
    struct directory *d = NULL;
    CHECK_STATUS(read(states_text, parties_text, &d), FAIL(CONFIG));
    snprintf(shown, sizeof shown, "%s:%u:%u: %s", error.file, error.line, error.column,
             error.message);
    CHECK_TEXT(shown, wanted);
    directory_free(d);
}

static void a_fault_is_told_with_its_place(void)
{
    static const struct {
        const char *states, *error;
    } rows[] = {
        {"states number 0", "states/all:1:15: the number is 1 or more, the same in every text of "
                            "states"},
        {"states number 1 stat XA",
         "states/all:1:17: expected a State, a gateway or a line of one, found \"stat\"; did you "
         "mean \"state\"?"},
        {"states number 1 state XAA", "states/all:1:23: expected a State, found \"XAA\""},
        {"states number 1 state XA \"A\"", "states/all:1:23: the State has no domain"},
        {STATE "state XA \"A\"", "states/all:2:7: the State is there already"},
        {STATE "tier XB T5", "states/all:2:9: expected a tier from T0 to T4, found \"T5\""},
        {STATE "tier XB T1 tier XB T2",
         "states/all:2:17: the State has two tiers towards this one"},
        {STATE "languages English", "states/all:2:11: expected a language, found \"English\""},
        {STATE "authority " DAYS "\"AAAA\"",
         "states/all:2:44: this is no certificate: base64 of its DER on one line"},
        {STATE "authority from 2026-11-02 until 2026-11-01",
         "states/all:2:11: the row ends before it begins"},
        {STATE "authority from \"2026-11-02\"",
         "states/all:2:16: expected the first day: a day like 2026-01-31 or an instant like "
         "\"2026-01-31T12:00:00Z\""},
        {STATE "gateway XB-GW-01", "states/all:2:9: no State above has this gateway"},
        {STATE "gateway XA-CA-01",
         "states/all:2:9: expected a gateway like XA-GW-01, found \"XA-CA-01\""},
        {STATE "gateway XA-GW-01 gateway XA-GW-01",
         "states/all:2:26: the gateway is there already"},
        {STATE "gateway XA-GW-01 address \"localhost\"",
         "states/all:2:26: an address is host and port: \"gw.example:7443\""},
        {STATE "gateway XA-GW-01 http \"localhost\"",
         "states/all:2:23: an address is host and port: \"gw.example:7443\""},
        {STATE "gateway XA-GW-01 http \"a:1\" http \"a:2\"",
         "states/all:2:34: the gateway has two addresses for HTTP"},
        {STATE LOG "witness XA \"" WITNESS_KEY "\" witness XB \"w+18213460" WITNESS_PUBLIC "\"",
         "states/all:3:101: another witness of the log has this key"},
        {STATE LOG "witness XA \"w+18213461" OTHER_PUBLIC
                   "\"\nwitness XB \"w+18213460" WITNESS_PUBLIC "\"",
         "states/all:4:9: another witness of the log has this name"},
        {STATE LOG "witness XA \"" KEY "\" by XA-MIN-1",
         "states/all:3:78: expected a party like XA-MIN-01, found \"XA-MIN-1\""},
        {STATE LOG "witness XA \"" KEY "\" by XC-MIN-01 at",
         "states/all:3:75: the witness is run by a party of another State"},
        {STATE LOG "witness XA \"" KEY "\" by XA-MIN-01 \"a:1\"",
         "states/all:3:88: expected \"at\", found the string \"a:1\""},
        {STATE LOG "witness XA \"" KEY "\" by XA-MIN-01 at \"a\"",
         "states/all:3:91: an address is host and port: \"gw.example:7443\""},
        {STATE "gateway XA-GW-01 log \"gw/log\" key \"gw/log+85cf5c9d+Ab6U\" " DAYS,
         "states/all:2:35: this is no verification key: \"name+hash+key\""},
        {STATE "gateway XA-GW-01 log \"gw/other\" key \"" KEY "\" " DAYS,
         "states/all:2:22: the key is not of the log's name"},
        {STATE "gateway XA-GW-01 log \"gw/log\" key \"" KEY "\" " DAYS "quorum 1",
         "states/all:2:22: the quorum is more than there are witnesses"},
        {STATE "gateway XA-GW-01 log \"gw/log\" key \"" KEY "\" " DAYS "log \"gw/log\" key \"" KEY
               "\" " DAYS,
         "states/all:2:135: a log has an origin that no other log has"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_fault(rows[i].states, "", rows[i].error);
}

static void a_fault_in_how_a_log_began_or_ended_is_told_with_its_place(void)
{
    static const struct {
        const char *states, *error;
    } rows[] = {
        {STATE LOG "closed 7", "states/all:3:8: expected \"at\", found 7"},
        {STATE LOG "closed at 0", "states/all:3:11: a log that is closed has an entry at least"},
        {STATE LOG "closed at 7 \"" ROOT "\"",
         "states/all:3:13: expected \"root\", found the string \"" ROOT "\""},
        {STATE LOG "closed at 7 root \"AAAA\"",
         "states/all:3:18: this is no root: base64 of 32 octets, as in a checkpoint"},
        {STATE LOG "closed at 7 root \"" ROOT "A\"",
         "states/all:3:18: this is no root: base64 of 32 octets, as in a checkpoint"},
        {STATE LOG "succeeds \"gw/log\"",
         "states/all:3:10: no log of the gateway above has this origin"},
        {STATE LOG "succeeds \"\"", "states/all:3:10: no log of the gateway above has this origin"},
        {STATE LOG "gateway XA-GW-02 log \"gw/next\" key \"" NEXT_KEY "\" " DAYS
                   "\nsucceeds \"gw/log\"",
         "states/all:4:10: no log of the gateway above has this origin"},
        {CHAIN "log \"gw/nexts\" key \"" NEXTS_KEY "\" " DAYS "\nsucceeds \"gw/log\"",
         "states/all:7:10: another log succeeds this one already"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_fault(rows[i].states, "", rows[i].error);
}

static void a_fault_among_the_parties_is_told_with_its_place(void)
{
#define PARTY "parties XA number 1\nparty XA-CA-01 \"M\" home XA-GW-01 " DAYS
    static const struct {
        const char *parties, *error;
    } rows[] = {
        {"parties XB number 1", "parties/XA/all:1:9: not the State of the folder, or no State of "
                                "the directory"},
        {"parties XA number 0", "parties/XA/all:1:19: the number is 1 or more, the same in every "
                                "text of a State"},
        {"parties XA number 1 party XB-CA-01",
         "parties/XA/all:1:27: a text of parties/XA has parties of that State only"},
        {"parties XA number 1 party XA-GW-01",
         "parties/XA/all:1:27: a text of parties/XA has parties of that State only"},
        {"parties XA number 1 party XA-CA-1",
         "parties/XA/all:1:27: expected a party like XA-CA-01, found \"XA-CA-1\""},
        {"parties XA number 1 party XA-CA-01 \"M\" home XA-GW-02",
         "parties/XA/all:1:45: expected a gateway of the States, found \"XA-GW-02\"; did you mean "
         "\"XA-GW-01\"?"},
        {PARTY "party XA-CA-01", "parties/XA/all:2:73: the party is there already"},
        {PARTY "seal", "parties/XA/all:2:67: expected a party or a line of one, found \"seal\""},
        {PARTY "officer \"2207\"",
         "parties/XA/all:2:75: expected an officer's number, found the string \"2207\""},
        {PARTY "encryption " DAYS "\"AA\"",
         "parties/XA/all:2:111: this is no certificate: base64 of its DER on one line"},
    };
    write_texts();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_fault(states, rows[i].parties, rows[i].error);
}

static void every_truncation_of_a_text_is_read_or_refused_without_a_leak(void)
{
    write_texts();
    size_t length = strlen(parties);
    for (size_t cut = length; cut > 0; cut -= cut > 11 ? 11 : cut) {
        struct directory *d = NULL;
        parties[cut] = '\0';
        struct status s = read(states, parties, &d);
        CHECK(!failed(s) || error.line > 0);
        directory_free(d);
    }
}

TESTS(schema_directory, {"States are found with their rows", states_are_found_with_their_rows},
      {"gateways are found with their logs", gateways_are_found_with_their_logs},
      {"it is told where logs are read and witnesses asked",
       it_is_told_where_logs_are_read_and_witnesses_asked},
      {"a log that ended is found with its end and its successor",
       a_log_that_ended_is_found_with_its_end_and_its_successor},
      {"a fault in how a log began or ended is told with its place",
       a_fault_in_how_a_log_began_or_ended_is_told_with_its_place},
      {"parties are found with their home and numbers",
       parties_are_found_with_their_home_and_numbers},
      {"a party outside of its dates is not there", a_party_outside_of_its_dates_is_not_there},
      {"a certificate is found by its digest while its row is in force",
       a_certificate_is_found_by_its_digest_while_its_row_is_in_force},
      {"a directory filled by hand is searched alike",
       a_directory_filled_by_hand_is_searched_alike},
      {"a fault is told with its place", a_fault_is_told_with_its_place},
      {"a fault among the parties is told with its place",
       a_fault_among_the_parties_is_told_with_its_place},
      {"every truncation of a text is read or refused without a leak",
       every_truncation_of_a_text_is_read_or_refused_without_a_leak})
