/* Sends sealed messages: as fast as the gateway's credits let it, or each at its time. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/receipt.h"
#include "base/encoding.h"
#include "crowd.h"
#include "messages.h"
#include "roles.h"
#include "stop.h"

#define LINKS_MAX    64
#define COUNT_LIMIT  1000000
#define RATE_MAX     1000000
#define OTHER_FRAMES 1024 /* numbers of a link that are no SUBMIT's: HELLO, PONG */
#define PATIENCE_NS  (60 * NS_PER_SECOND)
#define TURN_MS      1000

struct sending {
    struct messages messages;
    size_t first, count; /* of the messages: those that this run sends */
    uint64_t rate;       /* a second; 0: no pace */
    uint64_t began_ns, ended_ns;
    size_t given;                  /* so far */
    size_t receipts, others;       /* answers */
    uint64_t *sizes;               /* of the checkpoint in each receipt */
    uint64_t *latencies;           /* ns, of each answer */
    uint32_t *index_of[LINKS_MAX]; /* which message a frame of that number carries */
};

static uint64_t due_ns(const struct sending *s, size_t i)
{
    return s->began_ns + (s->rate == 0 ? 0 : i * NS_PER_SECOND / s->rate);
}

/* The link with the most credit, so that none is left behind. */
static struct peer *choose(struct crowd *c)
{
    struct peer *best = NULL;
    for (size_t i = 0; i < c->count; i++) {
        struct peer *p = &c->peers[i];
        if (p->state == PEER_OPEN && p->credit > 0 && (best == NULL || p->credit > best->credit))
            best = p;
    }
    return best;
}

static void give(struct sending *s, struct peer *p)
{
    if (++p->number >= s->count + OTHER_FRAMES)
        stop("a link carried more frames than it should");
    s->index_of[p->index][p->number] = (uint32_t)s->given;
    messages_frame(&p->out, s->messages.at[s->first + s->given], p->number);
    p->credit--;
    s->given++;
}

/* Everything that may be sent now. */
static void give_due(struct crowd *c)
{
    struct sending *s = c->owner;
    uint64_t now = now_ns();
    struct peer *p = NULL;
    bool gave[LINKS_MAX] = {0};
    while (s->given < s->count && due_ns(s, s->given) <= now && (p = choose(c)) != NULL) {
        give(s, p);
        gave[p->index] = true;
    }
    for (size_t i = 0; i < c->count; i++)
        if (gave[i])
            peer_flush(&c->peers[i]);
    if (s->rate > 0 && s->given < s->count && due_ns(s, s->given) > now)
        crowd_wake(c, due_ns(s, s->given));
}

/* How large the log was when the gateway signed: one checkpoint for each batch. */
static uint64_t size_in(struct arena *arena, struct slice octets)
{
    struct receipt receipt;
    uint64_t size = 0;
    if (failed(receipt_parse(arena, octets, &receipt)))
        stop("a receipt is none");
    size_t line = slice_find(receipt.note, '\n');
    struct slice rest = slice_part(receipt.note, line + 1, SIZE_MAX);
    if (!decimal_read(slice_part(rest, 0, slice_find(rest, '\n')), UINT64_MAX, &size))
        stop("a checkpoint names no size");
    return size;
}

static void answered(struct peer *p, uint64_t number)
{
    struct sending *s = p->crowd->owner;
    size_t done = s->receipts + s->others;
    if (number > p->number || done >= s->count)
        stop("the gateway answered what was not sent");
    s->ended_ns = now_ns();
    s->latencies[done] = s->ended_ns - due_ns(s, s->index_of[p->index][number]);
}

static void take(struct peer *p, const struct frame *f, struct arena *arena)
{
    struct sending *s = p->crowd->owner;
    if (f->kind == FRAME_RECEIPT) {
        answered(p, f->as.receipt.answers);
        s->sizes[s->receipts++] = size_in(arena, f->as.receipt.receipt);
    } else if (f->kind == FRAME_REFUSE) {
        answered(p, f->as.refuse.answers);
        s->others++;
    } else if (f->kind == FRAME_BYE) {
        stop("the gateway ended a link");
    }
}

static void ended(struct peer *p)
{
    (void)p;
    stop("a link broke");
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static size_t distinct(uint64_t *sorted, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += i == 0 || sorted[i] != sorted[i - 1];
    return found;
}

static void report(struct sending *s)
{
    size_t done = s->receipts + s->others;
    qsort(s->latencies, done, sizeof *s->latencies, ascending);
    qsort(s->sizes, s->receipts, sizeof *s->sizes, ascending);
    tell("{\"receipts\":%zu,\"others\":%zu,\"began_ns\":%" PRIu64
         ",\"seconds\":%.6f,\"batches\":%zu,"
         "\"median_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}",
         s->receipts, s->others, s->began_ns, (double)(s->ended_ns - s->began_ns) / 1e9,
         distinct(s->sizes, s->receipts), (double)s->latencies[done / 2] / 1e3,
         (double)s->latencies[done - 1 - done / 100] / 1e3, (double)s->latencies[done - 1] / 1e3);
}

static void begin(struct sending *s, const struct request *r, size_t links)
{
    s->first = number_of(word(r, 3), 0, COUNT_LIMIT);
    s->count = number_of(word(r, 4), 1, COUNT_LIMIT);
    s->rate = number_of(word(r, 5), 0, RATE_MAX);
    messages_read(word(r, 2), s->first + s->count, &s->messages);
    if (s->messages.count < s->first + s->count)
        stop("the file holds fewer messages than are to be sent");
    s->sizes = calloc(s->count, sizeof *s->sizes);
    s->latencies = calloc(s->count, sizeof *s->latencies);
    for (size_t i = 0; i < links; i++) {
        s->index_of[i] = calloc(s->count + OTHER_FRAMES, sizeof *s->index_of[i]);
        if (s->index_of[i] == NULL || s->sizes == NULL || s->latencies == NULL)
            stop("out of memory");
    }
}

static void end(struct sending *s)
{
    for (size_t i = 0; i < LINKS_MAX; i++)
        free(s->index_of[i]);
    free(s->sizes);
    free(s->latencies);
    messages_done(&s->messages);
}

/* send PARTIES LINKS FILE FIRST COUNT RATE */
int role_send(const struct request *r)
{
    static const struct role role = {.frame = take, .ended = ended, .woken = give_due};
    struct sending s = {0};
    size_t links = number_of(word(r, 1), 1, LINKS_MAX);
    begin(&s, r, links);
    struct crowd *c = crowd_new(&r->target, word(r, 0), links);
    c->role = &role;
    c->owner = &s;
    crowd_open(c, links);
    tell("ready");
    while (c->told == 0 && !c->over)
        crowd_turn(c, TURN_MS);
    s.began_ns = now_ns();
    while (s.receipts + s.others < s.count && !c->over) {
        give_due(c);
        crowd_turn(c, TURN_MS);
        if (now_ns() > due_ns(&s, s.count) + PATIENCE_NS)
            stop("the gateway did not answer within a minute");
    }
    if (!c->over)
        report(&s);
    crowd_free(c);
    end(&s);
    return 0;
}
