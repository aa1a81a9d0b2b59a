/* What parties and peers may ask about the rulebook. */

#include <stdlib.h>

#include "exchange/link.h"
#include "scenario/scene.h"
#include "scenario/shelf.h"
#include "session/query.h"

static const struct answer *ask(struct client *c, const struct query_args *args, size_t rows)
{
    const struct heard *h = client_ask(c, args);
    if (h == NULL || !CHECK_U64(h->frame.kind, FRAME_ANSWER))
        return NULL;
    return CHECK_U64(h->frame.as.answer.rows.count, rows) ? &h->frame.as.answer : NULL;
}

/* Fetches a whole object by pieces that are not longer than most. */
static void fetch_all(struct client *c, const char *name, size_t most, struct buffer *whole,
                      struct digest *ret_digest)
{
    struct rulebook_row row = {.length = 1};
    while (whole->length < row.length) {
        const struct query_args args = {
            .what = QUERY_RULEBOOK, .object = slice_text(name), .offset = whole->length};
        const struct answer *answer = ask(c, &args, 1);
        if (answer == NULL || !CHECK_OK(rulebook_row_parse(answer->rows.at[0], &row)) ||
            !CHECK(row.octets.length > 0 && row.octets.length <= most))
            return;
        buffer_put(whole, row.octets);
        *ret_digest = digest_read(row.digest);
    }
}

/* Also one that takes only the shortest frames. */
static void a_party_fetches_the_law_and_digests_it(void)
{
    static const uint64_t frames[] = {FRAME_MAX_BYTES, LINK_FRAME_LEAST};
    char *rules = shelf_long_rules();
    struct world *w = world_new(&(struct world_settings){.rules = rules});
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        struct client *c = client_connect(w, "XA-CA-01");
        struct buffer whole = buffer_new(OBJECT_MAX_BYTES);
        struct digest announced = {0}, digest;
        c->session.ours.max_frame = frames[i];
        client_greet(c);
        CHECK(client_hear(c, FRAME_WELCOME) != NULL);
        fetch_all(c, "law", i == 0 ? RULEBOOK_CHUNK_BYTES : LINK_FRAME_LEAST, &whole, &announced);
        if (CHECK_OK(objects_digest(buffer_slice(&whole), slice_text("law"), &digest))) {
            CHECK_BYTES(digest_slice(&digest), digest_slice(&announced));
            CHECK_BYTES(digest_slice(&digest), digest_slice(&w->rulebook->law_digest));
        }
        buffer_done(&whole);
        client_free(c);
    }
    world_free(w);
    free(rules);
}

static void the_versions_are_all_there_is(void)
{
    static const char *const names[] = {"law",        "parties:XA",     "parties:XB",
                                        "parties:XC", "revocations:XA", "states"};
    const struct query_args args = {.what = QUERY_VERSIONS};
    struct slice der = slice_text("a list");
    const struct object_lists lists = {slice_text("XA"), 5, {&der, 1}};
    struct world *w = world_new(&(struct world_settings){
        .apart = true, .gateway = "XC-GW-01", .lists = &lists, .list_count = 1});
    struct client *askers[] = {client_dial(w, "XC-CA-01"), client_dial(w, "XA-GW-01")};
    for (size_t i = 0; i < 2; i++) {
        const struct answer *answer = ask(askers[i], &args, sizeof names / sizeof names[0]);
        for (size_t j = 0; answer != NULL && j < answer->rows.count; j++) {
            struct versions_row row;
            const struct object *o = shelf_own(w, names[j]);
            if (!CHECK_OK(versions_row_parse(answer->rows.at[j], &row)) || !CHECK(o != NULL))
                break;
            CHECK_BYTES(row.name, slice_text(names[j]));
            CHECK_U64(row.number, o->number);
            CHECK_BYTES(row.digest, digest_slice(&o->digest));
        }
        CHECK(answer == NULL || answer->next.at == NULL);
    }
    world_free(w);
}

static void what_there_is_not_is_unknown(void)
{
    struct world *w = world_new(&(struct world_settings){.apart = true, .gateway = "XC-GW-01"});
    const struct object *law = shelf_own(w, "law");
    const struct query_args args[] = {
        {.what = QUERY_RULEBOOK, .object = slice_text("laws")},
        {.what = QUERY_RULEBOOK, .object = slice_text("")},
        {.what = QUERY_RULEBOOK, .object = slice_text("restored")},
        {.what = QUERY_RULEBOOK, .object = slice_text("parties:XD")},
        {.what = QUERY_RULEBOOK, .object = slice_text("revocations:XA")},
        {.what = QUERY_RULEBOOK, .object = slice_text("law/vocabulary")},
        {.what = QUERY_RULEBOOK, .object = slice_text("law"), .number = law->number + 1},
        {.what = QUERY_RULEBOOK, .object = slice_text("law"), .offset = law->octets.length},
        {.what = QUERY_RULEBOOK, .object = slice_text("law"), .offset = COUNT_MAX},
    };
    struct client *askers[] = {client_dial(w, "XC-CA-01"), client_dial(w, "XA-GW-01")};
    for (size_t i = 0; i < 2 * (sizeof args / sizeof args[0]); i++) {
        const struct heard *h = client_ask(askers[i % 2], &args[i / 2]);
        if (h != NULL && CHECK_U64(h->frame.kind, FRAME_REFUSE)) {
            CHECK_BYTES(h->frame.as.refuse.code, slice_text("E_UNKNOWN"));
            CHECK(h->frame.as.refuse.detail.at == NULL);
        }
    }
    const struct query_args fine = {.what = QUERY_RULEBOOK,
                                    .object = slice_text("law"),
                                    .number = law->number,
                                    .offset = law->octets.length - 1};
    ask(askers[0], &fine, 1);
    world_free(w);
}

TESTS(scenario_objects_asked,
      {"a party fetches the law by pieces and digests it", a_party_fetches_the_law_and_digests_it},
      {"the versions are all there is", the_versions_are_all_there_is},
      {"what there is not is unknown", what_there_is_not_is_unknown})
