/* Many links that send no messages: idle ones, those that come again and again, and handshakes. */

#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "roles.h"
#include "stop.h"

#define LINKS_MAX     20000
#define HANDSHAKE_MAX 1000000
#define TURN_MS       100
#define PATIENCE_NS   (60 * NS_PER_SECOND)

static void wait_for_line(struct crowd *c)
{
    for (unsigned told = c->told; c->told == told && !c->over;)
        crowd_turn(c, TURN_MS);
}

/* hold PARTIES greet|silent COUNT...: opens as many links as the next COUNT says, tells so and
 * waits for a line; at the end of standard input the links go */
int role_hold(const struct request *r)
{
    static const struct role role = {NULL, NULL, NULL, NULL};
    size_t most = 0;
    for (int i = 2; i == 2 || i < r->count; i++) {
        size_t count = number_of(word(r, i), 1, LINKS_MAX);
        most = count > most ? count : most;
    }
    struct crowd *c = crowd_new(&r->target, word(r, 0), most);
    c->role = &role;
    c->silent = strcmp(word(r, 1), "silent") == 0;
    for (int i = 2; i < r->count && !c->over; i++) {
        crowd_open(c, number_of(word(r, i), 1, LINKS_MAX));
        tell("{\"open\":%zu,\"ended\":%zu}", c->open, c->ended);
        wait_for_line(c);
    }
    tell("{\"open\":%zu,\"ended\":%zu}", c->open, c->ended);
    crowd_free(c);
    return 0;
}

static void dial_all(struct crowd *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->peers[i].state == PEER_NONE)
            peer_dial(&c->peers[i]);
}

/* Until all are open again; who was turned away comes again with the next turn. */
static void come_again(struct crowd *c)
{
    uint64_t until = now_ns() + PATIENCE_NS;
    for (size_t i = 0; i < c->count; i++)
        peer_cut(&c->peers[i]);
    dial_all(c);
    while (c->open < c->count) { /* also when it is over: half a storm says little */
        crowd_turn(c, TURN_MS);
        dial_all(c);
        if (now_ns() > until)
            stop("the links did not come back within a minute");
    }
}

/* storm PARTIES COUNT: that many links break all at once and come back all at once, again and again
 * from the first line on standard input until its end */
int role_storm(const struct request *r)
{
    static const struct role role = {NULL, NULL, NULL, NULL};
    size_t count = number_of(word(r, 1), 1, LINKS_MAX), times = 0;
    uint64_t longest = 0;
    struct crowd *c = crowd_new(&r->target, word(r, 0), count);
    c->role = &role;
    crowd_open(c, count);
    tell("ready");
    wait_for_line(c);
    while (!c->over) {
        uint64_t begin = now_ns();
        come_again(c);
        uint64_t took = now_ns() - begin;
        longest = took > longest ? took : longest;
        times++;
    }
    tell("{\"times\":%zu,\"longest_s\":%.3f,\"turned_away\":%zu}", times, (double)longest / 1e9,
         c->ended);
    crowd_free(c);
    return 0;
}

struct shaking {
    size_t count, begun, done, broken;
};

static void shake_next(struct peer *p)
{
    struct shaking *s = p->crowd->owner;
    if (s->begun < s->count) {
        s->begun++;
        peer_dial(p);
    }
}

static void shaken(struct peer *p)
{
    struct shaking *s = p->crowd->owner;
    s->done++;
    s->broken += p->last == TLS_FAILED;
    shake_next(p);
}

/* shake PARTIES AT_ONCE COUNT: COUNT handshakes, each link ended right after by close_notify and
 * counted when the server has closed it too */
int role_shake(const struct request *r)
{
    static const struct role role = {.ended = shaken};
    struct shaking s = {.count = number_of(word(r, 2), 1, HANDSHAKE_MAX)};
    struct crowd *c = crowd_new(&r->target, word(r, 0), number_of(word(r, 1), 1, 1024));
    c->role = &role;
    c->owner = &s;
    c->leaves = true;
    tell("ready");
    wait_for_line(c);
    uint64_t begin = now_ns();
    for (size_t i = 0; i < c->count; i++)
        shake_next(&c->peers[i]);
    while (s.done < s.begun && !c->over) {
        crowd_turn(c, TURN_MS);
        if (now_ns() > begin + PATIENCE_NS)
            stop("the handshakes did not end within a minute");
    }
    tell("{\"done\":%zu,\"broken\":%zu,\"seconds\":%.6f}", s.done, s.broken,
         (double)(now_ns() - begin) / 1e9);
    crowd_free(c);
    return 0;
}
