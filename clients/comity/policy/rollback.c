/* comity policy rollback: an earlier law as the next one. Numbers only rise, so that no copy of a
 * law that was withdrawn can come back: who wants its text again signs it again. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "comity/admin/admin.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "comity/policy/policy.h"
#include "policy/signatures.h"

#define LAW        "law/"
#define VOCABULARY "law/vocabulary"
#define NUMBER     "law number "
#define PATH_BYTES 4096

/* What is put together: the earlier law under the next number, and the rest as it is now. */
struct draft {
    struct arena *arena;
    struct text_files files;
    uint64_t number;
};

static void add(struct draft *d, const struct text_file *file)
{
    d->files.at[d->files.count++] = *file;
}

/* The line "law number N" of the vocabulary, which law_number has read already. */
static bool renumber(struct draft *d, const struct text_file *file)
{
    const char *text = arena_text(d->arena, file->text);
    const char *line = text;
    while (line != NULL && strncmp(line, NUMBER, strlen(NUMBER)) != 0) {
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    if (line == NULL)
        return false;
    const char *rest = line + strlen(NUMBER) + strspn(line + strlen(NUMBER), "0123456789");
    const char *whole = arena_print(d->arena, "%.*s" NUMBER "%" PRIu64 "%s", (int)(line - text),
                                    text, d->number, rest);
    if (whole == NULL)
        return false;
    add(d, &(struct text_file){file->path, slice_text(whole)});
    return true;
}

static bool put_earlier(struct draft *d, const struct policy_folder *earlier)
{
    bool good = true;
    for (size_t i = 0; good && i < earlier->files.count; i++) {
        const struct text_file *file = &earlier->files.at[i];
        if (!slice_begins(file->path, slice_text(LAW)))
            continue;
        if (slice_is(file->path, VOCABULARY))
            good = renumber(d, file);
        else
            add(d, file);
    }
    return good;
}

/* Signatures of the law in force are of another text, and are left behind. */
static void put_rest(struct draft *d, const struct policy_folder *now)
{
    char signed_by[SIGNATURES_PATH_BYTES];
    signatures_folder(slice_text("law"), signed_by);
    for (size_t i = 0; i < now->files.count; i++) {
        const struct slice path = now->files.at[i].path;
        if (!slice_begins(path, slice_text(LAW)) && !slice_begins(path, slice_text(signed_by)))
            add(d, &now->files.at[i]);
    }
}

static enum comity_exit put_together(struct draft *d, const struct policy_folder *earlier,
                                     const struct policy_folder *now, struct comity_fault *reterr)
{
    *d = (struct draft){.arena = now->arena, .number = schema_number(now->rulebook->schema) + 1};
    d->files.at =
        arena_array(d->arena, earlier->files.count + now->files.count, sizeof *d->files.at);
    if (d->files.at == NULL || !put_earlier(d, earlier))
        return fail(reterr, COMITY_INPUT, "CONFIG",
                    "%s/" VOCABULARY " has no line that begins with \"" NUMBER "\"", earlier->path);
    put_rest(d, now);
    return COMITY_DONE;
}

/* What is made is a rulebook, or nothing is made. */
static enum comity_exit check(const struct draft *d, struct comity_fault *reterr)
{
    struct rulebook *rulebook = NULL;
    struct text_error wrong = {0};
    struct status s = rulebook_parse(&d->files, &rulebook, &wrong);
    rulebook_free(rulebook);
    if (!failed(s))
        return COMITY_DONE;
    fail(reterr, COMITY_INPUT, "CONFIG", "the earlier law does not go with the rest: %s:%u:%u: %s",
         wrong.file, wrong.line, wrong.column, wrong.message);
    return advise(reterr, "States or parties have changed since; mend the law by hand");
}

static enum comity_exit write_draft(const struct draft *d, const char *dir,
                                    struct comity_fault *reterr)
{
    struct stat st;
    if (lstat(dir, &st) == 0)
        return fail(reterr, COMITY_CONFLICT, "E_STATE", "%s is there already", dir);
    struct status s = folder_write(dir, &d->files, 0755, 0644);
    return failed(s) ? fail(reterr, COMITY_FAILED, "STORE", "%s cannot be written (%s)", dir,
                            code_name(s.code))
                     : COMITY_DONE;
}

static void print(const struct invocation *inv, const struct draft *d, const char *dir)
{
    if (inv->json)
        put_json(json_pack("{s:s,s:I,s:b}", "dir", dir, "number", (json_int_t)d->number, "written",
                           (int)!inv->dry_run));
    else
        printf("%s: law number %" PRIu64 ", unsigned\n", dir, d->number);
    say(inv, "next: have at least two authorities sign it");
    say(inv, "  comity policy sign %s --object law --key FILE --cert FILE", dir);
    say(inv, "then comity policy activate %s --config FILE", dir);
}

static enum comity_exit make(const struct invocation *inv, const struct policy_folder *earlier,
                             const struct policy_folder *now, struct comity_fault *reterr)
{
    struct draft d;
    enum comity_exit exit = put_together(&d, earlier, now, reterr);
    if (exit == COMITY_DONE)
        exit = check(&d, reterr);
    if (exit == COMITY_DONE && !inv->dry_run)
        exit = write_draft(&d, inv->words[0], reterr);
    if (exit == COMITY_DONE)
        print(inv, &d, inv->words[0]);
    return exit;
}

/* FOLDER.before, which the last activation has left. */
static enum comity_exit open_earlier(const char *folder, char path[static PATH_BYTES],
                                     struct policy_folder *ret_earlier, struct comity_fault *reterr)
{
    *ret_earlier = (struct policy_folder){0};
    if (snprintf(path, PATH_BYTES, "%s.before", folder) >= PATH_BYTES)
        return fail_usage(reterr, "%s: the path is too long", folder);
    enum comity_exit exit = policy_open(path, ret_earlier, reterr);
    return exit == COMITY_DONE ? exit
                               : advise(reterr,
                                        "%s is what the last activation has left; an older "
                                        "law is taken from where you keep it",
                                        path);
}

static enum comity_exit rollback(const struct invocation *inv, struct comity_fault *reterr)
{
    char path[PATH_BYTES];
    struct policy_folder now = {0}, earlier = {0};
    json_t *answer = NULL;
    enum comity_exit exit = admin_ask(inv, "rulebook", NULL, NULL, false, &answer, reterr);
    if (exit == COMITY_DONE)
        exit = policy_open(admin_text(answer, "rulebook"), &now, reterr);
    if (exit == COMITY_DONE)
        exit = open_earlier(admin_text(answer, "rulebook"), path, &earlier, reterr);
    if (exit == COMITY_DONE)
        exit = make(inv, &earlier, &now, reterr);
    policy_close(&earlier);
    policy_close(&now);
    json_decref(answer);
    return exit;
}

static const struct argp_option options[] = {
    ADMIN_OPTIONS,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command policy_rollback_command = {
    .noun = "policy",
    .verb = "rollback",
    .arguments = "DIR --config FILE",
    .summary = "Makes the law that was in force before the next one, to be signed",
    .help = ADMIN_HELP
    "Numbers of a rulebook only rise, or whoever has a copy of a law that was withdrawn could "
    "bring "
    "it back. So nothing is put into force here: DIR is made anew with the gateway's rulebook, in "
    "which the law is that of FOLDER.before under the next number. Its authorities sign it, and "
    "comity policy activate puts it into force.\n\n"
    "Example:\n"
    "  comity policy rollback /tmp/back --config /etc/comity/comityd.yaml\n",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = rollback,
};
