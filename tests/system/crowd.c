/*
 * link_crowd PKI ADDRESS COUNT AT_ONCE PARTY...: so many links of these parties in turn, not more
 * than AT_ONCE of them being made at a time. One that fails is tried again after a moment. When all
 * are open it says "open COUNT in MS ms after TRIES tries" and keeps them, answering PING, until
 * its input ends; then "held COUNT, lost LOST", and goes. With AT_ONCE equal to COUNT that is what
 * happens when a gateway comes back and everybody notices.
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "support/dial.h"

#define PARTIES_MAX  64
#define LINKS_MAX    20000
#define PATIENCE_MS  400000U
#define AGAIN_MS     50U /* and as much again with each try, up to AGAIN_MAX_MS */
#define AGAIN_MAX_MS 1000U

struct crowd {
    const char *address;
    char **parties;
    struct tls_context *contexts[PARTIES_MAX];
    size_t party_count;
    size_t count, at_once;
    struct dial *dials;
    uint64_t *tries, *again_ms; /* when one that failed is tried again */
    struct pollfd *wanted;      /* the first is standard input */
    size_t making, open, lost;
    uint64_t total_tries;
};

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "link_crowd: %s\n", what);
    exit(1);
}

static uint64_t now_ms(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void raise_descriptors(size_t count)
{
    struct rlimit limit = {0};
    need(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max > count + 64,
         "too few descriptors");
    limit.rlim_cur = limit.rlim_max;
    need(setrlimit(RLIMIT_NOFILE, &limit) == 0, "descriptors");
}

static size_t number(const char *text)
{
    uint64_t value = 0;
    need(decimal_read(slice_text(text), LINKS_MAX, &value) && value > 0, "a number is wrong");
    return (size_t)value;
}

static struct crowd crowd_of(int argc, char **argv)
{
    struct crowd c = {.address = argv[2], .parties = argv + 5, .party_count = (size_t)argc - 5};
    c.count = number(argv[3]);
    c.at_once = number(argv[4]);
    raise_descriptors(c.count);
    c.dials = calloc(c.count, sizeof *c.dials);
    c.tries = calloc(c.count, sizeof *c.tries);
    c.again_ms = calloc(c.count, sizeof *c.again_ms);
    c.wanted = calloc(c.count + 1, sizeof *c.wanted);
    need(c.dials != NULL && c.tries != NULL && c.again_ms != NULL && c.wanted != NULL, "memory");
    for (size_t i = 0; i < c.party_count; i++)
        c.contexts[i] = dial_context(argv[1], c.parties[i]);
    return c;
}

static void crowd_done(struct crowd *c)
{
    for (size_t i = 0; i < c->count; i++)
        dial_drop(&c->dials[i]);
    for (size_t i = 0; i < c->party_count; i++)
        tls_context_free(c->contexts[i]);
    free(c->dials);
    free(c->tries);
    free(c->again_ms);
    free(c->wanted);
}

static void begin(struct crowd *c, size_t i)
{
    size_t party = i % c->party_count;
    dial_start(&c->dials[i], c->contexts[party], c->parties[party], c->address);
    c->making++;
    c->total_tries++;
}

static void begin_some(struct crowd *c)
{
    uint64_t now = now_ms();
    for (size_t i = 0; i < c->count && c->making < c->at_once; i++)
        if (c->dials[i].state == DIAL_NONE && now >= c->again_ms[i])
            begin(c, i);
}

/* What became of a link that was being made, or open. */
static void count_change(struct crowd *c, size_t i, enum dial_state before)
{
    enum dial_state after = c->dials[i].state;
    if (before == DIAL_OPEN && after == DIAL_OVER) {
        c->open--;
        c->lost++;
    } else if (before != DIAL_OPEN && after == DIAL_OPEN) {
        c->making--;
        c->open++;
    } else if (before != DIAL_OVER && after == DIAL_OVER) {
        uint64_t wait = AGAIN_MS * ++c->tries[i];
        c->making--;
        c->again_ms[i] = now_ms() + (wait < AGAIN_MAX_MS ? wait : AGAIN_MAX_MS);
        c->dials[i].state = DIAL_NONE;
    }
}

/* False: the input has ended. */
static bool turn(struct crowd *c, int wait_ms)
{
    c->wanted[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    for (size_t i = 0; i < c->count; i++)
        c->wanted[i + 1] = (struct pollfd){.fd = c->dials[i].wants == 0 ? -1 : c->dials[i].fd,
                                           .events = c->dials[i].wants};
    need(poll(c->wanted, c->count + 1, wait_ms) >= 0, "poll");
    for (size_t i = 0; i < c->count; i++) {
        enum dial_state before = c->dials[i].state;
        if (c->wanted[i + 1].revents == 0)
            continue;
        dial_run(&c->dials[i]);
        count_change(c, i, before);
    }
    return c->wanted[0].revents == 0;
}

static void gather(struct crowd *c)
{
    uint64_t began = now_ms();
    while (c->open < c->count) {
        begin_some(c);
        need(turn(c, 10), "the input ended too soon");
        need(now_ms() - began < PATIENCE_MS, "not all of them could be opened");
    }
    printf("open %zu in %llu ms after %llu tries\n", c->open,
           (unsigned long long)(now_ms() - began), (unsigned long long)c->total_tries);
    need(fflush(stdout) == 0, "output");
}

int main(int argc, char **argv)
{
    need(argc > 5 && argc <= 5 + PARTIES_MAX,
         "usage: link_crowd PKI ADDRESS COUNT AT_ONCE PARTY...");
    need(!failed(crypto_thread_start()), "crypto");
    struct crowd c = crowd_of(argc, argv);
    gather(&c);
    while (turn(&c, 1000))
        continue;
    printf("held %zu, lost %zu\n", c.open, c.lost);
    bool good = c.lost == 0;
    crowd_done(&c);
    return good ? 0 : 1;
}
