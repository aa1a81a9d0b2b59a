/* Orders about erasures: each is carried out in the transaction of its entry. */

#include "app/control_order.h"
#include "app/control_parts.h"

#define ARENA_BYTES 4096U

static struct status post_order(struct journal *journal, const void *what, uint64_t now_ms,
                                void *owner, journal_done *done)
{
    return journal_erase(journal, what, now_ms, owner, done);
}

static json_t *refused(struct status s, enum erasure_act act)
{
    static const char *const absent[ERASURE_ACTS] = {
        [ERASURE_MESSAGE] = "there is no such message, or its octets are erased already",
        [ERASURE_ENTRY] = "there is no such entry, or its openings are erased already",
        [ERASURE_HOLD] =
            "there is no such message, its octets are erased, or it is on hold already",
        [ERASURE_LIFT] = "there is no such message, or it is not on hold",
        [ERASURE_PERSON] = "no entry names such a person, or the key is destroyed already",
    };
    if (s.code == CODE_ABSENT)
        return control_error("E_UNKNOWN", "%s", absent[act]);
    if (s.reason == REASON_ERASURE_HELD)
        return control_error("E_UNAVAILABLE",
                             "it is on hold: lift the hold first, with an order for that");
    if (s.reason == REASON_ERASURE_NEEDED)
        return control_error("E_UNAVAILABLE",
                             "its openings are still needed: receipts of stages are made of them"
                             " until the message is finished and its sender has taken them, and"
                             " what the gateway itself has done stays readable");
    return control_failure(s, "nothing was done");
}

static struct status give(struct control *c, struct control_order *order)
{
    struct status s = OK;
    struct arena *arena = arena_new(ARENA_BYTES);
    if (arena == NULL)
        return FAIL(MEMORY);
    if (order->order.erasure.act == ERASURE_PERSON)
        s = pseudonym_index(arena, c->settings.keyring, &order->of, order->sid,
                            &order->order.person);
    if (!failed(s))
        s = control_commit(c, post_order, &order->order);
    arena_free(arena);
    return s;
}

json_t *control_run_erasure(struct control *c, const char *argument)
{
    static const struct {
        const char *done, *event, *text;
    } words[ERASURE_ACTS] = {
        [ERASURE_MESSAGE] = {"erased", "operator.erased", "the octets of a message, on order"},
        [ERASURE_ENTRY] = {"erased", "operator.erased", "the openings of an entry, on order"},
        [ERASURE_HOLD] = {"held", "operator.held", "a message is not erased, on order"},
        [ERASURE_LIFT] = {"lifted", "operator.lifted", "a message is erased in its time again"},
        [ERASURE_PERSON] = {"erased", "operator.erased", "the key of a person in a case, on order"},
    };
    struct control_order order;
    if (!control_order_read(slice_text(argument), &order))
        return control_error("USAGE", "the order cannot be read");
    enum erasure_act act = order.order.erasure.act;
    struct status s = give(c, &order);
    if (failed(s))
        return refused(s, act);
    control_say(c, words[act].event, (struct slice){0}, words[act].text);
    return json_pack("{s:s}", "done", words[act].done);
}
