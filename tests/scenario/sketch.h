#ifndef SCENARIO_SKETCH_H
#define SCENARIO_SKETCH_H

/*
 * What somebody without keys can see of a frame, as a line or more of text: kinds, numbers, codes,
 * names, times, how long each part is and how many there are. Salts, hashes, keys and signatures
 * are fresh every time and count by their length alone. Frames that tell the same have the same
 * sketch.
 */

#include "support/check.h"
#include "wire/frame.h"

struct sketch {
    struct buffer text;
    /* Without what the size of a log shows in: indexes, sizes and proofs, the lengths of frames
     * that carry them, CHECKPOINTs, which come when a log has grown, and the numbers of frames,
     * which count those, too. */
    bool placeless;
};

struct sketch sketch_new(void);
void sketch_free(struct sketch *sketch);

/** Adds a frame; length: octets, head included; at_ms: when it came. */
void sketch_frame(struct sketch *sketch, const struct frame *frame, size_t length, uint64_t at_ms);

/** Adds every file below a folder with its length, in the order of their names. */
void sketch_folder(struct sketch *sketch, const char *path);

/** Whether two are the same; prints where they part. */
bool sketch_same(const struct sketch *one, const struct sketch *two);

#endif
