#include "comity/audit/entry_stamp.h"

#include "comity/audit/log_folder.h"
#include "comity/audit/log_served.h"
#include "comity/contexts.h"
#include "libcomity/client.h"
#include "libcomity/clock.h"

#define ATTEMPTS 4 /* while a busy log goes on */

enum comity_exit entry_stamp_usage(const struct invocation *inv, struct comity_fault *reterr)
{
    return invocation_has(inv, FLAG_LOG) && invocation_has(inv, FLAG_TIMESTAMP)
               ? fail_usage(reterr, "one of --log DIR and --timestamp: where is it looked for?")
               : COMITY_DONE;
}

/* where: "--log DIR", or the gateway's name. */
static enum comity_exit explain(struct status s, const char *where, struct comity_fault *reterr)
{
    if (s.code == CODE_ABSENT)
        return fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN",
                    "%s has no timestamp that covers the entry", where);
    if (s.code == CODE_REFUSED)
        return fail(reterr, COMITY_VERIFY, refusal_name(reason_refusal(s.reason)),
                    "the timestamp of %s does not hold: %s", where, reason_name(s.reason));
    return s.code == CODE_MEMORY ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                 : fail(reterr, COMITY_FAILED, "STORE", "%s cannot be read", where);
}

static enum comity_exit find_in_folder(const struct entry_stamp *w, const char *path,
                                       struct log_stamp *stamp, struct comity_fault *reterr)
{
    char where[300];
    struct log_folder folder = {.path = path};
    const struct log_stamp_source source = {log_folder_read, log_folder_stamped, &folder};
    struct status s = log_stamp_find(w->arena, &source, w->proved, clock_wall_ms(), stamp);
    snprintf(where, sizeof where, "--log %.200s", path);
    return failed(s) ? explain(s, where, reterr) : COMITY_DONE;
}

/* ---- over HTTP ---- */

static enum comity_exit unreached(const struct log_served *log, struct status s,
                                  struct comity_fault *reterr)
{
    if (s.code == CODE_CRYPTO) {
        fail(reterr, COMITY_IDENTITY, "E_CERT", "%s at %s: %s", log->gateway, log->address,
             log->why);
        return advise(reterr, "comity check certificates looks at both sides' certificates");
    }
    if (s.code == CODE_NETWORK || s.code == CODE_CONFIG)
        return fail(reterr, COMITY_UNAVAILABLE, "E_UNAVAILABLE", "%s cannot be read at %s: %s",
                    log->gateway, log->address, log->why);
    explain(s, log->gateway, reterr);
    return s.code == CODE_ABSENT
               ? advise(reterr, "try again when its log has been timestamped the next time")
               : reterr->exit;
}

/* Narrow tiles go as the log goes on: then once more, from its newest checkpoint. */
static enum comity_exit find_served(const struct entry_stamp *w, struct log_served *log,
                                    struct log_stamp *stamp, struct comity_fault *reterr)
{
    const struct log_stamp_source source = {log_served_read, log_served_stamped, log};
    struct status s = FAIL(ABSENT);
    bool again = true;
    for (unsigned i = 0; i < ATTEMPTS && again; i++) {
        s = log_stamp_find(w->arena, &source, w->proved, clock_wall_ms(), stamp);
        again = s.code == CODE_ABSENT && log->went;
        log_served_done(log);
    }
    return failed(s) ? unreached(log, s, reterr) : COMITY_DONE;
}

static enum comity_exit log_find(const struct entry_stamp *w, struct log_served *log,
                                 struct comity_fault *reterr)
{
    const struct slice id = w->proved->outer.gateway;
    const struct gateway_row *gateway = directory_gateway(w->directory, id);
    enum comity_exit exit =
        *w->comity == NULL ? context_open(w->invocation, w->comity, reterr) : COMITY_DONE;
    if (exit != COMITY_DONE)
        return exit;
    if (gateway == NULL || gateway->http.length == 0)
        return fail(reterr, COMITY_INPUT, "CONFIG",
                    "the directory does not say where the log of %.*s is read", (int)id.length,
                    (const char *)id.at);
    log->gateway = arena_text(w->arena, gateway->id);
    log->address = arena_text(w->arena, gateway->http);
    log->origin = w->proved->note.origin;
    if (log->gateway == NULL || log->address == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    struct status s = client_begin(*w->comity, 0, reterr);
    if (!failed(s))
        s = client_tls(*w->comity, reterr);
    log->tls = (*w->comity)->tls;
    return fault_exit(reterr, s);
}

enum comity_exit entry_stamp_find(const struct entry_stamp *w, struct log_stamp *ret_stamp,
                                  bool *ret_found, struct comity_fault *reterr)
{
    const char *path = invocation_value(w->invocation, FLAG_LOG);
    struct log_served log = {.count = 0};
    *ret_found = path != NULL || invocation_has(w->invocation, FLAG_TIMESTAMP);
    if (!*ret_found)
        return COMITY_DONE;
    if (path != NULL)
        return find_in_folder(w, path, ret_stamp, reterr);
    enum comity_exit exit = log_find(w, &log, reterr);
    return exit == COMITY_DONE ? find_served(w, &log, ret_stamp, reterr) : exit;
}
