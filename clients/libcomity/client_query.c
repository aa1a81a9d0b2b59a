/* Questions to the gateway. */

#include <string.h>

#include "libcomity/client.h"
#include "libcomity/clock.h"
#include "session/query.h"

#define WALK_ROWS_MAX 65536 /* of one walk through the pages of an answer */
#define RETRY_MAX_MS  10000

uint64_t client_retry_after(const struct frame *f)
{
    char code[32] = "";
    if (f->kind != FRAME_REFUSE || !slice_copy_text(f->as.refuse.code, code, sizeof code) ||
        refusal_find(code) != REFUSAL_UNAVAILABLE)
        return 0;
    return f->as.refuse.retry_ms > RETRY_MAX_MS ? RETRY_MAX_MS : f->as.refuse.retry_ms;
}

static struct status query_answer(const struct frame *f, struct answer *ret_answer,
                                  struct comity_fault *reterr)
{
    if (f->kind == FRAME_ANSWER) {
        *ret_answer = f->as.answer;
        return OK;
    }
    char code[32] = "";
    if (f->kind == FRAME_REFUSE)
        slice_copy_text(f->as.refuse.code, code, sizeof code);
    enum refusal refusal = refusal_find(code);
    struct status s = fault_input(reterr, refusal, "the gateway refused the question");
    return refusal == REFUSAL_UNKNOWN ? FAIL(ABSENT) : s;
}

static struct status ask(struct comity *c, struct arena *arena, const struct query_args *args,
                         struct frame *ret_answer, struct comity_fault *reterr)
{
    struct connection *link = NULL;
    struct buffer b = buffer_new(4096);
    query_args_write(&b, args);
    struct frame f = {.kind = FRAME_QUERY, .as.query = {args->what, buffer_slice(&b)}};
    struct status s = b.failed ? FAIL(MEMORY) : client_link(c, &link, reterr);
    if (!failed(s))
        s = connection_ask(link, arena, &f, ret_answer, reterr);
    buffer_done(&b);
    return s;
}

struct status client_query(struct comity *c, struct arena *arena, const struct query_args *args,
                           struct answer *ret_answer, struct comity_fault *reterr)
{
    struct frame answer;
    struct status s = ask(c, arena, args, &answer, reterr);
    return failed(s) ? s : query_answer(&answer, ret_answer, reterr);
}

struct status client_query_until(struct comity *c, struct arena *arena,
                                 const struct query_args *args, uint64_t until_ms,
                                 struct answer *ret_answer, struct comity_fault *reterr)
{
    struct frame answer;
    for (;;) {
        struct status s = ask(c, arena, args, &answer, reterr);
        uint64_t wait = failed(s) ? 0 : client_retry_after(&answer);
        if (failed(s) || wait == 0)
            return failed(s) ? s : query_answer(&answer, ret_answer, reterr);
        if (clock_mono_ms() + wait >= until_ms)
            return fault_set(reterr, FAIL(NETWORK), "%s has no answer yet: try again later",
                             c->context.gateway);
        s = connection_wait(c->link, wait, reterr);
        if (failed(s))
            return s;
    }
}

/* A walk through pages. */
struct paging {
    client_row *visit;
    void *owner;
    size_t rows;       /* visited */
    struct slice next; /* cursor of the next page; empty when that was all */
};

/* One page; its cursor is in next_room. */
static struct status query_page(struct comity *c, const struct query_args *args,
                                uint8_t next_room[static NEXT_MAX_BYTES], struct paging *paging,
                                struct comity_fault *reterr)
{
    struct answer answer = {0};
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : client_query(c, arena, args, &answer, reterr);
    for (size_t i = 0; !failed(s) && i < answer.rows.count; i++) {
        s = paging->visit(paging->owner, arena, answer.rows.at[i]);
        if (s.code == CODE_REFUSED)
            s = fault_verify(reterr, s, "%s answered with a row that is none", c->context.gateway);
    }
    if (!failed(s)) {
        paging->rows += answer.rows.count;
        paging->next = slice_over(next_room, answer.next.length);
        if (answer.next.length > 0)
            memcpy(next_room, answer.next.at, answer.next.length);
    }
    arena_free(arena);
    return s;
}

struct status client_query_each(struct comity *c, const struct query_args *args, client_row *visit,
                                void *owner, struct comity_fault *reterr)
{
    uint8_t room[NEXT_MAX_BYTES];
    struct query_args page = *args;
    struct paging paging = {.visit = visit, .owner = owner};
    struct status s;
    do {
        s = query_page(c, &page, room, &paging, reterr);
        page.after = paging.next;
    } while (!failed(s) && page.after.length > 0 && paging.rows < WALK_ROWS_MAX);
    if (!failed(s) && page.after.length > 0)
        return fault_set(reterr, FAIL(NETWORK), "the answer of %s has no end", c->context.gateway);
    return s;
}
