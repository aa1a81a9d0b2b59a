#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "libcomity/context.h"

#define CURRENT       "current"
#define CURRENT_BYTES 256
#define NAMES_MAX     1024

bool context_path(char *text, size_t room, const char *folder, const char *rest)
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
        fits = context_path(home, CONTEXT_PATH_BYTES, config, "comity");
    else if (user != NULL && user[0] == '/')
        fits = context_path(home, CONTEXT_PATH_BYTES, user, ".config/comity");
    if (!fits)
        return fault_set(reterr, FAIL(CONFIG),
                         "no home folder: set COMITY_HOME to the folder of your contexts");
    return OK;
}

bool context_is_name(const char *name)
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
    size_t length = strlen(file), suffix = strlen(CONTEXT_SUFFIX);
    if (length <= suffix || strcmp(file + length - suffix, CONTEXT_SUFFIX) != 0)
        return NULL;
    char *name = strndup(file, length - suffix);
    if (name != NULL && context_is_name(name))
        return name;
    free(name);
    return NULL;
}

static size_t list_names(const char *home, char *names[static NAMES_MAX])
{
    char path[CONTEXT_PATH_BYTES];
    size_t count = 0;
    DIR *folder = context_path(path, sizeof path, home, "contexts") ? opendir(path) : NULL;
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

/* $COMITY_CONTEXT, else the file CURRENT, else the only context that there is. */
bool context_default(const char *home, char *name, size_t room)
{
    char path[CONTEXT_PATH_BYTES];
    const char *given = getenv("COMITY_CONTEXT");
    if (given != NULL && given[0] != '\0')
        return slice_copy_text(slice_text(given), name, room);
    struct buffer text = {0};
    if (context_path(path, sizeof path, home, CURRENT) &&
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

enum comity_exit comity_context_use(const char *home, const char *name, struct comity_fault *reterr)
{
    struct comity_context context;
    char folder[CONTEXT_PATH_BYTES], path[CONTEXT_PATH_BYTES], line[sizeof context.name + 1];
    memset(reterr, 0, sizeof *reterr);
    struct status s = context_home(home, folder, reterr);
    if (!failed(s))
        s = context_load(folder, name, &context, reterr);
    if (failed(s))
        return fault_exit(reterr, s);
    snprintf(line, sizeof line, "%s\n", context.name);
    s = context_path(path, sizeof path, folder, CURRENT) ? file_write(path, slice_text(line), 0600)
                                                         : FAIL(STORE);
    if (failed(s))
        s = fault_set(reterr, s, "%s/" CURRENT " cannot be written", folder);
    return fault_exit(reterr, s);
}
