/* Which own acknowledgement counts, so that comity_reply makes no second one. */

#include <string.h>

#include "fixture.h"
#include "home.h"
#include "libcomity/acknowledged.h"
#include "libcomity/records.h"

static struct comity *comity;
static struct comity_fault fault;
static struct arena *arena;
static uint8_t asked_id[UUID_BYTES] = {9, [6] = 0x40, [8] = 0x80};

/* The message that is acknowledged. */
static struct claims asked(void)
{
    return (struct claims){.id = slice_over(asked_id, UUID_BYTES),
                           .from = slice_text("XC-CA-01"),
                           .to = slice_text("XA-CA-01"),
                           .type = slice_text("mla.request")};
}

static void begin(void)
{
    struct comity_options options = {.home = home_make("127.0.0.1:1"), .context = "xa-ca-01"};
    CHECK_OK(crypto_thread_start());
    (void)home_log_key();
    comity = NULL;
    arena = arena_new(CLIENT_ARENA_BYTES);
    CHECK_U64(comity_open(&options, &comity, &fault), COMITY_DONE);
}

static void end(void)
{
    comity_close(comity);
    arena_free(arena);
}

/* What is archived: an own message of this type, to that party, in reply to asked() or to none. */
struct own {
    const char *type, *to;
    bool replies;
    uint8_t number; /* in its id */
};

static const struct own ack = {"mla.ack", "XC-CA-01", true, 1};

static struct slice id_of(const struct own *own, uint8_t octets[static UUID_BYTES])
{
    memset(octets, 0, UUID_BYTES);
    octets[0] = own->number;
    octets[6] = 0x40;
    octets[8] = 0x80;
    return slice_over(octets, UUID_BYTES);
}

static void archive_own(const struct own *own)
{
    uint8_t id[UUID_BYTES];
    struct draft draft;
    struct submit submit;
    struct sealer sealer = *vector_sealer();
    struct schema *schema = shipped_schema(arena);
    struct compose_question question = question_of(schema, case_text("a3-sent.json"));
    if (CHECK_OK(compose(arena, &question, &draft, &fault))) {
        draft.claims.id = id_of(own, id);
        draft.claims.type = slice_text(own->type);
        draft.claims.to = slice_text(own->to);
        if (own->replies) {
            draft.claims.reply_to = slice_over(asked_id, UUID_BYTES);
            draft.claims.present |= 1U << CLAIM_REPLY_TO;
        }
        CHECK_OK(seal_draft(arena, &draft, &sealer, &submit, &fault));
        CHECK_OK(record_submission(comity->archive, draft.claims.id, &submit));
    }
    schema_free(schema);
}

static void answer_own(const struct own *own, enum refusal code, enum stage stage)
{
    uint8_t id[UUID_BYTES];
    struct sent_answer answer = {.code = code, .stage = stage};
    CHECK_OK(record_answer(comity->archive, id_of(own, id), &answer));
}

/* own: the one that is to be found; NULL: none. */
static void check_found(const struct own *own)
{
    uint8_t id[UUID_BYTES];
    char text[UUID_TEXT_BYTES] = "", found[UUID_TEXT_BYTES] = "?";
    struct claims original = asked();
    if (own != NULL)
        uuid_write(id_of(own, id), text);
    CHECK_OK(acknowledged(comity, &original, found, &fault));
    CHECK_TEXT(found, text);
}

static void one_whose_answer_is_not_known_is_found(void)
{
    begin();
    check_found(NULL);
    archive_own(&ack);
    check_found(&ack);
    end();
}

static void one_that_was_accepted_or_held_is_found_and_a_refused_one_not(void)
{
    begin();
    archive_own(&ack);
    answer_own(&ack, REFUSAL_NONE, STAGE_ACCEPTED);
    check_found(&ack);
    answer_own(&ack, REFUSAL_HELD, STAGE_NONE);
    check_found(&ack);
    answer_own(&ack, REFUSAL_EXPIRED, STAGE_REJECTED);
    check_found(NULL);
    end();
}

static void other_messages_are_no_acknowledgement(void)
{
    static const struct own others[] = {{"mla.reply", "XC-CA-01", true, 2},
                                        {"mla.ack", "XB-CA-01", true, 3},
                                        {"mla.ack", "XC-CA-01", false, 4}};
    begin();
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        archive_own(&others[i]);
    check_found(NULL);
    archive_own(&ack);
    check_found(&ack);
    end();
}

/* In whichever order the archive's folder has them. */
static void the_one_that_the_gateway_has_goes_before_others(void)
{
    begin();
    for (uint8_t i = 1; i <= 8; i++) {
        struct own one = ack;
        one.number = i;
        archive_own(&one);
    }
    struct own answered = ack;
    answered.number = 5;
    answer_own(&answered, REFUSAL_NONE, STAGE_ACCEPTED);
    check_found(&answered);
    end();
}

TESTS(clients_reply,
      {"one whose answer is not known is found", one_whose_answer_is_not_known_is_found},
      {"one that was accepted or held is found and a refused one not",
       one_that_was_accepted_or_held_is_found_and_a_refused_one_not},
      {"other messages are no acknowledgement", other_messages_are_no_acknowledgement},
      {"the one that the gateway has goes before others",
       the_one_that_the_gateway_has_goes_before_others})
