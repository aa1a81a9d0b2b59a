#include "app/control_order.h"

#include <stdio.h>

#include "base/encoding.h"
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

/* The second line, by the first. */
static bool read_subject(struct slice act, struct slice words, struct control_order *order)
{
    struct erasure *e = &order->order.erasure;
    bool is_message = slice_is(take(&words, ' '), "message");
    e->act = slice_is(act, "hold")   ? ERASURE_HOLD
             : slice_is(act, "lift") ? ERASURE_LIFT
             : is_message            ? ERASURE_MESSAGE
                                     : ERASURE_ENTRY;
    if (is_message)
        return read_message(words, order);
    return e->act == ERASURE_ENTRY && decimal_read(words, INT64_MAX, &e->entry);
}

bool control_order_read(struct slice text, struct control_order *ret_order)
{
    struct slice act = take(&text, '\n'), subject = take(&text, '\n'), basis = take(&text, '\n');
    bool is_act = slice_is(act, "erase") || slice_is(act, "hold") || slice_is(act, "lift");
    bool is_entry = slice_begins(subject, slice_text("entry "));
    *ret_order = (struct control_order){0};
    if (!is_act || (!is_entry && !slice_begins(subject, slice_text("message "))) ||
        !read_subject(act, subject, ret_order) || !is_line(basis, BASIS_MAX_BYTES) ||
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
