#ifndef APP_CONTROL_ORDER_H
#define APP_CONTROL_ORDER_H

/*
 * An operator's order about an erasure, as the control socket takes it: four lines of text.
 *
 *   erase | hold | lift
 *   message FROM ID TO        the id as 32 hex digits; or, to be erased only: entry INDEX, or
 *                             person FROM REF SID, as FROM calls the case and the person in it;
 *                             REF is thread:ID where its messages have no reference
 *   on what basis             1 to 160 octets of text
 *   by whose order            1 to 80
 */

#include "exchange/pseudonym.h"
#include "journal/erasure.h"

struct control_order {
    struct erasure_order order; /* points into this and into the text that it was read from */
    uint8_t id[16];
    char ground[300];
    struct pseudonym_case of; /* of a person, and what that is called in it */
    struct slice sid;
};

/** Reads an order; false where it is none. */
bool control_order_read(struct slice text, struct control_order *ret_order);

/** Whether it can be read. */
bool control_order_good(struct slice text);

#endif
