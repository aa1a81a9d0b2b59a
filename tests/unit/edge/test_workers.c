#include "pool.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 2

static const char *const names[] = {"XA-CA-01", "XC-CA-01"};

static void every_worker_serves(void)
{
    struct dial dials[24];
    struct pool *p = pool_new(3, &plenty);
    for (size_t i = 0; i < 24; i++)
        pool_dial(p, names[i % 2], &dials[i]);
    CHECK(dials_reach(dials, 24, DIAL_OPEN));
    for (size_t i = 0; i < 24; i++) {
        CHECK(dial_answers(&dials[i]));
        dial_drop(&dials[i]);
    }
    pool_free(p);
}

static bool refuses_connections(struct pool *p)
{
    struct dial dial;
    pool_dial(p, names[0], &dial);
    bool refused = dials_reach(&dial, 1, DIAL_OVER);
    dial_drop(&dial);
    return refused;
}

static void a_worker_that_cannot_run_fails_the_start(void)
{
    for (unsigned n = 1; n <= 3; n++) {
        struct pool *p = pool_make(&plenty);
        crypto_refuse_at(n);
        CHECK_STATUS(pool_start(p, 3), FAIL(CRYPTO));
        CHECK(refuses_connections(p)); /* no listener is left that nobody serves */
        p->workers = NULL;
        pool_free(p);
    }
    crypto_refuse_at(0);
}

/* Whether the gateway closes a connection while it is not yet due to. */
static bool is_closed_at_once(int fd)
{
    char octet;
    return readable(fd, 500) && recv(fd, &octet, 1, MSG_DONTWAIT) <= 0;
}

/* Whether a link that was refused comes in once the gateway has seen that others went. */
static bool comes_in(struct pool *p, struct dial *dial)
{
    uint64_t until = test_ms() + DEADLINE_MS;
    do {
        dial_drop(dial);
        pool_dial(p, names[0], dial);
    } while (!dials_reach(dial, 1, DIAL_OPEN) && test_ms() < until);
    return dial_answers(dial);
}

static void one_source_does_not_take_every_place(void)
{
    struct worker_limits limits = plenty;
    struct dial dial;
    int fds[8];
    limits.handshakes_per_source = 3;
    struct pool *p = pool_new(1, &limits);
    for (unsigned i = 0; i < 8; i++)
        fds[i] = silent(p);
    for (unsigned i = 3; i < 8; i++)
        CHECK(is_closed_at_once(fds[i]));
    for (unsigned i = 0; i < 3; i++)
        CHECK(!readable(fds[i], 0));
    pool_dial(p, names[0], &dial);
    CHECK(dials_reach(&dial, 1, DIAL_OVER));
    for (unsigned i = 0; i < 8; i++)
        close(fds[i]);
    CHECK(comes_in(p, &dial));
    dial_drop(&dial);
    pool_free(p);
}

static void more_links_than_allowed_are_closed(void)
{
    struct worker_limits limits = plenty;
    struct dial dials[3];
    limits.links = 2;
    struct pool *p = pool_new(1, &limits);
    for (unsigned i = 0; i < 2; i++)
        pool_dial(p, names[i], &dials[i]);
    CHECK(dials_reach(dials, 2, DIAL_OPEN));
    pool_dial(p, names[0], &dials[2]);
    CHECK(dials_reach(&dials[2], 1, DIAL_OVER));
    for (unsigned i = 0; i < 2; i++)
        CHECK(dial_answers(&dials[i]));
    dial_drop(&dials[0]);
    CHECK(comes_in(p, &dials[2]));
    dial_drop(&dials[1]);
    dial_drop(&dials[2]);
    pool_free(p);
}

/* ---- renewals beside handshakes ---- */

struct storm {
    struct pool *pool;
    const char *party;
    unsigned rounds, opened;
    _Atomic unsigned *running;
};

static void *dial_again_and_again(void *owner)
{
    struct storm *s = owner;
    for (unsigned i = 0; i < s->rounds; i++) {
        struct dial dial;
        pool_dial(s->pool, s->party, &dial);
        s->opened += dials_reach(&dial, 1, DIAL_OPEN);
        dial_drop(&dial);
    }
    atomic_fetch_sub(s->running, 1);
    return NULL;
}

static unsigned rounds(void)
{
    return COMITY_SANITIZE[0] == '\0' ? 150 : 60;
}

static void contexts_are_renewed_beside_handshakes(void)
{
    struct pool *p = pool_new(3, &plenty);
    _Atomic unsigned running = CLIENTS;
    struct storm storms[CLIENTS];
    pthread_t threads[CLIENTS];
    unsigned renewals = 0;
    for (unsigned i = 0; i < CLIENTS; i++) {
        (void)party_context(names[i]); /* made here: the list of them is not locked */
        storms[i] = (struct storm){p, names[i], rounds(), 0, &running};
        CHECK(pthread_create(&threads[i], NULL, dial_again_and_again, &storms[i]) == 0);
    }
    while (atomic_load(&running) > 0) {
        struct tls_context *context = gateway_context(renewals % 2 == 0);
        pool_renew(p, context);
        tls_context_free(context);
        renewals++;
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK_U64(storms[i].opened, rounds());
    }
    CHECK(renewals > 1);
    pool_free(p);
}

static void new_limits_count_at_once(void)
{
    struct dial dials[2];
    struct pool *p = pool_new(1, &plenty);
    pool_dial(p, names[0], &dials[0]);
    CHECK(dials_reach(dials, 1, DIAL_OPEN));
    p->limits.links = 1;
    pool_renew(p, p->context);
    CHECK(dial_answers(&dials[0])); /* so the worker has taken the state */
    pool_dial(p, names[1], &dials[1]);
    CHECK(dials_reach(&dials[1], 1, DIAL_OVER));
    CHECK(dial_answers(&dials[0]));
    dial_drop(&dials[0]);
    pool_free(p);
    contexts_free();
}

/* What is longer than a TLS record goes out in two sends: the second must not wait for the peer. */
static void what_is_accepted_sends_at_once(void)
{
    int listener = -1, at_once = 0;
    struct pool p = {0};
    socklen_t length = sizeof at_once;
    CHECK_OK(listener_open("127.0.0.1:0", &listener));
    CHECK_OK(listener_address(listener, p.address));
    int there = silent(&p);
    CHECK(readable(listener, DEADLINE_MS));
    int here = accept(listener, NULL, NULL);
    CHECK(getsockopt(here, IPPROTO_TCP, TCP_NODELAY, &at_once, &length) == 0);
    CHECK(at_once != 0);
    close(here);
    close(there);
    close(listener);
}

TESTS(edge_workers, {"every worker serves", every_worker_serves},
      {"what is accepted sends at once", what_is_accepted_sends_at_once},
      {"a worker that cannot run fails the start, and no listener is left",
       a_worker_that_cannot_run_fails_the_start},
      {"one source does not take every place for handshakes", one_source_does_not_take_every_place},
      {"more links than allowed are closed right after accept", more_links_than_allowed_are_closed},
      {"contexts are renewed beside handshakes", contexts_are_renewed_beside_handshakes},
      {"new limits count at once", new_limits_count_at_once})
