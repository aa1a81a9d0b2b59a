/* comityd: one State's gateway. Reads its state, binds, drops privileges, opens the journal, works.
 */

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/arguments.h"
#include "app/caretaker.h"
#include "app/diagnosis.h"
#include "app/force.h"
#include "app/privileges.h"
#include "app/restoring.h"
#include "app/running_journal.h"
#include "app/sink.h"
#include "app/start.h"
#include "app/succeeding.h"

#define PATH_BYTES         4096
#define MEMORY_KEPT_BYTES  (16 << 20)
#define MEMORY_APART_BYTES (4 << 20) /* larger pieces are always given back */
#define EXIT_CONFIG        78        /* EX_CONFIG: the service manager need not try again */
#define EXIT_FORK          11
#define EXIT_JOURNAL       7
#define STOP_GRACE_MS      5000U

static void print_problem(void *owner, const char *sentence)
{
    fprintf(stderr, "comityd: %s: %s\n", (const char *)owner, sentence);
}

static struct status start_workers(const struct running *r, const struct start *start,
                                   struct arrivals *arrivals, struct workers **ret_workers)
{
    const struct workers_settings settings = {
        .gateway = slice_text(r->config->gateway),
        .journal = r->journal,
        .keyring = start->keyring,
        .diagnostics = r->diagnostics,
        .snapshot = r->state->snapshot,
        .context = r->state->context,
        .limits = reload_limits(&r->config->limits),
        .offered = arrivals_put,
        .offered_owner = arrivals,
        .dials = r->config->peer_dial,
        .listeners = start->listeners,
        .listener_count = start->listener_count,
        .worker_count = start->worker_count,
    };
    return workers_start(&settings, ret_workers);
}

static struct status start_control(const struct running *r, const struct start *start,
                                   struct control **ret_control,
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
        .journal_folder = c->journal,
        .rulebook = c->rulebook,
        .dials = c->peer_dial,
        .journal = r->journal,
        .keyring = start->keyring,
        .workers = r->workers,
        .cosigning = r->cosigning,
        .timestamping = r->timestamping,
        .snapshot = r->state->snapshot,
        .diagnostics = r->diagnostics,
    };
    if (length < 0 || (size_t)length >= sizeof path) {
        snprintf(error, CONFIG_ERROR_BYTES, "control: its path is too long");
        return FAIL(CONFIG);
    }
    return control_start(&settings, ret_control, error);
}

/* Where the configuration says nowhere, there is none. */
static struct status start_web(const struct running *r, struct start *start, struct web **ret_web,
                               char error[static CONFIG_ERROR_BYTES])
{
    const struct web_settings settings = {
        .gateway = r->config->gateway,
        .log_path = r->config->log->path,
        .journal = r->journal,
        .keyring = start->keyring,
        .listeners = start->http,
        .listener_count = start->http_count,
        .snapshot = r->state->snapshot,
        .context = r->state->context,
        .diagnostics = r->diagnostics,
    };
    if (start->http_count == 0)
        return OK;
    struct status s = web_start(&settings, ret_web, error);
    if (!failed(s))
        start->http_count = 0; /* its own now */
    return s;
}

static struct status start_cosigning(const struct running *r, struct cosigning **ret_cosigning,
                                     char error[static CONFIG_ERROR_BYTES])
{
    const struct cosigning_settings settings = {
        .gateway = r->config->gateway,
        .origin = r->config->log->origin,
        .journal = r->journal,
        .snapshot = r->state->snapshot,
        .context = r->state->context,
    };
    struct status s = cosigning_start(&settings, ret_cosigning);
    if (failed(s))
        snprintf(error, CONFIG_ERROR_BYTES, "the thread that asks witnesses cannot be started (%s)",
                 code_name(s.code));
    return s;
}

static struct status start_timestamping(const struct running *r, const struct start *start,
                                        struct timestamping **ret_timestamping,
                                        char error[static CONFIG_ERROR_BYTES])
{
    const struct timestamping_settings settings = {r->config, start->timestamps, r->journal,
                                                   r->diagnostics};
    struct status s = timestamping_start(&settings, ret_timestamping);
    if (failed(s))
        snprintf(error, CONFIG_ERROR_BYTES,
                 "the thread that asks for timestamps cannot be started (%s)", code_name(s.code));
    return s;
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

static int work_on(struct caretaker *c, const sigset_t *signals)
{
    if (caretaker_work(c, signals))
        return 0;
    fprintf(stderr, "comityd: the journal cannot be written any more; nothing that was not "
                    "committed has been acknowledged\n");
    return EXIT_JOURNAL;
}

/* With the journal open: the workers, until the end. */
static int work(struct caretaker *c, struct start *start, const sigset_t *signals)
{
    struct running *r = &c->running;
    struct diagnostics diagnostics = *r->diagnostics;
    struct problems unreadable = {.report = say_unreadable, .owner = &diagnostics};
    char error[CONFIG_ERROR_BYTES] = "";
    int end = EXIT_JOURNAL;
    say_life(r, "gateway.starting", "the journal is open and agrees with what was signed");
    running_say_candidate(r);
    running_tell_keys(r);
    bool started = !failed(start_workers(r, start, c->arrivals, &r->workers));
    bool listens = started && !failed(start_cosigning(r, &r->cosigning, error)) &&
                   !failed(start_timestamping(r, start, &r->timestamping, error)) &&
                   !failed(start_control(r, start, &r->control, error)) &&
                   !failed(start_web(r, start, &r->web, error));
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
        end = work_on(c, signals);
    }
    web_stop(r->web);
    control_stop(r->control);
    workers_stop(r->workers, STOP_GRACE_MS);
    cosigning_stop(r->cosigning);
    timestamping_stop(r->timestamping);
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
    const struct adoption_settings adoption = {config->journal, &diagnostics};
    struct caretaker c = {.running = {.path = path,
                                      .log_key = start->log_key,
                                      .first = config,
                                      .config = config,
                                      .state = state,
                                      .diagnostics = &diagnostics},
                          .watch = {.alarms = alarms_new(&diagnostics)},
                          .arrivals = arrivals_new(caretaker_wake),
                          .adoption = adoption_new(&adoption)};
    int end = EXIT_JOURNAL;
    struct status s = c.watch.alarms == NULL || c.arrivals == NULL || c.adoption == NULL
                          ? FAIL(MEMORY)
                          : running_open_journal(&c.running, start, error);
    if (!failed(s)) {
        log_ended_say(snapshot_rulebook(c.running.state->snapshot), config->gateway,
                      c.running.journal, c.running.diagnostics, moment_now().wall_ms);
        end = work(&c, start, signals);
    } else {
        fprintf(stderr, "comityd: journal %s: %s\n", config->journal,
                error[0] == '\0' ? code_name(s.code) : error);
        end = s.code == CODE_FORK ? EXIT_FORK : s.code == CODE_CONFIG ? EXIT_CONFIG : EXIT_JOURNAL;
    }
    running_forget(&c.running);
    buffer_done(&c.running.kept);
    state_free(c.running.state);
    alarms_free(c.watch.alarms);
    adoption_free(c.adoption);
    arrivals_free(c.arrivals);
    return end;
}

/* What a first start would find out with the journal open. */
static void check_law(const struct state *state, struct problems *problems)
{
    char why[FORCE_WHY_BYTES] = "out of memory";
    const struct slice none = {NULL, 0};
    struct rulebook_authorities signers;
    struct slice kept;
    struct arena *arena = arena_new(JOURNAL_LAW_BYTES);
    if (arena == NULL || failed(force_judge(arena, none, state->snapshot,
                                            state_authorities(state, &signers) ? &signers : NULL,
                                            moment_now().wall_ms, &kept, why)))
        problem_say(problems, "rulebook: %s", why);
    arena_free(arena);
}

/* All that is needed to begin, or a check of it; every problem is reported. */
static bool everything(const struct config *config, enum arguments_work work,
                       struct problems *problems, struct start *start, struct state **ret_state)
{
    sink_check(config->diagnostics, problems);
    start_keys(config, problems, start);
    (void)state_load(config, start->log_key, NULL, problems, ret_state);
    if (work == WORK_CHECK && *ret_state != NULL)
        check_law(*ret_state, problems);
    if (work == WORK_CHECK)
        start_addresses(config, problems);
    else if (work == WORK_SERVE)
        start_listeners(config, problems, start);
    return !problems->any;
}

static int run(const struct arguments *a)
{
    char error[CONFIG_ERROR_BYTES] = "";
    char name[] = "configuration";
    struct problems problems = {print_problem, name, false, print_problem};
    struct config *config = NULL;
    struct state *state = NULL;
    struct start start = {0};
    sigset_t signals;
    int end = EXIT_CONFIG;

    caretaker_signals(&signals);
    if (failed(crypto_thread_start()) || failed(config_load(a->config, &config, error))) {
        fprintf(stderr, "comityd: %s: %s\n", a->config, error);
    } else if (!everything(config, a->work, &problems, &start, &state)) {
        end = EXIT_CONFIG; /* every problem has been printed */
    } else if (a->work == WORK_CHECK) {
        state_print(a->config, state);
        end = 0;
    } else if (failed(privileges_drop(config->user, error))) {
        fprintf(stderr, "comityd: %s\n", error);
    } else if (a->work == WORK_RESTORE) {
        const struct restoring restoring = {a->backup, a->dry_run};
        end = restoring_run(config, state, &start, &restoring);
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
    struct arguments arguments;
    if (!arguments_read(argc, argv, &arguments))
        return 2;
    keep_memory();
    return arguments.work == WORK_DIAGNOSE ? diagnosis_run(arguments.config, COMITY_VERSION)
                                           : run(&arguments);
}
