#define _XOPEN_SOURCE 700 /* nftw */

#include "support/folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PATTERN "/tmp/comity-test-XXXXXX"

static char folder[sizeof PATTERN];

static int remove_file(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static void remove_folder(void)
{
    if (nftw(folder, remove_file, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "%s is left\n", folder);
}

const char *fresh_folder(void)
{
    if (folder[0] == '\0')
        atexit(remove_folder);
    else
        remove_folder();
    snprintf(folder, sizeof folder, "%s", PATTERN);
    if (mkdtemp(folder) == NULL || chmod(folder, 0711) != 0) {
        fprintf(stderr, "no temporary folder\n");
        exit(1);
    }
    return folder;
}
