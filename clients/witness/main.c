/* comity-witness: a ministry's program that cosigns checkpoints of audit logs. Reads its key, its
 * state and whom it knows, listens, works. */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "libcomity/clock.h"
#include "witness/arguments.h"
#include "witness/service.h"

#define EXIT_CONFIG 78 /* EX_CONFIG: the service manager need not try again */
#define EXIT_STATE  7

/* What works, from the start to the end. */
struct running {
    const struct arguments *arguments;
    struct signer signer;
    struct lines lines;
    struct service service;
    struct http_server *server;
};

static int fail_config(const char *why)
{
    fprintf(stderr, "comity-witness: %s\n", why);
    return EXIT_CONFIG;
}

static void say(struct running *r, const char *event, enum line_level level, const char *text)
{
    const struct line line = {.event = event, .level = level, .text = text};
    lines_say(&r->lines, clock_wall_ms(), &line);
}

/* An http_said. */
static void say_http(void *owner, enum http_event event, const char *who, const char *text)
{
    static const char *const events[HTTP_EVENTS] = {
        [HTTP_UNSHAKEN] = "connection.refused", [HTTP_SHED] = "connection.shed",
        [HTTP_REFUSED] = "request.refused",     [HTTP_LATE] = "connection.late",
        [HTTP_ENDED] = "connection.ended",
    };
    struct running *r = owner;
    const struct line line = {events[event], LINE_INFO, who, NULL, text};
    lines_say(&r->lines, clock_wall_ms(), &line);
}

/* ---- signals ---- */

/* They come to sigwait in the main thread; every thread inherits the mask. SIGUSR1 is our own. */
static void block_signals(sigset_t *set)
{
    static const int all[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        sigaddset(set, all[i]);
    (void)pthread_sigmask(SIG_BLOCK, set, NULL);
}

static void wake(void)
{
    (void)kill(getpid(), SIGUSR1);
}

/* ---- whom it knows ---- */

static void say_book(struct running *r, const struct book *book)
{
    char text[256];
    if (book->without[0] == '\0')
        return;
    snprintf(text, sizeof text,
             "nobody of these States can connect, for their CAs are not there: %s", book->without);
    say(r, "authorities.missing", LINE_WARNING, text);
}

static void reload(struct running *r)
{
    char error[BOOK_ERROR_BYTES] = "";
    struct book *book = NULL;
    if (failed(book_load(&r->arguments->book, r->service.book, error, &book))) {
        say(r, "reload.refused", LINE_ALARM, error);
        return;
    }
    http_server_renew(r->server, book->context);
    service_renew(&r->service, book);
    say_book(r, book);
    say(r, "reload.done", LINE_NOTICE, NULL);
}

/* ---- work ---- */

static struct status say_ready(const struct running *r)
{
    char address[ADDRESS_TEXT_BYTES];
    struct buffer text = buffer_new(LISTEN_MAX * sizeof address);
    struct status s = OK;
    for (size_t i = 0; http_server_address(r->server, i, address); i++)
        buffer_print(&text, "%s\n", address);
    if (r->arguments->ready != NULL)
        s = file_write(r->arguments->ready, buffer_slice(&text), 0644);
    printf("ready %s %.*s", tls_context_identity(r->service.book->context)->id, (int)text.length,
           (const char *)text.at);
    if (fflush(stdout) != 0)
        s = FAIL(STORE);
    buffer_done(&text);
    return s;
}

/* Until it is told to stop, or its state has failed. */
static int wait_for_signals(struct running *r, const sigset_t *signals)
{
    for (;;) {
        int got = 0;
        if (sigwait(signals, &got) != 0)
            continue;
        if (got == SIGTERM || got == SIGINT)
            return 0;
        if (got == SIGHUP)
            reload(r);
        if (got == SIGUSR1 && kept_broken(r->service.kept))
            return EXIT_STATE;
    }
}

static int serve(struct running *r, const sigset_t *signals)
{
    char error[HTTP_ERROR_BYTES] = "";
    struct http_route routes[SERVICE_ROUTES];
    service_routes(&r->service, routes);
    const struct http_settings settings = {
        .listen = r->arguments->listen,
        .listen_count = r->arguments->listen_count,
        .context = r->service.book->context,
        .routes = routes,
        .route_count = SERVICE_ROUTES,
        .said = say_http,
        .said_owner = r,
    };
    if (failed(http_server_start(&settings, error, &r->server)))
        return fail_config(error);
    int end = EXIT_CONFIG;
    say_book(r, r->service.book);
    if (failed(say_ready(r))) {
        (void)fail_config("ready: it cannot be written");
    } else {
        say(r, "witness.started", LINE_NOTICE, r->signer.vkey);
        end = wait_for_signals(r, signals);
    }
    http_server_stop(r->server);
    say(r, "witness.stopped", end == 0 ? LINE_NOTICE : LINE_ALARM,
        end == 0 ? NULL
                 : "its state cannot be written any more; what was not kept was not cosigned");
    return end;
}

static int work(struct running *r, const sigset_t *signals)
{
    char error[SIGNER_ERROR_BYTES] = "";
    r->service =
        (struct service){.lines = &r->lines, .broke = wake, .turn = PTHREAD_MUTEX_INITIALIZER};
    int end = EXIT_CONFIG;
    if (failed(book_load(&r->arguments->book, NULL, error, &r->service.book)) ||
        failed(kept_open(r->arguments->state, &r->signer, error, &r->service.kept)))
        (void)fail_config(error);
    else
        end = serve(r, signals);
    kept_close(r->service.kept);
    book_free(r->service.book);
    return end;
}

static int run(const struct arguments *a)
{
    char error[SIGNER_ERROR_BYTES] = "the crypto library cannot be used";
    struct running r = {.arguments = a};
    sigset_t signals;
    int end = 0;
    block_signals(&signals);
    if (failed(crypto_thread_start()) ||
        (a->work == WORK_MAKE_KEY && failed(signer_make(a->key, error))) ||
        failed(signer_load(a->key, a->name, error, &r.signer)))
        return fail_config(error);
    lines_init(&r.lines, r.signer.name);
    if (a->work == WORK_SERVE)
        end = work(&r, &signals);
    else
        puts(r.signer.vkey);
    signer_done(&r.signer);
    crypto_thread_stop();
    return end;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    return arguments_read(argc, argv, &arguments) ? run(&arguments) : 2;
}
