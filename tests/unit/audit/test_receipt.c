#include "support/check.h"

#include "audit/receipt.h"
#include "vectors.h"

#include <string.h>

#define ARENA_BYTES (1 << 20)

static struct slice receipt_octets(size_t i)
{
    return vector_hex(json_array_get(vector_file("receipts.json"), i), "receipt");
}

static const struct gateway_row *gateway(const char *id)
{
    return directory_gateway(vector_directory("directory-two-hop.json"), slice_text(id));
}

static void receipts_are_proved_and_say_what_they_say(void)
{
    for (size_t i = 0; i < 3; i++) {
        const json_t *v = json_array_get(vector_file("receipts.json"), i);
        struct arena *a = arena_new(ARENA_BYTES);
        struct buffer outer = buffer_new(OUTER_MAX_BYTES);
        struct proved p;
        if (CHECK_OK(receipt_prove(a, receipt_octets(i), gateway(i < 2 ? "XA-GW-01" : "XC-GW-01"),
                                   &p))) {
            CHECK_BYTES(p.receipt.entry, vector_hex(v, "entry"));
            CHECK_BYTES(digest_slice(&p.leaf), vector_hex(v, "leaf_hash"));
            CHECK_BYTES(digest_slice(&p.note.root), vector_hex(v, "root"));
            CHECK_U64(p.note.size, vector_count(v, "size"));
            CHECK_U64(p.receipt.index, vector_count(v, "index"));
            CHECK_BYTES(p.outer.release, vector_hex(vector_at(v, "outer"), "12"));
            CHECK_BYTES(p.outer.rulebook, vector_hex(vector_at(v, "outer"), "13"));
            CHECK_BYTES(p.log->origin, p.note.origin);
            outer_write(&outer, &p.outer);
            CHECK_BYTES(buffer_slice(&outer), p.receipt.record);
        }
        buffer_done(&outer);
        arena_free(a);
    }
}

static void receipts_are_written_as_they_were_read(void)
{
    for (size_t i = 0; i < 3; i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        struct buffer out = buffer_new(RECEIPT_MAX_BYTES);
        struct receipt r;
        if (CHECK_OK(receipt_parse(a, receipt_octets(i), &r)))
            receipt_write(&out, &r);
        CHECK_BYTES(buffer_slice(&out), receipt_octets(i));
        buffer_done(&out);
        arena_free(a);
    }
}

/* The proof of consistency is not under the receipt's signature; everything before it is. */
static void no_cut_or_changed_receipt_is_proved(void)
{
    struct slice good = receipt_octets(2);
    uint8_t octets[2048];
    if (!CHECK(good.length <= sizeof octets))
        return;
    memcpy(octets, good.at, good.length);
    for (size_t i = 0; i < good.length; i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        struct proved p;
        CHECK(failed(receipt_prove(a, slice_over(octets, i), gateway("XC-GW-01"), &p)));
        octets[i] ^= (uint8_t)(1U << i % 8);
        CHECK(failed(receipt_prove(a, slice_over(octets, good.length), gateway("XC-GW-01"), &p)));
        octets[i] ^= (uint8_t)(1U << i % 8);
        arena_free(a);
    }
}

/* The vector's gateway with its log's row changed. */
static struct status proved_with(const struct log_row *logs, size_t count)
{
    struct log_row rows[2];
    struct arena *a = arena_new(ARENA_BYTES);
    struct gateway_row g = *gateway("XC-GW-01");
    struct proved p;
    for (size_t i = 0; i < count; i++)
        rows[i] = logs[i];
    g.logs = rows;
    g.log_count = count;
    struct status s = receipt_prove(a, receipt_octets(2), &g, &p);
    arena_free(a);
    return s;
}

static void a_log_vouches_while_its_row_is_in_force(void)
{
    const uint64_t at_ms = 1790000100040; /* of the entry */
    struct log_row log = gateway("XC-GW-01")->logs[0];
    struct arena *a = arena_new(ARENA_BYTES);
    struct proved p;
    if (CHECK_OK(receipt_prove(a, receipt_octets(2), gateway("XC-GW-01"), &p)))
        CHECK_U64(p.time_ms, at_ms);
    arena_free(a);
    log.from_ms = at_ms;
    log.until_ms = at_ms + 1;
    CHECK_OK(proved_with(&log, 1));
    log.until_ms = at_ms;
    log.from_ms = 0;
    CHECK_STATUS(proved_with(&log, 1), REFUSE(NOTE_ORIGIN));
    log.from_ms = at_ms + 1;
    log.until_ms = UINT64_MAX;
    CHECK_STATUS(proved_with(&log, 1), REFUSE(NOTE_ORIGIN));
    CHECK_STATUS(proved_with(NULL, 0), REFUSE(NOTE_ORIGIN));
}

static void either_key_vouches_while_a_log_changes_keys(void)
{
    static const uint8_t other_key[32] = {0x2a};
    static char other[ORIGIN_MAX_BYTES + 64];
    struct log_row rows[2] = {gateway("XC-GW-01")->logs[0], gateway("XC-GW-01")->logs[0]};
    vkey_write("xc-gw-01.comity.example/audit/2026", 0x01, other_key, other);
    rows[0].vkey = slice_text(other);
    CHECK_OK(proved_with(rows, 2));
    CHECK_STATUS(proved_with(rows, 1), REFUSE(NOTE_KEY));
    rows[1].vkey = slice_text("no key");
    CHECK_STATUS(proved_with(rows + 1, 1), FAIL(CONFIG));
}

static void receipts_have_a_size(void)
{
    static uint8_t octets[RECEIPT_MAX_BYTES + 1];
    struct arena *a = arena_new(ARENA_BYTES);
    struct receipt r;
    CHECK_STATUS(receipt_parse(a, slice_over(octets, sizeof octets), &r), REFUSE(RECEIPT_SIZE));
    CHECK_STATUS(receipt_parse(a, slice_over(octets, sizeof octets - 1), &r),
                 REFUSE(CBOR_TRAILING));
    arena_free(a);
}

TESTS(receipt,
      {"receipts are proved and say what they say", receipts_are_proved_and_say_what_they_say},
      {"receipts are written as they were read", receipts_are_written_as_they_were_read},
      {"no cut or changed receipt is proved", no_cut_or_changed_receipt_is_proved},
      {"a log vouches while its row is in force", a_log_vouches_while_its_row_is_in_force},
      {"either key vouches while a log changes keys", either_key_vouches_while_a_log_changes_keys},
      {"receipts have a size", receipts_have_a_size})
