#ifndef SUPPORT_SMALL_RULEBOOK_H
#define SUPPORT_SMALL_RULEBOOK_H

/* A rulebook of four short texts, for tests that only need one that parses. */

#include "base/file.h"

#define SMALL_RULEBOOK_FILES 4U /* the law's three, then the States' */

/** One with these numbers; extra: at the end of the vocabulary. Lives in the arena. */
struct text_files small_rulebook(struct arena *arena, unsigned law, unsigned states,
                                 const char *extra);

#endif
