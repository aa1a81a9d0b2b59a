/* What the receipts that a peer gateway brings say of its log. */

#include "hop.h"

static void every_proved_checkpoint_of_the_peer_is_kept(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_plain(hop);
    struct offer offer = hop_all(hop, letter);
    struct deliver d = hop_deliver(hop, &offer);
    struct judgement j = hop_relay(hop, &d);
    struct kept_checkpoint first = hop_checkpoint(hop, &d);
    CHECK_BYTES(j.posting.peer.origin, slice_text(WORLD_ORIGIN));
    CHECK_U64(j.posting.peer.size, 2);
    CHECK(digest_equal(&first.root, digest_slice(&j.posting.peer.root)));
    CHECK_U64(j.posting.peer.old_size, 0);
    CHECK(slice_holds(j.posting.peer.note, slice_text(WORLD_ORIGIN)));
    hop->kept = first;

    offer.old = 2;
    d = hop_deliver(hop, &offer);
    j = hop_relay(hop, &d);
    CHECK_U64(j.posting.kind, POSTING_DISCLOSURE);
    CHECK_U64(j.posting.peer.size, 3);
    CHECK_U64(j.posting.peer.old_size, 2);
    CHECK(j.posting.peer.path.count > 0);

    offer.release.number = 1; /* a message that does not hold, in a log that does */
    d = hop_deliver(hop, &offer);
    j = hop_relay(hop, &d);
    hop_refused(&j, POSTING_QUESTION, REFUSE(RELEASE_NUMBER));
    CHECK_U64(j.posting.peer.size, 4);
    letter_free(letter);
    hop_free(hop);
}

static void a_checkpoint_without_its_proof_is_stale(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_plain(hop);
    struct offer offer = hop_all(hop, letter);
    struct deliver d = hop_deliver(hop, &offer);
    hop->kept = hop_checkpoint(hop, &d);
    d = hop_deliver(hop, &offer);
    struct judgement j = hop_relay(hop, &d);
    hop_refused(&j, POSTING_QUESTION, REFUSE(CHECKPOINT_UNPROVED));
    CHECK_U64(j.code, REFUSAL_STALE);
    CHECK_U64(j.posting.peer.origin.length, 0);
    letter_free(letter);
    hop_free(hop);
}

static void a_fork_is_refused_and_kept_for_evidence(void)
{
    struct hop *hop = hop_new();
    struct letter *letter = hop_plain(hop);
    struct offer offer = hop_all(hop, letter);
    struct deliver d = hop_deliver(hop, &offer);
    hop->kept = hop_checkpoint(hop, &d);
    hop->log.size = 1; /* another history of the same size */
    d = hop_deliver(hop, &offer);
    struct judgement j = hop_relay(hop, &d);
    hop_refused(&j, POSTING_QUESTION, REFUSE(CHECKPOINT_FORK));
    CHECK_U64(j.code, REFUSAL_FORK);
    CHECK_U64(j.posting.peer.size, 2);
    offer.old = 2; /* and one that claims to go on from what is kept */
    d = hop_deliver(hop, &offer);
    j = hop_relay(hop, &d);
    hop_refused(&j, POSTING_QUESTION, REFUSE(CHECKPOINT_FORK));
    CHECK_U64(j.posting.peer.size, 3);
    letter_free(letter);
    hop_free(hop);
}

TESTS(exchange_relay_log,
      {"every proved checkpoint of the peer is kept", every_proved_checkpoint_of_the_peer_is_kept},
      {"a checkpoint without its proof is stale", a_checkpoint_without_its_proof_is_stale},
      {"a fork is refused and kept for evidence", a_fork_is_refused_and_kept_for_evidence})
