#include "comity/policy_reading.h"

#include <time.h>

#include "base/instant.h"

#define ARENA_BYTES (512UL << 20)
#define MAX_FILES   4096

static const char law_folder[] = "law/";

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
        const char *below =
            arena_print(arena, "%s%.*s", law_folder, (int)path.length, (const char *)path.at);
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
static enum comity_exit join_context(const struct invocation *inv, struct policy_reading *r,
                                     struct comity_fault *reterr)
{
    struct comity_context context;
    struct text_files directory = {0};
    struct policy_folder *f = &r->folder;
    const char *name = invocation_value(inv, FLAG_CONTEXT);
    enum comity_exit exit = comity_context_load(NULL, name, &context, reterr);
    if (exit != COMITY_DONE && name != NULL)
        return exit;
    if (exit == COMITY_DONE &&
        failed(folder_read(f->arena, context.directory, MAX_FILES, &directory)))
        return fail(reterr, COMITY_FAILED, "STORE",
                    "the rulebook %s of the context %s cannot be read", context.directory,
                    context.name);
    return failed(join(f->arena, &directory, &f->files))
               ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
               : COMITY_DONE;
}

/* What is in force as far as this context knows. */
static enum comity_exit own_folder(const struct invocation *inv, struct policy_folder *f,
                                   struct comity_fault *reterr)
{
    struct comity_context context;
    enum comity_exit exit =
        comity_context_load(NULL, invocation_value(inv, FLAG_CONTEXT), &context, reterr);
    if (exit != COMITY_DONE)
        return advise(reterr, "name the rulebook's folder, or a context with --context NAME");
    f->path = arena_print(f->arena, "%s", context.directory);
    return f->path == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory") : COMITY_DONE;
}

static enum comity_exit read_files(const struct invocation *inv, struct policy_reading *r,
                                   struct comity_fault *reterr)
{
    struct policy_folder *f = &r->folder;
    f->arena = arena_new(ARENA_BYTES);
    if (f->arena == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    enum comity_exit exit = f->path == NULL ? own_folder(inv, f, reterr) : COMITY_DONE;
    if (exit != COMITY_DONE)
        return exit;
    struct status s = folder_read(f->arena, f->path, MAX_FILES, &f->files);
    if (s.code == CODE_ABSENT)
        return fail(reterr, COMITY_INPUT, "ABSENT", "there is no folder %s", f->path);
    if (failed(s))
        return fail(reterr, COMITY_FAILED, "STORE", "%s cannot be read (%s)", f->path,
                    code_name(s.code));
    r->alone = is_law_alone(&f->files);
    return r->alone ? join_context(inv, r, reterr) : COMITY_DONE;
}

enum comity_exit policy_reading_open(const struct invocation *inv, const char *path,
                                     struct policy_reading *ret_reading,
                                     struct comity_fault *reterr)
{
    struct policy_reading *r = ret_reading;
    *r = (struct policy_reading){.folder.path = path};
    enum comity_exit exit = read_files(inv, r, reterr);
    if (exit != COMITY_DONE)
        return exit;
    struct status s = rulebook_parse(&r->folder.files, &r->folder.rulebook, &r->wrong);
    if (!failed(s))
        return COMITY_DONE;
    if (s.code == CODE_MEMORY)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    policy_reading_fault(r, &r->wrong, reterr);
    return advise(reterr, r->alone
                              ? "a law alone is read with the States and parties of --context NAME"
                              : "a rulebook is a folder with law/, states/ and parties/ in it");
}

struct slice policy_reading_file(const struct policy_reading *r, struct slice path)
{
    bool below = r->alone && slice_begins(path, slice_text(law_folder));
    return below ? slice_part(path, sizeof law_folder - 1, SIZE_MAX) : path;
}

enum comity_exit policy_reading_fault(const struct policy_reading *r,
                                      const struct text_error *wrong, struct comity_fault *reterr)
{
    struct text_error told = *wrong;
    struct slice file = policy_reading_file(r, slice_text(wrong->file));
    (void)slice_copy_text(file, told.file, sizeof told.file);
    return policy_text_fault(&r->folder, &told, reterr);
}

void policy_reading_close(struct policy_reading *r)
{
    policy_close(&r->folder);
    *r = (struct policy_reading){0};
}

uint64_t policy_now_ms(void)
{
    return (uint64_t)time(NULL) * MS_PER_SECOND;
}
