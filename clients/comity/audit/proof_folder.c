#include "comity/audit/proof_folder.h"

#include <stdlib.h>
#include <string.h>

#include "audit/tlog_proof.h"
#include "base/encoding.h"
#include "base/instant.h"
#include "comity/output.h"
#include "libcomity/uuid.h"
#include "wire/cbor.h"

#define FILE_MAX_BYTES (4U << 20)
#define FEW_FILES      16 /* beside fields */
#define HEX_BYTES      65

/* The folder while it is made. */
struct making {
    struct arena *arena;
    const struct proof_folder *folder;
    struct text_files files;
    bool failed;
};

static void add(struct making *m, const char *name, struct slice octets)
{
    struct slice copy = arena_copy(m->arena, octets);
    const char *path = arena_text(m->arena, slice_text(name));
    m->failed = m->failed || path == NULL || (octets.length > 0 && copy.at == NULL);
    if (!m->failed)
        m->files.at[m->files.count++] = (struct text_file){slice_text(path), copy};
}

/* Takes the buffer over. */
static void add_made(struct making *m, const char *name, struct buffer *b)
{
    m->failed = m->failed || b->failed;
    add(m, name, buffer_slice(b));
    buffer_done(b);
}

/* "fields/0001", in the order of the message. */
static void add_list(struct making *m, const char *folder, struct slices list)
{
    for (size_t i = 0; i < list.count; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s/%04zu", folder, i + 1);
        add(m, name, list.at[i]);
    }
}

static void add_opening(struct making *m)
{
    const struct receipt *receipt = &m->folder->proved.receipt;
    struct buffer b = buffer_new(FILE_MAX_BYTES);
    cbor_put_array(&b, 2);
    cbor_put_bytes(&b, receipt->key);
    cbor_put_bytes(&b, receipt->record);
    add_made(m, "opening.cbor", &b);
}

static json_t *hex_json(struct slice octets)
{
    char digits[HEX_BYTES];
    hex_write(octets, digits);
    return json_string(digits);
}

static void set_text(json_t *object, const char *name, struct slice text)
{
    if (text.length > 0)
        json_object_set_new(object, name, slice_json(text));
}

static void set_digest(json_t *object, const char *name, struct slice digest)
{
    if (digest.length == sizeof(struct digest))
        json_object_set_new(object, name, hex_json(digest));
}

/* What the outer opening says, in words. */
static json_t *outer_json(const struct outer *o)
{
    char id[UUID_TEXT_BYTES];
    json_t *says = json_pack("{s:s,s:s,s:I}", "kind", entry_kind_name(o->kind), "stage",
                             stage_name(o->stage), "hop", (json_int_t)o->hop);
    uuid_write(o->id, id);
    set_text(says, "gateway", o->gateway);
    set_text(says, "id", slice_text(id));
    set_text(says, "from", o->from);
    set_text(says, "to", o->to);
    set_text(says, "type", o->type);
    set_text(says, "purpose", o->purpose);
    set_digest(says, "seal", o->seal);
    set_digest(says, "release", o->release);
    set_digest(says, "rulebook", o->rulebook);
    set_text(says, "code", o->code);
    return says;
}

static void add_json(struct making *m)
{
    const struct proved *p = &m->folder->proved;
    char time[INSTANT_TEXT_BYTES];
    struct buffer b = buffer_new(FILE_MAX_BYTES);
    instant_write(p->time_ms, time);
    json_t *entry =
        json_pack("{s:o,s:I,s:I,s:o,s:s,s:I,s:o}", "log", slice_json(p->note.origin), "index",
                  (json_int_t)p->receipt.index, "size", (json_int_t)p->note.size, "leaf",
                  hex_json(digest_slice(&p->leaf)), "time", time, "time_ms", (json_int_t)p->time_ms,
                  "says", outer_json(&p->outer));
    char *text = entry == NULL ? NULL : json_dumps(entry, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    buffer_text(&b, text == NULL ? "" : text);
    buffer_text(&b, "\n");
    m->failed = m->failed || text == NULL;
    add_made(m, "entry.json", &b);
    free(text);
    json_decref(entry);
}

/* The keys in the form of C2SP's tlog-policy, as other verifiers of such logs read it. */
static void add_vkeys(struct making *m)
{
    const struct log_row *log = m->folder->proved.log;
    struct buffer b = buffer_new(FILE_MAX_BYTES);
    buffer_print(&b, "log %.*s\n", (int)log->vkey.length, (const char *)log->vkey.at);
    for (size_t i = 0; i < log->witness_count; i++)
        buffer_print(&b, "witness w%zu %.*s\n", i + 1, (int)log->witnesses[i].vkey.length,
                     (const char *)log->witnesses[i].vkey.at);
    if (log->quorum > 0) {
        buffer_print(&b, "group witnesses %u", log->quorum);
        for (size_t i = 0; i < log->witness_count; i++)
            buffer_print(&b, " w%zu", i + 1);
        buffer_text(&b, "\n");
    }
    buffer_text(&b, log->quorum > 0 ? "quorum witnesses\n" : "quorum none\n");
    add_made(m, "vkeys", &b);
}

/* The log's key as openssl reads it: RFC 8410. */
static void add_pem(struct making *m)
{
    static const uint8_t head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                   0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    uint8_t der[sizeof head + 32];
    char text[64];
    struct vkey vkey;
    struct buffer b = buffer_new(FILE_MAX_BYTES);
    if (failed(vkey_parse(m->folder->proved.log->vkey, &vkey))) {
        m->failed = true;
        return;
    }
    memcpy(der, head, sizeof head);
    memcpy(der + sizeof head, vkey.key, sizeof vkey.key);
    base64_write(slice_over(der, sizeof der), text);
    buffer_print(&b, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", text);
    add_made(m, "log.pem", &b);
}

static void add_proofs(struct making *m)
{
    const struct proof_folder *e = m->folder;
    const struct tlog_proof proof = tlog_proof_of(&e->proved.receipt);
    struct buffer b = buffer_new(TLOG_PROOF_MAX_BYTES);
    tlog_proof_write(&b, &proof);
    add_made(m, "proof.tlog", &b);
    add(m, "receipt.cbor", e->octets);
    add(m, "checkpoint", e->proved.receipt.note);
    if (e->cose.length > 0)
        add(m, "receipt.cose", e->cose);
}

static void add_stamp(struct making *m)
{
    const struct log_stamp *stamp = m->folder->stamp;
    struct buffer b = buffer_new(TLOG_PROOF_MAX_BYTES);
    if (stamp == NULL)
        return;
    log_stamp_write(&b, m->folder->proved.receipt.index, stamp);
    add_made(m, "timestamp.tlog", &b);
    add(m, "timestamp.tsr", stamp->response);
}

static void add_message(struct making *m)
{
    const struct proof_folder *e = m->folder;
    if (e->envelope != NULL)
        add(m, "seal.cose", e->envelope->octets);
    if (e->certificate.length > 0)
        add(m, "certificate.der", e->certificate);
    if (e->release.length > 0)
        add(m, "release.cbor", e->release);
    add_list(m, "fields", e->fields);
    add_list(m, "derived", e->derived);
}

static int by_path(const void *a, const void *b)
{
    const struct text_file *x = a, *y = b;
    return slice_compare(x->path, y->path);
}

/* As sha256sum -c reads it. */
static void add_sums(struct making *m)
{
    struct buffer b = buffer_new(FILE_MAX_BYTES);
    for (size_t i = 0; i < m->files.count; i++) {
        char digits[HEX_BYTES];
        struct digest digest = digest_plain(m->files.at[i].text);
        hex_write(digest_slice(&digest), digits);
        buffer_print(&b, "%s  %.*s\n", digits, (int)m->files.at[i].path.length,
                     (const char *)m->files.at[i].path.at);
    }
    add_made(m, "SHA256SUMS", &b);
}

struct status proof_folder_files(struct arena *arena, const struct proof_folder *e,
                                 struct text_files *ret_files)
{
    size_t most = FEW_FILES + e->fields.count + e->derived.count;
    struct making m = {.arena = arena, .folder = e};
    struct buffer readme = buffer_new(FILE_MAX_BYTES);
    m.files.at = arena_array(arena, most, sizeof *m.files.at);
    if (m.files.at == NULL)
        return FAIL(MEMORY);
    add(&m, "entry.cbor", e->proved.receipt.entry);
    add_opening(&m);
    add_json(&m);
    add_vkeys(&m);
    add_pem(&m);
    add_proofs(&m);
    add_stamp(&m);
    add_message(&m);
    proof_readme(&readme, e);
    add_made(&m, "README.txt", &readme);
    if (m.failed)
        return FAIL(MEMORY);
    qsort(m.files.at, m.files.count, sizeof *m.files.at, by_path);
    add_sums(&m);
    *ret_files = m.files;
    return m.failed ? FAIL(MEMORY) : OK;
}
