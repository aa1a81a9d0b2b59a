#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "comity/commands.h"
#include "comity/demo/demo.h"
#include "comity/output.h"
#include "wire/names.h"

#define PORT_MAX 65535

/* The row of a gateway or witness among those that are up; NULL if there is none. */
static json_t *row_find(json_t *json, const char *gateway)
{
    size_t i;
    json_t *row;
    const char *among = name_is_gateway(slice_text(gateway)) ? "gateways" : "witnesses";
    json_array_foreach(json_object_get(json, among), i, row)
    {
        const char *id = json_string_value(json_object_get(row, "id"));
        if (id != NULL && strcmp(id, gateway) == 0)
            return row;
    }
    return NULL;
}

static bool row_read(const json_t *row, struct demo_gateway *ret_gateway)
{
    uint64_t port = 0;
    const char *id = json_string_value(json_object_get(row, "id"));
    const char *address = json_string_value(json_object_get(row, "address"));
    const char *colon = address == NULL ? NULL : strrchr(address, ':');
    bool good = colon != NULL && decimal_read(slice_text(colon + 1), PORT_MAX, &port) &&
                slice_copy_text(slice_text(id), ret_gateway->id, sizeof ret_gateway->id);
    ret_gateway->port = (unsigned)port;
    return good;
}

/* One that is down, by whatever cause, is only started. */
static enum comity_exit again(const struct invocation *inv, struct demo *demo, json_t *row,
                              struct comity_fault *reterr)
{
    struct demo_gateway *g = &demo->gateways[demo->gateway_count++];
    int how = invocation_has(inv, FLAG_KILL) ? SIGKILL : SIGTERM;
    if (!row_read(row, g))
        return fail(reterr, COMITY_FAILED, "CONFIG", "%s/demo.json is not what demo up wrote",
                    demo->dir);
    pid_t pid = demo_running(demo, g->id);
    if (inv->dry_run) {
        say(inv, "Would stop %s (process %ld) and start it again.", g->id, (long)pid);
        return COMITY_DONE;
    }
    enum comity_exit exit = pid == 0 ? COMITY_DONE : demo_stop(demo, g->id, pid, how, reterr);
    if (exit == COMITY_DONE)
        exit = demo_again(demo, g, reterr);
    json_object_set_new(row, "pid", json_integer(g->pid));
    if (exit == COMITY_DONE && pid == 0)
        say(inv, "%s did not run and is up again as process %ld.", g->id, (long)g->pid);
    else if (exit == COMITY_DONE)
        say(inv, "%s (process %ld) was stopped and is up again as process %ld.", g->id, (long)pid,
            (long)g->pid);
    return exit;
}

static enum comity_exit restart_in(const struct invocation *inv, struct demo *demo,
                                   struct comity_fault *reterr)
{
    const char *gateway = invocation_value(inv, FLAG_GATEWAY);
    json_t *json = NULL;
    enum comity_exit exit = demo_recorded(demo, &json, reterr);
    if (exit != COMITY_DONE)
        return exit;
    json_t *row = row_find(json, gateway);
    if (row == NULL)
        exit = fail(reterr, COMITY_UNKNOWN, "ABSENT", "the demo in %s has no gateway %s", demo->dir,
                    gateway);
    if (exit == COMITY_DONE)
        exit = again(inv, demo, row, reterr);
    if (exit == COMITY_DONE && !inv->dry_run)
        exit = demo_record(demo, json, reterr);
    if (exit == COMITY_DONE && inv->json)
        put_json(json_incref(json));
    json_decref(json);
    return exit;
}

static enum comity_exit restart(const struct invocation *inv, struct comity_fault *reterr)
{
    struct demo demo = {0};
    char mark[DEMO_PATH_BYTES];
    int fd = -1;
    const char *dir = invocation_value(inv, FLAG_DIR);
    if (dir == NULL || !invocation_has(inv, FLAG_GATEWAY))
        return fail_usage(reterr, dir == NULL ? "--dir DIR is missing: which demo is it?"
                                              : "--gateway ID is missing: XA-GW-01?");
    enum comity_exit exit = demo_folder(&demo, dir, false, reterr);
    if (exit != COMITY_DONE)
        return exit;
    demo_path(&demo, mark, DEMO_MARK);
    if (access(mark, F_OK) != 0)
        return fail(reterr, COMITY_UNKNOWN, "ABSENT", "there is no demo in %s", demo.dir);
    exit = demo_place(&demo, invocation_value(inv, FLAG_COMITYD), reterr);
    if (exit == COMITY_DONE)
        exit = demo_take(&demo, &fd, reterr);
    if (exit == COMITY_DONE)
        exit = restart_in(inv, &demo, reterr);
    if (fd >= 0)
        close(fd);
    return exit;
}

static const struct argp_option options[] = {
    {"dir", FLAG_DIR, "DIR", 0, "The folder of the demo", 1},
    {"gateway", FLAG_GATEWAY, "ID", 0,
     "The gateway, or XA-MIN-01, its State's witness, that is to be stopped and started", 1},
    {"kill", FLAG_KILL, NULL, 0, "Stop it by SIGKILL, as a crash would, not by SIGTERM", 1},
    {"comityd", FLAG_COMITYD, "FILE", 0, "The gateway's program, where it is not beside this one",
     1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command demo_restart_command = {
    .noun = "demo",
    .verb = "restart",
    .arguments = "--dir DIR --gateway ID [--kill]",
    .summary = "Stops one gateway of a demo and starts it again",
    .help =
        "It has the same address, journal and audit log as before; what waits in it goes on. "
        "One that does not run is started. The other gateways dial it again, or it them, "
        "within moments, but up to a minute and a half after it was away for long. Ends when the "
        "gateway is ready, and prints what demo up printed, with the new process.\n\n"
        "Examples:\n"
        "  comity demo restart --dir /tmp/comity-demo --gateway XC-GW-01\n"
        "  comity demo restart --dir /tmp/comity-demo --gateway XC-GW-01 --kill\n",
    .options = options,
    .run = restart,
};
