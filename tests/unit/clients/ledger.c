#include "ledger.h"

#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "home.h"
#include "libcomity/clock.h"

static const uint8_t rulebook[32] = {7};

struct ledger ledger_near(void)
{
    return (struct ledger){
        .gateway = "XA-GW-01", .origin = HOME_ORIGIN, .key = home_log_key(), .count = 0};
}

struct ledger ledger_far(void)
{
    return (struct ledger){
        .gateway = "XC-GW-01", .origin = HOME_FAR_ORIGIN, .key = home_far_key(), .count = 0};
}

static void append(struct ledger *ledger, const struct digest *leaf)
{
    if (CHECK(ledger->count < LEDGER_MAX))
        ledger->leaves[ledger->count++] = *leaf;
}

void ledger_grow(struct ledger *ledger, uint64_t size, uint8_t salt)
{
    while (ledger->count < size) {
        uint8_t entry[2] = {salt, (uint8_t)ledger->count};
        struct digest leaf = merkle_leaf(slice_over(entry, sizeof entry));
        append(ledger, &leaf);
    }
}

static struct status subtree(void *store, unsigned level, uint64_t index, struct digest *ret_hash)
{
    const struct ledger *ledger = store;
    *ret_hash = merkle_root_of(ledger->leaves + (index << level), 1ULL << level);
    return OK;
}

struct digest ledger_root(const struct ledger *ledger, uint64_t size)
{
    return merkle_root_of(ledger->leaves, size);
}

static struct slices hashes(struct arena *arena, const struct digest *path, size_t count)
{
    struct slices list = {arena_array(arena, count, sizeof *list.at), 0};
    for (; list.count < count; list.count++)
        list.at[list.count] = arena_copy(arena, digest_slice(&path[list.count]));
    return list;
}

struct slices ledger_proof(const struct ledger *ledger, struct arena *arena, uint64_t old,
                           uint64_t size)
{
    struct ledger copy = *ledger;
    struct digest path[MERKLE_MAX_CONSISTENCY];
    size_t count = 0;
    CHECK_OK(merkle_consistency(subtree, &copy, old, size, path, &count));
    return hashes(arena, path, count);
}

static struct outer outer_of(const struct ledger *ledger, const struct entry_told *told,
                             const struct digest *release)
{
    const struct claims *c = &told->envelope->claims;
    return (struct outer){
        .kind = told->kind,
        .stage = told->stage,
        .hop = told->hop,
        .gateway = slice_text(ledger->gateway),
        .id = c->id,
        .from = c->from,
        .to = c->to,
        .type = c->type,
        .purpose = c->purpose,
        .seal = digest_slice(&told->envelope->digest),
        .release = digest_slice(release),
        .rulebook = slice_over(rulebook, sizeof rulebook),
        .code = slice_text(told->code == NULL ? "" : told->code),
    };
}

static const struct entry_keys keys = {{1}, {2}, {3}};

struct ledger_entry ledger_enter(struct ledger *ledger, struct arena *arena,
                                 const struct entry_told *told)
{
    struct ledger_entry entry = {.index = ledger->count};
    struct digest release = digest_of(SEPARATION_RELEASE, told->release);
    struct outer outer = outer_of(ledger, told, &release);
    struct inner inner = {.op = slice_text("DISCLOSE"), .actor = slice_text("XA-CA-01")};
    if (CHECK_OK(entry_make(arena, clock_wall_ms(), &outer, &inner, &keys, &entry.records)))
        append(ledger, &entry.records.leaf);
    return entry;
}

struct slice ledger_receipt(const struct ledger *ledger, struct arena *arena,
                            const struct ledger_entry *entry)
{
    struct ledger copy = *ledger;
    struct digest path[MERKLE_MAX_PATH], root = ledger_root(ledger, ledger->count);
    size_t count = 0;
    struct buffer note = buffer_new(NOTE_MAX_BYTES), out = buffer_new(RECEIPT_MAX_BYTES);
    CHECK_OK(merkle_inclusion(subtree, &copy, entry->index, ledger->count, path, &count));
    CHECK_OK(note_sign(ledger->key, ledger->origin, ledger->count, &root, &note));
    struct receipt receipt = {.entry = entry->records.entry,
                              .key = slice_over(keys.outer, sizeof keys.outer),
                              .record = entry->records.outer,
                              .index = entry->index,
                              .path = hashes(arena, path, count),
                              .note = buffer_slice(&note)};
    receipt_write(&out, &receipt);
    struct slice made = arena_copy(arena, buffer_slice(&out));
    buffer_done(&note);
    buffer_done(&out);
    return made;
}

/* ---- a message over both ---- */

static void seal(struct arena *arena, struct submit *ret_submit)
{
    struct draft draft;
    struct comity_fault fault;
    struct key *key = NULL;
    struct certificate *certificate = NULL;
    struct schema *schema = shipped_schema(arena);
    struct compose_question question = {.schema = schema,
                                        .document = case_text("a3-sent.json"),
                                        .from = slice_text("XC-CA-01"),
                                        .to = slice_text("XA-CA-01"),
                                        .now_ms = clock_wall_ms()};
    CHECK_OK(key_load(pki("XC/parties/XC-CA-01/seal.key"), &key));
    CHECK_OK(certificate_load(pki("XC/parties/XC-CA-01/seal.crt"), &certificate));
    struct sealer sealer = {key, certificate};
    if (failed(compose(arena, &question, &draft, &fault)) ||
        failed(seal_draft(arena, &draft, &sealer, ret_submit, &fault)))
        exit(1);
    schema_free(schema);
    key_free(key);
    certificate_free(certificate);
}

/* All fields are let go, and as many other digests stand beside them as the seal has. */
static struct slices released(struct arena *arena, const struct crossing *x)
{
    const struct contents *contents = NULL;
    struct slices list = {0}, none = {0};
    const struct claims *claims = &x->envelope->claims;
    CHECK_OK(contents_parse(arena, claims, x->deliver.message.fields, none, &contents));
    struct digest *own = arena_array(arena, contents->field_count, sizeof *own);
    size_t fillers = (claims->digests.count - contents->field_count) * sizeof *own;
    uint8_t *random = arena_alloc(arena, fillers);
    CHECK_OK(entropy_fill(random, fillers));
    for (size_t i = 0; i < contents->field_count; i++)
        own[i] = field_released_digest(&contents->fields[i]);
    CHECK_OK(release_digests(arena, own, contents->field_count, slice_over(random, fillers),
                             claims->digests.count, &list));
    return list;
}

static struct release release_of(struct arena *arena, const struct crossing *x,
                                 const struct ledger *ledger, uint64_t hop)
{
    const struct claims *c = &x->envelope->claims;
    return (struct release){
        .hop = hop,
        .gateway = slice_text(ledger->gateway),
        .id = c->id,
        .thread = c->thread,
        .from = c->from,
        .to = c->to,
        .purpose = c->purpose,
        .seal_digest = digest_slice(&x->envelope->digest),
        .rulebook = {1, 1, 1, 1, digest_read(slice_over(rulebook, sizeof rulebook))},
        .digests = released(arena, x),
        .time_ms = clock_wall_ms(),
        .number = hop - 1,
    };
}

/* The entry of one hop, its release and its receipt, in the log as it is then. */
static struct proved let_go(struct arena *arena, struct crossing *x, struct ledger *ledger,
                            const struct release *release)
{
    struct proved proved = {0};
    size_t hop = x->deliver.releases.count++;
    struct buffer b = buffer_new(RELEASE_MAX_BYTES);
    release_write(&b, release);
    x->deliver.releases.at[hop] = arena_copy(arena, buffer_slice(&b));
    buffer_done(&b);
    struct entry_told told = {.kind = ENTRY_DISCLOSURE,
                              .stage = hop == 0 ? STAGE_ACCEPTED : STAGE_RELAYED,
                              .hop = hop + 1,
                              .envelope = x->envelope,
                              .release = x->deliver.releases.at[hop]};
    struct ledger_entry entry = ledger_enter(ledger, arena, &told);
    x->deliver.receipts.at[hop] = ledger_receipt(ledger, arena, &entry);
    x->deliver.receipts.count++;
    proved.leaf = entry.records.leaf;
    proved.note.size = ledger->count;
    proved.note.root = ledger_root(ledger, ledger->count);
    return proved;
}

struct crossing crossing_make(struct arena *arena, struct ledger *near, struct ledger *far)
{
    struct crossing x = {0};
    struct submit submit = {0};
    seal(arena, &submit);
    x.deliver.message = submit.message;
    x.deliver.releases.at = arena_array(arena, HOPS_MAX, sizeof(struct slice));
    x.deliver.receipts.at = arena_array(arena, HOPS_MAX, sizeof(struct slice));
    CHECK_OK(envelope_open(arena, submit.message.seal, submit.message.seal.length, &x.envelope));
    const struct claims *claims = &x.envelope->claims;
    x.key = (struct message_key){claims->from, claims->id, claims->to};
    struct release release = release_of(arena, &x, far, 1);
    struct proved *first = arena_alloc(arena, sizeof *first);
    *first = let_go(arena, &x, far, &release);
    release = release_of(arena, &x, near, 2);
    release.previous_leaf = digest_slice(&first->leaf);
    release.previous_size = first->note.size;
    release.previous_root = digest_slice(&first->note.root);
    (void)let_go(arena, &x, near, &release);
    return x;
}
