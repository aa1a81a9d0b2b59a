#ifndef POLICY_RULEBOOK_H
#define POLICY_RULEBOOK_H

/*
 * The rulebook: law (vocabulary, message types, policies), States and parties, read from one folder
 * of text files and identified by its digest. Immutable; shared by reference.
 *
 *     law/vocabulary, law/objects/person, law/messages/<type>, law/rules/<name>
 *     states/<name>
 *     parties/XA/<name>
 */

#include "message/release.h"
#include "schema/directory.h"
#include "schema/schema.h"

struct law; /* compiled policies */

struct rulebook {
    struct schema *schema;
    struct directory *directory;
    struct law *law;
    struct digest law_digest, states_digest;
    struct digest *parties_digests; /* in the order of directory->parties_of */
    struct digest digest;           /* comity-rulebook-1 over all numbers and digests */
    /* Until when the objects' signatures hold (signatures.h); for ever where none are asked for. */
    uint64_t law_until_ms, states_until_ms;
    uint64_t *parties_until_ms; /* in the order of directory->parties_of */
    uint64_t signed_again_ms;   /* when a signature begins that does not count yet: to be judged
                                   again then. UINT64_MAX: none does */
};

/** CONFIG with *reterr filled; MEMORY. Nothing is borrowed from files. */
struct status rulebook_parse(const struct text_files *files, struct rulebook **ret_rulebook,
                             struct text_error *reterr);

void rulebook_free(struct rulebook *rulebook);

/** The same rulebook with notes of its own of until when its signatures hold. All else is shared:
 * the other one outlives it. NULL when memory is out. */
struct rulebook *rulebook_again(const struct rulebook *of);

/** Frees what rulebook_again made. NULL does nothing. */
void rulebook_again_free(struct rulebook *again);

/** When the last policy came into force or went out of it, at or before this time: between that and
 * then the law has said the same. 0: none has by then. */
uint64_t rulebook_changed_ms(const struct rulebook *rulebook, uint64_t at_ms);

/** Until when the signatures hold under which messages between two parties are judged: of the law,
 * of the States, and of the parties of both. */
uint64_t rulebook_until_ms(const struct rulebook *rulebook, struct slice from, struct slice to);

/** Until when the signatures of one object hold, by its name. For ever where there is no such
 * object. */
uint64_t rulebook_object_until_ms(const struct rulebook *rulebook, struct slice object);

/** The numbers that a release between two parties carries. */
struct rulebook_version rulebook_version(const struct rulebook *rulebook, struct slice from,
                                         struct slice to);

#endif
