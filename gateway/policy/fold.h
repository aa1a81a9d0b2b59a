#ifndef POLICY_FOLD_H
#define POLICY_FOLD_H

/*
 * Text as the leak hold compares it: case, accents and punctuation folded, so that "DOSTÁN," is
 * "dostan". Latin letters with accents become plain ones, Greek and Cyrillic lose their case, other
 * scripts are compared as they are.
 */

#include "base/arena.h"

/**
 * The words of a text, each between two blanks: " blue lantern house "; one blank if there is none.
 * Lives in the arena; at is NULL when memory is out.
 */
struct slice fold_words(struct arena *arena, struct slice text);

/** Letters and digits only, folded: "+999 551-200" is "999551200". at is NULL without memory. */
struct slice fold_number(struct arena *arena, struct slice text);

#endif
