#include <stdio.h>

#include "comity/audit/crosscheck_parts.h"
#include "libcomity/clock.h"

/* The own gateway, over HTTP. */
struct own {
    struct crosschecking *x;
    const struct gateway_row *gateway;
    struct crosscheck_http http;
};

static enum comity_exit look_at_written(struct own *own, struct comity_fault *reterr)
{
    const struct crosscheck_asked asked = {own->gateway, NULL, clock_wall_ms()};
    const struct crosscheck_source source = {own->http.gateway, crosscheck_http_read, &own->http,
                                             NULL};
    const struct crosscheck_look look = {&source, own->http.why, &asked};
    return crosscheck_look(own->x, &look, reterr);
}

/* ---- the logs that ended ---- */

static void report_hidden(const struct own *own, const struct crosscheck_log *log, const char *why)
{
    json_t *more =
        json_pack("{s:s,s:s,s:I,s:s}", "origin", log->origin, "source", own->http.gateway,
                  "receipts", (json_int_t)log->receipt_count, "why", why);
    crosscheck_found(&own->x->report, FOUND_HIDDEN, more,
                     "%s: NOT COMPARED: %s does not show it, and the archive has %zu receipt%s and "
                     "%zu checkpoint%s of it%s%s",
                     log->origin, own->http.gateway, log->receipt_count,
                     log->receipt_count == 1 ? "" : "s", log->checkpoint_count,
                     log->checkpoint_count == 1 ? "" : "s", why[0] == '\0' ? "" : ": ", why);
}

static enum comity_exit look_at_ended(struct own *own, const struct crosscheck_log *log,
                                      struct comity_fault *reterr)
{
    char name[CROSSCHECK_PATH_BYTES];
    const struct crosscheck_asked asked = {own->gateway, log->origin, clock_wall_ms()};
    const struct crosscheck_source source = {name, crosscheck_http_read, &own->http, NULL};
    const struct crosscheck_look look = {&source, own->http.why, &asked};
    snprintf(name, sizeof name, "%s/log/%s", own->http.gateway, own->http.ended);
    return crosscheck_look(own->x, &look, reterr);
}

/* What was found in other logs is told whatever becomes of this one, so that it cannot be read is a
 * finding, too. */
static enum comity_exit look_for(struct own *own, size_t number, struct comity_fault *reterr)
{
    struct comity_fault away = {0};
    const struct crosscheck_log *log = &own->x->book.logs[number];
    const struct slice name = series_name(slice_text(log->origin));
    enum comity_exit exit = COMITY_DONE;
    own->http.ended = arena_text(own->x->arena, name);
    own->http.why[0] = '\0';
    if (own->http.ended == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    if (name.length > 0)
        exit = look_at_ended(own, log, &away);
    if (exit != COMITY_DONE && exit != COMITY_INPUT && exit != COMITY_UNAVAILABLE) {
        *reterr = away;
        return exit;
    }
    if (!own->x->compared[number])
        report_hidden(own, log, away.message);
    return COMITY_DONE;
}

/* Whichever log it has shown as the one that is written, what the archive has of each other one is
 * to be found where logs that ended are. */
static enum comity_exit look_for_others(struct own *own, struct comity_fault *reterr)
{
    const struct crosscheck_book *book = &own->x->book;
    enum comity_exit exit = COMITY_DONE;
    for (size_t i = 0; i < book->log_count && exit == COMITY_DONE; i++)
        if (!own->x->compared[i] &&
            directory_log(own->gateway, slice_text(book->logs[i].origin)) != NULL)
            exit = look_for(own, i, reterr);
    return exit;
}

/* ---- all ---- */

static enum comity_exit begin(struct own *own, struct comity_fault *reterr)
{
    struct crosschecking *x = own->x;
    own->http.address = arena_text(x->arena, own->gateway->http);
    own->http.gateway = arena_text(x->arena, own->gateway->id);
    if (own->http.address == NULL || own->http.gateway == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    if (own->gateway->http.length == 0) {
        fail(reterr, COMITY_INPUT, "CONFIG", "%s has no address for HTTP in the directory",
             own->http.gateway);
        return advise(reterr, "--log DIR or --mirror DIR names a copy of the log");
    }
    if (failed(client_tls(x->comity, reterr)))
        return reterr->exit;
    own->http.tls = x->comity->tls;
    return COMITY_DONE;
}

enum comity_exit crosscheck_own(struct crosschecking *x, struct comity_fault *reterr)
{
    struct own own = {.x = x, .gateway = x->comity->home};
    enum comity_exit exit = begin(&own, reterr);
    if (exit == COMITY_DONE)
        exit = look_at_written(&own, reterr);
    if (exit == COMITY_DONE)
        exit = look_for_others(&own, reterr);
    crosscheck_http_done(&own.http);
    return exit;
}
