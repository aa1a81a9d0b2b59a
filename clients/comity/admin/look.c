/* comity admin status, peers, quarantine: how a gateway on this machine is. */

#include <inttypes.h>
#include <string.h>

#include "comity/admin/admin.h"
#include "comity/commands.h"
#include "comity/output.h"

#define MIB INT64_C(1048576)

static void print_pair(const char *name, const char *text)
{
    printf("%-10s", name);
    put_text(stdout, text);
    fputc('\n', stdout);
}

static void print_restored(const json_t *restored)
{
    if (!json_is_object(restored))
        return;
    printf("%-10sfrom a backup at %s, when the log had %" PRId64 " entries; %" PRId64
           " of them are there without their messages\n",
           "restored", admin_text(restored, "at"), admin_number(restored, "size"),
           admin_number(restored, "lost"));
}

static void print_timestamps(const json_t *t)
{
    if (!json_is_object(t))
        return;
    print_pair("stamped by", admin_text(t, "authority"));
    if (admin_number(t, "size") > 0)
        printf("%-10sthe newest timestamp is of %" PRId64 " entries, %s\n", "",
               admin_number(t, "size"), admin_text(t, "at"));
    printf("%-10s%" PRId64 " published entries wait for a timestamp\n", "",
           admin_number(t, "waiting"));
    if (json_is_integer(json_object_get(t, "away_s"))) {
        printf("%-10sTHE AUTHORITY GIVES NONE since %" PRId64 " s: ", "",
               admin_number(t, "away_s"));
        put_text(stdout, admin_text(t, "why"));
        fputc('\n', stdout);
    }
}

static void print_categories(const char *direction, json_t *counts)
{
    const char *code;
    json_t *count;
    json_object_foreach(counts, code, count)
        printf("%-10s%s: %s in %" JSON_INTEGER_FORMAT " fields\n", "", code, direction,
               json_integer_value(count));
}

static void print_outcomes(const char *first, json_t *counts)
{
    const char *second;
    json_t *count;
    json_object_foreach(counts, second, count)
        printf("%-10s%s in force, %s by the candidate: %" JSON_INTEGER_FORMAT " messages\n", "",
               first, second, json_integer_value(count));
}

static void print_candidate(const json_t *c)
{
    const char *first;
    json_t *counts;
    if (!json_is_object(c))
        return;
    printf("%-10slaw number %" PRId64 " %s; %" PRId64 " messages compared, %" PRId64
           " skipped for want of memory\n",
           "candidate", admin_number(c, "law"), admin_text(c, "digest"),
           admin_number(c, "compared"), admin_number(c, "skipped"));
    json_object_foreach(json_object_get(c, "outcomes"), first, counts)
        print_outcomes(first, counts);
    print_categories("wider", json_object_get(c, "wider"));
    print_categories("narrower", json_object_get(c, "narrower"));
}

static void print_age(const json_t *row)
{
    char age[32];
    if (!json_is_integer(json_object_get(row, "age_s"))) {
        printf("has cosigned nothing yet");
        return;
    }
    admin_duration((uint64_t)admin_number(row, "age_s"), age, sizeof age);
    printf("%" PRId64 " entries, cosigned %s ago", admin_number(row, "size"), age);
}

static void print_witness(const struct invocation *inv, const json_t *w)
{
    const json_t *failure = json_object_get(w, "failure");
    const bool good = strcmp(admin_text(w, "state"), "good") == 0;
    put_text(stdout, admin_text(w, "name"));
    printf(" of %s: ", admin_text(w, "party"));
    put_painted(inv, good ? PAINT_GOOD : PAINT_BAD, admin_text(w, "state"));
    printf("; ");
    print_age(w);
    printf(", %" PRId64 " behind\n", admin_number(w, "backlog"));
    if (!json_is_object(failure))
        return;
    printf("%-10s  last failure %s: ", "", admin_text(failure, "at"));
    put_text(stdout, admin_text(failure, "why"));
    fputc('\n', stdout);
}

static void print_foreign(const json_t *log)
{
    size_t i;
    json_t *row;
    const json_t *rows = json_object_get(log, "cosigned");
    put_text(stdout, admin_text(log, "origin"));
    if (json_array_size(rows) == 0)
        printf(": %s has told nothing cosigned yet", admin_text(log, "gateway"));
    json_array_foreach(rows, i, row)
    {
        printf("%s for readers of %s: ", i == 0 ? "" : ";", admin_text(row, "state"));
        print_age(row);
    }
    fputc('\n', stdout);
}

static void print_witnesses(const struct invocation *inv, const json_t *status)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(status, "witnesses"), i, row)
    {
        printf("%-10s", i == 0 ? "witnesses" : "");
        print_witness(inv, row);
    }
    json_array_foreach(json_object_get(status, "foreign"), i, row)
    {
        printf("%-10s", i == 0 ? "foreign" : "");
        print_foreign(row);
    }
}

static void print_status(const struct invocation *inv, const json_t *status)
{
    char up[32];
    const json_t *law = json_object_get(status, "law"), *log = json_object_get(status, "log");
    const json_t *j = json_object_get(status, "journal"), *p = json_object_get(status, "peers");
    admin_duration((uint64_t)admin_number(status, "uptime_s"), up, sizeof up);
    printf("%-10s", "gateway");
    put_text(stdout, admin_text(status, "gateway"));
    printf(", version ");
    put_text(stdout, admin_text(status, "version"));
    printf(", up %s\n%-10s", up, "work");
    put_painted(inv, admin_true(status, "draining") ? PAINT_BAD : PAINT_GOOD,
                admin_true(status, "draining") ? "draining: new submissions are refused"
                                               : "new submissions are taken");
    printf("\n%-10snumber %" PRId64 " %s\n", "law", admin_number(law, "number"),
           admin_text(law, "digest"));
    print_candidate(json_object_get(status, "candidate"));
    print_pair("log", admin_text(log, "origin"));
    printf("%-10s%" PRId64 " entries are signed, %" PRId64 " published\n", "",
           admin_number(log, "signed"), admin_number(log, "published"));
    printf("%-10s%" PRId64 " MiB are free; %" PRId64 " KiB wait; the write-ahead log has %" PRId64
           " KiB%s%s%s\n",
           "journal", admin_number(j, "free_bytes") / MIB, admin_number(j, "queued_bytes") / 1024,
           admin_number(j, "wal_bytes") / 1024,
           admin_true(j, "low") ? "; NO ROOM FOR NEW WORK" : "",
           admin_true(j, "stalled") ? "; WHAT IS COMMITTED CANNOT BE SIGNED" : "",
           admin_true(j, "publishing_failed") ? "; PUBLISHING FAILS" : "");
    print_restored(json_object_get(status, "restored"));
    print_timestamps(json_object_get(status, "timestamps"));
    printf("%-10s%" PRId64 " up, %" PRId64 " away\n", "peers", admin_number(p, "up"),
           admin_number(p, "away"));
    print_witnesses(inv, status);
}

static enum comity_exit show_status(const struct invocation *inv, struct comity_fault *reterr)
{
    json_t *answer = NULL;
    enum comity_exit exit = admin_ask(inv, "status", NULL, NULL, false, &answer, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (inv->json) {
        put_json(answer);
        return COMITY_DONE;
    }
    print_status(inv, answer);
    json_decref(answer);
    return COMITY_DONE;
}

static void print_peer(const struct invocation *inv, const json_t *peer)
{
    char age[32] = "";
    bool up = admin_true(peer, "up"), forked = admin_true(peer, "fork");
    const json_t *logs = json_object_get(peer, "logs");
    put_text(stdout, admin_text(peer, "id"));
    put_painted(inv, up ? PAINT_GOOD : PAINT_BAD, up ? "  up  " : "  away");
    printf(" since %s, %s", admin_text(peer, "since"),
           admin_true(peer, "dials") ? "dialled" : "dials");
    printf("; %" PRId64 " wait", admin_number(peer, "waiting"));
    if (admin_number(peer, "waiting") > 0) {
        admin_duration((uint64_t)admin_number(peer, "oldest_s"), age, sizeof age);
        printf(", the oldest for %s", age);
    }
    if (admin_number(peer, "aside") > 0) {
        printf(", ");
        snprintf(age, sizeof age, "%" PRId64 " laid aside", admin_number(peer, "aside"));
        put_painted(inv, PAINT_BAD, age);
    }
    if (forked)
        put_painted(inv, PAINT_BAD, "; TWO HISTORIES OF ITS LOG: nothing goes to it");
    fputc('\n', stdout);
    for (size_t i = 0; i < json_array_size(logs); i++) {
        const json_t *log = json_array_get(logs, i);
        fputs("  ", stdout);
        put_text(stdout, admin_text(log, "origin"));
        if (json_object_get(log, "size") != NULL)
            printf(": %" PRId64 " entries seen\n", admin_number(log, "size"));
        else
            puts(": nothing seen yet");
    }
}

static enum comity_exit show_peers(const struct invocation *inv, struct comity_fault *reterr)
{
    json_t *answer = NULL;
    enum comity_exit exit = admin_ask(inv, "peers", NULL, NULL, false, &answer, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (inv->json) {
        put_json(answer);
        return COMITY_DONE;
    }
    const json_t *peers = json_object_get(answer, "peers");
    for (size_t i = 0; i < json_array_size(peers); i++)
        print_peer(inv, json_array_get(peers, i));
    if (json_array_size(peers) == 0)
        say(inv, "the directory has no other gateway");
    json_decref(answer);
    return COMITY_DONE;
}

static const struct argp_option options[] = {
    ADMIN_OPTIONS,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command admin_status_command = {
    .noun = "admin",
    .verb = "status",
    .arguments = "--config FILE",
    .summary = "Shows how a gateway is",
    .help = ADMIN_HELP
    "With --json: {\"gateway\",\"version\",\"uptime_s\",\"draining\",\"law\",\"log\",\"journal\","
    "\"peers\",\"witnesses\",\"foreign\",\"restored\",\"candidate\"}; witnesses: of the log, "
    "[{\"name\",\"party\",\"key\",\"state\",\"size\",\"age_s\",\"backlog\",\"failure\"}], state: "
    "good, away, ahead, conflict or new; foreign: other logs that want a quorum, [{\"gateway\","
    "\"origin\",\"cosigned\":[{\"state\",\"size\",\"age_s\"}]}]; restored: null, or "
    "{\"size\",\"lost\",\"at\"}; "
    "candidate: null, or "
    "{\"law\",\"digest\",\"rulebook\",\"compared\",\"skipped\",\"outcomes\",\"wider\","
    "\"narrower\"}, counts of messages, wider and narrower those of fields by category.\n\n"
    "Example:\n"
    "  comity admin status --config /etc/comity/comityd.yaml\n",
    .options = options,
    .run = show_status,
};

const struct command admin_peers_command = {
    .noun = "admin",
    .verb = "peers",
    .arguments = "--config FILE",
    .summary = "Shows the other gateways: who is up, and what waits for whom",
    .help = ADMIN_HELP
    "With --json: {\"gateway\",\"peers\":[{\"id\",\"up\",\"since\",\"away_s\",\"dials\","
    "\"waiting\",\"oldest_s\",\"fork\",\"aside\",\"logs\"}]}; dials: this gateway dials it, and is "
    "not dialled by it; aside: messages that it puts off, see comity admin quarantine list.\n\n"
    "Example:\n"
    "  comity admin peers --config /etc/comity/comityd.yaml\n",
    .options = options,
    .run = show_peers,
};
