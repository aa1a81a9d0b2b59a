#ifndef COMITY_PROOF_FOLDER_H
#define COMITY_PROOF_FOLDER_H

/*
 * One entry of an audit log with all that proves it, as files that an expert checks with openssl
 * and clients/verify/. The same evidence gives the same octets, and no name of a file says anything
 * of what was sent.
 */

#include "audit/receipt.h"
#include "base/file.h"
#include "comity/audit/log_stamp.h"
#include "message/seal.h"

/** What there is of it. The receipt is there and holds; all else may be empty. */
struct proof_folder {
    struct slice octets; /* the receipt */
    struct proved proved;
    struct slice cose;               /* COSE receipt of the entry */
    const struct envelope *envelope; /* the message's seal; NULL: not at hand */
    struct slices fields, derived;   /* as far as the holder has them */
    struct slice release;            /* that the entry commits to */
    struct slice certificate;        /* of the seal, DER */
    const struct log_stamp *stamp;   /* NULL: no timestamp is at hand */
};

/** The files, sorted by their names; all lives in the arena. MEMORY */
struct status proof_folder_files(struct arena *arena, const struct proof_folder *folder,
                                 struct text_files *ret_files);

/** Appends what stands in README.txt: what the files are, and the commands that check them. */
void proof_readme(struct buffer *out, const struct proof_folder *folder);

#endif
