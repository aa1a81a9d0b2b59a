/* How far a peer's log was verified, and what becomes of a fork. */

#include "exchange/link_peer.h"

#include <stdio.h>

#include "base/encoding.h"

#define SMALL_ARENA_BYTES (256U << 10)
#define ROOT_TEXT_BYTES   ((size_t)2 * DIGEST_BYTES + 1)

const struct gateway_row *peer_row(const struct exchange_link *l)
{
    return directory_gateway(snapshot_rulebook(l->exchange->snapshot)->directory, link_party(l));
}

static struct status judge_log(const struct exchange_link *l, struct arena *arena,
                               struct slice origin)
{
    struct peer_fork fork;
    struct status s = journal_peer_fork(l->exchange->reader, arena, origin, &fork);
    if (s.code == CODE_ABSENT)
        return OK;
    return failed(s) ? s : REFUSE(CHECKPOINT_FORK);
}

struct status peer_judge_logs(const struct exchange_link *l)
{
    const struct gateway_row *row = peer_row(l);
    struct arena *arena = arena_new(SMALL_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : OK;
    for (size_t i = 0; !failed(s) && row != NULL && i < row->log_count; i++)
        if (!row->logs[i].is_closed) /* what it was ends with it: the authorities have judged */
            s = judge_log(l, arena, row->logs[i].origin);
    arena_free(arena);
    return s;
}

/* Rows of one log stand beside each other while its key changes. */
static bool is_named(const struct hello *h, struct slice origin)
{
    for (size_t i = 0; i < h->checkpoints_count; i++)
        if (slice_equal(h->checkpoints[i].origin, origin))
            return true;
    return false;
}

static void insert_known(struct hello *h, const struct known_checkpoint *known)
{
    size_t at = h->checkpoints_count++;
    for (; at > 0 && slice_compare(known->origin, h->checkpoints[at - 1].origin) < 0; at--)
        h->checkpoints[at] = h->checkpoints[at - 1];
    h->checkpoints[at] = *known;
}

struct status peer_known(const struct exchange_link *l, struct arena *arena, struct hello *h)
{
    const struct gateway_row *row = peer_row(l);
    size_t count = row == NULL ? 0 : row->log_count;
    h->checkpoints_count = 0;
    h->checkpoints = arena_array(arena, count, sizeof *h->checkpoints);
    struct status s = h->checkpoints == NULL ? FAIL(MEMORY) : OK;
    for (size_t i = 0; !failed(s) && i < count && h->checkpoints_count < HELLO_LIST_MAX; i++) {
        struct peer_checkpoint kept;
        struct slice origin = row->logs[i].origin, root = {0};
        if (is_named(h, origin))
            continue;
        s = journal_peer_checkpoint(l->exchange->reader, arena, origin, &kept);
        if (!failed(s))
            root = arena_copy(arena, digest_slice(&kept.root));
        if (!failed(s) && root.at != NULL)
            insert_known(h, &(struct known_checkpoint){origin, kept.size, root});
        s = s.code == CODE_ABSENT ? OK : s;
    }
    return s;
}

struct status peer_turn_to_log(struct exchange_link *l, struct arena *arena, struct slice origin)
{
    struct link_peer *peer = l->peer;
    struct peer_checkpoint kept = {0};
    if (slice_equal(peer->kept.origin, origin))
        return OK;
    struct status s = journal_peer_checkpoint(l->exchange->reader, arena, origin, &kept);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    if (!slice_copy_text(origin, peer->origin, sizeof peer->origin))
        return OK; /* longer than an origin can be: its note will be refused */
    peer->kept = (struct kept_checkpoint){slice_text(peer->origin), kept.size, kept.root};
    return OK;
}

/* The origin is the note's first line. It is not verified yet: another log of the same peer at
 * most comes up. */
struct status peer_turn_to(struct exchange_link *l, struct arena *arena, struct slice octets)
{
    struct receipt receipt;
    struct status s = receipt_parse(arena, octets, &receipt);
    if (failed(s))
        return s.code == CODE_REFUSED ? OK : s;
    struct slice origin = slice_part(receipt.note, 0, slice_find(receipt.note, '\n'));
    const struct gateway_row *row = peer_row(l);
    return row == NULL || directory_log(row, origin) == NULL ? OK
                                                             : peer_turn_to_log(l, arena, origin);
}

void peer_advance(struct exchange_link *l, const struct peer_checkpoint *step)
{
    struct kept_checkpoint *kept = &l->peer->kept;
    if (step->origin.length == 0 || !slice_equal(step->origin, kept->origin) ||
        step->size < kept->size)
        return;
    kept->size = step->size;
    kept->root = step->root;
}

/* Nothing where it is the checkpoint that is kept already. */
static struct peer_checkpoint step_of(const struct kept_checkpoint *kept, const struct proved *p)
{
    if (p->note.size == kept->size && digest_equal(&p->note.root, digest_slice(&kept->root)))
        return (struct peer_checkpoint){0};
    return (struct peer_checkpoint){
        .origin = p->note.origin,
        .size = p->note.size,
        .root = p->note.root,
        .note = p->note.text,
        .old_size = p->receipt.has_proof ? p->receipt.old_size : 0,
        .path = p->receipt.proof,
    };
}

struct status peer_verify(struct exchange_link *l, struct arena *arena, const struct proved *proved,
                          struct peer_checkpoint *ret_step)
{
    struct status s = peer_turn_to_log(l, arena, proved->note.origin);
    if (failed(s) || failed(s = peer_catch_up(l, proved)))
        return s;
    const struct reader_state reader = {.kept = &l->peer->kept, .kept_count = 1};
    *ret_step = step_of(&l->peer->kept, proved);
    return log_state_verify(&reader, proved);
}

struct status peer_follow(struct exchange_link *l, struct arena *arena, const struct proved *proved,
                          struct peer_checkpoint *ret_step)
{
    struct status s = peer_verify(l, arena, proved, ret_step);
    if (!failed(s))
        peer_advance(l, ret_step);
    return s;
}

struct status peer_see(struct exchange_link *l, struct arena *arena, struct slice octets,
                       struct proved *ret_proved, struct peer_checkpoint *ret_step)
{
    const struct gateway_row *row = peer_row(l);
    struct proved proved;
    struct status s =
        row == NULL ? REFUSE(ROUTE_UNKNOWN) : receipt_prove(arena, octets, row, &proved);
    if (!failed(s))
        s = peer_follow(l, arena, &proved, ret_step);
    if (!failed(s))
        *ret_proved = proved;
    return s;
}

static struct status post_checkpoint(struct exchange_link *l, const struct peer_checkpoint *step,
                                     struct pending *pending, struct moment now)
{
    struct posting p = {.kind = POSTING_CHECKPOINT, .at_ms = now.wall_ms, .peer = *step};
    return link_post(l, &p, pending);
}

static void answer_kept(struct pending *p, const struct journal_result *r, struct moment now)
{
    if (r->status.reason == REASON_CHECKPOINT_FORK)
        peer_forked(p->link, now);
    else if (failed(r->status))
        exchange_leave(p->link, refusal_name(REFUSAL_UNAVAILABLE), now);
}

void peer_keep(struct exchange_link *l, const struct peer_checkpoint *step, struct moment now)
{
    if (step->origin.length == 0)
        return;
    struct pending *pending = pending_new(l, 0);
    struct status s = pending == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s)) {
        pending->answer = answer_kept;
        s = post_checkpoint(l, step, pending, now);
    }
    if (!failed(s))
        return;
    pending_free(pending);
    link_say(l, now, "peer.unkept", NULL, s);
    exchange_leave(l, refusal_name(REFUSAL_UNAVAILABLE), now);
}

/* ---- two histories ---- */

static void say_fork(const struct exchange_link *l, const char *text, struct moment now)
{
    diagnostics_say(l->exchange->settings.diagnostics, now.wall_ms,
                    &(struct diagnostic){.event = "peer.fork",
                                         .level = DIAGNOSTIC_ALARM,
                                         .peer = slice_text(l->name),
                                         .status = REFUSE(CHECKPOINT_FORK),
                                         .text = text});
}

struct status peer_fork(struct exchange_link *l, const struct peer_checkpoint *given,
                        struct moment now)
{
    char text[4 * ROOT_TEXT_BYTES], ours[ROOT_TEXT_BYTES], theirs[ROOT_TEXT_BYTES];
    const struct kept_checkpoint *kept = &l->peer->kept;
    hex_write(digest_slice(&kept->root), ours);
    hex_write(digest_slice(&given->root), theirs);
    snprintf(text, sizeof text, "kept: size %llu root %s; given: size %llu root %s",
             (unsigned long long)kept->size, ours, (unsigned long long)given->size, theirs);
    say_fork(l, text, now);
    struct status s = post_checkpoint(l, given, NULL, now);
    if (failed(s))
        link_say(l, now, "peer.unkept", NULL, s);
    return REFUSE(CHECKPOINT_FORK); /* who called ends the link */
}

void peer_forked(struct exchange_link *l, struct moment now)
{
    say_fork(l, "another link has kept a checkpoint of another history", now);
    exchange_end(l, REFUSE(CHECKPOINT_FORK), now);
}

/* ---- the rulebooks on both sides ---- */

static bool differs(const struct object_version *a, const struct object_version *b)
{
    return a->number != b->number || !slice_equal(a->digest, b->digest);
}

static const struct object_version *parties_differ(const struct hello *theirs,
                                                   const struct hello *ours,
                                                   const struct object_version **ret_other)
{
    for (size_t i = 0; i < theirs->parties_count; i++)
        for (size_t j = 0; j < ours->parties_count; j++)
            if (slice_equal(theirs->parties[i].state, ours->parties[j].state) &&
                differs(&theirs->parties[i], &ours->parties[j])) {
                *ret_other = &ours->parties[j];
                return &theirs->parties[i];
            }
    return NULL;
}

/* Both lists are sorted by State. */
static bool same_directory(const struct hello *a, const struct hello *b)
{
    bool same = !differs(&a->states, &b->states) && a->parties_count == b->parties_count;
    for (size_t i = 0; same && i < a->parties_count; i++)
        same = slice_equal(a->parties[i].state, b->parties[i].state) &&
               !differs(&a->parties[i], &b->parties[i]);
    return same;
}

void peer_greeted(struct exchange_link *l, const struct hello *theirs, const struct hello *ours)
{
    l->peer->same_directory = same_directory(theirs, ours);
    l->peer->law = theirs->law.number;
    l->peer->law_digest = digest_read(theirs->law.digest);
}

bool peer_has_our_law(const struct exchange_link *l)
{
    const struct rulebook *ours = snapshot_rulebook(l->exchange->snapshot);
    return l->peer->law == schema_number(ours->schema) &&
           digest_equal(&ours->law_digest, digest_slice(&l->peer->law_digest));
}

void peer_say_versions(struct exchange_link *l, const struct hello *theirs,
                       const struct hello *ours, struct moment now)
{
    char text[128];
    const char *what = "parties";
    const struct object_version *there, *here = NULL;
    if (differs(&theirs->law, &ours->law)) {
        what = "law";
        there = &theirs->law;
        here = &ours->law;
    } else if (differs(&theirs->states, &ours->states)) {
        what = "states";
        there = &theirs->states;
        here = &ours->states;
    } else {
        there = parties_differ(theirs, ours, &here);
    }
    if (there == NULL)
        return;
    snprintf(text, sizeof text, "the rulebooks differ: %s%s%.*s number %llu there, %llu here", what,
             there->state.length == 0 ? "" : " of ", (int)there->state.length,
             there->state.length == 0 ? "" : (const char *)there->state.at,
             (unsigned long long)there->number, (unsigned long long)here->number);
    diagnostics_say(l->exchange->settings.diagnostics, now.wall_ms,
                    &(struct diagnostic){.event = "peer.versions",
                                         .level = DIAGNOSTIC_NOTICE,
                                         .peer = slice_text(l->name),
                                         .text = text});
}
