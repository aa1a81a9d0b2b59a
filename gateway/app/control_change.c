/* Verbs that change something: each is in the audit log before it is done. */

#include "app/control_parts.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "journal/clock.h"

#define ENTRY_WAIT_MS  10000
#define RELOAD_WAIT_MS 60000

/* Where an entry's outcome is put. Who waits may give up: the last of the two frees it. */
struct outcome {
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    bool there, given_up;
    struct status status;
};

static void outcome_free(struct outcome *o)
{
    pthread_cond_destroy(&o->moved);
    pthread_mutex_destroy(&o->mutex);
    free(o);
}

static struct outcome *outcome_new(void)
{
    struct outcome *o = calloc(1, sizeof *o);
    if (o == NULL || pthread_mutex_init(&o->mutex, NULL) != 0) {
        free(o);
        return NULL;
    }
    if (!condition_make(&o->moved)) {
        pthread_mutex_destroy(&o->mutex);
        free(o);
        return NULL;
    }
    return o;
}

/* On the journal thread. */
static void entry_done(void *owner, struct journal_result *results)
{
    struct outcome *o = owner;
    pthread_mutex_lock(&o->mutex);
    o->status = results->status;
    o->there = true;
    bool given_up = o->given_up;
    pthread_cond_signal(&o->moved);
    pthread_mutex_unlock(&o->mutex);
    journal_result_free(results);
    if (given_up)
        outcome_free(o);
}

static struct status await(struct outcome *o)
{
    const struct timespec until = clock_in(ENTRY_WAIT_MS);
    pthread_mutex_lock(&o->mutex);
    while (!o->there && pthread_cond_timedwait(&o->moved, &o->mutex, &until) == 0)
        continue;
    struct status s = o->there ? o->status : FAIL(FULL);
    bool there = o->there;
    o->given_up = !there;
    pthread_mutex_unlock(&o->mutex);
    if (there)
        outcome_free(o);
    return s;
}

json_t *control_enter(struct control *c, const struct operator_act *act)
{
    struct outcome *o = outcome_new();
    struct status s =
        o == NULL ? FAIL(MEMORY)
                  : journal_operator(c->settings.journal, act, moment_now().wall_ms, o, entry_done);
    if (!failed(s))
        s = await(o);
    else if (o != NULL)
        outcome_free(o);
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
