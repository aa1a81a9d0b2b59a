#ifndef SUPPORT_FOLDER_H
#define SUPPORT_FOLDER_H

/** An empty folder of this test program's own below the system's temporary folder, others may
 * enter it; one at a time, and the last is removed at the end. */
const char *fresh_folder(void);

#endif
