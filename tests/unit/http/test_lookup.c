#include "support/check.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "http/lookup.h"
#include "support/await.h"

/* ---- the system that is asked ---- */

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **ret_found);
int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **ret_found);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned asked, slow; /* so far; now kept waiting */
static bool lets_go;

/* "slow" is not answered before it is let go; then, as "good", it is 127.0.0.1. */
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **ret_found)
{
    if ((hints->ai_flags & AI_NUMERICHOST) != 0)
        return __real_getaddrinfo(host, port, hints, ret_found);
    pthread_mutex_lock(&lock);
    asked++;
    slow += strcmp(host, "slow") == 0;
    while (strcmp(host, "slow") == 0 && !lets_go)
        pthread_cond_wait(&changed, &lock);
    slow -= strcmp(host, "slow") == 0;
    pthread_mutex_unlock(&lock);
    return strcmp(host, "bad") == 0 ? EAI_NONAME
                                    : __real_getaddrinfo("127.0.0.1", port, hints, ret_found);
}

static void let_go(bool go)
{
    pthread_mutex_lock(&lock);
    lets_go = go;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static unsigned seen(const unsigned *count)
{
    pthread_mutex_lock(&lock);
    unsigned now = *count;
    pthread_mutex_unlock(&lock);
    return now;
}

static bool are_slow(void *count)
{
    return seen(&slow) == *(unsigned *)count;
}

/* ---- who asks ---- */

struct answer {
    unsigned came;
    in_port_t port; /* 0: no such host */
};

static void keep(void *owner, const struct addrinfo *found)
{
    struct answer *a = owner;
    a->came++;
    if (found != NULL)
        a->port = ntohs(((const struct sockaddr_in *)(const void *)found->ai_addr)->sin_port);
}

static struct lookup *ask(struct lookups *lookups, const char *text, struct answer *answer)
{
    struct address address;
    CHECK(address_split(text, &address));
    return lookup_begin(lookups, &address, keep, answer);
}

static struct lookups *begin(struct event_base **ret_base)
{
    struct lookups *lookups = NULL;
    *ret_base = event_base_new();
    CHECK_OK(lookups_new(*ret_base, &lookups));
    return lookups;
}

/* Runs the loop until it has come, or a deadline passed. */
static bool comes(struct event_base *base, const struct answer *answer)
{
    const struct timeval deadline = {.tv_sec = AWAIT_SECONDS};
    event_base_loopexit(base, &deadline);
    while (answer->came == 0 && !event_base_got_exit(base))
        event_base_loop(base, EVLOOP_ONCE);
    return answer->came == 1;
}

static void names_are_found_or_not(void)
{
    struct event_base *base;
    struct lookups *lookups = begin(&base);
    struct answer good = {0}, bad = {0};
    CHECK(ask(lookups, "good:7443", &good) != NULL);
    CHECK(ask(lookups, "bad:7443", &bad) != NULL);
    CHECK(comes(base, &good) && comes(base, &bad));
    CHECK_U64(good.port, 7443);
    CHECK_U64(bad.port, 0);
    lookups_free(lookups);
    event_base_free(base);
}

static void a_name_that_nobody_answers_for_holds_up_no_other(void)
{
    struct event_base *base;
    struct lookups *lookups = begin(&base);
    struct answer kept = {0}, good = {0};
    unsigned one = 1, none = 0;
    CHECK(ask(lookups, "slow:1", &kept) != NULL);
    CHECK(await(are_slow, &one));
    CHECK(ask(lookups, "good:2", &good) != NULL);
    CHECK(comes(base, &good));
    CHECK_U64(kept.came, 0);
    let_go(true);
    CHECK(comes(base, &kept));
    CHECK(await(are_slow, &none));
    let_go(false);
    lookups_free(lookups);
    event_base_free(base);
}

static void what_nobody_wants_any_more_is_not_asked_for(void)
{
    struct event_base *base;
    struct lookups *lookups = begin(&base);
    struct answer kept[LOOKUP_THREADS] = {0}, dropped = {0}, last = {0};
    unsigned all = LOOKUP_THREADS, none = 0;
    for (unsigned i = 0; i < LOOKUP_THREADS; i++)
        CHECK(ask(lookups, "slow:1", &kept[i]) != NULL);
    CHECK(await(are_slow, &all));
    unsigned before = seen(&asked);
    lookup_cancel(ask(lookups, "good:1", &dropped));
    CHECK(ask(lookups, "good:2", &last) != NULL);
    let_go(true);
    CHECK(comes(base, &last));
    CHECK(await(are_slow, &none));
    let_go(false);
    CHECK_U64(dropped.came, 0);
    CHECK_U64(seen(&asked) - before, 1);
    lookups_free(lookups);
    event_base_free(base);
}

static void the_end_waits_for_no_name(void)
{
    struct event_base *base;
    struct lookups *lookups = begin(&base);
    struct answer kept = {0};
    unsigned one = 1, none = 0;
    CHECK(ask(lookups, "slow:1", &kept) != NULL);
    CHECK(await(are_slow, &one));
    lookups_free(lookups);
    event_base_free(base);
    let_go(true);
    CHECK(await(are_slow, &none));
    CHECK_U64(kept.came, 0);
}

TESTS(http_lookup, {"names are found, or not", names_are_found_or_not},
      {"a name that nobody answers for holds up no other",
       a_name_that_nobody_answers_for_holds_up_no_other},
      {"what nobody wants any more is not asked for", what_nobody_wants_any_more_is_not_asked_for},
      {"the end waits for no name", the_end_waits_for_no_name})
