#ifndef COMITY_POLICY_PRINT_WORDS_H
#define COMITY_POLICY_PRINT_WORDS_H

/* The words in which a law is printed, in each language. Names, codes, titles and citations are not
 * translated: they are what the law says. */

#include "policy/law.h"

enum language {
    LANGUAGE_ENGLISH,
    LANGUAGE_FRENCH,
    LANGUAGE_SPANISH,
    LANGUAGE_COUNT,
};

/** Of what is printed once. {} stands for what is put in. */
enum phrase {
    PHRASE_TITLE,
    PHRASE_LAW,
    PHRASE_READING,   /* what is not known; what is withheld */
    PHRASE_UNCHECKED, /* how many citations are */
    PHRASE_CHAPTER,
    PHRASE_POLICY,
    PHRASE_AGREEMENT,
    PHRASE_VERSION,
    PHRASE_AUTHORITY,
    PHRASE_FORCE,
    PHRASE_ARTICLE,
    PHRASE_GUARANTEE,
    PHRASE_ALL_MESSAGES,
    PHRASE_MESSAGES,
    PHRASE_FROM,
    PHRASE_TO,
    PHRASE_PURPOSE,
    PHRASE_WHEN,
    PHRASE_UNLESS,
    PHRASE_REQUIRE,
    PHRASE_BASIS,
    PHRASE_CHECKED,
    PHRASE_NOT_CHECKED,
    PHRASE_EVERYTHING,
    PHRASE_UNCARRIED,
    PHRASE_DECLARED,
    PHRASE_LEVELS,
    PHRASE_ORDER,
    PHRASE_AND,
    PHRASE_OR,
    PHRASE_NOT,
    PHRASE_IS,
    PHRASE_IS_NOT,
    PHRASE_AMONG,
    PHRASE_NOT_AMONG,
    PHRASE_SAME,
    PHRASE_NOT_SAME,
    PHRASE_KNOWN,
    PHRASE_NOT_KNOWN,
    PHRASE_COUNT,
};

const char *phrase_in(enum language language, enum phrase phrase);

/** What a rule does, {} for its fields or level; whole: it has no fields clause. */
const char *effect_in(enum language language, enum rule_kind kind, bool whole);

/** What a level does to a value, {} for its parameter. */
const char *level_in(enum language language, enum level level, bool parameter);

/** "eng", "fra", "spa". False: none of them. */
bool language_find(const char *code, enum language *ret_language);

#endif
