#include "journal/crypt.h"

#include <inttypes.h>
#include <stdio.h>

#define ASSOCIATED_BYTES 64

static struct slice associated_write(const struct place *place, unsigned slot,
                                     char text[static ASSOCIATED_BYTES])
{
    int length =
        snprintf(text, ASSOCIATED_BYTES, "%s|%" PRIu64 "|%u", place->table, place->row, slot);
    return slice_over(text, (size_t)length);
}

struct buffer buffer_in(struct arena *arena, size_t room)
{
    struct buffer b = {.at = arena_alloc(arena, room), .room = room, .max = room};
    b.failed = b.at == NULL;
    return b;
}

static struct status slot_seal(struct arena *arena, const uint8_t key[static SECRET_KEY_BYTES],
                               struct slice associated, struct slice plain,
                               struct slice *ret_sealed)
{
    struct buffer out = buffer_in(arena, plain.length + SECRET_OVERHEAD_BYTES);
    if (out.failed)
        return FAIL(MEMORY);
    struct status s = secret_seal(key, associated, plain, &out);
    if (!failed(s))
        *ret_sealed = buffer_slice(&out);
    return s;
}

struct status slots_seal(struct arena *arena, const struct keyring *keyring,
                         const struct place *place, struct slices plain, struct slice *sealed,
                         struct slice *ret_wrapped)
{
    uint8_t key[SECRET_KEY_BYTES];
    uint8_t *wrapped = arena_alloc(arena, SECRET_WRAPPED_BYTES);
    if (wrapped == NULL)
        return FAIL(MEMORY);
    struct status s = keyring_make(keyring, key, wrapped);
    for (unsigned slot = 0; !failed(s) && slot < plain.count; slot++) {
        char text[ASSOCIATED_BYTES];
        sealed[slot] = (struct slice){NULL, 0};
        if (plain.at[slot].at != NULL)
            s = slot_seal(arena, key, associated_write(place, slot, text), plain.at[slot],
                          &sealed[slot]);
    }
    secret_wipe(key, sizeof key);
    if (!failed(s))
        *ret_wrapped = slice_over(wrapped, SECRET_WRAPPED_BYTES);
    return s;
}

struct status slot_open(struct arena *arena, const struct keyring *keyring,
                        const struct place *place, struct slice wrapped, unsigned slot,
                        struct slice sealed, struct slice *ret_plain)
{
    uint8_t key[SECRET_KEY_BYTES];
    char text[ASSOCIATED_BYTES];
    if (wrapped.at == NULL || sealed.at == NULL)
        return FAIL(ABSENT);
    if (sealed.length < SECRET_OVERHEAD_BYTES)
        return FAIL(CRYPTO);
    struct buffer out = buffer_in(arena, sealed.length - SECRET_OVERHEAD_BYTES);
    struct status s = out.failed ? FAIL(MEMORY) : keyring_open(keyring, wrapped, key);
    if (!failed(s))
        s = secret_open(key, associated_write(place, slot, text), sealed, &out);
    secret_wipe(key, sizeof key);
    if (!failed(s))
        *ret_plain = buffer_slice(&out);
    return s;
}
