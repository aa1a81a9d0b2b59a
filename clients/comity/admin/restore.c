/* comity admin restore: a backup in the place of a lost journal. */

#include <inttypes.h>
#include <unistd.h>

#include "comity/admin/admin.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "comity/program.h"

static void print_restored(const struct invocation *inv, const json_t *answer)
{
    bool dry_run = admin_true(answer, "dry_run");
    int64_t lost = admin_number(answer, "lost");
    put_text(stdout, admin_text(answer, "dir"));
    printf(": %" PRId64 " entries; %" PRId64 " were signed since, %s taken from the published log"
           " without their messages\n",
           admin_number(answer, "size"), lost, dry_run ? "and would be" : "and are");
    if (admin_text(answer, "aside")[0] != '\0') {
        fputs("the old files lie in ", stdout);
        put_text(stdout, admin_text(answer, "aside"));
        fputc('\n', stdout);
    }
    say(inv, dry_run ? "nothing was changed"
                     : "start comityd: peers hear of it and send again what was lost");
}

static enum comity_exit restore(const struct invocation *inv, struct comity_fault *reterr)
{
    json_t *answer = NULL;
    const char *const words[PROGRAM_WORDS_MAX] = {"--restore", inv->words[0],
                                                  inv->dry_run ? "--dry-run" : NULL, NULL};
    enum comity_exit exit = program_run(inv, words, &answer, reterr);
    if (exit == COMITY_UNAVAILABLE)
        return advise(reterr, "the gateway must be stopped, and its disks need room for the copy");
    if (exit == COMITY_VERIFY)
        return advise(reterr, "nothing was changed; take another backup");
    if (exit == COMITY_FORK)
        return advise(reterr, "nothing was changed; deploy/RUNBOOK.md: a backup was restored");
    if (exit != COMITY_DONE)
        return exit;
    if (inv->json) {
        put_json(answer);
        return COMITY_DONE;
    }
    print_restored(inv, answer);
    json_decref(answer);
    return COMITY_DONE;
}

static const struct argp_option options[] = {
    {"config", FLAG_CONFIG, "FILE", 0, "The gateway's configuration", 1},
    PROGRAM_OPTIONS,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command admin_restore_command = {
    .noun = "admin",
    .verb = "restore",
    .arguments = "DIR --config FILE",
    .summary = "Puts a backup in the place of a lost journal, and completes its log",
    .help =
        "The gateway must be stopped. The backup is verified as by verify-backup, and completed "
        "with the entries that were published after it, up to what was signed last by the lock "
        "database: their messages are lost, the log is not. The old files are laid aside in the "
        "journal's folder, nothing is deleted. Where entries are missing, or are others than were "
        "signed, nothing is changed. Killed on its way, it is run again.\n\n"
        "As root it works as the user that the gateway runs as.\n\n"
        "Exit codes: 7 the gateway is running, or a disk is full; 9 the backup is not good; 11 it "
        "cannot lead to what was signed.\n\n"
        "With --json: {\"dir\",\"size\",\"root\",\"bytes\",\"signed\",\"lost\",\"aside\","
        "\"dry_run\"}.\n\n"
        "Examples:\n"
        "  comity admin restore /srv/backup/2026-09-21 --dry-run --config "
        "/etc/comity/comityd.yaml\n"
        "  comity admin restore /srv/backup/2026-09-21 --config /etc/comity/comityd.yaml\n",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = restore,
};
