#ifndef COMITY_POLICY_H
#define COMITY_POLICY_H

/* A rulebook's folder as the noun policy reads it: law/, states/, parties/XA/, and signatures/
 * beside them. */

#include "comity/invocation.h"
#include "policy/rulebook.h"

#define POLICY_FILES_MAX 4096

struct policy_folder {
    const char *path; /* as it was given; lives in the arena */
    struct arena *arena;
    struct text_files files; /* live in the arena */
    struct rulebook *rulebook;
    bool alone;              /* the law's own folder: its files are read as if below law/ */
    struct text_error wrong; /* line 0: no text is wrong */
};

/**
 * Reads a folder and its rulebook. To be closed, also after a failure.
 * COMITY_INPUT: it is no rulebook, with file, line and column;  COMITY_FAILED
 */
enum comity_exit policy_open(const char *path, struct policy_folder *ret_folder,
                             struct comity_fault *reterr);

/** The first half of policy_open: its files alone. COMITY_INPUT: there is no folder */
enum comity_exit policy_open_files(const char *path, struct policy_folder *ret_folder,
                                   struct comity_fault *reterr);

/** The second half: the rulebook that its files are, or folder->wrong with COMITY_INPUT. */
enum comity_exit policy_parse(struct policy_folder *folder, struct comity_fault *reterr);

/** Fills a fault with what is wrong in a text of the folder; gives COMITY_INPUT. */
enum comity_exit policy_text_fault(const struct policy_folder *folder,
                                   const struct text_error *wrong, struct comity_fault *reterr);

/** The path of a file of the rulebook as it is below the folder that was given. */
struct slice policy_file(const struct policy_folder *folder, struct slice path);

void policy_close(struct policy_folder *folder);

/** How many citations of the law nobody has compared with their source: of policies, rules and
 * guarantees. */
size_t policy_unchecked(const struct rulebook *rulebook);

/** Now, by this machine's clock; milliseconds since 1970. */
uint64_t policy_now_ms(void);

#endif
