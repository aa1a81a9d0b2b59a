/* A party reads again what it was given: a consultation, which is in the log before it is shown. */

#include "exchange/link_query.h"
#include "exchange/records.h"

static void answer_read(struct pending *p, const struct journal_result *r, struct moment now)
{
    static const struct slice none = {0};
    struct exchange_link *l = p->link;
    const struct message_key key = {r->from, r->id, r->to};
    struct status s = failed(r->status) ? link_refuse(l, p->answers, REFUSAL_UNAVAILABLE, none,
                                                      none, link_retry_ms(l, p->answers), now)
                                        : link_answer_fetch(l, &key, p->answers, true, now);
    if (failed(s))
        l->over = true;
}

static struct status write_read(struct arena *arena, const struct judge *judge,
                                const struct deliver *deliver, struct posting *p)
{
    const struct envelope *envelope;
    struct status s =
        envelope_open(arena, deliver->message.seal, deliver->message_raw.length, &envelope);
    if (failed(s))
        return s.code == CODE_REFUSED ? FAIL(STORE) : s;
    const struct disclosure read = {
        .judge = judge,
        .hop = deliver->receipts.count,
        .envelope = envelope,
    };
    return records_write(arena, &read, POSTING_READ, p);
}

struct status link_enter_read(struct exchange_link *l, struct arena *arena,
                              const struct deliver *deliver, uint64_t number, struct moment now)
{
    const struct judge judge = link_judge(l, now);
    struct posting posting = {.kind = POSTING_READ, .at_ms = now.wall_ms};
    struct status s = write_read(arena, &judge, deliver, &posting);
    struct pending *pending = failed(s) ? NULL : pending_new(l, number);
    if (!failed(s) && pending == NULL)
        s = FAIL(MEMORY);
    if (!failed(s)) {
        pending->answer = answer_read;
        s = link_post(l, &posting, pending);
    }
    if (failed(s))
        pending_free(pending);
    return s;
}
