#include "edge/handshake.h"

#include <time.h>

#include "edge/connection_parts.h"
#include "edge/worker.h"

void handshake_enter(struct connection *c)
{
    sources_enter(&c->set->sources, &c->source);
    c->set->handshakes++;
}

static void leave_queue(struct connection *c)
{
    if (c->ready_slot == NULL)
        return;
    *c->ready_slot = c->next_ready;
    if (c->next_ready != NULL)
        c->next_ready->ready_slot = c->ready_slot;
    else
        c->set->last_ready = c->ready_slot;
    c->ready_slot = NULL;
}

void handshake_leave(struct connection *c)
{
    leave_queue(c);
    if (c->source.slot == NULL)
        return;
    source_leave(&c->source);
    c->set->handshakes--;
}

void handshake_ready(struct connection *c)
{
    if (c->ready_slot != NULL)
        return;
    c->next_ready = NULL;
    c->ready_slot = c->set->last_ready;
    *c->ready_slot = c;
    c->set->last_ready = &c->next_ready;
}

bool handshakes_wait(const struct connections *set)
{
    return set->ready != NULL;
}

/* The context may have been exchanged since the handshake began. */
static bool is_still_welcome(struct connection *c)
{
    if (c->judged == c->set->generation)
        return true;
    c->judged = c->set->generation;
    if (tls_link_recheck(c->tls, c->set->context) == TLS_FAILURE_NONE)
        return true;
    connection_say(c, "handshake.failed", tls_failure_text(c->tls));
    return false;
}

static void open_link(struct connection *c)
{
    struct identity identity;
    struct moment now = moment_now();
    if (!is_still_welcome(c) || !tls_peer(c->tls, &identity) ||
        failed(exchange_open(c->set->exchange, &identity, c, now, &c->link))) {
        c->is_dead = true;
        return;
    }
    handshake_leave(c);
    c->keyed_ms = now.mono_ms;
    c->deadline_ms = 0;
}

/* TLS begins with the first octets: who says nothing costs no more than a descriptor. */
static bool has_tls(struct connection *c)
{
    if (c->tls != NULL)
        return true;
    c->judged = c->set->generation;
    return !failed(tls_link_accept(c->set->context, c->fd, &c->tls));
}

static void step(struct connection *c)
{
    leave_queue(c);
    c->waits_to_write = false;
    if (!has_tls(c))
        c->is_dead = true;
    else if (!c->is_dead && connection_step(c, tls_handshake(c->tls)))
        open_link(c);
    if (c->link != NULL)
        connection_run(c);
    else
        connection_flush(c);
}

uint64_t handshake_clock_us(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void handshakes_turn(struct connections *set, uint64_t busy_us)
{
    uint64_t until = handshake_clock_us() + busy_us / HANDSHAKE_SHARE;
    while (set->ready != NULL) {
        step(set->ready);
        if (handshake_clock_us() >= until)
            return;
    }
}
