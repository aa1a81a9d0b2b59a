/*
 * bench_whole LOGDIR VKEY: how long it takes to read a published log whole, beside nothing but the
 * hashes that its tree has: one of each entry, one of each pair.
 */

#include <stdio.h>
#include <string.h>

#include "audit/entry.h"
#include "audit/tile.h"
#include "base/file.h"
#include "crypto/merkle.h"
#include "stop.h"

#define PATH_ROOM 512

static struct status read_file(void *store, const char *name, struct buffer *out)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", (const char *)store, name);
    return file_read(path, out);
}

static double hash_alone(uint64_t entries)
{
    uint8_t entry[ENTRY_BYTES] = {0};
    struct digest node = {{0}};
    uint64_t before = now_ns();
    for (uint64_t i = 0; i < entries; i++) {
        memcpy(entry, &i, sizeof i);
        struct digest leaf = merkle_leaf(slice_over(entry, sizeof entry));
        node = merkle_node(&node, &leaf);
    }
    double seconds = (double)(now_ns() - before) / NS_PER_SECOND;
    if (node.octets[0] == 0 && node.octets[1] == 0 && node.octets[2] == 0)
        fputs("bench: a hash that begins with zeros\n", stderr); /* so that it is computed */
    return seconds;
}

int main(int count, char **words)
{
    struct log_verdict verdict = {0};
    if (count != 3)
        stop("usage: bench_whole LOGDIR VKEY");
    if (failed(crypto_thread_start()))
        stop("no crypto");
    uint64_t before = now_ns();
    if (failed(log_verify(read_file, words[1], slice_text(words[2]), &verdict)))
        stop(verdict.fault);
    double ours = (double)(now_ns() - before) / NS_PER_SECOND;
    printf("{\"entries\":%llu,\"seconds\":%.6f,\"bare_seconds\":%.6f}\n",
           (unsigned long long)verdict.size, ours, hash_alone(verdict.size));
    return 0;
}
