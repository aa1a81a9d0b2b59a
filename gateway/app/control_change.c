/* Verbs that change something: each is in the audit log before it is done. */

#include "app/control_parts.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "journal/clock.h"

#define ENTRY_WAIT_MS  10000
#define RELOAD_WAIT_MS 60000

struct status control_commit(struct control *c, commit_post *post, const void *what)
{
    return commit_wait(c->settings.journal, post, what, ENTRY_WAIT_MS);
}

static struct status post_act(struct journal *journal, const void *what, uint64_t now_ms,
                              void *owner, journal_done *done)
{
    return journal_operator(journal, what, now_ms, owner, done);
}

json_t *control_enter(struct control *c, const struct operator_act *act)
{
    struct status s = control_commit(c, post_act, act);
    return failed(s) ? control_failure(s, "the audit log takes no entry now, so nothing was done")
                     : NULL;
}

/* ---- drain and resume ---- */

static json_t *set_draining(struct control *c, bool draining, const struct operator_act *act,
                            const char *event)
{
    bool changed = workers_draining(c->settings.workers) != draining;
    json_t *error = changed ? control_enter(c, act) : NULL;
    if (error != NULL)
        return error;
    workers_drain(c->settings.workers, draining);
    if (changed)
        control_say(c, event, (struct slice){0},
                    draining ? "new submissions are refused for now; what was accepted goes on"
                             : "new submissions are taken again");
    return json_pack("{s:b,s:b}", "draining", (int)draining, "changed", (int)changed);
}

json_t *control_run_drain(struct control *c, const char *argument)
{
    (void)argument;
    return set_draining(c, true, &(struct operator_act){.what = "drain"}, "operator.drain");
}

json_t *control_run_resume(struct control *c, const char *argument)
{
    (void)argument;
    return set_draining(c, false, &(struct operator_act){.what = "resume"}, "operator.resume");
}

/* ---- reload ---- */

uint64_t control_reload_begins(struct control *c)
{
    pthread_mutex_lock(&c->mutex);
    uint64_t number = c->reloads_asked;
    pthread_mutex_unlock(&c->mutex);
    return number;
}

void control_reload_ends(struct control *c, uint64_t number, const struct reload_outcome *outcome)
{
    pthread_mutex_lock(&c->mutex);
    c->reloads_done = number;
    c->outcome = *outcome;
    pthread_cond_broadcast(&c->moved);
    pthread_mutex_unlock(&c->mutex);
}

/* The main thread reloads, as for every SIGHUP. False where it does not come to it. */
static bool ask_reload(struct control *c, struct reload_outcome *ret_outcome)
{
    const struct timespec until = clock_in(RELOAD_WAIT_MS);
    pthread_mutex_lock(&c->mutex);
    uint64_t number = ++c->reloads_asked;
    (void)kill(getpid(), SIGHUP);
    while (c->reloads_done < number && !atomic_load(&c->stopping) &&
           pthread_cond_timedwait(&c->moved, &c->mutex, &until) == 0)
        continue;
    bool there = c->reloads_done >= number;
    if (there)
        *ret_outcome = c->outcome;
    pthread_mutex_unlock(&c->mutex);
    return there;
}

static json_t *problems_json(const char *lines)
{
    json_t *problems = json_array();
    for (struct slice rest = slice_text(lines); rest.length > 0;) {
        size_t end = slice_find(rest, '\n');
        json_t *line = json_stringn((const char *)rest.at, end);
        if (line != NULL)
            json_array_append_new(problems, line);
        rest = slice_part(rest, end + 1, SIZE_MAX);
    }
    return problems;
}

json_t *control_run_reload(struct control *c, const char *argument)
{
    (void)argument;
    struct reload_outcome outcome;
    json_t *error = control_enter(c, &(struct operator_act){.what = "reload"});
    if (error != NULL)
        return error;
    control_say(c, "operator.reload", (struct slice){0}, "a reload was asked for");
    if (!ask_reload(c, &outcome))
        return control_error("E_UNAVAILABLE", "the gateway did not come to it: see its lines");
    if (outcome.done)
        return json_pack("{s:b,s:s}", "reloaded", 1, "changed", outcome.words);
    error = control_error("CONFIG", "nothing was changed");
    json_object_set_new(json_object_get(error, "error"), "problems", problems_json(outcome.words));
    return error;
}
