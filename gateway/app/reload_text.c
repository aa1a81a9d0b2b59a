#include "app/reload.h"

#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "exchange/candidate.h"

/* The n-th part of this kind; false if there are not so many. */
static bool part_of(const struct tls_context *context, enum tls_part kind, size_t n,
                    struct tls_until *ret_until)
{
    struct tls_until until;
    for (size_t i = 0; tls_context_until(context, i, &until); i++)
        if (until.part == kind && n-- == 0) {
            *ret_until = until;
            return true;
        }
    return false;
}

static bool same_parts(const struct tls_context *a, const struct tls_context *b, enum tls_part kind)
{
    for (size_t n = 0;; n++) {
        struct tls_until x, y;
        bool in_a = part_of(a, kind, n, &x), in_b = part_of(b, kind, n, &y);
        if (!in_a || !in_b)
            return in_a == in_b;
        if (x.until_ms != y.until_ms || strcmp(x.state, y.state) != 0 ||
            strcmp(x.number, y.number) != 0)
            return false;
    }
}

/* "; " before all but the first. */
static void begin(struct buffer *out)
{
    if (out->length > 0)
        buffer_text(out, "; ");
}

static void put_certificate(const struct tls_context *now, const struct tls_context *next,
                            struct buffer *out)
{
    char at[INSTANT_TEXT_BYTES];
    struct tls_until until;
    if (digest_equal(tls_context_x5t(now), digest_slice(tls_context_x5t(next))) ||
        !part_of(next, TLS_PART_OWN, 0, &until))
        return;
    instant_write(until.until_ms, at);
    begin(out);
    buffer_print(out, "certificate until %s", at);
}

static void put_parts(const struct tls_context *now, const struct tls_context *next,
                      enum tls_part kind, const char *name, struct buffer *out)
{
    struct tls_until until;
    if (same_parts(now, next, kind))
        return;
    begin(out);
    buffer_text(out, name);
    for (size_t n = 0; part_of(next, kind, n, &until); n++)
        buffer_print(out, "%s %s%s%s", n == 0 ? "" : ",", until.state,
                     until.number[0] == '\0' ? "" : " ", until.number);
}

static void put_rulebook(const char *name, const struct digest *now, const struct digest *next,
                         struct buffer *out)
{
    char text[2 * sizeof next->octets + 1];
    if (digest_equal(now, digest_slice(next)))
        return;
    hex_write(digest_slice(next), text);
    begin(out);
    buffer_print(out, "%s %s", name, text);
}

static const struct digest *candidate_digest(const struct snapshot *snapshot)
{
    static const struct digest none = {0};
    const struct candidate *c = snapshot_candidate(snapshot);
    return c == NULL ? &none : &candidate_rulebook(c)->digest;
}

static void put_candidate(const struct snapshot *now, const struct snapshot *next,
                          struct buffer *out)
{
    if (snapshot_candidate(next) != NULL) {
        put_rulebook("candidate", candidate_digest(now), candidate_digest(next), out);
    } else if (snapshot_candidate(now) != NULL) {
        begin(out);
        buffer_text(out, "no candidate any more");
    }
}

static void put_numbers(const struct config *now, const struct config *next, struct buffer *out)
{
    const struct config_limits *a = &now->limits, *b = &next->limits;
    const struct {
        const char *key;
        uint64_t now, next;
    } rows[] = {
        {"limits.links", a->links, b->links},
        {"limits.handshakes", a->handshakes, b->handshakes},
        {"limits.handshakes_per_source", a->handshakes_per_source, b->handshakes_per_source},
        {"limits.links_per_party", a->links_per_party, b->links_per_party},
        {"limits.refusals_per_minute", a->refusals_per_minute, b->refusals_per_minute},
        {"revocation_grace in seconds", now->revocation_grace_ms / MS_PER_SECOND,
         next->revocation_grace_ms / MS_PER_SECOND},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].now != rows[i].next) {
            begin(out);
            buffer_print(out, "%s %llu", rows[i].key, (unsigned long long)rows[i].next);
        }
}

void reload_text(const struct running *now, const struct config *config, const struct state *state,
                 char *text, size_t room)
{
    struct buffer out = buffer_new(room - 1);
    const struct tls_context *before = now->state->context, *after = state->context;
    put_certificate(before, after, &out);
    put_parts(before, after, TLS_PART_CA, "CAs of", &out);
    put_parts(before, after, TLS_PART_REVOCATIONS, "revocation lists", &out);
    put_rulebook("rulebook", &snapshot_rulebook(now->state->snapshot)->digest,
                 &snapshot_rulebook(state->snapshot)->digest, &out);
    put_candidate(now->state->snapshot, state->snapshot, &out);
    put_numbers(now->config, config, &out);
    snprintf(text, room, "%.*s", (int)out.length, (const char *)out.at);
    if (out.length == 0)
        snprintf(text, room, "nothing has changed");
    buffer_done(&out);
}
