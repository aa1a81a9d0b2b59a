#include "faults/hostile.h"

#include <stdlib.h>
#include <string.h>

#include "wire/frame.h"

#define MIB (1U << 20)

static void put(struct buffer *out, const char *octets, size_t length)
{
    buffer_put(out, slice_over(octets, length));
}

/* Octets of a literal, zeros included, its terminator not. */
#define PUT(out, literal) put(out, literal, sizeof(literal) - 1)

static void repeat(struct buffer *out, const char *octets, size_t length, size_t times)
{
    for (size_t i = 0; i < times; i++)
        put(out, octets, length);
}

#define REPEAT(out, literal, times) repeat(out, literal, sizeof(literal) - 1, times)

/* ---- MessagePack ---- */

static void array_of_4_gigabytes(struct buffer *out)
{
    PUT(out, "\xdd\xff\x00\x00\x00");
}

static void array_of_128_million(struct buffer *out)
{
    PUT(out, "\xdd\x08\x00\x00\x00");
}

static void map_of_128_million(struct buffer *out)
{
    PUT(out, "\xdf\x08\x00\x00\x00");
}

static void map_of_2_thousand_million(struct buffer *out)
{
    PUT(out, "\xdf\x7f\xff\xff\xff");
}

static void array_of_16_million(struct buffer *out)
{
    PUT(out, "\xdd\x00\xff\xff\xff");
}

static void arrays_of_16_million_in_each_other(struct buffer *out)
{
    REPEAT(out, "\xdd\x00\xff\xff\xff", 30);
}

static void arrays_of_65535_in_each_other(struct buffer *out)
{
    REPEAT(out, "\xdc\xff\xff", 30);
}

static void a_mebibyte_of_nils(struct buffer *out)
{
    PUT(out, "\xdd\x00\x10\x00\x00");
    REPEAT(out, "\xc0", MIB);
}

static void a_mebibyte_of_empty_arrays(struct buffer *out)
{
    PUT(out, "\xdd\x00\x10\x00\x00");
    REPEAT(out, "\x90", MIB);
}

static void thirty_three_levels(struct buffer *out)
{
    REPEAT(out, "\x91", 33);
    PUT(out, "\xc0");
}

static void a_mebibyte_of_levels(struct buffer *out)
{
    REPEAT(out, "\x91", MIB);
}

static void a_key_twice(struct buffer *out)
{
    PUT(out, "\x82\xa1\x61\x01\xa1\x61\x02");
}

static void text_that_is_no_utf8(struct buffer *out)
{
    PUT(out, "\xa2\xc3\x28");
}

static void a_number_that_is_too_long(struct buffer *out)
{
    PUT(out, "\xcd\x00\x01");
}

static void two_objects(struct buffer *out)
{
    PUT(out, "\xc0\xc0");
}

static void text_of_4_gigabytes(struct buffer *out)
{
    PUT(out, "\xdb\xff\xff\xff\xff");
}

static void octets_of_4_gigabytes(struct buffer *out)
{
    PUT(out, "\xc6\xff\xff\xff\xff");
}

static void an_extension_of_4_gigabytes(struct buffer *out)
{
    PUT(out, "\xc9\xff\xff\xff\xff\x01");
}

/* ---- CBOR ---- */

static void items_of_5_octets(struct buffer *out)
{
    PUT(out, "\x9a\x01\x00\x00\x00");
}

static void items_of_2_to_the_28(struct buffer *out)
{
    PUT(out, "\x9a\x10\x00\x00\x00");
}

static void items_of_2_to_the_29(struct buffer *out)
{
    PUT(out, "\x9b\x00\x00\x00\x00\x20\x00\x00\x00");
}

static void pairs_of_2_to_the_29(struct buffer *out)
{
    PUT(out, "\xbb\x00\x00\x00\x00\x20\x00\x00\x00");
}

static void octets_of_2_to_the_64(struct buffer *out)
{
    PUT(out, "\x5b\xff\xff\xff\xff\xff\xff\xff\xff");
}

static void text_of_2_to_the_64(struct buffer *out)
{
    PUT(out, "\x7b\xff\xff\xff\xff\xff\xff\xff\xff");
}

static void ninety_nine_thousand_levels(struct buffer *out)
{
    REPEAT(out, "\x81", 99999);
}

static void three_hundred_thousand_levels(struct buffer *out)
{
    REPEAT(out, "\x81", 300000);
    PUT(out, "\xf6");
}

static void a_mebibyte_of_tags(struct buffer *out)
{
    REPEAT(out, "\xd2", MIB);
}

static void a_mebibyte_of_open_arrays(struct buffer *out)
{
    REPEAT(out, "\x9f", MIB);
}

/* As long as the longest CBOR that a peer can bring: a release. */
static void a_release_of_nulls(struct buffer *out)
{
    PUT(out, "\x9a\x00\x02\x7f\xfb");
    REPEAT(out, "\xf6", RELEASE_MAX_BYTES - 5);
}

static void octets_in_endless_pieces(struct buffer *out)
{
    PUT(out, "\x5f");
    REPEAT(out, "\x41\x00", MIB / 2);
}

/* A seal of the greatest size: head, then a payload that claims more digests than it holds. */
static void a_seal_of_claimed_digests(struct buffer *out)
{
    PUT(out, "\xd2\x84\x58\x43");
    REPEAT(out, "\xa0", 0x43);
    PUT(out, "\xa0\x5a\x00\x02\x00\x00\xb8\x18\x18\x18\x9a\x00\x00\x10\x00");
    REPEAT(out, "\x58\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 7000);
}

static void a_seal_in_a_seal(struct buffer *out)
{
    REPEAT(out, "\xd2\x84\x40\xa0\x40", 20000);
}

/* A receipt whose note is nothing but line ends. */
static void a_receipt_of_line_ends(struct buffer *out)
{
    PUT(out, "\xa5\x01\x58\x4f");
    REPEAT(out, "\x00", 79);
    PUT(out, "\x02\x82\x58\x20");
    REPEAT(out, "\x00", 32);
    PUT(out, "\x41\xa0\x03\x00\x04\x98\x3f");
    for (unsigned i = 0; i < 63; i++) {
        PUT(out, "\x58\x20");
        REPEAT(out, "\x00", 32);
    }
    PUT(out, "\x05\x79\x40\x00");
    REPEAT(out, "\n", 0x4000);
}

/* ---- notes ---- */

static void line_ends_of_64_kib(struct buffer *out)
{
    REPEAT(out, "\n", 65536);
}

static void a_note_body(struct buffer *out)
{
    PUT(out, "xa-gw-01.comity.example/audit/2026\n7\n"
             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n");
}

static void signatures_of_16_kib(struct buffer *out)
{
    a_note_body(out);
    REPEAT(out, "\xe2\x80\x94 x AAAAAAA=\n", 1000);
}

static void one_signature_of_16_kib(struct buffer *out)
{
    a_note_body(out);
    PUT(out, "\xe2\x80\x94 x ");
    REPEAT(out, "AAAA", 4000);
    PUT(out, "\n");
}

static void dashes_of_16_kib(struct buffer *out)
{
    a_note_body(out);
    REPEAT(out, "\xe2\x80\x94 ", 4000);
}

static void digits_of_16_kib(struct buffer *out)
{
    PUT(out, "x\n");
    REPEAT(out, "9", 16000);
    PUT(out, "\nx\n\n");
}

/* ---- frames ---- */

static void a_frame_of_claimed_fields(struct buffer *out)
{
    PUT(out, "\x97\x03\x01\x92\xc4\x00\xdd\x00\xff\xff\xff");
}

static void a_frame_of_nil_fields(struct buffer *out)
{
    PUT(out, "\x97\x03\x01\x92\xc4\x00\xdd\x00\x0f\xff\x00");
    REPEAT(out, "\xc0", 0x0fff00);
    PUT(out, "\x90\x90\x90\x00");
}

/* SUBMIT with every list at its limit and nothing in it. */
static void a_submit_of_many_empty_fields(struct buffer *out)
{
    PUT(out, "\x97\x03\x01\x92\xc4\x00\xdc\x20\x00");
    REPEAT(out, "\xc4\x00", FIELDS_MAX);
    PUT(out, "\xdc\x02\x00");
    REPEAT(out, "\x92\xa0\xc0", LOCAL_MAX);
    PUT(out, "\xdc\x10\x00");
    REPEAT(out, "\xc4\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
           DECOYS_MAX);
    PUT(out, "\x90\x00");
}

static void a_submit_of_more_fields_than_allowed(struct buffer *out)
{
    PUT(out, "\x97\x03\x01\x92\xc4\x00\xdd\x00\x07\xff\xff");
    REPEAT(out, "\xc4\x00", 0x07ffff);
    PUT(out, "\x90\x90\x90\x00");
}

static void a_deliver_of_many_derived(struct buffer *out)
{
    PUT(out, "\x96\x06\x01\x92\xc4\x00\xdc\x20\x00");
    REPEAT(out, "\xc4\x00", FIELDS_MAX);
    PUT(out, "\xdc\x20\x00");
    REPEAT(out, "\xc4\x00", FIELDS_MAX);
    PUT(out, "\x91\xc4\x00\x91\xc4\x00");
}

static void a_hello_of_states_without_order(struct buffer *out)
{
    PUT(out, "\x99\x01\x01\x01\xa8XA-CA-01\xa8XA-GW-01\xcf\x00\x00\x01\x9d\x00\x00\x00\x00"
             "\x94\xce\x00\x11\x00\x00\x20\x00\xcd\x75\x30\x93\x92\x01\xc4\x20");
    REPEAT(out, "\x00", 32);
    PUT(out, "\x92\x01\xc4\x20");
    REPEAT(out, "\x00", 32);
    PUT(out, "\xdc\x01\x2c");
    for (unsigned i = 0; i < HELLO_LIST_MAX; i++) {
        PUT(out, "\x93\xa2XA\x01\xc4\x20");
        REPEAT(out, "\x00", 32);
    }
    PUT(out, "\x90");
}

static void an_answer_of_many_rows(struct buffer *out)
{
    PUT(out, "\x96\x09\x01\x01\x01\xdc\x04\x00");
    REPEAT(out, "\x90", ROWS_MAX);
    PUT(out, "\xc0");
}

static void a_query_of_a_mebibyte(struct buffer *out)
{
    PUT(out, "\x94\x08\x01\x01\xdd\x00\x10\x00\x00");
    REPEAT(out, "\xc0", MIB);
}

static void a_checkpoint_of_line_ends(struct buffer *out)
{
    PUT(out, "\x96\x0a\x01\xa1x\xdb\x00\x10\x00\x00");
    REPEAT(out, "\n", MIB);
    PUT(out, "\x00\x90");
}

static void a_detail_of_a_mebibyte(struct buffer *out)
{
    PUT(out, "\x97\x05\x01\x01\xa6"
             "E_SIZE\xdb\x00\x10\x00\x00");
    REPEAT(out, "x", MIB);
    PUT(out, "\xc0\x00");
}

static void zeros_of_a_mebibyte(struct buffer *out)
{
    REPEAT(out, "\x00", MIB);
}

const struct hostile hostile_octets[] = {
    {"array of 4,278,190,080", array_of_4_gigabytes, NULL},
    {"array of 2^27", array_of_128_million, NULL},
    {"map of 2^27", map_of_128_million, NULL},
    {"map of 2^31-1", map_of_2_thousand_million, NULL},
    {"array of 2^24-1", array_of_16_million, NULL},
    {"30 arrays of 2^24-1 in each other", arrays_of_16_million_in_each_other, NULL},
    {"30 arrays of 65535 in each other", arrays_of_65535_in_each_other, NULL},
    {"1 MiB of nils", a_mebibyte_of_nils, "msgpack_scan"},
    {"1 MiB of empty arrays", a_mebibyte_of_empty_arrays, "msgpack_scan"},
    {"33 levels", thirty_three_levels, NULL},
    {"1 MiB of levels", a_mebibyte_of_levels, NULL},
    {"a key twice", a_key_twice, NULL},
    {"text that is no UTF-8", text_that_is_no_utf8, NULL},
    {"a number that is too long", a_number_that_is_too_long, NULL},
    {"two objects", two_objects, NULL},
    {"text of 4 GiB", text_of_4_gigabytes, NULL},
    {"octets of 4 GiB", octets_of_4_gigabytes, NULL},
    {"an extension of 4 GiB", an_extension_of_4_gigabytes, NULL},
    {"CBOR array of 2^24", items_of_5_octets, NULL},
    {"CBOR array of 2^28", items_of_2_to_the_28, NULL},
    {"CBOR array of 2^29", items_of_2_to_the_29, NULL},
    {"CBOR map of 2^29", pairs_of_2_to_the_29, NULL},
    {"CBOR octets of 2^64-1", octets_of_2_to_the_64, NULL},
    {"CBOR text of 2^64-1", text_of_2_to_the_64, NULL},
    {"99,999 CBOR levels", ninety_nine_thousand_levels, NULL},
    {"300,000 CBOR levels", three_hundred_thousand_levels, NULL},
    {"1 MiB of tags", a_mebibyte_of_tags, NULL},
    {"1 MiB of open arrays", a_mebibyte_of_open_arrays, NULL},
    {"a release of nulls", a_release_of_nulls, "cbor_scan"},
    {"octets in endless pieces", octets_in_endless_pieces, NULL},
    {"a seal of claimed digests", a_seal_of_claimed_digests, NULL},
    {"a seal in a seal", a_seal_in_a_seal, NULL},
    {"a receipt of line ends", a_receipt_of_line_ends, "receipt_parse"},
    {"64 KiB of line ends", line_ends_of_64_kib, NULL},
    {"1000 signatures", signatures_of_16_kib, NULL},
    {"one signature of 16 KiB", one_signature_of_16_kib, "note_parse"},
    {"16 KiB of dashes", dashes_of_16_kib, NULL},
    {"a size of 16,000 digits", digits_of_16_kib, NULL},
    {"a frame of claimed fields", a_frame_of_claimed_fields, NULL},
    {"a frame of nil fields", a_frame_of_nil_fields, "msgpack_scan"},
    {"a SUBMIT at every limit", a_submit_of_many_empty_fields, "frame_parse"},
    {"a SUBMIT over its limit", a_submit_of_more_fields_than_allowed, "msgpack_scan"},
    {"a DELIVER at every limit", a_deliver_of_many_derived, "frame_parse"},
    {"a HELLO without order", a_hello_of_states_without_order, "msgpack_scan"},
    {"an ANSWER of many rows", an_answer_of_many_rows, "frame_parse"},
    {"a QUERY of 1 MiB", a_query_of_a_mebibyte, "frame_parse"},
    {"a CHECKPOINT of line ends", a_checkpoint_of_line_ends, "frame_parse"},
    {"a REFUSE of 1 MiB", a_detail_of_a_mebibyte, "msgpack_scan"},
    {"1 MiB of zeros", zeros_of_a_mebibyte, NULL},
};
const size_t hostile_count = sizeof hostile_octets / sizeof hostile_octets[0];
