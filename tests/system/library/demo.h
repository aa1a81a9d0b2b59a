#ifndef SYSTEM_LIBRARY_DEMO_H
#define SYSTEM_LIBRARY_DEMO_H

/* A demo of two States at one gateway, in a folder of its own. */

#include "libcomity/comity.h"

/** Starts it; the program stops if it does not come up. */
void demo_up(void);

/** Stops the gateway and removes the folder. */
void demo_down(void);

/** Stops the gateway at once, as a power cut would, and starts it again from the same folder. */
void demo_kill(void);
void demo_restart(void);

/** Opens a context, "xa-ca-01"; record may be NULL. Stops the program if it cannot be opened. */
struct comity *demo_open(const char *context, comity_record *record, void *owner);

/** The folder of COMITY_HOME. */
const char *demo_home(void);

#endif
