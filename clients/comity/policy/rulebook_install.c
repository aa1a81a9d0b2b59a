#include "comity/policy/rulebook_install.h"

#include "comity/admin/admin.h"
#include "comity/output.h"

#define RELOAD_TRIES 2U

static const struct text_file *find(const struct text_files *files, struct slice path)
{
    for (size_t i = 0; i < files->count; i++)
        if (slice_equal(files->at[i].path, path))
            return &files->at[i];
    return NULL;
}

/* Paths in `files` that `others` has not, or, where changed is asked for, has otherwise. */
static json_t *differing(const struct text_files *files, const struct text_files *others,
                         bool changed)
{
    json_t *paths = json_array();
    for (size_t i = 0; i < files->count; i++) {
        const struct text_file *other = find(others, files->at[i].path);
        if (changed ? other != NULL && !slice_equal(other->text, files->at[i].text) : other == NULL)
            json_array_append_new(paths, slice_json(files->at[i].path));
    }
    return paths;
}

json_t *rulebook_change_json(const struct rulebook_change *c)
{
    return json_pack("{s:s,s:o,s:o,s:o}", "rulebook", c->folder, "added",
                     differing(&c->next, &c->now, false), "changed",
                     differing(&c->next, &c->now, true), "removed",
                     differing(&c->now, &c->next, false));
}

static void print_paths(const json_t *outcome, const char *what)
{
    const json_t *paths = json_object_get(outcome, what);
    for (size_t i = 0; i < json_array_size(paths); i++) {
        printf("%-8s ", what);
        put_text(stdout, json_string_value(json_array_get(paths, i)));
        fputc('\n', stdout);
    }
}

void rulebook_change_print(const struct invocation *inv, json_t *outcome)
{
    if (inv->json) {
        put_json(outcome);
        return;
    }
    print_paths(outcome, "added");
    print_paths(outcome, "changed");
    print_paths(outcome, "removed");
    say(inv,
        inv->dry_run ? "nothing was changed" : "in use; the rulebook before is kept beside it");
    json_decref(outcome);
}

/* The folder before is what the gateway uses: always where we have just moved it there. */
static bool can_undo(const struct rulebook_change *c, const json_t *used)
{
    for (size_t i = 0; c->is_there && i < json_array_size(used); i++) {
        const json_t *row = json_array_get(used, i);
        if (!rulebook_files_have(&c->earlier, admin_text(row, "object"), admin_text(row, "digest")))
            return false;
    }
    return true;
}

/* What the gateway has in use, told anew. */
enum in_use { IN_USE_UNKNOWN, IN_USE_BEFORE, IN_USE_NEXT };

static bool have_all(const struct text_files *files, const json_t *used)
{
    bool all = json_array_size(used) > 0;
    for (size_t i = 0; all && i < json_array_size(used); i++) {
        const json_t *row = json_array_get(used, i);
        all = rulebook_files_have(files, admin_text(row, "object"), admin_text(row, "digest"));
    }
    return all;
}

static enum in_use ask_used(const struct invocation *inv, const struct rulebook_change *c,
                            const json_t *before)
{
    json_t *answer = NULL;
    struct comity_fault fault;
    if (admin_ask(inv, "rulebook", NULL, NULL, false, &answer, &fault) != COMITY_DONE)
        return IN_USE_UNKNOWN;
    const json_t *used = json_object_get(answer, "in_use");
    enum in_use is = json_equal(used, before)   ? IN_USE_BEFORE
                     : have_all(&c->next, used) ? IN_USE_NEXT
                                                : IN_USE_UNKNOWN;
    json_decref(answer);
    return is;
}

/* A reload that was not answered may still be at work: the next one is answered after it. */
static enum comity_exit reload(const struct invocation *inv, struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_UNAVAILABLE;
    for (unsigned i = 0; i < RELOAD_TRIES && exit == COMITY_UNAVAILABLE; i++) {
        json_t *answer = NULL;
        exit = admin_ask(inv, "reload", NULL, NULL, false, &answer, reterr);
        json_decref(answer);
    }
    return exit;
}

static enum comity_exit take_back(const struct rulebook_change *c, const json_t *used,
                                  struct comity_fault *reterr)
{
    struct comity_fault undone;
    if (!can_undo(c, used))
        return advise(reterr, "%s held it already and stays as it is", c->folder);
    if (rulebook_change_undo(c, &undone) == COMITY_DONE)
        return advise(reterr, "the rulebook before has been put back");
    *reterr = undone;
    return advise(reterr, "put it back by hand, then comity admin reload");
}

/* The gateway judges it, and what it refuses is taken back; what it may have put into force is not:
 * numbers only rise, and it would not start with the one before. used: what it has in use. */
enum comity_exit rulebook_install(const struct invocation *inv, const struct rulebook_change *c,
                                  const json_t *used, struct comity_fault *reterr)
{
    enum comity_exit exit = rulebook_change_do(c, reterr);
    if (exit != COMITY_DONE)
        return exit;
    exit = reload(inv, reterr);
    if (exit == COMITY_DONE)
        return exit;
    enum in_use is = exit == COMITY_INPUT ? IN_USE_BEFORE : ask_used(inv, c, used);
    if (is == IN_USE_NEXT && !c->is_there)
        return COMITY_DONE;
    if (is == IN_USE_BEFORE && exit != COMITY_UNAVAILABLE)
        return take_back(c, used, reterr);
    return advise(reterr,
                  "%s holds the new one and %s the one before; whether the new one is in force is "
                  "not known: comity admin reload tells, once the gateway works",
                  c->folder, c->before);
}
