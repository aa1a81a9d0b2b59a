/* comity_cose_receipt: the own gateway's proof of an entry in the form that others read. */

#include <stdlib.h>
#include <string.h>

#include "audit/cose_receipt.h"
#include "audit/ended.h"
#include "crypto/merkle.h"
#include "libcomity/record_parts.h"
#include "libcomity/rows.h"
#include "libcomity/sent.h"

/* The entry that is meant, and where its COSE receipt is kept. */
struct entry {
    struct message_key key;
    struct receipt_place place;
    struct digest leaf;
};

static struct status entry_fill(struct arena *arena, struct slice receipt, struct entry *entry)
{
    struct receipt r;
    struct outer outer;
    struct status s = receipt_parse(arena, receipt, &r);
    if (!failed(s))
        s = outer_parse(r.record, &outer);
    if (failed(s))
        return s.code == CODE_REFUSED ? FAIL(STORE) : s; /* it was verified before it was kept */
    entry->place = (struct receipt_place){entry->key.id, outer.stage, outer.hop};
    entry->leaf = merkle_leaf(r.entry);
    return OK;
}

/* The own gateway's entry about an own message. */
static struct status sent_entry(struct comity *c, struct arena *arena, const char *word,
                                struct entry *entry)
{
    struct own_message message;
    struct slice receipt;
    struct status s = sent_load(c, arena, entry->key.id, &message);
    if (failed(s))
        return s;
    entry->key.from = message.envelope->claims.from;
    entry->key.to = message.envelope->claims.to;
    for (enum stage stage = STAGE_NONE; stage <= STAGE_NOT_RETRIEVED; stage++) {
        const struct receipt_place place = {entry->key.id, stage, 1};
        if (strcmp(stage_word(stage), word) != 0)
            continue;
        s = receipt_load(c->archive, arena, &place, &receipt);
        return failed(s) ? s : entry_fill(arena, receipt, entry);
    }
    return FAIL(ABSENT);
}

/* Of a received message the own gateway's disclosure, which is the last one. */
static struct status received_entry(struct comity *c, struct arena *arena, const char *word,
                                    struct entry *entry)
{
    struct kept_message kept;
    struct deliver deliver;
    struct status s = message_load(c->archive, arena, entry->key.id, &kept);
    if (failed(s))
        return s;
    s = fetch_row_parse(arena, kept.row, &deliver);
    if (failed(s))
        return s.code == CODE_REFUSED ? FAIL(STORE) : s;
    entry->key = kept.key;
    s = entry_fill(arena, deliver.receipts.at[deliver.receipts.count - 1], entry);
    if (!failed(s) && strcmp(stage_word(entry->place.stage), word) != 0)
        s = FAIL(ABSENT);
    return s;
}

static struct status entry_find(struct comity *c, struct arena *arena, const char *id,
                                const char *word, struct entry *ret_entry,
                                struct comity_fault *reterr)
{
    uint8_t *octets = arena_alloc(arena, UUID_BYTES);
    if (octets == NULL)
        return FAIL(MEMORY);
    if (!uuid_read(slice_text(id), octets))
        return fault_input(reterr, REFUSAL_UNKNOWN, "\"%s\" is no id of a message", id);
    ret_entry->key.id = slice_over(octets, UUID_BYTES);
    struct status s = sent_entry(c, arena, word, ret_entry);
    if (s.code == CODE_ABSENT)
        s = received_entry(c, arena, word, ret_entry);
    if (s.code == CODE_ABSENT)
        return fault_set(reterr, s, "the archive has no receipt of %s for message %s, %s",
                         c->context.gateway, id, word);
    return failed(s) ? fault_set(reterr, s, "message %s cannot be read from the archive", id) : OK;
}

/* No more than what the directory says that there is of the log. */
static struct status hold_end(const struct log_row *row, const struct entry *entry,
                              const struct cose_receipt *cose)
{
    struct digest root;
    if (!merkle_path_root(&entry->leaf, cose->index, cose->size, cose->path, &root))
        return REFUSE(INCLUSION);
    return log_end_allows(row, cose->size, &root);
}

/* By one of the own gateway's logs, of this message and this entry. */
static struct status hold(const struct comity *c, struct arena *arena, const struct entry *entry,
                          struct slice octets)
{
    struct cose_receipt cose;
    struct status s = cose_receipt_parse(arena, octets, &cose);
    if (failed(s))
        return s;
    s = REFUSE(PROOF_KEY);
    for (size_t i = 0; i < c->home->log_count && failed(s); i++) {
        const struct log_row *row = &c->home->logs[i];
        struct vkey log;
        if (!failed(vkey_parse(row->vkey, &log)))
            s = cose_receipt_verify(&cose, &entry->leaf, &log);
        if (!failed(s) && failed(s = hold_end(row, entry, &cose)))
            return s;
    }
    if (!failed(s) && !slice_equal(slice_over(cose.id, sizeof cose.id), entry->key.id))
        s = REFUSE(RECEIPT_CLAIMS);
    return s;
}

static struct status ask(struct comity *c, struct arena *arena, const struct entry *entry,
                         struct slice *ret_octets, struct comity_fault *reterr)
{
    uint8_t room[RECORD_NAME_BYTES];
    const struct query_args args = {
        .what = QUERY_COSE, .key = entry->key, .stage = entry->place.stage};
    struct answer answer;
    struct slice octets;
    struct status s = client_query(c, arena, &args, &answer, reterr);
    if (s.code == CODE_ABSENT)
        return fault_set(reterr, s, "%s gives no COSE receipt of that entry", c->context.gateway);
    if (failed(s))
        return s;
    s = answer.rows.count == 1 ? cose_row_parse(answer.rows.at[0], &octets) : REFUSE(FRAME_SHAPE);
    if (!failed(s))
        s = hold(c, arena, entry, octets);
    if (failed(s))
        return fault_verify(reterr, s, "the COSE receipt that %s gave does not hold",
                            c->context.gateway);
    s = archive_put(c->archive, ARCHIVE_COSE, receipt_name(room, &entry->place), octets);
    if (failed(s))
        return fault_set(reterr, s, "the archive %s cannot keep it", c->context.archive);
    *ret_octets = octets;
    return OK;
}

static struct status find(struct comity *c, struct arena *arena, const struct entry *entry,
                          bool may_ask, struct slice *ret_octets, struct comity_fault *reterr)
{
    uint8_t room[RECORD_NAME_BYTES];
    struct status s =
        record_get(c->archive, arena, ARCHIVE_COSE, receipt_name(room, &entry->place), ret_octets);
    if (s.code == CODE_ABSENT && may_ask)
        return ask(c, arena, entry, ret_octets, reterr);
    if (s.code == CODE_ABSENT)
        return fault_set(reterr, s, "the archive has no COSE receipt of it");
    if (failed(s))
        return fault_set(reterr, s, "a COSE receipt cannot be read from the archive");
    s = hold(c, arena, entry, *ret_octets);
    return failed(s) ? fault_verify(reterr, s, "a COSE receipt in the archive does not hold") : OK;
}

static struct status give(struct slice octets, struct comity_proof **ret_proof)
{
    struct comity_proof *proof = calloc(1, sizeof *proof);
    uint8_t *copy = malloc(octets.length);
    if (proof == NULL || copy == NULL) {
        free(proof);
        free(copy);
        return FAIL(MEMORY);
    }
    memcpy(copy, octets.at, octets.length);
    *proof = (struct comity_proof){copy, octets.length};
    *ret_proof = proof;
    return OK;
}

enum comity_exit comity_cose_receipt(struct comity *c, const char *id, const char *stage,
                                     bool may_ask, struct comity_proof **ret_proof,
                                     struct comity_fault *reterr)
{
    struct entry entry = {0};
    struct slice octets = {0};
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    struct status s = client_begin(c, 0, reterr);
    if (arena == NULL)
        s = FAIL(MEMORY);
    if (!failed(s))
        s = entry_find(c, arena, id, stage, &entry, reterr);
    if (!failed(s))
        s = find(c, arena, &entry, may_ask, &octets, reterr);
    if (!failed(s))
        s = give(octets, ret_proof);
    arena_free(arena);
    return fault_exit(reterr, s);
}

void comity_proof_free(struct comity_proof *proof)
{
    if (proof == NULL)
        return;
    free(proof->octets);
    free(proof);
}
