/* comity_inbox and comity_list: received and own messages, a row each. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcomity/message.h"
#include "libcomity/rows.h"
#include "libcomity/sent.h"
#include "libcomity/told.h"

struct gathering {
    struct comity *comity;
    struct listing listing;
    struct status
        wrong; /* the first receipt that does not hold; the others are listed all the same */
    struct comity_fault fault;
    size_t unsound; /* records that do not open */
};

static void put_word(char *text, size_t room, const char *word)
{
    snprintf(text, room, "%s", word);
}

static void put_reply_to(struct list_item *item, const struct claims *claims)
{
    item->opened = true;
    if (claims_have(claims, CLAIM_REPLY_TO))
        uuid_write(claims->reply_to, item->reply_to);
}

/* Only a thread of its own id, or every one. */
static struct status read_thread(const char *thread, char only[static UUID_TEXT_BYTES],
                                 struct comity_fault *reterr)
{
    uint8_t octets[UUID_BYTES];
    only[0] = '\0';
    if (thread == NULL)
        return OK;
    if (!uuid_read(slice_text(thread), octets))
        return fault_input(reterr, REFUSAL_UNKNOWN, "\"%s\" is no id of a thread", thread);
    uuid_write(slice_over(octets, sizeof octets), only);
    return OK;
}

/* ---- what the gateway says ---- */

/* It says the newest of what the archive has, and has what was never taken from it. */
static struct status merge_received(void *owner, const struct inbox_row *in)
{
    struct gathering *g = owner;
    struct list_item *item = listing_find(&g->listing, ROW_RECEIVED, in->key.from, in->key.id);
    struct status s = item == NULL ? listing_add(&g->listing, &item) : OK;
    if (failed(s))
        return s;
    row_from_inbox(&item->row, in);
    return OK;
}

/* An own message without stage is held; one that was let go later keeps no code of that. */
static void put_progress(struct comity_row *row, const struct sent_answer *answer)
{
    const char *outcome = sent_outcome(answer);
    bool sent = strcmp(outcome, "accepted") == 0;
    put_word(row->state, sizeof row->state, sent ? "sent" : outcome);
    put_word(row->stage, sizeof row->stage, stage_word(answer->stage));
    put_word(row->code, sizeof row->code, sent_code(answer));
    row->proved = answer->proved;
}

static struct status ask_progress(struct gathering *g, const struct status_row *row,
                                  struct list_item *item, struct comity_fault *reterr)
{
    struct own_message own;
    struct sent_answer answer;
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : sent_load(g->comity, arena, row->key.id, &own);
    if (!failed(s))
        s = sent_progress(g->comity, arena, &own, row, &answer, reterr);
    if (!failed(s))
        put_progress(&item->row, &answer);
    arena_free(arena);
    return s;
}

static struct status merge_status(void *owner, struct arena *arena, struct slice octets)
{
    struct gathering *g = owner;
    struct status_row row;
    struct comity_fault fault = {0};
    struct status s = status_row_parse(arena, octets, &row);
    if (failed(s))
        return s;
    struct list_item *item = listing_find(&g->listing, ROW_SENT, row.key.from, row.key.id);
    if (item == NULL)
        return OK; /* sent from another place */
    s = ask_progress(g, &row, item, &fault);
    if (failed(s) && !failed(g->wrong)) {
        g->wrong = s;
        g->fault = fault;
    }
    return s.code == CODE_REFUSED || s.code == CODE_CRYPTO ? OK : s;
}

static bool has_own(const struct listing *l, const char *thread)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->at[i].row.direction, ROW_SENT) == 0 &&
            strcmp(l->at[i].row.thread, thread) == 0)
            return true;
    return false;
}

/* Rows of an inbox do not say what they answer: the message itself does, once it is verified. */
static struct status look(struct comity *c, struct list_item *item, struct comity_fault *reterr)
{
    uint8_t id[UUID_BYTES];
    const struct delivery_verified *delivery;
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s) && uuid_read(slice_text(item->row.id), id)) {
        struct message_key key = {slice_text(item->row.from), slice_over(id, sizeof id),
                                  client_party(c)};
        s = message_look(c, arena, &key, &delivery, reterr);
        if (!failed(s))
            put_reply_to(item, &delivery->envelope->claims);
    }
    arena_free(arena);
    return s.code == CODE_ABSENT ? OK : s; /* gone since the inbox was listed */
}

static struct status look_all(struct comity *c, struct listing *l, struct comity_fault *reterr)
{
    struct status s = OK;
    for (size_t i = 0; i < l->count && !failed(s); i++)
        if (strcmp(l->at[i].row.direction, ROW_RECEIVED) == 0 && !l->at[i].opened &&
            has_own(l, l->at[i].row.thread))
            s = look(c, &l->at[i], reterr);
    return s;
}

static struct status ask_gateway(struct gathering *g, struct comity_fault *reterr)
{
    struct query_args args = {.what = QUERY_STATUS, .limit = INBOX_MAX_ROWS};
    struct status s = inbox_each(g->comity, (struct slice){0}, merge_received, g, reterr);
    if (!failed(s))
        s = client_query_each(g->comity, &args, merge_status, g, reterr);
    if (!failed(s))
        s = look_all(g->comity, &g->listing, reterr);
    if (!failed(g->wrong))
        return s;
    *reterr = g->fault;
    return g->wrong;
}

/* ---- what the archive has ---- */

static struct status add_own(void *owner, struct arena *arena, const struct own_message *m)
{
    struct gathering *g = owner;
    struct list_item *item;
    struct sent_answer answer;
    const struct claims *claims = &m->envelope->claims;
    struct status s = listing_add(&g->listing, &item);
    if (failed(s))
        return s;
    row_from_claims(&item->row, claims);
    put_word(item->row.direction, sizeof item->row.direction, ROW_SENT);
    put_word(item->row.stage, sizeof item->row.stage, stage_word(STAGE_NONE));
    put_word(item->row.state, sizeof item->row.state, "unsent");
    s = answer_load(g->comity->archive, arena, claims->id, &answer);
    if (!failed(s))
        put_progress(&item->row, &answer);
    return s.code == CODE_ABSENT ? OK : s;
}

static struct status add_received(void *owner, struct arena *arena, const struct kept_message *m)
{
    struct gathering *g = owner;
    struct list_item *item;
    const struct envelope *envelope;
    struct status s = message_unseal(arena, m, &envelope);
    if (failed(s) || failed(s = listing_add(&g->listing, &item)))
        return s;
    row_from_claims(&item->row, &envelope->claims);
    item->row.received_ms = m->received_ms;
    put_word(item->row.direction, sizeof item->row.direction, ROW_RECEIVED);
    put_word(item->row.stage, sizeof item->row.stage, stage_word(STAGE_DELIVERED));
    put_reply_to(item, &envelope->claims);
    return OK;
}

static struct status read_archive(struct gathering *g, struct comity_fault *reterr)
{
    struct status s = sent_each(g->comity, add_own, g, &g->unsound);
    if (!failed(s))
        s = messages_each(g->comity->archive, add_received, g, &g->unsound);
    return failed(s)
               ? fault_set(reterr, s, "the archive %s cannot be read", g->comity->context.archive)
               : OK;
}

/* ---- both together ---- */

static void put_state(struct gathering *g, struct comity_row *row)
{
    uint8_t id[UUID_BYTES];
    bool answered = false;
    if (uuid_read(slice_text(row->id), id))
        g->unsound += failed(reply_known(g->comity->archive, slice_over(id, sizeof id), &answered));
    put_word(row->state, sizeof row->state, answered ? "answered" : "open");
}

static void put_states(struct gathering *g)
{
    for (size_t i = 0; i < g->listing.count; i++)
        if (strcmp(g->listing.at[i].row.direction, ROW_RECEIVED) == 0)
            put_state(g, &g->listing.at[i].row);
}

static struct status count_checkpoints(struct gathering *g)
{
    struct known_checkpoint *known;
    size_t count;
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY)
                      : checkpoints_load(g->comity->archive, arena, &known, &count, &g->unsound);
    arena_free(arena);
    return s;
}

/* What a list ends with that is there: records that do not open, unless something worse was found.
 */
static enum comity_exit conclude(const struct gathering *g, struct status asked,
                                 struct comity_fault *reterr)
{
    enum comity_exit exit = fault_exit(reterr, asked);
    bool worse = exit >= COMITY_VERIFY && asked.code != CODE_CRYPTO;
    return g->unsound == 0 || worse
               ? exit
               : fault_exit(reterr, client_unsound(g->comity, g->unsound, reterr));
}

/* Only the party that was asked can answer. */
static void put_answers(struct listing *l)
{
    for (size_t i = 0; i < l->count; i++) {
        uint8_t id[UUID_BYTES];
        const struct comity_row *reply = &l->at[i].row;
        if (strcmp(reply->direction, ROW_RECEIVED) != 0 ||
            !uuid_read(slice_text(l->at[i].reply_to), id))
            continue;
        struct list_item *own =
            listing_find(l, ROW_SENT, slice_text(reply->to), slice_over(id, sizeof id));
        if (own != NULL && strcmp(own->row.to, reply->from) == 0)
            put_word(own->row.state, sizeof own->row.state, "answered");
    }
}

/* Of the thread, where there is one. */
static bool is_listed(const void *only, const struct comity_row *row)
{
    const char *thread = only;
    return thread[0] == '\0' || strcmp(row->thread, thread) == 0;
}

static bool is_due(const void *only, const struct comity_row *row)
{
    return is_listed(only, row) && row->due_ms != 0 && strcmp(row->state, "answered") != 0 &&
           strcmp(row->state, "refused") != 0;
}

static int by_deadline(const void *a, const void *b)
{
    const struct comity_row *x = a;
    const struct comity_row *y = b;
    int order = (x->due_ms > y->due_ms) - (x->due_ms < y->due_ms);
    return order != 0 ? order : strcmp(x->id, y->id);
}

static int newest_first(const void *a, const void *b)
{
    const struct comity_row *x = a;
    const struct comity_row *y = b;
    int order = (x->received_ms < y->received_ms) - (x->received_ms > y->received_ms);
    return order != 0 ? order : strcmp(x->id, y->id);
}

enum comity_exit comity_list(struct comity *c, const char *thread, bool due,
                             struct comity_rows **ret_rows, struct comity_fault *reterr)
{
    char only[UUID_TEXT_BYTES];
    struct gathering g = {.comity = c, .wrong = OK};
    struct status asked = OK;
    *ret_rows = NULL;
    struct status s = told_begin(c, 0, reterr);
    if (!failed(s))
        s = read_thread(thread, only, reterr);
    if (!failed(s))
        s = read_archive(&g, reterr);
    if (!failed(s)) {
        asked = ask_gateway(&g, reterr);
        put_states(&g);
        put_answers(&g.listing);
        s = count_checkpoints(&g);
    }
    if (!failed(s))
        s = listing_rows(&g.listing, due ? is_due : is_listed, only, ret_rows);
    if (!failed(s))
        qsort((*ret_rows)->at, (*ret_rows)->count, sizeof *(*ret_rows)->at,
              due ? by_deadline : newest_first);
    listing_done(&g.listing);
    return failed(s) ? fault_exit(reterr, s) : conclude(&g, asked, reterr);
}

enum comity_exit comity_inbox(struct comity *c, const char *thread, struct comity_rows **ret_rows,
                              struct comity_fault *reterr)
{
    uint8_t octets[UUID_BYTES];
    char only[UUID_TEXT_BYTES];
    struct gathering g = {.comity = c, .wrong = OK};
    *ret_rows = NULL;
    struct status s = told_begin(c, 0, reterr);
    if (!failed(s))
        s = read_thread(thread, only, reterr);
    bool one = !failed(s) && uuid_read(slice_text(only), octets);
    if (!failed(s))
        s = inbox_each(c, slice_over(octets, one ? sizeof octets : 0), merge_received, &g, reterr);
    if (!failed(s)) {
        put_states(&g);
        s = count_checkpoints(&g);
    }
    if (!failed(s))
        s = listing_rows(&g.listing, NULL, NULL, ret_rows);
    listing_done(&g.listing);
    return failed(s) ? fault_exit(reterr, s) : conclude(&g, s, reterr);
}
