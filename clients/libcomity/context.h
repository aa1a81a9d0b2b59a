#ifndef LIBCOMITY_CONTEXT_H
#define LIBCOMITY_CONTEXT_H

/*
 * Contexts: one JSON object in COMITY_HOME/contexts/NAME.json, with the members of struct
 * comity_context. Paths in it are absolute or relative to COMITY_HOME.
 */

#include "libcomity/fault.h"

#define CONTEXT_PATH_BYTES 512
#define CONTEXT_SUFFIX     ".json"

/** Joins folder and name; false if that is too long. */
bool context_path(char *path, size_t room, const char *folder, const char *name);

/** Whether it can be the name of a context: a few letters, digits, "-" and "_". */
bool context_is_name(const char *name);

/** The context that is meant where none is named: of the environment, the one in use, the only one.
 * False if there is none. */
bool context_default(const char *home, char *name, size_t room);

/** The home folder: given, else $COMITY_HOME, else below $XDG_CONFIG_HOME or $HOME. CONFIG */
struct status context_home(const char *given, char home[static CONTEXT_PATH_BYTES],
                           struct comity_fault *reterr);

/** Reads a context, the default one for NULL. CONFIG, ABSENT, MEMORY */
struct status context_load(const char *home, const char *name, struct comity_context *ret_context,
                           struct comity_fault *reterr);

#endif
