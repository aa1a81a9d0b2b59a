/* A peer gateway that answers what it is asked about its rulebook as it likes, or not at all. */

#include <stdlib.h>

#include "exchange/link_fetch.h"
#include "scenario/scene.h"
#include "scenario/shelf.h"
#include "session/query.h"

struct rogue {
    struct shelf shelf;
    struct world *world;   /* XC-GW-01 */
    struct client *client; /* XA-GW-01 */
    struct arena *arena;
    uint64_t asked; /* the number of its last QUERY */
    struct query_args args;
};

static struct rogue *rogue_new(void)
{
    struct rogue *r = calloc(1, sizeof *r);
    r->arena = arena_new((size_t)64 << 20);
    r->world = world_new(&(struct world_settings){
        .apart = true, .gateway = "XC-GW-01", .offered = shelf_keep, .offered_owner = &r->shelf});
    r->client = client_dial(r->world, "XA-GW-01");
    return r;
}

static void rogue_end(struct rogue *r)
{
    world_free(r->world);
    shelf_clear(&r->shelf);
    arena_free(r->arena);
    free(r);
}

static bool hear_query(struct rogue *r, enum query_what what)
{
    const struct heard *h = client_hear(r->client, FRAME_QUERY);
    if (!CHECK(h != NULL) || !CHECK_OK(query_args_parse(&h->frame.as.query, &r->args)))
        return false;
    r->asked = h->frame.number;
    return CHECK_U64(r->args.what, what);
}

/* Whether there is a question that was not heard. */
static bool is_asked(const struct rogue *r)
{
    for (const struct heard *h = r->client->heard; h != NULL; h = h->next)
        if (!h->read && h->frame.kind == FRAME_QUERY)
            return true;
    return false;
}

static void answer(struct rogue *r, enum query_what what, struct slices rows)
{
    struct frame f = {.kind = FRAME_ANSWER,
                      .as.answer = {.answers = r->asked, .what = what, .rows = rows}};
    client_give(r->client, &f);
}

static struct slice version(struct rogue *r, const char *name, uint64_t number, uint8_t digest)
{
    const uint8_t octets[DIGEST_BYTES] = {digest};
    struct buffer b = buffer_new(256);
    versions_row_write(
        &b, &(struct versions_row){slice_text(name), number, slice_over(octets, sizeof octets)});
    struct slice row = arena_copy(r->arena, buffer_slice(&b));
    buffer_done(&b);
    return row;
}

static struct slice piece(struct rogue *r, const struct rulebook_row *row)
{
    struct buffer b = buffer_new(FRAME_MAX_BYTES);
    rulebook_row_write(&b, row);
    struct slice octets = arena_copy(r->arena, buffer_slice(&b));
    buffer_done(&b);
    return octets;
}

/* Announces a law of number 9 whose digest begins with 1, and hears the question for it. */
static bool announce(struct rogue *r)
{
    struct slice row = version(r, "law", 9, 1);
    if (!hear_query(r, QUERY_VERSIONS))
        return false;
    answer(r, QUERY_VERSIONS, (struct slices){&row, 1});
    return hear_query(r, QUERY_RULEBOOK) && CHECK_BYTES(r->args.object, slice_text("law")) &&
           CHECK_U64(r->args.number, 9);
}

static const uint8_t announced_digest[DIGEST_BYTES] = {1};

static struct rulebook_row good_piece(void)
{
    static const uint8_t octets[8] = {0x80};
    return (struct rulebook_row){.number = 9,
                                 .digest = slice_over(announced_digest, sizeof announced_digest),
                                 .octets = slice_over(octets, sizeof octets),
                                 .length = 100};
}

static void check_refused(struct rogue *r, const char *reason, const char *code)
{
    const struct heard *bye = client_hear(r->client, FRAME_BYE);
    if (CHECK(bye != NULL))
        CHECK_BYTES(bye->frame.as.bye_code, slice_text(code));
    CHECK(r->client->link == NULL);
    CHECK(scene_reason(r->world, reason));
    CHECK_U64(r->shelf.count, 0);
}

static void change_nothing(struct rulebook_row *row)
{
    (void)row;
}

static void no_octets(struct rulebook_row *row)
{
    row->octets.length = 0;
}

static void more_than_there_is(struct rulebook_row *row)
{
    row->length = row->octets.length - 1;
}

static void nothing_at_all(struct rulebook_row *row)
{
    row->octets.length = 0;
    row->length = 0;
}

static void another_length(struct rulebook_row *row)
{
    row->length++;
}

static void a_shorter_length(struct rulebook_row *row)
{
    row->length = 1;
}

/* Each is nonsense in a frame of the right form, the second piece where there is one. */
static void pieces_that_fit_nothing_end_the_link(void)
{
    static const struct {
        void (*first)(struct rulebook_row *row), (*second)(struct rulebook_row *row);
        size_t rows;
        bool has_next;
    } tricks[] = {
        {no_octets, NULL, 1, false},
        {more_than_there_is, NULL, 1, false},
        {nothing_at_all, NULL, 1, false},
        {change_nothing, another_length, 1, false},
        {change_nothing, a_shorter_length, 1, false},
        {change_nothing, NULL, 0, false},
        {change_nothing, NULL, 2, false},
        {change_nothing, NULL, 1, true},
    };
    for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
        struct rogue *r = rogue_new();
        struct rulebook_row row = good_piece();
        bool asked = announce(r);
        if (asked && tricks[i].second != NULL) {
            struct slice octets = piece(r, &row);
            answer(r, QUERY_RULEBOOK, (struct slices){&octets, 1});
            asked = hear_query(r, QUERY_RULEBOOK) && CHECK_U64(r->args.offset, 8);
        }
        (tricks[i].second != NULL ? tricks[i].second : tricks[i].first)(&row);
        struct slice octets[] = {piece(r, &row), piece(r, &row)};
        struct frame f = {.kind = FRAME_ANSWER,
                          .as.answer = {.answers = r->asked,
                                        .what = QUERY_RULEBOOK,
                                        .rows = {octets, tricks[i].rows}}};
        if (tricks[i].has_next)
            f.as.answer.next = slice_text("next");
        if (asked) {
            client_give(r->client, &f);
            check_refused(r, "frame.shape", "E_SCHEMA");
        }
        rogue_end(r);
    }
}

static void versions_out_of_order_end_the_link(void)
{
    static const char *const names[][2] = {{"states", "law"}, {"law", "law"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct rogue *r = rogue_new();
        struct slice rows[] = {version(r, names[i][0], 9, 1), version(r, names[i][1], 9, 2)};
        if (hear_query(r, QUERY_VERSIONS)) {
            answer(r, QUERY_VERSIONS, (struct slices){rows, 2});
            check_refused(r, "frame.shape", "E_SCHEMA");
        }
        rogue_end(r);
    }
}

static void an_answer_to_another_question_ends_the_link(void)
{
    struct rogue *r = rogue_new();
    struct slice row = version(r, "states", 9, 1);
    if (announce(r)) {
        answer(r, QUERY_VERSIONS, (struct slices){&row, 1});
        check_refused(r, "frame.shape", "E_SCHEMA");
    }
    rogue_end(r);
}

static void an_answer_to_nothing_ends_the_link(void)
{
    struct rogue *r = rogue_new();
    if (hear_query(r, QUERY_VERSIONS)) {
        answer(r, QUERY_VERSIONS, (struct slices){0});
        answer(r, QUERY_VERSIONS, (struct slices){0}); /* once more */
        check_refused(r, "frame.state", "E_STATE");
    }
    rogue_end(r);
}

/* Names that no object has are passed over, whatever stands for them. */
static void names_of_no_object_are_passed_over(void)
{
    struct rogue *r = rogue_new();
    struct slice rows[] = {
        version(r, "", 9, 1),
        version(r, "laws", 9, 1),
        version(r, "parties:../x", 9, 1),
        version(r, "parties:X", 9, 1),
        version(r, "parties:XZ", 9, 1),
        version(r, "revocations:xa", 9, 1),
    };
    if (hear_query(r, QUERY_VERSIONS)) {
        answer(r, QUERY_VERSIONS, (struct slices){rows, sizeof rows / sizeof rows[0]});
        if (hear_query(r, QUERY_RULEBOOK))
            CHECK_BYTES(r->args.object, slice_text("parties:XZ"));
        CHECK(r->client->link != NULL);
    }
    rogue_end(r);
}

/* Nothing of it is taken, and the link goes on with the next object. */
static void a_huge_length_is_refused(void)
{
    static const uint64_t lengths[] = {OBJECT_MAX_BYTES + 1, COUNT_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct rogue *r = rogue_new();
        struct rulebook_row row = good_piece();
        row.length = lengths[i];
        struct slice octets = piece(r, &row),
                     rows[] = {version(r, "law", 9, 1), version(r, "states", 9, 1)};
        if (hear_query(r, QUERY_VERSIONS)) {
            answer(r, QUERY_VERSIONS, (struct slices){rows, 2});
            CHECK(hear_query(r, QUERY_RULEBOOK));
            answer(r, QUERY_RULEBOOK, (struct slices){&octets, 1});
            if (hear_query(r, QUERY_RULEBOOK))
                CHECK_BYTES(r->args.object, slice_text("states"));
            CHECK_U64(scene_lines(r->world, "object.size"), 1);
            CHECK(r->client->link != NULL);
        }
        rogue_end(r);
    }
}

static void pass(struct rogue *r, uint64_t ms)
{
    world_pass(r->world, ms);
    if (r->world->now.mono_ms >= exchange_deadline(r->client->link))
        CHECK_OK(exchange_tick(r->client->link, r->world->now));
    client_drain(r->client);
}

/* Pieces that together are more than one round may bring: the rest comes with the next look. */
static void a_round_has_an_end(void)
{
    struct rogue *r = rogue_new();
    struct rulebook_row row = good_piece();
    uint8_t *octets = calloc(1, RULEBOOK_CHUNK_BYTES);
    struct slice rows[] = {version(r, "law", 9, 1), version(r, "states", 9, 1)};
    row.length = (uint64_t)2 * RULEBOOK_CHUNK_BYTES;
    row.octets = slice_over(octets, RULEBOOK_CHUNK_BYTES);
    struct slice half = piece(r, &row);
    row.length = OBJECT_MAX_BYTES;
    struct slice next = piece(r, &row);
    if (hear_query(r, QUERY_VERSIONS)) {
        answer(r, QUERY_VERSIONS, (struct slices){rows, 2});
        for (unsigned i = 0; i < 2; i++) {
            CHECK(hear_query(r, QUERY_RULEBOOK));
            answer(r, QUERY_RULEBOOK, (struct slices){&half, 1});
        }
        CHECK(hear_query(r, QUERY_RULEBOOK));
        answer(r, QUERY_RULEBOOK, (struct slices){&next, 1});
        CHECK(!is_asked(r));
        pass(r, FETCH_EACH_MS);
        CHECK(hear_query(r, QUERY_VERSIONS));
        answer(r, QUERY_VERSIONS, (struct slices){rows, 2});
        if (hear_query(r, QUERY_RULEBOOK)) /* the law was fetched, and was none */
            CHECK_BYTES(r->args.object, slice_text("states"));
    }
    free(octets);
    rogue_end(r);
}

/* ---- a peer that does not answer ---- */

static void a_question_without_an_answer_ends_the_asking_alone(void)
{
    struct rogue *r = rogue_new();
    if (announce(r)) {
        CHECK_U64(scene_lines(r->world, "peer.unfetched"), 0);
        pass(r, FETCH_ANSWER_MS - 1);
        CHECK_U64(scene_lines(r->world, "peer.unfetched"), 0);
        pass(r, 1);
        CHECK_U64(scene_lines(r->world, "peer.unfetched"), 1);
        CHECK(client_hear(r->client, FRAME_PING) != NULL);
        pass(r, FETCH_EACH_MS / 2);
        CHECK(client_hear(r->client, FRAME_PING) != NULL);
        CHECK(!is_asked(r)); /* nothing is asked before that is answered */
        CHECK(r->client->link != NULL);
        const struct rulebook_row row = good_piece();
        struct slice octets = piece(r, &row);
        answer(r, QUERY_RULEBOOK, (struct slices){&octets, 1}); /* late, and for nothing */
        CHECK(hear_query(r, QUERY_VERSIONS));
        CHECK(r->client->link != NULL);
    }
    rogue_end(r);
}

static void a_refusal_ends_what_was_asked(void)
{
    static const struct {
        const char *code;
        bool goes_on; /* with the next object */
    } rows[] = {{"E_UNKNOWN", true}, {"E_UNAVAILABLE", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rogue *r = rogue_new();
        struct slice two[] = {version(r, "law", 9, 1), version(r, "states", 9, 1)};
        struct frame f = {.kind = FRAME_REFUSE,
                          .as.refuse = {.code = slice_text(rows[i].code), .retry_ms = 1000}};
        if (hear_query(r, QUERY_VERSIONS)) {
            answer(r, QUERY_VERSIONS, (struct slices){two, 2});
            CHECK(hear_query(r, QUERY_RULEBOOK));
            f.as.refuse.answers = r->asked;
            client_give(r->client, &f);
            if (rows[i].goes_on && hear_query(r, QUERY_RULEBOOK))
                CHECK_BYTES(r->args.object, slice_text("states"));
            CHECK(!is_asked(r));
            CHECK(r->client->link != NULL);
        }
        rogue_end(r);
    }
}

static void nothing_is_asked_without_credit(void)
{
    struct rogue *r = rogue_new();
    client_free(r->client);
    r->client = client_connect(r->world, "XA-GW-01");
    r->client->session.ours.credits = 1;
    r->client->keeps_credit = true;
    client_greet(r->client);
    CHECK(client_hear(r->client, FRAME_WELCOME) != NULL);
    struct frame credit = {.kind = FRAME_CREDIT, .as.credit = {.amount = 1}};
    struct slice row = version(r, "law", 9, 1);
    if (hear_query(r, QUERY_VERSIONS)) {
        answer(r, QUERY_VERSIONS, (struct slices){&row, 1});
        pass(r, FETCH_CREDIT_MS);
        CHECK(!is_asked(r));
        client_give(r->client, &credit);
        CHECK(hear_query(r, QUERY_RULEBOOK));
    }
    rogue_end(r);
}

TESTS(scenario_objects_hostile,
      {"pieces that fit nothing end the link", pieces_that_fit_nothing_end_the_link},
      {"versions out of order end the link", versions_out_of_order_end_the_link},
      {"an answer to another question ends the link", an_answer_to_another_question_ends_the_link},
      {"an answer to nothing ends the link", an_answer_to_nothing_ends_the_link},
      {"names of no object are passed over", names_of_no_object_are_passed_over},
      {"a huge length is refused", a_huge_length_is_refused},
      {"a round has an end", a_round_has_an_end},
      {"a question without an answer ends the asking alone",
       a_question_without_an_answer_ends_the_asking_alone},
      {"a refusal ends what was asked", a_refusal_ends_what_was_asked},
      {"nothing is asked without credit", nothing_is_asked_without_credit})
