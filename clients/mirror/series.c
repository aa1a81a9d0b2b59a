#include "mirror/series.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "mirror/series_parts.h"

#define ARENA_BYTES (1U << 20)

[[gnu::format(printf, 3, 4)]] static struct status
explain(struct status s, char error[static MIRROR_ERROR_BYTES], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, MIRROR_ERROR_BYTES, format, args);
    va_end(args);
    return s;
}

/* ---- names ---- */

static bool is_letter(uint8_t octet)
{
    return (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
           (octet >= 'a' && octet <= 'z');
}

static bool is_name(struct slice name)
{
    if (name.length == 0 || name.length >= SERIES_NAME_BYTES)
        return false;
    for (size_t i = 0; i < name.length; i++) {
        const uint8_t octet = name.at[i];
        if (!is_letter(octet) && (i == 0 || (octet != '.' && octet != '_' && octet != '-')))
            return false;
    }
    return true;
}

struct slice series_name(struct slice origin)
{
    size_t begin = origin.length;
    while (begin > 0 && origin.at[begin - 1] != '/')
        begin--;
    const struct slice name = slice_part(origin, begin, SIZE_MAX);
    return is_name(name) ? name : (struct slice){NULL, 0};
}

/* ---- one log ---- */

static const char *folder_of(struct series *x, const char *name)
{
    return arena_print(x->arena, "%s/%s", x->dir, name);
}

/* A folder tells nothing that its mirror does not say itself. */
static struct status take(struct series *x, const char *name, const char *dir,
                          struct mirror *mirror, char error[static MIRROR_ERROR_BYTES])
{
    struct mirror_log log;
    struct status s = mirror_log(mirror, x->arena, &log);
    if (failed(s))
        return s;
    if (!slice_is(series_name(slice_text(log.origin)), name))
        return explain(REFUSE(CONSISTENCY), error, "%.80s: the mirror of %.90s", dir, log.origin);
    if (x->gateway != NULL && strcmp(x->gateway, log.gateway) != 0)
        return explain(FAIL(CONFIG), error, "%.80s: a mirror of %.20s beside those of %.20s", dir,
                       log.gateway, x->gateway);
    x->gateway = log.gateway;
    x->logs[x->count++] = (struct series_log){name, log.origin, log.succeeds, dir, mirror};
    return OK;
}

static struct status open_one(struct series *x, const char *found, bool writes,
                              char error[static MIRROR_ERROR_BYTES])
{
    struct mirror *mirror = NULL;
    const char *name = arena_text(x->arena, slice_text(found));
    const char *dir = name == NULL ? NULL : folder_of(x, name);
    if (dir == NULL)
        return FAIL(MEMORY);
    if (x->count == SERIES_MAX)
        return explain(FAIL(CONFIG), error, "%.100s: more than %d mirrors", x->dir, SERIES_MAX);
    struct status s = writes ? mirror_write(dir, error, &mirror) : mirror_open(dir, error, &mirror);
    if (s.code == CODE_ABSENT && !x->is_whole) {
        error[0] = '\0';
        return OK;
    }
    if (!failed(s))
        s = take(x, name, dir, mirror, error);
    if (failed(s))
        mirror_close(mirror);
    return s;
}

/* ---- all of them ---- */

static bool is_mirror(const struct series *x, const char *name)
{
    char path[MIRROR_PATH_BYTES];
    const int length = snprintf(path, sizeof path, "%s/%s/mirror.db", x->dir, name);
    return is_name(slice_text(name)) && length > 0 && (size_t)length < sizeof path &&
           access(path, F_OK) == 0;
}

static struct status open_all(struct series *x, bool writes, char error[static MIRROR_ERROR_BYTES])
{
    DIR *folder = opendir(x->dir);
    const struct dirent *file;
    struct status s = OK;
    while (folder != NULL && !failed(s) && (file = readdir(folder)) != NULL)
        if (is_mirror(x, file->d_name)) {
            x->is_any = true;
            s = open_one(x, file->d_name, writes, error);
        }
    if (folder != NULL)
        closedir(folder);
    return s;
}

/* The one, behind those that stand in order, that goes on from this origin. */
static struct series_log *successor(struct series *x, size_t sorted, const char *origin)
{
    for (size_t i = sorted; i < x->count; i++)
        if (strcmp(x->logs[i].succeeds, origin) == 0)
            return &x->logs[i];
    return NULL;
}

static bool is_there(const struct series *x, const char *origin)
{
    for (size_t i = 0; i < x->count; i++)
        if (strcmp(x->logs[i].origin, origin) == 0)
            return true;
    return false;
}

static struct status no_order(const struct series *x, char error[static MIRROR_ERROR_BYTES])
{
    for (size_t i = 0; i < x->count; i++)
        if (x->logs[i].succeeds[0] != '\0' && !is_there(x, x->logs[i].succeeds))
            return explain(REFUSE(CONSISTENCY), error,
                           "%.60s: %.20s goes on from %.90s, which is not here", x->dir,
                           x->logs[i].name, x->logs[i].succeeds);
    return explain(REFUSE(CONSISTENCY), error, "%.100s: its logs do not go on one from another",
                   x->dir);
}

static struct status sort(struct series *x, char error[static MIRROR_ERROR_BYTES])
{
    const char *before = "";
    for (size_t i = 0; i < x->count; i++) {
        struct series_log *next = successor(x, i, before);
        if (next == NULL)
            return no_order(x, error);
        const struct series_log found = *next;
        *next = x->logs[i];
        x->logs[i] = found;
        before = found.origin;
    }
    return OK;
}

/* ---- opening ---- */

static struct status begin(const char *dir, struct series **ret_series)
{
    struct series *x = calloc(1, sizeof *x);
    if (x == NULL)
        return FAIL(MEMORY);
    x->dir = strdup(dir);
    x->arena = arena_new(ARENA_BYTES);
    if (x->dir == NULL || x->arena == NULL) {
        series_close(x);
        return FAIL(MEMORY);
    }
    *ret_series = x;
    return OK;
}

/* A newest log of which no checkpoint was reached has nothing to be read yet. */
static void drop_empty(struct series *x)
{
    if (x->count > 1 && mirror_size(series_newest(x)->mirror) == 0)
        mirror_close(x->logs[--x->count].mirror);
}

static struct status fill(struct series *x, bool writes, char error[static MIRROR_ERROR_BYTES])
{
    struct status s = open_all(x, writes, error);
    if (!failed(s))
        s = sort(x, error);
    if (!failed(s) && !writes && !x->is_whole)
        drop_empty(x);
    if (!failed(s) && !writes && x->count == 0)
        s = explain(FAIL(ABSENT), error, "%.150s: there is no mirror", x->dir);
    return x->is_whole && x->is_any && (s.code == CODE_CONFIG || s.code == CODE_ABSENT)
               ? REFUSE(CONSISTENCY)
               : s;
}

/* gateway: NULL where they are read. */
static struct status open_series(const char *dir, const char *gateway, bool is_whole,
                                 char error[static MIRROR_ERROR_BYTES], struct series **ret_series)
{
    struct series *x = NULL;
    error[0] = '\0';
    struct status s = begin(dir, &x);
    if (!failed(s)) {
        x->gateway = gateway;
        x->is_whole = is_whole;
        s = fill(x, gateway != NULL, error);
    }
    if (failed(s)) {
        if (error[0] == '\0')
            snprintf(error, MIRROR_ERROR_BYTES, "%.100s: %s", dir, code_name(s.code));
        series_close(x);
        return s;
    }
    *ret_series = x;
    return s;
}

struct status series_open(const char *dir, char error[static MIRROR_ERROR_BYTES],
                          struct series **ret_series)
{
    return open_series(dir, NULL, false, error, ret_series);
}

struct status series_open_whole(const char *dir, char error[static MIRROR_ERROR_BYTES],
                                struct series **ret_series)
{
    return open_series(dir, NULL, true, error, ret_series);
}

struct status series_make(const char *dir, const char *gateway,
                          char error[static MIRROR_ERROR_BYTES], struct series **ret_series)
{
    return open_series(dir, gateway, false, error, ret_series);
}

struct status series_add(struct series *x, const struct mirror_log *log,
                         char error[static MIRROR_ERROR_BYTES])
{
    struct mirror *mirror = NULL;
    const char *before = x->count == 0 ? "" : series_newest(x)->origin;
    const char *name = arena_text(x->arena, series_name(slice_text(log->origin)));
    const char *dir = name == NULL ? NULL : folder_of(x, name);
    error[0] = '\0';
    if (dir == NULL)
        return FAIL(MEMORY);
    if (name[0] == '\0')
        return explain(FAIL(CONFIG), error, "no folder can be called as the log %.120s",
                       log->origin);
    if (strcmp(log->succeeds, before) != 0)
        return explain(FAIL(CONFIG), error, "%.60s ends with the log %.100s", x->dir, before);
    if (x->count == SERIES_MAX)
        return explain(FAIL(CONFIG), error, "%.100s: more than %d mirrors", x->dir, SERIES_MAX);
    struct status s = mirror_make(dir, log, error, &mirror);
    if (!failed(s))
        s = take(x, name, dir, mirror, error);
    if (failed(s))
        mirror_close(mirror);
    return s;
}

void series_close(struct series *x)
{
    if (x == NULL)
        return;
    for (size_t i = 0; i < x->count; i++)
        mirror_close(x->logs[i].mirror);
    arena_free(x->arena);
    free(x->dir);
    free(x);
}
