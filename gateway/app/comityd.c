/* comityd: one State's gateway. Reads its state, binds, drops privileges, opens the journal, works.
 */

#include <argp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/config.h"
#include "app/privileges.h"
#include "app/state.h"
#include "edge/listener.h"
#include "edge/worker.h"

#define EXIT_CONFIG    78 /* EX_CONFIG: the service manager need not try again */
#define EXIT_FORK      11
#define EXIT_JOURNAL   7
#define STOP_GRACE_MS  5000U
#define JOURNAL_LOOK_S 1

const char *argp_program_version = "comityd 0.1.0";
static char doc[] = "comityd -- the gateway of one State"
                    "\vIt stops on SIGTERM or SIGINT, after answering what it has accepted.";

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
    {"check-config", 'k', NULL, 0, "check configuration, keys, rulebook and ports, then exit", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static void print_problem(void *owner, const char *sentence)
{
    fprintf(stderr, "comityd: %s: %s\n", (const char *)owner, sentence);
}

/* One write per line: lines of several threads do not mix. */
static void write_line(void *out, struct slice line)
{
    (void)out;
    ssize_t written = write(STDERR_FILENO, line.at, line.length);
    (void)written;
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

/* Says on which addresses the gateway listens: on standard output, and in the ready file. */
static struct status say_ready(const struct config *c, const struct state *s)
{
    struct buffer text = buffer_new(4096);
    char address[ADDRESS_TEXT_BYTES];
    struct status status = OK;
    for (unsigned i = 0; i < s->listener_count && !failed(status); i++) {
        status = listener_address(s->listeners[i], address);
        buffer_print(&text, "%s\n", address);
    }
    if (!failed(status) && c->ready != NULL)
        status = file_write(c->ready, buffer_slice(&text), 0644);
    if (!failed(status)) {
        printf("ready %s %.*s", c->gateway, (int)text.length, (const char *)text.at);
        if (fflush(stdout) != 0)
            status = FAIL(STORE);
    }
    buffer_done(&text);
    return status;
}

/* Waits for the order to stop, looking after the journal meanwhile. */
static int wait_for_end(const sigset_t *set, const struct journal *journal)
{
    static const struct timespec look = {.tv_sec = JOURNAL_LOOK_S};
    for (;;) {
        int got = sigtimedwait(set, NULL, &look);
        if (got == SIGTERM || got == SIGINT)
            return 0;
        if (journal_dead(journal)) {
            fprintf(stderr, "comityd: the journal cannot be written any more; nothing that was not "
                            "committed has been acknowledged\n");
            return EXIT_JOURNAL;
        }
    }
}

static struct status open_journal(const struct config *c, const struct state *s,
                                  struct journal **ret_journal, char *error)
{
    const struct journal_settings settings = {
        .path = c->journal,
        .lock_path = c->lock,
        .log_path = c->log->path,
        .origin = c->log->origin,
        .gateway = c->gateway,
        .rulebook = snapshot_rulebook(s->snapshot)->digest,
        .log_key = s->log_key,
        .keyring = s->keyring,
        .queue_max_bytes = c->limits.queue_bytes,
    };
    return journal_open(&settings, moment_now().wall_ms, ret_journal, error, CONFIG_ERROR_BYTES);
}

static int work(const struct config *c, struct state *s, const sigset_t *signals)
{
    char error[CONFIG_ERROR_BYTES] = "";
    struct journal *journal = NULL;
    struct workers *workers = NULL;
    const struct diagnostics diagnostics = {.write = write_line, .gateway = c->gateway};
    int end = EXIT_JOURNAL;

    struct status status = open_journal(c, s, &journal, error);
    if (failed(status)) {
        fprintf(stderr, "comityd: journal %s: %s\n", c->journal, error);
        return status.code == CODE_FORK ? EXIT_FORK : EXIT_JOURNAL;
    }
    const struct workers_settings settings = {
        .gateway = slice_text(c->gateway),
        .journal = journal,
        .keyring = s->keyring,
        .diagnostics = &diagnostics,
        .snapshot = s->snapshot,
        .context = s->context,
        .limits = {c->limits.links, c->limits.handshakes},
        .listeners = s->listeners,
        .listener_count = s->listener_count,
        .worker_count = s->worker_count,
    };
    if (failed(workers_start(&settings, &workers)))
        fprintf(stderr, "comityd: the workers cannot be started\n");
    else if (failed(say_ready(c, s)))
        fprintf(stderr, "comityd: ready: %s cannot be written\n", c->ready);
    else
        end = wait_for_end(signals, journal);
    workers_stop(workers, STOP_GRACE_MS);
    journal_close(journal, moment_now().wall_ms);
    workers_free(workers);
    return end;
}

static int run(const struct arguments *a)
{
    char error[CONFIG_ERROR_BYTES] = "";
    char name[] = "configuration";
    struct config *config = NULL;
    struct state *state = NULL;
    sigset_t signals;
    int end = EXIT_CONFIG;

    block_signals(&signals);
    if (failed(crypto_thread_start()) || failed(config_load(a->config, &config, error))) {
        fprintf(stderr, "comityd: %s: %s\n", a->config, error);
    } else if (failed(state_load(config, print_problem, name, &state))) {
        end = EXIT_CONFIG; /* every problem has been printed */
    } else if (a->check_only) {
        printf("%s: good\n", a->config);
        end = 0;
    } else if (failed(privileges_drop(config->user, error))) {
        fprintf(stderr, "comityd: %s\n", error);
    } else {
        end = work(config, state, &signals);
    }
    state_free(state);
    config_free(config);
    crypto_thread_stop();
    return end;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, NULL, doc, NULL, NULL, NULL};
    struct arguments arguments = {0};
    argp_err_exit_status = 2;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
        return 2;
    return run(&arguments);
}
