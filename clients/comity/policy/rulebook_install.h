#ifndef COMITY_RULEBOOK_INSTALL_H
#define COMITY_RULEBOOK_INSTALL_H

/* Putting a changed rulebook into force: the folder is exchanged, the gateway reloads and judges
 * it, and what it refuses is put back. */

#include <jansson.h>

#include "comity/policy/rulebook_folder.h"

/**
 * Exchanges the folder and has the gateway reload; with COMITY_INPUT, what it refuses, and wherever
 * it surely goes on with the one before, the folder is put back. Else what admin_ask gives: the new
 * one stays, and the hint says so.
 *
 * used  the objects that the gateway has in use, as the verb rulebook tells them
 */
enum comity_exit rulebook_install(const struct invocation *invocation,
                                  const struct rulebook_change *change, const json_t *used,
                                  struct comity_fault *reterr);

/** The folder, and which files are added, changed and removed; a new reference. */
json_t *rulebook_change_json(const struct rulebook_change *change);

/** Prints it, for people or programs, and drops the reference. */
void rulebook_change_print(const struct invocation *invocation, json_t *outcome);

#endif
