#include "crypto/cose.h"

#include "wire/cbor.h"

#define TAG_SIGN1       18
#define TAG_SIGN1_OCTET 0xd2 /* tag 18 in its one shortest form */
#define LABEL_ALG       1
#define LABEL_TYP       16
#define LABEL_X5T       34
#define ALG_ES256       (-7)
#define ALG_EDDSA       (-8)
#define ALG_SHA256      (-16)
#define SIGNATURE_BYTES 64

/* The four elements of the array, by type and length only. */
static bool take_apart(struct slice array, struct cose *cose, uint64_t *ret_unprotected)
{
    struct cbor_cursor c = cbor_over(array);
    cbor_array(&c, 4, 4);
    cose->protected_header = cbor_bytes(&c, 0, SIZE_MAX);
    struct cbor_cursor map = c; /* looked into on its own: what it holds has a reason of its own */
    *ret_unprotected = cbor_map(&map, UINT64_MAX);
    (void)cbor_skip(&c);
    cose->payload = cbor_bytes(&c, 0, SIZE_MAX);
    cose->signature = cbor_bytes(&c, SIGNATURE_BYTES, SIGNATURE_BYTES);
    return cbor_ok(&map) && cbor_end(&c);
}

/* {1: alg, 16: type, 34: [-16, x5t]} and nothing else; any integer passes for alg. */
static bool read_header(struct slice header, const char *type, struct slice *ret_x5t,
                        int64_t *ret_alg)
{
    struct cbor_cursor c = cbor_over(header);
    if (cbor_map(&c, 3) != 3 || !cbor_key(&c, LABEL_ALG))
        return false;
    *ret_alg = cbor_int(&c);
    if (!cbor_key(&c, LABEL_TYP) || !slice_is(cbor_text(&c, 0, SIZE_MAX), type) ||
        !cbor_key(&c, LABEL_X5T))
        return false;
    cbor_array(&c, 2, 2);
    bool sha256 = cbor_int(&c) == ALG_SHA256;
    *ret_x5t = cbor_bytes(&c, sizeof(struct digest), sizeof(struct digest));
    return sha256 && cbor_end(&c);
}

struct status cose_open(struct slice in, const char *type, struct cose *ret_cose)
{
    struct cose cose = {0};
    struct slice array = slice_part(in, 1, SIZE_MAX);
    uint64_t unprotected = 0;
    int64_t alg = 0;
    struct status s;

    if (in.length == 0 || in.at[0] != TAG_SIGN1_OCTET)
        return REFUSE(SEAL_TAG);
    if (failed(s = cbor_scan(array)))
        return s;
    if (!take_apart(array, &cose, &unprotected))
        return REFUSE(SEAL_SHAPE);
    if (unprotected != 0)
        return REFUSE(SEAL_UNPROTECTED);
    if (failed(s = cbor_scan(cose.protected_header)))
        return s;
    if (!read_header(cose.protected_header, type, &cose.x5t, &alg))
        return REFUSE(SEAL_HEADER);
    if (alg != ALG_ES256 && alg != ALG_EDDSA)
        return REFUSE(SEAL_ALG);
    cose.algorithm = alg == ALG_ES256 ? ALGORITHM_ES256 : ALGORITHM_EDDSA;
    *ret_cose = cose;
    return OK;
}

struct buffer cose_signed(struct slice protected_header, struct slice payload)
{
    struct buffer b = buffer_new(SIZE_MAX);
    cbor_put_array(&b, 4);
    cbor_put_text(&b, slice_text("Signature1"));
    cbor_put_bytes(&b, protected_header);
    cbor_put_bytes(&b, slice_over(NULL, 0));
    cbor_put_bytes(&b, payload);
    return b;
}

struct status cose_verify(const struct cose *cose, const struct key *key)
{
    struct buffer b = cose_signed(cose->protected_header, cose->payload);
    struct status s = b.failed
                          ? FAIL(MEMORY)
                          : key_verify(key, cose->algorithm, buffer_slice(&b), cose->signature);
    buffer_done(&b);
    return s;
}

static void put_header(struct buffer *b, enum algorithm algorithm, const char *type,
                       const struct digest *x5t)
{
    cbor_put_map(b, 3);
    cbor_put_uint(b, LABEL_ALG);
    cbor_put_int(b, algorithm == ALGORITHM_ES256 ? ALG_ES256 : ALG_EDDSA);
    cbor_put_uint(b, LABEL_TYP);
    cbor_put_text(b, slice_text(type));
    cbor_put_uint(b, LABEL_X5T);
    cbor_put_array(b, 2);
    cbor_put_int(b, ALG_SHA256);
    cbor_put_bytes(b, digest_slice(x5t));
}

struct status cose_sign(const struct key *key, const struct digest *x5t, const char *type,
                        struct slice payload, struct buffer *out)
{
    uint8_t signature[SIGNATURE_BYTES];
    struct buffer header = buffer_new(SIZE_MAX), signed_octets = buffer_new(SIZE_MAX);
    struct status s = FAIL(MEMORY);

    put_header(&header, key_algorithm(key), type, x5t);
    if (header.failed)
        goto out;
    signed_octets = cose_signed(buffer_slice(&header), payload);
    if (signed_octets.failed)
        goto out;
    if (failed(s = key_sign(key, buffer_slice(&signed_octets), signature)))
        goto out;
    cbor_put_tag(out, TAG_SIGN1);
    cbor_put_array(out, 4);
    cbor_put_bytes(out, buffer_slice(&header));
    cbor_put_map(out, 0);
    cbor_put_bytes(out, payload);
    cbor_put_bytes(out, slice_over(signature, sizeof signature));
    s = out->failed ? FAIL(MEMORY) : OK;
out:
    buffer_done(&header);
    buffer_done(&signed_octets);
    return s;
}
