#include "app/cosigning_parts.h"

#include <stdio.h>
#include <string.h>

#include "audit/witness.h"
#include "base/encoding.h"
#include "base/instant.h"
#include "http/client.h"

#define DEADLINE_MS    5000U
#define AWAY_RETRY_MS  (10 * MS_PER_SECOND)
#define ANSWER_MAX     4096U
#define CLOCK_SLACK_S  300U /* of a witness's clock */
#define HTTP_GOOD      200
#define HTTP_ELSEWHERE 409
#define HTTP_UNPROVED  422
#define TURNS          2 /* to ask, and once more who said where it is */

/* ---- questions ---- */

static struct status write_question(struct cosigning *c, const struct round *round,
                                    const struct asked *w, struct buffer *body)
{
    struct slices path = {NULL, 0};
    struct status s = OK;
    if (w->old > 0 && w->old < c->size)
        s = journal_consistency(c->reader, round->arena, w->old, c->size, &path);
    return failed(s) ? s : witness_request_write(w->old, path, round->signed_note, body);
}

static struct http_call call_to(const struct asked *w, const struct buffer *body)
{
    return (struct http_call){
        .address = w->address,
        .expected = w->told.party,
        .method = HTTP_POST,
        .path = "/add-checkpoint",
        .body = buffer_slice(body),
        .answer_max = ANSWER_MAX,
    };
}

/* ---- answers ---- */

static void set_trouble(struct cosigning *c, struct asked *w, enum cosigning_trouble trouble,
                        const char *why)
{
    const struct moment now = moment_now();
    pthread_mutex_lock(&c->lock);
    if (w->told.trouble != trouble)
        w->told.since_ms = now.mono_ms;
    w->told.trouble = trouble;
    snprintf(w->told.why, sizeof w->told.why, "%s", why);
    w->told.failed_s = now.wall_ms / MS_PER_SECOND;
    pthread_mutex_unlock(&c->lock);
}

static void set_fine(struct cosigning *c, struct asked *w)
{
    const struct moment now = moment_now();
    w->old = c->size;
    w->good_ms = now.mono_ms;
    pthread_mutex_lock(&c->lock);
    w->told.trouble = COSIGNING_FINE;
    w->told.size = c->size;
    w->told.cosigned_s = now.wall_ms / MS_PER_SECOND;
    pthread_mutex_unlock(&c->lock);
}

static void set_away(struct cosigning *c, struct asked *w, const char *why)
{
    w->next_ms = moment_now().mono_ms + AWAY_RETRY_MS;
    set_trouble(c, w, COSIGNING_AWAY, why);
}

static struct status add_lines(struct cosigning *c, const struct round *round,
                               const struct asked *w, struct slice lines)
{
    const uint64_t now_s = round->now.wall_ms / MS_PER_SECOND;
    struct cosigner cosigner = {.from_s = now_s - CLOCK_SLACK_S, .until_s = now_s + CLOCK_SLACK_S};
    struct buffer next = buffer_new(NOTE_MAX_BYTES);
    struct status s = vkey_parse(slice_text(w->vkey), &cosigner.vkey);
    if (!failed(s))
        s = note_add_cosignature(buffer_slice(&c->note), lines, &cosigner, &next);
    if (!failed(s)) {
        struct buffer before = c->note;
        c->note = next;
        next = before;
    }
    buffer_done(&next);
    return s;
}

static void take_cosigned(struct cosigning *c, struct round *round, struct asked *w,
                          struct slice lines)
{
    char why[80];
    struct status s = add_lines(c, round, w, lines);
    if (failed(s)) {
        snprintf(why, sizeof why, "what it answered is no cosignature (%s)",
                 s.code == CODE_REFUSED ? reason_name(s.reason) : code_name(s.code));
        set_away(c, w, why);
        return;
    }
    round->has_news = true;
    set_fine(c, w);
}

/* It has cosigned another size last than we believed: true where it is to be asked again with it.
 */
static bool take_size(struct cosigning *c, struct asked *w, struct slice text)
{
    struct journal_health health;
    struct slice line;
    uint64_t size;
    journal_health(c->journal, &health);
    if (!slice_line(&text, &line) || text.length > 0 || !decimal_read(line, UINT64_MAX, &size)) {
        set_away(c, w, "what it answered is no size");
        return false;
    }
    if (size > health.signed_size) {
        set_trouble(c, w, COSIGNING_AHEAD, "");
        return false;
    }
    const bool is_other = size != w->old && size <= c->size;
    w->old = size;
    if (!is_other)
        set_away(c, w, "it says again that it has cosigned another size");
    return is_other;
}

/* True where it is to be asked again at once. */
static bool take_reply(struct cosigning *c, struct round *round, struct asked *w,
                       const struct http_reply *reply)
{
    char why[160];
    if (failed(reply->status)) {
        set_away(c, w, reply->why);
    } else if (reply->code == HTTP_GOOD) {
        take_cosigned(c, round, w, buffer_slice(&reply->body));
    } else if (reply->code == HTTP_ELSEWHERE) {
        return take_size(c, w, buffer_slice(&reply->body));
    } else if (reply->code == HTTP_UNPROVED) {
        set_trouble(c, w, COSIGNING_CONFLICT, "");
    } else {
        snprintf(why, sizeof why, "it answered %u", reply->code);
        set_away(c, w, why);
    }
    return false;
}

/* ---- one turn ---- */

struct turn {
    struct asked *to[NOTE_MAX_SIGNATURES];
    struct buffer bodies[NOTE_MAX_SIGNATURES];
    struct http_call calls[NOTE_MAX_SIGNATURES];
    struct http_reply replies[NOTE_MAX_SIGNATURES];
    size_t count;
};

static struct status turn_prepare(struct cosigning *c, const struct round *round, struct turn *t)
{
    struct status s = OK;
    for (size_t i = 0; i < c->count && !failed(s); i++) {
        if (!c->witnesses[i].is_due)
            continue;
        struct buffer *body = &t->bodies[t->count];
        *body = buffer_new(WITNESS_MAX_BYTES);
        t->to[t->count] = &c->witnesses[i];
        s = write_question(c, round, &c->witnesses[i], body);
        t->calls[t->count] = call_to(&c->witnesses[i], body);
        t->count++;
    }
    return s;
}

static struct status turn_run(struct cosigning *c, struct round *round)
{
    struct turn t = {.count = 0};
    struct status s = turn_prepare(c, round, &t);
    if (!failed(s) && t.count > 0) {
        s = http_calls(round->context, t.calls, t.count, DEADLINE_MS, t.replies);
        for (size_t i = 0; i < t.count; i++) {
            t.to[i]->is_due = take_reply(c, round, t.to[i], &t.replies[i]);
            buffer_done(&t.replies[i].body);
        }
    }
    for (size_t i = 0; i < t.count; i++)
        buffer_done(&t.bodies[i]);
    return s;
}

struct status cosigning_ask(struct cosigning *c, struct round *round)
{
    struct status s = OK;
    for (unsigned turn = 0; turn < TURNS && !failed(s); turn++)
        s = turn_run(c, round);
    return s;
}
