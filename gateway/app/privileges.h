#ifndef APP_PRIVILEGES_H
#define APP_PRIVILEGES_H

/* Giving up what the daemon does not need once keys are read and ports are bound. */

#include "app/config.h"

/**
 * Becomes the user when started as root, and makes sure that root cannot come back. Whoever started
 * us: no core files, no new privileges, memory not readable by others of the same user.
 *
 * CONFIG  started as root without a user, or the user does not exist; error says which
 */
struct status privileges_drop(const char *user, char error[static CONFIG_ERROR_BYTES]);

#endif
