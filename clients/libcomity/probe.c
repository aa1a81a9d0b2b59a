#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "libcomity/client.h"
#include "libcomity/clock.h"
#include "tls/link.h"

#define PROBE_ARENA_BYTES (8U << 20)
#define PROBE_TIMEOUT_MS  10000
#define PING_SLICE_MS     10 /* PONG is looked for so often; its time is taken when it comes */

/* One look at the gateway. The archive stays closed: a case system may be using it. */
struct probe {
    struct comity *c;
    struct comity_checked *out;
    struct arena *arena;
    struct connection_steps steps;
    struct hello ours, theirs;
    bool welcomed;
    uint64_t pinged_us, ponged_us;
};

/* At least one microsecond, for 0 says that it did not come to that. */
static uint64_t elapsed(uint64_t from_us, uint64_t to_us)
{
    return to_us > from_us ? to_us - from_us : 1;
}

static void take_welcome(struct probe *p, const struct hello *welcome)
{
    uint64_t now_ms = clock_wall_ms(); /* before the other: what lies between counts as margin */
    uint64_t took_us = elapsed(p->steps.secured_us, clock_mono_us());
    p->theirs = *welcome;
    p->welcomed = true;
    p->out->greeting_us = took_us;
    p->out->time_ms = welcome->time_ms;
    /* It was written somewhere between our HELLO and now. */
    p->out->margin_ms = took_us / 2000 + 1;
    p->out->offset_ms = (int64_t)welcome->time_ms - (int64_t)(now_ms - took_us / 2000);
}

static void see_frame(void *owner, const uint8_t *octets, size_t length)
{
    struct probe *p = owner;
    struct frame f;
    struct slice body = arena_copy(p->arena, slice_over(octets, length));
    if (body.at == NULL || failed(frame_parse(p->arena, body, &f)))
        return; /* whoever takes the frame says so */
    if (f.kind == FRAME_WELCOME && !p->welcomed)
        take_welcome(p, &f.as.hello);
    else if (f.kind == FRAME_PONG && p->pinged_us != 0)
        p->ponged_us = clock_mono_us();
}

static struct status load(struct probe *p, const struct comity_options *options,
                          struct comity_fault *reterr)
{
    struct comity *c = p->c;
    struct status s = client_load(c, options, reterr);
    if (failed(s) || failed(s = client_tls(c, reterr)))
        return s;
    return client_versions(c, p->arena, &p->ours);
}

static struct status dial(struct probe *p, struct connection **ret_link,
                          struct comity_fault *reterr)
{
    struct connection_settings settings = {
        .tls = p->c->tls,
        .gateway = p->c->context.gateway,
        .hello = &p->ours,
        .timeout_ms = p->c->options.timeout_ms,
        .record = see_frame,
        .record_owner = p,
        .steps = &p->steps,
    };
    const struct connection_steps *at = &p->steps;
    struct status s = client_dial(p->c, p->arena, &settings, ret_link, reterr);
    if (settings.address != NULL)
        slice_copy_text(slice_text(settings.address), p->out->address, sizeof p->out->address);
    p->out->connect_us = at->connected_us == 0 ? 0 : elapsed(at->begun_us, at->connected_us);
    p->out->handshake_us = at->secured_us == 0 ? 0 : elapsed(at->connected_us, at->secured_us);
    return s;
}

static void describe_tls(struct comity_checked *out, const struct tls_link *tls)
{
    struct certificate *certificate = NULL;
    struct identity identity;
    if (tls_peer(tls, &identity))
        slice_copy_text(slice_text(identity.id), out->gateway, sizeof out->gateway);
    slice_copy_text(slice_text(tls_link_version(tls)), out->tls_version, sizeof out->tls_version);
    slice_copy_text(slice_text(tls_link_group(tls)), out->tls_group, sizeof out->tls_group);
    if (failed(tls_peer_certificate(tls, &certificate)))
        return;
    certificate_validity(certificate, &out->gateway_from_ms, &out->gateway_until_ms);
    hex_write(digest_slice(certificate_x5t(certificate)), out->gateway_sha256);
    certificate_free(certificate);
}

static struct status ping(struct probe *p, struct connection *link, struct comity_fault *reterr)
{
    struct frame f = {.kind = FRAME_PING};
    uint64_t deadline = clock_mono_ms() + p->c->options.timeout_ms;
    p->pinged_us = clock_mono_us();
    struct status s = connection_tell(link, &f, reterr);
    while (!failed(s) && p->ponged_us == 0) {
        if (clock_mono_ms() >= deadline)
            return fault_set(reterr, FAIL(NETWORK), "%s did not answer PING in time",
                             p->c->context.gateway);
        s = connection_wait(link, PING_SLICE_MS, reterr);
    }
    if (!failed(s))
        p->out->ping_us = elapsed(p->pinged_us, p->ponged_us);
    return s;
}

/* ---- the rulebook of both sides ---- */

static const struct object_version none = {0};

static void put_digest(struct slice digest, char text[static 65])
{
    if (digest.length == 32)
        hex_write(digest, text);
}

static void add_version(struct comity_checked *out, const char *object,
                        const struct object_version *ours, const struct object_version *theirs)
{
    struct comity_object_version *v = &out->versions[out->version_count++];
    struct slice state = ours->state.length > 0 ? ours->state : theirs->state;
    snprintf(v->object, sizeof v->object, "%s%s%.*s", object, state.length == 0 ? "" : " ",
             (int)state.length, (const char *)state.at);
    v->ours = ours->number;
    v->theirs = theirs->number;
    put_digest(ours->digest, v->our_digest);
    put_digest(theirs->digest, v->their_digest);
    v->agrees = ours->number == theirs->number && slice_equal(ours->digest, theirs->digest);
}

/* Both lists are sorted by State. */
static void compare_parties(struct comity_checked *out, const struct hello *ours,
                            const struct hello *theirs)
{
    size_t i = 0, k = 0;
    while (i < ours->parties_count || k < theirs->parties_count) {
        int order = i == ours->parties_count ? 1
                    : k == theirs->parties_count
                        ? -1
                        : slice_compare(ours->parties[i].state, theirs->parties[k].state);
        add_version(out, "parties", order > 0 ? &none : &ours->parties[i],
                    order < 0 ? &none : &theirs->parties[k]);
        i += order <= 0;
        k += order >= 0;
    }
}

static struct status compare_rulebooks(struct probe *p)
{
    size_t most = 2 + p->ours.parties_count + p->theirs.parties_count;
    p->out->versions = calloc(most, sizeof *p->out->versions);
    if (p->out->versions == NULL)
        return FAIL(MEMORY);
    add_version(p->out, "law", &p->ours.law, &p->theirs.law);
    add_version(p->out, "states", &p->ours.states, &p->theirs.states);
    compare_parties(p->out, &p->ours, &p->theirs);
    return OK;
}

static struct status look(struct probe *p, struct comity_fault *reterr)
{
    struct connection *link = NULL;
    struct status s = dial(p, &link, reterr);
    if (p->welcomed && !failed(s))
        s = compare_rulebooks(p);
    if (!failed(s)) {
        describe_tls(p->out, connection_tls(link));
        s = ping(p, link, reterr);
    }
    connection_close(link);
    return s;
}

enum comity_exit comity_check(const struct comity_options *options,
                              struct comity_checked **ret_checked, struct comity_fault *reterr)
{
    struct probe p = {0};
    memset(reterr, 0, sizeof *reterr);
    *ret_checked = NULL;
    p.c = calloc(1, sizeof *p.c);
    p.out = calloc(1, sizeof *p.out);
    p.arena = arena_new(PROBE_ARENA_BYTES);
    struct status s = p.c == NULL || p.out == NULL || p.arena == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s)) {
        p.c->options.timeout_ms = options->timeout_ms == 0 ? PROBE_TIMEOUT_MS : options->timeout_ms;
        s = load(&p, options, reterr);
    }
    if (!failed(s)) {
        s = look(&p, reterr);
        *ret_checked = p.out;
        p.out = NULL; /* handed over, also where it came to an end early */
    }
    comity_checked_free(p.out);
    comity_close(p.c);
    arena_free(p.arena);
    return fault_exit(reterr, s);
}

void comity_checked_free(struct comity_checked *checked)
{
    if (checked == NULL)
        return;
    free(checked->versions);
    free(checked);
}
