#include "support/check.h"

#include "base/encoding.h"

#include <CUnit/Basic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kept {
    struct kept *next;
};

static struct kept *kept_blocks;

static void free_kept(void)
{
    for (struct kept *k = kept_blocks, *next; k != NULL; k = next) {
        next = k->next;
        free(k);
    }
    kept_blocks = NULL;
}

static uint8_t *keep(size_t length)
{
    struct kept *k = malloc(sizeof *k + length + 1);
    if (k == NULL)
        abort();
    if (kept_blocks == NULL)
        atexit(free_kept);
    k->next = kept_blocks;
    kept_blocks = k;
    ((uint8_t *)(k + 1))[length] = '\0';
    return (uint8_t *)(k + 1);
}

static bool report(bool holds, const char *text, const char *file, unsigned line)
{
    CU_assertImplementation(holds, line, text, file, "", CU_FALSE);
    return holds;
}

bool check_true(bool holds, const char *expression, const char *file, unsigned line)
{
    return report(holds, expression, file, line);
}

bool check_status(struct status got, struct status want, const char *file, unsigned line)
{
    char text[160];
    snprintf(text, sizeof text, "status: got %s (%s), want %s (%s)", code_name(got.code),
             reason_name(got.reason), code_name(want.code), reason_name(want.reason));
    return report(got.code == want.code && got.reason == want.reason, text, file, line);
}

bool check_u64(uint64_t got, uint64_t want, const char *expression, const char *file, unsigned line)
{
    char text[240];
    snprintf(text, sizeof text, "%s: got %llu, want %llu", expression, (unsigned long long)got,
             (unsigned long long)want);
    return report(got == want, text, file, line);
}

static void shown(struct slice s, char text[static 132])
{
    size_t plain = 0;
    while (plain < s.length && s.at[plain] >= 0x20 && s.at[plain] < 0x7f)
        plain++;
    if (plain == s.length)
        snprintf(text, 132, "\"%.*s\"", (int)(s.length < 128 ? s.length : 128),
                 s.length == 0 ? "" : (const char *)s.at);
    else
        hex_write(slice_part(s, 0, 64), text);
}

bool check_bytes(struct slice got, struct slice want, const char *expression, const char *file,
                 unsigned line)
{
    char text[400], got_text[132], want_text[132];
    shown(got, got_text);
    shown(want, want_text);
    snprintf(text, sizeof text, "%.80s: got %zu octets %s, want %zu octets %s", expression,
             got.length, got_text, want.length, want_text);
    return report(slice_equal(got, want), text, file, line);
}

int run_tests(const char *suite, const struct test *tests, size_t count)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_pSuite s = CU_add_suite(suite, NULL, NULL);
    for (size_t i = 0; s != NULL && i < count; i++)
        CU_add_test(s, tests[i].name, tests[i].run);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    bool good = CU_get_number_of_tests_run() == count && count > 0 &&
                CU_get_number_of_failures() == 0 && CU_get_number_of_failure_records() == 0;
    CU_cleanup_registry();
    return good ? 0 : 1;
}

struct slice hex(const char *digits)
{
    size_t length = strlen(digits) / 2;
    uint8_t *octets = keep(length);
    if (!hex_read(slice_text(digits), octets, length)) {
        fprintf(stderr, "not hex: %s\n", digits);
        abort();
    }
    return slice_over(octets, length);
}

struct slice file_octets(const char *path)
{
    FILE *f = fopen(path, "re");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    long length = ftell(f);
    rewind(f);
    uint8_t *octets = keep((size_t)length);
    size_t got = fread(octets, 1, (size_t)length, f);
    fclose(f);
    return slice_over(octets, got);
}

const char *tests_path(const char *relative)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", COMITY_TESTS_DIR, relative);
    return path;
}

const char *pki(const char *format, ...)
{
    static char paths[32][512];
    static unsigned next;
    char *path = paths[next++ % (sizeof paths / sizeof paths[0])];
    char relative[256];
    va_list args;
    va_start(args, format);
    vsnprintf(relative, sizeof relative, format, args);
    va_end(args);
    snprintf(path, sizeof paths[0], "%s/%s", TEST_PKI, relative);
    return path;
}
