#include "libcomity/context.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "wire/names.h"

#define SUFFIX        ".json"
#define CURRENT_BYTES 256
#define NAMES_MAX     1024

/* The members of a context's file. */
static const struct member {
    const char *key;
    size_t offset, room;
    bool is_path;
    bool required;
    bool (*pattern)(struct slice);
} members[] = {
#define TEXT(key, required, pattern)                                                               \
    {                                                                                              \
#key, offsetof(struct comity_context, key), sizeof((struct comity_context *)0)->key,       \
            false, required, pattern                                                               \
    }
#define PATH(key, required)                                                                        \
    {                                                                                              \
#key, offsetof(struct comity_context, key), sizeof((struct comity_context *)0)->key, true, \
            required, NULL                                                                         \
    }
    TEXT(party, true, name_is_party),
    TEXT(gateway, true, name_is_gateway),
    TEXT(address, false, NULL),
    PATH(cert, true),
    PATH(key, true),
    PATH(ca, true),
    PATH(crl, true),
    PATH(sealing_cert, true),
    PATH(sealing_key, true),
    PATH(directory, true),
    PATH(archive, false),
};

#define MEMBERS (sizeof members / sizeof members[0])

static bool print_path(char *text, size_t room, const char *folder, const char *rest)
{
    int length = snprintf(text, room, "%s/%s", folder, rest);
    return length > 0 && (size_t)length < room;
}

struct status context_home(const char *given, char home[static CONTEXT_PATH_BYTES],
                           struct comity_fault *reterr)
{
    const char *own = given != NULL ? given : getenv("COMITY_HOME");
    const char *config = getenv("XDG_CONFIG_HOME"), *user = getenv("HOME");
    bool fits = false;
    if (own != NULL && own[0] != '\0')
        fits = slice_copy_text(slice_text(own), home, CONTEXT_PATH_BYTES);
    else if (config != NULL && config[0] == '/')
        fits = print_path(home, CONTEXT_PATH_BYTES, config, "comity");
    else if (user != NULL && user[0] == '/')
        fits = print_path(home, CONTEXT_PATH_BYTES, user, ".config/comity");
    if (!fits)
        return fault_set(reterr, FAIL(CONFIG),
                         "no home folder: set COMITY_HOME to the folder of your contexts");
    return OK;
}

static bool is_name(const char *name)
{
    size_t length =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return length > 0 && name[length] == '\0' && length < sizeof((struct comity_context *)0)->name;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "xa-ca-01" of "xa-ca-01.json"; NULL for any other file. */
static char *name_of(const char *file)
{
    size_t length = strlen(file), suffix = strlen(SUFFIX);
    if (length <= suffix || strcmp(file + length - suffix, SUFFIX) != 0)
        return NULL;
    char *name = strndup(file, length - suffix);
    if (name != NULL && is_name(name))
        return name;
    free(name);
    return NULL;
}

static size_t list_names(const char *home, char *names[static NAMES_MAX])
{
    char path[CONTEXT_PATH_BYTES];
    size_t count = 0;
    DIR *folder = print_path(path, sizeof path, home, "contexts") ? opendir(path) : NULL;
    const struct dirent *file;
    while (folder != NULL && count < NAMES_MAX && (file = readdir(folder)) != NULL) {
        names[count] = name_of(file->d_name);
        count += names[count] != NULL;
    }
    if (folder != NULL)
        closedir(folder);
    qsort(names, count, sizeof *names, by_text);
    return count;
}

static struct status read_text(const char *path, size_t max, struct buffer *out)
{
    *out = buffer_new(max);
    return file_read(path, out);
}

/* $COMITY_CONTEXT, else the file "current", else the only context that there is. */
static bool default_name(const char *home, char *name, size_t room)
{
    char path[CONTEXT_PATH_BYTES];
    const char *given = getenv("COMITY_CONTEXT");
    if (given != NULL && given[0] != '\0')
        return slice_copy_text(slice_text(given), name, room);
    struct buffer text = {0};
    if (print_path(path, sizeof path, home, "current") &&
        !failed(read_text(path, CURRENT_BYTES, &text))) {
        struct slice line =
            slice_part(buffer_slice(&text), 0, slice_find(buffer_slice(&text), '\n'));
        bool fits = slice_copy_text(line, name, room);
        buffer_done(&text);
        return fits;
    }
    buffer_done(&text);
    char *names[NAMES_MAX];
    size_t count = list_names(home, names);
    bool only = count == 1 && slice_copy_text(slice_text(names[0]), name, room);
    while (count > 0)
        free(names[--count]);
    return only;
}

static struct status read_member(const struct member *m, const json_t *json, const char *home,
                                 struct comity_context *context, struct comity_fault *reterr)
{
    char *text = (char *)context + m->offset;
    const json_t *value = json_object_get(json, m->key);
    if (value == NULL && !m->required)
        return OK;
    if (!json_is_string(value))
        return fault_set(reterr, FAIL(CONFIG), "context %s: %s is missing", context->name, m->key);
    const char *given = json_string_value(value);
    bool fits = m->is_path && given[0] != '/' ? print_path(text, m->room, home, given)
                                              : slice_copy_text(slice_text(given), text, m->room);
    if (!fits || (m->pattern != NULL && !m->pattern(slice_text(text))))
        return fault_set(reterr, FAIL(CONFIG), "context %s: %s is not what it should be",
                         context->name, m->key);
    return OK;
}

static struct status read_members(const json_t *json, const char *home,
                                  struct comity_context *context, struct comity_fault *reterr)
{
    struct status s = OK;
    for (size_t i = 0; i < MEMBERS && !failed(s); i++)
        s = read_member(&members[i], json, home, context, reterr);
    if (failed(s) || context->archive[0] != '\0')
        return s;
    int length =
        snprintf(context->archive, sizeof context->archive, "%s/archive/%s", home, context->name);
    if (length < 0 || (size_t)length >= sizeof context->archive)
        return fault_set(reterr, FAIL(CONFIG), "context %s: the path of its archive is too long",
                         context->name);
    return OK;
}

static struct status find_context(const char *home, const char *name,
                                  struct comity_context *context, char path[CONTEXT_PATH_BYTES],
                                  struct comity_fault *reterr)
{
    if (name != NULL ? !slice_copy_text(slice_text(name), context->name, sizeof context->name)
                     : !default_name(home, context->name, sizeof context->name)) {
        struct status s = fault_set(reterr, FAIL(ABSENT), "no context is chosen in %s", home);
        fault_hint(reterr, "name one with --context or COMITY_CONTEXT");
        reterr->exit = COMITY_INPUT;
        return s;
    }
    int length = snprintf(path, CONTEXT_PATH_BYTES, "%s/contexts/%s" SUFFIX, home, context->name);
    if (!is_name(context->name) || length < 0 || length >= CONTEXT_PATH_BYTES)
        return fault_set(reterr, FAIL(CONFIG), "\"%s\" cannot be the name of a context",
                         context->name);
    return OK;
}

struct status context_load(const char *home, const char *name, struct comity_context *ret_context,
                           struct comity_fault *reterr)
{
    struct comity_context context = {0};
    char path[CONTEXT_PATH_BYTES];
    json_error_t error;
    struct status s = find_context(home, name, &context, path, reterr);
    if (failed(s))
        return s;
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        s = fault_set(reterr, FAIL(CONFIG), "context %s: %s: %s", context.name, path, error.text);
        return s;
    }
    s = read_members(json, home, &context, reterr);
    json_decref(json);
    if (!failed(s))
        *ret_context = context;
    return s;
}

enum comity_exit comity_context_load(const char *home, const char *name,
                                     struct comity_context *ret_context,
                                     struct comity_fault *reterr)
{
    char folder[CONTEXT_PATH_BYTES];
    memset(reterr, 0, sizeof *reterr);
    struct status s = context_home(home, folder, reterr);
    if (!failed(s))
        s = context_load(folder, name, ret_context, reterr);
    return fault_exit(reterr, s);
}

/* Below home a path is written without it, so that the whole folder can be moved. */
static const char *relative(const char *path, const char *home)
{
    size_t length = strlen(home);
    return strncmp(path, home, length) == 0 && path[length] == '/' ? path + length + 1 : path;
}

static json_t *context_json(const struct comity_context *context, const char *home)
{
    json_t *json = json_object();
    for (size_t i = 0; i < MEMBERS; i++) {
        const char *text = (const char *)context + members[i].offset;
        if (text[0] == '\0')
            continue;
        json_object_set_new(json, members[i].key,
                            json_string(members[i].is_path ? relative(text, home) : text));
    }
    return json;
}

static struct status write_context(const char *home, const struct comity_context *context,
                                   struct comity_fault *reterr)
{
    char folder[CONTEXT_PATH_BYTES], path[CONTEXT_PATH_BYTES + 80];
    if (!is_name(context->name) || !print_path(folder, sizeof folder, home, "contexts"))
        return fault_set(reterr, FAIL(CONFIG), "\"%s\" cannot be the name of a context",
                         context->name);
    snprintf(path, sizeof path, "%s/%s" SUFFIX, folder, context->name);
    json_t *json = context_json(context, home);
    char *text = json_dumps(json, JSON_INDENT(2));
    struct status s = text == NULL ? FAIL(MEMORY) : folder_make(folder, 0700);
    if (!failed(s))
        s = file_write(path, slice_text(text), 0600);
    free(text);
    json_decref(json);
    return failed(s) ? fault_set(reterr, s, "context %s: %s cannot be written", context->name, path)
                     : s;
}

enum comity_exit comity_context_write(const char *home, const struct comity_context *context,
                                      struct comity_fault *reterr)
{
    char folder[CONTEXT_PATH_BYTES];
    memset(reterr, 0, sizeof *reterr);
    struct status s = context_home(home, folder, reterr);
    if (!failed(s))
        s = write_context(folder, context, reterr);
    return fault_exit(reterr, s);
}

/* One block: the pointers, then the texts they point to. */
static char **pack_names(char *const *names, size_t count)
{
    size_t room = (count + 1) * sizeof(char *);
    for (size_t i = 0; i < count; i++)
        room += strlen(names[i]) + 1;
    char **list = calloc(1, room);
    if (list == NULL)
        return NULL;
    char *text = (char *)(list + count + 1);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(names[i]) + 1;
        list[i] = memcpy(text, names[i], length);
        text += length;
    }
    return list;
}

enum comity_exit comity_context_names(const char *home, char ***ret_names,
                                      struct comity_fault *reterr)
{
    char folder[CONTEXT_PATH_BYTES], *names[NAMES_MAX];
    memset(reterr, 0, sizeof *reterr);
    struct status s = context_home(home, folder, reterr);
    if (failed(s))
        return fault_exit(reterr, s);
    size_t count = list_names(folder, names);
    char **list = pack_names(names, count);
    while (count > 0)
        free(names[--count]);
    if (list == NULL)
        return fault_exit(reterr, FAIL(MEMORY));
    *ret_names = list;
    return COMITY_DONE;
}
