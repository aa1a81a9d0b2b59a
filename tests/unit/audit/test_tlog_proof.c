#include "support/check.h"

#include "audit/tlog_proof.h"
#include "base/encoding.h"
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (1 << 20)
#define HEADER      "c2sp.org/tlog-proof@v1\n"
#define END         "\n" GOLDEN_NOTE

static struct arena *arena;

static void begin(void)
{
    arena = arena_new(ARENA_BYTES);
}

static void end(void)
{
    arena_free(arena);
}

static struct witness witnesses[2];

/* The golden log as a directory has it, with this quorum. */
static struct log_row golden_log(unsigned quorum, size_t witness_count)
{
    witnesses[0] = witnesses[1] =
        (struct witness){.state = slice_text("XB"), .vkey = slice_text(GOLDEN_WITNESS_VKEY)};
    return (struct log_row){.origin = slice_text(GOLDEN_ORIGIN),
                            .vkey = slice_text(GOLDEN_LOG_VKEY),
                            .quorum = quorum,
                            .witnesses = witnesses,
                            .witness_count = witness_count};
}

static struct status verified(struct slice text, const struct log_row *log)
{
    struct tlog_proof proof;
    struct note note;
    struct digest leaf = merkle_leaf(hex(GOLDEN_ENTRY));
    struct status s = tlog_proof_parse(arena, text, &proof);
    return failed(s) ? s : tlog_proof_verify(&proof, &leaf, log, &note);
}

static void the_golden_proof_is_written_and_verified(void)
{
    begin();
    struct tlog_proof proof;
    struct note note;
    struct log_row log = golden_log(1, 1);
    struct digest leaf = merkle_leaf(hex(GOLDEN_ENTRY));
    struct buffer again = buffer_new(TLOG_PROOF_MAX_BYTES);
    if (CHECK_OK(tlog_proof_parse(arena, slice_text(GOLDEN_PROOF), &proof))) {
        CHECK_U64(proof.index, GOLDEN_INDEX);
        CHECK_U64(proof.path.count, 3);
        CHECK(proof.extra.at == NULL);
        CHECK_BYTES(proof.note, slice_text(GOLDEN_NOTE));
        CHECK_OK(tlog_proof_verify(&proof, &leaf, &log, &note));
        CHECK_U64(note.size, 8);
        struct receipt receipt = {.index = proof.index, .path = proof.path, .note = proof.note};
        struct tlog_proof of = tlog_proof_of(&receipt);
        tlog_proof_write(&again, &of);
        CHECK_BYTES(buffer_slice(&again), slice_text(GOLDEN_PROOF));
    }
    buffer_done(&again);
    end();
}

static void an_extra_line_is_kept_and_proves_nothing(void)
{
    static const char text[] = HEADER "extra aGVsbG8=\nindex 5\n" GOLDEN_PATH END;
    begin();
    struct tlog_proof proof;
    struct log_row log = golden_log(1, 1);
    struct buffer again = buffer_new(TLOG_PROOF_MAX_BYTES);
    if (CHECK_OK(tlog_proof_parse(arena, slice_text(text), &proof))) {
        CHECK_BYTES(proof.extra, slice_text("aGVsbG8="));
        tlog_proof_write(&again, &proof);
        CHECK_BYTES(buffer_slice(&again), slice_text(text));
        CHECK_OK(verified(slice_text(text), &log));
    }
    buffer_done(&again);
    end();
}

static void a_proof_of_another_shape_is_refused(void)
{
    static const char *const bad[] = {
        "",
        HEADER,
        HEADER "index 5\n",
        HEADER "index 5\n" GOLDEN_PATH,
        HEADER "index 5\n" GOLDEN_PATH "\n",
        HEADER "index 5\n" GOLDEN_PATH GOLDEN_NOTE,
        HEADER GOLDEN_PATH END,
        HEADER "\nindex 5\n" GOLDEN_PATH END,
        HEADER "index 05\n" GOLDEN_PATH END,
        HEADER "index -5\n" GOLDEN_PATH END,
        HEADER "index\n" GOLDEN_PATH END,
        HEADER "index  5\n" GOLDEN_PATH END,
        HEADER "index 5 \n" GOLDEN_PATH END,
        HEADER "index 5\r\n" GOLDEN_PATH END,
        HEADER "index 9223372036854775807\n" GOLDEN_PATH END,
        HEADER "Index 5\n" GOLDEN_PATH END,
        HEADER "index 5\nvBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnm=\n" END,
        HEADER "index 5\nvBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnmt=\n" END,
        HEADER "index 5\nvBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZ\n" END,
        HEADER "index 5\n aGVsbG8=\n" END,
        HEADER "extra \nindex 5\n" GOLDEN_PATH END,
        HEADER "extra aGVsbG8\nindex 5\n" GOLDEN_PATH END,
        HEADER "extra aGVsbG9=\nindex 5\n" GOLDEN_PATH END,
        HEADER "extra\nindex 5\n" GOLDEN_PATH END,
        HEADER "index 5\nextra aGVsbG8=\n" GOLDEN_PATH END,
        HEADER "extra aGVsbG8=\nextra aGVsbG8=\nindex 5\n" GOLDEN_PATH END,
        "c2sp.org/tlog-proof@v2\nindex 5\n" GOLDEN_PATH END,
        "c2sp.org/tlog-proof@v1\r\nindex 5\n" GOLDEN_PATH END,
        " c2sp.org/tlog-proof@v1\nindex 5\n" GOLDEN_PATH END,
    };
    begin();
    struct tlog_proof proof;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (!CHECK_STATUS(tlog_proof_parse(arena, slice_text(bad[i]), &proof), REFUSE(PROOF_SHAPE)))
            fprintf(stderr, "proof %zu\n", i);
    end();
}

static void a_path_has_a_limit(void)
{
    begin();
    struct tlog_proof proof;
    struct buffer text = buffer_new(TLOG_PROOF_MAX_BYTES);
    buffer_text(&text, HEADER "index 5\n");
    for (size_t i = 0; i <= MERKLE_MAX_PATH; i++)
        buffer_text(&text, "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n");
    buffer_text(&text, END);
    CHECK_STATUS(tlog_proof_parse(arena, buffer_slice(&text), &proof), REFUSE(PROOF_SHAPE));
    buffer_done(&text);
    end();
}

static void witnesses_are_counted_by_the_quorum(void)
{
    static const char unseen[] =
        HEADER "index 5\n" GOLDEN_PATH "\n" GOLDEN_BODY "\n" GOLDEN_LOG_LINE;
    begin();
    struct log_row log = golden_log(1, 1);
    CHECK_OK(verified(slice_text(GOLDEN_PROOF), &log));
    CHECK_STATUS(verified(slice_text(unseen), &log), REFUSE(WITNESS_QUORUM));
    log = golden_log(0, 1);
    CHECK_OK(verified(slice_text(unseen), &log));
    log = golden_log(1, 0);
    CHECK_STATUS(verified(slice_text(GOLDEN_PROOF), &log), REFUSE(WITNESS_QUORUM));
    log = golden_log(2, 2); /* one witness, named twice */
    CHECK_STATUS(verified(slice_text(GOLDEN_PROOF), &log), REFUSE(WITNESS_QUORUM));
    log = golden_log(1, 2);
    CHECK_OK(verified(slice_text(GOLDEN_PROOF), &log));
    log.witnesses[0].vkey = slice_text("no key");
    CHECK_STATUS(verified(slice_text(GOLDEN_PROOF), &log), FAIL(CONFIG));
    end();
}

static void a_proof_of_another_leaf_index_or_log_is_refused(void)
{
    begin();
    struct log_row log = golden_log(1, 1);
    struct tlog_proof proof;
    struct note note;
    struct digest leaf = merkle_leaf(hex("40414244"));
    if (CHECK_OK(tlog_proof_parse(arena, slice_text(GOLDEN_PROOF), &proof)))
        CHECK_STATUS(tlog_proof_verify(&proof, &leaf, &log, &note), REFUSE(INCLUSION));
    CHECK_STATUS(verified(slice_text(HEADER "index 4\n" GOLDEN_PATH END), &log), REFUSE(INCLUSION));
    CHECK_STATUS(verified(slice_text(HEADER "index 8\n" GOLDEN_PATH END), &log), REFUSE(INCLUSION));
    CHECK_STATUS(verified(slice_text(HEADER "index 5\n" END), &log), REFUSE(INCLUSION));
    log.vkey = slice_text(GOLDEN_WITNESS_VKEY);
    CHECK_STATUS(verified(slice_text(GOLDEN_PROOF), &log), REFUSE(NOTE_ORIGIN));
    end();
}

static void no_cut_or_changed_proof_is_verified(void)
{
    struct log_row log = golden_log(1, 1);
    size_t length = strlen(GOLDEN_PROOF);
    uint8_t *octets = malloc(length);
    if (!CHECK(octets != NULL))
        return;
    memcpy(octets, GOLDEN_PROOF, length);
    for (size_t i = 0; i < 8 * length; i++) {
        begin();
        octets[i / 8] ^= (uint8_t)(1U << i % 8);
        CHECK(failed(verified(slice_over(octets, length), &log)));
        octets[i / 8] ^= (uint8_t)(1U << i % 8);
        if (i % 8 == 0)
            CHECK(failed(verified(slice_over(octets, i / 8), &log)));
        end();
    }
    free(octets);
}

TESTS(tlog_proof,
      {"the golden proof is written and verified", the_golden_proof_is_written_and_verified},
      {"an extra line is kept and proves nothing", an_extra_line_is_kept_and_proves_nothing},
      {"a proof of another shape is refused", a_proof_of_another_shape_is_refused},
      {"a path has a limit", a_path_has_a_limit},
      {"witnesses are counted by the quorum", witnesses_are_counted_by_the_quorum},
      {"a proof of another leaf, index or log is refused",
       a_proof_of_another_leaf_index_or_log_is_refused},
      {"no cut or changed proof is verified", no_cut_or_changed_proof_is_verified})
