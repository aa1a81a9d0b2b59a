#include "libcomity/message.h"

#include <string.h>

#include "libcomity/reading.h"
#include "libcomity/receive.h"
#include "libcomity/uuid.h"
#include "wire/names.h"

struct walk {
    inbox_visit *visit;
    void *owner;
};

static struct status visit_row(void *owner, struct arena *arena, struct slice octets)
{
    const struct walk *walk = owner;
    struct inbox_row row;
    struct status s = inbox_row_parse(arena, octets, &row);
    return failed(s) ? s : walk->visit(walk->owner, &row);
}

struct status inbox_each(struct comity *c, struct slice thread, inbox_visit *visit, void *owner,
                         struct comity_fault *reterr)
{
    struct walk walk = {visit, owner};
    struct query_args args = {.what = QUERY_INBOX, .limit = INBOX_MAX_ROWS};
    if (thread.length > 0)
        args.thread = thread;
    return client_query_each(c, &args, visit_row, &walk, reterr);
}

/* Who is looked for, and who sent it. */
struct search {
    struct slice id;
    char from[PARTY_MAX_BYTES + 1];
    bool found;
};

static struct status find_row(void *owner, const struct inbox_row *row)
{
    struct search *search = owner;
    if (!search->found && slice_equal(row->key.id, search->id))
        search->found = slice_copy_text(row->key.from, search->from, sizeof search->from);
    return OK;
}

static struct status find_sender(struct comity *c, struct search *search,
                                 struct comity_fault *reterr)
{
    struct status s = inbox_each(c, (struct slice){0}, find_row, search, reterr);
    return failed(s) || search->found ? s : FAIL(ABSENT);
}

static struct status fetch(struct comity *c, struct arena *arena, const struct message_key *key,
                           struct deliver *ret_deliver, struct comity_fault *reterr)
{
    struct answer answer;
    struct query_args args = {.what = QUERY_FETCH, .key = *key};
    struct status s = client_query(c, arena, &args, &answer, reterr);
    if (failed(s))
        return s;
    s = answer.rows.count == 1 ? fetch_row_parse(arena, answer.rows.at[0], ret_deliver)
                               : REFUSE(FRAME_SHAPE);
    return s.code == CODE_REFUSED
               ? fault_verify(reterr, s, "%s answered with no message", c->context.gateway)
               : s;
}

static struct status fetch_verified(struct comity *c, struct arena *arena,
                                    const struct message_key *key, struct deliver *ret_deliver,
                                    const struct delivery_verified **ret_delivery,
                                    struct comity_fault *reterr)
{
    const struct delivery_verified *delivery;
    struct status s = fetch(c, arena, key, ret_deliver, reterr);
    if (!failed(s))
        s = reading_verify(c, arena, ret_deliver, &delivery, reterr);
    if (failed(s))
        return s;
    /* what was asked for is what came: the claims say so, not the row of the inbox */
    const struct claims *claims = &delivery->envelope->claims;
    if (!slice_equal(claims->id, key->id) || !slice_equal(claims->from, key->from))
        return fault_verify(reterr, REFUSE(RELEASE_CLAIMS), "%s answered with another message",
                            c->context.gateway);
    *ret_delivery = delivery;
    return OK;
}

static struct status open_fetched(struct comity *c, struct arena *arena, struct slice id,
                                  const struct delivery_verified **ret_delivery,
                                  struct comity_fault *reterr)
{
    struct deliver deliver;
    const struct delivery_verified *delivery = NULL;
    struct search search = {.id = id};
    struct status s = find_sender(c, &search, reterr);
    if (failed(s))
        return s;
    struct message_key key = {slice_text(search.from), id, client_party(c)};
    s = fetch_verified(c, arena, &key, &deliver, &delivery, reterr);
    if (failed(s) || failed(s = receive_keep(c, &deliver, delivery, 0, reterr)))
        return s;
    *ret_delivery = delivery;
    return OK;
}

struct status message_look(struct comity *c, struct arena *arena, const struct message_key *key,
                           const struct delivery_verified **ret_delivery,
                           struct comity_fault *reterr)
{
    struct deliver deliver;
    return fetch_verified(c, arena, key, &deliver, ret_delivery, reterr);
}

static struct status parse_kept(struct arena *arena, const struct kept_message *kept,
                                struct deliver *ret_deliver)
{
    bool good =
        !failed(msgpack_scan(kept->row)) && !failed(fetch_row_parse(arena, kept->row, ret_deliver));
    return good ? OK : FAIL(STORE);
}

struct status message_unseal(struct arena *arena, const struct kept_message *kept,
                             const struct envelope **ret_envelope)
{
    struct deliver deliver;
    struct status s = parse_kept(arena, kept, &deliver);
    if (!failed(s))
        s = envelope_open(arena, deliver.message.seal, deliver.message.seal.length, ret_envelope);
    return s.code == CODE_REFUSED ? FAIL(STORE) : s;
}

/*
 * Keys come from the directory and from nowhere else. This is no exception: the certificate was the
 * directory's when the message came and its seal was verified with it, and since then the archive's
 * own key vouches that nobody has touched either. So where the directory lists it no more, an old
 * message can still be read. A certificate that the directory still lists counts as it stands
 * there, also where its time was cut short since.
 */
static struct status kept_signer(const struct comity *c, struct arena *arena,
                                 const struct kept_message *kept,
                                 struct certificate **ret_certificate)
{
    const struct envelope *envelope;
    struct status s = message_unseal(arena, kept, &envelope);
    if (failed(s) || kept->certificate.length == 0 || reading_signer(c, envelope).length > 0)
        return s;
    return certificate_read(kept->certificate, ret_certificate);
}

static struct status open_archived(struct comity *c, struct arena *arena, struct slice id,
                                   const struct delivery_verified **ret_delivery,
                                   struct comity_fault *reterr)
{
    struct kept_message kept;
    struct deliver deliver;
    struct certificate *signer = NULL;
    struct status s = message_load(c->archive, arena, id, &kept);
    if (failed(s))
        return s;
    if (failed(parse_kept(arena, &kept, &deliver)) || failed(kept_signer(c, arena, &kept, &signer)))
        return fault_set(reterr, FAIL(STORE), "the archive %s holds a message that is none",
                         c->context.archive);
    s = reading_again(c, arena, &deliver, signer, ret_delivery, reterr);
    certificate_free(signer);
    return s;
}

struct status message_open(struct comity *c, struct arena *arena, struct slice id,
                           const struct delivery_verified **ret_delivery,
                           struct comity_fault *reterr)
{
    char text[UUID_TEXT_BYTES];
    struct status s = open_archived(c, arena, id, ret_delivery, reterr);
    if (s.code == CODE_ABSENT)
        s = open_fetched(c, arena, id, ret_delivery, reterr);
    if (s.code != CODE_ABSENT)
        return s;
    uuid_write(id, text);
    return fault_set(reterr, s, "there is no message %s, or it is not for %s", text,
                     c->context.party);
}
