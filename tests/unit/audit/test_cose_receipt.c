#include "support/check.h"

#include "audit/cose_receipt.h"
#include "crypto/cose.h"
#include "golden.h"
#include "wire/cbor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (1 << 16)

static struct arena *arena;

static void begin(void)
{
    arena = arena_new(ARENA_BYTES);
}

static void end(void)
{
    arena_free(arena);
}

static struct vkey golden_log(void)
{
    struct vkey log = {0};
    CHECK_OK(vkey_parse(slice_text(GOLDEN_LOG_VKEY), &log));
    return log;
}

static struct key *golden_key(void)
{
    uint8_t seed[32];
    struct key *key = NULL;
    memset(seed, 0x11, sizeof seed);
    CHECK_OK(key_from_seed(seed, &key));
    return key;
}

static struct status verified(struct slice octets)
{
    struct cose_receipt receipt;
    struct vkey log = golden_log();
    struct digest leaf = merkle_leaf(hex(GOLDEN_ENTRY));
    struct status s = cose_receipt_parse(arena, octets, &receipt);
    return failed(s) ? s : cose_receipt_verify(&receipt, &leaf, &log);
}

static void the_golden_receipt_is_read_and_verified(void)
{
    begin();
    struct cose_receipt r;
    struct slice octets = hex(GOLDEN_COSE);
    CHECK_U64(octets.length, 288);
    if (CHECK_OK(cose_receipt_parse(arena, octets, &r))) {
        CHECK_BYTES(r.origin, slice_text(GOLDEN_ORIGIN));
        CHECK_BYTES(slice_over(r.id, sizeof r.id), hex(GOLDEN_UUID));
        CHECK_U64(r.size, 8);
        CHECK_U64(r.index, GOLDEN_INDEX);
        CHECK_U64(r.path.count, 3);
    }
    CHECK_OK(verified(octets));
    end();
}

static void making_gives_the_golden_receipt(void)
{
    begin();
    struct cose_receipt r;
    struct key *key = golden_key();
    struct digest leaf = merkle_leaf(hex(GOLDEN_ENTRY));
    struct buffer out = buffer_new(COSE_RECEIPT_MAX_BYTES);
    if (CHECK_OK(cose_receipt_parse(arena, hex(GOLDEN_COSE), &r))) {
        struct cose_receipt_of of = {
            .origin = GOLDEN_ORIGIN, .id = hex(GOLDEN_UUID), .size = 8, .index = 5, .path = r.path};
        CHECK(merkle_path_root(&leaf, 5, 8, r.path, &of.root));
        CHECK_OK(cose_receipt_make(key, &of, &out));
        CHECK_BYTES(buffer_slice(&out), hex(GOLDEN_COSE));
        of.origin = "two words";
        CHECK_STATUS(cose_receipt_make(key, &of, &out), FAIL(CONFIG));
    }
    buffer_done(&out);
    key_free(key);
    end();
}

static void every_changed_or_cut_receipt_is_refused(void)
{
    struct slice good = hex(GOLDEN_COSE);
    uint8_t *octets = malloc(good.length);
    if (!CHECK(octets != NULL))
        return;
    memcpy(octets, good.at, good.length);
    for (size_t i = 0; i < 8 * good.length; i++) {
        begin();
        octets[i / 8] ^= (uint8_t)(1U << i % 8);
        CHECK(failed(verified(slice_over(octets, good.length))));
        octets[i / 8] ^= (uint8_t)(1U << i % 8);
        if (i % 8 == 0)
            CHECK(failed(verified(slice_over(octets, i / 8))));
        end();
    }
    free(octets);
}

static void another_leaf_or_log_is_refused(void)
{
    begin();
    struct cose_receipt r;
    struct vkey log = golden_log(), other = log;
    struct digest leaf = merkle_leaf(hex("40414244")), right = merkle_leaf(hex(GOLDEN_ENTRY));
    if (CHECK_OK(cose_receipt_parse(arena, hex(GOLDEN_COSE), &r))) {
        CHECK_STATUS(cose_receipt_verify(&r, &leaf, &log), REFUSE(PROOF_SIGNATURE));
        other.name = slice_text("gw2.jx.example/audit/2026");
        CHECK_STATUS(cose_receipt_verify(&r, &right, &other), REFUSE(PROOF_KEY));
        other = log;
        other.id[0] ^= 1;
        CHECK_STATUS(cose_receipt_verify(&r, &right, &other), REFUSE(PROOF_KEY));
        other = log; /* a key for cosignatures proves nothing of a log */
        other.type = 0x04;
        CHECK_STATUS(cose_receipt_verify(&r, &right, &other), REFUSE(PROOF_KEY));
        other = log;
        other.key[0] ^= 1;
        CHECK(failed(cose_receipt_verify(&r, &right, &other)));
        r.path.count--;
        CHECK_STATUS(cose_receipt_verify(&r, &right, &log), REFUSE(INCLUSION));
    }
    end();
}

/* Receipts of the golden entry in other forms, each signed by the log all the same. */
struct variant {
    const char *what;
    int64_t alg;
    uint64_t header_size, proof_size, index, vds;
    const char *subject, *extra_label; /* extra_label: a text behind tree-size */
    bool unprotected_more, payload_there;
    struct status want;
};

static void put_protected(struct buffer *b, const struct variant *v)
{
    cbor_put_map(b, v->extra_label != NULL ? 6 : 5);
    cbor_put_uint(b, 1);
    cbor_put_int(b, v->alg);
    cbor_put_uint(b, 4);
    cbor_put_bytes(b, hex("a7712418"));
    cbor_put_uint(b, 15);
    cbor_put_map(b, 2);
    cbor_put_uint(b, 1);
    cbor_put_text(b, slice_text(GOLDEN_ORIGIN));
    cbor_put_uint(b, 2);
    cbor_put_text(b, slice_text(v->subject));
    cbor_put_uint(b, 395);
    cbor_put_uint(b, v->vds);
    cbor_put_text(b, slice_text("tree-size"));
    cbor_put_uint(b, v->header_size);
    if (v->extra_label != NULL) {
        cbor_put_text(b, slice_text(v->extra_label));
        cbor_put_uint(b, 1);
    }
}

static void put_unprotected(struct buffer *b, const struct variant *v, struct slices path)
{
    struct buffer proof = buffer_new(1024);
    cbor_put_array(&proof, 3);
    cbor_put_uint(&proof, v->proof_size);
    cbor_put_uint(&proof, v->index);
    cbor_put_array(&proof, path.count);
    for (size_t i = 0; i < path.count; i++)
        cbor_put_bytes(&proof, path.at[i]);
    cbor_put_map(b, v->unprotected_more ? 2 : 1);
    cbor_put_uint(b, 396);
    cbor_put_map(b, 1);
    cbor_put_int(b, -1);
    cbor_put_array(b, 1);
    cbor_put_bytes(b, buffer_slice(&proof));
    if (v->unprotected_more) {
        cbor_put_uint(b, 397);
        cbor_put_uint(b, 1);
    }
    buffer_done(&proof);
}

static void make_variant(const struct variant *v, struct slices path, struct buffer *out)
{
    uint8_t signature[64];
    struct key *key = golden_key();
    struct digest leaf = merkle_leaf(hex(GOLDEN_ENTRY)), root;
    struct buffer header = buffer_new(1024);
    CHECK(merkle_path_root(&leaf, 5, 8, path, &root));
    put_protected(&header, v);
    struct buffer b = cose_signed(buffer_slice(&header), digest_slice(&root));
    CHECK_OK(key_sign(key, buffer_slice(&b), signature));
    cbor_put_tag(out, 18);
    cbor_put_array(out, 4);
    cbor_put_bytes(out, buffer_slice(&header));
    put_unprotected(out, v, path);
    if (v->payload_there)
        cbor_put_bytes(out, digest_slice(&root));
    else
        cbor_put_null(out);
    cbor_put_bytes(out, slice_over(signature, sizeof signature));
    buffer_done(&b);
    buffer_done(&header);
    key_free(key);
}

static void other_forms_are_judged_though_the_log_signed_them(void)
{
    static const char urn[] = "urn:uuid:00000000-0000-4000-8000-000000000005";
    const struct variant rows[] = {
        {"-8 is taken", -8, 8, 8, 5, 1, urn, NULL, false, false, OK},
        {"-19 is taken", -19, 8, 8, 5, 1, urn, NULL, false, false, OK},
        {"-7 is not", -7, 8, 8, 5, 1, urn, NULL, false, false, REFUSE(PROOF_SHAPE)},
        {"a proof of another size", -8, 8, 7, 5, 1, urn, NULL, false, false, REFUSE(PROOF_SIZE)},
        {"a header of another size", -8, 7, 8, 5, 1, urn, NULL, false, false, REFUSE(PROOF_SIZE)},
        {"an index beyond", -8, 8, 8, 8, 1, urn, NULL, false, false, REFUSE(INCLUSION)},
        {"the index beside", -8, 8, 8, 4, 1, urn, NULL, false, false, REFUSE(PROOF_SIGNATURE)},
        {"another structure", -8, 8, 8, 5, 2, urn, NULL, false, false, REFUSE(PROOF_SHAPE)},
        {"capitals", -8, 8, 8, 5, 1, "urn:uuid:0000000A-0000-4000-8000-000000000005", NULL, false,
         false, REFUSE(PROOF_SHAPE)},
        {"hyphens elsewhere", -8, 8, 8, 5, 1, "urn:uuid:0000000-00000-4000-8000-000000000005", NULL,
         false, false, REFUSE(PROOF_SHAPE)},
        {"no uuid", -8, 8, 8, 5, 1, "urn:oid:1.2", NULL, false, false, REFUSE(PROOF_SHAPE)},
        {"one label more", -8, 8, 8, 5, 1, urn, "tree-sizf", false, false, REFUSE(PROOF_SHAPE)},
        {"a label twice", -8, 8, 8, 5, 1, urn, "tree-size", false, false, REFUSE(CBOR_ORDER)},
        {"labels unsorted", -8, 8, 8, 5, 1, urn, "tree", false, false, REFUSE(CBOR_ORDER)},
        {"more unprotected", -8, 8, 8, 5, 1, urn, NULL, true, false, REFUSE(PROOF_SHAPE)},
        {"a payload", -8, 8, 8, 5, 1, urn, NULL, false, true, REFUSE(PROOF_SHAPE)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin();
        struct cose_receipt golden;
        struct buffer out = buffer_new(COSE_RECEIPT_MAX_BYTES);
        if (CHECK_OK(cose_receipt_parse(arena, hex(GOLDEN_COSE), &golden))) {
            make_variant(&rows[i], golden.path, &out);
            if (!CHECK_STATUS(verified(buffer_slice(&out)), rows[i].want))
                fprintf(stderr, "variant: %s\n", rows[i].what);
        }
        buffer_done(&out);
        end();
    }
}

static void a_receipt_has_a_limit(void)
{
    static uint8_t octets[COSE_RECEIPT_MAX_BYTES + 1] = {0xd2};
    struct cose_receipt r;
    begin();
    CHECK_STATUS(cose_receipt_parse(arena, slice_over(octets, sizeof octets), &r),
                 REFUSE(PROOF_SHAPE));
    CHECK_STATUS(cose_receipt_parse(arena, slice_over(NULL, 0), &r), REFUSE(PROOF_SHAPE));
    CHECK_STATUS(cose_receipt_parse(arena, slice_part(hex(GOLDEN_COSE), 1, SIZE_MAX), &r),
                 REFUSE(PROOF_SHAPE));
    end();
}

TESTS(cose_receipt,
      {"the golden receipt is read and verified", the_golden_receipt_is_read_and_verified},
      {"making gives the golden receipt", making_gives_the_golden_receipt},
      {"every changed or cut receipt is refused", every_changed_or_cut_receipt_is_refused},
      {"another leaf or log is refused", another_leaf_or_log_is_refused},
      {"other forms are judged though the log signed them",
       other_forms_are_judged_though_the_log_signed_them},
      {"a receipt has a limit", a_receipt_has_a_limit})
