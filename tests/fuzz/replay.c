/* Runs a fuzz target over the files of its corpus folder: the same entry point, no fuzzer. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const char *path)
{
    FILE *f = fopen(path, "re");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    size_t size = (size_t)ftell(f);
    rewind(f);
    uint8_t *data = malloc(size + 1);
    if (data == NULL || fread(data, 1, size, f) != size)
        exit(1);
    fclose(f);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

int main(int argc, char **argv)
{
    size_t count = 0;
    char path[4096];
    DIR *folder = argc < 3 ? NULL : opendir(argv[2]);
    if (folder == NULL) {
        fprintf(stderr, "usage: %s -runs=0 CORPUS\n", argv[0]);
        return 1;
    }
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", argv[2], e->d_name);
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            replay(path);
            count++;
        }
    }
    closedir(folder);
    printf("%zu inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}
