/* comity admin drain, resume, reload, backup, verify-backup, quarantine. */

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "comity/admin/admin.h"
#include "comity/commands.h"
#include "comity/output.h"

/* What a verb is asked with, and how its answer is put for people. */
struct change {
    const char *verb, *member, *value;
    bool patient;
    void (*print)(const struct invocation *invocation, const json_t *answer);
};

static enum comity_exit ask(const struct invocation *inv, const struct change *c,
                            struct comity_fault *reterr)
{
    json_t *answer = NULL;
    enum comity_exit exit =
        admin_ask(inv, c->verb, c->member, c->value, c->patient, &answer, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (inv->json) {
        put_json(answer);
        return COMITY_DONE;
    }
    c->print(inv, answer);
    json_decref(answer);
    return COMITY_DONE;
}

/* The same for what changes something: not with --dry-run. */
static enum comity_exit change(const struct invocation *inv, const struct change *c,
                               struct comity_fault *reterr)
{
    char path[ADMIN_PATH_BYTES];
    if (!inv->dry_run)
        return ask(inv, c, reterr);
    enum comity_exit exit = admin_socket(inv, path, reterr);
    if (exit == COMITY_DONE)
        say(inv, "the gateway at %s would be asked to %s", path, c->verb);
    if (exit == COMITY_DONE && inv->json)
        put_json(json_pack("{s:s,s:s}", "control", path, "would", c->verb));
    return exit;
}

/* ---- drain, resume, reload ---- */

static void print_draining(const struct invocation *inv, const json_t *answer)
{
    (void)inv;
    printf("%s%s\n",
           admin_true(answer, "draining") ? "new submissions are refused; what was accepted goes on"
                                          : "new submissions are taken",
           admin_true(answer, "changed") ? "" : ", as before");
}

static enum comity_exit drain(const struct invocation *inv, struct comity_fault *reterr)
{
    return change(inv, &(struct change){.verb = "drain", .print = print_draining}, reterr);
}

static enum comity_exit resume(const struct invocation *inv, struct comity_fault *reterr)
{
    return change(inv, &(struct change){.verb = "resume", .print = print_draining}, reterr);
}

static void print_reload(const struct invocation *inv, const json_t *answer)
{
    (void)inv;
    fputs("reloaded: ", stdout);
    put_text(stdout, admin_text(answer, "changed"));
    fputc('\n', stdout);
}

static enum comity_exit reload(const struct invocation *inv, struct comity_fault *reterr)
{
    return change(inv, &(struct change){.verb = "reload", .print = print_reload}, reterr);
}

/* ---- backups ---- */

static void print_backup(const struct invocation *inv, const json_t *answer)
{
    (void)inv;
    put_text(stdout, admin_text(answer, "dir"));
    printf(": %" PRId64 " entries, root %s, %" PRId64 " octets\n", admin_number(answer, "size"),
           admin_text(answer, "root"), admin_number(answer, "bytes"));
}

/* The gateway stands in another folder than who asks it. */
static enum comity_exit absolute(const char *dir, char path[static ADMIN_PATH_BYTES],
                                 struct comity_fault *reterr)
{
    char here[ADMIN_PATH_BYTES] = "";
    if (dir[0] != '/' && getcwd(here, sizeof here) == NULL)
        return fail_errno(reterr, "the folder that this is started in is not known");
    int length = snprintf(path, ADMIN_PATH_BYTES, "%s%s%s", here, here[0] == '\0' ? "" : "/", dir);
    if (length <= 0 || length >= ADMIN_PATH_BYTES)
        return fail_usage(reterr, "%s: the path is too long", dir);
    return COMITY_DONE;
}

static enum comity_exit backup(const struct invocation *inv, struct comity_fault *reterr)
{
    char path[ADMIN_PATH_BYTES];
    enum comity_exit exit = absolute(inv->words[0], path, reterr);
    const struct change c = {"backup", "dir", path, true, print_backup};
    return exit == COMITY_DONE ? change(inv, &c, reterr) : exit;
}

static enum comity_exit verify_backup(const struct invocation *inv, struct comity_fault *reterr)
{
    char path[ADMIN_PATH_BYTES];
    enum comity_exit exit = absolute(inv->words[0], path, reterr);
    const struct change c = {"verify-backup", "dir", path, true, print_backup};
    if (exit != COMITY_DONE)
        return exit;
    exit = ask(inv, &c, reterr);
    return exit == COMITY_VERIFY ? advise(reterr, "do not restore it: take another backup") : exit;
}

/* ---- quarantine ---- */

static void print_note(const char *text)
{
    char line[1024];
    for (struct slice rest = slice_text(text); rest.length > 0;) {
        size_t end = slice_find(rest, '\n');
        if (slice_copy_text(slice_part(rest, 0, end), line, sizeof line))
            put_text(stdout, line);
        fputc('\n', stdout);
        rest = slice_part(rest, end + 1, SIZE_MAX);
    }
}

static void print_aside(const struct invocation *inv, const json_t *row)
{
    char again[32];
    admin_duration((uint64_t)admin_number(row, "again_s"), again, sizeof again);
    put_painted(inv, PAINT_BAD, admin_text(row, "gateway"));
    fputs("  ", stdout);
    put_text(stdout, admin_text(row, "id"));
    fputs(" from ", stdout);
    put_text(stdout, admin_text(row, "from"));
    fputs(" to ", stdout);
    put_text(stdout, admin_text(row, "to"));
    printf("\nput off since %s, tried again in %s, over at %s\n", admin_text(row, "since"), again,
           admin_text(row, "expires"));
}

static void print_quarantine(const struct invocation *inv, const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "quarantine");
    const json_t *asides = json_object_get(answer, "aside");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        put_painted(inv, PAINT_BAD, admin_text(row, "gateway"));
        fputs("  ", stdout);
        put_text(stdout, admin_text(row, "origin"));
        fputs("\nkept:\n", stdout);
        print_note(admin_text(row, "kept"));
        fputs("given:\n", stdout);
        print_note(admin_text(row, "given"));
    }
    for (size_t i = 0; i < json_array_size(asides); i++)
        print_aside(inv, json_array_get(asides, i));
    if (json_array_size(rows) == 0)
        say(inv, "no gateway is in quarantine");
    if (json_array_size(asides) == 0)
        say(inv, "no message is laid aside");
}

static void print_lifted(const struct invocation *inv, const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "lifted");
    (void)inv;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const char *origin = json_string_value(json_array_get(rows, i));
        fputs("lifted: ", stdout);
        put_text(stdout, origin == NULL ? "" : origin);
        fputc('\n', stdout);
    }
}

static enum comity_exit quarantine(const struct invocation *inv, struct comity_fault *reterr)
{
    bool lift = strcmp(inv->words[0], "lift") == 0;
    if (lift && inv->word_count == 2)
        return change(inv, &(struct change){"lift", "gateway", inv->words[1], false, print_lifted},
                      reterr);
    if (!lift && strcmp(inv->words[0], "list") == 0 && inv->word_count == 1)
        return ask(inv, &(struct change){.verb = "quarantine", .print = print_quarantine}, reterr);
    fail_usage(reterr,
               lift ? "which gateway is to be let in again?"
                    : "%s is neither list alone nor lift with a gateway",
               inv->words[0]);
    return advise(reterr, "comity admin quarantine --help shows what it takes");
}

/* ---- the table ---- */

static const struct argp_option options[] = {
    ADMIN_OPTIONS,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command admin_drain_command = {
    .noun = "admin",
    .verb = "drain",
    .arguments = "--config FILE",
    .summary = "Has a gateway refuse new submissions while what was accepted flows off",
    .help = ADMIN_HELP
    "Senders are told E_UNAVAILABLE and try again; what peers bring is still taken. It lasts until "
    "comity admin resume, or until the gateway ends. comity admin peers shows what still waits.\n\n"
    "Example:\n"
    "  comity admin drain --config /etc/comity/comityd.yaml\n",
    .options = options,
    .run = drain,
};

const struct command admin_resume_command = {
    .noun = "admin",
    .verb = "resume",
    .arguments = "--config FILE",
    .summary = "Has a gateway take new submissions again",
    .help = ADMIN_HELP "Example:\n"
                       "  comity admin resume --config /etc/comity/comityd.yaml\n",
    .options = options,
    .run = resume,
};

const struct command admin_reload_command = {
    .noun = "admin",
    .verb = "reload",
    .arguments = "--config FILE",
    .summary = "Has a gateway read its files again, as SIGHUP does, and says what came of it",
    .help = ADMIN_HELP "Exit code 2 with every problem where something is wrong; nothing has "
                       "changed then.\n\n"
                       "Example:\n"
                       "  comity admin reload --config /etc/comity/comityd.yaml\n",
    .options = options,
    .run = reload,
};

const struct command admin_backup_command = {
    .noun = "admin",
    .verb = "backup",
    .arguments = "DIR --config FILE",
    .summary = "Copies a gateway's journal while it works",
    .help = ADMIN_HELP
    "DIR must not be there yet; the gateway's user makes it. It gets journal.db, the last signed "
    "checkpoint, and a manifest that sha256sum -c reads. The lock database is not copied and must "
    "never be.\n\n"
    "Example:\n"
    "  comity admin backup /srv/backup/2026-09-21 --config /etc/comity/comityd.yaml\n",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = backup,
};

const struct command admin_verify_backup_command = {
    .noun = "admin",
    .verb = "verify-backup",
    .arguments = "DIR --config FILE",
    .summary = "Checks that a backup is whole and is this gateway's",
    .help = ADMIN_HELP
    "The files are those of the manifest, the checkpoint is signed with the key that the "
    "directory has for the log, and the entries give its root. Exit code 9 and what is wrong "
    "where not. The gateway's user must be able to read DIR.\n\n"
    "Example:\n"
    "  comity admin verify-backup /srv/backup/2026-09-21 --config /etc/comity/comityd.yaml\n",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = verify_backup,
};

const struct command admin_quarantine_command = {
    .noun = "admin",
    .verb = "quarantine",
    .arguments = "list | lift GATEWAY --config FILE",
    .summary = "Shows gateways whose log has two histories and messages that their gateway puts "
               "off, and lets a gateway in again",
    .help = ADMIN_HELP
    "list shows both checkpoints, as they were signed, and the messages that are laid aside: their "
    "peer puts them off while it takes others, so what is in other threads goes first, and they "
    "are tried again by themselves. lift has the gateway believe a log again, where it goes on "
    "from what is kept: after it is known how the other history came about. Both checkpoints stay "
    "in the journal.\n\n"
    "With --json: {\"quarantine\":[{\"gateway\",\"origin\",\"kept\",\"given\"}],"
    "\"aside\":[{\"gateway\",\"id\",\"from\",\"to\",\"since\",\"expires\",\"again_s\"}]}.\n\n"
    "Examples:\n"
    "  comity admin quarantine list --config /etc/comity/comityd.yaml\n"
    "  comity admin quarantine lift XC-GW-01 --config /etc/comity/comityd.yaml\n",
    .options = options,
    .words_min = 1,
    .words_max = 2,
    .run = quarantine,
};
