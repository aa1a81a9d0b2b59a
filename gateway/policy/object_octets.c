/* Octets of objects that somebody else has made. */

#include "policy/object_octets.h"

#include <stdlib.h>

#include "message/release.h"
#include "wire/cbor.h"
#include "wire/names.h"

#define DIGEST_ARENA_BYTES (1U << 20) /* the files' array; their octets are borrowed */
#define FOLDER_PARTS       2U

static struct slice state_of(struct slice name, const char *prefix)
{
    return slice_begins(name, slice_text(prefix)) ? slice_part(name, strlen(prefix), SIZE_MAX)
                                                  : (struct slice){0};
}

bool object_is_folder(struct slice name)
{
    return object_name_is_signed(name);
}

bool object_is_revocations(struct slice name)
{
    return name_is_state(state_of(name, "revocations:"));
}

static bool is_path_octet(uint8_t octet)
{
    return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
           (octet >= '0' && octet <= '9') || octet == '.' || octet == '_' || octet == '-';
}

/* A folder is read without the names that begin with a dot; ".." is one of them. */
static bool is_name(struct slice name)
{
    bool good = name.length > 0 && name.at[0] != '.';
    for (size_t i = 0; good && i < name.length; i++)
        good = is_path_octet(name.at[i]);
    return good;
}

static bool is_path(struct slice path)
{
    size_t names = 0;
    bool good = path.length > 0 && path.length <= OBJECT_PATH_MAX_BYTES;
    for (size_t at = 0; good && at <= path.length; names++) {
        struct slice rest = slice_part(path, at, SIZE_MAX);
        struct slice name = slice_part(rest, 0, slice_find(rest, '/'));
        good = is_name(name) && names < OBJECT_PATH_MAX_NAMES;
        at += name.length + 1;
    }
    return good;
}

static int by_path(const void *a, const void *b)
{
    return slice_compare(((const struct text_file *)a)->path, ((const struct text_file *)b)->path);
}

/* "a" and "a/b" cannot both be files, though others may stand between them. */
static bool has_file_above(const struct text_files *files, struct slice path)
{
    for (size_t i = 0; i < path.length; i++) {
        const struct text_file above = {.path = slice_part(path, 0, i)};
        if (path.at[i] == '/' &&
            bsearch(&above, files->at, files->count, sizeof *files->at, by_path) != NULL)
            return true;
    }
    return false;
}

struct status object_paths_judge(const struct text_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        if (!is_path(files->at[i].path) ||
            (i > 0 && by_path(&files->at[i - 1], &files->at[i]) >= 0))
            return REFUSE(OBJECT_PATH);
    for (size_t i = 0; i < files->count; i++)
        if (has_file_above(files, files->at[i].path))
            return REFUSE(OBJECT_PATH);
    return OK;
}

static struct status judge_octets(struct slice octets)
{
    if (octets.length == 0 || octets.length > OBJECT_MAX_BYTES)
        return REFUSE(OBJECT_SIZE);
    return cbor_scan(octets);
}

static void read_files(struct cbor_cursor *c, struct text_files *files)
{
    for (size_t i = 0; i < files->count && cbor_ok(c); i++) {
        cbor_array(c, 2, 2);
        files->at[i].path = cbor_text(c, 0, OBJECT_MAX_BYTES);
        files->at[i].text = cbor_bytes(c, 0, OBJECT_FILE_MAX_BYTES);
    }
}

struct status objects_folder(struct arena *arena, struct slice octets, struct text_files *ret_files,
                             struct slices *ret_signatures)
{
    struct status s = judge_octets(octets);
    if (failed(s))
        return s;
    struct cbor_cursor c = cbor_over(octets);
    cbor_array(&c, FOLDER_PARTS, FOLDER_PARTS);
    const size_t count = (size_t)cbor_array(&c, 0, OBJECT_MAX_FILES);
    struct text_files files = {.at = arena_array(arena, count, sizeof *files.at), .count = count};
    if (files.at == NULL)
        return FAIL(MEMORY);
    read_files(&c, &files);
    const size_t signed_by = (size_t)cbor_array(&c, 0, SIGNATURES_MAX);
    struct slices signatures = {arena_array(arena, signed_by, sizeof *signatures.at), signed_by};
    if (signatures.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < signed_by && cbor_ok(&c); i++)
        signatures.at[i] = cbor_bytes(&c, 1, SIGNED_OBJECT_MAX_BYTES);
    if (!cbor_end(&c))
        return REFUSE(OBJECT_SHAPE);
    if (failed(s = object_paths_judge(&files)))
        return s;
    *ret_files = files;
    *ret_signatures = signatures;
    return OK;
}

struct status objects_lists(struct arena *arena, struct slice octets, struct slices *ret_lists)
{
    struct status s = judge_octets(octets);
    if (failed(s))
        return s;
    struct cbor_cursor c = cbor_over(octets);
    const size_t count = (size_t)cbor_array(&c, 1, OBJECT_MAX_LISTS);
    struct slices lists = {arena_array(arena, count, sizeof *lists.at), count};
    if (lists.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < count && cbor_ok(&c); i++)
        lists.at[i] = cbor_bytes(&c, 1, OBJECT_MAX_BYTES);
    if (!cbor_end(&c))
        return REFUSE(OBJECT_SHAPE);
    *ret_lists = lists;
    return OK;
}

static struct status digest_folder(struct arena *arena, struct slice octets,
                                   struct digest *ret_digest)
{
    struct text_files files;
    struct slices signatures;
    struct status s = objects_folder(arena, octets, &files, &signatures);
    if (!failed(s))
        *ret_digest = object_digest(&files, "");
    return s;
}

static struct status digest_lists(struct arena *arena, struct slice octets,
                                  struct digest *ret_digest)
{
    struct slices lists;
    struct status s = objects_lists(arena, octets, &lists);
    if (!failed(s))
        *ret_digest = digest_of(SEPARATION_OBJECT, octets);
    return s;
}

struct status objects_digest(struct slice octets, struct slice name, struct digest *ret_digest)
{
    const bool is_folder = object_is_folder(name);
    if (!is_folder && !object_is_revocations(name))
        return REFUSE(QUERY_UNKNOWN);
    struct arena *arena = arena_new(DIGEST_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY)
                      : is_folder   ? digest_folder(arena, octets, ret_digest)
                                    : digest_lists(arena, octets, ret_digest);
    arena_free(arena);
    return s;
}
