#ifndef JOURNAL_ROOM_H
#define JOURNAL_ROOM_H

/*
 * Room on the journal's file system. Below a floor no new work is taken in, while there is still
 * enough for what was accepted. A ballast file holds blocks that are given up when the disk is full
 * all the same, so that deliveries can be recorded; it is made again before new work is taken in.
 */

#include <stdbool.h>
#include <stdint.h>

#define ROOM_PATH_BYTES 4096

/** Used by one thread at a time. */
struct room {
    char folder[ROOM_PATH_BYTES];
    char ballast[ROOM_PATH_BYTES];
    uint64_t ballast_bytes; /* 0: none is wanted */
    uint64_t floor_bytes;
    uint64_t free_bytes; /* as of the last look */
    bool has_ballast;
    bool low;
};

/** Takes over a ballast file of the right size; one of another size is removed. False if the
 * folder's path is too long. */
bool room_begin(struct room *room, const char *folder, uint64_t ballast_bytes,
                uint64_t floor_bytes);

/** Measures the room and decides again whether it is low; makes the ballast once there is room for
 * it above the floor. */
void room_look(struct room *room);

/** The disk is full: removes the ballast. The room is low until there is one again. */
void room_give_up(struct room *room);

#endif
