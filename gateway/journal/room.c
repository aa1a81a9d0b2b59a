#include "journal/room.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BLOCK_BYTES 512 /* of st_blocks */

static bool ballast_is_there(const struct room *room)
{
    struct stat st;
    return room->ballast_bytes > 0 && lstat(room->ballast, &st) == 0 && S_ISREG(st.st_mode) &&
           (uint64_t)st.st_size == room->ballast_bytes &&
           (uint64_t)st.st_blocks * BLOCK_BYTES >= room->ballast_bytes;
}

static void ballast_remove(struct room *room)
{
    room->has_ballast = false;
    if (unlink(room->ballast) != 0) /* where even that needs room, the blocks go first */
        (void)!truncate(room->ballast, 0);
}

static bool ballast_make(struct room *room)
{
    int fd = open(room->ballast, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    room->has_ballast = posix_fallocate(fd, 0, (off_t)room->ballast_bytes) == 0;
    close(fd);
    if (!room->has_ballast)
        ballast_remove(room);
    return room->has_ballast;
}

bool room_begin(struct room *room, const char *folder, uint64_t ballast_bytes, uint64_t floor_bytes)
{
    *room = (struct room){.ballast_bytes = ballast_bytes, .floor_bytes = floor_bytes};
    int length = snprintf(room->ballast, sizeof room->ballast, "%s/ballast", folder);
    if (length < 0 || (size_t)length >= sizeof room->ballast)
        return false;
    snprintf(room->folder, sizeof room->folder, "%s", folder);
    room->has_ballast = ballast_is_there(room);
    if (!room->has_ballast)
        ballast_remove(room);
    return true;
}

static uint64_t free_of(const struct statvfs *v)
{
    uint64_t blocks = v->f_bavail, size = v->f_frsize;
    return size > 0 && blocks > UINT64_MAX / size ? UINT64_MAX : blocks * size;
}

/* Whether there is room for the ballast above the floor, and some more: what was given up a moment
 * ago must not be taken at once again. */
static bool ballast_fits(const struct room *room)
{
    uint64_t wanted = room->ballast_bytes + room->ballast_bytes / 8;
    return room->free_bytes >= room->floor_bytes && room->free_bytes - room->floor_bytes >= wanted;
}

void room_look(struct room *room)
{
    struct statvfs v;
    bool wanted = room->ballast_bytes > 0 && !room->has_ballast;
    if (statvfs(room->folder, &v) != 0)
        return; /* what was known stays */
    room->free_bytes = free_of(&v);
    if (wanted && ballast_fits(room) && ballast_make(room)) {
        wanted = false;
        room->free_bytes -= room->ballast_bytes;
    }
    room->low = wanted || room->free_bytes < room->floor_bytes;
}

void room_give_up(struct room *room)
{
    if (room->has_ballast)
        ballast_remove(room);
    room->low = true;
}
