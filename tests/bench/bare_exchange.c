/*
 * bench_bare_exchange CERTIFICATE FILE COUNT BATCH JOURNAL FOLDER: what no gateway can do without,
 * in one loop: each message's seal verified by OpenSSL, the digests of its seal, fields, decoys and
 * of the list of what is released, and in batches the rows that the gateway wrote for these
 * messages, a move of the lock and one Ed25519 signature. Prints what that cost.
 */

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bare_rows.h"
#include "crypto/cose.h"
#include "message/seal.h"
#include "messages.h"
#include "stop.h"
#include "wire/cbor.h"

#define COUNT_LIMIT   1000000
#define ARENA_BYTES   (1U << 20)
#define FRAME_BYTES   (1U << 20)
#define NOTE_BYTES    128 /* of a checkpoint, about */
#define ED25519_BYTES 64

enum word { PROGRAM, CERTIFICATE, FILE_NAME, COUNT, BATCH, JOURNAL, FOLDER, WORDS };

/* One message, taken apart before anything is measured. */
struct parts {
    struct arena *arena;
    struct buffer body, signed_octets; /* the frame; what the seal's signature is over */
    uint8_t *der;
    size_t der_length;
    const struct submit *submit;
};

struct bare {
    EVP_MD *sha256;
    EVP_MD_CTX *digest, *signing;
    EVP_PKEY_CTX *verifying;
    EVP_PKEY *log_key;
    struct parts *parts;
    size_t count, batch;
    struct rows *rows;
};

static void der_of(struct parts *p, const uint8_t raw[static 64])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    if (pair == NULL ||
        ECDSA_SIG_set0(pair, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL)) != 1)
        stop("out of memory");
    int length = i2d_ECDSA_SIG(pair, &p->der);
    if (length <= 0)
        stop("a signature cannot be written");
    p->der_length = (size_t)length;
    ECDSA_SIG_free(pair);
}

static void take_apart(struct parts *p, struct slice message)
{
    struct cose cose;
    p->arena = arena_new(ARENA_BYTES);
    p->body = buffer_new(FRAME_BYTES);
    p->signed_octets = buffer_new(FRAME_BYTES);
    messages_frame(&p->body, message, 1);
    struct slice body = slice_part(buffer_slice(&p->body), FRAME_HEAD_BYTES, SIZE_MAX);
    struct frame *f = p->arena == NULL ? NULL : arena_alloc(p->arena, sizeof *f);
    if (f == NULL || failed(frame_parse(p->arena, body, f)) ||
        failed(cose_open(f->as.submit.message.seal, SEAL_TYPE, &cose)))
        stop("a message cannot be taken apart");
    p->submit = &f->as.submit;
    cbor_put_array(&p->signed_octets, 4);
    cbor_put_text(&p->signed_octets, slice_text("Signature1"));
    cbor_put_bytes(&p->signed_octets, cose.protected_header);
    cbor_put_bytes(&p->signed_octets, slice_text(""));
    cbor_put_bytes(&p->signed_octets, cose.payload);
    der_of(p, cose.signature.at);
}

static void read_messages(struct bare *b, const char *path)
{
    struct messages messages;
    messages_read(path, b->count, &messages);
    b->parts = calloc(b->count, sizeof *b->parts);
    if (b->parts == NULL || messages.count < b->count)
        stop("the file holds fewer messages than are asked for");
    for (size_t i = 0; i < b->count; i++)
        take_apart(&b->parts[i], messages.at[i]);
    messages_done(&messages);
}

static EVP_PKEY *key_of(const char *path)
{
    FILE *f = fopen(path, "re");
    X509 *certificate = f == NULL ? NULL : PEM_read_X509(f, NULL, NULL, NULL);
    EVP_PKEY *key = certificate == NULL ? NULL : X509_get_pubkey(certificate);
    if (key == NULL)
        stop("the sealing certificate cannot be read");
    X509_free(certificate);
    fclose(f);
    return key;
}

static void make_crypto(struct bare *b, const char *certificate)
{
    EVP_PKEY *key = key_of(certificate);
    b->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    b->digest = EVP_MD_CTX_new();
    b->signing = EVP_MD_CTX_new();
    b->verifying = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    b->log_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (b->sha256 == NULL || b->digest == NULL || b->signing == NULL || b->log_key == NULL ||
        EVP_PKEY_verify_init(b->verifying) != 1)
        stop("OpenSSL lacks an algorithm");
    EVP_PKEY_free(key);
}

static void hash(struct bare *b, const char *separation, struct slice octets,
                 uint8_t out[static 32])
{
    size_t length = separation == NULL ? 0 : strlen(separation) + 1;
    if (EVP_DigestInit_ex2(b->digest, b->sha256, NULL) != 1 ||
        EVP_DigestUpdate(b->digest, separation, length) != 1 ||
        EVP_DigestUpdate(b->digest, octets.at, octets.length) != 1 ||
        EVP_DigestFinal_ex(b->digest, out, NULL) != 1)
        stop("a digest cannot be made");
}

static void verify(struct bare *b, const struct parts *p)
{
    uint8_t digest[32];
    const struct submit *s = p->submit;
    hash(b, NULL, buffer_slice(&p->signed_octets), digest);
    if (EVP_PKEY_verify(b->verifying, p->der, p->der_length, digest, sizeof digest) != 1)
        stop("a seal does not verify");
    hash(b, "comity-seal-1", s->message.seal, digest);
    for (size_t i = 0; i < s->message.fields.count; i++) {
        hash(b, "comity-field-1", s->message.fields.at[i], digest);
        hash(b, "comity-released-1", s->message.fields.at[i], digest);
    }
    for (size_t i = 0; i < s->decoys.count; i++)
        hash(b, "comity-decoy-1", s->decoys.at[i], digest);
}

static void sign(struct bare *b)
{
    uint8_t signature[ED25519_BYTES], note[NOTE_BYTES] = {0};
    size_t length = sizeof signature;
    if (EVP_DigestSignInit_ex(b->signing, NULL, NULL, NULL, NULL, b->log_key, NULL) != 1 ||
        EVP_DigestSign(b->signing, signature, &length, note, sizeof note) != 1 ||
        EVP_MD_CTX_reset(b->signing) != 1)
        stop("a checkpoint cannot be signed");
}

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

/* What each share of the work costs, in nanoseconds of CPU. */
struct cost {
    uint64_t verify, rows, sign;
};

static struct cost loop(struct bare *b)
{
    struct cost cost = {0};
    size_t batches = (b->count + b->batch - 1) / b->batch;
    uint64_t at = cpu_ns();
    for (size_t i = 0; i < batches; i++) {
        uint64_t before = at;
        for (size_t k = b->count * i / batches; k < b->count * (i + 1) / batches; k++)
            verify(b, &b->parts[k]);
        cost.verify += (at = cpu_ns()) - before;
        before = at;
        rows_batch(b->rows, i, batches);
        cost.rows += (at = cpu_ns()) - before;
        before = at;
        sign(b);
        cost.sign += (at = cpu_ns()) - before;
    }
    return cost;
}

static void report(const struct bare *b, const struct cost *cost, uint64_t wall_ns)
{
    size_t rows, octets;
    double n = (double)b->count * 1e3;
    rows_size(b->rows, &rows, &octets);
    printf("{\"cpu_us\":%.3f,\"verify_us\":%.3f,\"rows_us\":%.3f,\"sign_us\":%.3f,"
           "\"seconds\":%.6f,\"rows\":%.2f,\"octets\":%.0f}\n",
           (double)(cost->verify + cost->rows + cost->sign) / n, (double)cost->verify / n,
           (double)cost->rows / n, (double)cost->sign / n, (double)wall_ns / 1e9,
           (double)rows / (double)b->count, (double)octets / (double)b->count);
}

static void end(struct bare *b)
{
    for (size_t i = 0; i < b->count; i++) {
        OPENSSL_free(b->parts[i].der);
        buffer_done(&b->parts[i].body);
        buffer_done(&b->parts[i].signed_octets);
        arena_free(b->parts[i].arena);
    }
    free(b->parts);
    rows_free(b->rows);
    EVP_PKEY_free(b->log_key);
    EVP_PKEY_CTX_free(b->verifying);
    EVP_MD_CTX_free(b->digest);
    EVP_MD_CTX_free(b->signing);
    EVP_MD_free(b->sha256);
}

int main(int argc, char **argv)
{
    if (argc != WORDS)
        stop("usage: bench_bare_exchange CERTIFICATE FILE COUNT BATCH JOURNAL FOLDER");
    struct bare b = {
        .count = number_of(argv[COUNT], 1, COUNT_LIMIT),
        .batch = number_of(argv[BATCH], 1, COUNT_LIMIT),
    };
    make_crypto(&b, argv[CERTIFICATE]);
    read_messages(&b, argv[FILE_NAME]);
    b.rows = rows_read(argv[JOURNAL]);
    rows_prepare(b.rows, argv[FOLDER]);
    uint64_t begin = now_ns();
    struct cost cost = loop(&b);
    report(&b, &cost, now_ns() - begin);
    end(&b);
    return 0;
}
