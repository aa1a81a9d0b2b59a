#include "hop.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/disclosure.h"
#include "support/world_parts.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define PEER        "XA-GW-01"

struct hop *hop_new(void)
{
    struct hop *hop = calloc(1, sizeof *hop);
    world_need(hop != NULL && (hop->arena = arena_new(ARENA_BYTES)) != NULL, "memory");
    hop->world = world_new(&(struct world_settings){.gateway = "XC-GW-01", .apart = true});
    hop->log.key = world_log_key(PEER);
    hop->log.leaves[hop->log.size++] = merkle_leaf(slice_text("start"));
    return hop;
}

void hop_free(struct hop *hop)
{
    key_free(hop->log.key);
    world_free(hop->world);
    arena_free(hop->arena);
    free(hop);
}

static struct judge judge_of(const struct hop *hop, const char *gateway, struct slice party)
{
    return (struct judge){
        .rulebook = hop->world->rulebook,
        .gateway = slice_text(gateway),
        .party = party,
        .keyring = hop->world->keyring,
        .entropy = entropy_fill,
        .reader = hop->world->reader,
        .at_ms = hop->world->now.wall_ms,
    };
}

static struct letter *letter_of(const struct hop *hop, const char *document)
{
    return letter_new(&(struct letter_question){
        .rulebook = hop->world->rulebook,
        .document = document,
        .from = "XA-CA-01",
        .to = "XC-CA-01",
        .now_ms = hop->world->now.wall_ms,
    });
}

struct letter *hop_a3(const struct hop *hop)
{
    return letter_of(hop, (const char *)file_octets(tests_path("cases/a3-sent.json")).at);
}

struct letter *hop_plain(const struct hop *hop)
{
    return letter_of(hop,
                     "{\"type\": \"mla.request\", \"case_ref\": \"PA-2026-0500\","
                     " \"instrument\": \"UNTOC18\", \"lang\": \"eng\", \"owner\": \"XA\","
                     " \"legal_basis\": [\"UNTOC18\"], \"purpose\": \"EVIDENCE\","
                     " \"transfer\": {\"tier\": \"T3\", \"basis\": \"LED37_BINDING\"},"
                     " \"authority\": {\"name\": \"Prosecutor\", \"function\": \"Prosecutor\"},"
                     " \"proceeding\": {\"type\": \"PROSECUTION\","
                     "  \"conducted_by\": {\"name\": \"District Court\", \"function\": \"judge\"},"
                     "  \"subject\": \"fraud\"},"
                     " \"offences\": [{\"iccs\": \"0701\"}],"
                     " \"items\": [{\"item\": 1, \"measure\": \"SERVICE\"}],"
                     " \"purpose_text\": \"evidence at trial\"}");
}

static void offer_octets(struct offer *o, struct slices fields, struct slices derived)
{
    world_need(fields.count <= HOP_FIELDS_MAX && derived.count <= HOP_FIELDS_MAX, "many fields");
    for (size_t i = 0; i < fields.count; i++)
        o->fields[o->field_count++] = fields.at[i];
    for (size_t i = 0; i < derived.count; i++)
        o->derived[o->derived_count++] = derived.at[i];
}

struct offer hop_judge(struct hop *hop, const struct letter *letter)
{
    struct judgement j;
    struct body body;
    struct offer o = {.seal = letter->submit.message.seal};
    const struct judge judge = judge_of(hop, PEER, letter->key.from);
    world_need(!failed(judge_submit(hop->arena, &judge, &letter->submit, &j)) &&
                   j.posting.kind == POSTING_DISCLOSURE,
               "a message that hop 1 does not let go");
    CHECK_BYTES(j.posting.message.box, slice_text("XC-GW-01"));
    world_need(!failed(body_parse(hop->arena, j.posting.message.body, &body)), "body");
    struct mp_cursor c = mp_over(body.message);
    mp_array_of(&c, 2);
    mp_skip(&c);
    offer_octets(&o, mp_bytes_list(&c, hop->arena, HOP_FIELDS_MAX, 0, SIZE_MAX), body.derived);
    o.release = j.posting.release;
    o.outer = j.posting.outer;
    o.release.time_ms = judge.at_ms;
    return o;
}

static const struct envelope *envelope_of(struct hop *hop, const struct letter *letter)
{
    const struct envelope *envelope = NULL;
    world_need(!failed(envelope_open(hop->arena, letter->submit.message.seal,
                                     letter->submit.message_raw.length, &envelope)),
               "envelope");
    return envelope;
}

static struct slices all_digests(struct hop *hop, const struct letter *letter, size_t count)
{
    const struct submit *s = &letter->submit;
    size_t own = s->message.fields.count, filler_bytes = (count - own) * DIGEST_BYTES;
    struct digest *digests = arena_array(hop->arena, own, sizeof *digests);
    uint8_t *fillers = arena_alloc(hop->arena, filler_bytes);
    struct slices list;
    world_need(digests != NULL && fillers != NULL && !failed(entropy_fill(fillers, filler_bytes)),
               "memory");
    for (size_t i = 0; i < own; i++)
        digests[i] = digest_of(SEPARATION_RELEASED, s->message.fields.at[i]);
    world_need(!failed(release_digests(hop->arena, digests, own, slice_over(fillers, filler_bytes),
                                       count, &list)),
               "digests");
    return list;
}

struct offer hop_all(struct hop *hop, const struct letter *letter)
{
    const struct envelope *e = envelope_of(hop, letter);
    const struct claims *c = &e->claims;
    struct offer o = {.seal = letter->submit.message.seal};
    offer_octets(&o, letter->submit.message.fields, (struct slices){NULL, 0});
    o.release = (struct release){
        .hop = 1,
        .gateway = slice_text(PEER),
        .id = c->id,
        .thread = c->thread,
        .from = c->from,
        .to = c->to,
        .purpose = c->purpose,
        .seal_digest = digest_slice(&e->digest),
        .rulebook = rulebook_version(hop->world->rulebook, c->from, c->to),
        .digests = all_digests(hop, letter, c->digests.count),
        .time_ms = hop->world->now.wall_ms,
    };
    o.outer = (struct outer){
        .kind = ENTRY_DISCLOSURE,
        .stage = STAGE_ACCEPTED,
        .hop = 1,
        .gateway = slice_text(PEER),
        .id = c->id,
        .from = c->from,
        .to = c->to,
        .type = c->type,
        .purpose = c->purpose,
        .seal = digest_slice(&e->digest),
        .rulebook = digest_slice(&hop->world->rulebook->digest),
    };
    return o;
}

static struct slice keep(struct hop *hop, struct buffer *b)
{
    struct slice kept = arena_copy(hop->arena, buffer_slice(b));
    world_need(!b->failed && kept.at != NULL, "memory");
    buffer_done(b);
    return kept;
}

static struct status subtree(void *store, unsigned level, uint64_t index, struct digest *ret_hash)
{
    const struct hop_log *log = store;
    *ret_hash = merkle_root_of(&log->leaves[index << level], (uint64_t)1 << level);
    return OK;
}

static struct slices path_slices(struct hop *hop, const struct digest *path, size_t count)
{
    struct slices list = {arena_array(hop->arena, count + 1, sizeof *list.at), count};
    world_need(list.at != NULL, "memory");
    for (size_t i = 0; i < count; i++)
        list.at[i] = arena_copy(hop->arena, digest_slice(&path[i]));
    return list;
}

static void fill_paths(struct hop *hop, uint64_t old, struct receipt *r)
{
    struct digest path[MERKLE_MAX_CONSISTENCY];
    struct hop_log *log = &hop->log;
    size_t count;
    world_need(!failed(merkle_inclusion(subtree, log, r->index, log->size, path, &count)), "path");
    r->path = path_slices(hop, path, count);
    if (old == 0)
        return;
    world_need(!failed(merkle_consistency(subtree, log, old, log->size, path, &count)), "proof");
    r->has_proof = true;
    r->old_size = old;
    r->proof = path_slices(hop, path, count);
}

static struct slice sign(struct hop *hop)
{
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    struct digest root = merkle_root_of(hop->log.leaves, hop->log.size);
    world_need(!failed(note_sign(hop->log.key, WORLD_ORIGIN, hop->log.size, &root, &note)), "note");
    return keep(hop, &note);
}

/* Appends the entry and gives its receipt. */
static struct slice enter(struct hop *hop, const struct offer *o, const struct outer *outer)
{
    struct entry_keys keys;
    struct entry_records records;
    const struct inner inner = {.op = slice_text("DISCLOSE"), .actor = outer->from};
    world_need(
        hop->log.size < HOP_ENTRIES_MAX && !failed(entropy_fill(&keys, sizeof keys)) &&
            !failed(entry_make(hop->arena, o->release.time_ms, outer, &inner, &keys, &records)),
        "entry");
    hop->log.leaves[hop->log.size++] = records.leaf;
    struct receipt r = {
        .entry = records.entry,
        .key = arena_copy(hop->arena, slice_over(keys.outer, sizeof keys.outer)),
        .record = records.outer,
        .index = hop->log.size - 1,
        .note = sign(hop),
    };
    fill_paths(hop, o->old, &r);
    struct buffer b = buffer_new(RECEIPT_MAX_BYTES);
    receipt_write(&b, &r);
    return keep(hop, &b);
}

static struct slice message_raw(struct hop *hop, const struct offer *o)
{
    struct buffer b = buffer_new(FRAME_MAX_BYTES);
    mp_put_array(&b, 2);
    mp_put_bytes(&b, o->seal);
    mp_put_array(&b, o->field_count);
    for (size_t i = 0; i < o->field_count; i++)
        mp_put_bytes(&b, o->fields[i]);
    return keep(hop, &b);
}

static struct slices listed(struct hop *hop, const struct slice *at, size_t count)
{
    struct slices list = {arena_array(hop->arena, count + 2, sizeof *list.at), count};
    world_need(list.at != NULL, "memory");
    for (size_t i = 0; i < count; i++)
        list.at[i] = at[i];
    return list;
}

struct deliver hop_deliver(struct hop *hop, const struct offer *o)
{
    struct buffer b = buffer_new(FRAME_MAX_BYTES);
    release_write(&b, &o->release);
    struct slice release = keep(hop, &b);
    struct digest digest = digest_of(SEPARATION_RELEASE, release);
    struct outer outer = o->outer;
    if (outer.release.length == 0)
        outer.release = arena_copy(hop->arena, digest_slice(&digest));
    struct slice receipt = enter(hop, o, &outer);
    return (struct deliver){
        .message_raw = message_raw(hop, o),
        .message = {o->seal, listed(hop, o->fields, o->field_count)},
        .derived = listed(hop, o->derived, o->derived_count),
        .releases = listed(hop, &release, 1),
        .receipts = listed(hop, &receipt, 1),
    };
}

struct kept_checkpoint hop_checkpoint(struct hop *hop, const struct deliver *deliver)
{
    struct receipt receipt;
    struct note note;
    world_need(!failed(receipt_parse(hop->arena, deliver->receipts.at[0], &receipt)) &&
                   !failed(note_parse(receipt.note, &note)),
               "checkpoint");
    return (struct kept_checkpoint){slice_text(WORLD_ORIGIN), note.size, note.root};
}

struct status hop_relay_in(struct hop *hop, struct arena *arena, const struct deliver *deliver,
                           struct judgement *ret_judgement)
{
    const struct judge judge = judge_of(hop, "XC-GW-01", slice_text(PEER));
    const struct bringer bringer = {.kept = hop->kept.size == 0 ? NULL : &hop->kept,
                                    .same_law = !hop->has_other_law,
                                    .same_directory = !hop->has_other_directory};
    return judge_relay(arena, &judge, deliver, &bringer, ret_judgement);
}

struct judgement hop_relay(struct hop *hop, const struct deliver *deliver)
{
    struct judgement j = {0};
    CHECK_OK(hop_relay_in(hop, hop->arena, deliver, &j));
    return j;
}

bool hop_refused(const struct judgement *j, enum posting_kind kind, struct status why)
{
    bool good = CHECK_STATUS(j->why, why);
    good = CHECK_TEXT(refusal_name(j->code), refusal_name(reason_refusal(why.reason))) && good;
    good = CHECK_U64(j->posting.kind, kind) && good;
    good = CHECK_U64(j->posting.outer.kind, ENTRY_REFUSAL) && good;
    good = CHECK_U64(j->posting.outer.hop, 2) && good;
    good = CHECK_BYTES(j->posting.outer.code, slice_text(refusal_name(j->code))) && good;
    good = CHECK_U64(j->posting.relayed.release.length, 0) && good;
    return CHECK(!j->repeated) && good;
}

/* One result on its way from the journal's thread. */
struct awaited {
    pthread_mutex_t mutex;
    pthread_cond_t arrived;
    struct journal_result *result;
};

static void take_result(void *owner, struct journal_result *results)
{
    struct awaited *a = owner;
    pthread_mutex_lock(&a->mutex);
    a->result = results;
    pthread_cond_signal(&a->arrived);
    pthread_mutex_unlock(&a->mutex);
}

struct slice hop_post(struct hop *hop, const struct judgement *judgement)
{
    struct awaited a = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL};
    struct posting posting = judgement->posting;
    struct slice receipt = {NULL, 0};
    posting.owner = &a;
    if (!CHECK_OK(journal_post(hop->world->journal, &posting, take_result)))
        return receipt;
    pthread_mutex_lock(&a.mutex);
    while (a.result == NULL)
        pthread_cond_wait(&a.arrived, &a.mutex);
    pthread_mutex_unlock(&a.mutex);
    if (CHECK_OK(a.result->status))
        receipt = arena_copy(hop->arena, a.result->receipt);
    journal_result_free(a.result);
    return receipt;
}
