#include "audit/cose_receipt.h"

#include <string.h>

#include "base/encoding.h"
#include "crypto/cose.h"
#include "message/shape.h"

#define TAG_SIGN1       18
#define TAG_SIGN1_OCTET 0xd2 /* tag 18 in its one shortest form */
#define SIGNATURE_BYTES 64
#define KEY_ID_BYTES    4
#define TYPE_LOG        0x01

#define LABEL_ALG  1
#define LABEL_KID  4
#define LABEL_CWT  15 /* claims, RFC 9597 */
#define LABEL_VDS  395
#define LABEL_VDP  396
#define LABEL_SIZE "tree-size"
#define CWT_ISS    1
#define CWT_SUB    2

#define ALG_EDDSA     (-8)
#define ALG_ED25519   (-19) /* RFC 9864: the same signature by its full name */
#define VDS_RFC9162   1     /* RFC9162_SHA256 */
#define VDP_INCLUSION (-1)
#define URN           "urn:uuid:"
#define URN_BYTES     (sizeof URN - 1)
#define UUID_TEXT     36
#define SUBJECT_BYTES (URN_BYTES + UUID_TEXT)

/* Where the hyphens of a UUID stand. */
static bool is_hyphen(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

static void subject_write(struct slice id, char text[static SUBJECT_BYTES + 1])
{
    char digits[2 * COSE_RECEIPT_UUID_BYTES + 1];
    const char *next = digits;
    hex_write(id, digits);
    memcpy(text, URN, URN_BYTES);
    for (size_t i = 0; i < UUID_TEXT; i++)
        text[URN_BYTES + i] = is_hyphen(i) ? '-' : *next++;
    text[SUBJECT_BYTES] = '\0';
}

/* Only what subject_write makes. */
static bool subject_read(struct slice subject, uint8_t id[static COSE_RECEIPT_UUID_BYTES])
{
    uint8_t digits[2 * COSE_RECEIPT_UUID_BYTES];
    size_t count = 0;
    if (subject.length != SUBJECT_BYTES || !slice_begins(subject, slice_text(URN)))
        return false;
    for (size_t i = 0; i < UUID_TEXT; i++) {
        uint8_t octet = subject.at[URN_BYTES + i];
        if (is_hyphen(i) && octet != '-')
            return false;
        if (!is_hyphen(i))
            digits[count++] = octet;
    }
    return hex_read(slice_over(digits, sizeof digits), id, COSE_RECEIPT_UUID_BYTES);
}

static bool is_algorithm(int64_t alg)
{
    return alg == ALG_EDDSA || alg == ALG_ED25519;
}

/* {1: alg, 4: kid, 15: {1: iss, 2: sub}, 395: 1, "tree-size": size} and nothing else. */
static bool read_header(struct slice header, struct cose_receipt *r)
{
    struct cbor_cursor c = cbor_over(header);
    if (cbor_map(&c, 5) != 5 || !cbor_key(&c, LABEL_ALG) || !is_algorithm(cbor_int(&c)) ||
        !cbor_key(&c, LABEL_KID))
        return false;
    r->key_id = cbor_bytes(&c, KEY_ID_BYTES, KEY_ID_BYTES);
    if (!cbor_key(&c, LABEL_CWT) || cbor_map(&c, 2) != 2 || !cbor_key(&c, CWT_ISS))
        return false;
    r->origin = cbor_text(&c, 1, ORIGIN_MAX_BYTES);
    if (!cbor_key(&c, CWT_SUB) || !subject_read(cbor_text(&c, 0, SIZE_MAX), r->id) ||
        !cbor_key(&c, LABEL_VDS) || cbor_uint(&c, VDS_RFC9162, VDS_RFC9162) != VDS_RFC9162 ||
        !slice_is(cbor_text(&c, 0, SIZE_MAX), LABEL_SIZE))
        return false;
    r->size = cbor_uint(&c, 1, MERKLE_MAX_SIZE);
    return cbor_end(&c);
}

/* {396: {-1: [proof]}}: one inclusion proof, and nothing else outside of what is signed. */
static struct slice read_unprotected(struct cbor_cursor *c)
{
    if (cbor_map(c, 1) != 1 || !cbor_key(c, LABEL_VDP) || cbor_map(c, 1) != 1 ||
        cbor_int(c) != VDP_INCLUSION)
        cbor_fail(c);
    cbor_array(c, 1, 1);
    return cbor_bytes(c, 0, SIZE_MAX);
}

static struct status read_proof(struct arena *arena, struct slice proof, struct cose_receipt *r)
{
    struct status s = cbor_scan(proof);
    if (failed(s))
        return s;
    struct cbor_cursor c = cbor_over(proof);
    cbor_array(&c, 3, 3);
    uint64_t size = cbor_uint(&c, 1, MERKLE_MAX_SIZE);
    r->index = cbor_uint(&c, 0, MERKLE_MAX_SIZE - 1);
    r->path = shape_hashes(&c, arena, MERKLE_MAX_PATH);
    if (failed(s = shape_end(&c, REASON_PROOF_SHAPE)))
        return s;
    return size == r->size ? OK : REFUSE(PROOF_SIZE);
}

struct status cose_receipt_parse(struct arena *arena, struct slice octets,
                                 struct cose_receipt *ret_receipt)
{
    struct cose_receipt r = {0};
    struct slice array = slice_part(octets, 1, SIZE_MAX);
    struct status s;
    if (octets.length > COSE_RECEIPT_MAX_BYTES || octets.length == 0 ||
        octets.at[0] != TAG_SIGN1_OCTET)
        return REFUSE(PROOF_SHAPE);
    if (failed(s = cbor_scan(array)))
        return s;
    struct cbor_cursor c = cbor_over(array);
    cbor_array(&c, 4, 4);
    r.protected_header = cbor_bytes(&c, 0, SIZE_MAX);
    struct slice proof = read_unprotected(&c);
    cbor_null(&c);
    r.signature = cbor_bytes(&c, SIGNATURE_BYTES, SIGNATURE_BYTES);
    if (!cbor_end(&c))
        return REFUSE(PROOF_SHAPE);
    if (failed(s = cbor_scan_labels(r.protected_header)))
        return s;
    if (!read_header(r.protected_header, &r))
        return REFUSE(PROOF_SHAPE);
    if (failed(s = read_proof(arena, proof, &r)))
        return s;
    *ret_receipt = r;
    return OK;
}

static struct status signature_verify(const struct cose_receipt *r, const struct digest *root,
                                      const struct vkey *log)
{
    struct key *key = NULL;
    struct buffer b = cose_signed(r->protected_header, digest_slice(root));
    struct status s = b.failed ? FAIL(MEMORY) : key_from_public(log->key, &key);
    if (!failed(s))
        s = key_verify(key, ALGORITHM_EDDSA, buffer_slice(&b), r->signature);
    key_free(key);
    buffer_done(&b);
    return s.code == CODE_REFUSED ? REFUSE(PROOF_SIGNATURE) : s;
}

struct status cose_receipt_verify(const struct cose_receipt *r, const struct digest *leaf,
                                  const struct vkey *log)
{
    struct digest root;
    if (log->type != TYPE_LOG || !slice_equal(r->origin, log->name) ||
        !slice_equal(r->key_id, slice_over(log->id, sizeof log->id)))
        return REFUSE(PROOF_KEY);
    if (!merkle_path_root(leaf, r->index, r->size, r->path, &root))
        return REFUSE(INCLUSION);
    return signature_verify(r, &root, log);
}

static void put_header(struct buffer *b, const struct vkey *log, const struct cose_receipt_of *of)
{
    char subject[SUBJECT_BYTES + 1];
    subject_write(of->id, subject);
    cbor_put_map(b, 5);
    cbor_put_uint(b, LABEL_ALG);
    cbor_put_int(b, ALG_EDDSA);
    cbor_put_uint(b, LABEL_KID);
    cbor_put_bytes(b, slice_over(log->id, sizeof log->id));
    cbor_put_uint(b, LABEL_CWT);
    cbor_put_map(b, 2);
    cbor_put_uint(b, CWT_ISS);
    cbor_put_text(b, log->name);
    cbor_put_uint(b, CWT_SUB);
    cbor_put_text(b, slice_text(subject));
    cbor_put_uint(b, LABEL_VDS);
    cbor_put_uint(b, VDS_RFC9162);
    cbor_put_text(b, slice_text(LABEL_SIZE));
    cbor_put_uint(b, of->size);
}

static void put_receipt(struct buffer *out, struct slice header, struct slice proof,
                        struct slice signature)
{
    cbor_put_tag(out, TAG_SIGN1);
    cbor_put_array(out, 4);
    cbor_put_bytes(out, header);
    cbor_put_map(out, 1);
    cbor_put_uint(out, LABEL_VDP);
    cbor_put_map(out, 1);
    cbor_put_int(out, VDP_INCLUSION);
    cbor_put_array(out, 1);
    cbor_put_bytes(out, proof);
    cbor_put_null(out);
    cbor_put_bytes(out, signature);
}

static struct status header_signed(const struct key *key, const struct cose_receipt_of *of,
                                   struct buffer *header, uint8_t signature[static SIGNATURE_BYTES])
{
    uint8_t octets[32];
    char text[ORIGIN_MAX_BYTES + 64];
    struct vkey log;
    if (!key_public(key, octets) || of->id.length != COSE_RECEIPT_UUID_BYTES)
        return FAIL(CRYPTO);
    vkey_write(of->origin, TYPE_LOG, octets, text);
    struct status s = vkey_parse(slice_text(text), &log);
    if (failed(s))
        return s;
    put_header(header, &log, of);
    struct buffer b = cose_signed(buffer_slice(header), digest_slice(&of->root));
    s = b.failed || header->failed ? FAIL(MEMORY) : key_sign(key, buffer_slice(&b), signature);
    buffer_done(&b);
    return s;
}

struct status cose_receipt_make(const struct key *key, const struct cose_receipt_of *of,
                                struct buffer *out)
{
    uint8_t signature[SIGNATURE_BYTES];
    struct buffer header = buffer_new(COSE_RECEIPT_MAX_BYTES);
    struct buffer proof = buffer_new(COSE_RECEIPT_MAX_BYTES);
    struct status s = header_signed(key, of, &header, signature);
    if (failed(s))
        goto out;
    cbor_put_array(&proof, 3);
    cbor_put_uint(&proof, of->size);
    cbor_put_uint(&proof, of->index);
    shape_put_hashes(&proof, of->path);
    put_receipt(out, buffer_slice(&header), buffer_slice(&proof),
                slice_over(signature, sizeof signature));
    s = proof.failed || out->failed ? FAIL(MEMORY) : OK;
out:
    buffer_done(&header);
    buffer_done(&proof);
    return s;
}
