#include "app/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "exchange/exchange.h"
#include "http/address.h"
#include "wire/names.h"

struct unit {
    const char *name;
    uint64_t factor;
};

/* Digits and one of the units, which are all different. */
static bool with_unit(const char *text, const struct unit *units, size_t count, uint64_t *ret_value)
{
    size_t digits = strspn(text, "0123456789");
    for (size_t i = 0; i < count; i++)
        if (strcmp(text + digits, units[i].name) == 0) {
            uint64_t value = 0;
            if (!decimal_read(slice_over(text, digits), UINT64_MAX / units[i].factor, &value))
                return false;
            *ret_value = value * units[i].factor;
            return true;
        }
    return false;
}

bool size_read(const char *text, uint64_t *ret_bytes)
{
    static const struct unit units[] = {
        {"", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}};
    return with_unit(text, units, sizeof units / sizeof units[0], ret_bytes);
}

bool duration_read(const char *text, uint64_t *ret_ms)
{
    static const struct unit units[] = {
        {"s", MS_PER_SECOND}, {"m", MS_PER_MINUTE}, {"h", 60 * MS_PER_MINUTE}, {"d", MS_PER_DAY}};
    if (strcmp(text, "0") != 0)
        return with_unit(text, units, sizeof units / sizeof units[0], ret_ms);
    *ret_ms = 0;
    return true;
}

bool place_read(const char *text, struct config_place *ret_place)
{
    static const char scheme[] = "http://";
    struct config_place place;
    struct address parts;
    if (strncmp(text, scheme, sizeof scheme - 1) != 0)
        return false;
    const char *host = text + sizeof scheme - 1;
    size_t length = strcspn(host, "/");
    const char *colon = strrchr(host, ':');
    bool has_port = colon != NULL && colon < host + length && strchr(colon, ']') == NULL;
    int written = snprintf(place.address, sizeof place.address, "%.*s%s", (int)length, host,
                           has_port ? "" : ":80");
    place.path = host[length] == '\0' ? "/" : host + length;
    for (const char *at = text; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    if (written < 0 || (size_t)written >= sizeof place.address ||
        !address_split(place.address, &parts))
        return false;
    *ret_place = place;
    return true;
}

/* A value that stands as text, or its default, and the range it must lie in. */
struct bounded {
    const char *key, *text, *standard;
    const char *low, *high;
    bool (*read)(const char *text, uint64_t *ret_value);
    uint64_t *value;
};

static bool read_bounded(const struct bounded *b, char *error)
{
    uint64_t value = 0, low = 0, high = 0;
    const char *text = b->text == NULL ? b->standard : b->text;
    if (b->read(b->low, &low) && b->read(b->high, &high) && b->read(text, &value) && value >= low &&
        value <= high) {
        *b->value = value;
        return true;
    }
    snprintf(error, CONFIG_ERROR_BYTES, "%s: \"%s\" is no %s in %s..%s", b->key, text,
             b->read == duration_read ? "duration" : "number", b->low, b->high);
    return false;
}

/* A number as the file would say it. */
struct digits {
    char text[21];
};

static struct digits digits_of(uint64_t number)
{
    struct digits digits;
    snprintf(digits.text, sizeof digits.text, "%" PRIu64, number);
    return digits;
}

/* As many workers as cores that are online. */
static uint64_t default_workers(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cores < 1)
        return 1;
    return cores > CONFIG_WORKERS_MAX ? CONFIG_WORKERS_MAX : (uint64_t)cores;
}

static bool read_numbers(struct config *c, char *error)
{
    static const struct config_limits_text none = {0};
    const struct config_limits_text *t = c->limits_text == NULL ? &none : c->limits_text;
    struct config_limits *l = &c->limits;
    const struct link_limits *standard = &link_limits_default;
    const struct digits workers = digits_of(default_workers()),
                        most_workers = digits_of(CONFIG_WORKERS_MAX),
                        links_per_party = digits_of(standard->links_per_party),
                        refusals_per_minute = digits_of(standard->refusals_per_minute);
    const struct bounded rows[] = {
        {"workers", c->workers_text, workers.text, "1", most_workers.text, size_read, &c->workers},
        {"revocation_grace", c->revocation_grace_text, "24h", "0", "7d", duration_read,
         &c->revocation_grace_ms},
        {"retention.bodies", c->retention_text == NULL ? NULL : c->retention_text->bodies, "30d",
         "1h", "30d", duration_read, &c->bodies_ms},
        {"retention.openings", c->retention_text == NULL ? NULL : c->retention_text->openings,
         "3652d", "365d", "36525d", duration_read, &c->openings_ms},
        {"timestamps.every", c->timestamps == NULL ? NULL : c->timestamps->every, "1h", "1s", "7d",
         duration_read, &c->timestamps_ms},
        {"limits.links", t->links, "5000", "1", "100000", size_read, &l->links},
        {"limits.handshakes", t->handshakes, "64", "1", "4096", size_read, &l->handshakes},
        {"limits.handshakes_per_source", t->handshakes_per_source, "16", "1", "4096", size_read,
         &l->handshakes_per_source},
        {"limits.links_per_party", t->links_per_party, links_per_party.text, "1", "100000",
         size_read, &l->links_per_party},
        {"limits.refusals_per_minute", t->refusals_per_minute, refusals_per_minute.text, "1",
         "1000000", size_read, &l->refusals_per_minute},
        {"limits.queue", t->queue, "32MiB", "2MiB", "4GiB", size_read, &l->queue_bytes},
        {"limits.ballast", t->ballast, "64MiB", "0", "16GiB", size_read, &l->ballast_bytes},
        {"limits.floor", t->floor, "256MiB", "0", "1024GiB", size_read, &l->floor_bytes},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!read_bounded(&rows[i], error))
            return false;
    return true;
}

static bool read_diagnostics(struct config *c, char *error)
{
    static const char *const names[] = {
        [CONFIG_DIAGNOSTICS_JSON] = "json",
        [CONFIG_DIAGNOSTICS_JOURNALD] = "journald",
    };
    const char *text = c->diagnostics_text == NULL ? names[0] : c->diagnostics_text;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            c->diagnostics = (enum config_diagnostics)i;
            return true;
        }
    snprintf(error, CONFIG_ERROR_BYTES, "diagnostics: \"%s\" is neither json nor journald", text);
    return false;
}

static bool read_peer_dial(struct config *c, char *error)
{
    const char *text = c->peer_dial_text == NULL ? "yes" : c->peer_dial_text;
    c->peer_dial = strcmp(text, "yes") == 0;
    if (c->peer_dial || strcmp(text, "no") == 0)
        return true;
    snprintf(error, CONFIG_ERROR_BYTES, "peer_dial: \"%s\" is neither yes nor no", text);
    return false;
}

static bool check_timestamps(const struct config *c, char *error)
{
    struct config_place place;
    if (c->timestamps == NULL || place_read(c->timestamps->authority, &place))
        return true;
    snprintf(error, CONFIG_ERROR_BYTES,
             "timestamps.authority: \"%s\" is no place like http://tsa.example:3180/tsr",
             c->timestamps->authority);
    return false;
}

/* What is asked for is said, never found out: a configuration that has lost its authorities must
 * not read as one that never had any. */
static bool check_signatures(const struct config *c, char *error)
{
    const char *text =
        c->rulebook_signatures_text == NULL ? "required" : c->rulebook_signatures_text;
    const bool none = strcmp(text, "none") == 0;
    if (!none && strcmp(text, "required") != 0)
        snprintf(error, CONFIG_ERROR_BYTES,
                 "rulebook_signatures: \"%s\" is neither required nor none", text);
    else if (none && c->rulebook_authorities != NULL)
        snprintf(error, CONFIG_ERROR_BYTES,
                 "rulebook_signatures: none, but rulebook_authorities names who signs");
    else if (!none && c->rulebook_authorities == NULL)
        snprintf(
            error, CONFIG_ERROR_BYTES,
            "rulebook_authorities: missing; it names who signs law, states and parties. Only a "
            "gateway for tests takes an unsigned rulebook: rulebook_signatures: none");
    else
        return true;
    return false;
}

static bool check_names(const struct config *c, char *error)
{
    if (!name_is_gateway(slice_text(c->gateway))) {
        snprintf(error, CONFIG_ERROR_BYTES, "gateway: \"%s\" is no gateway id such as XA-GW-01",
                 c->gateway);
        return false;
    }
    for (unsigned i = 0; i < c->authorities_count; i++)
        if (!name_is_state(slice_text(c->authorities[i].state))) {
            snprintf(error, CONFIG_ERROR_BYTES, "authorities: \"%s\" is no State such as \"XA\"",
                     c->authorities[i].state);
            return false;
        }
    return true;
}

struct status config_values(struct config *c, char error[static CONFIG_ERROR_BYTES])
{
    bool good = read_numbers(c, error) && read_diagnostics(c, error) && read_peer_dial(c, error) &&
                check_timestamps(c, error) && check_signatures(c, error) && check_names(c, error);
    return good ? OK : FAIL(CONFIG);
}
