/* The rulebook as the gateway hands it out: what came must be what was announced, all of it. */

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "gateway.h"
#include "home.h"
#include "libcomity/fetched.h"
#include "session/query.h"
#include "wire/cbor.h"

#define OCTETS_MAX  4096U
#define ARENA_BYTES (4UL << 20)

/* What the gateway does wrong. */
enum wrong {
    NOTHING,
    OTHER_OCTETS,
    CHANGES_ONCE,
    CHANGES_ALWAYS,
    FORGETS,
    TOO_LONG,
    OTHER_LENGTH,
    EMPTY_PIECE,
    NO_PIECE,
    OUT_OF_ORDER,
    TWICE,
};

static struct comity *comity;
static struct comity_fault fault;
static struct arena *arena;
static struct fetched_rulebook fetched;

static enum wrong wrong;
static atomic_uint pieces;
static struct buffer octets; /* of the law */
static struct digest digest;

static void make_law(void)
{
    octets = buffer_new(OCTETS_MAX);
    cbor_put_array(&octets, 2);
    cbor_put_array(&octets, 1);
    cbor_put_array(&octets, 2);
    cbor_put_text(&octets, slice_text("vocabulary"));
    cbor_put_bytes(&octets, slice_text("law number 7"));
    cbor_put_array(&octets, 1);
    cbor_put_bytes(&octets, slice_text("a signature"));
    CHECK_OK(objects_digest(buffer_slice(&octets), slice_text("law"), &digest));
}

/* ---- the gateway ---- */

static void put_version(struct buffer *b, const char *name)
{
    versions_row_write(b, &(struct versions_row){slice_text(name), 7, digest_slice(&digest)});
}

static void answer_versions(struct served *s, const struct frame *query)
{
    static const char *const sorted[] = {"law", "restored", "revocations:XA"};
    static const char *const others[] = {"restored", "law", "law"};
    const char *const *names = wrong == OUT_OF_ORDER ? others
                               : wrong == TWICE      ? others + 1
                                                     : sorted;
    struct buffer rows[3];
    struct slice at[3];
    const size_t count = wrong == TWICE || wrong == OUT_OF_ORDER ? 2 : 3;
    for (size_t i = 0; i < count; i++) {
        rows[i] = buffer_new(256);
        put_version(&rows[i], names[i]);
        at[i] = buffer_slice(&rows[i]);
    }
    serve_answer(s, query, (struct slices){at, count});
    for (size_t i = 0; i < count; i++)
        buffer_done(&rows[i]);
}

/* The first piece is the half of it. */
static struct rulebook_row piece_of(uint64_t offset)
{
    const size_t half = octets.length / 2;
    const bool changes =
        wrong == CHANGES_ALWAYS || (wrong == CHANGES_ONCE && atomic_load(&pieces) == 2);
    struct rulebook_row row = {.number = changes ? 8 : 7, .digest = digest_slice(&digest)};
    row.octets = slice_part(buffer_slice(&octets), (size_t)offset, offset == 0 ? half : SIZE_MAX);
    row.length = wrong == TOO_LONG                     ? OBJECT_MAX_BYTES + 1U
                 : wrong == OTHER_LENGTH && offset > 0 ? octets.length + 1
                                                       : octets.length;
    if (wrong == EMPTY_PIECE && offset > 0)
        row.octets.length = 0;
    return row;
}

static void answer_piece(struct served *s, const struct frame *query, uint64_t offset)
{
    struct buffer b = buffer_new(OCTETS_MAX);
    struct rulebook_row row = piece_of(offset);
    uint8_t changed[OCTETS_MAX];
    if (wrong == OTHER_OCTETS && offset > 0) {
        memcpy(changed, row.octets.at, row.octets.length);
        changed[0] ^= 1; /* of the vocabulary's text */
        row.octets.at = changed;
    }
    rulebook_row_write(&b, &row);
    struct slice at = buffer_slice(&b);
    serve_answer(s, query, (struct slices){&at, wrong == NO_PIECE ? 0 : 1});
    buffer_done(&b);
}

static void take_query(struct served *s, const struct frame *f)
{
    struct query_args args;
    if (!CHECK_OK(query_args_parse(&f->as.query, &args)))
        return;
    if (args.what == QUERY_VERSIONS) {
        answer_versions(s, f);
        return;
    }
    atomic_fetch_add(&pieces, 1);
    CHECK(args.what == QUERY_RULEBOOK && slice_is(args.object, "law") && args.number == 7);
    if (wrong == FORGETS && atomic_load(&pieces) == 2)
        serve_refuse(s, f, "E_UNKNOWN", 0);
    else
        answer_piece(s, f, args.offset);
}

static void attend(struct served *s)
{
    struct frame bye = {.kind = FRAME_BYE};
    if (!serve_greet(s))
        return;
    for (struct frame f = serve_hear(s); f.kind != FRAME_NONE && f.kind != FRAME_BYE;
         f = serve_hear(s))
        if (f.kind == FRAME_QUERY)
            take_query(s, &f);
    serve_give(s, &bye);
}

/* ---- the party ---- */

static void begin(void)
{
    CHECK_OK(crypto_thread_start());
    make_law();
    gateway_start("XA/gateways/XA-GW-01", attend);
    struct comity_options options = {
        .home = home_make(gateway_address()), .context = "xa-ca-01", .timeout_ms = 3000};
    comity = NULL;
    arena = arena_new(ARENA_BYTES);
    CHECK_U64(comity_open(&options, &comity, &fault), COMITY_DONE);
}

/* No answer is under way while what is to go wrong is set. */
static struct status fetch(enum wrong what)
{
    wrong = what;
    atomic_store(&pieces, 0);
    fault = (struct comity_fault){0};
    struct status s = client_begin(comity, 0, &fault);
    return failed(s) ? s : fetched_rulebook(comity, arena, &fetched, &fault);
}

static void end(void)
{
    comity_close(comity);
    gateway_stop();
    arena_free(arena);
    buffer_done(&octets);
}

static void check_law(void)
{
    if (!CHECK_U64(fetched.count, 1))
        return;
    const struct fetched_object *law = &fetched.at[0];
    CHECK(slice_is(law->name, "law") && law->number == 7);
    CHECK(digest_equal(&digest, digest_slice(&law->digest)));
    if (CHECK_U64(law->files.count, 1)) {
        CHECK_BYTES(law->files.at[0].path, slice_text("vocabulary"));
        CHECK_BYTES(law->files.at[0].text, slice_text("law number 7"));
    }
    if (CHECK_U64(law->signatures.count, 1))
        CHECK_BYTES(law->signatures.at[0], slice_text("a signature"));
}

static void it_is_fetched_piece_by_piece_and_again_where_it_changes(void)
{
    static const enum wrong once[] = {CHANGES_ONCE, FORGETS};
    begin();
    CHECK_OK(fetch(NOTHING));
    CHECK_U64(atomic_load(&pieces), 2);
    check_law();
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
        fetched = (struct fetched_rulebook){0};
        CHECK_OK(fetch(once[i]));
        CHECK_U64(atomic_load(&pieces), 4);
        check_law();
    }
    struct status s = fetch(CHANGES_ALWAYS);
    CHECK_U64(s.code, CODE_NETWORK);
    CHECK_U64(fault_exit(&fault, s), COMITY_UNAVAILABLE);
    CHECK_U64(atomic_load(&pieces), 3);
    end();
}

static void what_is_not_what_was_announced_is_refused(void)
{
    static const enum wrong wrongs[] = {OTHER_OCTETS, TOO_LONG, OTHER_LENGTH, EMPTY_PIECE,
                                        NO_PIECE,     TWICE,    OUT_OF_ORDER};
    begin();
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        struct status s = fetch(wrongs[i]);
        if (!CHECK_U64(s.code, CODE_REFUSED) || !CHECK_U64(fault_exit(&fault, s), COMITY_VERIFY))
            printf("    %zu: %s\n", i, fault.message);
    }
    end();
}

TESTS(clients_fetched,
      {"it is fetched piece by piece, and again where it changes",
       it_is_fetched_piece_by_piece_and_again_where_it_changes},
      {"what is not what was announced is refused", what_is_not_what_was_announced_is_refused})
