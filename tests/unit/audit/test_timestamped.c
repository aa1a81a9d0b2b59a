/* What a log was at an earlier size, from the tiles that it has today. */

#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/timestamped.h"
#include "base/encoding.h"

#define SIZE   70000ULL
#define ORIGIN "gw1.jx.example/audit/2026"

static struct digest leaves[SIZE], roots[SIZE + 1];

/* Once, by whichever test comes first. */
static void make_log(void)
{
    if (leaves[0].octets[0] != 0 || leaves[0].octets[1] != 0)
        return;
    struct merkle_edge edge = {.size = 0};
    for (uint64_t i = 0; i < SIZE; i++) {
        leaves[i] = digest_plain(slice_over(&i, sizeof i));
        merkle_append(&edge, &leaves[i]);
        roots[i + 1] = merkle_root(&edge);
    }
}

/* Tiles of hashes of the tree of SIZE; of level 1 and 2 they are computed. */
static struct status read_tile(void *store, const char *path, struct buffer *out)
{
    struct tile tile;
    const char *spoilt = store;
    if (!tile_path_read(slice_text(path), &tile) || tile.level < 0)
        return FAIL(ABSENT);
    const uint64_t each = 1ULL << (8 * tile.level), hashes = SIZE / each;
    if ((tile.index + 1) * TILE_WIDTH > hashes + TILE_WIDTH - tile.width ||
        (tile.width < TILE_WIDTH && tile.index * TILE_WIDTH + tile.width != hashes))
        return FAIL(ABSENT);
    for (uint64_t i = 0; i < tile.width; i++) {
        struct digest hash = merkle_root_of(&leaves[(tile.index * TILE_WIDTH + i) * each], each);
        buffer_put(out, digest_slice(&hash));
    }
    if (spoilt != NULL && strcmp(spoilt, path) == 0)
        out->length--;
    return OK;
}

static struct timestamped_log log_of(const char *spoilt)
{
    make_log();
    return (struct timestamped_log){read_tile, (char *)(uintptr_t)spoilt, slice_text(ORIGIN), SIZE};
}

static const uint64_t sizes[] = {1,   2,   3,     255,   256,   257,   511,
                                 512, 513, 65535, 65536, 65537, 69999, SIZE};

static void a_body_has_the_root_of_its_size(void)
{
    const struct timestamped_log log = log_of(NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char text[200], root[48];
        struct buffer body = buffer_new(sizeof text);
        base64_write(digest_slice(&roots[sizes[i]]), root);
        snprintf(text, sizeof text, ORIGIN "\n%llu\n%s\n", (unsigned long long)sizes[i], root);
        CHECK_OK(timestamped_body(&log, sizes[i], &body));
        CHECK_BYTES(buffer_slice(&body), slice_text(text));
        buffer_done(&body);
    }
}

static void a_path_leads_to_the_root_of_its_size(void)
{
    struct timestamped_log log = log_of(NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct digest path[MERKLE_MAX_PATH];
        struct slice slices[MERKLE_MAX_PATH];
        size_t count = 0;
        const uint64_t index = sizes[i] * 2 / 3;
        CHECK_OK(timestamped_inclusion(&log, index, sizes[i], path, &count));
        for (size_t k = 0; k < count; k++)
            slices[k] = digest_slice(&path[k]);
        CHECK(merkle_included(&leaves[index], index, sizes[i], (struct slices){slices, count},
                              &roots[sizes[i]]));
        CHECK_STATUS(timestamped_inclusion(&log, sizes[i], sizes[i], path, &count), FAIL(ABSENT));
    }
}

static void what_the_log_has_not_is_absent(void)
{
    static const char *const spoilt[] = {"tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17"};
    struct buffer body = buffer_new(200);
    struct timestamped_log log = log_of(NULL);
    struct digest path[MERKLE_MAX_PATH];
    size_t count = 0;
    CHECK_STATUS(timestamped_body(&log, 0, &body), FAIL(ABSENT));
    CHECK_STATUS(timestamped_body(&log, SIZE + 1, &body), FAIL(ABSENT));
    CHECK_STATUS(timestamped_inclusion(&log, 1, SIZE + 1, path, &count), FAIL(ABSENT));
    for (size_t i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++) {
        const uint64_t size = i == 1 ? 65535 : SIZE;
        log = log_of(spoilt[i]);
        CHECK_STATUS(timestamped_body(&log, size, &body), FAIL(ABSENT));
    }
    CHECK_U64(body.length, 0);
    buffer_done(&body);
}

static void only_the_one_name_of_a_size_is_read(void)
{
    static const char *const wrong[] = {
        "timestamp/0.tsr",
        "timestamp/01.tsr",
        "timestamp/1.tsr.tmp",
        "timestamp/.tsr",
        "timestamp/1.TSR",
        "timestamp/-1.tsr",
        "timestamp/1",
        "timestamp/",
        "timestamps/1.tsr",
        "1.tsr",
        "timestamp/1.tsr/",
        "timestamp/1..tsr",
        "timestamp/9223372036854775808.tsr",
    };
    char text[TIMESTAMPED_PATH_BYTES];
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (!CHECK(!timestamped_path_read(slice_text(wrong[i]), &size)))
            fprintf(stderr, "%s\n", wrong[i]);
    for (uint64_t one = 1; one <= MERKLE_MAX_SIZE / 10; one = one * 10 + 7) {
        timestamped_path(one, text);
        CHECK(timestamped_path_read(slice_text(text), &size));
        CHECK_U64(size, one);
    }
    timestamped_path(70000, text);
    CHECK_TEXT(text, "timestamp/70000.tsr");
}

static void a_list_is_read_as_it_was_written(void)
{
    static const uint64_t list[] = {1, 2, 255, 70000, MERKLE_MAX_SIZE};
    static const char *const wrong[] = {
        "0\n", "1", "1\n1\n", "2\n1\n", "01\n", " 1\n", "\n", "x\n", "9223372036854775808\n"};
    uint64_t read[TIMESTAMPED_LIST_MAX];
    size_t count = 0;
    struct buffer text = buffer_new(TIMESTAMPED_LIST_BYTES + 100);
    timestamped_list_write(&text, list, sizeof list / sizeof list[0]);
    CHECK_OK(timestamped_list_read(buffer_slice(&text), 0, read, &count));
    CHECK_BYTES(slice_over(read, count * sizeof read[0]), slice_over(list, sizeof list));
    CHECK_OK(timestamped_list_read(buffer_slice(&text), 1, read, &count));
    CHECK_STATUS(timestamped_list_read(buffer_slice(&text), 2, read, &count),
                 REFUSE(TIMESTAMP_SHAPE));
    CHECK_OK(timestamped_list_read(slice_text(""), 7, read, &count));
    CHECK_U64(count, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_STATUS(timestamped_list_read(slice_text(wrong[i]), 0, read, &count),
                     REFUSE(TIMESTAMP_SHAPE));
    buffer_clear(&text);
    for (uint64_t i = 0; i <= TIMESTAMPED_LIST_MAX; i++) {
        struct status s = timestamped_list_read(buffer_slice(&text), 0, read, &count);
        CHECK(!failed(s) && count == i);
        const uint64_t one = MERKLE_MAX_SIZE - TIMESTAMPED_LIST_MAX + i;
        timestamped_list_write(&text, &one, 1);
    }
    CHECK_STATUS(timestamped_list_read(buffer_slice(&text), 0, read, &count),
                 REFUSE(TIMESTAMP_SHAPE));
    buffer_done(&text);
}

TESTS(audit_timestamped, {"a body has the root of its size", a_body_has_the_root_of_its_size},
      {"a path leads to the root of its size", a_path_leads_to_the_root_of_its_size},
      {"what the log has not is absent", what_the_log_has_not_is_absent},
      {"only the one name of a size is read", only_the_one_name_of_a_size_is_read},
      {"a list is read as it was written", a_list_is_read_as_it_was_written})
