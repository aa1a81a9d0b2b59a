#include "comity/holdings.h"

#include <string.h>

#include "audit/receipt.h"
#include "session/query.h"

static void add_receipt(struct holdings *h, struct slice octets, size_t place)
{
    struct held_receipt r = {.octets = arena_copy(h->arena, octets), .place = place};
    struct receipt parsed;
    if (h->count == HOLDINGS_MAX || r.octets.at == NULL ||
        failed(receipt_parse(h->arena, r.octets, &parsed)) ||
        failed(outer_parse(parsed.record, &r.outer)))
        h->failed = true;
    else
        h->receipts[h->count++] = r;
}

static void take_seal(struct holdings *h, struct slice seal)
{
    if (failed(envelope_open(h->arena, seal, seal.length, &h->envelope)))
        h->failed = true;
}

/* [seal, fields], as it was submitted. */
static void take_submission(struct holdings *h, struct slice octets)
{
    struct slice message = arena_copy(h->arena, octets);
    if (message.at == NULL || failed(msgpack_scan(message))) {
        h->failed = true;
        return;
    }
    struct mp_cursor c = mp_over(message);
    mp_array_of(&c, 2);
    struct slice seal = mp_bytes(&c, 0, FRAME_MAX_BYTES);
    h->fields = mp_bytes_list(&c, h->arena, FIELDS_MAX, 0, FRAME_MAX_BYTES);
    if (mp_end(&c))
        take_seal(h, seal);
    else
        h->failed = true;
}

/* The elements of DELIVER: receipts and releases of every hop. */
static void take_message(struct holdings *h, const struct comity_archived *r)
{
    struct deliver deliver;
    struct slice octets = arena_copy(h->arena, slice_over(r->octets, r->length));
    if (octets.at == NULL || failed(msgpack_scan(octets)) ||
        failed(fetch_row_parse(h->arena, octets, &deliver))) {
        h->failed = true;
        return;
    }
    take_seal(h, deliver.message.seal);
    h->fields = deliver.message.fields;
    h->derived = deliver.derived;
    h->releases = deliver.releases;
    h->certificate = arena_copy(h->arena, slice_over(r->certificate, r->certificate_length));
    for (size_t i = 0; i < deliver.receipts.count; i++)
        add_receipt(h, deliver.receipts.at[i], i);
}

static bool take_record(void *owner, const struct comity_archived *r)
{
    struct holdings *h = owner;
    if (strcmp(r->id, h->id) != 0)
        return true;
    if (r->kind == COMITY_RECEIPT)
        add_receipt(h, slice_over(r->octets, r->length), 0);
    else if (r->kind == COMITY_SUBMISSION)
        take_submission(h, slice_over(r->octets, r->length));
    else
        take_message(h, r);
    return !h->failed;
}

enum comity_exit holdings_gather(struct holdings *h, struct comity *comity,
                                 struct comity_fault *reterr)
{
    unsigned kinds = (unsigned)(COMITY_SUBMISSION | COMITY_RECEIPT | COMITY_MESSAGE);
    enum comity_exit exit = comity_archive_each(comity, kinds, take_record, h, reterr);
    return exit == COMITY_DONE && h->failed
               ? fail(reterr, COMITY_FAILED, "STORE", "a record of %s cannot be read", h->id)
               : exit;
}

/* What is held has come nowhere. */
static const char *word_of(const struct held_receipt *r)
{
    return r->outer.kind == ENTRY_HOLD ? "held" : stage_name(r->outer.stage);
}

/* What is taken where no stage is named: 0 never, the highest first. */
static unsigned rank_of(const struct holdings *h, const struct held_receipt *r)
{
    if (h->releases.count > 0)
        return 1U + (unsigned)r->place;
    return r->outer.kind == ENTRY_DISCLOSURE ? 3
           : r->outer.kind == ENTRY_HOLD     ? 2
           : r->outer.kind == ENTRY_REFUSAL  ? 1
                                             : 0;
}

const struct held_receipt *holdings_choose(const struct holdings *h, const char *stage,
                                           const char *gateway)
{
    const struct held_receipt *chosen = NULL;
    for (size_t i = 0; i < h->count; i++) {
        const struct held_receipt *r = &h->receipts[i];
        bool wanted = (stage == NULL ? rank_of(h, r) > 0 : strcmp(word_of(r), stage) == 0) &&
                      (gateway == NULL || slice_is(r->outer.gateway, gateway));
        bool better = chosen == NULL || (stage == NULL ? rank_of(h, r) > rank_of(h, chosen)
                                                       : r->outer.hop < chosen->outer.hop);
        if (wanted && better)
            chosen = r;
    }
    return chosen;
}
