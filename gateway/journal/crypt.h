#ifndef JOURNAL_CRYPT_H
#define JOURNAL_CRYPT_H

/*
 * Octets at rest: one fresh key per row, wrapped by the keyring, and each slot of the row encrypted
 * with it. The associated data name table, row and slot, so that no ciphertext can stand elsewhere.
 */

#include "base/arena.h"
#include "crypto/secret.h"

/** Where a row is: "entry" or "message" and its number. */
struct place {
    const char *table;
    uint64_t row;
};

/**
 * Encrypts the slots of one row. A slot whose address is NULL stays NULL.
 *
 * ret_wrapped  the row's key; sealed has room for count slices. All in the arena.
 *
 * MEMORY, CRYPTO
 */
struct status slots_seal(struct arena *arena, const struct keyring *keyring,
                         const struct place *place, struct slices plain, struct slice *sealed,
                         struct slice *ret_wrapped);

/**
 * Decrypts one slot into the arena.
 *
 * ABSENT  the row's key is destroyed or the slot was never filled
 * CRYPTO  not what was encrypted there, or under another keyring;  MEMORY
 */
struct status slot_open(struct arena *arena, const struct keyring *keyring,
                        const struct place *place, struct slice wrapped, unsigned slot,
                        struct slice sealed, struct slice *ret_plain);

/** An empty buffer whose memory is room octets of the arena: never to be given to buffer_done.
 * Failed from the start when the arena is at its cap. */
struct buffer buffer_in(struct arena *arena, size_t room);

#endif
