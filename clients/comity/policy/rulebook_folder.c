#include "comity/policy/rulebook_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "policy/signatures.h"

#define ARENA_BYTES  (160UL << 20)
#define MAX_FILES    4096
#define FOLDER_BYTES 32

/* ---- put together ---- */

/* "law/", "parties/XA/" */
static void folder_of(const char *object, char folder[static FOLDER_BYTES])
{
    snprintf(folder, FOLDER_BYTES, "%s/", object);
    char *colon = strchr(folder, ':');
    if (colon != NULL)
        *colon = '/';
}

static enum comity_exit read_folder(struct arena *arena, const char *path,
                                    struct text_files *ret_files, struct comity_fault *reterr)
{
    struct status s = folder_read(arena, path, MAX_FILES, ret_files);
    return failed(s) ? fail(reterr, COMITY_FAILED, "STORE", "%s cannot be read (%s)", path,
                            code_name(s.code))
                     : COMITY_DONE;
}

static int by_path(const void *a, const void *b)
{
    return slice_compare(((const struct text_file *)a)->path, ((const struct text_file *)b)->path);
}

/* Files below their folder in a rulebook, put behind those that are there. */
static bool put_below(struct arena *arena, const char *folder, const struct text_files *its,
                      struct text_files *all)
{
    for (size_t i = 0; i < its->count; i++) {
        struct slice path = its->at[i].path;
        const char *whole =
            arena_print(arena, "%s%.*s", folder, (int)path.length, (const char *)path.at);
        if (whole == NULL)
            return false;
        all->at[all->count++] = (struct text_file){slice_text(whole), its->at[i].text};
    }
    return true;
}

/* The files in use, those of the object and its signatures replaced. */
static bool put_together(struct rulebook_change *c, const char *object,
                         const struct text_files *its, const struct text_files *signatures)
{
    char folder[FOLDER_BYTES], signed_by[SIGNATURES_PATH_BYTES];
    const size_t most = c->now.count + its->count + signatures->count;
    struct text_files next = {arena_array(c->arena, most, sizeof *next.at), 0};
    folder_of(object, folder);
    signatures_folder(slice_text(object), signed_by);
    if (next.at == NULL)
        return false;
    for (size_t i = 0; i < c->now.count; i++)
        if (!slice_begins(c->now.at[i].path, slice_text(folder)) &&
            !slice_begins(c->now.at[i].path, slice_text(signed_by)))
            next.at[next.count++] = c->now.at[i];
    if (!put_below(c->arena, folder, its, &next) ||
        !put_below(c->arena, signed_by, signatures, &next))
        return false;
    qsort(next.at, next.count, sizeof *next.at, by_path);
    c->next = next;
    return true;
}

bool rulebook_files_have(const struct text_files *files, const char *object, const char *digest)
{
    char folder[FOLDER_BYTES];
    folder_of(object, folder);
    struct digest is = object_digest(files, folder);
    char text[2 * sizeof is.octets + 1];
    hex_write(digest_slice(&is), text);
    return strcmp(text, digest) == 0;
}

static enum comity_exit judge(const struct rulebook_change *c, const struct rulebook_exchange *x,
                              struct comity_fault *reterr)
{
    struct rulebook *rulebook = NULL;
    struct text_error wrong = {0};
    if (!rulebook_files_have(&c->next, x->object, x->digest))
        return fail(reterr, COMITY_VERIFY, "E_HASH", "the files of the offer have another digest");
    struct status s = rulebook_parse(&c->next, &rulebook, &wrong);
    rulebook_free(rulebook);
    if (!failed(s))
        return COMITY_DONE;
    fail(reterr, COMITY_INPUT, "CONFIG", "%s:%u:%u: %s", wrong.file, wrong.line, wrong.column,
         wrong.message);
    return advise(reterr, "it does not go with the other objects in use; another offer may have to "
                          "be accepted first");
}

static bool name_folders(struct rulebook_change *c, const char *folder)
{
    return slice_copy_text(slice_text(folder), c->folder, sizeof c->folder) &&
           snprintf(c->beside, sizeof c->beside, "%s.unfinished", folder) < (int)sizeof c->beside &&
           snprintf(c->before, sizeof c->before, "%s.before", folder) < (int)sizeof c->before;
}

bool rulebook_change_is_away(const struct rulebook_change *c)
{
    struct stat st;
    return lstat(c->folder, &st) != 0 && errno == ENOENT && lstat(c->before, &st) == 0;
}

static bool same_files(const struct text_files *a, const struct text_files *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal =
            slice_equal(a->at[i].path, b->at[i].path) && slice_equal(a->at[i].text, b->at[i].text);
    return equal;
}

static enum comity_exit begin(struct rulebook_change *c, const char *folder,
                              struct comity_fault *reterr)
{
    *c = (struct rulebook_change){.arena = arena_new(ARENA_BYTES)};
    if (c->arena == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    return name_folders(c, folder) ? COMITY_DONE
                                   : fail_usage(reterr, "%s: the path is too long", folder);
}

/* What is there now, before anything is put together. */
static enum comity_exit read_now(struct rulebook_change *c, const char *folder,
                                 struct comity_fault *reterr)
{
    enum comity_exit exit = begin(c, folder, reterr);
    return exit == COMITY_DONE
               ? read_folder(c->arena, rulebook_change_is_away(c) ? c->before : c->folder, &c->now,
                             reterr)
               : exit;
}

static void see_whether_it_is_there(struct rulebook_change *c)
{
    c->is_there = same_files(&c->now, &c->next);
    if (c->is_there)
        (void)failed(folder_read(c->arena, c->before, MAX_FILES, &c->earlier)); /* may be none */
}

/* An offer that nobody had to sign has no folder of them. */
static enum comity_exit read_signatures(struct rulebook_change *c, const char *path,
                                        struct text_files *ret_files, struct comity_fault *reterr)
{
    struct stat st;
    *ret_files = (struct text_files){0};
    return lstat(path, &st) != 0 && errno == ENOENT
               ? COMITY_DONE
               : read_folder(c->arena, path, ret_files, reterr);
}

enum comity_exit rulebook_change_begin(const struct rulebook_exchange *x,
                                       struct rulebook_change *ret_change,
                                       struct comity_fault *reterr)
{
    struct rulebook_change *c = ret_change;
    struct text_files its, signatures;
    enum comity_exit exit = read_now(c, x->folder, reterr);
    if (exit == COMITY_DONE)
        exit = read_folder(c->arena, x->files, &its, reterr);
    if (exit == COMITY_DONE)
        exit = read_signatures(c, x->signatures, &signatures, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (!put_together(c, x->object, &its, &signatures))
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    see_whether_it_is_there(c);
    return judge(c, x, reterr);
}

static bool is_of_rulebook(struct slice path)
{
    static const char *const folders[] = {"law/", "parties/", SIGNATURES_FOLDER, "states/"};
    bool is = false;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        is = is || slice_begins(path, slice_text(folders[i]));
    return is;
}

/* Of the other folder what is the rulebook's. */
static enum comity_exit take_whole(struct rulebook_change *c, const struct text_files *files,
                                   struct comity_fault *reterr)
{
    c->next.at = arena_array(c->arena, files->count, sizeof *c->next.at);
    if (c->next.at == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    for (size_t i = 0; i < files->count; i++)
        if (is_of_rulebook(files->at[i].path))
            c->next.at[c->next.count++] = files->at[i];
    see_whether_it_is_there(c);
    return COMITY_DONE;
}

enum comity_exit rulebook_change_whole(const char *folder, const struct text_files *files,
                                       struct rulebook_change *ret_change,
                                       struct comity_fault *reterr)
{
    enum comity_exit exit = read_now(ret_change, folder, reterr);
    return exit == COMITY_DONE ? take_whole(ret_change, files, reterr) : exit;
}

/* Whoever names the wrong folder is to keep what is in it. */
static bool is_rulebook(const struct text_files *files)
{
    bool has_law = false, is = true;
    for (size_t i = 0; i < files->count; i++) {
        has_law = has_law || slice_is(files->at[i].path, "law/vocabulary");
        is = is && is_of_rulebook(files->at[i].path);
    }
    return has_law && is;
}

enum comity_exit rulebook_change_fetched(const char *folder, const struct text_files *files,
                                         struct rulebook_change *ret_change,
                                         struct comity_fault *reterr)
{
    struct rulebook_change *c = ret_change;
    struct stat st;
    enum comity_exit exit = begin(c, folder, reterr);
    if (exit != COMITY_DONE)
        return exit;
    c->is_new = lstat(folder, &st) != 0 && errno == ENOENT && !rulebook_change_is_away(c);
    if (!c->is_new)
        exit =
            read_folder(c->arena, rulebook_change_is_away(c) ? c->before : folder, &c->now, reterr);
    c->is_new = c->is_new || (exit == COMITY_DONE && c->now.count == 0);
    if (exit == COMITY_DONE && !c->is_new && !is_rulebook(&c->now))
        return fail(reterr, COMITY_INPUT, "CONFIG",
                    "%s is not empty, and no rulebook alone: nothing was written", folder);
    return exit == COMITY_DONE ? take_whole(c, files, reterr) : exit;
}

void rulebook_change_done(struct rulebook_change *c)
{
    arena_free(c->arena);
    *c = (struct rulebook_change){0};
}
