#ifndef MIRROR_BITS_H
#define MIRROR_BITS_H

/* Which entries have a mark, in blocks of a bit for each entry: what a search intersects. */

#include "mirror/mirror.h"

#define BITS_BLOCK 4096 /* entries */

/** Entry i of a block is bit i % 8 of octet i / 8. */
struct bits {
    uint8_t octets[BITS_BLOCK / 8];
};

static inline bool bits_have(const struct bits *bits, uint64_t index)
{
    const unsigned at = (unsigned)(index % BITS_BLOCK);
    return (bits->octets[at / 8] >> at % 8 & 1) != 0;
}

/** A block as the table has it: as it is, or as the ascending list of its entries. STORE: it is
 * neither */
struct status bits_decode(struct slice kept, struct bits *ret_bits);

/** The entries of a block that have a mark; all bits are 0 where none has. STORE, MEMORY */
struct status bits_read(struct mirror *mirror, struct slice mark, uint64_t block,
                        struct bits *ret_bits);

/** Says of an entry that it has a mark, or has it no more; within a transaction, before whose
 * commit bits_write is to be called. STORE, FULL, MEMORY */
struct status bits_put(struct mirror *mirror, struct slice mark, uint64_t index);
struct status bits_take(struct mirror *mirror, struct slice mark, uint64_t index);

/** Writes what was said: a common mark of many entries once. STORE, FULL, MEMORY */
struct status bits_write(struct mirror *mirror);

/** Forgets what was said and not written. */
void bits_abandon(struct mirror *mirror);

#endif
