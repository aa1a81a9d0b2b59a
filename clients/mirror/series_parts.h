#ifndef MIRROR_SERIES_PARTS_H
#define MIRROR_SERIES_PARTS_H

/* What the files of a series share. */

#include "mirror/series.h"

struct series {
    char *dir;
    struct arena *arena; /* of all texts below */
    const char *gateway; /* NULL: no mirror says it yet */
    struct series_log logs[SERIES_MAX];
    size_t count;
    bool is_any;   /* there is something below the folder */
    bool is_whole; /* nothing of it is passed over */
};

#endif
