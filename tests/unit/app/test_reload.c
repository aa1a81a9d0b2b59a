#include "support/check.h"

#include <stdio.h>
#include <string.h>

#include "app/reload.h"

static char gateway[] = "XA-GW-01", listen_a[] = "127.0.0.1:1", listen_b[] = "127.0.0.1:2";
static char path_a[] = "/a", path_b[] = "/b", user_a[] = "comity";

/* A configuration and what it points to, so that one value can be changed. */
struct sample {
    struct config config;
    struct config_log log;
    struct config_tls tls;
    char *listen[2];
    struct config_http http;
};

static void fill(struct sample *s)
{
    *s = (struct sample){.log = {.path = path_a, .origin = path_a, .key = path_a},
                         .tls = {path_a, path_a},
                         .listen = {listen_a, listen_a}};
    s->http = (struct config_http){s->listen + 1, 1};
    s->config = (struct config){.gateway = gateway,
                                .listen = s->listen,
                                .listen_count = 1,
                                .workers = 2,
                                .tls = &s->tls,
                                .rulebook = path_a,
                                .journal = path_a,
                                .lock = path_a,
                                .log = &s->log,
                                .http = &s->http,
                                .key_encryption_key = path_a};
}

static char said[2000];

static void keep(void *owner, const char *sentence)
{
    (void)owner;
    size_t length = strlen(said);
    snprintf(said + length, sizeof said - length, "%s\n", sentence);
}

/* Checks that the change is refused with this sentence and no other; "" that it is not. */
static void check_change(const struct sample *now, const struct sample *next, const char *sentence)
{
    struct problems problems = {.report = keep};
    said[0] = '\0';
    reload_check(&now->config, &next->config, &problems);
    CHECK_TEXT(said, sentence);
    CHECK(problems.any == (sentence[0] != '\0'));
}

static void what_cannot_change_is_named(void)
{
    struct sample now, next;
    fill(&now);
    fill(&next);
    check_change(&now, &next, "");
#define CHANGE(member, value, key)                                                                 \
    fill(&next);                                                                                   \
    next.member = (value);                                                                         \
    check_change(&now, &next, key ": cannot change without a restart\n")
    CHANGE(config.gateway, path_b, "gateway");
    CHANGE(listen[0], listen_b, "listen");
    CHANGE(config.listen_count, 2, "listen");
    CHANGE(listen[1], listen_b, "http.listen");
    CHANGE(config.http, NULL, "http.listen");
    CHANGE(config.workers, 3, "workers");
    CHANGE(config.user, user_a, "user");
    CHANGE(config.journal, path_b, "journal");
    CHANGE(config.lock, path_b, "lock");
    CHANGE(config.control, path_b, "control");
    CHANGE(log.path, path_b, "log.path");
    CHANGE(log.origin, path_b, "log.origin");
    CHANGE(log.key, path_b, "log.key");
    CHANGE(config.key_encryption_key, path_b, "key_encryption_key");
    CHANGE(config.diagnostics, CONFIG_DIAGNOSTICS_JOURNALD, "diagnostics");
    CHANGE(config.peer_dial, true, "peer_dial");
    CHANGE(config.ready, path_b, "ready");
    CHANGE(config.limits.queue_bytes, 1, "limits.queue");
    CHANGE(config.limits.ballast_bytes, 1, "limits.ballast");
    CHANGE(config.limits.floor_bytes, 1, "limits.floor");
#undef CHANGE
}

static void what_may_change_is_not_refused(void)
{
    struct sample now, next;
    fill(&now);
    fill(&next);
    next.tls = (struct config_tls){path_b, path_b};
    next.log.former_key = path_b; /* of a start alone */
    next.config.rulebook = path_b;
    next.config.revocation_grace_ms = 1;
    next.config.limits = (struct config_limits){.links = 1,
                                                .handshakes = 2,
                                                .handshakes_per_source = 3,
                                                .links_per_party = 4,
                                                .refusals_per_minute = 5};
    check_change(&now, &next, "");
    struct worker_limits limits = reload_limits(&next.config.limits);
    CHECK_U64(limits.links, 1);
    CHECK_U64(limits.handshakes, 2);
    CHECK_U64(limits.handshakes_per_source, 3);
    CHECK_U64(limits.links_per_party, 4);
    CHECK_U64(limits.refusals_per_minute, 5);
}

TESTS(app_reload, {"what cannot change is named", what_cannot_change_is_named},
      {"what may change is not refused", what_may_change_is_not_refused})
