#ifndef POLICY_LAW_DIFF_H
#define POLICY_LAW_DIFF_H

/*
 * What a new law lets through more, and what less, than the old one: for each message type, lane
 * and field over all messages, with an example for either direction. Exact as reach.h is. Both laws
 * are asked about the same messages: fields, routes and purposes of a type are those of the new
 * law; a field or a type that the old law does not have reached nothing there. What only the old
 * law has is not told.
 *
 * Levels are compared in the new law's order; one that the new order does not have counts as the
 * most telling of its levels that tells no more.
 *
 * `comity policy diff OLD NEW`. Whatever is wider needs the second signature.
 */

#include "policy/party_class.h"
#include "policy/probe.h"

enum law_change {
    CHANGE_UNDECIDED,
    CHANGE_WIDER,
    CHANGE_NARROWER,
    CHANGE_INCOMPARABLE, /* wider for some messages, narrower for others */
};

/** Lanes and fields that change alike. What is equal is not told. */
struct law_difference {
    enum law_change change;
    const struct message_type *type;
    const struct party_class *from, *to; /* parties of the new directory that no rule tells apart */
    struct slice purpose;
    const struct group_field *const *fields; /* group_field_name gives their names */
    size_t field_count;
    const char *wider;    /* a message that reaches more than before; NULL where none does */
    const char *narrower; /* one that reaches less */
};

typedef void law_difference_visit(void *context, const struct law_difference *difference);

/** Calls for each difference, by type, group of fields, sender, recipient and purpose; what it is
 * shown lives until it returns. MEMORY */
struct status law_diff(struct arena *arena, const struct rulebook *old_rulebook,
                       const struct rulebook *new_rulebook, uint64_t at_ms,
                       law_difference_visit *visit, void *context);

#endif
