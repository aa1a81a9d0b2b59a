/* A handle for each thread, at the same time, on one context and on two. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "gateway.h"
#include "home.h"
#include "libcomity/client.h"
#include "libcomity/records.h"
#include "libcomity/uuid.h"
#include "session/query.h"

#define ROUNDS  20
#define THREADS 2

static const char *home;
static pthread_mutex_t answers = PTHREAD_MUTEX_INITIALIZER;

/* The receipt of a message is always the same, as a gateway's is. */
static struct answered {
    struct digest seal;
    uint8_t octets[4096];
    size_t length;
} answered[THREADS];
static size_t answered_count;

static struct slice answer_of(struct served *s, const struct envelope *envelope)
{
    struct answered *a = answered;
    while (a < answered + answered_count &&
           !digest_equal(&a->seal, digest_slice(&envelope->digest)))
        a++;
    if (a == answered + answered_count) {
        struct entry_wish wish = {ENTRY_DISCLOSURE, STAGE_ACCEPTED, envelope, NULL, 1, NULL};
        struct slice receipt = receipt_for(s->arena, &wish);
        if (answered_count == THREADS || receipt.length > sizeof a->octets)
            return (struct slice){0};
        a->seal = envelope->digest;
        memcpy(a->octets, receipt.at, receipt.length);
        a->length = receipt.length;
        answered_count++;
    }
    return slice_over(a->octets, a->length);
}

static void take_submit(struct served *s, const struct frame *f)
{
    const struct envelope *envelope;
    struct frame answer = {.kind = FRAME_RECEIPT, .as.receipt.answers = f->number};
    if (failed(envelope_open(s->arena, f->as.submit.message.seal, f->as.submit.message_raw.length,
                             &envelope)))
        return;
    pthread_mutex_lock(&answers);
    answer.as.receipt.receipt = answer_of(s, envelope);
    pthread_mutex_unlock(&answers);
    serve_give(s, &answer);
}

static void attend(struct served *s)
{
    struct frame f = {.kind = FRAME_NONE};
    if (!serve_greet(s))
        return;
    while ((f = serve_hear(s)).kind != FRAME_NONE && f.kind != FRAME_BYE) {
        struct frame empty = {.kind = FRAME_ANSWER,
                              .as.answer = {.answers = f.number, .what = f.as.query.what}};
        if (f.kind == FRAME_SUBMIT)
            take_submit(s, &f);
        else if (f.kind == FRAME_QUERY)
            serve_give(s, &empty);
    }
    if (f.kind == FRAME_BYE)
        serve_give(s, &(struct frame){.kind = FRAME_BYE});
}

/* What a thread does, and what went wrong first. */
struct work {
    const char *context;
    char id[37]; /* of the message that it resumes */
    struct comity *handle;
    struct comity_fault fault;
    unsigned records;
};

static bool count_record(void *owner, const struct comity_archived *record)
{
    struct work *w = owner;
    w->records += record->length > 0;
    return true;
}

static enum comity_exit open_handle(const char *context, struct comity **ret,
                                    struct comity_fault *f)
{
    struct comity_options options = {.home = home, .context = context, .timeout_ms = 20000};
    return comity_open(&options, ret, f);
}

static enum comity_exit send_once(struct work *w)
{
    struct comity *c = NULL;
    struct comity_sent *sent = NULL;
    enum comity_exit exit = open_handle(w->context, &c, &w->fault);
    if (exit == COMITY_DONE)
        exit = home_send(c, false, &sent, &w->fault);
    if (sent != NULL)
        memcpy(w->id, sent->recipients[0].id, sizeof w->id);
    comity_sent_free(sent);
    comity_close(c);
    return exit;
}

static bool round_of(struct work *w, struct comity *c)
{
    struct comity_sent *sent = NULL;
    struct comity_rows *rows = NULL;
    bool good = comity_resume(c, w->id, &sent, &w->fault) == COMITY_DONE &&
                comity_list(c, NULL, false, &rows, &w->fault) == COMITY_DONE &&
                comity_archive_each(c, COMITY_RECEIPT, count_record, w, &w->fault) == COMITY_DONE;
    comity_sent_free(sent);
    comity_rows_free(rows);
    return good;
}

static void *work(void *owner)
{
    struct work *w = owner;
    struct comity *c = NULL;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (open_handle(w->context, &c, &w->fault) != COMITY_DONE || !round_of(w, c))
            break;
        comity_close(c);
        c = NULL;
    }
    comity_close(c);
    return NULL;
}

static void run_all(struct work works[static THREADS])
{
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, &works[i]) == 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_TEXT(works[i].fault.message, "");
        CHECK_U64(works[i].records, ROUNDS);
    }
}

static void begin(void)
{
    (void)home_log_key();
    answered_count = 0;
    gateway_start_many("XA/gateways/XA-GW-01", 3, attend);
    home = home_make(gateway_address());
}

static void two_handles_share_a_context(void)
{
    begin();
    struct work works[THREADS] = {{.context = "xa-ca-01"}, {.context = "xa-ca-01"}};
    CHECK_U64(send_once(&works[0]), COMITY_DONE);
    memcpy(works[1].id, works[0].id, sizeof works[0].id);
    run_all(works);
    gateway_stop();
}

static void two_handles_have_a_context_each(void)
{
    begin();
    struct comity_context context;
    struct work works[THREADS] = {{.context = "xa-ca-01"}, {.context = "second"}};
    CHECK_U64(comity_context_load(home, "xa-ca-01", &context, &works[0].fault), COMITY_DONE);
    snprintf(context.name, sizeof context.name, "second");
    snprintf(context.archive, sizeof context.archive, "%s/second-archive", home);
    CHECK_U64(comity_context_write(home, &context, &works[0].fault), COMITY_DONE);
    for (unsigned i = 0; i < THREADS; i++)
        CHECK_U64(send_once(&works[i]), COMITY_DONE);
    run_all(works);
    gateway_stop();
}

/* The archive's key is made by whoever comes first. */
static void *open_only(void *owner)
{
    struct work *w = owner;
    if (open_handle(w->context, &w->handle, &w->fault) == COMITY_DONE)
        comity_close(w->handle);
    return NULL;
}

static void a_new_archive_is_made_once(void)
{
    struct comity_context context;
    begin();
    for (unsigned round = 0; round < ROUNDS; round++) {
        pthread_t threads[THREADS];
        struct work works[THREADS] = {{.context = "fresh"}, {.context = "fresh"}};
        CHECK_U64(comity_context_load(home, "xa-ca-01", &context, &works[0].fault), COMITY_DONE);
        snprintf(context.name, sizeof context.name, "fresh");
        snprintf(context.archive, sizeof context.archive, "%s/fresh/%u", home, round);
        CHECK_U64(comity_context_write(home, &context, &works[0].fault), COMITY_DONE);
        for (unsigned i = 0; i < THREADS; i++)
            CHECK(pthread_create(&threads[i], NULL, open_only, &works[i]) == 0);
        for (unsigned i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        for (unsigned i = 0; i < THREADS; i++)
            CHECK_TEXT(works[i].fault.message, "");
    }
    gateway_stop();
}

static struct comity *handed;
static enum comity_exit used;

static void *use_elsewhere(void *owner)
{
    struct comity_rows *rows = NULL;
    struct comity_fault *fault = owner;
    used = comity_list(handed, NULL, false, &rows, fault);
    comity_rows_free(rows);
    comity_close(handed);
    return NULL;
}

static void a_handle_can_go_to_another_thread(void)
{
    pthread_t thread;
    struct comity_fault fault;
    begin();
    CHECK_U64(open_handle("xa-ca-01", &handed, &fault), COMITY_DONE);
    CHECK(pthread_create(&thread, NULL, use_elsewhere, &fault) == 0);
    pthread_join(thread, NULL);
    CHECK_U64(used, COMITY_DONE);
    gateway_stop();
}

TESTS(clients_threads, {"two handles share a context", two_handles_share_a_context},
      {"two handles have a context each", two_handles_have_a_context_each},
      {"a new archive is made once", a_new_archive_is_made_once},
      {"a handle can go to another thread", a_handle_can_go_to_another_thread})
