#include "far.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/dialler.h"

#define FAR     "XC/gateways/XC-GW-01/tls"
#define UP      "\"event\":\"peer.up\",\"gateway\":\"XA-GW-01\",\"peer\":\"XC-GW-01\""
#define DOWN    "\"event\":\"peer.down\",\"gateway\":\"XA-GW-01\",\"peer\":\"XC-GW-01\""
#define AWAY    "\"event\":\"peer.unreachable\",\"gateway\":\"XA-GW-01\",\"peer\":\"XC-GW-01\""
#define NOWHERE "127.0.0.1:1" /* nobody listens there: it is refused at once */

/* Short pauses; nothing counts as steady, and every line is said. */
static const struct dialler_times quick = {.reach_ms = DEADLINE_MS,
                                           .handshake_ms = DEADLINE_MS,
                                           .least_ms = 2,
                                           .most_ms = 4,
                                           .steady_ms = UINT64_MAX};

static void pauses_double_up_to_a_minute_and_are_drawn(void)
{
    static const uint64_t wanted[] = {500, 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    const struct dialler_times *t = &dialler_times_default;
    for (unsigned i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        CHECK_U64(dialler_pause_ms(t, i, UINT32_MAX / 2 + 1), wanted[i]);
        CHECK_U64(dialler_pause_ms(t, i, 0), wanted[i] / 2);
        CHECK_U64(dialler_pause_ms(t, i, UINT32_MAX), wanted[i] + wanted[i] / 2 - 1);
    }
    CHECK_U64(dialler_pause_ms(t, UINT32_MAX, UINT32_MAX / 2 + 1), 60000);
}

static void one_worker_dials_each_peer_that_is_larger(void)
{
    char id[] = "XA-GW-00";
    unsigned dialled[7] = {0};
    for (unsigned i = 0; i < 200; i++) {
        unsigned who = 0;
        id[1] = (char)('A' + i % 20);
        id[6] = (char)('0' + i / 20);
        for (unsigned k = 0; k < 7; k++) {
            const struct dialler_settings s = {
                .gateway = slice_text("XF-GW-05"), .share = k, .shares = 7};
            bool has = dialler_has(&s, slice_text(id));
            who += has;
            dialled[k] += has;
        }
        CHECK_U64(who, strcmp(id, "XF-GW-05") > 0);
    }
    for (unsigned k = 0; k < 7; k++)
        CHECK(dialled[k] > 0);
}

static void a_peer_has_one_connection_whatever_is_reloaded(void)
{
    struct far far;
    far_open(&far, FAR);
    const struct far_row rows[] = {{"XC-GW-01", {far.address}}};
    struct pool *p = far_pool(3, &quick, rows, 1);
    CHECK(says(UP, 1, &far, 1));
    CHECK_U64(far.state, FAR_GREETED);
    for (unsigned i = 0; i < 3; i++)
        far_renew(p, rows, 1);
    const struct far_row more[] = {rows[0], {"XD-GW-01", {NOWHERE}}};
    far_renew(p, more, 2);
    CHECK(says("\"peer\":\"XD-GW-01\"", 3, &far, 1)); /* so the reloads are through */
    CHECK(!readable(far.listener, 200));
    CHECK_U64(far.state, FAR_GREETED);
    CHECK_U64(far.came, 1);
    CHECK_U64(said(UP), 1);
    far_close(&far);
    far_pool_free(p);
}

static void addresses_are_tried_in_their_order(void)
{
    struct far far[3];
    for (unsigned i = 0; i < 3; i++)
        far_open(&far[i], FAR);
    const struct far_row rows[] = {{"XC-GW-01", {far[2].address, far[0].address, far[1].address}}};
    struct pool *p = far_pool(2, &quick, rows, 1);
    for (unsigned i = 0; i < 6; i++) {
        static const unsigned order[] = {2, 0, 1};
        CHECK(far_reset(&far[order[i % 3]]));
        for (unsigned k = 0; k < 3; k++)
            CHECK_U64(far[k].came, i / 3 + (k == 2 || (k == 0 && i % 3 > 0) || i % 3 == 2));
    }
    CHECK(says(UP, 1, far, 3));
    CHECK(said(AWAY) >= 6);
    for (unsigned i = 0; i < 3; i++)
        far_close(&far[i]);
    far_pool_free(p);
}

/* A link to the second of three addresses, which the test ends. */
static unsigned who_is_next(uint64_t steady_ms)
{
    struct far far[3];
    struct dialler_times times = quick;
    unsigned next = 0;
    times.steady_ms = steady_ms;
    for (unsigned i = 0; i < 3; i++)
        far_open(&far[i], FAR);
    const struct far_row rows[] = {{"XC-GW-01", {far[0].address, far[1].address, far[2].address}}};
    struct pool *p = far_pool(1, &times, rows, 1);
    CHECK(far_reset(&far[0]));
    CHECK(says(UP, 1, far, 3));
    CHECK_U64(far[1].state, FAR_GREETED);
    far_drop(&far[1], false);
    for (uint64_t until = test_ms() + DEADLINE_MS; test_ms() < until; next = (next + 1) % 3)
        if (readable(far[next].listener, 20))
            break;
    for (unsigned i = 0; i < 3; i++)
        far_close(&far[i]);
    far_pool_free(p);
    return next;
}

static void after_a_link_that_lasted_the_first_address_comes_first(void)
{
    CHECK_U64(who_is_next(0), 0);
    CHECK_U64(who_is_next(UINT64_MAX), 2);
}

static void a_link_that_ends_is_dialled_again(void)
{
    struct far far;
    far_open(&far, FAR);
    const struct far_row rows[] = {{"XC-GW-01", {far.address}}};
    struct pool *p = far_pool(2, &quick, rows, 1);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(says(UP, i + 1, &far, 1));
        CHECK_U64(said(DOWN), i);
        far_drop(&far, i == 1);
        CHECK(says(DOWN ",\"text\":\"it was up for 0 s\"", i + 1, &far, 1));
    }
    far_close(&far);
    far_pool_free(p);
}

static void a_reload_adds_changes_and_removes_peers(void)
{
    struct far stays, other, moved;
    far_open(&stays, FAR);
    far_open(&other, FAR);
    far_open(&moved, FAR);
    const struct far_row before[] = {{"XC-GW-01", {stays.address}}};
    const struct far_row added[] = {before[0], {"XD-GW-01", {other.address}}};
    const struct far_row changed[] = {before[0], {"XD-GW-01", {moved.address}}};
    struct pool *p = far_pool(3, &quick, before, 1);
    CHECK(says(UP, 1, &stays, 1));
    far_renew(p, added, 2);
    CHECK(far_reset(&other));
    CHECK(readable(other.listener, DEADLINE_MS)); /* in its handshake, or on the way there */
    far_renew(p, changed, 2);
    CHECK(readable(moved.listener, DEADLINE_MS / 2)); /* sooner than a handshake may take */
    CHECK(far_reset(&moved)); /* in the place of the other address, not beside it */
    while (readable(other.listener, 0))
        far_reset(&other);
    CHECK(far_reset(&moved));
    CHECK(far_reset(&moved));
    CHECK(!readable(other.listener, 0));
    far_renew(p, before, 1);
    far_close(&moved); /* what had come until then is reset */
    unsigned tries = said("\"peer\":\"XD-GW-01\"");
    far_run(&stays);
    CHECK_U64(stays.state, FAR_GREETED);
    CHECK_U64(stays.came, 1);
    CHECK(said("\"peer\":\"XD-GW-01\"") <= tries + 2);
    far_renew(p, NULL, 0);
    CHECK(far_reach(&stays, FAR_OVER)); /* its gateway is unknown now */
    CHECK(stays.said_bye);
    far_drop(&stays, false);
    CHECK(!readable(stays.listener, 200));
    far_close(&stays);
    far_close(&other);
    far_pool_free(p);
}

static void a_reload_dials_at_once_who_could_not_be_reached(void)
{
    struct dialler_times times = quick;
    times.least_ms = times.most_ms = 100UL * DEADLINE_MS;
    const struct far_row rows[] = {{"XC-GW-01", {NOWHERE}}};
    struct pool *p = far_pool(1, &times, rows, 1);
    for (unsigned i = 1; i <= 3; i++) {
        CHECK(says(AWAY, i, NULL, 0));
        far_renew(p, rows, 1);
    }
    CHECK(says(AWAY, 4, NULL, 0));
    far_pool_free(p);
}

static void who_accepts_and_says_nothing_is_given_up(void)
{
    struct far far;
    struct dialler_times times = quick;
    times.handshake_ms = 100;
    far_open(&far, FAR);
    const struct far_row rows[] = {{"XC-GW-01", {far.address}}};
    struct pool *p = far_pool(1, &times, rows, 1);
    CHECK(says(AWAY ",\"text\":\"127.0.0.1:", 2, NULL, 0));
    CHECK(said(": deadline passed") >= 2);
    CHECK_U64(said(UP), 0);
    far_close(&far);
    far_pool_free(p);
}

/* Its queue of connections is full, so that the system answers nobody. */
static void who_does_not_take_connections_is_given_up(void)
{
    struct far far;
    struct pool waiting = {0};
    struct dialler_times times = quick;
    int fds[2];
    times.reach_ms = 100;
    far_open(&far, FAR);
    CHECK(listen(far.listener, 0) == 0);
    memcpy(waiting.address, far.address, sizeof waiting.address);
    fds[0] = silent(&waiting);
    CHECK(readable(far.listener, DEADLINE_MS));
    const struct far_row rows[] = {{"XC-GW-01", {far.address}}};
    struct pool *p = far_pool(1, &times, rows, 1);
    CHECK(says("Connection timed out", 2, NULL, 0));
    CHECK_U64(said(UP), 0);
    close(fds[0]);
    far_close(&far);
    far_pool_free(p);
}

static void another_identity_is_not_spoken_to(void)
{
    struct far far;
    far_open(&far, "XA/gateways/XA-GW-01/tls");
    const struct far_row rows[] = {{"XC-GW-01", {far.address}}};
    struct pool *p = far_pool(1, &quick, rows, 1);
    CHECK(far_reach(&far, FAR_OVER));
    CHECK(says("certificate of somebody else than expected", 1, NULL, 0));
    CHECK_U64(said(UP), 0);
    CHECK_U64(said("link.opened"), 0);
    far_close(&far);
    far_pool_free(p);
}

static void being_unreachable_is_said_once_in_a_while(void)
{
    struct far far;
    struct dialler_times times = quick;
    times.said_ms = 1000000;
    times.repeat_ms = 2000000;
    far_open(&far, FAR);
    const struct far_row rows[] = {{"XC-GW-01", {NOWHERE, far.address}}};
    struct pool *p = far_pool(1, &times, rows, 1);
    for (unsigned i = 0; i < 30; i++)
        CHECK(far_reset(&far));
    CHECK_U64(said(AWAY), 1);
    CHECK_U64(said(AWAY ",\"text\":\"" NOWHERE ": Connection refused\""), 1);
    CHECK_U64(said("handshake.failed"), 0);
    clock_shift(times.said_ms);
    CHECK(far_reset(&far));
    CHECK(says(AWAY, 2, NULL, 0)); /* with another reason */
    far_close(&far);
    far_pool_free(p);
}

static void the_end_is_told_to_peers(void)
{
    struct far far;
    far_open(&far, FAR);
    const struct far_row rows[] = {{"XC-GW-01", {far.address}}, {"XD-GW-01", {NOWHERE}}};
    struct pool *p = far_pool(2, &quick, rows, 2);
    CHECK(says(UP, 1, &far, 1));
    far_pool_free(p);
    CHECK(far_reach(&far, FAR_OVER));
    CHECK(far.said_bye);
    far_close(&far);
}

static void *end(void *owner)
{
    far_pool_free(owner);
    return NULL;
}

/* One peer does not answer BYE, so that the pool waits for it. */
static void who_leaves_dials_no_more(void)
{
    struct far far;
    pthread_t ending;
    far_open(&far, FAR);
    const struct far_row rows[] = {{"XC-GW-01", {far.address}}, {"XD-GW-01", {NOWHERE}}};
    struct pool *p = far_pool(1, &quick, rows, 2);
    CHECK(says(UP, 1, &far, 1));
    CHECK(says("\"peer\":\"XD-GW-01\"", 1, &far, 1));
    p->grace_ms = 300;
    CHECK(pthread_create(&ending, NULL, end, p) == 0);
    for (uint64_t until = test_ms() + DEADLINE_MS; !far.said_bye && test_ms() < until;)
        far_run(&far);
    CHECK(far.said_bye);
    unsigned tries = said("\"peer\":\"XD-GW-01\"");
    CHECK(pthread_join(ending, NULL) == 0);
    CHECK_U64(said("\"peer\":\"XD-GW-01\""), tries);
    CHECK_U64(said(DOWN), 1);
    far_close(&far);
}

static void the_pool_knows_who_is_up(void)
{
    struct far far;
    struct peer_presence presence;
    far_open(&far, FAR);
    const struct far_row rows[] = {{"XC-GW-01", {far.address}}};
    struct pool *p = far_pool(2, &quick, rows, 1);
    CHECK(workers_peer(p->workers, 0, moment_now(), &presence));
    CHECK_TEXT(presence.id, "XC-GW-01");
    CHECK(!workers_peer(p->workers, 1, moment_now(), &presence));
    CHECK(says(UP, 1, &far, 1));
    CHECK(workers_peer(p->workers, 0, moment_now(), &presence) && presence.is_up);
    clock_shift(PEER_STEADY_MS);
    CHECK(workers_peer(p->workers, 0, moment_now(), &presence));
    CHECK_U64(presence.away_ms, 0);
    far_close(&far);
    CHECK(says(DOWN, 1, NULL, 0));
    CHECK(workers_peer(p->workers, 0, moment_now(), &presence) && !presence.is_up);
    far_pool_free(p);
}

/* A stranger's handshake keeps the thread, and the peer's waits for it: when its time is over it is
 * given up at once, without a step. */
static void a_handshake_that_waits_too_long_costs_no_step(void)
{
    struct far far;
    struct dial stranger;
    struct dialler_times times = quick;
    times.handshake_ms = 50;
    far_open(&far, FAR);
    const struct far_row none[] = {{"XC-GW-01", {NOWHERE}}}, rows[] = {{"XC-GW-01", {far.address}}};
    struct pool *p = far_pool(1, &times, none, 1);
    handshakes_hold(true);
    pool_dial(p, "XA-CA-01", &stranger);
    CHECK(dials_reach(&stranger, 1, DIAL_SHAKING));
    CHECK(handshakes_held());
    far_renew(p, rows, 1);
    CHECK(says(": deadline passed", 3, NULL, 0));
    CHECK_U64(handshake_steps(), 1);
    handshakes_hold(false);
    CHECK(dials_reach(&stranger, 1, DIAL_OPEN));
    dial_drop(&stranger);
    far_close(&far);
    far_pool_free(p);
    lines_free();
    contexts_free();
}

TESTS(edge_dialler,
      {"pauses double up to a minute and are drawn", pauses_double_up_to_a_minute_and_are_drawn},
      {"one worker dials each peer whose id is larger", one_worker_dials_each_peer_that_is_larger},
      {"a peer has one connection, whatever is reloaded",
       a_peer_has_one_connection_whatever_is_reloaded},
      {"addresses are tried in their order, one after each failure",
       addresses_are_tried_in_their_order},
      {"after a link that lasted the first address comes first",
       after_a_link_that_lasted_the_first_address_comes_first},
      {"a link that ends is dialled again", a_link_that_ends_is_dialled_again},
      {"a reload adds, changes and removes peers, and leaves the others alone",
       a_reload_adds_changes_and_removes_peers},
      {"a reload dials at once who could not be reached",
       a_reload_dials_at_once_who_could_not_be_reached},
      {"who accepts and says nothing is given up", who_accepts_and_says_nothing_is_given_up},
      {"who does not take connections is given up", who_does_not_take_connections_is_given_up},
      {"another identity is not spoken to", another_identity_is_not_spoken_to},
      {"being unreachable is said once in a while", being_unreachable_is_said_once_in_a_while},
      {"the end is told to peers", the_end_is_told_to_peers},
      {"who leaves dials no more", who_leaves_dials_no_more},
      {"the pool knows who is up", the_pool_knows_who_is_up},
      {"a handshake that waits too long costs no step",
       a_handshake_that_waits_too_long_costs_no_step})
