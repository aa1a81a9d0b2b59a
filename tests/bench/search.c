/*
 * bench_search DIR COUNT QUERIES: makes a mirror of COUNT made-up entries in DIR, verifies it
 * whole, and asks it QUERIES times by marks that combine, and as often by words. Prints one JSON
 * object: how long making and verifying took, octets for each entry, and of each way of asking the
 * median and the 99th percentile, beside those of reading as many rows by their numbers from a
 * table that has nothing else.
 */

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mirror/marks.h"
#include "mirror/search.h"
#include "mirror/verify.h"
#include "stop.h"

#define ORIGIN      "xa-gw-01.bench.example/audit/1"
#define BEGIN_MS    1790000000000ULL
#define APART_MS    30000U /* a million entries are a year */
#define FIELDS      8
#define PAGE        50
#define BATCH       2000
#define ENTRIES_MAX 10000000
#define QUERIES_MAX 100000
#define ROW_BYTES   (1U << 20)
#define PATH_ROOM   512

enum part { PART_MARKS, PART_COUNTED, PART_APART, PART_WORDS, PART_BARE, PARTS };

static const char *const part_names[PARTS] = {"marks", "counted", "apart", "words", "bare"};

static const char *const parties[] = {"XA-CA-01", "XA-POL-01", "XA-POL-02", "XA-JUD-01",
                                      "XB-CA-01", "XB-POL-01", "XC-CA-01",  "XC-POL-01",
                                      "XD-CA-01", "XD-JUD-01", "XC-FIU-01", "XB-JUD-01"};
static const char *const types[] = {"mla.request", "mla.ack", "mla.answer", "police.request"};
static const char *const purposes[] = {"EVIDENCE", "INVESTIGATION", "PROTECTION", "PREVENTION"};
static const char *const codes[] = {"E_ROLE", "E_PURPOSE", "E_CATEGORY"};
static const char *const categories[] = {"ID", "CON", "FIN", "LOC", "EVD", "PLC"};
static const char *const paths[] = {
    "accounts/~13fd20aa17b04e51/iban",       "facts",
    "measures/~aaf220aa17b04e51/kind",       "persons/~9f3c20aa17b04e55/birth/date",
    "persons/~9f3c20aa17b04e55/name/family", "persons/~9f3c20aa17b04e55/name/given",
    "persons/~9f3c20aa17b04e55/phone",       "proceeding/subject"};
static const char *const words[] = {"urgent",    "custody", "hearing",  "witness",  "account",
                                    "transfer",  "border",  "shelter",  "vessel",   "passport",
                                    "recruiter", "victim",  "proceeds", "warrant",  "search",
                                    "seizure",   "court",   "minister", "deadline", "detention"};

#define ONE_OF(list, drawn) (list)[(drawn) % (sizeof(list) / sizeof(list)[0])]

struct bench {
    struct mirror *mirror;
    uint64_t state; /* of what is drawn */
    uint64_t entries, queries;
    uint64_t *ns[PARTS];
};

static void need(struct status s, const char *what)
{
    if (failed(s))
        stop(what);
}

static uint64_t draw(struct bench *b)
{
    b->state = b->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return b->state >> 33;
}

/* ---- making ---- */

static struct opening opening_of(const uint8_t key[static 32], struct slice record)
{
    return (struct opening){slice_over(key, 32), record};
}

static void put_entry(struct bench *b, const struct outer *outer, const struct inner *inner)
{
    struct entry_keys keys;
    struct entry_records r;
    uint64_t index = mirror_count(b->mirror);
    struct arena *arena = arena_new(ROW_BYTES);
    for (size_t i = 0; i < 32; i++)
        keys.outer[i] = keys.inner[i] = keys.closed[i] = (uint8_t)draw(b);
    if (arena == NULL)
        stop("out of memory");
    need(entry_make(arena, BEGIN_MS + index * APART_MS, outer, inner, &keys, &r), "an entry");
    const struct opened_entry row = {
        .index = index,
        .entry = r.entry,
        .outer = opening_of(keys.outer, r.outer),
        .inner = opening_of(keys.inner, r.inner),
        .closed = opening_of(keys.closed, r.closed),
    };
    need(mirror_put(b->mirror, &row), "an entry is not taken");
    arena_free(arena);
}

static struct slice sentence(struct bench *b, char *text, size_t room)
{
    size_t length = 0;
    for (size_t i = 0; i < 8; i++)
        length += (size_t)snprintf(text + length, room - length, "%s ", ONE_OF(words, draw(b)));
    return slice_over(text, length);
}

/* Every second entry is a stage, every sixteenth of the others a refusal; a tenth is justified. */
static void put_one(struct bench *b)
{
    static const uint8_t rulebook[32] = {9};
    char text[256];
    uint8_t octets[48];
    struct inner_field fields[FIELDS];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)draw(b);
    octets[6] = 0x40; /* a UUID of version 4 */
    octets[8] = 0x80;
    bool stage = draw(b) % 2 == 0, refused = !stage && draw(b) % 16 == 0;
    struct outer outer = {
        .kind = stage     ? ENTRY_STAGE
                : refused ? ENTRY_REFUSAL
                          : ENTRY_DISCLOSURE,
        .stage = stage     ? STAGE_DELIVERED
                 : refused ? STAGE_REJECTED
                           : STAGE_ACCEPTED,
        .hop = 1,
        .gateway = slice_text("XA-GW-01"),
        .id = slice_over(octets, 16),
        .from = slice_text(ONE_OF(parties, draw(b))),
        .to = slice_text(ONE_OF(parties, draw(b))),
        .type = slice_text(ONE_OF(types, draw(b))),
        .purpose = slice_text(ONE_OF(purposes, draw(b))),
        .seal = slice_over(octets + 16, 32),
        .rulebook = slice_over(rulebook, 32),
        .code = refused ? slice_text(ONE_OF(codes, draw(b))) : (struct slice){0},
    };
    struct inner inner = {
        .op = slice_text(stage ? "OPERATE" : "DISCLOSE"),
        .actor = outer.from,
        .fields = fields,
        .field_count = stage ? 0 : FIELDS,
        .justification = draw(b) % 10 == 0 ? sentence(b, text, sizeof text) : (struct slice){0},
    };
    for (size_t i = 0; i < FIELDS; i++)
        fields[i] =
            (struct inner_field){slice_text(paths[i]), slice_text(ONE_OF(categories, draw(b))),
                                 slice_text(draw(b) % 4 == 0 ? "stated" : "clear"),
                                 slice_text("mla-identity"), slice_text("UNTOC 18")};
    put_entry(b, &outer, &inner);
}

static struct key *log_key(void)
{
    static const uint8_t seed[32] = {7};
    struct key *key = NULL;
    need(key_from_seed(seed, &key), "the log's key");
    return key;
}

static void keep(struct bench *b)
{
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    struct digest root;
    struct key *key = log_key();
    need(mirror_root(b->mirror, b->entries, &root), "the root");
    need(note_sign(key, ORIGIN, b->entries, &root, &note), "the checkpoint");
    need(mirror_begin(b->mirror), "a transaction");
    need(mirror_keep(b->mirror, buffer_slice(&note), BEGIN_MS), "the checkpoint is not kept");
    need(mirror_commit(b->mirror), "a transaction");
    buffer_done(&note);
    key_free(key);
}

static double make(struct bench *b, const char *dir)
{
    char error[MIRROR_ERROR_BYTES];
    const struct mirror_log log = {ORIGIN, "XA-GW-01", ""};
    uint64_t before = now_ns();
    need(mirror_make(dir, &log, error, &b->mirror), error);
    for (uint64_t i = 0; i < b->entries;) {
        need(mirror_begin(b->mirror), "a transaction");
        for (uint64_t end = i + BATCH; i < end && i < b->entries; i++)
            put_one(b);
        need(mirror_commit(b->mirror), "a transaction");
    }
    keep(b);
    return (double)(now_ns() - before) / NS_PER_SECOND;
}

static double verify(struct bench *b)
{
    char vkey[ORIGIN_MAX_BYTES + 64];
    uint8_t public[32];
    struct log_verdict verdict = {0};
    struct key *key = log_key();
    if (!key_public(key, public))
        stop("the log's key");
    vkey_write(ORIGIN, 0x01, public, vkey);
    uint64_t before = now_ns();
    if (failed(mirror_verify(b->mirror, slice_text(vkey), &verdict)))
        stop(verdict.fault);
    key_free(key);
    return (double)(now_ns() - before) / NS_PER_SECOND;
}

/* ---- asking ---- */

static struct slice mark(struct arena *arena, const char *word, const char *value)
{
    struct slice made = mark_make(arena, word, slice_text(value));
    if (made.at == NULL)
        stop("out of memory");
    return made;
}

/* From two to five marks, some of the time of a month or on a later page. */
static struct search_wanted wanted_marks(struct bench *b, struct arena *arena, struct slice *marks)
{
    struct search_wanted w = {.before = SEARCH_NEWEST, .limit = PAGE};
    size_t n = 0;
    marks[n++] = mark(arena, "from", ONE_OF(parties, draw(b)));
    marks[n++] = mark(arena, "to", ONE_OF(parties, draw(b)));
    if (draw(b) % 2 == 0)
        marks[n++] = mark(arena, "kind", "disclosure");
    if (draw(b) % 2 == 0)
        marks[n++] = mark(arena, "category", ONE_OF(categories, draw(b)));
    if (draw(b) % 2 == 0)
        marks[n++] = mark(arena, "purpose", ONE_OF(purposes, draw(b)));
    if (draw(b) % 4 == 0)
        w.before = draw(b) % b->entries + 1;
    if (draw(b) % 4 == 0) {
        w.from_ms = BEGIN_MS + draw(b) % b->entries * APART_MS;
        w.until_ms = w.from_ms + 30 * 86400000ULL;
    }
    w.marks = (struct slices){marks, n};
    return w;
}

static struct search_wanted wanted_words(struct bench *b, char *text, size_t room)
{
    int length = snprintf(text, room, "%s %s", ONE_OF(words, draw(b)), ONE_OF(words, draw(b)));
    return (struct search_wanted){
        .text = slice_over(text, (size_t)length), .before = SEARCH_NEWEST, .limit = PAGE};
}

/* Two marks that half of all entries have each, and none has both. */
static struct search_wanted wanted_apart(struct arena *arena, struct slice *marks)
{
    marks[0] = mark(arena, "kind", "stage");
    marks[1] = mark(arena, "op", "DISCLOSE");
    return (struct search_wanted){.marks = {marks, 2}, .before = SEARCH_NEWEST, .limit = PAGE};
}

static void ask(struct bench *b, enum part part, size_t i)
{
    char text[64];
    struct slice marks[8];
    uint64_t *found = NULL, all = 0;
    size_t count = 0;
    struct arena *arena = arena_new(ROW_BYTES);
    if (arena == NULL)
        stop("out of memory");
    struct search_wanted w = part == PART_WORDS   ? wanted_words(b, text, sizeof text)
                             : part == PART_APART ? wanted_apart(arena, marks)
                                                  : wanted_marks(b, arena, marks);
    uint64_t before = now_ns();
    need(part == PART_COUNTED ? search_count(b->mirror, &w, &all)
                              : search_run(b->mirror, arena, &w, &found, &count),
         "a search");
    b->ns[part][i] = now_ns() - before;
    arena_free(arena);
}

/* ---- beside it ---- */

static void bare_make(const struct bench *b, sqlite3 *db)
{
    char text[256];
    snprintf(text, sizeof text,
             "CREATE TABLE bare(idx INTEGER PRIMARY KEY, octets BLOB);"
             "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %llu)"
             " INSERT INTO bare SELECT i, randomblob(1024) FROM n;",
             (unsigned long long)b->entries);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        stop(sqlite3_errmsg(db));
}

static void ask_bare(struct bench *b, sqlite3_stmt *row, size_t i)
{
    uint64_t before = now_ns();
    for (size_t k = 0; k < PAGE; k++) {
        sqlite3_bind_int64(row, 1, (sqlite3_int64)(draw(b) % b->entries));
        if (sqlite3_step(row) != SQLITE_ROW)
            stop("a row is missing");
        sqlite3_reset(row);
    }
    b->ns[PART_BARE][i] = now_ns() - before;
}

static void bare(struct bench *b, const char *dir)
{
    char path[PATH_ROOM];
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    snprintf(path, sizeof path, "%s/bare.db", dir);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        stop("no database");
    bare_make(b, db);
    if (sqlite3_prepare_v2(db, "SELECT octets FROM bare WHERE idx = ?", -1, &row, NULL) !=
        SQLITE_OK)
        stop(sqlite3_errmsg(db));
    for (size_t i = 0; i < b->queries; i++)
        ask_bare(b, row, i);
    sqlite3_finalize(row);
    sqlite3_close(db);
}

/* ---- telling ---- */

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void report(struct bench *b, const char *dir, double seconds, double verified)
{
    char path[PATH_ROOM];
    struct stat db;
    snprintf(path, sizeof path, "%s/mirror.db", dir);
    if (stat(path, &db) != 0)
        stop("there is no mirror");
    printf("{\"seconds\":%.6f,\"verified_seconds\":%.6f,\"octets\":%.1f", seconds, verified,
           (double)db.st_size / (double)b->entries);
    for (size_t part = 0; part < PARTS; part++) {
        qsort(b->ns[part], b->queries, sizeof *b->ns[part], by_value);
        printf(",\"%s_ns\":%llu,\"%s_p99_ns\":%llu", part_names[part],
               (unsigned long long)b->ns[part][b->queries / 2], part_names[part],
               (unsigned long long)b->ns[part][b->queries * 99 / 100]);
    }
    puts("}");
}

int main(int count, char **arguments)
{
    char error[MIRROR_ERROR_BYTES];
    if (count != 4)
        stop("usage: bench_search DIR COUNT QUERIES");
    struct bench b = {
        .state = 1,
        .entries = number_of(arguments[2], 1, ENTRIES_MAX),
        .queries = number_of(arguments[3], 1, QUERIES_MAX),
    };
    need(crypto_thread_start(), "crypto");
    for (size_t part = 0; part < PARTS; part++)
        if ((b.ns[part] = calloc(b.queries, sizeof *b.ns[part])) == NULL)
            stop("out of memory");
    double seconds = make(&b, arguments[1]);
    mirror_close(b.mirror);
    need(mirror_open(arguments[1], error, &b.mirror), error);
    double verified = verify(&b);
    for (enum part part = PART_MARKS; part < PART_BARE; part++)
        for (size_t i = 0; i < b.queries; i++)
            ask(&b, part, i);
    mirror_close(b.mirror);
    bare(&b, arguments[1]);
    report(&b, arguments[1], seconds, verified);
    for (size_t part = 0; part < PARTS; part++)
        free(b.ns[part]);
    return 0;
}
