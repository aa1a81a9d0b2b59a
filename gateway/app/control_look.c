/* Verbs that only look. */

#include "app/control_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "journal/ended.h"
#include "journal/restore.h"

#define ARENA_BYTES     (1U << 20)
#define ROOT_TEXT_BYTES 48

static json_t *text_json(struct slice text)
{
    return json_stringn((const char *)text.at, text.length);
}

/* ---- status ---- */

static json_t *law_json(const struct rulebook *rulebook)
{
    return json_pack("{s:I,s:o,s:o}", "number", (json_int_t)schema_number(rulebook->schema),
                     "digest", control_digest(&rulebook->law_digest), "rulebook",
                     control_digest(&rulebook->digest));
}

static json_t *journal_json(const struct control *c, const struct journal_health *h)
{
    return json_pack("{s:b,s:b,s:b,s:I,s:I,s:I,s:I,s:o}", "low", (int)h->low, "stalled",
                     (int)h->stalled, "publishing_failed", (int)h->publishing_failed,
                     "queued_bytes", (json_int_t)h->queued_bytes, "wal_bytes",
                     (json_int_t)h->wal_bytes, "free_bytes", (json_int_t)h->free_bytes,
                     "floor_bytes", (json_int_t)c->settings.floor_bytes, "last_entry",
                     control_instant(h->time_ms));
}

/* null: its journal never was. */
static json_t *restored_json(const struct control *c)
{
    struct restoration r;
    if (failed(journal_restoration(c->reader, &r)))
        return json_null();
    return json_pack("{s:I,s:I,s:o}", "size", (json_int_t)r.size, "lost", (json_int_t)r.lost, "at",
                     control_instant(r.time_ms));
}

static json_t *presence_json(const struct control *c, struct moment now)
{
    struct peer_presence peer;
    json_int_t up = 0, away = 0;
    for (size_t i = 0; workers_peer(c->settings.workers, i, now, &peer); i++)
        *(peer.is_up ? &up : &away) += 1;
    return json_pack("{s:I,s:I}", "up", up, "away", away);
}

/* As the directory is to say it. */
static json_t *ended_json(const struct control *c)
{
    struct journal_ended ended;
    char root[ROOT_TEXT_BYTES];
    json_t *list = json_array();
    for (size_t i = 0; journal_ended(c->settings.journal, i, &ended); i++) {
        base64_write(digest_slice(&ended.root), root);
        json_array_append_new(list, json_pack("{s:s,s:I,s:s}", "origin", ended.origin, "size",
                                              (json_int_t)ended.size, "root", root));
    }
    return list;
}

/* null: none are asked for. */
static json_t *timestamps_json(const struct control *c, struct moment now)
{
    struct timestamping_view v;
    if (c->settings.timestamping == NULL)
        return json_null();
    timestamping_look(c->settings.timestamping, &v);
    return json_pack(
        "{s:s,s:I,s:o,s:I,s:o,s:s}", "authority", v.address, "size", (json_int_t)v.size, "at",
        v.size == 0 ? json_null() : control_instant(v.made_ms), "waiting", (json_int_t)v.waiting,
        "away_s",
        v.away_ms == 0 ? json_null()
                       : json_integer((json_int_t)((now.mono_ms - v.away_ms) / MS_PER_SECOND)),
        "why", v.why);
}

json_t *control_run_status(struct control *c, const char *argument)
{
    (void)argument;
    struct journal_health h;
    struct moment now = moment_now();
    struct snapshot *snapshot = control_snapshot(c);
    journal_health(c->settings.journal, &h);
    json_t *json = json_pack("{s:s,s:s,s:I,s:b,s:o,s:{s:s,s:I,s:I,s:o},s:o,s:o}", "gateway",
                             c->settings.gateway, "version", c->settings.version, "uptime_s",
                             (json_int_t)((now.mono_ms - c->begun_ms) / MS_PER_SECOND), "draining",
                             (int)workers_draining(c->settings.workers), "law",
                             law_json(snapshot_rulebook(snapshot)), "log", "origin",
                             c->settings.origin, "signed", (json_int_t)h.signed_size, "published",
                             (json_int_t)h.published_size, "ended", ended_json(c), "journal",
                             journal_json(c, &h), "peers", presence_json(c, now));
    if (json != NULL) {
        json_object_set_new(json, "restored", restored_json(c));
        json_object_set_new(json, "timestamps", timestamps_json(c, now));
        json_object_set_new(json, "witnesses", control_witnesses(c, h.signed_size, now));
        json_object_set_new(json, "foreign",
                            control_foreign_logs(c, snapshot_rulebook(snapshot)->directory, now));
        json_object_set_new(json, "candidate", control_candidate(snapshot_candidate(snapshot)));
    }
    snapshot_drop(snapshot);
    return json;
}

/* ---- peers ---- */

/* Asking about peers: the directory they stand in, and where answers of the journal lie. */
struct asking {
    struct control *control;
    struct snapshot *snapshot;
    struct arena *arena;
};

static bool asking_begin(struct control *c, struct asking *a)
{
    *a = (struct asking){c, NULL, arena_new(ARENA_BYTES)};
    a->snapshot = a->arena == NULL ? NULL : control_snapshot(c);
    return a->arena != NULL;
}

static void asking_end(struct asking *a)
{
    snapshot_drop(a->snapshot);
    arena_free(a->arena);
}

static const struct directory *directory_of(const struct asking *a)
{
    return snapshot_rulebook(a->snapshot)->directory;
}

/* Rows of one log stand beside each other while its key changes. */
static bool is_first(const struct gateway_row *row, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (slice_equal(row->logs[k].origin, row->logs[i].origin))
            return false;
    return true;
}

/* What is kept of one log. */
struct kept_log {
    struct slice origin;
    bool is_known, is_forked;
    struct peer_checkpoint last;
    struct peer_fork fork;
};

static struct status log_look(const struct asking *a, struct slice origin, struct kept_log *ret)
{
    struct journal_reader *reader = a->control->reader;
    struct kept_log log = {.origin = origin};
    struct status s = journal_peer_checkpoint(reader, a->arena, origin, &log.last);
    log.is_known = !failed(s);
    if (!failed(s) || s.code == CODE_ABSENT)
        s = journal_peer_fork(reader, a->arena, origin, &log.fork);
    log.is_forked = !failed(s);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    *ret = log;
    return OK;
}

static json_t *log_json(const struct kept_log *log)
{
    json_t *json =
        json_pack("{s:o,s:b}", "origin", text_json(log->origin), "fork", (int)log->is_forked);
    if (json != NULL && log->is_known) {
        json_object_set_new(json, "size", json_integer((json_int_t)log->last.size));
        json_object_set_new(json, "root", control_digest(&log->last.root));
    }
    return json;
}

static struct status logs_json(const struct asking *a, const struct gateway_row *row, json_t *logs,
                               bool *ret_forked)
{
    struct status s = OK;
    struct kept_log log;
    *ret_forked = false;
    for (size_t i = 0; row != NULL && i < row->log_count && !failed(s); i++) {
        if (!is_first(row, i))
            continue;
        s = log_look(a, row->logs[i].origin, &log);
        if (failed(s))
            break;
        *ret_forked = *ret_forked || log.is_forked;
        json_array_append_new(logs, log_json(&log));
    }
    return s;
}

static void set_backlog(json_t *json, const struct box_backlog *b, struct moment now)
{
    uint64_t age_ms = now.wall_ms > b->oldest_ms ? now.wall_ms - b->oldest_ms : 0;
    json_object_set_new(json, "waiting", json_integer((json_int_t)b->count));
    json_object_set_new(json, "oldest_s",
                        b->count == 0 ? json_null()
                                      : json_integer((json_int_t)(age_ms / MS_PER_SECOND)));
}

/* Messages that are laid aside because this peer puts them off. */
static json_int_t asides_of(const struct control *c, const char *id, struct moment now)
{
    struct aside aside;
    json_int_t count = 0;
    for (size_t i = 0; workers_aside(c->settings.workers, i, now, &aside); i++)
        count += strcmp(aside.box, id) == 0;
    return count;
}

static json_t *presence_row(const struct control *c, const struct peer_presence *p,
                            struct moment now)
{
    bool dials = c->settings.dials && strcmp(c->settings.gateway, p->id) < 0;
    return json_pack("{s:s,s:b,s:o,s:I,s:b}", "id", p->id, "up", (int)p->is_up, "since",
                     control_instant(now.wall_ms - (p->is_up ? p->up_ms : p->away_ms)), "away_s",
                     (json_int_t)(p->away_ms / MS_PER_SECOND), "dials", (int)dials);
}

static struct status peer_json(const struct asking *a, const struct peer_presence *p,
                               struct moment now, json_t *rows)
{
    struct box_backlog backlog;
    bool forked = false;
    json_t *logs = json_array();
    struct slice id = slice_text(p->id);
    struct status s = journal_backlog(a->control->reader, id, &backlog);
    if (!failed(s))
        s = logs_json(a, directory_gateway(directory_of(a), id), logs, &forked);
    json_t *json = failed(s) ? NULL : presence_row(a->control, p, now);
    if (json != NULL) {
        set_backlog(json, &backlog, now);
        json_object_set_new(json, "fork", json_boolean(forked));
        json_object_set_new(json, "aside", json_integer(asides_of(a->control, p->id, now)));
        json_object_set(json, "logs", logs);
    }
    json_array_append_new(rows, json);
    json_decref(logs);
    return s;
}

json_t *control_run_peers(struct control *c, const char *argument)
{
    (void)argument;
    struct asking a;
    struct peer_presence p;
    struct moment now = moment_now();
    struct status s = OK;
    json_t *rows = json_array();
    if (!asking_begin(c, &a))
        s = FAIL(MEMORY);
    for (size_t i = 0; !failed(s) && workers_peer(c->settings.workers, i, now, &p); i++)
        s = peer_json(&a, &p, now, rows);
    asking_end(&a);
    if (!failed(s))
        return json_pack("{s:s,s:o}", "gateway", c->settings.gateway, "peers", rows);
    json_decref(rows);
    return control_failure(s, "the journal cannot be read");
}

/* ---- what does not go on: logs with two histories, messages that are laid aside ---- */

static json_t *aside_json(const struct aside *a, struct moment now)
{
    char hex[2 * UUID_BYTES + 1], id[40];
    uint64_t left_ms = a->until_ms > now.mono_ms ? a->until_ms - now.mono_ms : 0;
    hex_write(slice_over(a->id, sizeof a->id), hex);
    snprintf(id, sizeof id, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
    return json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:I}", "gateway", a->box, "id", id, "from", a->from,
                     "to", a->to, "since", control_instant(a->since_ms), "expires",
                     control_instant(a->expires_ms), "again_s",
                     (json_int_t)(left_ms / MS_PER_SECOND));
}

static json_t *asides_json(const struct control *c, struct moment now)
{
    struct aside a;
    json_t *rows = json_array();
    for (size_t i = 0; workers_aside(c->settings.workers, i, now, &a); i++)
        json_array_append_new(rows, aside_json(&a, now));
    return rows;
}

static struct status quarantined(const struct asking *a, const struct gateway_row *row,
                                 json_t *rows)
{
    struct status s = OK;
    struct kept_log log;
    for (size_t i = 0; i < row->log_count && !failed(s); i++) {
        if (!is_first(row, i))
            continue;
        s = log_look(a, row->logs[i].origin, &log);
        if (!failed(s) && log.is_forked)
            json_array_append_new(
                rows, json_pack("{s:o,s:o,s:o,s:o}", "gateway", text_json(row->id), "origin",
                                text_json(log.origin), "kept", text_json(log.fork.kept), "given",
                                text_json(log.fork.given)));
    }
    return s;
}

json_t *control_run_quarantine(struct control *c, const char *argument)
{
    (void)argument;
    struct asking a;
    json_t *rows = json_array();
    struct status s = asking_begin(c, &a) ? OK : FAIL(MEMORY);
    const struct directory *d = failed(s) ? NULL : directory_of(&a);
    for (size_t i = 0; d != NULL && i < d->gateway_count && !failed(s); i++)
        s = quarantined(&a, &d->gateways[i], rows);
    asking_end(&a);
    if (!failed(s))
        return json_pack("{s:o,s:o}", "quarantine", rows, "aside", asides_json(c, moment_now()));
    json_decref(rows);
    return control_failure(s, "the journal cannot be read");
}

/* The log and its evidence, or the error. */
static json_t *lift_log(const struct asking *a, const struct gateway_row *row, size_t i,
                        json_t *lifted)
{
    struct kept_log log;
    struct status s = log_look(a, row->logs[i].origin, &log);
    if (failed(s))
        return control_failure(s, "the journal cannot be read");
    if (!log.is_forked)
        return NULL;
    json_t *error = control_enter(
        a->control, &(struct operator_act){.what = "quarantine lifted", .lifted = log.origin});
    if (error == NULL)
        json_array_append_new(lifted, text_json(log.origin));
    return error;
}

static json_t *lift_all(const struct asking *a, const char *id)
{
    const struct gateway_row *row = directory_gateway(directory_of(a), slice_text(id));
    json_t *lifted = json_array(), *error = NULL;
    for (size_t i = 0; row != NULL && i < row->log_count && error == NULL; i++)
        error = lift_log(a, row, i, lifted);
    if (json_array_size(lifted) > 0)
        control_say(a->control, "operator.lift", slice_text(id),
                    "its log is believed again; the evidence is kept");
    else if (error == NULL)
        error = control_error("E_UNKNOWN", "%s is not in quarantine", id);
    if (error == NULL)
        return json_pack("{s:o}", "lifted", lifted);
    json_decref(lifted);
    return error;
}

json_t *control_run_lift(struct control *c, const char *argument)
{
    struct asking a;
    json_t *json = asking_begin(c, &a) ? lift_all(&a, argument)
                                       : control_failure(FAIL(MEMORY), "it cannot be looked up");
    asking_end(&a);
    return json;
}
