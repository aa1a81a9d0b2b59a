#include <inttypes.h>

#include "base/slice.h"
#include "comity/check/check.h"
#include "comity/commands.h"

/* "0.812 ms" */
static const char *ms_text(uint64_t us, char text[static 32])
{
    snprintf(text, 32, "%" PRIu64 ".%03" PRIu64 " ms", us / 1000, us % 1000);
    return text;
}

/* One step that was done; nothing for one that was not. */
static void add_step(struct check_report *report, const char *name, uint64_t us, const char *what)
{
    char time[32];
    if (us == 0)
        return;
    struct check_row *row =
        check_add(report, name, CHECKED_OK, "%s in %s", what, ms_text(us, time));
    check_figure(row, name, (int64_t)us, "us", &(struct check_limits){0});
    row->more = json_pack("{s:I}", "us", (json_int_t)us);
}

/* The step that the link came to grief at. */
static const char *failed_step(const struct comity_checked *c)
{
    return c->connect_us == 0     ? "connect"
           : c->handshake_us == 0 ? "tls"
           : c->greeting_us == 0  ? "greeting"
                                  : "ping";
}

static json_t *versions_json(const struct comity_checked *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->version_count; i++) {
        const struct comity_object_version *v = &c->versions[i];
        json_array_append_new(list,
                              json_pack("{s:s,s:I,s:I,s:s,s:s,s:b}", "object", v->object, "ours",
                                        (json_int_t)v->ours, "theirs", (json_int_t)v->theirs,
                                        "our_digest", v->our_digest, "their_digest",
                                        v->their_digest, "agrees", (int)v->agrees));
    }
    return list;
}

static void add_rulebook(struct check_report *report, const struct comity_checked *c)
{
    size_t differ = 0;
    const struct comity_object_version *first = NULL;
    for (size_t i = 0; i < c->version_count; i++)
        if (!c->versions[i].agrees) {
            differ++;
            first = first == NULL ? &c->versions[i] : first;
        }
    if (c->version_count == 0)
        return;
    if (first == NULL)
        check_add(report, "rulebook", CHECKED_OK, "all %zu objects are the gateway's",
                  c->version_count);
    else
        check_add(report, "rulebook", CHECKED_WARNING,
                  "%zu of %zu objects differ: %s is %" PRIu64 " here and %" PRIu64 " there%s",
                  differ, c->version_count, first->object, first->ours, first->theirs,
                  first->ours == first->theirs ? ", with another text" : "");
}

static void add_total(struct check_report *report, const struct comity_checked *c,
                      const struct check_limits *limits)
{
    char time[32];
    uint64_t us = c->connect_us + c->handshake_us + c->greeting_us + c->ping_us;
    struct check_limits inside = *limits;
    inside.warning *= 1000;
    inside.critical *= 1000;
    struct check_row *row = check_add(report, "total", CHECKED_OK, "%s", ms_text(us, time));
    check_figure(row, "total", (int64_t)us, "us", &inside);
    row->exit = COMITY_UNAVAILABLE;
    row->more = json_pack("{s:I}", "us", (json_int_t)us);
}

static void describe(struct check_report *report, const struct comity_checked *c,
                     const struct comity_fault *fault, const struct check_limits *limits)
{
    char tls[200];
    snprintf(tls, sizeof tls, "%s%s%s%s%s", c->gateway, c->gateway[0] == '\0' ? "" : ", ",
             c->tls_version[0] == '\0' ? "handshake" : c->tls_version,
             c->tls_group[0] == '\0' ? "" : " with ", c->tls_group);
    add_step(report, "connect", c->connect_us, c->address);
    add_step(report, "tls", c->handshake_us, tls);
    add_step(report, "greeting", c->greeting_us, "WELCOME");
    add_rulebook(report, c);
    add_step(report, "ping", c->ping_us, "PONG");
    if (fault->exit == COMITY_DONE)
        add_total(report, c, limits);
    else
        check_add(report, failed_step(c), CHECKED_CRITICAL, "%s", fault->message)->exit =
            fault->exit;
    report->more = json_pack("{s:s,s:s,s:{s:s,s:s},s:s,s:o}", "address", c->address, "gateway",
                             c->gateway, "tls", "version", c->tls_version, "group", c->tls_group,
                             "gateway_sha256", c->gateway_sha256, "rulebook", versions_json(c));
}

static enum comity_exit connection(const struct invocation *inv, struct comity_fault *reterr)
{
    struct check_report report = {.name = "connection"};
    struct check_limits limits = {.side = CHECK_ABOVE};
    struct comity_checked *checked = NULL;
    enum comity_exit exit = check_limits_read(inv, &limits, reterr);
    if (exit != COMITY_DONE)
        return exit;
    exit = check_gateway(inv, &checked, reterr);
    if (checked != NULL)
        describe(&report, checked, reterr, &limits);
    else if (exit == COMITY_IDENTITY) /* own files with which nobody can connect */
        check_add(&report, "context", CHECKED_CRITICAL, "%s", reterr->message)->exit = exit;
    comity_checked_free(checked);
    report.hint = exit == COMITY_IDENTITY ? "comity pki verify says what is wrong"
                  : exit == COMITY_UNAVAILABLE
                      ? "is comityd running, and may this machine reach it?"
                      : NULL;
    return report.count == 0 ? exit : check_finish(inv, &report, reterr);
}

static const struct argp_option options[] = {
    CHECK_OPTIONS("MS"),
    CHECK_TIMEOUT,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command check_connection_command = {
    .noun = "check",
    .verb = "connection",
    .arguments = "",
    .summary = "Connects to the gateway, greets, pings, and says how long each step took",
    .help = "Steps: connect (name and TCP), tls (only the context's gateway is accepted), greeting "
            "(HELLO until WELCOME), rulebook (is the gateway's the same? a warning if not), ping, "
            "total. Nothing is sent or taken, and the archive is left alone. The thresholds are "
            "milliseconds for all steps together; there are none unless told.\n\n"
            "Exit codes: 4 a certificate is not accepted, 7 nobody answers or it takes too long."
            "\n\n"
            "Beside \"rows\" (with \"us\") --json has "
            "\"address\",\"gateway\",\"tls\":{\"version\",\"group\"},"
            "\"gateway_sha256\",\"rulebook\":[{\"object\",\"ours\",\"theirs\",\"our_digest\","
            "\"their_digest\",\"agrees\"}]." CHECK_HELP "Examples:\n"
            "  comity check connection --context xa-ca-01\n"
            "  comity check connection --nagios --warning 200 --critical 1000\n",
    .options = options,
    .run = connection,
};
