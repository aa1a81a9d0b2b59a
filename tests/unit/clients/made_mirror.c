#include "made_mirror.h"

#include "support/check.h"

#include <stdio.h>
#include <string.h>

#define ROW_ARENA_BYTES (4U << 20)

struct mirror *made_log(const char *dir, const char *origin, const char *succeeds)
{
    char error[MIRROR_ERROR_BYTES];
    struct mirror *mirror = NULL;
    const struct mirror_log log = {origin, MADE_GATEWAY, succeeds};
    if (!CHECK_OK(mirror_make(dir, &log, error, &mirror)))
        fprintf(stderr, "%s\n", error);
    return mirror;
}

struct mirror *made_mirror(const char *dir)
{
    return made_log(dir, MADE_ORIGIN, "");
}

static struct key *made_key(void)
{
    uint8_t seed[32];
    struct key *key = NULL;
    memset(seed, 0x44, sizeof seed);
    CHECK_OK(key_from_seed(seed, &key));
    return key;
}

const char *made_vkey(void)
{
    static char text[ORIGIN_MAX_BYTES + 64];
    uint8_t octets[32];
    struct key *key = made_key();
    CHECK(key_public(key, octets));
    vkey_write(MADE_ORIGIN, 0x01, octets, text);
    key_free(key);
    return text;
}

static struct opening opening_of(struct arena *arena, const uint8_t key[static 32],
                                 struct slice record)
{
    return (struct opening){arena_copy(arena, slice_over(key, 32)), record};
}

struct opened_entry made_row(struct arena *arena, uint64_t index, uint64_t time_ms,
                             const struct outer *outer, const struct inner *inner)
{
    struct entry_keys keys;
    struct entry_records r = {0};
    memset(&keys, 7, sizeof keys);
    memcpy(keys.outer, &index, sizeof index); /* no two entries alike */
    CHECK_OK(entry_make(arena, time_ms, outer, inner, &keys, &r));
    return (struct opened_entry){
        .index = index,
        .entry = r.entry,
        .outer = opening_of(arena, keys.outer, r.outer),
        .inner = opening_of(arena, keys.inner, r.inner),
        .closed = opening_of(arena, keys.closed, r.closed),
    };
}

void made_put(struct mirror *mirror, uint64_t time_ms, const struct outer *outer,
              const struct inner *inner)
{
    struct arena *arena = arena_new(ROW_ARENA_BYTES);
    const struct opened_entry row = made_row(arena, mirror_count(mirror), time_ms, outer, inner);
    CHECK_OK(mirror_begin(mirror));
    CHECK_OK(mirror_put(mirror, &row));
    CHECK_OK(mirror_commit(mirror));
    arena_free(arena);
}

static struct outer start_outer(void)
{
    static const uint8_t rulebook[32] = {1};
    return (struct outer){.kind = ENTRY_START_STOP,
                          .gateway = slice_text(MADE_GATEWAY),
                          .rulebook = slice_over(rulebook, sizeof rulebook)};
}

void made_start_at(struct mirror *mirror, uint64_t at_ms, const char *words)
{
    const struct outer outer = start_outer();
    const struct inner inner = {.op = slice_text("OPERATE"),
                                .actor = slice_text(MADE_GATEWAY),
                                .justification = slice_text(words)};
    made_put(mirror, at_ms, &outer, &inner);
}

void made_start(struct mirror *mirror, const char *words)
{
    made_start_at(mirror, MADE_BEGAN_MS, words);
}

void made_starts(struct mirror *mirror, uint64_t count)
{
    const struct outer outer = start_outer();
    const struct inner inner = {.op = slice_text("OPERATE"), .actor = slice_text(MADE_GATEWAY)};
    CHECK_OK(mirror_begin(mirror));
    for (uint64_t i = 0; i < count; i++) {
        struct arena *arena = arena_new(ROW_ARENA_BYTES);
        const uint64_t index = mirror_count(mirror);
        const struct opened_entry row = made_row(arena, index, MADE_BEGAN_MS, &outer, &inner);
        CHECK_OK(mirror_put(mirror, &row));
        arena_free(arena);
    }
    CHECK_OK(mirror_commit(mirror));
}

void made_note(struct mirror *mirror, uint64_t size, struct buffer *out)
{
    struct digest root;
    struct mirror_log log = {0};
    struct key *key = made_key();
    struct arena *arena = arena_new(ROW_ARENA_BYTES);
    CHECK_OK(mirror_root(mirror, size, &root));
    CHECK_OK(mirror_log(mirror, arena, &log));
    CHECK_OK(note_sign(key, log.origin, size, &root, out));
    arena_free(arena);
    key_free(key);
}

void made_keep(struct mirror *mirror)
{
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    made_note(mirror, mirror_count(mirror), &note);
    CHECK_OK(mirror_begin(mirror));
    CHECK_OK(mirror_keep(mirror, buffer_slice(&note), MADE_BEGAN_MS));
    CHECK_OK(mirror_commit(mirror));
    buffer_done(&note);
}
