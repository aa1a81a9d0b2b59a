#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "comity/commands.h"
#include "comity/demo/demo.h"
#include "comity/output.h"

static bool has_party(const struct demo *demo, const char *state)
{
    for (size_t i = 0; i < demo->state_count; i++)
        if (strcmp(demo->states[i]->code, state) == 0)
            return true;
    return false;
}

static void print_lines(const struct invocation *inv, const struct demo *demo, const char *home)
{
    char name[16];
    for (size_t i = 0; i < demo->state_count; i++) {
        demo_context_name(demo->states[i], name);
        say(inv, "party    %s-CA-01  %s, context %s, home %s", demo->states[i]->code,
            demo->states[i]->ministry, name, demo_home(demo, demo->states[i])->id);
    }
    for (size_t i = 0; i < demo->gateway_count; i++)
        say(inv, "gateway  %s  127.0.0.1:%u, mutual TLS 1.3, process %ld", demo->gateways[i].id,
            demo->gateways[i].port, (long)demo->gateways[i].pid);
    for (size_t i = 0; i < demo->witness_count; i++)
        say(inv, "witness  %s  127.0.0.1:%u, of every log, process %ld", demo->witnesses[i].id,
            demo->witnesses[i].port, (long)demo->witnesses[i].pid);
    if (demo->gateway_count > 1)
        say(inv, "\nThe gateways are linked with each other, each pair over one connection.");
    say(inv, "\nThe certificates are real, made here, good for 7 days and marked DEMO.");
    say(inv, "next: run the line below in your shell, then");
    say(inv, "  comity context list");
    if (has_party(demo, "XA") && has_party(demo, "XC"))
        say(inv,
            "  comity request send -f %s/clients/examples/a3-request.json --to XC-CA-01 "
            "--context xa-ca-01",
            demo->data);
    say(inv, "  comity demo down --dir %s\n", demo->dir);
    printf("export COMITY_HOME='%s'\n", home);
}

/* A folder with anything else in it is somebody's: nothing is written there. */
static bool is_foreign(const struct demo *demo)
{
    bool marked = false;
    size_t files = 0;
    DIR *folder = opendir(demo->dir);
    for (const struct dirent *e; folder != NULL && (e = readdir(folder)) != NULL;) {
        marked = marked || strcmp(e->d_name, DEMO_MARK) == 0;
        files += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    }
    if (folder != NULL)
        closedir(folder);
    return files > 0 && !marked;
}

/* Takes the folder for this process, unless it is somebody else's. */
static enum comity_exit take_folder(const struct demo *demo, int *ret_fd,
                                    struct comity_fault *reterr)
{
    if (is_foreign(demo)) {
        fail(reterr, COMITY_INPUT, "USAGE", "%s is not empty and holds no demo", demo->dir);
        return advise(reterr, "name a new folder: it will be made");
    }
    return demo_take(demo, ret_fd, reterr);
}

static enum comity_exit another_demo(const struct demo *demo, const char *line,
                                     struct comity_fault *reterr)
{
    fail(reterr, COMITY_CONFLICT, "BUSY", "%s holds another demo: %s", demo->dir, line);
    return advise(reterr, "take another folder, or ask for the same States");
}

/* A stopped demo of the same kind may be started again; anything else there is left alone. */
static enum comity_exit mark_folder(const struct demo *demo, int fd, struct comity_fault *reterr)
{
    char wanted[DEMO_PATH_BYTES], found[DEMO_PATH_BYTES] = "";
    demo_line(demo, wanted);
    ssize_t length = pread(fd, found, sizeof found - 1, 0);
    if (length < 0)
        return fail_errno(reterr, "%s/" DEMO_MARK " cannot be read", demo->dir);
    if (length > 0 && strcmp(found, wanted) != 0)
        return another_demo(demo, found, reterr);
    if (length == 0 && pwrite(fd, wanted, strlen(wanted), 0) < 0)
        return fail_errno(reterr, "%s/" DEMO_MARK " cannot be written", demo->dir);
    for (size_t i = 0; i < demo->gateway_count; i++) {
        pid_t pid = demo_running(demo, demo->gateways[i].id);
        if (pid == 0)
            continue;
        fail(reterr, COMITY_CONFLICT, "BUSY", "the demo in %s is up: %s is process %ld", demo->dir,
             demo->gateways[i].id, (long)pid);
        return advise(reterr, "comity demo down --dir %s", demo->dir);
    }
    return COMITY_DONE;
}

static enum comity_exit make(const struct invocation *inv, struct demo *demo,
                             struct comity_fault *reterr)
{
    say(inv, "Making certificates, rulebook and contexts in %s ...", demo->dir);
    enum comity_exit exit = demo_pki(demo, reterr);
    if (exit == COMITY_DONE)
        exit = demo_witness_keys(demo, reterr);
    if (exit == COMITY_DONE)
        exit = demo_files(demo, reterr);
    if (exit == COMITY_DONE)
        exit = demo_start(demo, reterr);
    return exit;
}

/* Says what was made, and writes it down for demo restart. */
static enum comity_exit print_made(const struct invocation *inv, const struct demo *demo,
                                   struct comity_fault *reterr)
{
    char home[DEMO_PATH_BYTES];
    json_t *json = demo_json(demo);
    enum comity_exit exit = demo_record(demo, json, reterr);
    demo_path(demo, home, "home");
    if (exit == COMITY_DONE && inv->json)
        put_json(json_incref(json));
    else if (exit == COMITY_DONE)
        print_lines(inv, demo, home);
    json_decref(json);
    return exit;
}

static enum comity_exit make_in(const struct invocation *inv, struct demo *demo, const char *dir,
                                struct comity_fault *reterr)
{
    int fd = -1;
    enum comity_exit exit = demo_folder(demo, dir, true, reterr);
    if (exit == COMITY_DONE)
        exit = demo_reachable(demo, reterr);
    if (exit == COMITY_DONE)
        exit = take_folder(demo, &fd, reterr);
    if (exit == COMITY_DONE)
        exit = mark_folder(demo, fd, reterr);
    if (exit == COMITY_DONE)
        exit = make(inv, demo, reterr);
    if (exit == COMITY_DONE)
        exit = print_made(inv, demo, reterr);
    if (fd >= 0)
        close(fd);
    return exit;
}

static enum comity_exit up(const struct invocation *inv, struct comity_fault *reterr)
{
    struct demo demo = {0};
    char line[DEMO_PATH_BYTES];
    const char *dir = invocation_value(inv, FLAG_DIR);
    if (dir == NULL)
        return fail_usage(reterr, "--dir DIR is missing: where shall the demo live?");
    enum comity_exit exit = demo_plan(&demo, invocation_value(inv, FLAG_STATES),
                                      invocation_has(inv, FLAG_WITNESSES), reterr);
    if (exit == COMITY_DONE)
        exit = demo_place(&demo, invocation_value(inv, FLAG_COMITYD), reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (!inv->dry_run)
        return make_in(inv, &demo, dir, reterr);
    demo_line(&demo, line);
    say(inv, "Would make a demo (%s) in %s with %s.", line, dir, demo.comityd);
    return COMITY_DONE;
}

static const struct argp_option options[] = {
    {"dir", FLAG_DIR, "DIR", 0, "The folder that holds all of it; made where missing", 1},
    {"states", FLAG_STATES, "XA,XC", 0, "One gateway for each of these, of XA, XB, XC and XD", 1},
    {"witnesses", FLAG_WITNESSES, NULL, 0,
     "A witness of each State: readers want its word on every log", 1},
    {"comityd", FLAG_COMITYD, "FILE", 0, "The gateway's program, where it is not beside this one",
     1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command demo_up_command = {
    .noun = "demo",
    .verb = "up",
    .arguments = "--dir DIR",
    .summary = "Makes ministries with real certificates and starts their gateways",
    .help = "With --states each State has a gateway of its own, with its own keys, journal and "
            "audit log, and the gateways pass messages on to each other. Without it the ministries "
            "of justice of Arvenia (XA) and Corland (XC) share one gateway. All listen on "
            "127.0.0.1 only. With --witnesses each State's ministry of the interior runs a "
            "comity-witness that cosigns every gateway's log, and nothing is read without. Nothing "
            "outside DIR is written. Waits until every gateway is ready "
            "and linked with the others. Prints the line that makes your shell use the demo's "
            "contexts.\n\n"
            "Examples:\n"
            "  eval \"$(comity demo up --dir /tmp/comity-demo --states XA,XC)\"\n"
            "  comity demo up --dir /tmp/comity-four --states XA,XB,XC,XD\n"
            "  comity demo up --dir /tmp/comity-cosigned --states XA,XC --witnesses\n"
            "  comity demo up --dir /tmp/comity-hub\n",
    .options = options,
    .run = up,
};
