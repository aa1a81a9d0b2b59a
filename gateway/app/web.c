#include "app/web.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/web_parts.h"
#include "audit/lookup.h"
#include "edge/worker.h"
#include "wire/names.h"

/* The first that fits serves; its owner is the web. */
static const struct http_route routes[WEB_ROUTES] = {
    {"/log/checkpoint", HTTP_READS, 0, web_checkpoint, NULL},
    {"/log/tile/entries/", HTTP_READS, 0, web_entries, NULL},
    {"/log/tile/", HTTP_READS, 0, web_tile, NULL},
    {"/log/timestamp/", HTTP_READS, 0, web_timestamp, NULL},
    {"/log/", HTTP_READS, 0, web_ended, NULL},
    {"/openings", HTTP_TAKES(HTTP_GET), 0, web_openings, NULL}, /* each is an entry */
    {"/pseudonym", HTTP_TAKES(HTTP_POST), LOOKUP_MAX_BYTES, web_pseudonym, NULL}, /* the same */
};

static struct snapshot *hold_snapshot(struct web *w)
{
    pthread_mutex_lock(&w->lock);
    struct snapshot *held = snapshot_hold(w->snapshot);
    pthread_mutex_unlock(&w->lock);
    return held;
}

static enum web_standing standing_of(const struct web *w, const struct directory *d,
                                     const struct identity *who, uint64_t now_ms)
{
    struct slice id = slice_text(who->id), role = party_role(id);
    if (who->kind == IDENTITY_GATEWAY)
        return directory_gateway(d, id) == NULL ? WEB_STRANGER : WEB_LISTED;
    if (who->kind != IDENTITY_PARTY || directory_party_at(d, id, now_ms) == NULL)
        return WEB_STRANGER;
    if (!slice_equal(party_state(id), party_state(slice_text(w->gateway))))
        return WEB_LISTED;
    if (slice_is(role, "MIN"))
        return WEB_MINISTRY;
    return slice_is(role, "DPA") ? WEB_PROTECTOR : WEB_LISTED;
}

enum web_standing web_standing(struct web *w, const struct http_request *request)
{
    struct snapshot *s = hold_snapshot(w);
    enum web_standing standing = standing_of(w, snapshot_rulebook(s)->directory,
                                             &request->caller->identity, request->now_ms);
    snapshot_drop(s);
    return standing;
}

void web_say(struct http_answer *answer, unsigned status, const char *sentence)
{
    answer->status = status;
    buffer_print(&answer->body, "%s\n", sentence);
}

void web_say_denied(struct web *w, const struct http_request *request, const char *sentence)
{
    char who[64];
    identity_name(&request->caller->identity, who);
    diagnostics_say(&w->lines.paced, request->now_ms,
                    &(struct diagnostic){.event = "http.denied",
                                         .level = DIAGNOSTIC_NOTICE,
                                         .peer = slice_text(who),
                                         .text = sentence});
}

void web_deny(struct web *w, const struct http_request *request, struct http_answer *answer,
              unsigned status, const char *sentence)
{
    web_say_denied(w, request, sentence);
    web_say(answer, status, sentence);
}

/* An http_said. */
static void say(void *owner, enum http_event event, const char *who, const char *text)
{
    static const char *const names[HTTP_EVENTS] = {
        [HTTP_UNSHAKEN] = "http.handshake_failed",
        [HTTP_SHED] = "http.shed",
        [HTTP_REFUSED] = "http.refused",
        [HTTP_LATE] = "http.late",
        [HTTP_ENDED] = "http.ended",
        [HTTP_STOPPED] = "http.stopped",
    };
    struct web *w = owner;
    uint64_t now_ms = moment_now().wall_ms;
    lines_settle(&w->lines, now_ms, false);
    diagnostics_say(&w->lines.paced, now_ms,
                    &(struct diagnostic){.event = names[event],
                                         .level = event == HTTP_STOPPED ? DIAGNOSTIC_WARNING
                                                                        : DIAGNOSTIC_NOTICE,
                                         .peer = slice_text(who),
                                         .text = text});
}

static void say_where(const struct web *w)
{
    char address[ADDRESS_TEXT_BYTES];
    for (size_t i = 0; http_server_address(w->server, i, address); i++)
        diagnostics_say(w->lines.out, moment_now().wall_ms,
                        &(struct diagnostic){.event = "http.listening",
                                             .level = DIAGNOSTIC_NOTICE,
                                             .text = address});
}

static void web_free(struct web *w)
{
    journal_reader_close(w->reader);
    snapshot_drop(w->snapshot);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static struct web *web_new(const struct web_settings *settings)
{
    struct web *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->gateway = settings->gateway;
    w->log_path = settings->log_path;
    w->journal = settings->journal;
    w->keyring = settings->keyring;
    w->snapshot = snapshot_hold(settings->snapshot);
    pthread_mutex_init(&w->lock, NULL);
    lines_init(&w->lines, settings->diagnostics);
    for (size_t i = 0; i < WEB_ROUTES; i++) {
        w->routes[i] = routes[i];
        w->routes[i].owner = w;
    }
    return w;
}

struct status web_start(const struct web_settings *settings, struct web **ret_web,
                        char error[static CONFIG_ERROR_BYTES])
{
    char why[HTTP_ERROR_BYTES] = "out of memory, or the journal cannot be read";
    struct web *w = web_new(settings);
    struct status s = w == NULL ? FAIL(MEMORY) : journal_reader_open(w->journal, &w->reader);
    if (!failed(s)) {
        const struct http_settings http = {
            .descriptors = settings->listeners,
            .descriptor_count = settings->listener_count,
            .context = settings->context,
            .routes = w->routes,
            .route_count = WEB_ROUTES,
            .said = say,
            .said_owner = w,
        };
        s = http_server_start(&http, why, &w->server);
    }
    if (failed(s)) {
        snprintf(error, CONFIG_ERROR_BYTES, "http: %s", why);
        if (w != NULL)
            web_free(w);
        return s;
    }
    say_where(w);
    *ret_web = w;
    return OK;
}

void web_renew(struct web *w, struct snapshot *snapshot, struct tls_context *context)
{
    if (w == NULL)
        return;
    struct snapshot *held = snapshot_hold(snapshot);
    pthread_mutex_lock(&w->lock);
    struct snapshot *before = w->snapshot;
    w->snapshot = held;
    pthread_mutex_unlock(&w->lock);
    snapshot_drop(before);
    http_server_renew(w->server, context);
}

void web_stop(struct web *w)
{
    if (w == NULL)
        return;
    http_server_stop(w->server);
    lines_settle(&w->lines, moment_now().wall_ms, true);
    web_free(w);
}
