/* How links end: in order, or because of their peer. */

#include "exchange/link.h"

static void say_bye(struct exchange_link *l, const char *code, struct moment now)
{
    struct frame f = {.kind = FRAME_BYE, .as.bye_code = slice_text(code)};
    l->leave_ms = 0;
    if (failed(link_give(l, &f, now)) || l->session.state == SESSION_CLOSED)
        l->over = true;
    l->exchange->settings.dirty(l->owner); /* other deadlines count now */
}

void exchange_leave(struct exchange_link *l, const char *code, struct moment now)
{
    if (l->over || l->session.out.bye || l->leave_ms != 0)
        return;
    l->leave_ms = now.mono_ms;
    l->leave_code = code;
    l->is_at_fault = l->is_at_fault || code != NULL;
    l->exchange->settings.dirty(l->owner);
    link_leave_on(l, now);
}

bool exchange_left(const struct exchange_link *l)
{
    return l->session.state == SESSION_CLOSED && !l->is_at_fault;
}

/* Its BYE, or the peer's, waited for these answers. */
void link_leave_on(struct exchange_link *l, struct moment now)
{
    bool begun = l->leave_ms != 0 || l->session.state == SESSION_CLOSING;
    if (begun && l->pending == NULL && !l->over && !l->session.out.bye)
        say_bye(l, l->leave_code, now);
}

static void write_refusal(struct exchange_link *l, struct status why, struct moment now)
{
    struct posting posting;
    struct judge judge = link_judge(l, now);
    struct status s = judge_refusal(&judge, why, &posting);
    if (!failed(s))
        s = link_post(l, &posting, NULL);
    if (failed(s))
        link_say(l, now, "link.refusal_unlogged", NULL, s);
}

enum rate_verdict link_rate(struct exchange_link *l, struct moment now)
{
    struct exchange *x = l->exchange;
    struct slice party = link_party(l);
    const struct directory *directory = snapshot_rulebook(x->snapshot)->directory;
    bool known =
        directory_party(directory, party) != NULL || directory_gateway(directory, party) != NULL;
    enum rate_verdict verdict = rates_take(&x->rates, known ? party : (struct slice){0},
                                           exchange_limits(x)->refusals_per_minute, now.mono_ms);
    if (verdict == RATE_DRY) {
        link_say(l, now, "party.refused", NULL, REFUSE(PEER_RATE));
        write_refusal(l, REFUSE(PEER_RATE), now);
    }
    return verdict;
}

/* These end a link once: no new one begins. */
static bool is_about_identity(enum reason reason)
{
    return reason == REASON_PEER_REVOKED || reason == REASON_PEER_EXPIRED ||
           reason == REASON_PEER_UNTRUSTED;
}

void exchange_end(struct exchange_link *l, struct status why, struct moment now)
{
    if (l->over)
        return;
    l->is_at_fault = true;
    link_say(l, now, "link.refused", NULL, why);
    if (is_about_identity(why.reason) || link_rate(l, now) == RATE_FINE)
        write_refusal(l, why, now);
    if (is_about_identity(why.reason) && l->out.length > 0)
        buffer_clear(&l->out); /* what was on its way is not for it any more; a BYE in the middle of
                                  a frame would mean nothing */
    else
        say_bye(l, refusal_name(reason_refusal(why.reason)), now);
    l->over = true;
}
