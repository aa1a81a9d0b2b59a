/* comityd: one State's gateway. Reads its state, binds, drops privileges, opens the journal, works.
 */

#include <argp.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/duties.h"
#include "app/privileges.h"
#include "app/reload.h"
#include "app/sink.h"
#include "app/start.h"
#include "app/watch.h"
#include "base/instant.h"

#define PATH_BYTES         4096
#define MEMORY_KEPT_BYTES  (16 << 20)
#define MEMORY_APART_BYTES (4 << 20) /* larger pieces are always given back */
#define EXIT_CONFIG        78        /* EX_CONFIG: the service manager need not try again */
#define EXIT_FORK          11
#define EXIT_JOURNAL       7
#define STOP_GRACE_MS      5000U
#define LOOK_EVERY_MS      MS_PER_SECOND
#define SWEEP_EVERY_MS     (60 * MS_PER_MINUTE)
#define TRIM_EVERY_MS      (30 * MS_PER_SECOND)

const char *argp_program_version = "comityd " COMITY_VERSION;
static char doc[] =
    "comityd -- the gateway of one State"
    "\vIt stops on SIGTERM or SIGINT, after answering what it has accepted. On SIGHUP it reads "
    "configuration, certificates, revocation lists and rulebook again and puts them in the place "
    "of those in use, or keeps what it has and says why.";

struct arguments {
    const char *config;
    bool check_only;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'c':
        a->config = arg;
        return 0;
    case 'k':
        a->check_only = true;
        return 0;
    case ARGP_KEY_END:
        if (a->config == NULL)
            argp_error(state, "--config FILE is missing");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0, "the configuration (YAML)", 0},
    {"check-config", 'k', NULL, 0,
     "check configuration, keys, rulebook and ports, say when certificates and lists end, then "
     "exit",
     0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static void print_problem(void *owner, const char *sentence)
{
    fprintf(stderr, "comityd: %s: %s\n", (const char *)owner, sentence);
}

/* Signals come to sigtimedwait in the main thread; every thread inherits the mask. */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, set, NULL);
}

/* What the main thread looks after while the workers work. */
struct caretaker {
    struct running running;
    struct watch watch;
    struct reload_outcome outcome; /* of the last reload */
    bool journal_is_dead;
};

static void look(void *owner, struct moment now)
{
    struct caretaker *c = owner;
    const struct running *r = &c->running;
    watch_look(&c->watch, r->state->context, r->journal, r->workers, now);
    c->journal_is_dead = journal_dead(r->journal);
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

/* Of two signals that wait the kernel gives SIGHUP first: however many of them come, the order to
 * stop must not wait for them. */
static bool is_stop(int got)
{
    sigset_t waiting;
    if (got != SIGHUP)
        return got == SIGTERM || got == SIGINT;
    return sigpending(&waiting) == 0 &&
           (sigismember(&waiting, SIGTERM) == 1 || sigismember(&waiting, SIGINT) == 1);
}

static void renew(struct caretaker *c)
{
    struct control *control = c->running.control;
    uint64_t number = control_reload_begins(control);
    reload(&c->running, &c->outcome);
    control_reload_ends(control, number, &c->outcome);
}

/* Works until the order to stop, or until the journal fails. */
static int take_care(struct caretaker *c, const sigset_t *signals)
{
    struct duty duties[] = {
        {.every_ms = LOOK_EVERY_MS, .run = look},
        {.every_ms = SWEEP_EVERY_MS, .run = sweep},
        {.every_ms = TRIM_EVERY_MS, .run = give_memory_back},
    };
    size_t count = sizeof duties / sizeof duties[0];
    struct moment now = moment_now();
    look(c, now);
    duties_begin(duties, count, now.mono_ms);
    while (!c->journal_is_dead) {
        uint64_t wait_ms = duties_run(duties, count, c, moment_now());
        const struct timespec wait = {.tv_sec = (time_t)(wait_ms / MS_PER_SECOND),
                                      .tv_nsec = (long)(wait_ms % MS_PER_SECOND) * 1000000};
        int got = sigtimedwait(signals, NULL, &wait);
        if (is_stop(got))
            return 0;
        if (got == SIGHUP)
            renew(c);
    }
    fprintf(stderr, "comityd: the journal cannot be written any more; nothing that was not "
                    "committed has been acknowledged\n");
    return EXIT_JOURNAL;
}

static struct status open_journal(const struct running *r, const struct start *start,
                                  struct journal **ret_journal, char *error)
{
    const struct config *c = r->config;
    const struct journal_settings settings = {
        .path = c->journal,
        .lock_path = c->lock,
        .log_path = c->log->path,
        .origin = c->log->origin,
        .gateway = c->gateway,
        .rulebook = snapshot_rulebook(r->state->snapshot)->digest,
        .log_key = start->log_key,
        .keyring = start->keyring,
        .queue_max_bytes = c->limits.queue_bytes,
        .ballast_bytes = c->limits.ballast_bytes,
        .floor_bytes = c->limits.floor_bytes,
    };
    return journal_open(&settings, moment_now().wall_ms, ret_journal, error, CONFIG_ERROR_BYTES);
}

static struct status start_workers(const struct running *r, const struct start *start,
                                   struct workers **ret_workers)
{
    const struct workers_settings settings = {
        .gateway = slice_text(r->config->gateway),
        .journal = r->journal,
        .keyring = start->keyring,
        .diagnostics = r->diagnostics,
        .snapshot = r->state->snapshot,
        .context = r->state->context,
        .limits = reload_limits(&r->config->limits),
        .dials = r->config->peer_dial,
        .listeners = start->listeners,
        .listener_count = start->listener_count,
        .worker_count = start->worker_count,
    };
    return workers_start(&settings, ret_workers);
}

static struct status start_control(const struct running *r, struct control **ret_control,
                                   char error[static CONFIG_ERROR_BYTES])
{
    char path[PATH_BYTES];
    const struct config *c = r->config;
    int length = c->control == NULL ? snprintf(path, sizeof path, "%s/control", c->journal)
                                    : snprintf(path, sizeof path, "%s", c->control);
    const struct control_settings settings = {
        .path = path,
        .gateway = c->gateway,
        .version = COMITY_VERSION,
        .origin = c->log->origin,
        .floor_bytes = c->limits.floor_bytes,
        .dials = c->peer_dial,
        .journal = r->journal,
        .workers = r->workers,
        .snapshot = r->state->snapshot,
        .diagnostics = r->diagnostics,
    };
    if (length < 0 || (size_t)length >= sizeof path) {
        snprintf(error, CONFIG_ERROR_BYTES, "control: its path is too long");
        return FAIL(CONFIG);
    }
    return control_start(&settings, ret_control, error);
}

static void say_unreadable(void *owner, const char *sentence)
{
    const struct diagnostic line = {
        .event = "reload.impossible", .level = DIAGNOSTIC_WARNING, .text = sentence};
    diagnostics_say(owner, moment_now().wall_ms, &line);
}

static void say_life(const struct running *r, const char *event, const char *text)
{
    const struct diagnostic line = {.event = event, .level = DIAGNOSTIC_NOTICE, .text = text};
    diagnostics_say(r->diagnostics, moment_now().wall_ms, &line);
}

/* An order to stop that leaves something unsigned has not ended in order. */
static int close_journal(const struct running *r, int end)
{
    struct status s = journal_close(r->journal, moment_now().wall_ms);
    say_life(r, "gateway.stopped",
             failed(s) ? "the journal could not be closed in order" : "the journal is closed");
    if (!failed(s) || end != 0)
        return end;
    fprintf(stderr,
            "comityd: journal %s: the last entries could not be written and signed (%s); nothing "
            "of them has been acknowledged, and the next start signs what is committed\n",
            r->config->journal, code_name(s.code));
    return EXIT_JOURNAL;
}

/* With the journal open: the workers, until the end. */
static int work(struct caretaker *c, struct start *start, const sigset_t *signals)
{
    struct running *r = &c->running;
    struct diagnostics diagnostics = *r->diagnostics;
    struct problems unreadable = {say_unreadable, &diagnostics, false};
    char error[CONFIG_ERROR_BYTES] = "";
    int end = EXIT_JOURNAL;
    say_life(r, "gateway.starting", "the journal is open and agrees with what was signed");
    bool started = !failed(start_workers(r, start, &r->workers));
    bool listens = started && !failed(start_control(r, &r->control, error));
    bool ready = listens && !failed(start_say_ready(r->config, start));
    free(start->listeners); /* the workers' own now */
    start->listeners = NULL;
    if (!started) {
        fprintf(stderr, "comityd: the workers cannot be started\n");
    } else if (!listens) {
        fprintf(stderr, "comityd: %s\n", error);
        end = EXIT_CONFIG;
    } else if (!ready) {
        fprintf(stderr, "comityd: ready: %s cannot be written\n",
                r->config->ready == NULL ? "standard output" : r->config->ready);
    } else {
        state_readable(r->config, &unreadable);
        end = take_care(c, signals);
    }
    control_stop(r->control);
    workers_stop(r->workers, STOP_GRACE_MS);
    end = close_journal(r, end);
    workers_free(r->workers);
    return end;
}

/* Takes the state over. */
static int serve(const char *path, struct config *config, struct state *state, struct start *start,
                 const sigset_t *signals)
{
    char error[CONFIG_ERROR_BYTES] = "";
    const struct diagnostics diagnostics = {.sink = sink_of(config->diagnostics),
                                            .gateway = config->gateway};
    struct caretaker c = {.running = {.path = path,
                                      .log_key = start->log_key,
                                      .first = config,
                                      .config = config,
                                      .state = state,
                                      .diagnostics = &diagnostics},
                          .watch = {.alarms = alarms_new(&diagnostics)}};
    int end = EXIT_JOURNAL;
    struct status s = c.watch.alarms == NULL
                          ? FAIL(MEMORY)
                          : open_journal(&c.running, start, &c.running.journal, error);
    if (!failed(s)) {
        end = work(&c, start, signals);
    } else {
        fprintf(stderr, "comityd: journal %s: %s\n", config->journal,
                error[0] == '\0' ? code_name(s.code) : error);
        end = s.code == CODE_FORK ? EXIT_FORK : EXIT_JOURNAL;
    }
    running_forget(&c.running);
    state_free(c.running.state);
    alarms_free(c.watch.alarms);
    return end;
}

/* All that is needed to begin, or a check of it; every problem is reported. */
static bool everything(const struct config *config, bool check_only, struct problems *problems,
                       struct start *start, struct state **ret_state)
{
    sink_check(config->diagnostics, problems);
    start_keys(config, problems, start);
    (void)state_load(config, start->log_key, NULL, problems, ret_state);
    if (check_only)
        start_addresses(config, problems);
    else
        start_listeners(config, problems, start);
    return !problems->any;
}

static int run(const struct arguments *a)
{
    char error[CONFIG_ERROR_BYTES] = "";
    char name[] = "configuration";
    struct problems problems = {print_problem, name, false};
    struct config *config = NULL;
    struct state *state = NULL;
    struct start start = {0};
    sigset_t signals;
    int end = EXIT_CONFIG;

    block_signals(&signals);
    if (failed(crypto_thread_start()) || failed(config_load(a->config, &config, error))) {
        fprintf(stderr, "comityd: %s: %s\n", a->config, error);
    } else if (!everything(config, a->check_only, &problems, &start, &state)) {
        end = EXIT_CONFIG; /* every problem has been printed */
    } else if (a->check_only) {
        state_print(a->config, state);
        end = 0;
    } else if (failed(privileges_drop(config->user, error))) {
        fprintf(stderr, "comityd: %s\n", error);
    } else {
        end = serve(a->config, config, state, &start, &signals);
        state = NULL; /* taken over */
    }
    state_free(state);
    start_done(&start);
    config_free(config);
    crypto_thread_stop();
    return end;
}

/* Each message takes some 100 KB and gives them back: the system need not see it each time. Small
 * pieces are joined when they are freed: joining those of a thousand links at once takes 50 ms. */
static void keep_memory(void)
{
    (void)mallopt(M_MXFAST, 0);
    (void)mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT_BYTES);
    (void)mallopt(M_MMAP_THRESHOLD, MEMORY_APART_BYTES);
}

int main(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, NULL, doc, NULL, NULL, NULL};
    struct arguments arguments = {0};
    argp_err_exit_status = 2;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
        return 2;
    keep_memory();
    return run(&arguments);
}
