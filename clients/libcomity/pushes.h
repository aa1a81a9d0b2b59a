#ifndef LIBCOMITY_PUSHES_H
#define LIBCOMITY_PUSHES_H

/*
 * Frames that the gateway sent of its own accord and nobody has asked for yet: messages and
 * receipts in their order, as many as it had credit for, and of each log the last CHECKPOINT.
 */

#include "base/arena.h"
#include "wire/frame.h"

struct push;

/** Zero at the beginning. */
struct pushes {
    struct push *first, *last;
    struct push *told; /* CHECKPOINTs */
    size_t told_count;
};

/** Keeps the body of a DELIVER or RECEIPT. MEMORY */
struct status pushes_keep(struct pushes *pushes, struct slice body);

/**
 * Keeps the body of a CHECKPOINT in place of the one before of this log. It costs no credit, so it
 * is passed over where there are more logs than anybody has.
 *
 * REFUSED  note.shape: longer than a note can be;  MEMORY
 */
struct status pushes_keep_told(struct pushes *pushes, struct slice body,
                               const struct checkpoint_frame *checkpoint);

/** Whether there is any. */
bool pushes_wait(const struct pushes *pushes);

/** The first message or receipt; of kind FRAME_NONE where there is none. In the arena. MEMORY */
struct status pushes_take(struct pushes *pushes, struct arena *arena, struct frame *ret_frame);

/** A CHECKPOINT. In the arena. ABSENT, MEMORY */
struct status pushes_take_told(struct pushes *pushes, struct arena *arena, struct frame *ret_frame);

void pushes_free(struct pushes *pushes);

#endif
