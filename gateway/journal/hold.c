#include "journal/state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"

struct status journal_hold(const char *path, int *ret_folder, const char **ret_why)
{
    struct status s = folder_make(path, 0700);
    if (failed(s)) {
        *ret_why = "is a folder that cannot be made";
        return s;
    }
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        *ret_why = "is a folder that cannot be opened";
        return FAIL(STORE);
    }
    if (flock(folder, LOCK_EX | LOCK_NB) != 0) {
        close(folder);
        *ret_why = "is in use: another process holds it";
        return FAIL(STORE);
    }
    *ret_folder = folder;
    return OK;
}
