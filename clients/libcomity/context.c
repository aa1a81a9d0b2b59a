#include "libcomity/context.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "wire/names.h"

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
    PATH(own_crl, false),
};

#define MEMBERS (sizeof members / sizeof members[0])

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
    bool fits = m->is_path && given[0] != '/' ? context_path(text, m->room, home, given)
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
                     : !context_default(home, context->name, sizeof context->name)) {
        struct status s = fault_set(reterr, FAIL(ABSENT), "no context is chosen in %s", home);
        fault_hint(reterr, "name one with --context or COMITY_CONTEXT");
        reterr->exit = COMITY_INPUT;
        return s;
    }
    int length =
        snprintf(path, CONTEXT_PATH_BYTES, "%s/contexts/%s" CONTEXT_SUFFIX, home, context->name);
    if (!context_is_name(context->name) || length < 0 || length >= CONTEXT_PATH_BYTES)
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
    if (!context_is_name(context->name) || !context_path(folder, sizeof folder, home, "contexts"))
        return fault_set(reterr, FAIL(CONFIG), "\"%s\" cannot be the name of a context",
                         context->name);
    snprintf(path, sizeof path, "%s/%s" CONTEXT_SUFFIX, folder, context->name);
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
