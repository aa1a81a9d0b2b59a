/* comity policy activate: a rulebook is put into force at a gateway of this machine. */

#include "comity/admin/admin.h"
#include "comity/commands.h"
#include "comity/policy/policy.h"
#include "comity/policy/rulebook_install.h"

/* The gateway itself judges signatures, numbers and guarantees, by its own configuration: what is
 * judged here is only that there is a rulebook to be judged. */
static enum comity_exit install(const struct invocation *inv, const struct policy_folder *f,
                                const json_t *answer, struct comity_fault *reterr)
{
    struct rulebook_change c;
    enum comity_exit exit =
        rulebook_change_whole(admin_text(answer, "rulebook"), &f->files, &c, reterr);
    if (exit == COMITY_DONE && !inv->dry_run)
        exit = rulebook_install(inv, &c, json_object_get(answer, "in_use"), reterr);
    if (exit == COMITY_DONE)
        rulebook_change_print(inv, rulebook_change_json(&c));
    rulebook_change_done(&c);
    return exit;
}

static enum comity_exit activate(const struct invocation *inv, struct comity_fault *reterr)
{
    struct policy_folder folder;
    json_t *answer = NULL;
    enum comity_exit exit = policy_open(inv->words[0], &folder, reterr);
    if (exit == COMITY_DONE)
        exit = admin_ask(inv, "rulebook", NULL, NULL, false, &answer, reterr);
    if (exit == COMITY_DONE)
        exit = install(inv, &folder, answer, reterr);
    json_decref(answer);
    policy_close(&folder);
    return exit;
}

static const struct argp_option options[] = {
    ADMIN_OPTIONS,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command policy_activate_command = {
    .noun = "policy",
    .verb = "activate",
    .arguments = "DIR --config FILE",
    .summary = "Puts a signed rulebook into force at a gateway of this machine",
    .help = ADMIN_HELP
    "DIR holds a whole rulebook: law/, states/, parties/ and signatures/. It takes the place of "
    "the gateway's folder, which is kept beside it as FOLDER.before, and the gateway reloads. The "
    "gateway judges it by its own configuration: every object signed by those whom it names, no "
    "number below one that was in force, no guarantee of the law violated. What it refuses is "
    "put back, with exit code 2 and every problem said; the rulebook in force stays, and the audit "
    "log says that one was refused.\n\n"
    "Examples:\n"
    "  comity policy activate next --config /etc/comity/comityd.yaml --dry-run\n"
    "  comity policy activate next --config /etc/comity/comityd.yaml\n",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = activate,
};
