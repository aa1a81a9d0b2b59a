#include "support/check.h"

#include "audit/entry.h"
#include "audit/note.h"
#include "audit/tile.h"
#include "base/encoding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORIGIN "xa-gw-01.comity.example/audit/2026"

/* A published log, in memory. */

#define FILES_MAX 16

struct log_file {
    char path[TILE_PATH_BYTES];
    struct buffer octets;
};

struct published {
    uint64_t size;
    uint8_t (*entries)[ENTRY_BYTES];
    struct digest *leaves;
    struct log_file files[FILES_MAX];
    size_t count;
    char vkey[ORIGIN_MAX_BYTES + 64];
};

static struct log_file *file_new(struct published *log, const char *path)
{
    struct log_file *f = &log->files[log->count++];
    snprintf(f->path, sizeof f->path, "%s", path);
    f->octets = buffer_new(1 << 20);
    return f;
}

static void entry_fill(uint8_t entry[static ENTRY_BYTES], uint64_t index)
{
    struct buffer b = buffer_new(ENTRY_BYTES);
    buffer_put(&b, hex("84011b"));
    buffer_u64(&b, 1790000000000 + index / 2); /* two each in the same millisecond */
    for (int i = 0; i < 2; i++) {
        buffer_put(&b, hex("5820"));
        struct digest d = digest_two(slice_over(&index, sizeof index), slice_over(&i, sizeof i));
        buffer_put(&b, digest_slice(&d));
    }
    CHECK_U64(b.length, ENTRY_BYTES);
    memcpy(entry, b.at, ENTRY_BYTES);
    buffer_done(&b);
}

/* By the definition: hash i of a level is the root over its 256^level leaves. */
static struct status publish_tile(void *store, const struct tile *tile)
{
    struct published *log = store;
    char path[TILE_PATH_BYTES];
    tile_path(tile->level, tile->index, tile->width, path);
    struct log_file *f = file_new(log, path);
    for (uint64_t i = tile->index * TILE_WIDTH; i < tile->index * TILE_WIDTH + tile->width; i++) {
        if (tile->level < 0) {
            buffer_u16(&f->octets, ENTRY_BYTES);
            buffer_put(&f->octets, slice_over(log->entries[i], ENTRY_BYTES));
            continue;
        }
        uint64_t below = UINT64_C(1) << (8 * tile->level);
        struct digest d = merkle_root_of(log->leaves + i * below, below);
        buffer_put(&f->octets, digest_slice(&d));
    }
    return OK;
}

static void publish_checkpoint(struct published *log)
{
    uint8_t seed[32] = {7}, octets[32];
    struct key *key = NULL;
    struct digest root = merkle_root_of(log->leaves, log->size);
    if (!CHECK_OK(key_from_seed(seed, &key)) || !CHECK(key_public(key, octets)))
        return;
    vkey_write(ORIGIN, 0x01, octets, log->vkey);
    CHECK_OK(note_sign(key, ORIGIN, log->size, &root, &file_new(log, "checkpoint")->octets));
    key_free(key);
}

static void log_init(struct published *log, uint64_t size)
{
    *log = (struct published){.size = size};
    log->entries = malloc(size * sizeof *log->entries);
    log->leaves = malloc(size * sizeof *log->leaves);
    if (!CHECK(log->entries != NULL && log->leaves != NULL))
        exit(1);
    for (uint64_t i = 0; i < size; i++)
        entry_fill(log->entries[i], i);
}

static void log_publish(struct published *log)
{
    for (uint64_t i = 0; i < log->size; i++)
        log->leaves[i] = merkle_leaf(slice_over(log->entries[i], ENTRY_BYTES));
    CHECK_OK(tiles_all(log->size, publish_tile, log));
    publish_checkpoint(log);
}

static void log_done(struct published *log)
{
    for (size_t i = 0; i < log->count; i++)
        buffer_done(&log->files[i].octets);
    free(log->entries);
    free(log->leaves);
}

static struct status read_file(void *store, const char *path, struct buffer *out)
{
    const struct published *log = store;
    for (size_t i = 0; i < log->count; i++) {
        if (strcmp(log->files[i].path, path) != 0)
            continue;
        buffer_put(out, buffer_slice(&log->files[i].octets));
        return OK;
    }
    return FAIL(ABSENT);
}

static struct status judged(struct published *log, struct log_verdict *verdict)
{
    return log_verify(read_file, log, slice_text(log->vkey), verdict);
}

/* That the log is refused, and that something is said about it. */
static void check_fault(struct published *log, const char *contains)
{
    struct log_verdict v;
    CHECK(judged(log, &v).code == CODE_REFUSED);
    if (!CHECK(strstr(v.fault, contains) != NULL && v.fault[0] != '\0'))
        fprintf(stderr, "fault: \"%s\", wanted \"%s\"\n", v.fault, contains);
}

static const uint64_t sizes[] = {1, 2, 255, 256, 257, 600};

#define SIZES (sizeof sizes / sizeof sizes[0])

static void a_published_log_verifies(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        struct published log;
        struct log_verdict v;
        log_init(&log, sizes[i]);
        log_publish(&log);
        CHECK_OK(judged(&log, &v));
        CHECK_TEXT(v.fault, "");
        CHECK_TEXT(v.origin, ORIGIN);
        CHECK_U64(v.size, sizes[i]);
        log_done(&log);
    }
}

/* Every octet of a short file is changed once, of a long one so many. */
#define SHORT_BYTES      300
#define CHANGES_PER_FILE 40

static void any_changed_octet_of_a_log_is_found(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        struct published log;
        log_init(&log, sizes[i]);
        log_publish(&log);
        for (size_t f = 0; f < log.count; f++) {
            struct buffer *octets = &log.files[f].octets;
            size_t stride = octets->length <= SHORT_BYTES ? 1 : octets->length / CHANGES_PER_FILE;
            for (size_t k = 0; k < octets->length; k += stride) {
                octets->at[k] ^= (uint8_t)(1U << k % 8);
                check_fault(&log, "");
                octets->at[k] ^= (uint8_t)(1U << k % 8);
            }
        }
        log_done(&log);
    }
}

static void octets_too_many_or_too_few_are_found(void)
{
    struct published log;
    log_init(&log, 600);
    log_publish(&log);
    for (size_t f = 0; f < log.count; f++) {
        struct buffer *octets = &log.files[f].octets;
        buffer_u8(octets, 0);
        check_fault(&log, log.files[f].path);
        octets->length -= 2;
        check_fault(&log, log.files[f].path);
        octets->length++;
        struct log_file *file = &log.files[f];
        file->path[0] = 'X'; /* as if it were not there */
        check_fault(&log, "missing");
        file->path[0] = strcmp(file->path, "Xheckpoint") == 0 ? 'c' : 't';
    }
    struct log_verdict v;
    CHECK_OK(judged(&log, &v));
    log_done(&log);
}

static void times_never_fall(void)
{
    struct published log;
    log_init(&log, 300);
    log.entries[270][10]--; /* the last octet of its time */
    log.entries[270][9]--;
    log_publish(&log);
    check_fault(&log, "tile/entries/001.p/44: entry 270 is earlier");
    log_done(&log);
}

static void entries_are_well_formed(void)
{
    struct published log;
    log_init(&log, 2);
    log.entries[0][1] = 2;
    log_publish(&log);
    check_fault(&log, "tile/entries/000.p/2: entry 0 is not well formed");
    log_done(&log);
}

static void tiles_that_fit_another_root_are_found(void)
{
    struct published log, other;
    log_init(&log, 257);
    log_publish(&log);
    log_init(&other, 257);
    other.entries[3][40] ^= 1;
    log_publish(&other);
    struct buffer *mine = &log.files[log.count - 1].octets;
    struct buffer *theirs = &other.files[other.count - 1].octets;
    struct buffer kept = *mine;
    *mine = *theirs;
    check_fault(&log, "checkpoint: its root is not that of the entries");
    *mine = kept;
    log_done(&log);
    log_done(&other);
}

static void an_empty_log_is_no_log(void)
{
    struct published log;
    log_init(&log, 1);
    log.size = 0;
    log_publish(&log);
    check_fault(&log, "empty");
    log_done(&log);
}

static void a_log_is_judged_by_the_key_given(void)
{
    struct published log;
    struct log_verdict v;
    static const uint8_t other_key[32] = {9};
    char other[ORIGIN_MAX_BYTES + 64];
    log_init(&log, 3);
    log_publish(&log);
    vkey_write(ORIGIN, 0x01, other_key, other);
    CHECK(log_verify(read_file, &log, slice_text(other), &v).code == CODE_REFUSED);
    CHECK_TEXT(v.fault, "checkpoint: no signature by the log's key");
    vkey_write("another/log", 0x01, other_key, other);
    CHECK(log_verify(read_file, &log, slice_text(other), &v).code == CODE_REFUSED);
    CHECK_TEXT(v.fault, "checkpoint: its origin is another log's");
    CHECK_TEXT(v.origin, ORIGIN);
    CHECK(log_verify(read_file, &log, slice_text(""), &v).code == CODE_REFUSED);
    CHECK_TEXT(v.fault, "the key given is no vkey");
    log_done(&log);
}

/* A line by a witness, as its program makes it. */
static void cosign(struct published *log, char vkey[static ORIGIN_MAX_BYTES + 64])
{
    uint8_t seed[32] = {8}, octets[32], blob[76] = {0};
    struct key *key = NULL;
    struct vkey parsed;
    struct buffer *note = &log->files[log->count - 1].octets;
    struct buffer text = buffer_new(4096);
    size_t body = note->length;
    while (body > 1 && memcmp(note->at + body - 2, "\n\n", 2) != 0)
        body--;
    body--; /* without the empty line */
    buffer_print(&text, "cosignature/v1\ntime 5\n");
    buffer_put(&text, slice_over(note->at, body));
    blob[11] = 5;
    if (CHECK_OK(key_from_seed(seed, &key)) && CHECK(key_public(key, octets))) {
        vkey_write("moj.example/w", 0x04, octets, vkey);
        CHECK_OK(vkey_parse(slice_text(vkey), &parsed));
        memcpy(blob, parsed.id, sizeof parsed.id);
        CHECK_OK(key_sign(key, buffer_slice(&text), blob + 12));
    }
    char line[128];
    base64_write(slice_over(blob, sizeof blob), line);
    buffer_print(note, "\xe2\x80\x94 moj.example/w %s\n", line);
    buffer_done(&text);
    key_free(key);
}

static void cosignatures_are_verified_and_none_is_unknown(void)
{
    struct published log;
    struct log_verdict v;
    char witness[ORIGIN_MAX_BYTES + 64], both[2 * (ORIGIN_MAX_BYTES + 65)];
    log_init(&log, 2);
    log_publish(&log);
    cosign(&log, witness);
    check_fault(&log, "signature 2 is by a key that was not given");
    snprintf(both, sizeof both, "%s\n%s\n", log.vkey, witness);
    CHECK_OK(log_verify(read_file, &log, slice_text(both), &v));
    struct buffer *note = &log.files[log.count - 1].octets;
    for (size_t i = 0; i < note->length; i++) {
        note->at[i] ^= (uint8_t)(1U << i % 8);
        CHECK(log_verify(read_file, &log, slice_text(both), &v).code == CODE_REFUSED);
        note->at[i] ^= (uint8_t)(1U << i % 8);
    }
    log_done(&log);
}

TESTS(log_verify, {"a published log verifies", a_published_log_verifies},
      {"any changed octet of a log is found", any_changed_octet_of_a_log_is_found},
      {"octets too many or too few are found", octets_too_many_or_too_few_are_found},
      {"times never fall", times_never_fall}, {"entries are well formed", entries_are_well_formed},
      {"tiles that fit another root are found", tiles_that_fit_another_root_are_found},
      {"an empty log is no log", an_empty_log_is_no_log},
      {"a log is judged by the key given", a_log_is_judged_by_the_key_given},
      {"cosignatures are verified and none is unknown",
       cosignatures_are_verified_and_none_is_unknown})
