#include "base/encoding.h"
#include "base/instant.h"
#include "comity/audit/explained.h"
#include "comity/output.h"
#include "crypto/merkle.h"

static json_t *hex_json(struct arena *arena, struct slice octets)
{
    char *text = arena_alloc(arena, 2 * octets.length + 1);
    if (text == NULL)
        return NULL;
    hex_write(octets, text);
    return json_string(text);
}

/* Whose key signed: a log has several rows while its key changes. CONFIG: a row's key is none */
static struct status row_of(const struct directory *d, struct slice gateway,
                            const struct note *note, const struct log_row **ret_row)
{
    const struct gateway_row *g = directory_gateway(d, gateway);
    struct status s = REFUSE(NOTE_ORIGIN);
    for (size_t i = 0; g != NULL && i < g->log_count; i++) {
        struct vkey vkey;
        if (!slice_equal(g->logs[i].origin, note->origin))
            continue;
        s = vkey_parse(g->logs[i].vkey, &vkey);
        if (!failed(s))
            s = note_verify(note, &vkey);
        if (!failed(s)) {
            *ret_row = &g->logs[i];
            return s;
        }
    }
    return s;
}

/* A witness that has not cosigned this checkpoint has no time. */
static struct status witness_json(const struct note *note, const struct witness *witness,
                                  json_t **ret_json, bool *ret_cosigned)
{
    struct vkey vkey;
    uint64_t time_s = 0;
    char time[INSTANT_TEXT_BYTES] = "";
    struct status s = vkey_parse(witness->vkey, &vkey);
    if (!failed(s))
        s = note_cosigned(note, &vkey, &time_s);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    *ret_cosigned = !failed(s);
    if (*ret_cosigned)
        instant_write(time_s * MS_PER_SECOND, time);
    *ret_json = json_pack("{s:o,s:o,s:s?}", "state", slice_json(witness->state), "key",
                          slice_json(witness->vkey), "time", *ret_cosigned ? time : NULL);
    return *ret_json == NULL ? FAIL(MEMORY) : OK;
}

static struct status witnesses_json(const struct note *note, const struct log_row *row,
                                    json_t *proof)
{
    json_t *list = json_array();
    size_t count = 0;
    struct status s = OK;
    for (size_t i = 0; i < row->witness_count && !failed(s); i++) {
        json_t *one = NULL;
        bool cosigned = false;
        s = witness_json(note, &row->witnesses[i], &one, &cosigned);
        count += cosigned;
        json_array_append_new(list, one);
    }
    json_object_set_new(proof, "witnesses", list);
    json_object_set_new(proof, "cosigned", json_integer((json_int_t)count));
    json_object_set_new(proof, "quorum", json_integer(row->quorum));
    return s;
}

/* All that the proof consists of. */
struct proving {
    struct note note;
    struct slices path;
    struct digest leaf;
    const struct log_row *row;
};

static struct status prove(struct arena *arena, struct mirror *mirror,
                           const struct directory *directory, const struct mirror_entry *entry,
                           struct proving *p)
{
    struct mirror_log log;
    struct slice text;
    struct status s = mirror_checkpoint(mirror, arena, &text);
    if (!failed(s))
        s = note_parse(text, &p->note);
    if (!failed(s))
        s = mirror_log(mirror, arena, &log);
    if (!failed(s))
        s = row_of(directory, slice_text(log.gateway), &p->note, &p->row);
    if (!failed(s))
        s = mirror_proof(mirror, arena, entry->index, &p->path);
    p->leaf = merkle_leaf(entry->row.entry);
    if (!failed(s) &&
        !merkle_included(&p->leaf, entry->index, p->note.size, p->path, &p->note.root))
        s = REFUSE(CONSISTENCY);
    return s;
}

struct status audit_proof_json(struct arena *arena, struct mirror *mirror,
                               const struct directory *directory, const struct mirror_entry *entry,
                               json_t **ret_proof)
{
    struct proving p = {0};
    struct status s = prove(arena, mirror, directory, entry, &p);
    if (failed(s))
        return s;
    json_t *path = json_array();
    for (size_t i = 0; i < p.path.count; i++)
        json_array_append_new(path, hex_json(arena, p.path.at[i]));
    json_t *proof = json_pack(
        "{s:o,s:o,s:I,s:I,s:o,s:o,s:o,s:o}", "entry", hex_json(arena, entry->row.entry), "leaf",
        hex_json(arena, digest_slice(&p.leaf)), "index", (json_int_t)entry->index, "size",
        (json_int_t)p.note.size, "path", path, "root", hex_json(arena, digest_slice(&p.note.root)),
        "origin", slice_json(p.note.origin), "key", slice_json(p.row->vkey));
    if (proof == NULL)
        return FAIL(MEMORY);
    s = witnesses_json(&p.note, p.row, proof);
    if (failed(s))
        json_decref(proof);
    else
        *ret_proof = proof;
    return s;
}
