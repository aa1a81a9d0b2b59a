#ifndef COMITY_SUBJECT_WORDS_H
#define COMITY_SUBJECT_WORDS_H

/* The words in which a person is told what was disclosed about them, in each language. Names and
 * codes of law are not translated. */

#include "comity/policy/print_words.h"

/** {} stands for what is put in. */
enum subject_phrase {
    SUBJECT_TITLE,
    SUBJECT_CASE,   /* case, who calls it so */
    SUBJECT_PERSON, /* sid */
    SUBJECT_SOURCE, /* day, gateway */
    SUBJECT_SHOWN,
    SUBJECT_NONE,
    SUBJECT_DISCLOSED, /* time, to whom */
    SUBJECT_SENDER,    /* by whom */
    SUBJECT_PURPOSE,
    SUBJECT_BASIS,
    SUBJECT_TRANSFER, /* tier, basis */
    SUBJECT_CATEGORIES,
    SUBJECT_NO_CATEGORY,
    SUBJECT_GROUND,
    SUBJECT_STOPPED,
    SUBJECT_REFUSED, /* time, to whom */
    SUBJECT_CODE,
    SUBJECT_UNSAID_HEADING,
    SUBJECT_UNSAID,
    SUBJECT_RIGHTS_HEADING,
    SUBJECT_RIGHTS,
    SUBJECT_TERMS,
    SUBJECT_COMPLAIN, /* name, id */
    SUBJECT_COMPLAIN_ANY,
    SUBJECT_LOGGED,
    SUBJECT_PHRASES,
};

const char *subject_phrase_in(enum language language, enum subject_phrase phrase);

/** "identity" of "ID"; NULL where there is no word for it. Asylum and witness protection have none:
 * they are in no statement. */
const char *subject_category_in(enum language language, struct slice category);

/** "investigation" of "INVESTIGATION"; NULL where there is no word for it. */
const char *subject_purpose_in(enum language language, struct slice purpose);

#endif
