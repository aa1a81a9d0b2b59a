#ifndef CRYPTO_TSA_H
#define CRYPTO_TSA_H

/* An authority of timestamps in the process, with the certificates of tests/support/make-test-tsa.
 */

#include "base/reader.h"

#define TSA_BRINGS_MAX 4

struct tsa_answer {
    const char *signer;                 /* "tsa" */
    const char *brings[TSA_BRINGS_MAX]; /* further certificates, to the first NULL */
    bool denies;                        /* a digest that it does not take */
    bool speaks;                        /* with a sentence beside its status */
    const char
        *resigns;  /* another certificate, whatever it is for, which signs the same; or NULL */
    uint64_t at_s; /* Unix; 0: the clock's time */
};

/** Appends the response to a request; stops the program where it cannot. */
void tsa_stamp(const struct tsa_answer *answer, struct slice request, struct buffer *out);

#endif
