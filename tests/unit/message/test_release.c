#include "support/check.h"

#include "base/file.h"
#include "message/release.h"
#include "vectors.h"

#include <string.h>

#define ARENA_BYTES (1 << 20)

static struct slices releases_of(const char *file)
{
    return vector_hex_list(vector_at(vector_at(vector_file(file), "parts"), "releases"));
}

static void releases_are_written_as_they_were_read(void)
{
    struct slices list = releases_of("delivery-two-hop.json");
    for (size_t i = 0; i < list.count; i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        struct buffer out = buffer_new(RELEASE_MAX_BYTES);
        struct release r;
        if (CHECK_OK(release_parse(a, list.at[i], &r))) {
            CHECK_U64(r.hop, i + 1);
            CHECK_BYTES(r.gateway, slice_text(i == 0 ? "XA-GW-01" : "XC-GW-01"));
            CHECK_U64(r.previous_leaf.length, i == 0 ? 0 : 32);
            release_write(&out, &r);
        }
        CHECK_BYTES(buffer_slice(&out), list.at[i]);
        buffer_done(&out);
        arena_free(a);
    }
}

static void no_cut_release_is_read(void)
{
    struct slice good = releases_of("delivery-two-hop.json").at[1];
    for (size_t length = 0; length < good.length; length++) {
        struct arena *a = arena_new(ARENA_BYTES);
        struct release r;
        CHECK(release_parse(a, slice_part(good, 0, length), &r).code == CODE_REFUSED);
        arena_free(a);
    }
}

/* What is read of changed octets is what they say: writing gives them back. */
static void a_changed_release_is_refused_or_says_so(void)
{
    struct slice good = releases_of("delivery-two-hop.json").at[1];
    uint8_t octets[4096];
    if (!CHECK(good.length <= sizeof octets))
        return;
    memcpy(octets, good.at, good.length);
    for (size_t i = 0; i < good.length; i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        struct buffer out = buffer_new(RELEASE_MAX_BYTES);
        struct release r;
        octets[i] ^= (uint8_t)(1U << i % 8);
        if (!failed(release_parse(a, slice_over(octets, good.length), &r))) {
            release_write(&out, &r);
            CHECK_BYTES(buffer_slice(&out), slice_over(octets, good.length));
        }
        octets[i] ^= (uint8_t)(1U << i % 8);
        buffer_done(&out);
        arena_free(a);
    }
}

static void own_digests_are_sorted_among_fillers(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    const struct digest own[2] = {{{0x80}}, {{0x10}}};
    uint8_t fillers[14 * 32];
    struct slices list = {NULL, 0};
    for (size_t i = 0; i < sizeof fillers; i++)
        fillers[i] = (uint8_t)(251 * i + i / 32);
    CHECK_OK(release_digests(a, own, 2, slice_over(fillers, sizeof fillers), 16, &list));
    CHECK_U64(list.count, 16);
    for (size_t i = 1; i < list.count; i++)
        CHECK(slice_compare(list.at[i - 1], list.at[i]) < 0);
    CHECK(digests_have(list, &own[0]) && digests_have(list, &own[1]));
    for (size_t i = 0; i < 14; i++) {
        struct digest filler = digest_read(slice_over(fillers + 32 * i, 32));
        CHECK(digests_have(list, &filler));
    }
    CHECK(!digests_have(list, &(struct digest){{0x10, 1}}));
    CHECK(!digests_have((struct slices){NULL, 0}, &own[0]));
    arena_free(a);
}

static void an_object_is_the_digest_of_its_folder(void)
{
    struct text_file files[] = {
        {slice_text("law/messages/mla"), slice_text("type mla.request\n")},
        {slice_text("law/vocabulary"), slice_text("code list\n")},
        {slice_text("lawless"), slice_text("not of this object")},
        {slice_text("states/all"), slice_text("state XA\n")},
    };
    const struct text_files folder = {files, sizeof files / sizeof files[0]};
    struct digest law = object_digest(&folder, "law/");
    CHECK_BYTES(digest_slice(&law),
                hex("2f5b4220f4687289702119b4ff72c710cc025eab0dff8d81802fc74508b32c6c"));
    struct digest none = object_digest(&folder, "parties/XA/");
    CHECK_BYTES(digest_slice(&none),
                hex("1fbd611973a9de2e5591ca9c5227c8a1f5176771c0f512d410ff03e601109761"));
    files[0].text = slice_text("type mla.request \n");
    struct digest changed = object_digest(&folder, "law/");
    CHECK(!digest_equal(&changed, digest_slice(&law)));
}

TESTS(release, {"releases are written as they were read", releases_are_written_as_they_were_read},
      {"no cut release is read", no_cut_release_is_read},
      {"a changed release is refused or says so", a_changed_release_is_refused_or_says_so},
      {"own digests are sorted among fillers", own_digests_are_sorted_among_fillers},
      {"an object is the digest of its folder", an_object_is_the_digest_of_its_folder})
