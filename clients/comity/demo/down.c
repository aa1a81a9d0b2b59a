#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "comity/commands.h"
#include "comity/demo/demo.h"
#include "comity/output.h"
#include "wire/names.h"

static enum comity_exit stop_one(const struct invocation *inv, const struct demo *demo,
                                 const char *gateway, json_t *stopped, struct comity_fault *reterr)
{
    pid_t pid = demo_running(demo, gateway);
    if (pid == 0)
        return COMITY_DONE;
    if (inv->dry_run) {
        say(inv, "Would stop %s (process %ld).", gateway, (long)pid);
        return COMITY_DONE;
    }
    enum comity_exit exit = demo_stop(demo, gateway, pid, SIGTERM, reterr);
    if (exit == COMITY_DONE) {
        say(inv, "%s (process %ld) has stopped.", gateway, (long)pid);
        json_array_append_new(stopped,
                              json_pack("{s:s,s:I}", "id", gateway, "pid", (json_int_t)pid));
    }
    return exit;
}

/* All there is in a folder, whatever demo up was told: nothing may be left running. */
static enum comity_exit stop_each(const struct invocation *inv, const struct demo *demo,
                                  const char *where, json_t *stopped, struct comity_fault *reterr)
{
    char path[DEMO_PATH_BYTES];
    enum comity_exit worst = COMITY_DONE;
    demo_path(demo, path, "%s", where);
    DIR *folder = opendir(path);
    for (const struct dirent *e; folder != NULL && (e = readdir(folder)) != NULL;) {
        struct comity_fault fault = {0};
        if (!name_is_gateway(slice_text(e->d_name)) && !name_is_party(slice_text(e->d_name)))
            continue;
        enum comity_exit exit = stop_one(inv, demo, e->d_name, stopped, &fault);
        if (exit != COMITY_DONE) {
            worst = exit;
            *reterr = fault;
        }
    }
    if (folder != NULL)
        closedir(folder);
    return worst;
}

static enum comity_exit down(const struct invocation *inv, struct comity_fault *reterr)
{
    struct demo demo = {0};
    char mark[DEMO_PATH_BYTES];
    const char *dir = invocation_value(inv, FLAG_DIR);
    if (dir == NULL)
        return fail_usage(reterr, "--dir DIR is missing: which demo is to be stopped?");
    enum comity_exit exit = demo_folder(&demo, dir, false, reterr);
    if (exit != COMITY_DONE)
        return exit;
    demo_path(&demo, mark, DEMO_MARK);
    if (access(mark, F_OK) != 0)
        return fail(reterr, COMITY_UNKNOWN, "ABSENT", "there is no demo in %s", demo.dir);
    json_t *stopped = json_array();
    exit = stop_each(inv, &demo, "gateways", stopped, reterr);
    if (exit == COMITY_DONE)
        exit = stop_each(inv, &demo, "witnesses", stopped, reterr);
    if (exit == COMITY_DONE && !inv->dry_run)
        demo_unrecord(&demo);
    if (exit == COMITY_DONE && json_array_size(stopped) == 0 && !inv->dry_run)
        say(inv, "Nothing was running.");
    if (inv->json)
        put_json(json_pack("{s:s,s:O}", "dir", demo.dir, "stopped", stopped));
    json_decref(stopped);
    return exit;
}

static const struct argp_option options[] = {
    {"dir", FLAG_DIR, "DIR", 0, "The folder of the demo", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command demo_down_command = {
    .noun = "demo",
    .verb = "down",
    .arguments = "--dir DIR",
    .summary = "Stops a demo and leaves nothing running",
    .help = "The folder stays, with journal and audit log; demo up starts the same demo again. "
            "Stopping what does not run is no failure.\n\n"
            "Example:\n"
            "  comity demo down --dir /tmp/comity-demo\n",
    .options = options,
    .run = down,
};
