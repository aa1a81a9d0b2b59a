#include "app/restoring.h"

#include <stdio.h>
#include <string.h>

#include "app/control_parts.h"
#include "edge/worker.h"

json_t *backup_json(const struct backup *b, const char *dir)
{
    return json_pack("{s:s,s:I,s:o,s:I}", "dir", dir, "size", (json_int_t)b->size, "root",
                     control_digest(&b->root), "bytes", (json_int_t)b->bytes);
}

struct status log_key_find(const struct rulebook *rulebook, const char *gateway, const char *origin,
                           struct vkey *ret_key)
{
    const struct gateway_row *row = directory_gateway(rulebook->directory, slice_text(gateway));
    const struct log_row *log = row == NULL ? NULL : directory_log(row, slice_text(origin));
    return log == NULL ? FAIL(ABSENT) : vkey_parse(log->vkey, ret_key);
}

/* What a failure is called, and what it makes of the process. */
static const struct ending {
    enum code code;
    int exit;
    const char *name;
} endings[] = {
    {CODE_OK, 0, ""},
    {CODE_REFUSED, 9, "E_HASH"},
    {CODE_FORK, 11, "FORK"},
    {CODE_STORE, 7, "E_UNAVAILABLE"},
    {CODE_FULL, 7, "E_UNAVAILABLE"},
};

static struct ending ending_of(struct status s)
{
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (endings[i].code == s.code)
            return endings[i];
    return (struct ending){s.code, 1, "STORE"};
}

static json_t *outcome_json(struct status s, const struct restoring *r,
                            const struct restore_outcome *o)
{
    if (failed(s)) {
        json_t *error = control_error(ending_of(s).name, "%s",
                                      o->text[0] == '\0' ? code_name(s.code) : o->text);
        if (o->missing > 0)
            json_object_set_new(json_object_get(error, "error"), "missing",
                                json_integer((json_int_t)o->missing));
        return error;
    }
    json_t *json = backup_json(&o->backup, r->backup);
    json_object_set_new(json, "signed", json_integer((json_int_t)o->signed_size));
    json_object_set_new(json, "lost", json_integer((json_int_t)o->lost));
    json_object_set_new(json, "aside", o->aside[0] == '\0' ? json_null() : json_string(o->aside));
    json_object_set_new(json, "dry_run", json_boolean(r->dry_run));
    return json;
}

static struct status restore(const struct config *c, const struct state *state,
                             const struct start *start, const struct restoring *r,
                             struct restore_outcome *outcome)
{
    struct vkey key;
    const struct journal_settings settings = {
        .path = c->journal,
        .lock_path = c->lock,
        .log_path = c->log->path,
        .origin = c->log->origin,
        .gateway = c->gateway,
        .log_key = start->log_key,
        .keyring = start->keyring,
    };
    const struct restore_order order = {
        .backup = r->backup,
        .log = &key,
        .now_ms = moment_now().wall_ms,
        .dry_run = r->dry_run,
    };
    struct status s =
        log_key_find(snapshot_rulebook(state->snapshot), c->gateway, c->log->origin, &key);
    return failed(s) ? s : journal_restore(&settings, &order, outcome);
}

int restoring_run(const struct config *config, const struct state *state, const struct start *start,
                  const struct restoring *r)
{
    struct restore_outcome outcome = {0};
    struct status s = restore(config, state, start, r, &outcome);
    json_t *json = outcome_json(s, r, &outcome);
    bool said = json != NULL && json_dumpf(json, stdout, JSON_COMPACT) == 0 &&
                putchar('\n') == '\n' && fflush(stdout) == 0;
    json_decref(json);
    return said ? ending_of(s).exit : 1;
}
