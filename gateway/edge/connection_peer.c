/* What connections with other gateways have that others have not. */

#include <stdio.h>

#include "base/instant.h"
#include "edge/call.h"
#include "edge/connection_parts.h"
#include "edge/handshake.h"
#include "edge/worker.h"

struct connection *connection_dial(struct connections *set, int fd, struct call *call)
{
    struct connection *c = connection_make(set, fd);
    if (c == NULL)
        return NULL;
    c->call = call;
    c->has_spoken = true; /* it is for us to speak first */
    c->deadline_ms = moment_now().mono_ms + call->dialler->settings.times->handshake_ms;
    c->judged = set->generation;
    if (failed(tls_link_connect(set->context, fd, call->id, &c->tls)))
        c->is_dead = true;
    if (!c->is_dead)
        handshake_ready(c);
    connection_flush(c);
    return c;
}

void connection_release(struct connection *c)
{
    c->call = NULL;
    if (c->link != NULL)
        return;
    c->is_dead = true;
    connection_dirty(c);
}

/* The two largest units: "3 d 4 h". */
static void span_write(uint64_t ms, char *text, size_t room)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {
        {"d", MS_PER_DAY}, {"h", 60 * MS_PER_MINUTE}, {"min", MS_PER_MINUTE}, {"s", MS_PER_SECOND}};
    size_t i = 0;
    while (i < 3 && ms < units[i].ms)
        i++;
    unsigned long long many = ms / units[i].ms, more = i == 3 ? 0 : ms % units[i].ms;
    if (i == 3)
        snprintf(text, room, "%llu s", many);
    else
        snprintf(text, room, "%llu %s %llu %s", many, units[i].name, more / units[i + 1].ms,
                 units[i + 1].name);
}

static void say(const struct connection *c, const struct identity *peer, const char *event,
                const char *text)
{
    diagnostics_say(&c->set->lines.paced, moment_now().wall_ms,
                    &(struct diagnostic){.event = event,
                                         .level = DIAGNOSTIC_NOTICE,
                                         .peer = slice_text(peer->id),
                                         .text = text});
}

void connection_up(struct connection *c, struct moment now)
{
    struct identity peer;
    if (!tls_peer(c->tls, &peer) || peer.kind != IDENTITY_GATEWAY)
        return;
    c->is_up = true;
    if (c->call != NULL)
        call_up(c->call, now);
    if (c->set->peers != NULL)
        peers_certificate(c->set->peers, slice_text(peer.id), tls_peer_until(c->tls));
    if (c->set->peers != NULL && peers_open(c->set->peers, slice_text(peer.id), now))
        say(c, &peer, "peer.up", c->call == NULL ? "it dialled" : "it was dialled");
}

void connection_down(struct connection *c, struct moment now)
{
    struct identity peer;
    uint64_t up_ms = 0;
    char span[64], text[80];
    if (c->is_up && c->set->peers != NULL && tls_peer(c->tls, &peer) &&
        peers_close(c->set->peers, slice_text(peer.id), now, &up_ms)) {
        span_write(up_ms, span, sizeof span);
        snprintf(text, sizeof text, "it was up for %s", span);
        say(c, &peer, "peer.down", text);
    }
    c->is_up = false;
    if (c->call != NULL)
        call_ended(c->call, c->link != NULL && exchange_left(c->link), now);
    c->call = NULL;
}
