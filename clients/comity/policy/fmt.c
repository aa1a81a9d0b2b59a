/* comity policy fmt: texts of law in their canonical form. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "policy/format.h"

#define ARENA_BYTES    (64UL << 20)
#define TEXT_MAX_BYTES (4UL << 20)
#define MAX_FILES      4096
#define PATH_BYTES     4096

struct formatting {
    const struct invocation *inv;
    struct arena *arena;
    bool check;
    size_t changed, seen;
};

/* What stands in a folder beside such texts - types, vocabularies, documents - is left alone. */
static bool is_law_text(struct slice text)
{
    static const char *const first[] = {"policy", "agreement", "order", "scenario"};
    struct text_error ignored = {0};
    struct lexer l = lexer_over((struct slice){NULL, 0}, text, &ignored);
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        if (!l.failed && l.token.kind == TOKEN_WORD && lexer_at(&l, first[i]))
            return true;
    return false;
}

static enum comity_exit format_fault(const char *path, struct status s,
                                     const struct text_error *wrong, struct comity_fault *reterr)
{
    return s.code == CODE_CONFIG ? fail(reterr, COMITY_INPUT, "CONFIG", "%s:%u:%u: %s", path,
                                        wrong->line, wrong->column, wrong->message)
                                 : fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
}

/* The file keeps its mode. Killed in between it is the old one or the new one. */
static enum comity_exit replace(const char *path, struct slice text, struct comity_fault *reterr)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return fail_errno(reterr, "%s cannot be written", path);
    if (failed(file_write(path, text, st.st_mode & 0777U)))
        return fail(reterr, COMITY_FAILED, "STORE", "%s cannot be written", path);
    return COMITY_DONE;
}

static enum comity_exit take_text(struct formatting *f, const char *path, struct slice text,
                                  struct comity_fault *reterr)
{
    struct text_error wrong = {0};
    struct buffer out = buffer_new(2 * TEXT_MAX_BYTES);
    struct status s = format_text(slice_text(path), text, &out, &wrong);
    bool changes = !failed(s) && !slice_equal(buffer_slice(&out), text);
    enum comity_exit exit = failed(s) ? format_fault(path, s, &wrong, reterr) : COMITY_DONE;
    f->seen++;
    f->changed += changes;
    if (changes && !f->check && !f->inv->dry_run)
        exit = replace(path, buffer_slice(&out), reterr);
    if (changes && exit == COMITY_DONE && f->inv->json)
        put_json(json_pack("{s:s}", "file", path));
    else if (changes && exit == COMITY_DONE)
        printf("%s\n", path);
    buffer_done(&out);
    return exit;
}

static enum comity_exit take_file(struct formatting *f, const char *path,
                                  struct comity_fault *reterr)
{
    struct buffer text = buffer_new(TEXT_MAX_BYTES);
    struct status s = file_read(path, &text);
    enum comity_exit exit =
        failed(s) ? fail(reterr, COMITY_INPUT, "ABSENT", "%s cannot be read: %s", path,
                         s.code == CODE_FULL ? "it is too long" : "no such file, or not readable")
                  : take_text(f, path, buffer_slice(&text), reterr);
    buffer_done(&text);
    return exit;
}

static enum comity_exit take_folder(struct formatting *f, const char *path,
                                    struct comity_fault *reterr)
{
    char name[PATH_BYTES];
    struct text_files files;
    enum comity_exit exit = COMITY_DONE;
    if (failed(folder_read(f->arena, path, MAX_FILES, &files)))
        return fail(reterr, COMITY_FAILED, "STORE", "the folder %s cannot be read", path);
    for (size_t i = 0; i < files.count && exit == COMITY_DONE; i++) {
        const struct text_file *file = &files.at[i];
        if (!is_law_text(file->text))
            continue;
        int length = snprintf(name, sizeof name, "%s/%.*s", path, (int)file->path.length,
                              (const char *)file->path.at);
        exit = length < PATH_BYTES ? take_text(f, name, file->text, reterr)
                                   : fail_usage(reterr, "%s: a path is too long", path);
    }
    return exit;
}

static enum comity_exit take(struct formatting *f, const char *path, struct comity_fault *reterr)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return fail(reterr, COMITY_INPUT, "ABSENT", "%s: %s", path, strerror(errno));
    return S_ISDIR(st.st_mode) ? take_folder(f, path, reterr) : take_file(f, path, reterr);
}

static enum comity_exit fmt(const struct invocation *inv, struct comity_fault *reterr)
{
    struct formatting f = {
        .inv = inv, .check = invocation_has(inv, FLAG_CHECK), .arena = arena_new(ARENA_BYTES)};
    enum comity_exit exit =
        f.arena == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory") : COMITY_DONE;
    for (size_t i = 0; i < inv->word_count && exit == COMITY_DONE; i++)
        exit = take(&f, inv->words[i], reterr);
    arena_free(f.arena);
    if (exit != COMITY_DONE)
        return exit;
    if (!f.check || f.changed == 0) {
        say(inv, "%zu of %zu texts %s", f.changed, f.seen,
            f.check || inv->dry_run ? "would change" : "changed");
        return COMITY_DONE;
    }
    fail(reterr, COMITY_INPUT, "FORMAT", "%zu of %zu texts are not in their canonical form",
         f.changed, f.seen);
    return advise(reterr, "comity policy fmt without --check writes them");
}

static const struct argp_option options[] = {
    {"check", FLAG_CHECK, NULL, 0, "Write nothing; end with 2 where a text would change", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command policy_fmt_command = {
    .noun = "policy",
    .verb = "fmt",
    .arguments = "FILE|DIR...",
    .summary = "Puts texts of law into their canonical form",
    .help = "Blanks, line breaks and indentation only: what a text says stays, and so do its "
            "comments. Of a folder all policies, agreements, orders of levels and scenarios below "
            "it are taken and other texts left alone. Prints the names of those that change; each "
            "is replaced in one step.\n\n"
            "Examples:\n"
            "  comity policy fmt rulebook/law\n"
            "  comity policy fmt --check policies\n",
    .options = options,
    .words_min = 1,
    .words_max = 4096,
    .run = fmt,
};
