#include "app/caretaker.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "app/duties.h"
#include "base/instant.h"
#include "journal/erasure.h"

#define MEMORY_KEPT_BYTES (16 << 20)
#define LOOK_EVERY_MS     MS_PER_SECOND
#define SWEEP_EVERY_MS    (60 * MS_PER_MINUTE)
#define TRIM_EVERY_MS     (30 * MS_PER_SECOND)
#define ADOPT_EVERY_MS    MS_PER_MINUTE
#define RETAIN_EVERY_MS   MS_PER_MINUTE

/* Signals come to sigtimedwait in the main thread; every thread inherits the mask. SIGUSR1 is our
 * own: something has arrived. */
void caretaker_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGUSR1);
    sigaddset(set, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, set, NULL);
}

void caretaker_wake(void)
{
    (void)kill(getpid(), SIGUSR1);
}

static void look(void *owner, struct moment now)
{
    struct caretaker *c = owner;
    const struct running *r = &c->running;
    const struct watched watched = {.gateway = r->config->gateway,
                                    .context = r->state->context,
                                    .directory = snapshot_rulebook(r->state->snapshot)->directory,
                                    .journal = r->journal,
                                    .workers = r->workers};
    struct rulebook_authorities signers;
    watch_signatures(&c->watch, snapshot_rulebook(r->state->snapshot), now);
    if (state_authorities(r->state, &signers))
        watch_signers(&c->watch, &signers, now);
    cosigning_watch(r->cosigning, c->watch.alarms, now);
    timestamping_watch(r->timestamping, c->watch.alarms, now);
    watch_look(&c->watch, &watched, now);
    c->journal_is_dead = journal_dead(r->journal);
}

/* A run that the journal does not take now is due again in the next turn. */
static void retain(void *owner, struct moment now)
{
    const struct running *r = &((struct caretaker *)owner)->running;
    struct status s = journal_retain(r->journal, now.wall_ms);
    if (failed(s))
        diagnostics_say(r->diagnostics, now.wall_ms,
                        &(struct diagnostic){.event = "retention.unavailable",
                                             .level = DIAGNOSTIC_WARNING,
                                             .status = s});
}

/* Certificates and lists end while links last. */
static void sweep(void *owner, struct moment now)
{
    (void)now;
    struct caretaker *c = owner;
    workers_sweep(c->running.workers);
}

/* What a crowd or a flood leaves free lies in pieces that the library gives back only when asked.
 */
static void give_memory_back(void *owner, struct moment now)
{
    (void)owner, (void)now;
    (void)malloc_trim(MEMORY_KEPT_BYTES);
}

/* Of two signals that wait the kernel gives the lower first, the order to stop last: however many
 * of the others come, it must not wait for them. */
static bool is_stop(int got)
{
    sigset_t waiting;
    if (got == SIGTERM || got == SIGINT)
        return true;
    return got > 0 && sigpending(&waiting) == 0 &&
           (sigismember(&waiting, SIGTERM) == 1 || sigismember(&waiting, SIGINT) == 1);
}

static void renew(struct caretaker *c)
{
    struct control *control = c->running.control;
    uint64_t number = control_reload_begins(control);
    reload(&c->running, &c->outcome);
    if (c->outcome.done) {
        adoption_done(c->adoption);
        adoption_renewed(c->adoption, c->running.state, moment_now());
    }
    control_reload_ends(control, number, &c->outcome);
}

/* Signatures of the rulebook in use that had not begun when it was read: it was signed for a later
 * day, or our clock was behind. */
static bool signatures_begin(const struct caretaker *c, struct moment now)
{
    return now.wall_ms >= snapshot_rulebook(c->running.state->snapshot)->signed_again_ms;
}

/* Where the operator's files forbid it now, it is tried again. */
static void adopt_kept(void *owner, struct moment now)
{
    struct caretaker *c = owner;
    const bool waits = adoption_waits(c->adoption);
    if ((waits || signatures_begin(c, now)) && reload_lists(&c->running) && waits)
        adoption_done(c->adoption);
}

static void say_lost(const struct caretaker *c, uint64_t lost)
{
    char text[120];
    snprintf(text, sizeof text,
             "%llu objects that peers have could not be taken in; they come with the next links",
             (unsigned long long)lost);
    diagnostics_say(
        c->running.diagnostics, moment_now().wall_ms,
        &(struct diagnostic){.event = "received.lost", .level = DIAGNOSTIC_WARNING, .text = text});
}

/* One of them: it can be thousands of files, and between two the order to stop, a reload and the
 * duties have their turn, however many peers give. */
static void take_arrival(struct caretaker *c)
{
    struct arrival *one = arrivals_take(c->arrivals);
    if (one != NULL) {
        adoption_take(c->adoption, c->running.state, one, moment_now());
        arrival_free(one);
        caretaker_wake();
        return;
    }
    uint64_t lost = arrivals_lost(c->arrivals);
    if (lost > 0)
        say_lost(c, lost);
    adopt_kept(c, moment_now());
}

bool caretaker_work(struct caretaker *c, const sigset_t *signals)
{
    struct duty duties[] = {
        {.every_ms = LOOK_EVERY_MS, .run = look},
        {.every_ms = SWEEP_EVERY_MS, .run = sweep},
        {.every_ms = TRIM_EVERY_MS, .run = give_memory_back},
        {.every_ms = ADOPT_EVERY_MS, .run = adopt_kept},
        {.every_ms = RETAIN_EVERY_MS, .run = retain},
    };
    size_t count = sizeof duties / sizeof duties[0];
    struct moment now = moment_now();
    look(c, now);
    adoption_renewed(c->adoption, c->running.state, now); /* the rulebook that was started with */
    duties_begin(duties, count, now.mono_ms);
    while (!c->journal_is_dead) {
        uint64_t wait_ms = duties_run(duties, count, c, moment_now());
        const struct timespec wait = {.tv_sec = (time_t)(wait_ms / MS_PER_SECOND),
                                      .tv_nsec = (long)(wait_ms % MS_PER_SECOND) * 1000000};
        int got = sigtimedwait(signals, NULL, &wait);
        if (is_stop(got))
            return true;
        if (got == SIGHUP)
            renew(c);
        else if (got == SIGUSR1)
            take_arrival(c);
    }
    return false;
}
