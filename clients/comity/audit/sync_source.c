#include <inttypes.h>
#include <stdio.h>

#include "audit/cosigned.h"
#include "audit/ended.h"
#include "base/instant.h"
#include "comity/audit/mirror.h"
#include "comity/audit/sync_parts.h"
#include "comity/contexts.h"
#include "http/client.h"
#include "libcomity/clock.h"
#include "wire/names.h"

#define FETCH_MS 60000 /* for what is fetched at once */

/* ---- over HTTP ---- */

static struct status reply_judge(struct syncing *x, const struct http_reply *reply)
{
    if (failed(reply->status)) {
        snprintf(x->why, sizeof x->why, "%s", reply->why);
        return reply->status;
    }
    if (reply->code == 200)
        return OK;
    if (reply->code == 403 || reply->code == 404)
        return FAIL(ABSENT);
    snprintf(x->why, sizeof x->why, "it answers %u", reply->code);
    return FAIL(NETWORK);
}

void sync_source_fetch(void *source, struct sync_file *files, size_t count)
{
    struct syncing *x = source;
    struct http_call calls[SYNC_FETCHES] = {0};
    struct http_reply replies[SYNC_FETCHES] = {0};
    for (size_t i = 0; i < count; i++)
        calls[i] = (struct http_call){.address = x->address,
                                      .expected = x->id,
                                      .method = HTTP_GET,
                                      .path = files[i].path,
                                      .answer_max = files[i].max};
    struct status s = http_calls(x->comity->tls, calls, count, FETCH_MS, replies);
    for (size_t i = 0; i < count; i++) {
        files[i].status = failed(s) ? s : reply_judge(x, &replies[i]);
        if (!failed(files[i].status)) {
            buffer_done(&files[i].body);
            files[i].body = replies[i].body;
        } else {
            buffer_done(&replies[i].body);
        }
    }
}

enum comity_exit sync_source_fail(const struct syncing *x, struct status s,
                                  struct comity_fault *reterr)
{
    if (s.code == CODE_CRYPTO) {
        fail(reterr, COMITY_IDENTITY, "E_CERT", "%s at %s: %s", x->id, x->address, x->why);
        return advise(reterr, "comity check certificates looks at both sides' certificates");
    }
    if (s.code != CODE_NETWORK && s.code != CODE_CONFIG)
        return audit_mirror_fail(reterr, s);
    fail(reterr, COMITY_UNAVAILABLE, "E_UNAVAILABLE", "%s cannot be read at %s: %s", x->id,
         x->address, x->why);
    return advise(reterr, "what was taken is kept: try again, it goes on from there");
}

/* ---- whose log ---- */

/* Entries and openings are for the own State's oversight alone; who asks without being it leaves an
 * entry, so nobody is asked. */
static enum comity_exit role_check(const struct syncing *x, struct comity_fault *reterr)
{
    const struct comity_context *c = comity_context_of(x->comity);
    const struct slice party = slice_text(c->party), role = party_role(party);
    if ((slice_is(role, "MIN") || slice_is(role, "DPA")) &&
        slice_equal(party_state(party), party_state(slice_text(x->id))))
        return COMITY_DONE;
    fail(reterr, COMITY_REFUSED, "E_ROLE",
         "%s may not read the entries of %s: they are for the ministry (MIN) and the "
         "data-protection authority (DPA) of its State",
         c->party, x->id);
    return advise(reterr, "--context names the context of one of these");
}

static enum comity_exit gateway_find(struct syncing *x, struct comity_fault *reterr)
{
    const char *given = invocation_value(x->inv, FLAG_GATEWAY);
    x->id = given == NULL ? comity_context_of(x->comity)->gateway : given;
    x->gateway = directory_gateway(x->comity->rulebook->directory, slice_text(x->id));
    if (x->gateway == NULL)
        return fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN", "the directory knows no gateway %s",
                    x->id);
    if (x->gateway->http.length == 0)
        return fail(reterr, COMITY_INPUT, "CONFIG",
                    "the directory does not say where the log of %s is read", x->id);
    x->address = arena_text(x->arena, x->gateway->http);
    return x->address == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "memory is out")
                              : role_check(x, reterr);
}

enum comity_exit sync_source_open(struct syncing *x, struct comity_fault *reterr)
{
    enum comity_exit exit = gateway_find(x, reterr);
    if (exit != COMITY_DONE)
        return exit;
    struct status s = client_begin(x->comity, 0, reterr);
    if (!failed(s))
        s = client_tls(x->comity, reterr);
    return fault_exit(reterr, s);
}

/* ---- the checkpoint ---- */

static enum comity_exit note_fetch(struct syncing *x, struct sync_goal *goal,
                                   struct comity_fault *reterr)
{
    struct sync_file file = {.max = NOTE_MAX_BYTES};
    snprintf(file.path, sizeof file.path, "/log/%s%scheckpoint",
             goal->ended == NULL ? "" : goal->ended, goal->ended == NULL ? "" : "/");
    file.body = buffer_new(file.max);
    sync_source_fetch(x, &file, 1);
    if (!failed(file.status)) {
        goal->note = arena_copy(x->arena, buffer_slice(&file.body));
        if (goal->note.at == NULL)
            file.status = FAIL(MEMORY);
    }
    buffer_done(&file.body);
    if (file.status.code == CODE_ABSENT)
        return fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN", "%s shows %s no log%s%s", x->id,
                    comity_context_of(x->comity)->party, goal->ended == NULL ? "" : " ",
                    goal->ended == NULL ? "" : goal->ended);
    if (file.status.code == CODE_FULL)
        return fail(reterr, COMITY_VERIFY, "E_HASH", "%s shows a checkpoint that is none", x->id);
    return failed(file.status) ? sync_source_fail(x, file.status, reterr) : COMITY_DONE;
}

/* Why nothing may be taken under it, if so: it may show an old state of the log to us alone. One
 * that ended is vouched for by the log that goes on from it, or by the directory. */
static void freshness_judge(const struct syncing *x, struct sync_goal *goal, uint64_t size)
{
    const struct slice state = party_state(slice_text(x->id));
    char since[INSTANT_TEXT_BYTES];
    goal->since_s = cosigned_since(goal->note, goal->row);
    goal->stale[0] = '\0';
    instant_write(goal->since_s * MS_PER_SECOND, since);
    if (goal->row->quorum == 0 || goal->ended != NULL)
        return;
    if (!cosigned_serves(goal->note, goal->row, state))
        snprintf(goal->stale, sizeof goal->stale,
                 "the checkpoint of %" PRIu64 " entries is not cosigned by %u of the log's "
                 "witnesses, one of them of the own State",
                 size, goal->row->quorum);
    else if (!cosigned_fresh(goal->note, goal->row, state, clock_wall_ms()))
        snprintf(goal->stale, sizeof goal->stale,
                 "not enough witnesses have cosigned the checkpoint of %" PRIu64
                 " entries within ten minutes of now, but as of %s",
                 size, since);
}

/* What the authorities of the rulebook have signed of its end holds against the log's own key. A
 * log that is fetched as ended is compared with the very end that it must have. */
static enum comity_exit end_judge(const struct syncing *x, const struct sync_goal *goal,
                                  const struct note *note, struct comity_fault *reterr)
{
    char said[160];
    struct status s = goal->ended == NULL ? log_end_allows(goal->row, note->size, &note->root) : OK;
    if (!failed(s))
        return COMITY_DONE;
    const bool forked = s.reason == REASON_CHECKPOINT_FORK;
    snprintf(said, sizeof said,
             "it shows %" PRIu64 " entries of a log that ended with %" PRIu64 "%s by the directory",
             note->size, goal->row->closed_size, forked ? " and another root" : "");
    if (forked)
        return sync_forked(x, goal, said, reterr);
    fail(reterr, COMITY_VERIFY, "E_HASH", "%s: %s", x->id, said);
    return advise(reterr, "nothing of it was taken: tell the gateway's operator");
}

/* Anybody can write more lines below a checkpoint, by which the mirror would not verify. */
static struct status lines_keep(const struct syncing *x, struct sync_goal *goal,
                                const struct note *note)
{
    struct buffer kept = buffer_new(NOTE_MAX_BYTES);
    struct status s = cosigned_keep(note, goal->row, &kept);
    if (!failed(s)) {
        goal->note = arena_copy(x->arena, buffer_slice(&kept));
        s = goal->note.at == NULL ? FAIL(MEMORY) : OK;
    }
    buffer_done(&kept);
    return s;
}

static enum comity_exit note_judge(const struct syncing *x, struct sync_goal *goal,
                                   struct comity_fault *reterr)
{
    struct note note;
    struct vkey vkey;
    struct status s = note_parse(goal->note, &note);
    if (failed(s))
        return fail(reterr, COMITY_VERIFY, "E_HASH", "%s shows a checkpoint that is none", x->id);
    if (goal->ended == NULL)
        goal->row = directory_log(x->gateway, note.origin);
    if (goal->row == NULL || !slice_equal(goal->row->origin, note.origin))
        return fail(reterr, COMITY_VERIFY, "E_HASH",
                    "%s shows a log that the directory does not know as its own: %.*s", x->id,
                    (int)note.origin.length, (const char *)note.origin.at);
    s = vkey_parse(goal->row->vkey, &vkey);
    if (!failed(s))
        s = note_verify(&note, &vkey);
    if (!failed(s))
        s = lines_keep(x, goal, &note);
    if (failed(s) && s.code != CODE_REFUSED && s.code != CODE_CONFIG)
        return sync_source_fail(x, s, reterr);
    if (failed(s))
        return fail(reterr, COMITY_VERIFY, "E_HASH",
                    "%s shows a checkpoint that the log's key has not signed: %s", x->id,
                    reason_name(s.reason));
    freshness_judge(x, goal, note.size);
    return end_judge(x, goal, &note, reterr);
}

enum comity_exit sync_source_note(struct syncing *x, struct sync_goal *goal,
                                  struct comity_fault *reterr)
{
    enum comity_exit exit = note_fetch(x, goal, reterr);
    return exit == COMITY_DONE ? note_judge(x, goal, reterr) : exit;
}
