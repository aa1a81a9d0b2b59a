#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/instant.h"
#include "comity/demo/demo.h"
#include "wire/names.h"

#define PORT_ATTEMPTS   5
#define READY_MS        60000
#define LINKS_MS        60000
#define TERM_MS         10000
#define KILL_MS         5000
#define PAUSE_MS        20
#define WORDS_MAX_BYTES (1U << 20)
#define LINE_BYTES      300
#define COMMAND_BYTES   16384
#define PID_MAX         4194304

extern char **environ;

static uint64_t now_ms(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * MS_PER_SECOND + (uint64_t)t.tv_nsec / 1000000;
}

static void pause_shortly(void)
{
    (void)poll(NULL, 0, PAUSE_MS);
}

/* Starts a program in a process group of its own: what the terminal sends is not for it. */
static int spawn(char *const argv[], const char *words, int truncate, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, words,
                                     O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | truncate, 0644);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    int wrong = posix_spawnp(ret_pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return wrong;
}

/* The last line that a program wrote. */
static void last_line(const char *path, char line[static LINE_BYTES])
{
    struct buffer text = buffer_new(WORDS_MAX_BYTES);
    snprintf(line, LINE_BYTES, "it said nothing");
    if (!failed(file_read(path, &text))) {
        struct slice all = buffer_slice(&text);
        while (all.length > 0 && all.at[all.length - 1] == '\n')
            all.length--;
        size_t from = all.length;
        while (from > 0 && all.at[from - 1] != '\n')
            from--;
        if (all.length > from)
            (void)slice_copy_text(slice_part(all, from, SIZE_MAX), line, LINE_BYTES);
    }
    buffer_done(&text);
}

enum comity_exit demo_run(char *const argv[], const char *words, struct comity_fault *reterr)
{
    char line[LINE_BYTES];
    pid_t pid = 0;
    int status = 0;
    errno = spawn(argv, words, O_TRUNC, &pid);
    if (errno != 0)
        return fail_errno(reterr, "%s cannot be started", argv[0]);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return fail_errno(reterr, "%s was lost", argv[0]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return COMITY_DONE;
    last_line(words, line);
    fail(reterr, COMITY_FAILED, "FAILED", "%s failed: %s", argv[0], line);
    return advise(reterr, "all it said is in %s", words);
}

/* What is different of a gateway and of a witness. */
struct sort {
    const char *folder, *words;
    const char *own; /* a file that it alone is started with */
};

static const struct sort *sort_of(const char *id)
{
    static const struct sort gateway = {"gateways", "comityd.err", "comityd.yaml"};
    static const struct sort witness = {"witnesses", "witness.err", "state.db"};
    return name_is_gateway(slice_text(id)) ? &gateway : &witness;
}

static void place_path(const struct demo *demo, const char *id, const char *file,
                       char path[static DEMO_PATH_BYTES])
{
    demo_path(demo, path, "%s/%s/%s", sort_of(id)->folder, id, file);
}

static pid_t pid_read(const char *path)
{
    uint64_t pid = 0;
    struct buffer text = buffer_new(32);
    bool good =
        !failed(file_read(path, &text)) &&
        decimal_read(slice_part(buffer_slice(&text), 0, slice_find(buffer_slice(&text), '\n')),
                     PID_MAX, &pid);
    buffer_done(&text);
    return good ? (pid_t)pid : 0;
}

/* With all its threads, so that its files and ports are free. */
static bool has_ended(pid_t pid)
{
    struct pollfd process = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    if (process.fd < 0)
        return true;
    bool ended = poll(&process, 1, 0) == 1;
    close(process.fd);
    return ended;
}

/* A number is no proof: the process must have been started with this very file. One that is ending
 * has no command line any more. */
pid_t demo_running(const struct demo *demo, const char *id)
{
    char path[DEMO_PATH_BYTES], own[DEMO_PATH_BYTES];
    place_path(demo, id, "pid", path);
    place_path(demo, id, sort_of(id)->own, own);
    pid_t pid = pid_read(path);
    bool ours = false;
    if (pid <= 1)
        return 0;
    struct buffer command = buffer_new(COMMAND_BYTES);
    snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
    if (!failed(file_read(path, &command))) {
        struct slice rest = buffer_slice(&command);
        ours = rest.length == 0 && !has_ended(pid);
        while (rest.length > 0 && !ours) {
            size_t end = slice_find(rest, '\0');
            ours = slice_is(slice_part(rest, 0, end), own);
            rest = slice_part(rest, end + 1, SIZE_MAX);
        }
    }
    buffer_done(&command);
    return ours ? pid : 0;
}

/* Waits until it is gone; a child of ours is taken off the process table on the way. */
static bool gone(const struct demo *demo, const char *gateway, pid_t pid, uint64_t limit_ms)
{
    uint64_t until = now_ms() + limit_ms;
    for (;;) {
        (void)waitpid(pid, NULL, WNOHANG);
        if (demo_running(demo, gateway) != pid)
            return true;
        if (now_ms() >= until)
            return false;
        pause_shortly();
    }
}

enum comity_exit demo_stop(const struct demo *demo, const char *gateway, pid_t pid, int how,
                           struct comity_fault *reterr)
{
    char path[DEMO_PATH_BYTES];
    if (kill(pid, how) != 0 && errno != ESRCH)
        return fail_errno(reterr, "%s (process %ld) cannot be stopped", gateway, (long)pid);
    (void)kill(pid, SIGCONT); /* one that stands still does not hear SIGTERM */
    if (!gone(demo, gateway, pid, TERM_MS)) {
        (void)kill(pid, SIGKILL);
        if (!gone(demo, gateway, pid, KILL_MS))
            return fail(reterr, COMITY_FAILED, "FAILED", "%s (process %ld) does not stop", gateway,
                        (long)pid);
    }
    place_path(demo, gateway, "pid", path);
    (void)unlink(path);
    place_path(demo, gateway, "ready", path);
    (void)unlink(path);
    return COMITY_DONE;
}

static int spawn_gateway(struct demo *demo, struct demo_gateway *g, const char *words, int truncate)
{
    char config[DEMO_PATH_BYTES], option[] = "--config";
    char *argv[] = {demo->comityd, option, config, NULL};
    place_path(demo, g->id, "comityd.yaml", config);
    return spawn(argv, words, truncate, &g->pid);
}

static int spawn_witness(struct demo *demo, struct demo_gateway *w, const char *words, int truncate)
{
    struct demo_command command;
    demo_witness_command(demo, w, &command);
    return spawn(command.argv, words, truncate, &w->pid);
}

static enum comity_exit launch(struct demo *demo, struct demo_gateway *g, int truncate,
                               struct comity_fault *reterr)
{
    const bool is_gateway = name_is_gateway(slice_text(g->id));
    char words[DEMO_PATH_BYTES], ready[DEMO_PATH_BYTES], text[32], path[DEMO_PATH_BYTES];
    place_path(demo, g->id, sort_of(g->id)->words, words);
    place_path(demo, g->id, "ready", ready);
    (void)unlink(ready);
    errno = (is_gateway ? spawn_gateway : spawn_witness)(demo, g, words, truncate);
    if (errno != 0) {
        g->pid = 0;
        fail_errno(reterr, "%s cannot be started", is_gateway ? demo->comityd : demo->witness);
        return is_gateway ? advise(reterr, "name the gateway's program with --comityd FILE")
                          : COMITY_FAILED;
    }
    snprintf(path, sizeof path, "%s/%s/pid", sort_of(g->id)->folder, g->id);
    snprintf(text, sizeof text, "%ld\n", (long)g->pid);
    return demo_write(demo, path, slice_text(text), 0644, reterr);
}

static enum comity_exit not_started(const struct demo *demo, const struct demo_gateway *g,
                                    const char *what, struct comity_fault *reterr)
{
    char line[LINE_BYTES], words[DEMO_PATH_BYTES];
    place_path(demo, g->id, sort_of(g->id)->words, words);
    last_line(words, line);
    fail(reterr, COMITY_FAILED, "FAILED", "%s %s: %s", g->id, what, line);
    return advise(reterr, "all that it said is in %s", words);
}

/* Ready is what the gateway says itself, and that its port answers. */
static enum comity_exit await(const struct demo *demo, struct demo_gateway *g,
                              struct comity_fault *reterr)
{
    uint64_t until = now_ms() + READY_MS;
    char ready[DEMO_PATH_BYTES];
    place_path(demo, g->id, "ready", ready);
    for (;;) {
        if (access(ready, F_OK) == 0 && demo_port_answers(g->port))
            return COMITY_DONE;
        if (waitpid(g->pid, NULL, WNOHANG) == g->pid) {
            g->pid = 0;
            return not_started(demo, g, "did not start", reterr);
        }
        if (now_ms() >= until)
            return not_started(demo, g, "was not ready within 60 seconds", reterr);
        pause_shortly();
    }
}

enum comity_exit demo_again(struct demo *demo, struct demo_gateway *gateway,
                            struct comity_fault *reterr)
{
    enum comity_exit exit = launch(demo, gateway, 0, reterr);
    return exit == COMITY_DONE ? await(demo, gateway, reterr) : exit;
}

static void stop_some(struct demo *demo, struct demo_gateway *at, size_t count)
{
    struct comity_fault ignored = {0};
    for (size_t i = 0; i < count; i++) {
        if (at[i].pid != 0)
            (void)demo_stop(demo, at[i].id, at[i].pid, SIGTERM, &ignored);
        at[i].pid = 0;
    }
}

static enum comity_exit start_some(struct demo *demo, struct demo_gateway *at, size_t count,
                                   struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    for (size_t i = 0; i < count && exit == COMITY_DONE; i++)
        exit = launch(demo, &at[i], O_TRUNC, reterr);
    for (size_t i = 0; i < count && exit == COMITY_DONE; i++)
        exit = await(demo, &at[i], reterr);
    return exit;
}

/* Every gateway is linked with every other one. */
static enum comity_exit await_links(struct demo *demo, struct comity_fault *reterr)
{
    uint64_t until = now_ms() + LINKS_MS;
    char missing[DEMO_PATH_BYTES];
    while (!demo_linked(demo, missing)) {
        for (size_t i = 0; i < demo->gateway_count; i++)
            if (waitpid(demo->gateways[i].pid, NULL, WNOHANG) == demo->gateways[i].pid) {
                demo->gateways[i].pid = 0;
                return not_started(demo, &demo->gateways[i], "ended", reterr);
            }
        if (now_ms() >= until) {
            fail(reterr, COMITY_FAILED, "FAILED", "no link within 60 seconds:%s", missing);
            return advise(reterr, "what the gateways said is in %s/gateways/*/comityd.err",
                          demo->dir);
        }
        pause_shortly();
    }
    return COMITY_DONE;
}

static enum comity_exit await_witnesses(const struct demo *demo, struct comity_fault *reterr)
{
    const uint64_t until = now_ms() + LINKS_MS;
    for (size_t i = 0; i < demo->gateway_count && demo->witness_count > 0; i++)
        while (!demo_witnessed(demo, &demo->gateways[i])) {
            if (now_ms() >= until) {
                fail(reterr, COMITY_FAILED, "FAILED", "nothing is cosigned within 60 seconds");
                return advise(reterr,
                              "comity admin status --config %s/gateways/%s/comityd.yaml "
                              "says how the witnesses are",
                              demo->dir, demo->gateways[i].id);
            }
            pause_shortly();
        }
    return COMITY_DONE;
}

static enum comity_exit start_all(struct demo *demo, struct comity_fault *reterr)
{
    enum comity_exit exit = demo_ports_choose(demo, reterr);
    if (exit == COMITY_DONE)
        exit = demo_addresses(demo, reterr);
    if (exit == COMITY_DONE)
        exit = start_some(demo, demo->witnesses, demo->witness_count, reterr);
    if (exit == COMITY_DONE)
        exit = start_some(demo, demo->gateways, demo->gateway_count, reterr);
    if (exit == COMITY_DONE)
        exit = await_links(demo, reterr);
    return exit == COMITY_DONE ? await_witnesses(demo, reterr) : exit;
}

enum comity_exit demo_start(struct demo *demo, struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    for (unsigned attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
        exit = start_all(demo, reterr);
        if (exit == COMITY_DONE)
            return COMITY_DONE;
        stop_some(demo, demo->gateways, demo->gateway_count);
        stop_some(demo, demo->witnesses, demo->witness_count);
        if (!demo_port_was_taken(demo))
            break;
    }
    return exit;
}
