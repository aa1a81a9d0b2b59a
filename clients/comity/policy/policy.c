#include "comity/policy/policy.h"

#include <time.h>

#include "base/instant.h"
#include "comity/exits.h"
#include "policy/law.h"

#define ARENA_BYTES (512UL << 20) /* what is asked of a law is worked out in it, too */

static const char law_folder[] = "law/";

struct slice policy_file(const struct policy_folder *f, struct slice path)
{
    bool below = f->alone && slice_begins(path, slice_text(law_folder));
    return below ? slice_part(path, sizeof law_folder - 1, SIZE_MAX) : path;
}

enum comity_exit policy_text_fault(const struct policy_folder *f, const struct text_error *wrong,
                                   struct comity_fault *reterr)
{
    struct slice file = policy_file(f, slice_text(wrong->file));
    return fail(reterr, COMITY_INPUT, "CONFIG", "%s/%.*s:%u:%u: %s", f->path, (int)file.length,
                (const char *)file.at, wrong->line, wrong->column, wrong->message);
}

enum comity_exit policy_open_files(const char *path, struct policy_folder *ret_folder,
                                   struct comity_fault *reterr)
{
    struct policy_folder *f = ret_folder;
    *f = (struct policy_folder){.arena = arena_new(ARENA_BYTES)};
    f->path = f->arena == NULL ? NULL : arena_print(f->arena, "%s", path);
    if (f->path == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    struct status s = folder_read(f->arena, f->path, POLICY_FILES_MAX, &f->files);
    if (s.code == CODE_ABSENT)
        return fail(reterr, COMITY_INPUT, "ABSENT", "there is no folder %s", f->path);
    if (failed(s))
        return fail(reterr, COMITY_FAILED, "STORE", "%s cannot be read (%s)", f->path,
                    code_name(s.code));
    return COMITY_DONE;
}

enum comity_exit policy_parse(struct policy_folder *f, struct comity_fault *reterr)
{
    struct status s = rulebook_parse(&f->files, &f->rulebook, &f->wrong);
    if (s.code == CODE_MEMORY)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    if (!failed(s))
        return COMITY_DONE;
    policy_text_fault(f, &f->wrong, reterr);
    return advise(reterr, f->alone
                              ? "a law alone is read with the States and parties of --context NAME"
                              : "a rulebook is a folder with law/, states/ and parties/ in it");
}

enum comity_exit policy_open(const char *path, struct policy_folder *ret_folder,
                             struct comity_fault *reterr)
{
    enum comity_exit exit = policy_open_files(path, ret_folder, reterr);
    return exit == COMITY_DONE ? policy_parse(ret_folder, reterr) : exit;
}

void policy_close(struct policy_folder *f)
{
    rulebook_free(f->rulebook);
    arena_free(f->arena);
    *f = (struct policy_folder){0};
}

static size_t count_unchecked(const struct rule *rules, size_t count)
{
    size_t unchecked = 0;
    for (size_t i = 0; i < count; i++)
        unchecked += rules[i].checked.by.length == 0;
    return unchecked;
}

size_t policy_unchecked(const struct rulebook *rulebook)
{
    const struct law *law = rulebook->law;
    size_t unchecked = count_unchecked(law->rules, law->rule_count) +
                       count_unchecked(law->guarantees, law->guarantee_count);
    for (size_t i = 0; i < law->policy_count; i++)
        unchecked += law->policies[i].checked.by.length == 0;
    return unchecked;
}

uint64_t policy_now_ms(void)
{
    return (uint64_t)time(NULL) * MS_PER_SECOND;
}
