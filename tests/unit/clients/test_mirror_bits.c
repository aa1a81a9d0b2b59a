#include "made_mirror.h"
#include "support/check.h"
#include "support/folder.h"

#include "mirror/bits.h"

#include <stdio.h>

/* Entries at random, more and then fewer, beside a plain array. */
static void bits_are_what_was_put(void)
{
    enum { ENTRIES = 3 * BITS_BLOCK, CHANGES = 4000, TURN = 50 };
    static bool wanted[ENTRIES];
    struct mirror *m = made_mirror(fresh_folder());
    const struct slice mark = slice_text("x:y");
    uint32_t random = 1;
    struct bits bits;
    CHECK_OK(mirror_begin(m));
    for (unsigned i = 0; i < 2 * CHANGES; i++) {
        random = random * 1664525 + 1013904223;
        const unsigned at = (random >> 8) % (i % 8 == 0 ? ENTRIES : BITS_BLOCK + 300);
        const bool on = i < CHANGES;
        wanted[at] = on;
        CHECK_OK(on ? bits_put(m, mark, at) : bits_take(m, mark, at));
        if (i % TURN < TURN - 1)
            continue;
        CHECK_OK(mirror_commit(m));
        CHECK_OK(mirror_begin(m));
    }
    CHECK_OK(mirror_commit(m));
    for (unsigned at = 0; at < ENTRIES; at++) {
        if (at % BITS_BLOCK == 0)
            CHECK_OK(bits_read(m, mark, at / BITS_BLOCK, &bits));
        if (bits_have(&bits, at) != wanted[at] && !CHECK_U64(at, UINT64_MAX))
            break;
    }
    CHECK_OK(bits_read(m, mark, 7, &bits));
    CHECK(!bits_have(&bits, 0));
    CHECK_OK(mirror_begin(m));
    CHECK_OK(bits_put(m, mark, 7ULL * BITS_BLOCK));
    mirror_abandon(m);
    CHECK_OK(bits_read(m, mark, 7, &bits));
    CHECK(!bits_have(&bits, 0));
    mirror_close(m);
}

/* More marks than a transaction keeps aside. */
static void no_mark_is_lost_where_there_are_many(void)
{
    enum { MARKS = 9000 };
    struct mirror *m = made_mirror(fresh_folder());
    struct bits bits;
    char mark[24];
    CHECK_OK(mirror_begin(m));
    for (unsigned i = 0; i < 2 * MARKS; i++) {
        snprintf(mark, sizeof mark, "x:%u", i % MARKS);
        CHECK_OK(bits_put(m, slice_text(mark), i));
    }
    CHECK_OK(mirror_commit(m));
    for (unsigned i = 0; i < 2 * MARKS; i++) {
        snprintf(mark, sizeof mark, "x:%u", i % MARKS);
        CHECK_OK(bits_read(m, slice_text(mark), i / BITS_BLOCK, &bits));
        if (!CHECK(bits_have(&bits, i)))
            break;
    }
    mirror_close(m);
}

TESTS(mirror_bits, {"bits are what was put", bits_are_what_was_put},
      {"no mark is lost where there are many", no_mark_is_lost_where_there_are_many})
