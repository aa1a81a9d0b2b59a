/* comity_send, comity_resume and comity_status. */

#include "libcomity/send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcomity/clock.h"
#include "libcomity/sealing.h"
#include "libcomity/sent.h"
#include "libcomity/told.h"
#include "libcomity/uuid.h"
#include "session/query.h"

#define RECIPIENTS_MAX 64

/* One recipient's message on its way. */
struct outgoing {
    struct arena *arena;
    struct submit submit;
    struct own_message message;
};

struct sending {
    struct outgoing at[RECIPIENTS_MAX];
    size_t count;
    struct slice thread; /* 16 octets; of all of them */
};

void sending_free(struct sending *sending)
{
    for (size_t i = 0; sending != NULL && i < sending->count; i++)
        arena_free(sending->at[i].arena);
    free(sending);
}

static struct status read_id(const char *text, const char *what, uint8_t octets[static UUID_BYTES],
                             struct slice *ret_id, struct comity_fault *reterr)
{
    if (text == NULL)
        return OK;
    if (!uuid_read(slice_text(text), octets))
        return fault_input(reterr, REFUSAL_UNKNOWN, "\"%s\" is no id of a %s", text, what);
    *ret_id = slice_over(octets, UUID_BYTES);
    return OK;
}

/* Composes and seals for one recipient; nothing is kept or sent yet. */
static struct status prepare(struct comity *c, const struct compose_question *question,
                             struct outgoing *out, struct comity_fault *reterr)
{
    struct draft draft;
    const struct envelope *envelope;
    struct sealer sealer = {c->sealing_key, c->sealing_certificate};
    struct status s = compose(out->arena, question, &draft, reterr);
    if (!failed(s))
        s = seal_draft(out->arena, &draft, &sealer, &out->submit, reterr);
    if (!failed(s))
        s = envelope_open(out->arena, out->submit.message.seal, out->submit.message.seal.length,
                          &envelope);
    if (s.code == CODE_REFUSED) /* what we sealed ourselves must open */
        s = fault_input(reterr, reason_refusal(s.reason), "the message cannot be sealed (%s)",
                        reason_name(s.reason));
    if (!failed(s))
        out->message = (struct own_message){&out->submit, envelope, false};
    return s;
}

/* Every recipient gets a message of its own. */
static struct status check_ids(const struct sending *sending, struct comity_fault *reterr)
{
    for (size_t i = 1; i < sending->count; i++)
        if (slice_equal(sending->at[0].message.envelope->claims.id,
                        sending->at[i].message.envelope->claims.id))
            return fault_input(reterr, REFUSAL_SCHEMA,
                               "id: a document with an id of its own has one recipient");
    return OK;
}

static struct status prepare_all(struct comity *c, const struct comity_letter *letter,
                                 struct sending *sending, struct comity_fault *reterr)
{
    uint8_t thread[UUID_BYTES], reply_to[UUID_BYTES];
    struct compose_question q = {
        .schema = c->rulebook->schema,
        .document = slice_over(letter->document, letter->length),
        .from = client_party(c),
        .now_ms = clock_wall_ms(),
    };
    struct status s = read_id(letter->thread, "thread", thread, &q.thread, reterr);
    if (!failed(s))
        s = read_id(letter->reply_to, "message", reply_to, &q.reply_to, reterr);
    size_t count = letter->to_count == 0 ? 1 : letter->to_count;
    if (!failed(s) && count > RECIPIENTS_MAX)
        s = fault_input(reterr, REFUSAL_SIZE, "more than %d recipients", RECIPIENTS_MAX);
    for (size_t i = 0; i < count && !failed(s); i++) {
        struct outgoing *out = &sending->at[sending->count++];
        out->arena = arena_new(CLIENT_ARENA_BYTES);
        q.to = letter->to_count == 0 ? (struct slice){0} : slice_text(letter->to[i]);
        s = out->arena == NULL ? FAIL(MEMORY) : prepare(c, &q, out, reterr);
        if (failed(s))
            break;
        out->message.dry_run = letter->dry_run;
        sending->thread = q.thread = out->message.envelope->claims.thread;
    }
    return failed(s) ? s : check_ids(sending, reterr);
}

/* Before anything is sent: what was sealed is kept, so that it can be sent again. */
static struct status archive_all(struct comity *c, const struct sending *sending,
                                 struct comity_fault *reterr)
{
    for (size_t i = 0; i < sending->count; i++) {
        const struct own_message *m = &sending->at[i].message;
        struct status s =
            m->dry_run ? OK : record_submission(c->archive, m->envelope->claims.id, m->submit);
        if (failed(s))
            return fault_set(reterr, s, "the archive %s cannot keep the message, so it is not sent",
                             c->context.archive);
    }
    return OK;
}

static struct comity_sent *sent_new(size_t count, struct slice thread)
{
    struct comity_sent *sent = calloc(1, sizeof *sent);
    if (sent == NULL)
        return NULL;
    sent->recipients = calloc(count + 1, sizeof *sent->recipients);
    if (sent->recipients == NULL) {
        free(sent);
        return NULL;
    }
    sent->count = count;
    uuid_write(thread, sent->thread);
    return sent;
}

void comity_sent_free(struct comity_sent *sent)
{
    if (sent == NULL)
        return;
    free(sent->recipients);
    free(sent);
}

static void note_reply(struct comity *c, const struct own_message *m,
                       const struct comity_recipient *r)
{
    const struct claims *claims = &m->envelope->claims;
    if (!m->dry_run && r->exit == COMITY_DONE && claims_have(claims, CLAIM_REPLY_TO))
        (void)!failed(record_reply(c->archive, claims->reply_to, claims->id));
}

/* Submits; the fault is that of the worst recipient. */
static enum comity_exit submit_one(struct comity *c, struct arena *arena,
                                   const struct own_message *m, struct comity_recipient *r,
                                   enum comity_exit worst, struct comity_fault *reterr)
{
    struct comity_fault fault = {0};
    sent_begin(&m->envelope->claims, r);
    sent_submit(c, arena, m, r, &fault);
    note_reply(c, m, r);
    if (r->exit <= worst)
        return worst;
    *reterr = fault;
    reterr->exit = r->exit;
    return r->exit;
}

struct status sending_new(struct comity *c, const struct comity_letter *letter,
                          struct sending **ret_sending, struct comity_fault *reterr)
{
    struct sending *sending = calloc(1, sizeof *sending);
    if (sending == NULL)
        return FAIL(MEMORY);
    struct status s = prepare_all(c, letter, sending, reterr);
    if (!failed(s))
        s = archive_all(c, sending, reterr);
    if (!failed(s))
        *ret_sending = sending;
    else
        sending_free(sending);
    return s;
}

struct status sending_submit(struct comity *c, const struct sending *sending,
                             struct comity_sent **ret_sent, struct comity_fault *reterr)
{
    enum comity_exit worst = COMITY_DONE;
    struct comity_sent *sent = sent_new(sending->count, sending->thread);
    if (sent == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < sending->count; i++)
        worst = submit_one(c, sending->at[i].arena, &sending->at[i].message, &sent->recipients[i],
                           worst, reterr);
    *ret_sent = sent;
    return OK;
}

enum comity_exit comity_send(struct comity *c, const struct comity_letter *letter,
                             struct comity_sent **ret_sent, struct comity_fault *reterr)
{
    struct sending *sending = NULL;
    *ret_sent = NULL;
    struct status s = told_begin(c, 0, reterr);
    if (!failed(s))
        s = sending_new(c, letter, &sending, reterr);
    if (!failed(s))
        s = sending_submit(c, sending, ret_sent, reterr);
    sending_free(sending);
    return failed(s) ? fault_exit(reterr, s) : reterr->exit;
}

/* An archived own message by the text of its id, and room for what becomes of it. */
static struct status load(struct comity *c, struct arena *arena, const char *id,
                          struct own_message *ret_message, struct comity_sent **ret_sent,
                          struct comity_fault *reterr)
{
    struct status s = arena == NULL ? FAIL(MEMORY) : sent_find(c, arena, id, ret_message, reterr);
    if (failed(s))
        return s;
    struct comity_sent *sent = sent_new(1, ret_message->envelope->claims.thread);
    if (sent == NULL)
        return FAIL(MEMORY);
    *ret_sent = sent;
    return OK;
}

enum comity_exit comity_resume(struct comity *c, const char *id, struct comity_sent **ret_sent,
                               struct comity_fault *reterr)
{
    struct own_message message;
    struct comity_sent *sent = NULL;
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    *ret_sent = NULL;
    struct status s = told_begin(c, 0, reterr);
    if (!failed(s))
        s = load(c, arena, id, &message, &sent, reterr);
    if (sent != NULL) {
        submit_one(c, arena, &message, &sent->recipients[0], COMITY_DONE, reterr);
        *ret_sent = sent;
    }
    arena_free(arena);
    return failed(s) ? fault_exit(reterr, s) : reterr->exit;
}

/* ---- how far an own message has come ---- */

static struct status ask_status(struct comity *c, struct arena *arena, const struct own_message *m,
                                struct comity_recipient *r, struct comity_fault *reterr)
{
    struct answer answer;
    struct status_row row;
    struct sent_answer known;
    const struct claims *claims = &m->envelope->claims;
    struct query_args args = {.what = QUERY_STATUS,
                              .has_key = true,
                              .key = {claims->from, claims->id, claims->to},
                              .limit = 1};
    struct status s = client_query(c, arena, &args, &answer, reterr);
    if (s.code == CODE_ABSENT)
        return fault_set(reterr, s, "%s has no message %s", c->context.gateway, r->id);
    if (failed(s))
        return s;
    s = answer.rows.count == 1 ? status_row_parse(arena, answer.rows.at[0], &row)
                               : REFUSE(FRAME_SHAPE);
    if (failed(s))
        return fault_verify(reterr, s, "%s answered with no status", c->context.gateway);
    s = sent_progress(c, arena, m, &row, &known, reterr);
    if (!failed(s))
        sent_tell(&known, r);
    return s;
}

enum comity_exit comity_status(struct comity *c, const char *id, struct comity_sent **ret_sent,
                               struct comity_fault *reterr)
{
    struct own_message message;
    struct comity_sent *sent = NULL;
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    *ret_sent = NULL;
    struct status s = told_begin(c, 0, reterr);
    if (!failed(s))
        s = load(c, arena, id, &message, &sent, reterr);
    if (sent != NULL) {
        sent_begin(&message.envelope->claims, &sent->recipients[0]);
        s = ask_status(c, arena, &message, &sent->recipients[0], reterr);
    }
    if (!failed(s))
        *ret_sent = sent;
    else
        comity_sent_free(sent);
    arena_free(arena);
    return fault_exit(reterr, s);
}
