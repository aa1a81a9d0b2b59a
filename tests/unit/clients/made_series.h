#ifndef UNIT_CLIENTS_MADE_SERIES_H
#define UNIT_CLIENTS_MADE_SERIES_H

/* The mirrors of some logs of one gateway, made up here. */

#include "made_mirror.h"
#include "mirror/series.h"

#define SERIES_LOGS         3
#define SERIES_ORIGIN(year) "xa-gw-01.comity.example/audit/" year
#define SERIES_WORDS_BYTES  256

/** Of 2028, 2026 and 2027. */
extern const char *const series_origins[SERIES_LOGS];

struct series_stand {
    char dir[128];
    struct arena *arena;
    struct series *series;
    char error[MIRROR_ERROR_BYTES];
};

/** A fresh folder with nothing in it. */
void series_stand_begin(struct series_stand *t);
void series_stand_end(struct series_stand *t);

/** A log of count starts, of which the first says what it goes on from. */
void series_put_log(const struct series_stand *t, const char *name, const char *origin,
                    const char *succeeds, const char *words, uint64_t count);

/** What the first entry of the next log says of the log of this name. */
void series_succeeding(const struct series_stand *t, const char *name,
                       char words[static SERIES_WORDS_BYTES]);

/** 2026 with 5 entries, 2027 with 4, 2028 with 3; made in no order. */
void series_put_three(struct series_stand *t);

/** Opens them for reading, again if need be. */
bool series_opens(struct series_stand *t);

#endif
