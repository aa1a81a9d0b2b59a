#ifndef POLICY_LETTERS_H
#define POLICY_LETTERS_H

/* What single characters are compared as: tables of the scripts. */

#include <stdbool.h>
#include <stdint.h>

#define LETTER_NONE UINT32_MAX

/**
 * The character that one is compared as: a base letter of its script, small; a blank for what
 * stands between words, ' for every apostrophe; LETTER_NONE for what does not count. Latin letters
 * are left to letter_latin.
 */
uint32_t letter_plain(uint32_t character);

/** A Latin letter outside ASCII as one or two small ASCII letters, " " for signs among them; NULL
 * for other characters. */
const char *letter_latin(uint32_t character);

/** Whether a character is of a script that is written without blanks. */
bool letter_is_unspaced(uint32_t character);

#endif
