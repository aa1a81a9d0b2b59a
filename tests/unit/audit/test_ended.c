#include "support/check.h"

#include "audit/chain.h"
#include "audit/ended.h"
#include "audit/tlog_proof.h"
#include "base/instant.h"
#include "vectors.h"

#include <string.h>

#define ARENA_BYTES (4 << 20)

/* The witnessed delivery of the vectors, long after: its log has a row of our own. */
struct given {
    struct arena *arena;
    struct frame frame;
    struct directory directory;
    struct gateway_row gateway;
    struct log_row log;
    struct proved proved;
    struct reader_state reader;
};

static void given_make(struct given *g)
{
    const json_t *v = vector_file("delivery-witnessed.json");
    memset(g, 0, sizeof *g);
    g->arena = arena_new(ARENA_BYTES);
    g->directory = *vector_directory(json_string_value(vector_at(v, "directory")));
    g->gateway = *directory_gateway(&g->directory, slice_text("XA-GW-01"));
    g->log = g->gateway.logs[0];
    g->gateway.logs = &g->log;
    g->gateway.log_count = 1;
    g->directory.gateways = &g->gateway;
    g->directory.gateway_count = 1;
    g->reader = vector_reader(vector_at(v, "reader"));
    g->reader.now_ms += 400 * MS_PER_DAY;
    CHECK_OK(frame_parse(g->arena, vector_frame(v), &g->frame));
    CHECK_OK(receipt_prove(g->arena, g->frame.as.deliver.receipts.at[0], &g->gateway, &g->proved));
}

static void given_close(struct given *g, uint64_t size, const struct digest *root)
{
    g->log.is_closed = true;
    g->log.closed_size = size;
    g->log.closed_root = *root;
}

static struct status verified(const struct given *g)
{
    const struct delivery_verified *d = NULL;
    return chain_verify(g->arena, &g->frame.as.deliver, &g->directory, &g->reader, &d);
}

static struct digest other_than(const struct digest *root)
{
    struct digest other = *root;
    other.octets[0] ^= 1;
    return other;
}

static void nothing_beyond_the_end_is_of_the_log(void)
{
    const struct digest root = {{1}}, other = other_than(&root);
    struct log_row log = {.closed_size = 5, .closed_root = root};
    CHECK_OK(log_end_allows(NULL, 6, &other));
    CHECK_OK(log_end_allows(&log, 6, &other));
    log.is_closed = true;
    CHECK_OK(log_end_allows(&log, 4, &other));
    CHECK_OK(log_end_allows(&log, 5, &root));
    CHECK_STATUS(log_end_allows(&log, 5, &other), REFUSE(CHECKPOINT_FORK));
    CHECK_STATUS(log_end_allows(&log, 6, &root), REFUSE(LOG_CLOSED));
}

static void a_receipt_beyond_the_end_is_refused_by_name(void)
{
    struct given g;
    struct proved p;
    given_make(&g);
    const struct slice octets = g.frame.as.deliver.receipts.at[0];
    const struct digest root = g.proved.note.root, other = other_than(&root);
    const uint64_t size = g.proved.note.size;
    given_close(&g, size - 1, &root);
    CHECK_STATUS(receipt_prove(g.arena, octets, &g.gateway, &p), REFUSE(LOG_CLOSED));
    given_close(&g, size, &other);
    CHECK_STATUS(receipt_prove(g.arena, octets, &g.gateway, &p), REFUSE(CHECKPOINT_FORK));
    given_close(&g, size, &root);
    CHECK_OK(receipt_prove(g.arena, octets, &g.gateway, &p));
    given_close(&g, size + 1, &other);
    CHECK_OK(receipt_prove(g.arena, octets, &g.gateway, &p));
    arena_free(g.arena);
}

static void a_proof_to_keep_ends_with_the_log_too(void)
{
    struct given g;
    struct note note;
    given_make(&g);
    g.log.quorum = 0;
    const struct tlog_proof proof = tlog_proof_of(&g.proved.receipt);
    CHECK_OK(tlog_proof_verify(&proof, &g.proved.leaf, &g.log, &note));
    given_close(&g, g.proved.note.size - 1, &g.proved.note.root);
    CHECK_STATUS(tlog_proof_verify(&proof, &g.proved.leaf, &g.log, &note), REFUSE(LOG_CLOSED));
    arena_free(g.arena);
}

static void a_checkpoint_of_a_log_that_ended_is_good_at_any_time(void)
{
    struct given g;
    struct note note;
    const struct log_row *log;
    given_make(&g);
    const uint64_t late_ms = g.log.until_ms + 1;
    CHECK_STATUS(checkpoint_prove(g.proved.note.text, &g.gateway, late_ms, &note, &log),
                 REFUSE(NOTE_ORIGIN));
    given_close(&g, g.proved.note.size, &g.proved.note.root);
    CHECK_OK(checkpoint_prove(g.proved.note.text, &g.gateway, late_ms, &note, &log));
    arena_free(g.arena);
}

static void at_its_end_a_log_needs_no_witness(void)
{
    struct given g;
    given_make(&g);
    CHECK_STATUS(verified(&g), REFUSE(WITNESS_AGE)); /* of a log that goes on */
    g.reader.cosigned_count = 0;
    given_close(&g, g.proved.note.size, &g.proved.note.root);
    CHECK_OK(verified(&g));
    arena_free(g.arena);
}

static void before_its_end_a_proof_to_it_or_old_cosignatures_are_needed(void)
{
    struct given g;
    given_make(&g);
    const struct digest end = other_than(&g.proved.note.root);
    given_close(&g, g.proved.note.size + 100, &end);
    CHECK_OK(verified(&g)); /* cosigned, however long ago */
    g.reader.cosigned_count = 0;
    CHECK_STATUS(verified(&g), REFUSE(WITNESS_AGE));
    arena_free(g.arena);
}

static void what_was_kept_beyond_the_end_does_not_count_and_another_end_is_a_fork(void)
{
    struct given g;
    given_make(&g);
    const struct digest other = other_than(&g.proved.note.root);
    struct kept_checkpoint kept = {g.log.origin, g.proved.note.size + 7, other};
    g.reader.kept = &kept;
    g.reader.kept_count = 1;
    g.proved.log = &g.log;
    CHECK_STATUS(log_state_verify(&g.reader, &g.proved), REFUSE(CHECKPOINT_UNPROVED));
    given_close(&g, g.proved.note.size, &g.proved.note.root);
    CHECK_OK(log_state_verify(&g.reader, &g.proved));
    kept.size = g.proved.note.size;
    CHECK_STATUS(log_state_verify(&g.reader, &g.proved), REFUSE(CHECKPOINT_FORK));
    given_close(&g, g.proved.note.size + 3, &g.proved.note.root);
    kept.size = g.proved.note.size + 3;
    CHECK_STATUS(log_state_verify(&g.reader, &g.proved), REFUSE(CHECKPOINT_FORK));
    arena_free(g.arena);
}

TESTS(ended, {"nothing beyond the end is of the log", nothing_beyond_the_end_is_of_the_log},
      {"a receipt beyond the end is refused by name", a_receipt_beyond_the_end_is_refused_by_name},
      {"a proof to keep ends with the log too", a_proof_to_keep_ends_with_the_log_too},
      {"a checkpoint of a log that ended is good at any time",
       a_checkpoint_of_a_log_that_ended_is_good_at_any_time},
      {"at its end a log needs no witness", at_its_end_a_log_needs_no_witness},
      {"before its end a proof to it or old cosignatures are needed",
       before_its_end_a_proof_to_it_or_old_cosignatures_are_needed},
      {"what was kept beyond the end does not count and another end is a fork",
       what_was_kept_beyond_the_end_does_not_count_and_another_end_is_a_fork})
