/* Links that make a gateway wait: they ask for much and read nothing, or write an octet at a time.
 */

#include <stdlib.h>
#include <sys/socket.h>

#include "crowd.h"
#include "messages.h"
#include "roles.h"
#include "session/query.h"
#include "stop.h"

#define LINKS_MAX    4096
#define TURN_MS      100
#define OCTET_NS     (50 * NS_PER_MS) /* between two octets of a slow link */
#define SUBMIT_NEXT  2                /* the number of a link's first frame after HELLO */
#define ARGS_BYTES   1024
#define WINDOW_BYTES 4096

/* Asks for its mail, gives credit to push as much as can be, and never reads: with a window this
 * small little of it fits into the kernel. */
static void ask_and_ignore(struct peer *p)
{
    const int window = WINDOW_BYTES;
    struct buffer args = buffer_new(ARGS_BYTES);
    const struct query_args inbox = {.what = QUERY_INBOX, .limit = INBOX_MAX_ROWS};
    query_args_write(&args, &inbox);
    struct frame credit = {.kind = FRAME_CREDIT, .as.credit = {0, CREDIT_MAX}};
    struct frame query = {.kind = FRAME_QUERY, .as.query = {QUERY_INBOX, buffer_slice(&args)}};
    if (setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window) != 0)
        stop("a window cannot be made small");
    peer_put(p, &credit);
    peer_put(p, &query);
    buffer_done(&args);
    peer_deafen(p);
    peer_flush(p);
}

static void dial_again(struct peer *p)
{
    peer_dial(p);
}

static void until_over(struct crowd *c)
{
    while (!c->over)
        crowd_turn(c, TURN_MS);
    tell("{\"open\":%zu,\"ended\":%zu}", c->open, c->ended);
}

/* deaf PARTIES COUNT */
int role_deaf(const struct request *r)
{
    static const struct role role = {.opened = ask_and_ignore, .ended = dial_again};
    size_t count = number_of(word(r, 1), 1, LINKS_MAX);
    struct crowd *c = crowd_new(&r->target, word(r, 0), count);
    c->role = &role;
    crowd_open(c, count);
    tell("ready");
    until_over(c);
    crowd_free(c);
    return 0;
}

struct slow {
    struct buffer frame;
    size_t *written; /* of the frame, by each peer */
    uint64_t next_ns;
};

static void begin_frame(struct peer *p)
{
    struct slow *s = p->crowd->owner;
    s->written[p->index] = 0;
}

static void write_octets(struct crowd *c)
{
    struct slow *s = c->owner;
    for (size_t i = 0; i < c->count; i++) {
        struct peer *p = &c->peers[i];
        if (p->state != PEER_OPEN || s->written[i] == s->frame.length)
            continue;
        buffer_put(&p->out, slice_part(buffer_slice(&s->frame), s->written[i]++, 1));
        peer_flush(p);
    }
    s->next_ns += OCTET_NS;
    crowd_wake(c, s->next_ns);
}

/* slow PARTIES COUNT FILE: each link writes one long frame, an octet each 50 ms */
int role_slow(const struct request *r)
{
    static const struct role role = {
        .opened = begin_frame, .ended = dial_again, .woken = write_octets};
    struct messages messages;
    struct slow s = {.frame = buffer_new(FRAME_MAX_BYTES)};
    size_t count = number_of(word(r, 1), 1, LINKS_MAX);
    messages_read(word(r, 2), 1, &messages);
    s.written = calloc(count, sizeof *s.written);
    if (s.written == NULL || messages.count == 0)
        stop("there is no message to write");
    messages_frame(&s.frame, messages.at[0], SUBMIT_NEXT);
    struct crowd *c = crowd_new(&r->target, word(r, 0), count);
    c->role = &role;
    c->owner = &s;
    crowd_open(c, count);
    tell("ready");
    s.next_ns = now_ns();
    write_octets(c);
    until_over(c);
    crowd_free(c);
    buffer_done(&s.frame);
    messages_done(&messages);
    free(s.written);
    return 0;
}
