#ifndef POLICY_FOLD_H
#define POLICY_FOLD_H

/*
 * Text as the leak hold compares it: case, accents and punctuation folded, so that "DOSTÁN," is
 * "dostan". Latin, Greek and Cyrillic letters become plain small ones, Armenian and Georgian lose
 * their case, combining accents and points are dropped; the rest is compared as it is.
 */

#include "base/arena.h"

/**
 * The words of a text, each between two blanks: " blue lantern house "; one blank if there is none.
 * Lives in the arena; at is NULL when memory is out.
 */
struct slice fold_words(struct arena *arena, struct slice text);

/** The same with apostrophes, of whatever form, as nothing: "O'Brien" is " obrien ". */
struct slice fold_joined(struct arena *arena, struct slice text);

/** Letters and digits only, folded: "+999 551-200" is "999551200". at is NULL without memory. */
struct slice fold_number(struct arena *arena, struct slice text);

/** The same from the folded words of a text. at is NULL without memory, or words. */
struct slice fold_unspaced(struct arena *arena, struct slice words);

/** Whether a text has an apostrophe, so that the two forms of its words differ. */
bool fold_has_apostrophe(struct slice text);

/** Whether a text has letters of a script that is written without blanks, as Han and Thai are. */
bool fold_is_unspaced(struct slice text);

#endif
