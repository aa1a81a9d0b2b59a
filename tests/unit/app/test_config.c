#include "support/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/config.h"
#include "base/file.h"
#include "exchange/exchange.h"

/* A configuration that is good as it stands; a test replaces one line or adds some. */
static const char *const lines[] = {
    "gateway: 'XA-GW-01'",
    "listen: ['127.0.0.1:7443']",
    "tls: {certificate: c.crt, key: c.key}",
    "authorities: [{state: XA, certificate: ca.crt, crl: crl.pem}]",
    "rulebook: rulebook",
    "rulebook_signatures: none",
    "journal: journal",
    "lock: lock.db",
    "log: {path: log, origin: 'xa.example/audit', key: log.key}",
    "key_encryption_key: kek.hex",
};

static struct status load_text(const char *text, struct config **ret_config, char *error)
{
    char path[] = "/tmp/comity-config-XXXXXX";
    int fd = mkstemp(path);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (f == NULL)
        abort();
    fputs(text, f);
    fclose(f);
    struct status s = config_load(path, ret_config, error);
    unlink(path);
    return s;
}

/* Loads the lines with this one in the place of the one that has the same key, or added. */
static struct status load(const char *line, struct config **ret_config, char *error)
{
    char text[4096];
    size_t length = 0, key = strcspn(line, ":");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (key == 0 || strncmp(lines[i], line, key + 1) != 0)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s\n", lines[i]);
    snprintf(text + length, sizeof text - length, "%s\n", line);
    return load_text(text, ret_config, error);
}

static struct config *loaded(const char *line)
{
    char error[CONFIG_ERROR_BYTES] = "";
    struct config *c = NULL;
    if (!CHECK_OK(load(line, &c, error)))
        fprintf(stderr, "%s: %s\n", line, error);
    return c;
}

static void check_refused(const char *line, const char *sentence)
{
    char error[CONFIG_ERROR_BYTES] = "";
    struct config *c = NULL;
    CHECK_STATUS(load(line, &c, error), FAIL(CONFIG));
    CHECK(c == NULL);
    if (!CHECK(strstr(error, sentence) != NULL))
        fprintf(stderr, "%s: said \"%s\"\n", line, error);
    config_free(c);
}

static void what_is_left_out_has_its_default(void)
{
    struct config *c = loaded("");
    if (c == NULL)
        return;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    CHECK_U64(c->workers, cores > CONFIG_WORKERS_MAX ? CONFIG_WORKERS_MAX : (uint64_t)cores);
    CHECK_U64(c->revocation_grace_ms, 24 * 3600000ULL);
    CHECK_U64(c->diagnostics, CONFIG_DIAGNOSTICS_JSON);
    CHECK(c->peer_dial);
    CHECK(c->rulebook_candidate == NULL);
    CHECK_U64(c->limits.links, 5000);
    CHECK_U64(c->limits.handshakes, 64);
    CHECK_U64(c->limits.handshakes_per_source, 16);
    CHECK_U64(c->limits.links_per_party, link_limits_default.links_per_party);
    CHECK_U64(c->limits.refusals_per_minute, link_limits_default.refusals_per_minute);
    CHECK_U64(c->limits.queue_bytes, 32ULL << 20);
    CHECK_U64(c->limits.ballast_bytes, 64ULL << 20);
    CHECK_U64(c->limits.floor_bytes, 256ULL << 20);
    CHECK_U64(c->bodies_ms, 30 * 86400000ULL);
    CHECK_U64(c->openings_ms, 3652 * 86400000ULL);
    CHECK(c->user == NULL && c->ready == NULL && c->http == NULL);
    config_free(c);
}

static void the_manual_tells_the_defaults(void)
{
    struct config *c = loaded("");
    struct buffer manual = buffer_new(1 << 20);
    if (c == NULL)
        return;
    const struct {
        const char *key;
        uint64_t value;
        const char *unit;
    } rows[] = {
        {"links", c->limits.links, ""},
        {"handshakes", c->limits.handshakes, ""},
        {"handshakes_per_source", c->limits.handshakes_per_source, ""},
        {"links_per_party", c->limits.links_per_party, ""},
        {"refusals_per_minute", c->limits.refusals_per_minute, ""},
        {"queue", c->limits.queue_bytes >> 20, "MiB"},
        {"ballast", c->limits.ballast_bytes >> 20, "MiB"},
        {"floor", c->limits.floor_bytes >> 20, "MiB"},
    };
    CHECK_OK(file_read(COMITY_SOURCE_DIR "/gateway/app/comityd.8.scd", &manual));
    buffer_u8(&manual, '\0');
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char says[64];
        snprintf(says, sizeof says, "*%s*, %" PRIu64 "%s", rows[i].key, rows[i].value,
                 rows[i].unit);
        if (!CHECK(strstr((const char *)manual.at, says) != NULL))
            fprintf(stderr, "the manual does not say %s\n", says);
    }
    buffer_done(&manual);
    config_free(c);
}

static void what_is_said_counts(void)
{
    struct config *c = loaded("workers: 3\nrevocation_grace: 90m\ndiagnostics: journald\n"
                              "peer_dial: 'no'\n"
                              "http: {listen: ['127.0.0.1:7444', '[::1]:0']}\n"
                              "limits: {links: 7, handshakes: 6, handshakes_per_source: 5, "
                              "links_per_party: 4, refusals_per_minute: 3, queue: 2MiB, "
                              "ballast: 0, floor: 1GiB}\n"
                              "retention: {bodies: 36h, openings: 366d}");
    if (c == NULL)
        return;
    CHECK_U64(c->workers, 3);
    CHECK_U64(c->http->listen_count, 2);
    CHECK_TEXT(c->http->listen[1], "[::1]:0");
    CHECK_U64(c->revocation_grace_ms, 90 * 60000ULL);
    CHECK_U64(c->bodies_ms, 36 * 3600000ULL);
    CHECK_U64(c->openings_ms, 366 * 86400000ULL);
    CHECK_U64(c->diagnostics, CONFIG_DIAGNOSTICS_JOURNALD);
    CHECK(!c->peer_dial);
    CHECK_U64(c->limits.links, 7);
    CHECK_U64(c->limits.handshakes, 6);
    CHECK_U64(c->limits.handshakes_per_source, 5);
    CHECK_U64(c->limits.links_per_party, 4);
    CHECK_U64(c->limits.refusals_per_minute, 3);
    CHECK_U64(c->limits.queue_bytes, 2ULL << 20);
    CHECK_U64(c->limits.ballast_bytes, 0);
    CHECK_U64(c->limits.floor_bytes, 1ULL << 30);
    config_free(c);
}

static void values_out_of_range_are_named(void)
{
    static const struct {
        const char *line, *sentence;
    } rows[] = {
        {"retention: {bodies: 31d}", "retention.bodies: \"31d\" is no duration in 1h..30d"},
        {"retention: {bodies: 0}", "retention.bodies: \"0\" is no duration in 1h..30d"},
        {"retention: {minds: 1d}", "minds"},
        {"retention: {openings: 364d}",
         "retention.openings: \"364d\" is no duration in 365d..36525d"},
        {"retention: {openings: 36526d}", "in 365d..36525d"},
        {"workers: 0", "workers: \"0\" is no number in 1..64"},
        {"workers: 65", "workers: \"65\" is no number in 1..64"},
        {"workers: -1", "workers: \"-1\" is no number"},
        {"workers: two", "workers: \"two\" is no number"},
        {"revocation_grace: 8d", "revocation_grace: \"8d\" is no duration in 0..7d"},
        {"revocation_grace: 169h", "revocation_grace: \"169h\" is no duration in 0..7d"},
        {"revocation_grace: 24", "revocation_grace: \"24\" is no duration"},
        {"diagnostics: syslog", "diagnostics: \"syslog\" is neither json nor journald"},
        {"peer_dial: maybe", "peer_dial: \"maybe\" is neither yes nor no"},
        {"limits: {links: 0}", "limits.links: \"0\" is no number in 1..100000"},
        {"limits: {handshakes_per_source: 0}", "limits.handshakes_per_source: \"0\""},
        {"limits: {links_per_party: 100001}", "limits.links_per_party: \"100001\""},
        {"limits: {refusals_per_minute: 0}", "limits.refusals_per_minute: \"0\""},
        {"limits: {queue: 1MiB}", "limits.queue: \"1MiB\" is no number in 2MiB..4GiB"},
        {"limits: {ballast: 17GiB}", "limits.ballast: \"17GiB\""},
        {"limits: {floor: -1}", "limits.floor: \"-1\""},
        {"limits: {colour: blue}", "colour"},
        {"gateway: 'XA-CA-01'", "gateway: \"XA-CA-01\" is no gateway id"},
        {"authorities: [{state: xa, certificate: c, crl: l}]", "\"xa\" is no State"},
        {"colour: blue", "colour"},
        {"http: {}", "listen"},
        {"http: {listen: []}", "Insufficient entries"},
        {"http: {listen: ['127.0.0.1:1'], tls: no}", "tls"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_refused(rows[i].line, rows[i].sentence);
}

struct reading {
    const char *text;
    uint64_t value;
};

static void check_reading(bool (*read)(const char *text, uint64_t *ret_value),
                          const struct reading *good, size_t good_count, const char *const *bad,
                          size_t bad_count)
{
    uint64_t value = 1;
    for (size_t i = 0; i < good_count; i++) {
        CHECK(read(good[i].text, &value));
        CHECK_U64(value, good[i].value);
    }
    for (size_t i = 0; i < bad_count; i++)
        if (!CHECK(!read(bad[i], &value)))
            fprintf(stderr, "\"%s\" was read as %llu\n", bad[i], (unsigned long long)value);
}

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void durations_are_read_strictly(void)
{
    static const struct reading good[] = {{"0", 0},
                                          {"0s", 0},
                                          {"1s", 1000},
                                          {"30m", 1800000},
                                          {"24h", 86400000},
                                          {"7d", 604800000},
                                          {"18446744073709551s", 18446744073709551000ULL}};
    static const char *const bad[] = {"",
                                      "7",
                                      "00",
                                      "07d",
                                      " 7d",
                                      "7d ",
                                      "7 d",
                                      "+7d",
                                      "-7d",
                                      "d",
                                      "7D",
                                      "7days",
                                      "7dd",
                                      "1h30m",
                                      "1.5h",
                                      "0x7d",
                                      "18446744073709552s",
                                      "99999999999999999999d"};
    check_reading(duration_read, good, COUNT(good), bad, COUNT(bad));
}

static void sizes_are_read_strictly(void)
{
    static const struct reading good[] = {{"0", 0},
                                          {"1", 1},
                                          {"1KiB", 1024},
                                          {"64MiB", 64 << 20},
                                          {"4GiB", 4ULL << 30},
                                          {"18446744073709551615", UINT64_MAX}};
    static const char *const bad[] = {"",
                                      "01",
                                      "1K",
                                      "1kib",
                                      "1 MiB",
                                      "MiB",
                                      "1MiBs",
                                      "-1",
                                      "1e3",
                                      "18446744073709551616",
                                      "17179869184GiB"};
    check_reading(size_read, good, COUNT(good), bad, COUNT(bad));
}

/* As an editor leaves a file that it is about to write. */
static void a_file_without_a_configuration_is_refused(void)
{
    static const char *const texts[] = {"", "\n", "# nothing\n", "---\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char error[CONFIG_ERROR_BYTES] = "";
        struct config *c = NULL;
        CHECK_STATUS(load_text(texts[i], &c, error), FAIL(CONFIG));
        CHECK(c == NULL && error[0] != '\0');
    }
}

/* What is missing is never read as what is not wanted. */
static void who_signs_the_rulebook_is_said(void)
{
    static const char all[] = "rulebook_authorities: {law: [a.crt, b.crt], states: [f.crt], "
                              "parties: [x.crt]}\nrulebook_signatures: required";
    struct config *c = loaded("");
    if (c != NULL)
        CHECK(c->rulebook_authorities == NULL);
    config_free(c);
    check_refused("rulebook_signatures: required", "rulebook_authorities: missing");
    check_refused("rulebook_signatures: maybe", "neither required nor none");
    check_refused("rulebook_authorities: {law: [a.crt, b.crt], states: [f.crt], parties: [x.crt]}",
                  "rulebook_signatures: none, but rulebook_authorities names who signs");
    check_refused("rulebook_authorities: {law: [a.crt, b.crt], states: [f.crt]}", "parties");
    check_refused("rulebook_authorities: {law: [], states: [f.crt], parties: [x.crt]}", "");
    char text[4096] = "";
    size_t length = 0;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (strncmp(lines[i], "rulebook_signatures", 19) != 0)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s\n", lines[i]);
    char error[CONFIG_ERROR_BYTES] = "";
    c = NULL;
    CHECK_STATUS(load_text(text, &c, error), FAIL(CONFIG));
    CHECK(strstr(error, "rulebook_authorities: missing") != NULL);
    snprintf(text + length, sizeof text - length, "%s\n", all);
    if (CHECK_OK(load_text(text, &c, error))) {
        CHECK_U64(c->rulebook_authorities->law_count, 2);
        CHECK_TEXT(c->rulebook_authorities->law[1], "b.crt");
        CHECK_TEXT(c->rulebook_authorities->states[0], "f.crt");
    }
    config_free(c);
}

static void an_authority_of_timestamps_is_a_place_over_plain_http(void)
{
    static const char *const wrong[] = {
        "https://tsa.example/tsr",
        "tsa.example:3180",
        "http://",
        "http:///tsr",
        "http://tsa.example:3180x/tsr",
        "http://tsa.example/a b",
        "http://tsa.example/\xc3\xa4",
    };
    static const struct {
        const char *text, *address, *path;
    } right[] = {
        {"http://tsa.example:3180/tsr?x=1", "tsa.example:3180", "/tsr?x=1"},
        {"http://tsa.example", "tsa.example:80", "/"},
        {"http://[::1]:3180/a/b", "[::1]:3180", "/a/b"},
        {"http://[::1]/", "[::1]:80", "/"},
    };
    struct config_place place;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (!CHECK(!place_read(wrong[i], &place)))
            fprintf(stderr, "%s\n", wrong[i]);
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        if (CHECK(place_read(right[i].text, &place))) {
            CHECK_TEXT(place.address, right[i].address);
            CHECK_TEXT(place.path, right[i].path);
        }
    struct config *c = loaded("timestamps: {authority: 'http://tsa.example/', ca: tsa.crt}");
    if (c != NULL)
        CHECK_U64(c->timestamps_ms, 3600000ULL);
    config_free(c);
    check_refused("timestamps: {authority: 'https://tsa.example/', ca: tsa.crt}",
                  "timestamps.authority: \"https://tsa.example/\" is no place like");
    check_refused("timestamps: {authority: 'http://tsa.example/', ca: tsa.crt, every: 8d}",
                  "timestamps.every");
}

TESTS(app_config, {"what is left out has its default", what_is_left_out_has_its_default},
      {"the manual tells the defaults", the_manual_tells_the_defaults},
      {"what is said counts", what_is_said_counts},
      {"values out of range are named", values_out_of_range_are_named},
      {"durations are read strictly", durations_are_read_strictly},
      {"sizes are read strictly", sizes_are_read_strictly},
      {"a file without a configuration is refused", a_file_without_a_configuration_is_refused},
      {"who signs the rulebook is said", who_signs_the_rulebook_is_said},
      {"an authority of timestamps is a place over plain HTTP",
       an_authority_of_timestamps_is_a_place_over_plain_http})
