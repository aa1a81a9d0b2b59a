/* Nothing is sent that is longer than the peer said it accepts. */

#include <stdio.h>
#include <string.h>

#include "exchange/link.h"
#include "scenario/scene.h"
#include "session/query.h"

#define OFFENCES 50
#define MANY     45

/* A request that makes a DELIVER of more than LINK_FRAME_LEAST. */
static const char *long_document(void)
{
    static char text[40000];
    char law[200 + 1] = "";
    size_t at = 0;
    memset(law, 'a', sizeof law - 1);
    const char *plain = plain_document("UNTOC18"), *list = strstr(plain, "\"offences\": [");
    CHECK(list != NULL);
    list += strlen("\"offences\": [");
    at = (size_t)snprintf(text, sizeof text, "%.*s", (int)(list - plain), plain);
    for (unsigned i = 1; i < OFFENCES; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "{\"iccs\": \"0701\", \"law\": \"%s\","
                               " \"max_penalty_months\": %u},",
                               law, i);
    snprintf(text + at, sizeof text - at, "%s", list);
    return text;
}

static struct letter *sent(struct world *w, struct client *xa, const char *document)
{
    struct letter *letter = scene_letter(w, document, "XA-CA-01", "XC-CA-01");
    CHECK(scene_send(xa, letter) != NULL);
    return letter;
}

/* A client that accepts no longer frames than this. */
static struct client *dial_small(struct world *w, const char *name, uint64_t max_frame)
{
    struct client *c = client_connect(w, name);
    c->session.ours.max_frame = max_frame;
    client_greet(c);
    CHECK(client_hear(c, FRAME_WELCOME) != NULL);
    return c;
}

static void check_lengths(const struct client *c, size_t most)
{
    for (const struct heard *h = c->heard; h != NULL; h = h->next)
        CHECK(h->octets.length <= most);
}

static void who_accepts_too_little_gets_no_link(void)
{
    static const uint64_t lengths[] = {0, 1, 20, LINK_FRAME_LEAST - 1};
    struct world *w = world_new(&(struct world_settings){0});
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct client *c = client_connect(w, "XA-CA-01");
        c->session.ours.max_frame = lengths[i];
        client_greet(c);
        const struct heard *bye = client_hear(c, FRAME_BYE);
        if (CHECK(bye != NULL))
            CHECK_BYTES(bye->frame.as.bye_code, slice_text("E_SIZE"));
        CHECK(c->link == NULL);
    }
    CHECK(world_await_results(w, 4));
    CHECK_U64(world_log_size(w), 1 + 4);
    world_free(w);
}

/* What does not fit waits for a link that takes it; what stands behind it does not. */
static void a_delivery_that_is_too_long_stays_in_the_mailbox(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letters[] = {sent(w, xa, plain_document("UNTOC18")),
                                sent(w, xa, long_document()), sent(w, xa, long_document()),
                                sent(w, xa, plain_document("UNTOC18"))};
    struct client *xc = dial_small(w, "XC-CA-01", LINK_FRAME_LEAST);
    const struct heard *first = client_hear(xc, FRAME_DELIVER);
    const struct heard *second = client_hear(xc, FRAME_DELIVER);
    CHECK(!client_has_unread(xc));
    if (CHECK(first != NULL) && CHECK(second != NULL)) {
        client_take(xc, first->frame.number, &letters[0]->key, STAGE_DELIVERED);
        client_take(xc, second->frame.number, &letters[3]->key, STAGE_DELIVERED);
    }
    CHECK(world_await_results(w, w->results + 2));
    CHECK(!client_has_unread(xc));
    check_lengths(xc, LINK_FRAME_LEAST);
    CHECK_U64(scene_lines(w, "delivery.too_long"), 1);
    client_free(xc);
    xc = client_dial(w, "XC-CA-01");
    for (unsigned i = 1; i <= 2; i++) {
        const struct heard *h = client_hear(xc, FRAME_DELIVER);
        if (CHECK(h != NULL))
            CHECK(h->octets.length > LINK_FRAME_LEAST);
    }
    CHECK(!client_has_unread(xc));
    for (unsigned i = 0; i < 4; i++)
        letter_free(letters[i]);
    world_free(w);
}

static void a_message_that_is_too_long_cannot_be_fetched(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct letter *letter = sent(w, client_dial(w, "XA-CA-01"), long_document());
    const struct query_args args = {.what = QUERY_FETCH, .has_key = true, .key = letter->key};
    struct client *xc = dial_small(w, "XC-CA-01", LINK_FRAME_LEAST);
    const struct heard *h = client_ask(xc, &args);
    if (h != NULL && CHECK_U64(h->frame.kind, FRAME_REFUSE)) {
        CHECK_BYTES(h->frame.as.refuse.code, slice_text("E_SIZE"));
        CHECK_U64(h->frame.as.refuse.retry_ms, 0);
    }
    /* To others it is unknown, and not too long. */
    h = client_ask(dial_small(w, "XC-POL-01", LINK_FRAME_LEAST), &args);
    if (h != NULL && CHECK_U64(h->frame.kind, FRAME_REFUSE))
        CHECK_BYTES(h->frame.as.refuse.code, slice_text("E_UNKNOWN"));
    h = client_ask(client_dial(w, "XC-CA-01"), &args);
    if (h != NULL)
        CHECK_U64(h->frame.kind, FRAME_ANSWER);
    letter_free(letter);
    world_free(w);
}

/* The pages become shorter; together they hold everything. */
static void answers_have_fewer_rows_where_frames_are_short(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *xa = client_dial(w, "XA-CA-01");
    scene_send_many(xa, MANY);
    client_free(xa);
    xa = dial_small(w, "XA-CA-01", LINK_FRAME_LEAST);
    struct query_args args = {.what = QUERY_STATUS, .limit = 100};
    size_t rows = 0, pages = 0;
    do {
        const struct heard *h = client_ask(xa, &args);
        if (h == NULL || !CHECK_U64(h->frame.kind, FRAME_ANSWER))
            break;
        CHECK(h->frame.as.answer.rows.count > 0 || rows == MANY);
        rows += h->frame.as.answer.rows.count;
        args.after = h->frame.as.answer.next;
        pages++;
    } while (args.after.at != NULL);
    CHECK_U64(rows, MANY);
    CHECK(pages > 1);
    check_lengths(xa, LINK_FRAME_LEAST);
    world_free(w);
}

TESTS(lengths, {"who accepts too little gets no link", who_accepts_too_little_gets_no_link},
      {"a delivery that is too long stays in the mailbox",
       a_delivery_that_is_too_long_stays_in_the_mailbox},
      {"a message that is too long cannot be fetched",
       a_message_that_is_too_long_cannot_be_fetched},
      {"answers have fewer rows where frames are short",
       answers_have_fewer_rows_where_frames_are_short})
