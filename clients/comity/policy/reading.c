#include "comity/policy/reading.h"

static bool is_law_alone(const struct text_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        if (slice_is(files->at[i].path, "vocabulary"))
            return true;
    return false;
}

static bool is_of_directory(struct slice path)
{
    return slice_begins(path, slice_text("parties/")) || slice_begins(path, slice_text("states/"));
}

/* Paths stay sorted: law/ goes before parties/ and states/. */
static struct status join(struct arena *arena, const struct text_files *directory,
                          struct text_files *law)
{
    size_t count = 0;
    struct text_file *all = arena_array(arena, law->count + directory->count + 1, sizeof *all);
    if (all == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < law->count; i++) {
        struct slice path = law->at[i].path;
        const char *below = arena_print(arena, "law/%.*s", (int)path.length, (const char *)path.at);
        if (below == NULL)
            return FAIL(MEMORY);
        all[count++] = (struct text_file){slice_text(below), law->at[i].text};
    }
    for (size_t i = 0; i < directory->count; i++)
        if (is_of_directory(directory->at[i].path))
            all[count++] = directory->at[i];
    *law = (struct text_files){all, count};
    return OK;
}

/* Without a context there are no parties; whoever names one wants them. */
static enum comity_exit join_context(const struct invocation *inv, struct policy_folder *f,
                                     struct comity_fault *reterr)
{
    struct comity_context context;
    struct text_files directory = {0};
    const char *name = invocation_value(inv, FLAG_CONTEXT);
    enum comity_exit exit = comity_context_load(NULL, name, &context, reterr);
    if (exit != COMITY_DONE && name != NULL)
        return exit;
    if (exit == COMITY_DONE &&
        failed(folder_read(f->arena, context.directory, POLICY_FILES_MAX, &directory)))
        return fail(reterr, COMITY_FAILED, "STORE",
                    "the rulebook %s of the context %s cannot be read", context.directory,
                    context.name);
    return failed(join(f->arena, &directory, &f->files))
               ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
               : COMITY_DONE;
}

/* What is in force as far as this context knows. */
static enum comity_exit open_own(const struct invocation *inv, struct policy_folder *ret_folder,
                                 struct comity_fault *reterr)
{
    struct comity_context context;
    enum comity_exit exit =
        comity_context_load(NULL, invocation_value(inv, FLAG_CONTEXT), &context, reterr);
    if (exit != COMITY_DONE)
        return advise(reterr, "name the rulebook's folder, or a context with --context NAME");
    return policy_open_files(context.directory, ret_folder, reterr);
}

enum comity_exit policy_reading_open(const struct invocation *inv, const char *path,
                                     struct policy_folder *ret_folder, struct comity_fault *reterr)
{
    struct policy_folder *f = ret_folder;
    *f = (struct policy_folder){0};
    enum comity_exit exit =
        path == NULL ? open_own(inv, f, reterr) : policy_open_files(path, f, reterr);
    f->alone = is_law_alone(&f->files);
    if (exit == COMITY_DONE && f->alone)
        exit = join_context(inv, f, reterr);
    return exit == COMITY_DONE ? policy_parse(f, reterr) : exit;
}
