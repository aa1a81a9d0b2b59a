#ifndef APP_ADOPTER_H
#define APP_ADOPTER_H

/* XA-GW-01 as far as it takes in what a peer gives it: the small rulebook with law 4 and states 3,
 * the TLS context of the test PKI, a journal's folder. What it says is asked with said.h. */

#include "app/adoption.h"
#include "app/received.h"

#define NOW 1790000000000ULL

/** The folder of the adopter that began last. */
extern char adopter_journal[];

/** The gateway that gives; tests may set another. */
extern const char *giver;

struct adopter {
    struct state state;
    struct adoption *adoption;
};

struct adopter adopter_begin(void);
void adopter_end(struct adopter *adopter);

/** Gives it an object at a time (Unix ms); octets and name are borrowed for the call. */
void adopter_take(struct adopter *adopter, const struct object *object, uint64_t at_ms);

/** The small rulebook with these numbers and this at the end of its law; the caller's. Its files
 * live in the arena. */
struct rulebook *rulebook_with(struct arena *arena, unsigned law, unsigned states,
                               const char *extra, struct text_files *ret_files);

/** Its objects; the caller's. */
struct objects *objects_with(unsigned law, unsigned states, const char *extra);

#endif
