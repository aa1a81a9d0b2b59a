#ifndef LIBCOMITY_RECORD_PARTS_H
#define LIBCOMITY_RECORD_PARTS_H

/* What the records*.c share, and the forms of records for those who walk the archive themselves. */

#include "libcomity/records.h"
#include "wire/msgpack.h"

#define RECORD_NAME_BYTES  64
#define RECORD_ARENA_BYTES (32U << 20) /* for what one record says */

/** A checkpoint and the signed note that it was read from; empty where that was not kept yet. */
struct kept_note {
    struct known_checkpoint checkpoint;
    struct slice note;
};

struct contradiction {
    struct slice id; /* of the message that the note came with */
    struct kept_note kept;
    struct slice note;
};

/** Archives the buffer's octets and frees it. STORE, FULL, CRYPTO, MEMORY */
struct status record_put(struct archive *archive, enum archive_kind kind, struct slice name,
                         struct buffer *record);

/** A record's octets in the arena. ABSENT, STORE, CRYPTO, MEMORY */
struct status record_get(struct archive *archive, struct arena *arena, enum archive_kind kind,
                         struct slice name, struct slice *ret_record);

/** An id with something behind it, as the name of a record; in room. */
struct slice record_name(uint8_t room[static RECORD_NAME_BYTES], struct slice id,
                         struct slice tail);

/** The name of a receipt's record; in room. */
struct slice receipt_name(uint8_t room[static RECORD_NAME_BYTES],
                          const struct receipt_place *place);

/** Begins to read a record that is one list of count elements. */
bool record_open(struct slice record, uint32_t count, struct mp_cursor *ret_cursor);

/** Ends it. What we wrote and authenticated is well formed, unless another version wrote it: STORE
 */
struct status record_end(const struct mp_cursor *cursor);

/* Each form; what is read borrows from the record. STORE, MEMORY */
struct status submission_parse(struct arena *arena, struct slice record, struct submit *ret_submit);
struct status kept_parse(struct slice record, struct kept_message *ret_message);
struct status checkpoint_parse(struct slice record, struct kept_note *ret_checkpoint);
struct status contradiction_parse(struct slice record, struct contradiction *ret_contradiction);

#endif
