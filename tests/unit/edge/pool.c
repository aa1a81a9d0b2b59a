#include "pool.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/encoding.h"
#include "support/await.h"
#include "support/check.h"
#include "support/world_parts.h"

#define WORKERS_MAX 8
#define PARTIES_MAX 8

const struct worker_limits plenty = {.links = 5000,
                                     .handshakes = 256,
                                     .handshakes_per_source = 256,
                                     .links_per_party = 5000,
                                     .refusals_per_minute = 1000};

static struct tls_context *context_of(const char *name, const char *list)
{
    const struct tls_authority authorities[] = {{"XA", pki("XA/ca.crt")}, {"XC", pki("XC/ca.crt")}};
    const char *const lists[] = {pki("%s", list), pki("XC/crl.pem")};
    const struct tls_settings settings = {.certificate = pki("%s.crt", name),
                                          .key = pki("%s.key", name),
                                          .authorities = authorities,
                                          .authority_count = 2,
                                          .revocations = lists,
                                          .revocation_count = 2};
    char error[256] = "";
    struct tls_context *context = NULL;
    if (failed(tls_context_new(&settings, error, sizeof error, &context)))
        fprintf(stderr, "%s\n(run it by ctest, which makes the certificates)\n", error);
    world_need(context != NULL, "context");
    return context;
}

struct tls_context *gateway_context(bool revoking)
{
    return context_of("XA/gateways/XA-GW-01/tls", revoking ? "XA/crl.pem" : "bad/crl-before.pem");
}

struct tls_context *fixture_context(const char *name)
{
    return context_of(name, "bad/crl-before.pem");
}

static struct {
    char party[16];
    struct tls_context *context;
} parties[PARTIES_MAX];
static unsigned party_count;

struct tls_context *party_context(const char *party)
{
    char name[64];
    for (unsigned i = 0; i < party_count; i++)
        if (strcmp(parties[i].party, party) == 0)
            return parties[i].context;
    world_need(party_count < PARTIES_MAX, "more parties than expected");
    snprintf(name, sizeof name, "%.2s/parties/%s/tls", party, party);
    snprintf(parties[party_count].party, sizeof parties[0].party, "%s", party);
    parties[party_count].context = context_of(name, "bad/crl-before.pem");
    return parties[party_count++].context;
}

void contexts_free(void)
{
    while (party_count > 0)
        tls_context_free(parties[--party_count].context);
}

struct pool *pool_make(const struct worker_limits *limits)
{
    const struct world_settings settings = {.start_ms = moment_now().wall_ms};
    struct pool *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->world = world_new(&settings);
    p->context = gateway_context(false);
    p->revoking = gateway_context(true);
    p->limits = *limits;
    return p;
}

struct status pool_start(struct pool *p, unsigned workers)
{
    int listeners[WORKERS_MAX];
    world_need(!failed(listener_open("127.0.0.1:0", &listeners[0])) &&
                   !failed(listener_address(listeners[0], p->address)),
               "listener");
    for (unsigned i = 1; i < workers; i++)
        world_need(!failed(listener_share(listeners[0], &listeners[i])), "listener of a worker");
    const struct workers_settings settings = {
        .gateway = slice_text(WORLD_GATEWAY),
        .journal = p->world->journal,
        .keyring = p->world->keyring,
        .diagnostics = p->diagnostics,
        .snapshot = p->snapshot == NULL ? p->world->snapshot : p->snapshot,
        .context = p->context,
        .limits = p->limits,
        .dials = p->times != NULL,
        .times = p->times,
        .listeners = listeners,
        .listener_count = 1,
        .worker_count = workers,
    };
    return workers_start(&settings, &p->workers);
}

struct pool *pool_new(unsigned workers, const struct worker_limits *limits)
{
    struct pool *p = pool_make(limits);
    world_need(!failed(pool_start(p, workers)), "workers");
    return p;
}

void pool_renew(struct pool *p, struct tls_context *context)
{
    struct rulebook *rulebook = world_rulebook(p->world->log_key);
    const struct workers_state state = {
        .snapshot = snapshot_new(rulebook, NULL), .context = context, .limits = p->limits};
    workers_renew(p->workers, &state);
    snapshot_drop(state.snapshot);
}

/* In the order of the daemon: the journal ends between the workers and what they leave. */
void pool_free(struct pool *p)
{
    workers_stop(p->workers, p->grace_ms);
    world_stop(p->world);
    workers_free(p->workers);
    world_free(p->world);
    tls_context_free(p->context);
    tls_context_free(p->revoking);
    free(p);
}

void pool_dial(struct pool *p, const char *party, struct dial *dial)
{
    dial_start(dial, party_context(party), party, p->address);
}

uint64_t test_ms(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* How many of them are in one of these states. */
static size_t count_in(const struct dial *dials, size_t count, enum dial_state a, enum dial_state b)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += dials[i].state == a || dials[i].state == b;
    return found;
}

/* States only go up. */
static bool any_beyond(const struct dial *dials, size_t count, enum dial_state state)
{
    for (size_t i = 0; i < count; i++)
        if (dials[i].state > state && dials[i].state != DIAL_OVER)
            return true;
    return false;
}

static void run_dials(struct dial *dials, size_t count)
{
    struct pollfd *wanted = calloc(count, sizeof *wanted);
    if (wanted == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        wanted[i] =
            (struct pollfd){.fd = dials[i].wants == 0 ? -1 : dials[i].fd, .events = dials[i].wants};
    (void)poll(wanted, count, 50);
    for (size_t i = 0; i < count; i++)
        if (wanted[i].revents != 0)
            dial_run(&dials[i]);
    free(wanted);
}

bool dials_reach(struct dial *dials, size_t count, enum dial_state state)
{
    uint64_t until = test_ms() + DEADLINE_MS;
    while (count_in(dials, count, state, DIAL_OVER) < count && !any_beyond(dials, count, state) &&
           test_ms() < until)
        run_dials(dials, count);
    return count_in(dials, count, state, state) == count;
}

void dial_ask(struct dial *d)
{
    static const uint8_t first_ten[] = {0x93, 0xc0, 0x0a, 0xc0};
    struct frame query = {
        .kind = FRAME_QUERY,
        .as.query = {.what = QUERY_INBOX, .args = slice_over(first_ten, sizeof first_ten)}};
    dial_give(d, &query);
}

bool dial_answers(struct dial *d)
{
    uint64_t before = d->frames, until = test_ms() + DEADLINE_MS;
    if (d->state == DIAL_OPEN)
        dial_ask(d);
    while (d->state == DIAL_OPEN && d->frames == before && test_ms() < until)
        run_dials(d, 1);
    return d->state == DIAL_OPEN && d->frames > before;
}

bool readable(int descriptor, uint64_t wait_ms)
{
    struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
    return poll(&wanted, 1, (int)wait_ms) == 1;
}

int silent(struct pool *p)
{
    uint64_t port = 0;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    world_need(decimal_read(slice_text(strrchr(p->address, ':') + 1), UINT16_MAX, &port), "port");
    to.sin_port = htons((uint16_t)port);
    world_need(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0, "connection");
    return fd;
}

/* ---- what is wrapped ---- */

struct status __wrap_crypto_thread_start(void), __real_crypto_thread_start(void);
enum tls_failure __wrap_tls_link_recheck(struct tls_link *link, const struct tls_context *context),
    __real_tls_link_recheck(struct tls_link *link, const struct tls_context *context);
void __wrap_tls_link_rekey(struct tls_link *link), __real_tls_link_rekey(struct tls_link *link);
enum tls_step __wrap_tls_handshake(struct tls_link *link),
    __real_tls_handshake(struct tls_link *link);
struct moment __wrap_moment_now(void), __real_moment_now(void);

static atomic_uint crypto_until, recheck_count, verified_count, rekey_count;
static atomic_bool recheck_fails;
static pthread_mutex_t recheck_turn = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint64_t shift_ms;

void crypto_refuse_at(unsigned n)
{
    atomic_store(&crypto_until, n);
}

struct status __wrap_crypto_thread_start(void)
{
    unsigned left = atomic_load(&crypto_until);
    while (left > 0 && !atomic_compare_exchange_weak(&crypto_until, &left, left - 1))
        continue;
    return left == 1 ? FAIL(MEMORY) : __real_crypto_thread_start();
}

unsigned rechecks(void)
{
    return atomic_load(&recheck_count);
}

unsigned rechecks_with_memory(void)
{
    return atomic_load(&verified_count);
}

unsigned rekeys(void)
{
    return atomic_load(&rekey_count);
}

void rechecks_fail(bool fail)
{
    atomic_store(&recheck_fails, fail);
}

void rechecks_hold(bool hold)
{
    if (hold)
        pthread_mutex_lock(&recheck_turn);
    else
        pthread_mutex_unlock(&recheck_turn);
}

enum tls_failure __wrap_tls_link_recheck(struct tls_link *link, const struct tls_context *context)
{
    atomic_fetch_add(&recheck_count, 1);
    pthread_mutex_lock(&recheck_turn);
    pthread_mutex_unlock(&recheck_turn);
    if (atomic_load(&recheck_fails))
        return TLS_FAILURE_MEMORY;
    atomic_fetch_add(&verified_count, 1);
    return __real_tls_link_recheck(link, context);
}

void __wrap_tls_link_rekey(struct tls_link *link)
{
    atomic_fetch_add(&rekey_count, 1);
    __real_tls_link_rekey(link);
}

static _Thread_local bool is_holder;
static pthread_mutex_t handshake_turn = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint step_count;

void handshakes_hold(bool hold)
{
    is_holder = true;
    if (hold) {
        atomic_store(&step_count, 0);
        pthread_mutex_lock(&handshake_turn);
    } else {
        pthread_mutex_unlock(&handshake_turn);
    }
}

unsigned handshake_steps(void)
{
    return atomic_load(&step_count);
}

static bool is_held(void *unused)
{
    (void)unused;
    return handshake_steps() > 0;
}

bool handshakes_held(void)
{
    return await(is_held, NULL);
}

enum tls_step __wrap_tls_handshake(struct tls_link *link)
{
    if (!is_holder) {
        atomic_fetch_add(&step_count, 1);
        pthread_mutex_lock(&handshake_turn);
        pthread_mutex_unlock(&handshake_turn);
    }
    return __real_tls_handshake(link);
}

void clock_shift(uint64_t ms)
{
    atomic_fetch_add(&shift_ms, ms);
}

struct moment __wrap_moment_now(void)
{
    struct moment now = __real_moment_now();
    now.mono_ms += atomic_load(&shift_ms);
    now.wall_ms += atomic_load(&shift_ms);
    return now;
}
