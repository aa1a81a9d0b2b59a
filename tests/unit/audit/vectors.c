#include "vectors.h"

#include "base/encoding.h"
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX   24
#define ARENA_BYTES (16 << 20)

static struct {
    struct arena *arena;
    struct {
        const char *name;
        json_t *json;
        struct directory *directory;
    } files[FILES_MAX];
    size_t count;
} library;

static void stop(const char *what, const char *name)
{
    fprintf(stderr, "vectors: %s %s\n", what, name);
    exit(1);
}

static void forget(const struct dated_certificates *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        certificate_free(rows->at[i].certificate);
}

static void close_library(void)
{
    for (size_t i = 0; i < library.count; i++) {
        const struct directory *d = library.files[i].directory;
        json_decref(library.files[i].json);
        for (size_t p = 0; d != NULL && p < d->party_count; p++) {
            forget(&d->parties[p].sealing);
            for (size_t o = 0; o < d->parties[p].officer_count; o++)
                forget(&d->parties[p].officers[o].certificates);
        }
    }
    arena_free(library.arena);
}

static void *room(size_t count, size_t size)
{
    if (library.arena == NULL) {
        library.arena = arena_new(ARENA_BYTES);
        atexit(close_library);
    }
    void *at = library.arena == NULL ? NULL : arena_array(library.arena, count, size);
    if (at == NULL)
        stop("no memory for", "the vectors");
    return at;
}

static size_t file_index(const char *name)
{
    char path[64];
    for (size_t i = 0; i < library.count; i++)
        if (strcmp(library.files[i].name, name) == 0)
            return i;
    if (library.count == FILES_MAX)
        stop("too many files, not reading", name);
    (void)room(1, 1);
    snprintf(path, sizeof path, "vectors/%s", name);
    json_t *json = json_load_file(tests_path(path), 0, NULL);
    if (json == NULL)
        stop("cannot read", path);
    char *kept = room(strlen(name) + 1, 1);
    memcpy(kept, name, strlen(name));
    library.files[library.count].name = kept;
    library.files[library.count].json = json;
    return library.count++;
}

const json_t *vector_file(const char *name)
{
    return library.files[file_index(name)].json;
}

const json_t *vector_at(const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);
    if (value == NULL)
        stop("no member", member);
    return value;
}

static struct slice text_of(const json_t *value)
{
    return slice_over(json_string_value(value), json_string_length(value));
}

struct slice vector_text(const json_t *object, const char *member)
{
    return text_of(vector_at(object, member));
}

static struct slice hex_of(const json_t *value)
{
    struct slice text = text_of(value);
    uint8_t *octets = room(text.length / 2, 1);
    if (!hex_read(text, octets, text.length / 2))
        stop("no hex:", json_string_value(value));
    return slice_over(octets, text.length / 2);
}

struct slice vector_hex(const json_t *object, const char *member)
{
    return hex_of(vector_at(object, member));
}

uint64_t vector_count(const json_t *object, const char *member)
{
    return (uint64_t)json_integer_value(vector_at(object, member));
}

struct slices vector_hex_list(const json_t *list)
{
    struct slices s = {.count = json_array_size(list)};
    s.at = room(s.count, sizeof *s.at);
    for (size_t i = 0; i < s.count; i++)
        s.at[i] = hex_of(json_array_get(list, i));
    return s;
}

struct slice vector_frame(const json_t *vector)
{
    const json_t *runs = json_object_get(vector, "frame_runs");
    if (runs == NULL)
        return vector_hex(vector, "frame");
    struct buffer b = buffer_new(2 << 20);
    for (size_t i = 0; i < json_array_size(runs); i++) {
        const json_t *run = json_array_get(runs, i);
        struct slice piece = hex_of(json_array_get(run, 0));
        for (json_int_t k = json_integer_value(json_array_get(run, 1)); k > 0; k--)
            buffer_put(&b, piece);
    }
    if (b.failed)
        stop("too long", json_string_value(vector_at(vector, "name")));
    uint8_t *octets = room(b.length, 1);
    memcpy(octets, b.at, b.length);
    struct slice frame = slice_over(octets, b.length);
    buffer_done(&b);
    return frame;
}

/* Walks an object's members in the file's order, which is that of the names. */
#define EACH(object, name, value)                                                                  \
    const char *name;                                                                              \
    json_t *value;                                                                                 \
    size_t at = 0;                                                                                 \
    json_object_foreach(object, name, value)

static void read_states(struct directory *d, json_t *states)
{
    d->state_count = json_object_size(states);
    d->states = room(d->state_count, sizeof *d->states);
    EACH(states, name, value)
    {
        d->states[at].id = slice_text(name);
        d->states[at++].domain = vector_text(value, "domain");
    }
}

static void read_log(struct log_row *log, const json_t *json)
{
    const json_t *witnesses = vector_at(json, "witnesses");
    *log = (struct log_row){
        .origin = vector_text(json, "origin"),
        .vkey = vector_text(json, "vkey"),
        .from_ms = vector_count(json, "from"),
        .until_ms = vector_count(json, "until"),
        .quorum = (unsigned)vector_count(json, "quorum"),
        .witness_count = json_array_size(witnesses),
    };
    log->witnesses = room(log->witness_count, sizeof *log->witnesses);
    for (size_t i = 0; i < log->witness_count; i++) {
        const json_t *w = json_array_get(witnesses, i);
        log->witnesses[i] =
            (struct witness){.state = vector_text(w, "state"), .vkey = vector_text(w, "vkey")};
    }
}

static void read_gateways(struct directory *d, json_t *gateways)
{
    d->gateway_count = json_object_size(gateways);
    d->gateways = room(d->gateway_count, sizeof *d->gateways);
    EACH(gateways, name, value)
    {
        struct gateway_row *g = &d->gateways[at++];
        const json_t *logs = vector_at(value, "logs");
        g->id = slice_text(name);
        g->log_count = json_array_size(logs);
        g->logs = room(g->log_count, sizeof *g->logs);
        for (size_t i = 0; i < g->log_count; i++)
            read_log(&g->logs[i], json_array_get(logs, i));
    }
}

static struct dated_certificates read_certificates(const json_t *list)
{
    struct dated_certificates rows = {.count = json_array_size(list)};
    rows.at = room(rows.count, sizeof *rows.at);
    for (size_t i = 0; i < rows.count; i++) {
        const json_t *row = json_array_get(list, i);
        if (failed(certificate_read(vector_hex(row, "der"), &rows.at[i].certificate)))
            stop("no certificate:", json_string_value(vector_at(row, "der")));
        rows.at[i].from_ms = vector_count(row, "from");
        rows.at[i].until_ms = vector_count(row, "until");
    }
    return rows;
}

static void read_officers(struct party *p, json_t *officers)
{
    p->officer_count = json_object_size(officers);
    p->officers = room(p->officer_count, sizeof *p->officers);
    EACH(officers, name, value)
    {
        p->officers[at++] = (struct officer){slice_text(name), read_certificates(value)};
    }
}

static void read_parties(struct directory *d, json_t *parties)
{
    d->party_count = json_object_size(parties);
    d->parties = room(d->party_count, sizeof *d->parties);
    EACH(parties, name, value)
    {
        struct party *p = &d->parties[at++];
        p->id = slice_text(name);
        p->home = vector_text(value, "home");
        p->until_ms = UINT64_MAX;
        p->sealing = read_certificates(vector_at(value, "sealing"));
        if (json_object_get(value, "officers") != NULL)
            read_officers(p, json_object_get(value, "officers"));
    }
}

const struct directory *vector_directory(const char *name)
{
    size_t i = file_index(name);
    if (library.files[i].directory == NULL) {
        json_t *json = library.files[i].json;
        struct directory *d = room(1, sizeof *d);
        read_states(d, json_object_get(json, "states"));
        read_gateways(d, json_object_get(json, "gateways"));
        read_parties(d, json_object_get(json, "parties"));
        library.files[i].directory = d;
    }
    return library.files[i].directory;
}

static void read_kept(struct reader_state *r, const json_t *list)
{
    struct kept_checkpoint *kept = room(json_array_size(list), sizeof *kept);
    r->kept = kept;
    r->kept_count = json_array_size(list);
    for (size_t i = 0; i < r->kept_count; i++) {
        const json_t *row = json_array_get(list, i);
        kept[i] = (struct kept_checkpoint){vector_text(row, "origin"), vector_count(row, "size"),
                                           digest_read(vector_hex(row, "root"))};
    }
}

static void read_proofs(struct reader_state *r, const json_t *list)
{
    struct consistency_proof *proofs = room(json_array_size(list), sizeof *proofs);
    r->proofs = proofs;
    r->proof_count = json_array_size(list);
    for (size_t i = 0; i < r->proof_count; i++) {
        const json_t *row = json_array_get(list, i);
        proofs[i] = (struct consistency_proof){vector_text(row, "origin"), vector_count(row, "old"),
                                               vector_count(row, "new"),
                                               vector_hex_list(vector_at(row, "path"))};
    }
}

struct reader_state vector_reader(const json_t *json)
{
    struct reader_state r = {
        .me = vector_text(json, "me"),
        .now_ms = vector_count(json, "now"),
    };
    const json_t *cosigned = json_object_get(json, "cosigned");
    if (json_object_get(json, "peer") != NULL)
        r.peer = vector_text(json, "peer");
    read_kept(&r, json_object_get(json, "kept"));
    read_proofs(&r, json_object_get(json, "proofs"));
    struct slice *notes = room(json_array_size(cosigned), sizeof *notes);
    r.cosigned = notes;
    r.cosigned_count = json_array_size(cosigned);
    for (size_t i = 0; i < r.cosigned_count; i++)
        notes[i] = text_of(json_array_get(cosigned, i));
    return r;
}
