/*
 * bench_append DIR COUNT: COUNT disclosures of 40 fields go through a journal in DIR, which
 * appends, seals and publishes their entries; then the same rows are written to a bare database
 * with the journal's tables and settings, a transaction for as many as the journal takes at a time.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/note.h"
#include "bare_rows.h"
#include "journal/journal.h"
#include "stop.h"

#define ORIGIN      "xa-gw-01.bench.example/audit/1"
#define BEGIN_MS    1790000000000ULL
#define DAY_MS      86400000ULL
#define FIELDS      40
#define DIGESTS     64
#define BODY        2048
#define BATCH       64    /* postings that the journal takes at a time */
#define WAITING     1024U /* of them under way */
#define ENTRIES_MAX 1000000
#define PATH_ROOM   512

struct bench {
    char path[PATH_ROOM], lock[PATH_ROOM], log[PATH_ROOM];
    struct key *log_key;
    struct keyring *keyring;
    struct journal *journal;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    uint64_t under_way;
};

/* One message in fiction, of which only the number changes. Points into itself. */
struct letter {
    uint8_t id[16], thread[16], seal[32], body[BODY], digests[DIGESTS][32];
    struct slice digest_slices[DIGESTS];
    char paths[FIELDS][64];
    struct inner_field fields[FIELDS];
    struct posting posting;
};

static void need(struct status s, const char *what)
{
    if (failed(s))
        stop(what);
}

static void begin(struct bench *b, const char *folder)
{
    static const uint8_t seed[32] = {8, 1}, wrapping[32] = {8, 2};
    char error[512] = "the journal does not open";
    snprintf(b->path, sizeof b->path, "%s/journal", folder);
    snprintf(b->lock, sizeof b->lock, "%s/lock.db", folder);
    snprintf(b->log, sizeof b->log, "%s/log", folder);
    need(crypto_thread_start(), "crypto");
    need(key_from_seed(seed, &b->log_key), "the log's key");
    need(keyring_new(wrapping, &b->keyring), "the key-encryption key");
    struct journal_settings settings = {
        .path = b->path,
        .lock_path = b->lock,
        .log_path = b->log,
        .origin = ORIGIN,
        .gateway = "XA-GW-01",
        .rulebook = {{9}},
        .log_key = b->log_key,
        .keyring = b->keyring,
        .queue_max_bytes = 64U << 20,
    };
    need(journal_open(&settings, BEGIN_MS, &b->journal, error, sizeof error), error);
}

static void letter_lists(struct letter *l)
{
    for (size_t i = 0; i < DIGESTS; i++) {
        memset(l->digests[i], (int)i + 1, sizeof l->digests[i]);
        l->digest_slices[i] = slice_over(l->digests[i], sizeof l->digests[i]);
    }
    for (size_t i = 0; i < FIELDS; i++) {
        snprintf(l->paths[i], sizeof l->paths[i], "persons/~9f3c20aa17b04e55/part/of_%02zu", i);
        l->fields[i] =
            (struct inner_field){slice_text(l->paths[i]), slice_text("ID"), slice_text("clear"),
                                 slice_text("mla-identity"), slice_text("UNTOC 18 para 14")};
    }
    memset(l->body, 0x5a, sizeof l->body);
}

static void letter_records(struct letter *l)
{
    static const uint8_t rulebook[32] = {9};
    const struct slice id = slice_over(l->id, 16), seal = slice_over(l->seal, 32);
    const struct slice from = slice_text("XA-CA-01"), to = slice_text("XC-CA-01");
    l->posting.outer = (struct outer){
        .hop = 1,
        .stage = STAGE_ACCEPTED,
        .gateway = slice_text("XA-GW-01"),
        .id = id,
        .from = from,
        .to = to,
        .type = slice_text("mla.request"),
        .purpose = slice_text("EVIDENCE"),
        .seal = seal,
        .rulebook = slice_over(rulebook, 32),
    };
    l->posting.inner = (struct inner){
        .op = slice_text("DISCLOSE"),
        .actor = from,
        .fields = l->fields,
        .field_count = FIELDS,
    };
    l->posting.release = (struct release){
        .hop = 1,
        .gateway = slice_text("XA-GW-01"),
        .id = id,
        .thread = slice_over(l->thread, 16),
        .from = from,
        .to = to,
        .purpose = slice_text("EVIDENCE"),
        .seal_digest = seal,
        .rulebook = {.law = 1, .states = 1, .parties_from = 1, .parties_to = 1},
        .digests = {l->digest_slices, DIGESTS},
    };
}

static void letter_make(struct letter *l)
{
    memset(l, 0, sizeof *l);
    letter_lists(l);
    l->posting.kind = POSTING_DISCLOSURE;
    letter_records(l);
    l->posting.message = (struct posting_message){
        .seal_digest = slice_over(l->seal, 32),
        .id = slice_over(l->id, 16),
        .thread = slice_over(l->thread, 16),
        .from = slice_text("XA-CA-01"),
        .to = slice_text("XC-CA-01"),
        .type = slice_text("mla.request"),
        .created_ms = BEGIN_MS,
        .expires_ms = BEGIN_MS + DAY_MS,
        .body = slice_over(l->body, BODY),
    };
}

/* Keys and ids as random as a message's: indices are over them. */
static void letter_number(struct letter *l, uint64_t n)
{
    struct digest drawn = digest_plain(slice_over((const uint8_t *)&n, sizeof n));
    memcpy(l->id, drawn.octets, sizeof l->id);
    memcpy(l->thread, drawn.octets + 16, sizeof l->thread);
    l->id[6] = l->thread[6] = 0x40;
    l->id[8] = l->thread[8] = 0x80;
    memcpy(l->seal, drawn.octets, sizeof l->seal);
    memcpy(l->posting.keys.outer, drawn.octets, 32);
    memcpy(l->posting.keys.inner, drawn.octets, 32);
    memcpy(l->posting.keys.closed, drawn.octets, 32);
    l->posting.at_ms = BEGIN_MS + n / 1000;
}

static void sealed(void *owner, struct journal_result *results)
{
    struct bench *b = owner;
    pthread_mutex_lock(&b->mutex);
    for (struct journal_result *next; results != NULL; results = next) {
        next = results->next;
        need(results->status, "an entry failed");
        journal_result_free(results);
        b->under_way--;
    }
    pthread_cond_signal(&b->ended);
    pthread_mutex_unlock(&b->mutex);
}

static void wait_until(struct bench *b, uint64_t most, uint64_t more)
{
    pthread_mutex_lock(&b->mutex);
    while (b->under_way > most)
        pthread_cond_wait(&b->ended, &b->mutex);
    b->under_way += more;
    pthread_mutex_unlock(&b->mutex);
}

static double append(struct bench *b, struct letter *l, uint64_t count)
{
    uint64_t before = now_ns();
    l->posting.owner = b;
    for (uint64_t i = 0; i < count; i++) {
        letter_number(l, i);
        wait_until(b, WAITING - 1, 1);
        need(journal_post(b->journal, &l->posting, sealed), "an entry is refused");
    }
    wait_until(b, 0, 0);
    return (double)(now_ns() - before) / NS_PER_SECOND;
}

static double append_bare(const char *folder, const char *journal, uint64_t count)
{
    char path[PATH_ROOM + 16];
    size_t batches = (size_t)(count + BATCH - 1) / BATCH;
    snprintf(path, sizeof path, "%s/journal.db", journal);
    struct rows *rows = rows_read(path);
    rows_prepare(rows, folder);
    uint64_t before = now_ns();
    for (size_t i = 0; i < batches; i++)
        rows_batch(rows, i, batches);
    double seconds = (double)(now_ns() - before) / NS_PER_SECOND;
    rows_free(rows);
    return seconds;
}

int main(int count, char **words)
{
    if (count != 3)
        stop("usage: bench_append DIR COUNT");
    struct bench b = {.mutex = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
    struct letter *letter = malloc(sizeof *letter);
    struct stat db;
    char path[PATH_ROOM + 16];
    uint64_t entries = number_of(words[2], 1, ENTRIES_MAX);
    if (letter == NULL)
        stop("out of memory");
    begin(&b, words[1]);
    letter_make(letter);
    double ours = append(&b, letter, entries);
    need(journal_close(b.journal, BEGIN_MS + DAY_MS / 2), "the journal does not close");
    snprintf(path, sizeof path, "%s/journal.db", b.path);
    if (stat(path, &db) != 0)
        stop("there is no journal");
    printf("{\"seconds\":%.6f,\"bare_seconds\":%.6f,\"octets\":%.0f}\n", ours,
           append_bare(words[1], b.path, entries), (double)db.st_size / (double)entries);
    free(letter);
    key_free(b.log_key);
    keyring_free(b.keyring);
    return 0;
}
