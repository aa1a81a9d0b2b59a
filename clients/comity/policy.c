#include "comity/policy.h"

#include "comity/exits.h"
#include "policy/law.h"

#define ARENA_BYTES (160UL << 20)
#define MAX_FILES   4096

enum comity_exit policy_text_fault(const struct policy_folder *folder,
                                   const struct text_error *wrong, struct comity_fault *reterr)
{
    return fail(reterr, COMITY_INPUT, "CONFIG", "%s/%s:%u:%u: %s", folder->path, wrong->file,
                wrong->line, wrong->column, wrong->message);
}

static enum comity_exit read_rulebook(struct policy_folder *f, struct comity_fault *reterr)
{
    struct text_error wrong = {0};
    struct status s = folder_read(f->arena, f->path, MAX_FILES, &f->files);
    if (s.code == CODE_ABSENT)
        return fail(reterr, COMITY_INPUT, "ABSENT", "there is no folder %s", f->path);
    if (failed(s))
        return fail(reterr, COMITY_FAILED, "STORE", "%s cannot be read (%s)", f->path,
                    code_name(s.code));
    s = rulebook_parse(&f->files, &f->rulebook, &wrong);
    if (s.code == CODE_MEMORY)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    if (!failed(s))
        return COMITY_DONE;
    policy_text_fault(f, &wrong, reterr);
    return advise(reterr, "a rulebook is a folder with law/, states/ and parties/ in it");
}

enum comity_exit policy_open(const char *path, struct policy_folder *ret_folder,
                             struct comity_fault *reterr)
{
    *ret_folder = (struct policy_folder){.path = path, .arena = arena_new(ARENA_BYTES)};
    return ret_folder->arena == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                     : read_rulebook(ret_folder, reterr);
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
