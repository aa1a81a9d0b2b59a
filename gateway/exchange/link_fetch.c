/* Asking a peer: one question at a time. */

#include "exchange/link_peer.h"
#include "session/query.h"

#define ARGS_MAX_BYTES 256U

static bool is_of_gap(enum query_what what)
{
    return what == QUERY_CONSISTENCY || what == QUERY_CHECKPOINT;
}

static struct status take_answer(struct exchange_link *l, struct arena *arena,
                                 const struct answer *answer, struct moment now)
{
    if (answer->what != fetch_of(l)->what || answer->next.at != NULL)
        return REFUSE(FRAME_SHAPE);
    if (is_of_gap(answer->what))
        return gap_answer(l, arena, answer, now);
    return answer->what == QUERY_VERSIONS ? fetch_take_versions(l, answer, now)
                                          : fetch_take_piece(l, answer, now);
}

/* Where our memory is short, the round ends and the link goes on. */
struct status link_take_answer(struct exchange_link *l, struct arena *arena,
                               const struct frame *frame, struct moment now)
{
    struct status s = OK;
    if (l->peer == NULL || fetch_of(l)->asked == 0 ||
        frame->as.answer.answers != fetch_of(l)->asked)
        return REFUSE(FRAME_STATE);
    const bool was_late = fetch_of(l)->is_late;
    fetch_of(l)->asked = 0;
    fetch_of(l)->is_late = false;
    if (!was_late)
        s = take_answer(l, arena, &frame->as.answer, now);
    if (s.code == CODE_MEMORY) {
        link_say(l, now, "peer.unfetched", "ANSWER", s);
        fetch_end_round(fetch_of(l));
        peer_looked(l, now);
        s = OK;
    }
    if (!failed(s))
        fetch_go_on(l, now);
    return s;
}

void fetch_refused(struct exchange_link *l, const struct refuse *refuse, struct moment now)
{
    struct link_fetch *f = fetch_of(l);
    if (f->asked == 0 || refuse->answers != f->asked)
        return;
    f->asked = 0;
    f->is_late = false;
    if (is_of_gap(f->what))
        gap_refused(l, refuse);
    else if (f->at < f->wanted_count && slice_is(refuse->code, refusal_name(REFUSAL_UNKNOWN)))
        fetch_end_object(f); /* it has another one by now */
    else
        fetch_end_round(f);
    if (f->what == QUERY_VERSIONS)
        peer_looked(l, now);
    fetch_go_on(l, now);
}

/* ---- questions ---- */

static struct status ask(struct exchange_link *l, const struct query_args *args, struct moment now)
{
    struct link_fetch *f = fetch_of(l);
    struct buffer b = buffer_new(ARGS_MAX_BYTES);
    query_args_write(&b, args);
    struct frame frame = {.kind = FRAME_QUERY,
                          .as.query = {.what = args->what, .args = buffer_slice(&b)}};
    struct status s = b.failed ? FAIL(MEMORY) : link_give(l, &frame, now);
    buffer_done(&b);
    if (failed(s))
        return s;
    f->asked = frame.number;
    f->what = args->what;
    f->answer_ms = now.mono_ms + FETCH_ANSWER_MS;
    return OK;
}

static bool may_ask(const struct exchange_link *l)
{
    return !l->over && l->leave_ms == 0 && l->session.state == SESSION_OPEN;
}

/* A look when nothing is left of the last one. */
static uint64_t object_ms(const struct link_fetch *f)
{
    if (f->look_ms == 0)
        return UINT64_MAX;
    return f->at == f->wanted_count ? f->look_ms : 0;
}

static uint64_t next_ms(const struct link_fetch *f)
{
    const uint64_t object = object_ms(f);
    const uint64_t at_ms = f->gap_ms != 0 && f->gap_ms < object ? f->gap_ms : object;
    return at_ms < f->again_ms ? f->again_ms : at_ms;
}

/* Before an object a party, which waits; but before all a look, which mail may wait for. */
static bool choose_question(struct exchange_link *l, struct moment now, struct query_args *ret_args)
{
    const struct link_fetch *f = fetch_of(l);
    bool is_due = now.mono_ms >= object_ms(f);
    if ((!is_due || f->at < f->wanted_count) && gap_question(l, now, ret_args))
        return true;
    if (is_due)
        *ret_args = fetch_next_object(f);
    return is_due;
}

void fetch_go_on(struct exchange_link *l, struct moment now)
{
    struct link_fetch *f = fetch_of(l);
    struct query_args args;
    f->again_ms = 0;
    if (!may_ask(l) || f->asked != 0 || now.mono_ms < next_ms(f))
        return;
    bool has_credit = session_credit(&l->session) > 0;
    if (has_credit && !choose_question(l, now, &args))
        return;
    if (!has_credit || failed(ask(l, &args, now)))
        f->again_ms = now.mono_ms + FETCH_CREDIT_MS;
    else if (args.what == QUERY_VERSIONS)
        f->look_ms = now.mono_ms + FETCH_EACH_MS;
}

void fetch_begin(struct exchange_link *l, struct moment now)
{
    if (l->exchange->settings.offered != NULL) {
        fetch_of(l)->octets = buffer_new(OBJECT_MAX_BYTES);
        fetch_of(l)->look_ms = now.mono_ms;
        fetch_of(l)->holds_mail = true;
    }
    gap_begin(l, now);
    fetch_go_on(l, now);
}

uint64_t fetch_deadline(const struct exchange_link *l)
{
    const struct link_fetch *f = l->peer == NULL ? NULL : fetch_of(l);
    if (f == NULL || !may_ask(l) || f->is_late)
        return UINT64_MAX;
    return f->asked != 0 ? f->answer_ms : next_ms(f);
}

/* A peer that does not answer is asked no more until it has. */
static void give_up(struct exchange_link *l, struct moment now)
{
    struct link_fetch *f = fetch_of(l);
    f->is_late = true;
    fetch_end_round(f);
    link_say(l, now, "peer.unfetched", "QUERY", FAIL(NETWORK));
    peer_looked(l, now);
}

void fetch_tick(struct exchange_link *l, struct moment now)
{
    if (now.mono_ms < fetch_deadline(l))
        return;
    if (fetch_of(l)->asked != 0)
        give_up(l, now);
    else
        fetch_go_on(l, now);
}
