#include "support/check.h"

#include "audit/chain.h"
#include "base/instant.h"
#include "vectors.h"

#include <string.h>

#define ARENA_BYTES (4 << 20)

/* A delivery of the vectors and what its reader has at hand, to be changed. */
struct given {
    struct arena *arena;
    struct frame frame;
    const struct directory *directory;
    struct reader_state reader;
};

static struct given given_of(const char *file)
{
    const json_t *v = vector_file(file);
    struct given g = {
        .arena = arena_new(ARENA_BYTES),
        .directory = vector_directory(json_string_value(vector_at(v, "directory"))),
        .reader = vector_reader(vector_at(v, "reader")),
    };
    CHECK_OK(frame_parse(g.arena, vector_frame(v), &g.frame));
    return g;
}

static struct status verified(const struct given *g)
{
    const struct delivery_verified *d = NULL;
    return chain_verify(g->arena, &g->frame.as.deliver, g->directory, &g->reader, &d);
}

/* The reader of a bad vector of this name. */
static struct reader_state reader_of_bad(const char *name)
{
    const json_t *list = vector_file("negative.json");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        if (strcmp(json_string_value(vector_at(v, "name")), name) == 0)
            return vector_reader(vector_at(v, "reader"));
    }
    CHECK_TEXT(name, "a vector's name");
    return (struct reader_state){0};
}

static void one_good_cosigned_checkpoint_is_enough(void)
{
    struct given g = given_of("delivery-witnessed.json");
    struct reader_state old = reader_of_bad("cosignatures older than 10 minutes");
    struct reader_state few = reader_of_bad("quorum not reached");
    const struct slice both[][2] = {
        {old.cosigned[0], g.reader.cosigned[0]},
        {g.reader.cosigned[0], old.cosigned[0]},
        {few.cosigned[0], g.reader.cosigned[0]},
    };
    g.reader.cosigned_count = 2;
    for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
        g.reader.cosigned = both[i];
        CHECK_OK(verified(&g));
    }
    const struct slice neither[] = {few.cosigned[0], old.cosigned[0]};
    g.reader.cosigned = neither;
    CHECK_STATUS(verified(&g), REFUSE(WITNESS_QUORUM));
    arena_free(g.arena);
}

static void cosignatures_last_ten_minutes(void)
{
    struct given g = given_of("delivery-witnessed.json");
    const uint64_t cosigned_ms = 1790000090 * MS_PER_SECOND;
    g.reader.now_ms = cosigned_ms + 10 * MS_PER_MINUTE;
    CHECK_OK(verified(&g));
    g.reader.now_ms++;
    CHECK_STATUS(verified(&g), REFUSE(WITNESS_AGE));
    g.reader.now_ms = cosigned_ms - 10 * MS_PER_MINUTE - 1;
    CHECK_STATUS(verified(&g), REFUSE(WITNESS_AGE));
    arena_free(g.arena);
}

static void only_checkpoints_of_the_same_log_count(void)
{
    struct given g = given_of("delivery-hub.json");
    struct kept_checkpoint kept = {.origin = slice_text("another.example/log"), .size = 5};
    g.reader.kept = &kept;
    CHECK_OK(verified(&g));
    kept.origin = slice_text("xa-gw-01.comity.example/audit/2026");
    CHECK_STATUS(verified(&g), REFUSE(CHECKPOINT_UNPROVED));
    kept.size = 0; /* before a log's first entry there is nothing to prove */
    CHECK_OK(verified(&g));
    arena_free(g.arena);
}

static void one_good_proof_is_enough(void)
{
    struct given g = given_of("delivery-witnessed.json");
    struct consistency_proof proofs[2] = {g.reader.proofs[0], g.reader.proofs[0]};
    struct slice wrong[1] = {hex("00000000000000000000000000000000"
                                 "00000000000000000000000000000000")};
    proofs[0].path = (struct slices){wrong, 1};
    g.reader.proofs = proofs;
    g.reader.proof_count = 2;
    CHECK_OK(verified(&g));
    g.reader.proof_count = 1;
    CHECK_STATUS(verified(&g), REFUSE(CHECKPOINT_FORK));
    proofs[0] = g.reader.proofs[1];
    proofs[0].origin = slice_text("another.example/log");
    CHECK_STATUS(verified(&g), REFUSE(CHECKPOINT_UNPROVED));
    arena_free(g.arena);
}

static void what_was_led_by_steps_is_proved(void)
{
    struct given g = given_of("delivery-witnessed.json");
    struct note low, high;
    struct receipt receipt;
    CHECK_OK(receipt_parse(g.arena, g.frame.as.deliver.receipts.at[0], &receipt));
    CHECK_OK(note_parse(receipt.note, &low));
    CHECK_OK(note_parse(g.reader.cosigned[0], &high));
    g.reader.proof_count = 0;
    CHECK_STATUS(verified(&g), REFUSE(CHECKPOINT_UNPROVED));
    const struct led_checkpoints good = {low.origin, low.size, high.size, low.root, high.root};
    struct led_checkpoints bad[] = {good, good, good, good};
    bad[0].origin = slice_text("another.example/log");
    bad[1].old_size++;
    bad[2].old_root.octets[0] ^= 1;
    bad[3].new_root.octets[0] ^= 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        g.reader.led = &bad[i];
        g.reader.led_count = 1;
        CHECK_STATUS(verified(&g), REFUSE(CHECKPOINT_UNPROVED));
    }
    g.reader.led = &good;
    CHECK_OK(verified(&g));
    arena_free(g.arena);
}

static void a_gateway_takes_only_what_is_for_its_parties_from_the_senders_home(void)
{
    struct given g = given_of("delivery-two-hop.json");
    struct deliver *d = &g.frame.as.deliver;
    g.reader.me = slice_text("XC-GW-01");
    g.reader.peer = slice_text("XA-GW-01");
    CHECK_STATUS(verified(&g), REFUSE(CHAIN_LENGTH));
    d->releases.count = 1;
    d->receipts.count = 1;
    CHECK_OK(verified(&g));
    g.reader.peer = slice_text("XC-GW-01");
    CHECK_STATUS(verified(&g), REFUSE(LINK_PEER));
    g.reader.me = slice_text("XA-GW-01");
    CHECK_STATUS(verified(&g), REFUSE(READER_RECIPIENT));
    arena_free(g.arena);
}

static void a_chain_has_as_many_receipts_as_releases(void)
{
    struct given g = given_of("delivery-two-hop.json");
    g.frame.as.deliver.receipts.count = 1;
    CHECK_STATUS(verified(&g), REFUSE(CHAIN_LENGTH));
    arena_free(g.arena);
}

static struct status approved_of(const char *name, size_t count, const size_t *which,
                                 uint64_t at_ms, struct slice party)
{
    const json_t *list = vector_file("positive.json");
    const json_t *v = NULL;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(vector_at(json_array_get(list, i), "name")), name) == 0)
            v = json_array_get(list, i);
    if (!CHECK(v != NULL))
        return FAIL(CONFIG);
    struct arena *a = arena_new(ARENA_BYTES);
    struct digest object = digest_read(vector_hex(v, "object"));
    struct slices all = vector_hex_list(vector_at(v, "approvals"));
    struct slice some[4];
    for (size_t i = 0; i < count; i++)
        some[i] = all.at[which[i]];
    const struct approval_wanted wanted = {
        .action = vector_text(v, "action"),
        .party = party,
        .object = &object,
        .at_ms = at_ms,
        .directory = vector_directory("directory-hub.json"),
    };
    struct slices digests = {NULL, 0};
    struct status s = approvals_check(a, (struct slices){some, count}, &wanted, &digests);
    CHECK_U64(digests.count, failed(s) ? 0 : count);
    arena_free(a);
    return s;
}

static struct status approved(const char *name, size_t count, const size_t *which, uint64_t at_ms)
{
    return approved_of(name, count, which, at_ms, (struct slice){NULL, 0});
}

static void the_officers_are_the_partys_own(void)
{
    static const size_t both[] = {0, 1};
    const uint64_t now_ms = 1790000060000;
    CHECK_OK(approved_of("two officers", 2, both, now_ms, slice_text("XA-CA-01")));
    CHECK_STATUS(approved_of("two officers", 2, both, now_ms, slice_text("XC-CA-01")),
                 REFUSE(APPROVAL_OFFICERS));
}

static void two_officers_among_any_number_are_enough(void)
{
    const uint64_t now_ms = 1790000060000;
    CHECK_OK(approved("two officers", 2, (const size_t[]){1, 0}, now_ms));
    CHECK_OK(approved("two officers", 4, (const size_t[]){0, 0, 0, 1}, now_ms));
    CHECK_STATUS(approved("two officers", 3, (const size_t[]){0, 0, 0}, now_ms),
                 REFUSE(APPROVAL_OFFICERS));
    CHECK_STATUS(approved("two officers", 0, NULL, now_ms), REFUSE(APPROVAL_OFFICERS));
}

static void approvals_are_valid_from_until(void)
{
    static const size_t both[] = {0, 1};
    const uint64_t from_ms = 1790000000000, until_ms = 1790003600000;
    CHECK_OK(approved("two officers", 2, both, from_ms));
    CHECK_STATUS(approved("two officers", 2, both, from_ms - 1), REFUSE(APPROVAL_VALIDITY));
    CHECK_OK(approved("two officers", 2, both, until_ms - 1));
    CHECK_STATUS(approved("two officers", 2, both, until_ms), REFUSE(APPROVAL_VALIDITY));
}

TESTS(chain, {"one good cosigned checkpoint is enough", one_good_cosigned_checkpoint_is_enough},
      {"cosignatures last ten minutes", cosignatures_last_ten_minutes},
      {"only checkpoints of the same log count", only_checkpoints_of_the_same_log_count},
      {"what was led by steps is proved", what_was_led_by_steps_is_proved},
      {"one good proof is enough", one_good_proof_is_enough},
      {"a gateway takes only what is for its parties from the sender's home",
       a_gateway_takes_only_what_is_for_its_parties_from_the_senders_home},
      {"a chain has as many receipts as releases", a_chain_has_as_many_receipts_as_releases},
      {"two officers among any number are enough", two_officers_among_any_number_are_enough},
      {"the officers are the party's own", the_officers_are_the_partys_own},
      {"approvals are valid from until", approvals_are_valid_from_until})
