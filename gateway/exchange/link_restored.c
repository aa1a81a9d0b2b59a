/* A peer whose journal was put back from a backup is told again what it has lost. Mail waits until
 * that is known: it would overtake what went before it in its thread. */

#include "exchange/link_peer.h"

static void end_unrewound(struct exchange_link *l, struct status why, struct moment now)
{
    link_say(l, now, "peer.unrewound", NULL, why);
    exchange_leave(l, refusal_name(REFUSAL_UNAVAILABLE), now);
}

static void let_mail_go(struct exchange_link *l, struct moment now)
{
    l->peer->fetch.holds_mail = false;
    link_push(l, now);
}

/* So soon after the last one that the peer is to be held up, not we: its mail goes on, and with
 * each look at its versions it is tried again. */
static void put_off(struct exchange_link *l, struct moment now)
{
    if (l->peer->fetch.holds_mail)
        link_say(l, now, "peer.unrewound", NULL, REFUSE(PEER_RATE));
    l->peer->fetch.restored = 0;
    let_mail_go(l, now);
}

/* What waits again lies behind what this link has passed: the next one begins with it. */
static void answer_rewound(struct pending *p, const struct journal_result *r, struct moment now)
{
    if (r->status.reason == REASON_PEER_RATE) {
        put_off(p->link, now);
    } else if (failed(r->status)) {
        end_unrewound(p->link, r->status, now);
    } else if (r->repeated) {
        let_mail_go(p->link, now);
    } else {
        peer_owes_steps(p->link);
        link_say(p->link, now, "peer.restored", NULL, (struct status){0});
        exchange_leave(p->link, NULL, now);
    }
}

void peer_take_restored(struct exchange_link *l, uint64_t size, struct moment now)
{
    struct posting p = {.kind = POSTING_REWIND,
                        .at_ms = now.wall_ms,
                        .message = {.box = link_party(l)},
                        .restored = size};
    if (size == 0 || size == l->peer->fetch.restored)
        return;
    struct pending *pending = pending_new(l, 0);
    struct status s = pending == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s)) {
        pending->answer = answer_rewound;
        s = link_post(l, &p, pending);
    }
    l->peer->fetch.restored = size;
    if (!failed(s))
        return;
    pending_free(pending);
    end_unrewound(l, s, now);
}

void peer_looked(struct exchange_link *l, struct moment now)
{
    if (l->peer->fetch.holds_mail && l->peer->fetch.restored == 0)
        let_mail_go(l, now);
}
