#include "comity/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/reader.h"
#include "comity/admin/admin.h"

#define ANSWER_MAX_BYTES (1U << 20)
#define WORDS_MAX_BYTES  65536
#define EXIT_CONFIG      78 /* of comityd */

extern char **environ;

/* ---- where it is ---- */

static bool beside(const char *place, char path[static ADMIN_PATH_BYTES])
{
    char own[ADMIN_PATH_BYTES];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    if (length <= 0)
        return false;
    own[length] = '\0';
    char *slash = strrchr(own, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    int whole = snprintf(path, ADMIN_PATH_BYTES, "%s/%s", own, place);
    return whole > 0 && whole < ADMIN_PATH_BYTES && access(path, X_OK) == 0;
}

static void find(const struct invocation *inv, char path[static ADMIN_PATH_BYTES])
{
    static const char *const places[] = {"comityd", "../sbin/comityd"};
    const char *given = invocation_value(inv, FLAG_COMITYD);
    if (given != NULL) {
        snprintf(path, ADMIN_PATH_BYTES, "%s", given);
        return;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (beside(places[i], path))
            return;
    snprintf(path, ADMIN_PATH_BYTES, "comityd");
}

/* ---- running it ---- */

/* A program with two ends of pipes: what it prints and what it says. */
struct running {
    pid_t pid;
    int out[2], err[2];
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_all(struct running *r)
{
    int *const ends[] = {&r->out[0], &r->out[1], &r->err[0], &r->err[1]};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        close_end(ends[i]);
}

static int spawn(struct running *r, char *const argv[])
{
    posix_spawn_file_actions_t actions;
    if (pipe(r->out) != 0 || pipe(r->err) != 0)
        return errno;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, r->out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, r->err[1], 2);
    for (size_t i = 0; i < 2; i++) {
        posix_spawn_file_actions_addclose(&actions, r->out[i]);
        posix_spawn_file_actions_addclose(&actions, r->err[i]);
    }
    int wrong = posix_spawnp(&r->pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close_end(&r->out[1]);
    close_end(&r->err[1]);
    return wrong;
}

/* What is over the buffer's room is dropped: a pipe that is not read stops its writer. */
static bool read_some(int *fd, struct buffer *out)
{
    uint8_t piece[4096];
    ssize_t got = read(*fd, piece, sizeof piece);
    if (got > 0 && !out->failed)
        buffer_put(out, slice_over(piece, (size_t)got));
    if (got == 0 || (got < 0 && errno != EINTR))
        close_end(fd);
    return *fd >= 0;
}

static void read_both(struct running *r, struct buffer *out, struct buffer *err)
{
    while (r->out[0] >= 0 || r->err[0] >= 0) {
        struct pollfd ends[] = {{.fd = r->out[0], .events = POLLIN},
                                {.fd = r->err[0], .events = POLLIN}};
        if (poll(ends, 2, -1) < 0)
            continue;
        if (ends[0].revents != 0)
            (void)read_some(&r->out[0], out);
        if (ends[1].revents != 0)
            (void)read_some(&r->err[0], err);
    }
}

static int await(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- what it says ---- */

/* The first lines of it, in one. */
static void first_words(const struct buffer *err, char *text, size_t room)
{
    struct slice all = buffer_slice(err);
    while (all.length > 0 && all.at[all.length - 1] == '\n')
        all.length--;
    (void)slice_copy_text(all, text, room);
    for (char *at = text; *at != '\0'; at++)
        if (*at == '\n')
            *at = ';';
}

static enum comity_exit judge(int ended, const struct buffer *out, const struct buffer *err,
                              json_t **ret_answer, struct comity_fault *reterr)
{
    char words[sizeof reterr->message] = "";
    json_t *answer = json_loadb((const char *)out->at, out->length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *error = json_object_get(answer, "error");
    first_words(err, words, sizeof words);
    if (json_is_object(answer) && error == NULL && ended == 0) {
        *ret_answer = answer;
        return COMITY_DONE;
    }
    if (error != NULL && ended > 0 && ended <= COMITY_FORK)
        fail(reterr, (enum comity_exit)ended, admin_text(error, "code"), "%s",
             admin_text(error, "message"));
    else if (ended == EXIT_CONFIG)
        fail(reterr, COMITY_INPUT, "CONFIG", "%s", words);
    else
        fail(reterr, COMITY_FAILED, "FAILED", "comityd did not do it: %s",
             words[0] == '\0' ? "it ended without a word" : words);
    json_decref(answer);
    return reterr->exit;
}

enum comity_exit program_run(const struct invocation *inv,
                             const char *const words[static PROGRAM_WORDS_MAX], json_t **ret_answer,
                             struct comity_fault *reterr)
{
    char path[ADMIN_PATH_BYTES], option[] = "--config", copies[PROGRAM_WORDS_MAX][ADMIN_PATH_BYTES];
    char config[ADMIN_PATH_BYTES];
    char *argv[3 + PROGRAM_WORDS_MAX + 1] = {path, option, config};
    const char *file = invocation_value(inv, FLAG_CONFIG);
    struct running r = {0, {-1, -1}, {-1, -1}};
    if (file == NULL)
        return fail_usage(reterr, "which gateway? --config FILE was not given");
    if (!slice_copy_text(slice_text(file), config, sizeof config))
        return fail_usage(reterr, "--config: the path is too long");
    find(inv, path);
    for (size_t i = 0; i < PROGRAM_WORDS_MAX && words[i] != NULL; i++) {
        if (!slice_copy_text(slice_text(words[i]), copies[i], sizeof copies[i]))
            return fail_usage(reterr, "%.100s...: too long", words[i]);
        argv[3 + i] = copies[i];
    }
    errno = spawn(&r, argv);
    if (errno != 0) {
        fail_errno(reterr, "%s cannot be started", path);
        close_all(&r);
        return advise(reterr, "name the gateway's program with --comityd FILE");
    }
    struct buffer out = buffer_new(ANSWER_MAX_BYTES), err = buffer_new(WORDS_MAX_BYTES);
    read_both(&r, &out, &err);
    enum comity_exit exit = judge(await(r.pid), &out, &err, ret_answer, reterr);
    buffer_done(&out);
    buffer_done(&err);
    return exit;
}
