#include "witness_log.h"

#include "support/check.h"

#include "crypto/merkle.h"

#include <string.h>

void witness_log_make(struct witness_log *log)
{
    uint8_t seed[32], octets[32];
    memset(seed, 0x33, sizeof seed);
    *log = (struct witness_log){0};
    for (uint64_t i = 0; i < WITNESS_LOG_MAX; i++)
        log->leaves[i] = merkle_leaf(slice_over(&i, sizeof i));
    CHECK_OK(key_from_seed(seed, &log->key));
    CHECK(key_public(log->key, octets));
    vkey_write(WITNESS_ORIGIN, 0x01, octets, log->vkey_text);
    CHECK_OK(vkey_parse(slice_text(log->vkey_text), &log->vkey));
}

void witness_log_fork(struct witness_log *log, uint64_t leaf)
{
    for (uint64_t i = leaf; i < WITNESS_LOG_MAX; i++)
        log->leaves[i] = merkle_leaf(digest_slice(&log->leaves[i]));
}

void witness_log_done(struct witness_log *log)
{
    key_free(log->key);
    log->key = NULL;
}

void witness_log_note(const struct witness_log *log, uint64_t size, struct buffer *out)
{
    struct digest root = merkle_root_of(log->leaves, size);
    CHECK_OK(note_sign(log->key, WITNESS_ORIGIN, size, &root, out));
}

/* A merkle_subtree. */
static struct status subtree(void *store, unsigned level, uint64_t index, struct digest *ret_hash)
{
    const struct witness_log *log = store;
    *ret_hash = merkle_root_of(log->leaves + (index << level), UINT64_C(1) << level);
    return OK;
}

void witness_log_request(const struct witness_log *log, uint64_t old, uint64_t size,
                         struct buffer *out)
{
    struct witness_log whole = *log; /* which the walk takes without const */
    struct digest hashes[MERKLE_MAX_CONSISTENCY];
    struct slice path[MERKLE_MAX_CONSISTENCY];
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    size_t count = 0;
    if (old <= size)
        CHECK_OK(merkle_consistency(subtree, &whole, old, size, hashes, &count));
    for (size_t i = 0; i < count; i++)
        path[i] = digest_slice(&hashes[i]);
    witness_log_note(log, size, &note);
    CHECK_OK(witness_request_write(old, (struct slices){path, count}, buffer_slice(&note), out));
    buffer_done(&note);
}
