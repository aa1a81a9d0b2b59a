#ifndef SUPPORT_CHECK_H
#define SUPPORT_CHECK_H

/*
 * The skin over CUnit: checks print what they got and wanted, and a test program is one table.
 *
 *     static void refuses_every_truncation(void) { ... }
 *     TESTS(wire_cbor, {"refuses every truncation", refuses_every_truncation})
 *
 * The program exits 1 on any failure and also when no test ran, never with a count.
 */

#include "base/slice.h"
#include "base/status.h"

struct test {
    const char *name; /* a sentence */
    void (*run)(void);
};

bool check_true(bool holds, const char *expression, const char *file, unsigned line);
bool check_status(struct status got, struct status want, const char *file, unsigned line);
bool check_u64(uint64_t got, uint64_t want, const char *expression, const char *file,
               unsigned line);
bool check_bytes(struct slice got, struct slice want, const char *expression, const char *file,
                 unsigned line);

/* Each gives whether it held, so that a test can stop where going on makes no sense. */
#define CHECK(expression)       check_true((expression), #expression, __FILE__, __LINE__)
#define CHECK_OK(status)        check_status((status), OK, __FILE__, __LINE__)
#define CHECK_STATUS(got, want) check_status((got), (want), __FILE__, __LINE__)
#define CHECK_U64(got, want)    check_u64((got), (want), #got, __FILE__, __LINE__)
#define CHECK_BYTES(got, want)  check_bytes((got), (want), #got, __FILE__, __LINE__)
#define CHECK_TEXT(got, want)                                                                      \
    check_bytes(slice_text(got), slice_text(want), #got, __FILE__, __LINE__)

int run_tests(const char *suite, const struct test *tests, size_t count);

#define TESTS(suite, ...)                                                                          \
    int main(void)                                                                                 \
    {                                                                                              \
        static const struct test tests[] = {__VA_ARGS__};                                          \
        return run_tests(#suite, tests, sizeof tests / sizeof tests[0]);                           \
    }

/** Octets of a hex literal; allocated, freed at exit. For expected values in tests. */
struct slice hex(const char *digits);

/** A whole file, allocated, freed at exit; stops the program if it cannot be read. */
struct slice file_octets(const char *path);

/** The path of a file under tests/, e.g. tests_path("vectors/seal.json"). Static buffer. */
const char *tests_path(const char *relative);

/** The path of a file that make-test-pki has made: pki("%s.crt", name). Good for the next 32 calls;
 * a test that asks for one needs the fixture pki. */
[[gnu::format(printf, 1, 2)]] const char *pki(const char *format, ...);

#endif
