#include "app/control_order.h"

#include <stdio.h>

#include "base/encoding.h"
#include "schema/identifier.h"
#include "wire/names.h"

#define BASIS_MAX_BYTES 160
#define WHOSE_MAX_BYTES 80

/* Takes off what stands before a separator; all of it where that is missing. */
static struct slice take(struct slice *rest, uint8_t separator)
{
    size_t end = slice_find(*rest, separator);
    struct slice part = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, end + 1, SIZE_MAX);
    return part;
}

/* It stands in an entry for ever, as one line. */
static bool is_line(struct slice text, size_t most)
{
    if (text.length == 0 || text.length > most)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] < 0x20 || text.at[i] == 0x7f)
            return false;
    return true;
}

static bool read_message(struct slice words, struct control_order *order)
{
    struct message_key *key = &order->order.key;
    key->from = take(&words, ' ');
    struct slice id = take(&words, ' ');
    key->to = words;
    key->id = slice_over(order->id, sizeof order->id);
    return name_is_party(key->from) && name_is_party(key->to) &&
           hex_read(id, order->id, sizeof order->id);
}

static bool read_entry(struct slice words, struct control_order *order)
{
    return decimal_read(words, INT64_MAX, &order->order.erasure.entry);
}

/* A case that has no reference is its thread. */
static bool read_case(struct control_order *order)
{
    static const char thread[] = "thread:";
    if (!slice_begins(order->of.frame, slice_text(thread)))
        return name_is_ref(order->of.frame);
    const struct slice hex = slice_part(order->of.frame, sizeof thread - 1, SIZE_MAX);
    order->of.frame = slice_over(order->id, sizeof order->id);
    return hex_read(hex, order->id, sizeof order->id);
}

static bool read_person(struct slice words, struct control_order *order)
{
    order->of.from = take(&words, ' ');
    order->of.frame = take(&words, ' ');
    order->sid = words;
    return name_is_party(order->of.from) && read_case(order) && identifier_is_sid(words);
}

/* What may be ordered about what. */
static const struct {
    const char *act, *about;
    enum erasure_act is;
    bool (*read)(struct slice words, struct control_order *order);
} orders[] = {
    {"erase", "message", ERASURE_MESSAGE, read_message},
    {"erase", "entry", ERASURE_ENTRY, read_entry},
    {"erase", "person", ERASURE_PERSON, read_person},
    {"hold", "message", ERASURE_HOLD, read_message},
    {"lift", "message", ERASURE_LIFT, read_message},
};

/* The first two lines. */
static bool read_act(struct slice act, struct slice words, struct control_order *order)
{
    const struct slice about = take(&words, ' ');
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (slice_is(act, orders[i].act) && slice_is(about, orders[i].about)) {
            order->order.erasure.act = orders[i].is;
            return orders[i].read(words, order);
        }
    return false;
}

bool control_order_read(struct slice text, struct control_order *ret_order)
{
    struct slice act = take(&text, '\n'), subject = take(&text, '\n'), basis = take(&text, '\n');
    *ret_order = (struct control_order){0};
    if (!read_act(act, subject, ret_order) || !is_line(basis, BASIS_MAX_BYTES) ||
        !is_line(text, WHOSE_MAX_BYTES))
        return false;
    snprintf(ret_order->ground, sizeof ret_order->ground, "basis: %.*s; order: %.*s",
             (int)basis.length, (const char *)basis.at, (int)text.length, (const char *)text.at);
    ret_order->order.erasure.ground = slice_text(ret_order->ground);
    return true;
}

bool control_order_good(struct slice text)
{
    struct control_order order;
    return control_order_read(text, &order);
}
