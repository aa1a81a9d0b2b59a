#ifndef SUPPORT_LETTER_H
#define SUPPORT_LETTER_H

/*
 * Sealed submissions of documents, composed and sealed by libcomity as a client does it, and spoilt
 * where a test wants them so.
 */

#include "libcomity/sealing.h"
#include "policy/rulebook.h"

struct letter {
    struct arena *arena;
    struct draft draft;
    struct submit submit;
    struct message_key key;
};

struct letter_question {
    const struct rulebook *rulebook;
    const char *document; /* JSON */
    const char *from, *to;
    const char *sealed_by; /* NULL: from */
    uint64_t now_ms;
};

/** Composes and seals; stops the program with the composer's words where that cannot be done. */
struct letter *letter_new(const struct letter_question *question);

/** Composes only: for changing the draft before letter_seal. */
struct letter *letter_draft(const struct letter_question *question);

/** Seals the draft as it stands, with fresh salts and decoys. */
void letter_seal(struct letter *letter, const char *sealed_by);

/** Adds a text field to a draft, or replaces it. */
void letter_put_text(struct letter *letter, const char *path, const char *text);

/** Takes a field or all fields below a path out of a draft. */
void letter_drop(struct letter *letter, const char *path);

/** Takes local values out whose paths have this member right below a person: "asylum". */
void letter_drop_local(struct letter *letter, const char *member);

/** Whether the fields of the sealed submission hold these octets. */
bool letter_holds(const struct letter *letter, const char *text);

void letter_free(struct letter *letter);

#endif
