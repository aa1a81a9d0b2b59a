#include "home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/receipt.h"
#include "base/encoding.h"
#include "base/file.h"
#include "fixture.h"
#include "gateway.h"
#include "libcomity/client.h"
#include "libcomity/clock.h"
#include "libcomity/records.h"
#include "session/query.h"

#define PATHS_ROOM 1024

static struct key *log_keys[2];

static void free_log_keys(void)
{
    key_free(log_keys[0]);
    key_free(log_keys[1]);
}

static const struct key *log_key(size_t i)
{
    static const uint8_t seeds[][32] = {{1, 2, 3}, {4, 5, 6}};
    if (log_keys[0] == NULL && log_keys[1] == NULL)
        atexit(free_log_keys);
    if (log_keys[i] == NULL && failed(key_from_seed(seeds[i], &log_keys[i])))
        exit(1);
    return log_keys[i];
}

const struct key *home_log_key(void)
{
    return log_key(0);
}

const struct key *home_far_key(void)
{
    return log_key(1);
}

static void write_file(const char *home, const char *name, struct slice text)
{
    char path[PATHS_ROOM], folder[PATHS_ROOM];
    snprintf(path, sizeof path, "%s/%s", home, name);
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    CHECK_OK(folder_make(folder, 0700));
    CHECK_OK(file_write(path, text, 0600));
}

static void copy_law(const char *home)
{
    struct text_files files;
    struct arena *arena = arena_new(64U << 20);
    CHECK_OK(folder_read(arena, COMITY_SOURCE_DIR "/policies", 256, &files));
    for (size_t i = 0; i < files.count; i++)
        write_file(home,
                   arena_print(arena, "rulebook/law/%.*s", (int)files.at[i].path.length,
                               (const char *)files.at[i].path.at),
                   files.at[i].text);
    arena_free(arena);
}

/* A certificate of the PKI as the directory writes it. */
static void put_certificate(struct buffer *b, const char *path)
{
    struct certificate *certificate = NULL;
    char text[8192];
    CHECK_OK(certificate_load(path, &certificate));
    base64_write(certificate_der(certificate), text);
    buffer_print(b, "from 2020-01-01 until 2099-01-01 \"%s\"\n", text);
    certificate_free(certificate);
}

static void put_gateway(struct buffer *b, const char *id, const char *origin, const struct key *key)
{
    uint8_t public[32];
    char vkey[ORIGIN_MAX_BYTES + 64];
    CHECK(key_public(key, public));
    vkey_write(origin, 1, public, vkey);
    buffer_print(b,
                 "gateway %s\n address \"127.0.0.1:1\"\n log \"%s\" key \"%s\""
                 " from 2020-01-01 until 2099-01-01 quorum 0\n",
                 id, origin, vkey);
}

static void write_states(const char *home, bool two)
{
    struct buffer b = buffer_new(65536);
    buffer_text(&b, "states number 1\n");
    buffer_text(&b, "state XA \"Arvenia\"\n domain xa.comity.example\n languages eng\n authority ");
    put_certificate(&b, pki("XA/ca.crt"));
    buffer_text(&b, " tier XC T3\n");
    buffer_text(&b, "state XC \"Corland\"\n domain xc.comity.example\n languages eng\n authority ");
    put_certificate(&b, pki("XC/ca.crt"));
    buffer_text(&b, " tier XA T3\n");
    put_gateway(&b, "XA-GW-01", HOME_ORIGIN, home_log_key());
    if (two)
        put_gateway(&b, "XC-GW-01", HOME_FAR_ORIGIN, home_far_key());
    write_file(home, "rulebook/states/test", buffer_slice(&b));
    buffer_done(&b);
}

static void write_parties(const char *home, const char *state, const char *gateway)
{
    char name[64], certificate[128];
    struct buffer b = buffer_new(65536);
    buffer_print(&b,
                 "parties %s number 1\nparty %s-CA-01 \"Ministry\" home %s"
                 " from 2020-01-01 until 2099-01-01\n sealing ",
                 state, state, gateway);
    snprintf(certificate, sizeof certificate, "%s/parties/%s-CA-01/seal.crt", state, state);
    put_certificate(&b, pki("%s", certificate));
    snprintf(name, sizeof name, "rulebook/parties/%s/test", state);
    write_file(home, name, buffer_slice(&b));
    buffer_done(&b);
}

static const char *make(const char *address, bool two)
{
    struct comity_fault fault;
    const char *home = fresh_folder();
    struct comity_context c = {.name = "xa-ca-01", .party = "XA-CA-01", .gateway = "XA-GW-01"};
    snprintf(c.address, sizeof c.address, "%s", address);
    snprintf(c.cert, sizeof c.cert, "%s", pki("XA/parties/XA-CA-01/tls.crt"));
    snprintf(c.key, sizeof c.key, "%s", pki("XA/parties/XA-CA-01/tls.key"));
    snprintf(c.sealing_cert, sizeof c.sealing_cert, "%s", pki("XA/parties/XA-CA-01/seal.crt"));
    snprintf(c.sealing_key, sizeof c.sealing_key, "%s", pki("XA/parties/XA-CA-01/seal.key"));
    snprintf(c.ca, sizeof c.ca, "%s", pki("XA/ca.crt"));
    snprintf(c.crl, sizeof c.crl, "%s", pki("XA/crl.pem"));
    snprintf(c.directory, sizeof c.directory, "%s/rulebook", home);
    CHECK_OK(crypto_thread_start());
    copy_law(home);
    write_states(home, two);
    write_parties(home, "XA", "XA-GW-01");
    write_parties(home, "XC", two ? "XC-GW-01" : "XA-GW-01");
    CHECK_U64(comity_context_write(home, &c, &fault), COMITY_DONE);
    return home;
}

const char *home_make(const char *address)
{
    return make(address, false);
}

const char *home_make_two(const char *address)
{
    return make(address, true);
}

/* ---- a log that the test writes ---- */

/* Before the entry, which is the last leaf, stand leaves of nothing. */
static struct status empty_subtree(void *store, unsigned level, uint64_t index,
                                   struct digest *ret_hash)
{
    (void)store, (void)index;
    struct digest hash = merkle_leaf((struct slice){0});
    for (unsigned i = 0; i < level; i++)
        hash = merkle_node(&hash, &hash);
    *ret_hash = hash;
    return OK;
}

static struct slices path_of(struct arena *arena, uint64_t size)
{
    struct digest path[MERKLE_MAX_PATH];
    size_t count = 0;
    struct slices list = {0};
    CHECK_OK(merkle_inclusion(empty_subtree, NULL, size - 1, size, path, &count));
    list.at = arena_array(arena, count, sizeof *list.at);
    for (list.count = 0; list.count < count; list.count++)
        list.at[list.count] = arena_copy(arena, digest_slice(&path[list.count]));
    return list;
}

static struct digest root_of(uint64_t size, const struct digest *leaf)
{
    struct merkle_edge edge = {0};
    struct digest empty = merkle_leaf((struct slice){0});
    for (uint64_t i = 0; i + 1 < size; i++)
        merkle_append(&edge, &empty);
    merkle_append(&edge, leaf);
    return merkle_root(&edge);
}

static struct outer outer_of(const struct entry_wish *wish)
{
    static const uint8_t rulebook[32] = {7};
    const struct claims *c = &wish->envelope->claims;
    return (struct outer){.kind = wish->kind,
                          .stage = wish->stage,
                          .hop = 1,
                          .gateway = slice_text("XA-GW-01"),
                          .id = c->id,
                          .from = c->from,
                          .to = c->to,
                          .type = c->type,
                          .purpose = c->purpose,
                          .seal = digest_slice(&wish->envelope->digest),
                          .release = digest_slice(&wish->envelope->digest),
                          .rulebook = slice_over(rulebook, sizeof rulebook),
                          .code = slice_text(wish->code == NULL ? "" : wish->code)};
}

struct slice receipt_for(struct arena *arena, const struct entry_wish *wish)
{
    static const struct entry_keys keys = {{1}, {2}, {3}};
    struct outer outer = outer_of(wish);
    struct inner inner = {.op = slice_text("DISCLOSE"), .actor = slice_text("XA-CA-01")};
    struct entry_records records;
    struct buffer note = buffer_new(NOTE_MAX_BYTES), out = buffer_new(RECEIPT_MAX_BYTES);
    struct slice made = {0};
    if (failed(entry_make(arena, clock_wall_ms(), &outer, &inner, &keys, &records)))
        return made;
    struct digest root = root_of(wish->size, &records.leaf);
    struct receipt receipt = {.entry = records.entry,
                              .key = slice_over(keys.outer, sizeof keys.outer),
                              .record = records.outer,
                              .index = wish->size - 1,
                              .path = path_of(arena, wish->size)};
    const struct key *key = wish->key == NULL ? home_log_key() : wish->key;
    if (!failed(note_sign(key, HOME_ORIGIN, wish->size, &root, &note))) {
        receipt.note = buffer_slice(&note);
        receipt_write(&out, &receipt);
        made = arena_copy(arena, buffer_slice(&out));
    }
    buffer_done(&note);
    buffer_done(&out);
    return made;
}

enum comity_exit home_send(struct comity *c, bool dry_run, struct comity_sent **ret_sent,
                           struct comity_fault *reterr)
{
    static const char *const to[] = {"XC-CA-01"};
    struct slice document = case_text("a3-sent.json");
    struct comity_letter letter = {.document = (const char *)document.at,
                                   .length = document.length,
                                   .to = to,
                                   .to_count = 1,
                                   .dry_run = dry_run};
    return comity_send(c, &letter, ret_sent, reterr);
}

static void record_kept(struct comity *c, const struct claims *claims, uint64_t received_ms)
{
    const struct sealer *sealer = vector_sealer();
    struct slice one = slice_text("octets");
    struct buffer seal = buffer_new(SEAL_MAX_BYTES), row = buffer_new(ARCHIVE_RECORD_MAX);
    CHECK_OK(seal_make(claims, sealer->key, certificate_x5t(sealer->certificate), &seal));
    struct deliver deliver = {
        .message = {buffer_slice(&seal), {&one, 1}}, .releases = {&one, 1}, .receipts = {&one, 1}};
    fetch_row_write(&row, &deliver);
    struct kept_message kept = {.key = {claims->from, claims->id, claims->to},
                                .received_ms = received_ms,
                                .row = buffer_slice(&row),
                                .certificate = certificate_der(sealer->certificate)};
    CHECK_OK(record_message(c->archive, &kept));
    buffer_done(&seal);
    buffer_done(&row);
}

void home_keep(struct comity *c, const struct home_message *message)
{
    static uint8_t id[UUID_BYTES] = {0, [6] = 0x40, [8] = 0x80};
    struct own_message own;
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    if (CHECK_OK(sent_load(c, arena, message->own, &own))) {
        struct claims claims = own.envelope->claims;
        claims.from = slice_text(message->from);
        claims.to = slice_text("XA-CA-01");
        if (message->replies) {
            id[0]++;
            claims.reply_to = claims.id;
            claims.present |= 1U << CLAIM_REPLY_TO;
            claims.id = slice_over(id, sizeof id);
        }
        record_kept(c, &claims, message->received_ms);
    }
    arena_free(arena);
}
