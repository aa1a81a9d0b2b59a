#include "comity/admin/admin.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/local.h"

#define CONFIG_MAX_BYTES (1U << 20)
#define ANSWER_MAX_BYTES (16U << 20)
#define WAIT_S           90

/* ---- where it is ---- */

/* The value of a key that stands at the beginning of a line, plain or in quotes. What is written in
 * another of YAML's ways is not found. */
static bool find_key(struct slice text, const char *key, char *value, size_t room)
{
    while (text.length > 0) {
        size_t end = slice_find(text, '\n');
        struct slice line = slice_part(text, 0, end);
        text = slice_part(text, end + 1, SIZE_MAX);
        if (!slice_begins(line, slice_text(key)))
            continue;
        line = slice_part(line, strlen(key), SIZE_MAX);
        while (line.length > 0 && line.at[0] == ' ')
            line = slice_part(line, 1, SIZE_MAX);
        if (line.length > 0 && (line.at[0] == '\'' || line.at[0] == '"')) {
            uint8_t quote = line.at[0];
            line = slice_part(line, 1, SIZE_MAX);
            line.length = slice_find(line, quote);
        }
        return line.length > 0 && slice_copy_text(line, value, room);
    }
    return false;
}

static enum comity_exit socket_of_config(const char *file, char *path, struct comity_fault *reterr)
{
    char journal[ADMIN_PATH_BYTES];
    struct buffer octets = buffer_new(CONFIG_MAX_BYTES);
    struct status s = file_read(file, &octets);
    struct slice text = buffer_slice(&octets);
    bool found = !failed(s) && find_key(text, "control:", path, ADMIN_PATH_BYTES);
    if (!failed(s) && !found && find_key(text, "journal:", journal, sizeof journal)) {
        int length = snprintf(path, ADMIN_PATH_BYTES, "%s/control", journal);
        found = length > 0 && length < ADMIN_PATH_BYTES;
    }
    buffer_done(&octets);
    if (found)
        return COMITY_DONE;
    fail_usage(reterr,
               failed(s) ? "--config %s cannot be read"
                         : "--config %s: it does not say where the journal or the socket is",
               file);
    return advise(reterr, "name the socket itself with --control PATH");
}

enum comity_exit admin_socket(const struct invocation *invocation,
                              char path[static ADMIN_PATH_BYTES], struct comity_fault *reterr)
{
    const char *control = invocation_value(invocation, FLAG_CONTROL);
    const char *config = invocation_value(invocation, FLAG_CONFIG);
    if (control == NULL && config != NULL)
        return socket_of_config(config, path, reterr);
    if (control == NULL) {
        fail_usage(reterr, "which gateway? neither --control nor --config was given");
        return advise(reterr, "name its configuration with --config FILE");
    }
    if (!slice_copy_text(slice_text(control), path, ADMIN_PATH_BYTES))
        return fail_usage(reterr, "--control: the path is too long");
    return COMITY_DONE;
}

/* ---- asking ---- */

static enum comity_exit connect_to(const char *path, int *ret_fd, struct comity_fault *reterr)
{
    const struct timeval wait = {.tv_sec = WAIT_S};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail_errno(reterr, "a socket cannot be had");
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
        local_at(path, fd, connect) == 0) {
        *ret_fd = fd;
        return COMITY_DONE;
    }
    bool forbidden = errno == EACCES;
    fail(reterr, forbidden ? COMITY_IDENTITY : COMITY_UNAVAILABLE,
         forbidden ? "E_IDENTITY" : "E_UNAVAILABLE", "no gateway answers at %s (%s)", path,
         strerror(errno));
    close(fd);
    return advise(reterr, "%s",
                  forbidden ? "only root and the gateway's own user may use it"
                            : "is comityd running? its first line on standard output is \"ready\"");
}

static bool send_all(int fd, struct slice text)
{
    while (text.length > 0) {
        ssize_t done = send(fd, text.at, text.length, MSG_NOSIGNAL);
        if (done <= 0 && errno != EINTR)
            return false;
        if (done > 0)
            text = slice_part(text, (size_t)done, SIZE_MAX);
    }
    return true;
}

/* Up to the end, which the gateway makes after its line. */
static bool receive_all(int fd, bool patient, struct buffer *out)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    for (;;) {
        uint8_t piece[65536];
        int ready = poll(&one, 1, patient ? -1 : WAIT_S * 1000);
        if (ready == 0)
            return false;
        ssize_t got = ready < 0 ? -1 : recv(fd, piece, sizeof piece, 0);
        if (got == 0)
            return !out->failed && out->length > 0;
        if (got < 0 && errno != EINTR)
            return false;
        if (got > 0)
            buffer_put(out, slice_over(piece, (size_t)got));
    }
}

/* What the gateway's word for a failure means here. */
static enum comity_exit exit_of(const char *code)
{
    static const struct {
        const char *code;
        enum comity_exit exit;
    } rows[] = {
        {"USAGE", COMITY_INPUT},       {"CONFIG", COMITY_INPUT},
        {"E_UNKNOWN", COMITY_UNKNOWN}, {"E_UNAVAILABLE", COMITY_UNAVAILABLE},
        {"E_HASH", COMITY_VERIFY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].code, code) == 0)
            return rows[i].exit;
    return COMITY_FAILED;
}

/* With every problem, where there are several. */
static enum comity_exit fail_as(const json_t *error, struct comity_fault *reterr)
{
    const char *code = admin_text(error, "code");
    const json_t *problems = json_object_get(error, "problems");
    char text[sizeof reterr->message];
    int length = snprintf(text, sizeof text, "%s", admin_text(error, "message"));
    size_t at = length < 0 ? 0 : (size_t)length;
    for (size_t i = 0; i < json_array_size(problems) && at < sizeof text; i++) {
        const char *problem = json_string_value(json_array_get(problems, i));
        length = snprintf(text + at, sizeof text - at, "; %s", problem == NULL ? "" : problem);
        at += length < 0 ? 0 : (size_t)length;
    }
    return fail(reterr, exit_of(code), code, "%s", text);
}

static enum comity_exit judge(const struct buffer *octets, json_t **ret_answer,
                              struct comity_fault *reterr)
{
    json_t *answer =
        json_loadb((const char *)octets->at, octets->length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *error = json_object_get(answer, "error");
    if (!json_is_object(answer))
        fail(reterr, COMITY_FAILED, "FAILED", "the gateway's answer is not JSON");
    else if (error != NULL)
        fail_as(error, reterr);
    if (json_is_object(answer) && error == NULL) {
        *ret_answer = answer;
        return COMITY_DONE;
    }
    json_decref(answer);
    return reterr->exit;
}

static enum comity_exit exchange(const char *path, const char *line, bool patient,
                                 json_t **ret_answer, struct comity_fault *reterr)
{
    int fd = -1;
    enum comity_exit exit = connect_to(path, &fd, reterr);
    if (exit != COMITY_DONE)
        return exit;
    struct buffer octets = buffer_new(ANSWER_MAX_BYTES);
    bool came = send_all(fd, slice_text(line)) && send_all(fd, slice_text("\n")) &&
                receive_all(fd, patient, &octets);
    exit = came ? judge(&octets, ret_answer, reterr)
                : fail(reterr, COMITY_UNAVAILABLE, "E_UNAVAILABLE",
                       "the gateway at %s did not answer", path);
    if (!came)
        advise(reterr, "what it did is in its lines; only root and its own user are answered");
    buffer_done(&octets);
    close(fd);
    return exit;
}

enum comity_exit admin_ask(const struct invocation *invocation, const char *verb,
                           const char *member, const char *value, bool patient, json_t **ret_answer,
                           struct comity_fault *reterr)
{
    char path[ADMIN_PATH_BYTES];
    enum comity_exit exit = admin_socket(invocation, path, reterr);
    if (exit != COMITY_DONE)
        return exit;
    json_t *json = json_pack("{s:s}", "verb", verb);
    if (member != NULL && json_object_set_new(json, member, json_string(value)) != 0) {
        json_decref(json);
        return fail_usage(reterr, "what was given for %s is not UTF-8", member);
    }
    char *line = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (line == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    exit = exchange(path, line, patient, ret_answer, reterr);
    free(line);
    return exit;
}

/* ---- answers ---- */

int64_t admin_number(const json_t *json, const char *member)
{
    return json_integer_value(json_object_get(json, member));
}

const char *admin_text(const json_t *json, const char *member)
{
    const char *text = json_string_value(json_object_get(json, member));
    return text == NULL ? "" : text;
}

bool admin_true(const json_t *json, const char *member)
{
    return json_is_true(json_object_get(json, member));
}

void admin_duration(uint64_t seconds, char *text, size_t room)
{
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;
    while (i < 3 && seconds < units[i].seconds)
        i++;
    uint64_t left = i == 3 ? 0 : seconds % units[i].seconds / units[i + 1].seconds;
    if (i < 2 && left > 0)
        snprintf(text, room, "%" PRIu64 " %s %" PRIu64 " %s", seconds / units[i].seconds,
                 units[i].name, left, units[i + 1].name);
    else
        snprintf(text, room, "%" PRIu64 " %s", seconds / units[i].seconds, units[i].name);
}
