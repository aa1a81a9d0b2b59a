#ifndef COMITY_POLICY_READING_H
#define COMITY_POLICY_READING_H

/* A folder as those who write law have it: a whole rulebook, or the law alone with the vocabulary
 * at its top. A law alone is read with the States and parties that the context trusts, if there is
 * a context. */

#include "comity/policy.h"
#include "policy/law.h"

struct policy_reading {
    struct policy_folder folder;
    bool alone;              /* the law's own folder: its files are read as if below law/ */
    struct text_error wrong; /* line 0: no text is wrong */
};

/**
 * Reads it; path NULL: the rulebook that the context trusts. To be closed, also after a failure.
 * COMITY_INPUT: it is no law, or ret_reading->wrong says what is wrong with it;  COMITY_FAILED
 */
enum comity_exit policy_reading_open(const struct invocation *invocation, const char *path,
                                     struct policy_reading *ret_reading,
                                     struct comity_fault *reterr);

/** As policy_text_fault, with the path below the folder that was given. */
enum comity_exit policy_reading_fault(const struct policy_reading *reading,
                                      const struct text_error *wrong, struct comity_fault *reterr);

void policy_reading_close(struct policy_reading *reading);

/** The path of a file of the law as it is below the folder that was given. */
struct slice policy_reading_file(const struct policy_reading *reading, struct slice path);

/** Now, by this machine's clock. */
uint64_t policy_now_ms(void);

#endif
