#include "fixture.h"

#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ORIGIN "gw1.xa.example/log"

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fixture: %s\n", what);
    abort();
}

void fixture_make(struct fixture *f)
{
    static const uint8_t seed[32] = {1, 2, 3};
    static const uint8_t wrapping[32] = {4, 5, 6};
    uint8_t public_key[32];
    memset(f, 0, sizeof *f);
    snprintf(f->root, sizeof f->root, "/tmp/comity-journal-XXXXXX");
    must(mkdtemp(f->root) != NULL, "no folder");
    snprintf(f->path, sizeof f->path, "%s/journal", f->root);
    snprintf(f->lock, sizeof f->lock, "%s/lock.db", f->root);
    snprintf(f->log, sizeof f->log, "%s/log", f->root);
    must(!failed(crypto_thread_start()), "crypto");
    must(!failed(key_from_seed(seed, &f->log_key)), "log key");
    must(!failed(keyring_new(wrapping, &f->keyring)), "keyring");
    must(key_public(f->log_key, public_key), "public key");
    vkey_write(ORIGIN, 0x01, public_key, f->vkey);
    f->log_row = (struct log_row){
        .origin = slice_text(ORIGIN),
        .vkey = slice_text(f->vkey),
        .until_ms = UINT64_MAX,
    };
    f->gateway = (struct gateway_row){
        .id = slice_text("XA-GW-01"),
        .logs = &f->log_row,
        .log_count = 1,
    };
    f->settings = (struct journal_settings){
        .path = f->path,
        .lock_path = f->lock,
        .log_path = f->log,
        .origin = ORIGIN,
        .gateway = "XA-GW-01",
        .rulebook = {{9}}, /* by which letters are decided */
        .log_key = f->log_key,
        .keyring = f->keyring,
        .queue_max_bytes = 64U << 20,
    };
}

struct status fixture_open(struct fixture *f, uint64_t now_ms)
{
    return journal_open(&f->settings, now_ms, &f->journal, f->error, sizeof f->error);
}

void fixture_begin(struct fixture *f)
{
    fixture_make(f);
    must(CHECK_OK(fixture_open(f, T0)), f->error);
}

void fixture_close(struct fixture *f)
{
    (void)journal_close(f->journal, T0 + 10000);
    f->journal = NULL;
}

void fixture_end(struct fixture *f)
{
    fixture_close(f);
    CHECK_OK(folder_remove(f->root));
    key_free(f->log_key);
    keyring_free(f->keyring);
}

void collector_make(struct collector *c)
{
    memset(c, 0, sizeof *c);
    c->end = &c->first;
    must(pthread_mutex_init(&c->mutex, NULL) == 0, "mutex");
    must(pthread_cond_init(&c->arrived, NULL) == 0, "condition");
}

void collector_done(void *owner, struct journal_result *results)
{
    struct collector *c = owner;
    pthread_mutex_lock(&c->mutex);
    *c->end = results;
    for (; *c->end != NULL; c->end = &(*c->end)->next)
        c->count++;
    pthread_cond_signal(&c->arrived);
    pthread_mutex_unlock(&c->mutex);
}

struct journal_result *collector_take(struct collector *c, size_t count)
{
    pthread_mutex_lock(&c->mutex);
    while (c->count < count)
        pthread_cond_wait(&c->arrived, &c->mutex);
    struct journal_result *results = c->first;
    c->first = NULL;
    c->end = &c->first;
    c->count = 0;
    pthread_mutex_unlock(&c->mutex);
    return results;
}

void collector_free(struct collector *c)
{
    pthread_cond_destroy(&c->arrived);
    pthread_mutex_destroy(&c->mutex);
}

void results_free(struct journal_result *results)
{
    for (struct journal_result *next; results != NULL; results = next) {
        next = results->next;
        journal_result_free(results);
    }
}

static void uuid_of(uint64_t n, uint8_t fill, uint8_t uuid[static 16])
{
    memset(uuid, fill, 16);
    for (size_t i = 0; i < 8; i++)
        uuid[i + 8] = (uint8_t)(n >> (8 * (7 - i)));
    uuid[6] = 0x40 | (fill & 0x0f);
    uuid[8] = 0x80;
}

static void letter_release(struct letter *l)
{
    for (uint8_t i = 0; i < 16; i++) {
        memset(l->digests[i], i + 1, 32);
        l->digest_slices[i] = slice_over(l->digests[i], 32);
    }
    l->posting.release = (struct release){
        .hop = 1,
        .gateway = slice_text("XA-GW-01"),
        .id = slice_over(l->id, 16),
        .thread = slice_over(l->thread, 16),
        .from = slice_text("XA-CA-01"),
        .to = slice_text("XC-CA-01"),
        .purpose = slice_text("INVESTIGATION"),
        .seal_digest = slice_over(l->seal, 32),
        .rulebook = {.law = 1, .states = 1, .parties_from = 1, .parties_to = 1},
        .digests = {l->digest_slices, 16},
    };
}

static void letter_entry(struct letter *l)
{
    static const uint8_t rulebook[32] = {9};
    struct posting *p = &l->posting;
    p->outer = (struct outer){
        .hop = 1,
        .stage = STAGE_ACCEPTED,
        .gateway = slice_text("XA-GW-01"),
        .id = slice_over(l->id, 16),
        .from = slice_text("XA-CA-01"),
        .to = slice_text("XC-CA-01"),
        .type = slice_text("mla.request"),
        .purpose = slice_text("INVESTIGATION"),
        .seal = slice_over(l->seal, 32),
        .rulebook = slice_over(rulebook, 32),
    };
    l->field = (struct inner_field){
        .path = slice_text("persons/~9f3c20aa17b04e55/name/family"),
        .category = slice_text("ID"),
        .level = slice_text("clear"),
        .rule = slice_text("eu-mla:12"),
        .basis = slice_text("PALERMO 18"),
    };
    p->inner = (struct inner){
        .op = slice_text("DISCLOSE"),
        .actor = slice_text("XA-CA-01"),
        .officer = slice_text("OFFICER-ANNA-KARLSSON"),
        .fields = &l->field,
        .field_count = 1,
    };
    memset(&p->keys, (int)(l->id[15] + 1), sizeof p->keys);
}

void letter_write(struct letter *l, uint64_t n, uint64_t thread_number)
{
    memset(l, 0, sizeof *l);
    uuid_of(n, 0x11, l->id);
    uuid_of(thread_number, 0x22, l->thread);
    l->from = slice_text("XA-CA-01");
    l->to = slice_text("XC-CA-01");
    memset(l->seal, 0x33, sizeof l->seal);
    memcpy(l->seal, l->id, sizeof l->id);
    snprintf(l->body, sizeof l->body, "SECRET-BODY-OF-ANNA-KARLSSON number %llu",
             (unsigned long long)n);
    l->posting = (struct posting){.kind = POSTING_DISCLOSURE, .at_ms = T0 + n};
    l->posting.message = (struct posting_message){
        .seal_digest = slice_over(l->seal, 32),
        .id = slice_over(l->id, 16),
        .thread = slice_over(l->thread, 16),
        .from = slice_text("XA-CA-01"),
        .to = slice_text("XC-CA-01"),
        .type = slice_text("mla.request"),
        .created_ms = T0 + n,
        .expires_ms = T0 + 86400000,
        .body = slice_text(l->body),
        .local = slice_text("SECRET-SHELTER"),
        .inbox = slice_text("SECRET-CASE-7/2026"),
    };
    letter_release(l);
    letter_entry(l);
}

struct message_key letter_key(const struct letter *l)
{
    return (struct message_key){l->from, slice_over(l->id, 16), l->to};
}

void letter_turn(struct letter *l, enum posting_kind kind, const char *code)
{
    l->posting.kind = kind;
    l->posting.outer.stage = STAGE_NONE;
    l->posting.outer.code = slice_text(code);
}

void letter_stage(struct letter *l, enum stage stage)
{
    struct entry_keys keys = l->posting.keys;
    memset(&keys, (int)(0x40 + (int)stage), sizeof keys.outer);
    l->posting = (struct posting){
        .kind = POSTING_STAGE,
        .at_ms = l->posting.at_ms + 1,
        .key = letter_key(l),
        .stage = stage,
        .keys = keys,
    };
}

struct journal_result *post_one(struct fixture *f, const struct posting *posting)
{
    struct collector c;
    collector_make(&c);
    struct posting p = *posting;
    p.owner = &c;
    struct journal_result *result = NULL;
    if (CHECK_OK(journal_post(f->journal, &p, collector_done)))
        result = collector_take(&c, 1);
    collector_free(&c);
    must(result != NULL, "no result");
    return result;
}

bool proves(struct fixture *f, struct arena *arena, struct slice receipt, struct proved *ret_proved)
{
    return CHECK_OK(receipt_prove(arena, receipt, &f->gateway, ret_proved));
}

static struct status read_published(void *store, const char *path, struct buffer *out)
{
    char whole[512];
    struct fixture *f = store;
    snprintf(whole, sizeof whole, "%s/%s", f->log, path);
    return file_read(whole, out);
}

bool published_log_verifies(struct fixture *f, uint64_t *ret_size)
{
    struct log_verdict verdict = {0};
    struct status s = log_verify(read_published, f, slice_text(f->vkey), &verdict);
    *ret_size = verdict.size;
    if (failed(s))
        fprintf(stderr, "published log: %s\n", verdict.fault);
    return CHECK_OK(s);
}

struct counting {
    struct fixture *f;
    size_t count;
};

static struct status tile_counted(void *store, const struct tile *tile)
{
    struct counting *c = store;
    char name[TILE_PATH_BYTES], whole[512];
    tile_path(tile->level, tile->index, tile->width, name);
    snprintf(whole, sizeof whole, "%s/%s", c->f->log, name);
    c->count++;
    return access(whole, F_OK) == 0 ? OK : FAIL(ABSENT);
}

static size_t files_below(const char *path)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *e; folder != NULL && (e = readdir(folder)) != NULL;) {
        char below[512];
        struct stat st;
        snprintf(below, sizeof below, "%s/%s", path, e->d_name);
        if (e->d_name[0] == '.' || lstat(below, &st) != 0)
            continue;
        count += S_ISDIR(st.st_mode) ? files_below(below) : 1;
    }
    if (folder != NULL)
        closedir(folder);
    return count;
}

bool published_log_is_exact(struct fixture *f, uint64_t size)
{
    struct counting c = {f, 0};
    return CHECK_OK(tiles_all(size, tile_counted, &c)) &&
           CHECK_U64(files_below(f->log), c.count + 1);
}

static bool holds(struct slice text, struct slice octets)
{
    for (size_t i = 0; i + octets.length <= text.length; i++)
        if (memcmp(text.at + i, octets.at, octets.length) == 0)
            return true;
    return false;
}

bool any_file_holds(const char *path, struct slice octets)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        struct buffer text = buffer_new(64U << 20);
        const struct status s = file_read(path, &text);
        bool found = failed(s) || holds(buffer_slice(&text), octets);
        buffer_done(&text);
        return found && s.code != CODE_ABSENT; /* the publisher has renamed it */
    }
    bool found = false;
    DIR *folder = opendir(path);
    for (struct dirent *e; folder != NULL && !found && (e = readdir(folder)) != NULL;) {
        char below[512];
        snprintf(below, sizeof below, "%s/%s", path, e->d_name);
        found = e->d_name[0] != '.' && any_file_holds(below, octets);
    }
    if (folder != NULL)
        closedir(folder);
    return found;
}

void file_copy(const char *from, const char *to)
{
    struct buffer text = buffer_new(64U << 20);
    must(!failed(file_read(from, &text)) && !failed(file_write(to, buffer_slice(&text), 0600)),
         "copy");
    buffer_done(&text);
}
