/*
 * flip_log DIR VKEY STRIDE: every STRIDE-th octet of every file of a published log, one at a time,
 * with one bit changed; then each file shorter by an octet, longer by one, and missing. The log
 * must hold as it is, and each changed one must be refused with a fault that is named.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/tile.h"
#include "base/file.h"
#include "crypto/digest.h"

#define FILES_MAX 4096
#define BYTES_MAX (64U << 20)

/* The log in memory, one file of it changed. */
struct memory_log {
    struct text_files files;
    const struct text_file *changed; /* NULL: none */
    struct slice content;            /* what the changed file holds; at == NULL: it is missing */
    struct slice vkey;
    size_t tried, failures;
};

static struct status read_memory(void *store, const char *path, struct buffer *out)
{
    const struct memory_log *log = store;
    for (size_t i = 0; i < log->files.count; i++) {
        const struct text_file *file = &log->files.at[i];
        if (!slice_is(file->path, path))
            continue;
        struct slice content = file == log->changed ? log->content : file->text;
        if (content.at == NULL)
            return FAIL(ABSENT);
        buffer_put(out, content);
        return OK;
    }
    return FAIL(ABSENT);
}

/* Whether a fault says in which file it is. */
static bool is_named(const char *fault)
{
    return strncmp(fault, "checkpoint: ", 12) == 0 || strncmp(fault, "tile/", 5) == 0 ||
           strncmp(fault, "root: ", 6) == 0;
}

static void expect_refused(struct memory_log *log, const char *how, size_t at)
{
    struct log_verdict verdict = {0};
    struct status s = log_verify(read_memory, log, log->vkey, &verdict);
    log->tried++;
    if (s.code == CODE_REFUSED && is_named(verdict.fault))
        return;
    log->failures++;
    printf("%.*s, %s at %zu: %s \"%s\"\n", (int)log->changed->path.length,
           (const char *)log->changed->path.at, how, at, code_name(s.code), verdict.fault);
}

static void change_file(struct memory_log *log, const struct text_file *file, size_t stride)
{
    size_t length = file->text.length;
    uint8_t *copy = malloc(length + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, file->text.at, length);
    copy[length] = '\n';
    log->changed = file;
    log->content = slice_over(copy, length);
    for (size_t i = 0; i < length; i += stride) {
        copy[i] ^= (uint8_t)(1U << i % 8);
        expect_refused(log, "a bit changed", i);
        copy[i] ^= (uint8_t)(1U << i % 8);
    }
    log->content.length = length - 1;
    expect_refused(log, "cut short", length - 1);
    log->content.length = length + 1;
    expect_refused(log, "made longer", length);
    log->content.at = NULL;
    expect_refused(log, "missing", 0);
    log->changed = NULL;
    free(copy);
}

static bool holds(struct memory_log *log)
{
    struct log_verdict verdict = {0};
    struct status s = log_verify(read_memory, log, log->vkey, &verdict);
    if (failed(s))
        printf("the log as it is: %s \"%s\"\n", code_name(s.code), verdict.fault);
    return !failed(s);
}

int main(int argc, char **argv)
{
    struct memory_log log = {.vkey = slice_text(argc == 4 ? argv[2] : "")};
    struct arena *arena = arena_new(BYTES_MAX);
    size_t stride = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    bool good = stride > 0 && arena != NULL && !failed(crypto_thread_start()) &&
                !failed(folder_read(arena, argv[1], FILES_MAX, &log.files)) && holds(&log);
    for (size_t i = 0; good && i < log.files.count; i++)
        change_file(&log, &log.files.at[i], stride);
    good = good && log.tried > 0 && log.failures == 0 && holds(&log);
    printf("%zu files, %zu changes, %zu failures\n", log.files.count, log.tried, log.failures);
    arena_free(arena);
    return good ? 0 : 1;
}
