#ifndef COMITY_POLICY_H
#define COMITY_POLICY_H

/* A rulebook's folder as the noun policy reads it: law/, states/, parties/XA/, and signatures/
 * beside them. */

#include "comity/invocation.h"
#include "policy/rulebook.h"

struct policy_folder {
    const char *path; /* as it was given */
    struct arena *arena;
    struct text_files files; /* live in the arena */
    struct rulebook *rulebook;
};

/**
 * Reads a folder and its rulebook. To be closed, also after a failure.
 * COMITY_INPUT: it is no rulebook, with file, line and column;  COMITY_FAILED
 */
enum comity_exit policy_open(const char *path, struct policy_folder *ret_folder,
                             struct comity_fault *reterr);

/** Fills a fault with what is wrong in a text of the folder; gives COMITY_INPUT. */
enum comity_exit policy_text_fault(const struct policy_folder *folder,
                                   const struct text_error *wrong, struct comity_fault *reterr);

void policy_close(struct policy_folder *folder);

/** How many citations of the law nobody has compared with their source: of policies, rules and
 * guarantees. */
size_t policy_unchecked(const struct rulebook *rulebook);

#endif
