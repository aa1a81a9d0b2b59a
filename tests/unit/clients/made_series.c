#include "made_series.h"

#include <stdio.h>

#include "base/encoding.h"
#include "support/check.h"
#include "support/folder.h"

#define ARENA_BYTES (16U << 20)

const char *const series_origins[SERIES_LOGS] = {SERIES_ORIGIN("2028"), SERIES_ORIGIN("2026"),
                                                 SERIES_ORIGIN("2027")};

void series_stand_begin(struct series_stand *t)
{
    *t = (struct series_stand){.arena = arena_new(ARENA_BYTES)};
    snprintf(t->dir, sizeof t->dir, "%s", fresh_folder());
}

void series_stand_end(struct series_stand *t)
{
    series_close(t->series);
    arena_free(t->arena);
}

void series_put_log(const struct series_stand *t, const char *name, const char *origin,
                    const char *succeeds, const char *words, uint64_t count)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", t->dir, name);
    struct mirror *m = made_log(path, origin, succeeds);
    made_start(m, words);
    made_starts(m, count - 1);
    made_keep(m);
    mirror_close(m);
}

void series_succeeding(const struct series_stand *t, const char *name,
                       char words[static SERIES_WORDS_BYTES])
{
    char path[256], root[64], error[MIRROR_ERROR_BYTES];
    struct mirror *m = NULL;
    struct mirror_log log = {0};
    struct digest digest;
    snprintf(path, sizeof path, "%s/%s", t->dir, name);
    CHECK_OK(mirror_open(path, error, &m));
    CHECK_OK(mirror_log(m, t->arena, &log));
    CHECK_OK(mirror_root(m, mirror_size(m), &digest));
    base64_write(digest_slice(&digest), root);
    snprintf(words, SERIES_WORDS_BYTES, "start; succeeds %s, which ended at %llu root %s",
             log.origin, (unsigned long long)mirror_size(m), root);
    mirror_close(m);
}

void series_put_three(struct series_stand *t)
{
    char words[SERIES_WORDS_BYTES];
    series_stand_begin(t);
    series_put_log(t, "2026", series_origins[1], "", "start", 5);
    series_succeeding(t, "2026", words);
    series_put_log(t, "2027", series_origins[2], series_origins[1], words, 4);
    series_succeeding(t, "2027", words);
    series_put_log(t, "2028", series_origins[0], series_origins[2], words, 3);
}

bool series_opens(struct series_stand *t)
{
    series_close(t->series);
    t->series = NULL;
    return !failed(series_open(t->dir, t->error, &t->series));
}
