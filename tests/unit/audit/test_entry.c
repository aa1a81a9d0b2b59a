#include "support/check.h"

#include "audit/entry.h"
#include "crypto/merkle.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (2 << 20)
#define AT_MS       1790000000000

static uint8_t a_octets[32], b_octets[32];

static struct outer refusal(void)
{
    memset(a_octets, 0xaa, sizeof a_octets);
    memset(b_octets, 0xbb, sizeof b_octets);
    return (struct outer){
        .kind = ENTRY_REFUSAL,
        .hop = 1,
        .gateway = slice_text("XA-GW-01"),
        .id = hex("315236d88f134eeabec72226d35db015"),
        .from = slice_text("XA-CA-01"),
        .to = slice_text("XC-CA-01"),
        .type = slice_text("mla.request"),
        .purpose = slice_text("EVIDENCE"),
        .seal = slice_over(a_octets, 32),
        .rulebook = slice_over(b_octets, 32),
        .code = slice_text("E_HELD"),
    };
}

static struct entry_keys keys_of_test(void)
{
    struct entry_keys k;
    memset(k.outer, 1, sizeof k.outer);
    memset(k.inner, 2, sizeof k.inner);
    memset(k.closed, 3, sizeof k.closed);
    return k;
}

static const char outer_hex[] =
    "ad0101020403000401056858412d47572d30310650315236d88f134eeabec72226d35db015076858412d43412d3031"
    "086858432d43412d3031096b6d6c612e726571756573740a6845564944454e43450b5820aaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0d5820bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    "bbbbbbbbbbbbbbbbbb0e66455f48454c44";

/* Asylum and witness stand in the closed record alone. */
static const char closed_hex[] =
    "a301010481857827706572736f6e732f7e396633633230616131376230346535352f6173796c756d2f737461747573"
    "634153596673696c656e7468522d4153592d30316c64656661756c742064656e79058282634153590182635749540"
    "3";
static const char inner_hex[] =
    "ae01010268444953434c4f534503836858412d43412d30316432323037f60482856566616374736343524d6a67656e"
    "6572616c69736563522d5867554e544f433138857825706572736f6e732f7e39663363323061613137623034653535"
    "2f6e616d652f66616d696c7962494465636c656172687065726d69742033654c4544333705818263484c5402068158"
    "2061616161616161616161616161616161616161616161616161616161616161610758206363636363636363636363"
    "636363636363636363636363636363636363636363086762656361757365098267554e544f4331388171554e544f43"
    "3138207061726120332865290a836254336d4c454433375f42494e44494e47f60b69454d455247454e43590c825820"
    "7171717171717171717171717171717171717171717171717171717171717171582070707070707070707070707070"
    "707070707070707070707070707070707070700d1903e80e58204616bd4fd94ae101aad8d39372e4d57f0a71e3a094"
    "8c56bdd35c71e0b7404699";
static const char entry_hex[] =
    "84011b000001a0c4506c0058204340518a135469a7fe1fc7ff9dd5fbd7881646e306fa40880e9e69634936f53d5820"
    "4dea6d39f6b112ede993d47dca8d0800a4ebf245cf5e465a2c5067d1f5fa1a45";
static const char leaf_hex[] = "9582f5f041c788651bdf454861abea46abd9e129eb5ac4938f7d1534859561a0";

static struct slice filled(uint8_t octets[static 32], uint8_t with)
{
    memset(octets, with, 32);
    return slice_over(octets, 32);
}

static void an_entry_has_the_octets_that_an_independent_writer_gives(void)
{
    static uint8_t subject[32], case_pseudonym[32], approvals[2][32];
    const struct inner_field fields[] = {
        {slice_text("facts"), slice_text("CRM"), slice_text("generalise"), slice_text("R-X"),
         slice_text("UNTOC18")},
        {slice_text("persons/~9f3c20aa17b04e55/asylum/status"), slice_text("ASY"),
         slice_text("silent"), slice_text("R-ASY-01"), slice_text("default deny")},
        {slice_text("persons/~9f3c20aa17b04e55/name/family"), slice_text("ID"), slice_text("clear"),
         slice_text("permit 3"), slice_text("LED37")},
    };
    const struct inner_count silent[] = {
        {slice_text("ASY"), 1}, {slice_text("HLT"), 2}, {slice_text("WIT"), 3}};
    struct slice subjects[] = {filled(subject, 0x61)};
    struct slice basis[] = {slice_text("UNTOC18 para 3(e)")};
    struct slice yes[] = {filled(approvals[0], 0x71), filled(approvals[1], 0x70)};
    const struct inner inner = {
        .op = slice_text("DISCLOSE"),
        .actor = slice_text("XA-CA-01"),
        .officer = slice_text("2207"),
        .fields = fields,
        .field_count = 3,
        .silent = silent,
        .silent_count = 3,
        .subjects = {subjects, 1},
        .case_pseudonym = filled(case_pseudonym, 0x63),
        .justification = slice_text("because"),
        .instrument = slice_text("UNTOC18"),
        .legal_basis = {basis, 1},
        .tier = slice_text("T3"),
        .transfer_basis = slice_text("LED37_BINDING"),
        .ground = slice_text("EMERGENCY"),
        .approvals = {yes, 2},
        .has_related = true,
        .related = 1000,
    };
    struct arena *a = arena_new(ARENA_BYTES);
    struct outer outer = refusal();
    struct entry_keys keys = keys_of_test();
    struct entry_records r = {0};
    CHECK_OK(entry_make(a, AT_MS, &outer, &inner, &keys, &r));
    CHECK_BYTES(r.closed, hex(closed_hex));
    CHECK_BYTES(r.inner, hex(inner_hex));
    CHECK_BYTES(r.outer, hex(outer_hex));
    CHECK_BYTES(r.entry, hex(entry_hex));
    CHECK_BYTES(digest_slice(&r.leaf), hex(leaf_hex));
    arena_free(a);
}

static void an_entry_about_no_message_is_as_long_as_any(void)
{
    const struct outer outer = {
        .kind = ENTRY_START_STOP,
        .gateway = slice_text("XA-GW-01"),
        .rulebook = filled(b_octets, 0xbb),
    };
    const struct inner inner = {.op = slice_text("OPERATE"), .actor = slice_text("XA-GW-01")};
    struct arena *a = arena_new(ARENA_BYTES);
    struct entry_keys keys = keys_of_test();
    struct entry_records r = {0};
    CHECK_OK(entry_make(a, AT_MS, &outer, &inner, &keys, &r));
    CHECK_BYTES(r.outer, hex("a60101020903000400056858412d47572d30310d5820bbbbbbbbbbbbbbbbbbbbbbbb"
                             "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"));
    CHECK_BYTES(r.inner, hex("a9010102674f50455241544503836858412d47572d3031f6f60480058006800982f6"
                             "800c800e5820b31294095539e527985f9812ea1f1f598d27eab0339d918eb85e0153"
                             "0b6a51a1"));
    CHECK_BYTES(r.closed, hex("a3010104800580"));
    CHECK_U64(r.entry.length, ENTRY_BYTES);
    arena_free(a);
}

static void records_have_limits(void)
{
    size_t length = INNER_MAX_BYTES;
    char *long_text = calloc(length, 1);
    if (!CHECK(long_text != NULL))
        return;
    memset(long_text, 'x', length);
    const struct inner inner = {
        .op = slice_text("DISCLOSE"),
        .actor = slice_text("XA-CA-01"),
        .justification = slice_over(long_text, length),
    };
    struct arena *a = arena_new(ARENA_BYTES);
    struct outer outer = refusal();
    struct entry_keys keys = keys_of_test();
    struct entry_records r;
    CHECK_STATUS(entry_make(a, AT_MS, &outer, &inner, &keys, &r), FAIL(MEMORY));
    arena_free(a);
    free(long_text);
}

static void outer_records_are_read_as_they_were_written(void)
{
    struct outer o = {0};
    struct buffer out = buffer_new(OUTER_MAX_BYTES);
    CHECK_OK(outer_parse(hex(outer_hex), &o));
    CHECK_U64(o.kind, ENTRY_REFUSAL);
    CHECK_U64(o.stage, STAGE_NONE);
    CHECK_BYTES(o.code, slice_text("E_HELD"));
    CHECK_U64(o.release.length, 0);
    outer_write(&out, &o);
    CHECK_BYTES(buffer_slice(&out), hex(outer_hex));
    buffer_done(&out);
}

static struct status outer_judge(const struct outer *o)
{
    struct outer read;
    struct buffer out = buffer_new(OUTER_MAX_BYTES);
    outer_write(&out, o);
    struct status s = outer_parse(buffer_slice(&out), &read);
    buffer_done(&out);
    return s;
}

static void outer_records_of_another_shape_are_refused(void)
{
    struct outer o = refusal();
    o.hop = 0; /* about a message, so it has a hop */
    CHECK_STATUS(outer_judge(&o), REFUSE(OUTER_SHAPE));
    o = refusal();
    o.id.length = 0; /* about no message, so it has none */
    CHECK_STATUS(outer_judge(&o), REFUSE(OUTER_SHAPE));
    o.hop = 0;
    CHECK_OK(outer_judge(&o));
    o.stage = (enum stage)5;
    CHECK_STATUS(outer_judge(&o), REFUSE(OUTER_SHAPE));
    o.stage = (enum stage)21;
    CHECK_STATUS(outer_judge(&o), REFUSE(OUTER_SHAPE));
    o.stage = STAGE_NOT_RETRIEVED;
    CHECK_OK(outer_judge(&o));
    o.kind = (enum entry_kind)14;
    CHECK_STATUS(outer_judge(&o), REFUSE(OUTER_SHAPE));
    o.kind = ENTRY_NONE;
    CHECK_STATUS(outer_judge(&o), REFUSE(OUTER_SHAPE));
    o.kind = ENTRY_STAGE;
    o.gateway = slice_text("XA-CA-01");
    CHECK_STATUS(outer_judge(&o), REFUSE(OUTER_SHAPE));
}

static void no_cut_outer_record_is_read(void)
{
    struct slice good = hex(outer_hex);
    struct outer o;
    for (size_t i = 0; i < good.length; i++)
        CHECK(outer_parse(slice_part(good, 0, i), &o).code == CODE_REFUSED);
}

static void entries_have_one_form(void)
{
    struct slice good = hex(entry_hex), outer, inner;
    uint8_t octets[ENTRY_BYTES + 1] = {0};
    uint64_t time_ms = 0;
    CHECK_OK(entry_parse(good, &time_ms, &outer, &inner));
    CHECK_U64(time_ms, AT_MS);
    CHECK_BYTES(outer, slice_part(good, 13, 32));
    CHECK_BYTES(inner, slice_part(good, 47, 32));
    memcpy(octets, good.at, good.length);
    CHECK_STATUS(entry_parse(slice_over(octets, ENTRY_BYTES + 1), &time_ms, &outer, &inner),
                 REFUSE(RECEIPT_ENTRY));
    CHECK_STATUS(entry_parse(slice_over(octets, ENTRY_BYTES - 1), &time_ms, &outer, &inner),
                 REFUSE(RECEIPT_ENTRY));
    static const size_t heads[] = {0, 1, 2, 11, 12, 45, 46};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        octets[heads[i]] ^= 0x03;
        CHECK(entry_parse(slice_over(octets, ENTRY_BYTES), &time_ms, &outer, &inner).code ==
              CODE_REFUSED);
        octets[heads[i]] ^= 0x03;
    }
    octets[3] = 0xff; /* a time beyond the year 9999 */
    CHECK_STATUS(entry_parse(slice_over(octets, ENTRY_BYTES), &time_ms, &outer, &inner),
                 REFUSE(RECEIPT_ENTRY));
}

static void stages_have_names(void)
{
    CHECK_TEXT(stage_name(STAGE_ACCEPTED), "accepted");
    CHECK_TEXT(stage_name(STAGE_NOT_RETRIEVED), "not-retrieved");
    CHECK_TEXT(stage_name(STAGE_NONE), "none");
    CHECK_TEXT(stage_name((enum stage)9), "none");
}

static void kinds_have_names(void)
{
    CHECK_TEXT(entry_kind_name(ENTRY_NONE), "none");
    CHECK_TEXT(entry_kind_name(ENTRY_DISCLOSURE), "disclosure");
    CHECK_TEXT(entry_kind_name(ENTRY_STAGE), "stage");
    CHECK_TEXT(entry_kind_name((enum entry_kind)(ENTRY_STAGE + 1)), "none");
}

TESTS(entry,
      {"an entry has the octets that an independent writer gives",
       an_entry_has_the_octets_that_an_independent_writer_gives},
      {"an entry about no message is as long as any", an_entry_about_no_message_is_as_long_as_any},
      {"records have limits", records_have_limits},
      {"outer records are read as they were written", outer_records_are_read_as_they_were_written},
      {"outer records of another shape are refused", outer_records_of_another_shape_are_refused},
      {"no cut outer record is read", no_cut_outer_record_is_read},
      {"entries have one form", entries_have_one_form}, {"stages have names", stages_have_names},
      {"kinds have names", kinds_have_names})
