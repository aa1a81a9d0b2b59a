#ifndef COMITY_RULEBOOK_FOLDER_H
#define COMITY_RULEBOOK_FOLDER_H

/* The folder of a rulebook with one of its objects exchanged. It is made anew beside the one in
 * use, as FOLDER.unfinished, and takes its place in one step; the one in use is kept as
 * FOLDER.before, and what had that name as FOLDER.before.1 and so on: nothing but FOLDER.unfinished
 * is ever removed. Whoever is killed at it can do it again. */

#include "base/file.h"
#include "comity/invocation.h"
#include "crypto/digest.h"

#define RULEBOOK_PATH_BYTES 4096

/** What is to be exchanged. */
struct rulebook_exchange {
    const char *folder;     /* of the rulebook, absolute */
    const char *object;     /* "law", "parties:XA" */
    const char *files;      /* folder with the object's files */
    const char *signatures; /* folder with its signatures; one that is not there is empty */
    const char *digest;     /* that the object must have then, in hex */
};

/** A rulebook that is ready to be written. */
struct rulebook_change {
    struct arena *arena;
    char folder[RULEBOOK_PATH_BYTES], beside[RULEBOOK_PATH_BYTES], before[RULEBOOK_PATH_BYTES];
    struct text_files now, next;
    bool is_new;               /* there is none yet, or an empty one */
    bool is_there;             /* the folder has it already: it was killed before the reload, or
                                  somebody has put it there by hand */
    struct text_files earlier; /* where it is there: those of FOLDER.before, if any */
};

/** Whether an object of these files has this digest, in hex. */
bool rulebook_files_have(const struct text_files *files, const char *object, const char *digest);

/**
 * Reads both and puts them together; nothing is written. The result must be a rulebook, and the
 * object in it the announced one. To be ended with rulebook_change_done also where it failed.
 * COMITY_INPUT: it is not;  COMITY_FAILED: a folder cannot be read
 */
enum comity_exit rulebook_change_begin(const struct rulebook_exchange *exchange,
                                       struct rulebook_change *ret_change,
                                       struct comity_fault *reterr);

/**
 * The same with a whole rulebook, which is whatever lies in law/, states/, parties/ and signatures/
 * of another folder. It has been read and is one; the change borrows its texts.
 */
enum comity_exit rulebook_change_whole(const char *folder, const struct text_files *files,
                                       struct rulebook_change *ret_change,
                                       struct comity_fault *reterr);

/**
 * The same where there need not be one yet: a folder that is missing or empty is made, with nothing
 * kept beside it.
 * COMITY_INPUT: what is there is no rulebook
 */
enum comity_exit rulebook_change_fetched(const char *folder, const struct text_files *files,
                                         struct rulebook_change *ret_change,
                                         struct comity_fault *reterr);

/** Whether the folder is only there as FOLDER.before: two renames were needed, and one was made. */
bool rulebook_change_is_away(const struct rulebook_change *change);

/** Puts the new folder into the place of the old one, unless it is there. Where the file system
 * cannot exchange two names, two renames do it; killed between them the old one is only there as
 * FOLDER.before, and the next change begins from that. */
enum comity_exit rulebook_change_do(const struct rulebook_change *change,
                                    struct comity_fault *reterr);

/** Puts the old one back. */
enum comity_exit rulebook_change_undo(const struct rulebook_change *change,
                                      struct comity_fault *reterr);

void rulebook_change_done(struct rulebook_change *change);

#endif
