#include "app/control_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/control_request.h"
#include "app/control_socket.h"
#include "base/encoding.h"
#include "base/instant.h"
#include "journal/clock.h"

static control_run *const runs[CONTROL_VERBS] = {
    [CONTROL_STATUS] = control_run_status,
    [CONTROL_PEERS] = control_run_peers,
    [CONTROL_DRAIN] = control_run_drain,
    [CONTROL_RESUME] = control_run_resume,
    [CONTROL_RELOAD] = control_run_reload,
    [CONTROL_BACKUP] = control_run_backup,
    [CONTROL_VERIFY_BACKUP] = control_run_verify_backup,
    [CONTROL_QUARANTINE] = control_run_quarantine,
    [CONTROL_LIFT] = control_run_lift,
    [CONTROL_RULEBOOK] = control_run_rulebook,
    [CONTROL_ERASURE] = control_run_erasure,
};

json_t *control_error(const char *code, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* A path may be cut within a letter. */
    json_t *message = json_string(text);
    if (message == NULL)
        message = json_string("it failed, and why cannot be written as JSON");
    return json_pack("{s:{s:s,s:o}}", "error", "code", code, "message", message);
}

json_t *control_failure(struct status s, const char *what)
{
    bool later = s.code == CODE_FULL || s.code == CODE_MEMORY;
    return control_error(later ? "E_UNAVAILABLE" : "STORE", "%s (%s)%s", what, code_name(s.code),
                         later ? ": try again" : "");
}

json_t *control_instant(uint64_t unix_ms)
{
    char text[INSTANT_TEXT_BYTES];
    instant_write(unix_ms, text);
    return json_string(text);
}

json_t *control_digest(const struct digest *digest)
{
    char text[2 * sizeof digest->octets + 1];
    hex_write(digest_slice(digest), text);
    return json_string(text);
}

void control_say(const struct control *c, const char *event, struct slice peer, const char *text)
{
    diagnostics_say(c->settings.diagnostics, moment_now().wall_ms,
                    &(struct diagnostic){
                        .event = event, .level = DIAGNOSTIC_NOTICE, .peer = peer, .text = text});
}

struct snapshot *control_snapshot(struct control *c)
{
    pthread_mutex_lock(&c->mutex);
    struct snapshot *snapshot = snapshot_hold(c->snapshot);
    pthread_mutex_unlock(&c->mutex);
    return snapshot;
}

void control_renew(struct control *c, struct snapshot *snapshot, const char *rulebook)
{
    if (c == NULL)
        return;
    pthread_mutex_lock(&c->mutex);
    (void)slice_copy_text(slice_text(rulebook), c->rulebook, sizeof c->rulebook);
    struct snapshot *before = c->snapshot;
    c->snapshot = snapshot_hold(snapshot);
    pthread_mutex_unlock(&c->mutex);
    snapshot_drop(before);
}

/* ---- a connection ---- */

static json_t *answer(struct control *c, struct slice line)
{
    struct control_request request;
    char why[CONTROL_WHY_BYTES];
    if (!control_request_read(line, &request, why))
        return control_error("USAGE", "%s", why);
    return runs[request.verb](c, request.argument);
}

static void give(int fd, json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    if (text != NULL && !failed(control_write(fd, slice_text(text))))
        (void)failed(control_write(fd, slice_text("\n")));
    free(text);
    json_decref(json);
}

static void serve_one(struct control *c, int fd)
{
    struct buffer line = buffer_new(CONTROL_LINE_MAX_BYTES + 1);
    struct status s = control_read_line(fd, c->wake, &line);
    if (!failed(s))
        give(fd, answer(c, buffer_slice(&line)));
    else if (s.code == CODE_REFUSED)
        give(fd, control_error("USAGE", "one line of at most %d octets is taken",
                               CONTROL_LINE_MAX_BYTES));
    buffer_done(&line);
}

static void say_stranger(const struct control *c, uint32_t uid)
{
    char text[80];
    snprintf(text, sizeof text, "uid %u may not use the control socket", (unsigned)uid);
    diagnostics_say(c->settings.diagnostics, moment_now().wall_ms,
                    &(struct diagnostic){
                        .event = "control.refused", .level = DIAGNOSTIC_WARNING, .text = text});
}

static void *run(void *owner)
{
    struct control *c = owner;
    uint32_t uid;
    if (failed(crypto_thread_start()))
        return NULL;
    while (control_wait(c->listening, c->wake)) {
        int fd = control_accept(c->listening, &uid);
        if (fd >= 0) {
            serve_one(c, fd);
            close(fd);
        } else if (uid != UINT32_MAX) {
            say_stranger(c, uid);
        }
    }
    crypto_thread_stop();
    return NULL;
}

/* ---- its life ---- */

static struct control *control_new(const struct control_settings *settings)
{
    struct control *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->settings = *settings;
    c->listening = -1;
    c->wake = eventfd(0, EFD_CLOEXEC);
    c->begun_ms = moment_now().mono_ms;
    if (c->wake < 0 || !slice_copy_text(slice_text(settings->path), c->path, sizeof c->path) ||
        !slice_copy_text(slice_text(settings->rulebook), c->rulebook, sizeof c->rulebook) ||
        pthread_mutex_init(&c->mutex, NULL) != 0) {
        if (c->wake >= 0)
            close(c->wake);
        free(c);
        return NULL;
    }
    if (!condition_make(&c->moved)) {
        pthread_mutex_destroy(&c->mutex);
        close(c->wake);
        free(c);
        return NULL;
    }
    c->snapshot = snapshot_hold(settings->snapshot);
    return c;
}

static void control_free(struct control *c)
{
    if (c->listening >= 0) {
        (void)unlink(c->path);
        close(c->listening);
    }
    journal_reader_close(c->reader);
    snapshot_drop(c->snapshot);
    pthread_cond_destroy(&c->moved);
    pthread_mutex_destroy(&c->mutex);
    close(c->wake);
    free(c);
}

static struct status begin(struct control *c, char *error)
{
    errno = 0;
    struct status s = control_listen(c->path, &c->listening);
    if (failed(s)) {
        snprintf(error, CONFIG_ERROR_BYTES, "control: %.300s cannot be listened on (%s)", c->path,
                 s.code == CODE_CONFIG ? "another process does, or it is no socket"
                                       : strerror(errno));
        return s;
    }
    s = journal_reader_open(c->settings.journal, &c->reader);
    if (!failed(s) && pthread_create(&c->thread, NULL, run, c) != 0)
        s = FAIL(MEMORY);
    if (failed(s))
        snprintf(error, CONFIG_ERROR_BYTES, "control: it cannot be started (%s)",
                 code_name(s.code));
    return s;
}

struct status control_start(const struct control_settings *settings, struct control **ret_control,
                            char error[static CONFIG_ERROR_BYTES])
{
    struct control *c = control_new(settings);
    if (c == NULL) {
        snprintf(error, CONFIG_ERROR_BYTES, "control: out of memory, or its path is too long");
        return FAIL(MEMORY);
    }
    struct status s = begin(c, error);
    if (failed(s))
        control_free(c);
    else
        *ret_control = c;
    return s;
}

void control_stop(struct control *c)
{
    const uint64_t one = 1;
    if (c == NULL)
        return;
    pthread_mutex_lock(&c->mutex);
    atomic_store(&c->stopping, true);
    pthread_cond_broadcast(&c->moved);
    pthread_mutex_unlock(&c->mutex);
    while (write(c->wake, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    (void)pthread_join(c->thread, NULL);
    control_free(c);
}
