/* comity_archive_each and comity_archive_prune: what is kept can be read, and what is old removed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "gateway.h"
#include "home.h"
#include "libcomity/client.h"
#include "libcomity/clock.h"
#include "libcomity/records.h"
#include "libcomity/uuid.h"
#include "session/query.h"

#define HOUR_MS    3600000U
#define LOCAL_WORD "Blue Lantern House"
#define ALL        (COMITY_SUBMISSION | COMITY_RECEIPT | COMITY_MESSAGE | COMITY_CHECKPOINT)
#define OLD        (COMITY_SUBMISSION | COMITY_RECEIPT | COMITY_MESSAGE)

static struct comity *comity;
static struct comity_fault fault;
static const char *refusal; /* of the next SUBMIT; NULL: it is accepted */
static struct slice receipt;
static char accepted[37], held[37], unsent[37];
static uint8_t accepted_id[UUID_BYTES];

static void answer(struct served *s, const struct frame *f)
{
    const struct envelope *envelope;
    struct frame a = {.kind = FRAME_REFUSE, .as.refuse.answers = f->number};
    if (!CHECK_OK(envelope_open(s->arena, f->as.submit.message.seal,
                                f->as.submit.message_raw.length, &envelope)))
        return;
    struct entry_wish wish = {ENTRY_DISCLOSURE, STAGE_ACCEPTED, envelope, NULL, 1, NULL};
    if (refusal != NULL) {
        a.as.refuse.code = slice_text(refusal);
    } else {
        receipt = receipt_for(s->arena, &wish);
        a = (struct frame){.kind = FRAME_RECEIPT,
                           .as.receipt = {.answers = f->number, .receipt = receipt}};
    }
    serve_give(s, &a);
}

static void attend(struct served *s)
{
    if (!serve_greet(s))
        return;
    for (struct frame f = serve_hear(s); f.kind == FRAME_SUBMIT; f = serve_hear(s))
        answer(s, &f);
    serve_give(s, &(struct frame){.kind = FRAME_BYE});
}

static void send_a3(enum comity_exit wanted, char id[static 37])
{
    struct comity_sent *sent = NULL;
    CHECK_U64(home_send(comity, false, &sent, &fault), wanted);
    if (CHECK(sent != NULL))
        memcpy(id, sent->recipients[0].id, 37);
    comity_sent_free(sent);
}

/* Of that party, with the id of the accepted one. */
static void keep_message(const char *from, uint64_t received_ms)
{
    home_keep(comity, &(struct home_message){.own = slice_over(accepted_id, UUID_BYTES),
                                             .from = from,
                                             .received_ms = received_ms});
}

/* An accepted, a held and an unsent message of our own, and a received one. */
static void begin(void)
{
    CHECK_OK(crypto_thread_start());
    (void)home_log_key();
    (void)vector_sealer();
    gateway_start("XA/gateways/XA-GW-01", attend);
    struct comity_options options = {
        .home = home_make(gateway_address()), .context = "xa-ca-01", .timeout_ms = 3000};
    comity = NULL;
    CHECK_U64(comity_open(&options, &comity, &fault), COMITY_DONE);
    refusal = NULL;
    send_a3(COMITY_DONE, accepted);
    refusal = "E_HELD";
    send_a3(COMITY_REFUSED, held);
    CHECK(uuid_read(slice_text(accepted), accepted_id));
    keep_message("XC-CA-01", clock_wall_ms());
    client_drop_link(comity);
    gateway_stop();
    send_a3(COMITY_UNAVAILABLE, unsent);
}

static void end(void)
{
    comity_close(comity);
}

/* What a walk saw. */
struct seen {
    unsigned kinds[COMITY_CONTRADICTION + 1]; /* how many of each */
    unsigned count, enough;                   /* enough: 0 for all */
    char state[37 * 8];                       /* "ID state " of submissions */
    struct buffer octets;
    char type[64], word[32]; /* of the last record, as is all below */
    uint64_t time_ms;
    size_t certificate_length;
};

static bool see(void *owner, const struct comity_archived *record)
{
    struct seen *seen = owner;
    seen->count++;
    seen->kinds[record->kind]++;
    seen->time_ms = record->time_ms;
    seen->certificate_length = record->certificate_length;
    snprintf(seen->type, sizeof seen->type, "%s", record->type);
    snprintf(seen->word, sizeof seen->word, "%s", record->state);
    buffer_done(&seen->octets);
    seen->octets = buffer_new(ARCHIVE_RECORD_MAX);
    buffer_put(&seen->octets, slice_over(record->octets, record->length));
    size_t length = strlen(seen->state);
    if (record->kind == COMITY_SUBMISSION)
        snprintf(seen->state + length, sizeof seen->state - length, "%s %s ", record->id,
                 record->state);
    return seen->count != seen->enough;
}

static struct seen look(unsigned kinds)
{
    struct seen seen = {0};
    CHECK_U64(comity_archive_each(comity, kinds, see, &seen, &fault), COMITY_DONE);
    return seen;
}

static void check_state(const struct seen *seen, const char *id, const char *state)
{
    char text[64];
    snprintf(text, sizeof text, "%s %s ", id, state);
    CHECK(strstr(seen->state, text) != NULL);
}

static void own_messages_are_shown_with_what_became_of_them(void)
{
    begin();
    struct seen seen = look(COMITY_SUBMISSION);
    CHECK_U64(seen.count, 3);
    check_state(&seen, accepted, "accepted");
    check_state(&seen, held, "held");
    check_state(&seen, unsent, "unsent");
    CHECK_TEXT(seen.type, "mla.request");
    CHECK(seen.time_ms + HOUR_MS > clock_wall_ms());
    buffer_done(&seen.octets);
    end();
}

/* Local attributes never leave the State: neither do they leave this way. */
static void what_only_the_home_gateway_sees_is_not_given_out(void)
{
    begin();
    struct buffer record = buffer_new(ARCHIVE_RECORD_MAX);
    CHECK_OK(archive_get(comity->archive, ARCHIVE_SUBMISSION, slice_over(accepted_id, UUID_BYTES),
                         &record));
    CHECK(holds_text(buffer_slice(&record), LOCAL_WORD));
    struct seen seen = look(COMITY_SUBMISSION);
    CHECK(seen.octets.length > 1000);
    CHECK(!holds_text(buffer_slice(&seen.octets), LOCAL_WORD));
    buffer_done(&seen.octets);
    buffer_done(&record);
    end();
}

static void receipts_and_messages_come_back_octet_by_octet(void)
{
    begin();
    struct seen seen = look(COMITY_RECEIPT);
    CHECK_U64(seen.count, 1);
    CHECK_TEXT(seen.word, "accepted");
    CHECK(seen.octets.length > 300 && holds_text(buffer_slice(&seen.octets), HOME_ORIGIN));
    buffer_done(&seen.octets);
    seen = look(COMITY_MESSAGE);
    CHECK_U64(seen.count, 1);
    CHECK_U64(seen.certificate_length, certificate_der(vector_sealer()->certificate).length);
    buffer_done(&seen.octets);
    seen = look(COMITY_CHECKPOINT);
    CHECK_U64(seen.count, 1);
    CHECK(slice_begins(buffer_slice(&seen.octets), slice_text(HOME_ORIGIN "\n1\n")));
    buffer_done(&seen.octets);
    end();
}

static void a_walk_ends_when_it_is_told_to(void)
{
    begin();
    struct seen seen = {.enough = 2};
    CHECK_U64(comity_archive_each(comity, ALL, see, &seen, &fault), COMITY_DONE);
    CHECK_U64(seen.count, 2);
    buffer_done(&seen.octets);
    end();
}

static struct seen prune(unsigned kinds, uint64_t before_ms, bool dry_run)
{
    struct seen seen = {0};
    struct comity_pruning what = {
        .kinds = kinds, .before_ms = before_ms, .dry_run = dry_run, .visit = see, .owner = &seen};
    CHECK_U64(comity_archive_prune(comity, &what, &fault), COMITY_DONE);
    buffer_done(&seen.octets);
    return seen;
}

static bool has(enum archive_kind kind, const char *id)
{
    uint8_t octets[UUID_BYTES];
    struct buffer b = buffer_new(ARCHIVE_RECORD_MAX);
    bool found = uuid_read(slice_text(id), octets) &&
                 !failed(archive_get(comity->archive, kind, slice_over(octets, UUID_BYTES), &b));
    buffer_done(&b);
    return found;
}

static void what_is_old_is_removed_and_told(void)
{
    begin();
    struct seen seen = prune(OLD, clock_wall_ms() + HOUR_MS, false);
    CHECK_U64(seen.count, 3);
    CHECK_U64(seen.kinds[COMITY_SUBMISSION], 1);
    CHECK_U64(seen.kinds[COMITY_RECEIPT], 1);
    CHECK_U64(seen.kinds[COMITY_MESSAGE], 1);
    check_state(&seen, accepted, "accepted");
    CHECK(!has(ARCHIVE_SUBMISSION, accepted) && !has(ARCHIVE_ANSWER, accepted));
    CHECK(!has(ARCHIVE_SENDER, accepted));
    seen = look(ALL);
    CHECK_U64(seen.count, 3); /* the held, the unsent, the checkpoint */
    buffer_done(&seen.octets);
    end();
}

static void what_is_unsent_or_held_stays(void)
{
    begin();
    (void)prune(OLD, UINT64_MAX, false);
    CHECK(has(ARCHIVE_SUBMISSION, unsent));
    CHECK(has(ARCHIVE_SUBMISSION, held) && has(ARCHIVE_ANSWER, held));
    struct comity_sent *sent = NULL;
    CHECK_U64(comity_resume(comity, unsent, &sent, &fault), COMITY_UNAVAILABLE);
    comity_sent_free(sent);
    CHECK_U64(comity_resume(comity, accepted, &sent, &fault), COMITY_UNKNOWN);
    end();
}

static void what_is_younger_stays(void)
{
    begin();
    CHECK_U64(prune(OLD, clock_wall_ms() - HOUR_MS, false).count, 0);
    CHECK_U64(prune(COMITY_RECEIPT, UINT64_MAX, false).count, 1);
    struct seen seen = look(ALL);
    CHECK_U64(seen.count, 5);
    buffer_done(&seen.octets);
    end();
}

static void a_dry_run_only_tells(void)
{
    begin();
    CHECK_U64(prune(OLD, UINT64_MAX, true).count, 3);
    CHECK_U64(prune(OLD, UINT64_MAX, true).count, 3);
    end();
}

static void checkpoints_are_never_removed(void)
{
    begin();
    struct comity_pruning what = {.kinds = ALL, .before_ms = UINT64_MAX};
    CHECK_U64(comity_archive_prune(comity, &what, &fault), COMITY_INPUT);
    what.kinds = 0;
    CHECK_U64(comity_archive_prune(comity, &what, &fault), COMITY_INPUT);
    struct seen seen = look(ALL);
    CHECK_U64(seen.count, 6);
    buffer_done(&seen.octets);
    end();
}

/* Its id leads to the first sender's message, also after the other's is gone. */
static void another_senders_message_goes_alone(void)
{
    begin();
    keep_message("XC-CA-02", 1);
    CHECK_U64(prune(COMITY_MESSAGE, 2, false).count, 1);
    CHECK(has(ARCHIVE_SENDER, accepted));
    struct seen seen = look(COMITY_MESSAGE);
    CHECK_U64(seen.count, 1);
    CHECK_U64(prune(COMITY_MESSAGE, UINT64_MAX, false).count, 1);
    CHECK(!has(ARCHIVE_SENDER, accepted));
    buffer_done(&seen.octets);
    end();
}

TESTS(clients_prune,
      {"own messages are shown with what became of them",
       own_messages_are_shown_with_what_became_of_them},
      {"what only the home gateway sees is not given out",
       what_only_the_home_gateway_sees_is_not_given_out},
      {"receipts and messages come back octet by octet",
       receipts_and_messages_come_back_octet_by_octet},
      {"a walk ends when it is told to", a_walk_ends_when_it_is_told_to},
      {"what is old is removed and told", what_is_old_is_removed_and_told},
      {"what is unsent or held stays", what_is_unsent_or_held_stays},
      {"what is younger stays", what_is_younger_stays},
      {"a dry run only tells", a_dry_run_only_tells},
      {"checkpoints are never removed", checkpoints_are_never_removed},
      {"another sender's message goes alone", another_senders_message_goes_alone})
