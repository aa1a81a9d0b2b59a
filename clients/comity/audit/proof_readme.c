/* README.txt of an evidence folder: for who has never heard of Comity. */

#include "comity/audit/proof_folder.h"

#include <stdio.h>

#include "base/encoding.h"

#define FIRST_HASH_LINE 3 /* of proof.tlog */
#define FIRST_NOTE_LINE 5 /* of checkpoint: of its signatures */
#define OPENING_HEAD    3 /* octets before the key */
#define KEY_BYTES       32
#define SEAL_HEAD       2U /* octets before the protected header */

/* Said here for who checks it; that it is so the directory says, not this file. */
static void put_end(struct buffer *out, const struct log_row *log)
{
    char root[48];
    if (!log->is_closed)
        return;
    base64_write(digest_slice(&log->closed_root), root);
    buffer_print(out,
                 "\nThe log has ended. Look in the directory, which the authorities of the States\n"
                 "sign, for \"closed at SIZE root ROOT\" behind the log's name: nothing that the\n"
                 "log's key has signed beyond that size, or with another root there, counts; and\n"
                 "what leads to that root needs no witness. When this was written it said\n\n"
                 "    python3 verify.py --closed \\\n        %llu:%s .\n",
                 (unsigned long long)log->closed_size, root);
}

/* vkeys says it as well, and is what whoever made the folder made of it. */
static void put_witnesses(struct buffer *out, const struct log_row *log)
{
    if (log->quorum == 0)
        return;
    buffer_print(
        out,
        "\nWitnesses cosign the checkpoint, so that nobody is shown another log than others\n"
        "are. Who they are and how many must have cosigned is in that directory, behind\n"
        "the log's name: give both, for vkeys could say any number. When this was written\n"
        "%u of %zu were enough\n\n"
        "    python3 verify.py --key LOG --key WITNESS --key ... \\\n"
        "        --witnessed --quorum %u .\n",
        log->quorum, log->witness_count, log->quorum);
}

static void put_files(struct buffer *out, const struct proof_folder *e)
{
    buffer_text(out,
                "Evidence of one entry in an audit log\n"
                "=====================================\n\n"
                "A gateway writes every disclosure, hold and delivery into a log that nobody can\n"
                "change unnoticed. This folder has one entry of it and what proves it.\n\n"
                "  entry.cbor       the entry as it stands in the log: two commitments and a time\n"
                "  opening.cbor     key and record that open the first commitment\n"
                "  entry.json       the same record, readable\n"
                "  proof.tlog       that the entry is in the log (C2SP tlog-proof)\n"
                "  checkpoint       the state of the log that the log's key has signed\n"
                "  receipt.cbor     entry, opening and proof as the gateway gave them\n"
                "  vkeys, log.pem   the keys of the log and of its witnesses\n");
    if (e->cose.length > 0)
        buffer_text(out, "  receipt.cose     the same proof as a COSE receipt (RFC 9942)\n");
    if (e->stamp != NULL)
        buffer_text(out,
                    "  timestamp.tlog   that the entry is in the log that was timestamped\n"
                    "  timestamp.tsr    the timestamp of it, with its certificates (RFC 3161)\n");
    if (e->envelope != NULL)
        buffer_text(out, "  seal.cose        what the sender signed (COSE_Sign1)\n");
    if (e->certificate.length > 0)
        buffer_text(out, "  certificate.der  the sender's certificate\n");
    if (e->release.length > 0)
        buffer_text(out,
                    "  release.cbor     what the gateway let go, which the entry commits to\n");
    if (e->fields.count > 0)
        buffer_text(out, "  fields/          the fields of the message at hand (MessagePack)\n");
    if (e->derived.count > 0)
        buffer_text(out, "  derived/         values that a gateway made of others\n");
    buffer_text(
        out,
        "  SHA256SUMS       digests of all files\n\n"
        "Everything at once, with Debian's python3-cryptography and python3-cbor2:\n\n"
        "    python3 verify.py .\n\n"
        "verify.py comes with Comity (share/doc/comity, clients/verify/ of its source). All\n"
        "that follows needs bash and openssl alone. Nothing here proves whose the keys are:\n"
        "compare vkeys and certificate.der with what the States publish in their directory.\n");
    put_witnesses(out, e->proved.log);
    put_end(out, e->proved.log);
}

static void put_opening(struct buffer *out, const struct proof_folder *e)
{
    size_t record = e->proved.receipt.record.length;
    size_t head = record < 24 ? 1 : record < 256 ? 2 : 3;
    buffer_text(out, "\n1. The files are as they were exported\n\n"
                     "    sha256sum -c --quiet SHA256SUMS\n"
                     "    work=$(mktemp -d)\n");
    buffer_print(out,
                 "\n2. The opening is the entry's: both lines are the same\n\n"
                 "    key=$(head -c %d opening.cbor | tail -c %d | od -An -v -tx1 | tr -d ' \\n')\n"
                 "    { printf 'comity-outer-1\\0'; tail -c +%zu opening.cbor; } |\n"
                 "        openssl dgst -sha256 -mac HMAC -macopt hexkey:$key -binary | base64\n"
                 "    head -c 45 entry.cbor | tail -c 32 | base64\n",
                 OPENING_HEAD + KEY_BYTES, KEY_BYTES, OPENING_HEAD + KEY_BYTES + head + 1);
}

/* The line of the note that is by the log's key. */
static size_t log_line(const struct proof_folder *e)
{
    const struct note *note = &e->proved.note;
    struct vkey log;
    size_t i = 0;
    if (failed(vkey_parse(e->proved.log->vkey, &log)))
        return FIRST_NOTE_LINE;
    while (i + 1 < note->line_count && !note_line_is_by(&note->lines[i], &log))
        i++;
    return FIRST_NOTE_LINE + i;
}

/* A command for each hash of the path in a file; which side it stands on follows from index and
 * size. */
static void put_hashes(struct buffer *out, const char *file, const struct proof_folder *e,
                       uint64_t size, size_t count)
{
    uint64_t at = e->proved.receipt.index, last = size - 1;
    buffer_text(out, "    { printf '\\0'; cat entry.cbor; } | hash > $work/node\n");
    for (size_t i = 0; i < count; i++) {
        bool is_left = (at & 1) != 0 || at == last;
        char hash[64];
        snprintf(hash, sizeof hash, "sed -n %zup %s | base64 -d", FIRST_HASH_LINE + i, file);
        buffer_print(out, "    { printf '\\1'; %s; %s; } | hash > $work/up\n",
                     is_left ? hash : "cat $work/node", is_left ? "cat $work/node" : hash);
        buffer_text(out, "    mv $work/up $work/node\n");
        while (is_left && at != 0 && (at & 1) == 0) {
            at >>= 1;
            last >>= 1;
        }
        at >>= 1;
        last >>= 1;
    }
    buffer_text(out, "    base64 $work/node\n");
}

static void put_path(struct buffer *out, const struct proof_folder *e)
{
    buffer_text(out, "\n4. The entry is in the log: both lines are the same\n\n"
                     "    hash() { openssl dgst -sha256 -binary; }\n");
    put_hashes(out, "proof.tlog", e, e->proved.note.size, e->proved.receipt.path.count);
    buffer_text(out, "    sed -n 3p checkpoint\n");
}

static void put_stamp(struct buffer *out, const struct proof_folder *e)
{
    buffer_text(out, "\n8. The log that was timestamped has the entry: both lines are the same\n\n"
                     "    sed '1,/^$/d' timestamp.tlog > $work/stamped\n");
    put_hashes(out, "timestamp.tlog", e, e->stamp->size, e->stamp->path.count);
    buffer_text(out,
                "    sed -n 3p $work/stamped\n"
                "\n9. An authority has timestamped it: the time, and Verification: OK. Its root\n"
                "comes from the authority, as root.pem beside this folder\n\n"
                "    openssl ts -reply -in timestamp.tsr -text 2> /dev/null | grep '^Time'\n"
                "    openssl ts -verify -data $work/stamped -in timestamp.tsr \\\n"
                "        -CAfile ../root.pem 2> /dev/null\n");
}

static void put_checkpoint(struct buffer *out, const struct proof_folder *e)
{
    buffer_print(out,
                 "\n3. The log's key has signed the checkpoint: Signature Verified Successfully\n\n"
                 "    head -n 3 checkpoint > $work/body\n"
                 "    sed -n %zup checkpoint | cut -d' ' -f3 | base64 -d | tail -c 64 > "
                 "$work/signature\n"
                 "    openssl pkeyutl -verify -pubin -inkey log.pem -rawin \\\n"
                 "        -in $work/body -sigfile $work/signature\n"
                 "    sed '1,/^$/d' proof.tlog | cmp - checkpoint\n",
                 log_line(e));
    put_path(out, e);
}

static void put_es256(struct buffer *out)
{
    buffer_text(out,
                "    hex() { od -An -v -tx1 | tr -d ' \\n'; }\n"
                "    r=$(tail -c 64 seal.cose | head -c 32 | hex)\n"
                "    s=$(tail -c 32 seal.cose | hex)\n"
                "    printf 'asn1=SEQUENCE:x\\n[x]\\nr=INTEGER:0x%s\\ns=INTEGER:0x%s\\n' $r $s > "
                "$work/asn1\n"
                "    openssl asn1parse -genconf $work/asn1 -noout -out $work/signature\n"
                "    openssl dgst -sha256 -verify $work/sender.pem -signature $work/signature "
                "$work/signed\n");
}

static void put_eddsa(struct buffer *out)
{
    buffer_text(out, "    tail -c 64 seal.cose > $work/signature\n"
                     "    openssl pkeyutl -verify -pubin -inkey $work/sender.pem -rawin \\\n"
                     "        -in $work/signed -sigfile $work/signature\n");
}

/* The two strings within the seal that are signed, heads included. */
static void put_seal(struct buffer *out, const struct proof_folder *e)
{
    const struct cose *cose = &e->envelope->cose;
    const uint8_t *header_end = cose->protected_header.at + cose->protected_header.length;
    const uint8_t *payload_end = cose->payload.at + cose->payload.length;
    size_t header = (size_t)(header_end - e->envelope->octets.at) - SEAL_HEAD;
    size_t payload = (size_t)(payload_end - header_end) - 1; /* behind the empty map */
    buffer_text(out, "\n5. The entry is about this seal: its digest is \"seal\" in entry.json\n\n"
                     "    { printf 'comity-seal-1\\0'; cat seal.cose; } | openssl dgst -sha256\n"
                     "    grep '\"seal\"' entry.json\n");
    if (e->certificate.length == 0)
        return;
    buffer_print(out,
                 "\n6. The sender has signed it\n\n"
                 "    { printf '\\204\\152Signature1'; head -c %zu seal.cose | tail -c %zu; "
                 "printf '\\100';\n"
                 "      head -c %zu seal.cose | tail -c %zu; } > $work/signed\n"
                 "    openssl x509 -inform DER -in certificate.der -noout -pubkey > "
                 "$work/sender.pem\n",
                 SEAL_HEAD + header, header, SEAL_HEAD + header + 1 + payload, payload);
    if (cose->algorithm == ALGORITHM_ES256)
        put_es256(out);
    else
        put_eddsa(out);
}

static void put_release(struct buffer *out)
{
    buffer_text(out,
                "\n7. The entry is about this release: its digest is \"release\" in entry.json\n\n"
                "    { printf 'comity-release-1\\0'; cat release.cbor; } | openssl dgst -sha256\n"
                "    grep '\"release\"' entry.json\n");
}

void proof_readme(struct buffer *out, const struct proof_folder *e)
{
    put_files(out, e);
    put_opening(out, e);
    put_checkpoint(out, e);
    if (e->envelope != NULL)
        put_seal(out, e);
    if (e->release.length > 0)
        put_release(out);
    if (e->stamp != NULL)
        put_stamp(out, e);
    buffer_text(out, "\nThat each field is in the seal and in the release");
    buffer_text(out, ", and the COSE receipt, verify.py checks.\n");
}
