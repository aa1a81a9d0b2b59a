/* GET /openings?from=INDEX&count=N: what entries say, for this State's oversight. */

#include <inttypes.h>
#include <stdio.h>

#include "app/commit.h"
#include "app/web_parts.h"
#include "base/encoding.h"
#include "edge/worker.h"
#include "journal/openings.h"

#define ENTRY_WAIT_MS  5000U  /* the server's thread waits for the journal */
#define DENIED_WAIT_MS 60000U /* of one caller: until the next entry */

static struct status post_act(struct journal *journal, const void *what, uint64_t now_ms,
                              void *owner, journal_done *done)
{
    return journal_auditor(journal, what, now_ms, owner, done);
}

static struct auditor_act act_of(const struct identity *who)
{
    return (struct auditor_act){.party = slice_text(who->id), .officer = slice_text(who->officer)};
}

/* ---- who is not entitled ---- */

/* Whether an entry is due about this caller: of one a minute, and of so many callers. */
static bool denial_is_due(struct web *w, const char *who, uint64_t now_ms)
{
    struct web_denial *row = &w->denials[0];
    for (size_t i = 0; i < WEB_DENIALS; i++) {
        if (strcmp(w->denials[i].who, who) == 0) {
            row = &w->denials[i];
            break;
        }
        if (w->denials[i].at_ms < row->at_ms)
            row = &w->denials[i];
    }
    if (row->at_ms > 0 && now_ms >= row->at_ms && now_ms - row->at_ms < DENIED_WAIT_MS)
        return false;
    (void)slice_copy_text(slice_text(who), row->who, sizeof row->who);
    row->at_ms = now_ms;
    return true;
}

/* What is refused is refused whether it can be written or not, and at once: who is not entitled
 * keeps nobody waiting. The line says it at any rate. */
static void deny(struct web *w, const struct http_request *request, struct http_answer *answer)
{
    char who[64];
    struct auditor_act act = act_of(&request->caller->identity);
    act.code = REFUSAL_ROLE;
    identity_name(&request->caller->identity, who);
    if (denial_is_due(w, who, request->now_ms))
        (void)failed(commit_post_only(w->journal, post_act, &act));
    web_deny(w, request, answer, 404, "there is nothing here");
}

/* ---- who is ---- */

/* Exactly "from=0&count=256". */
static bool query_read(struct slice query, struct openings_wanted *ret_wanted)
{
    static const char from[] = "from=", count[] = "count=";
    const size_t split = slice_find(query, '&');
    const struct slice one = slice_part(query, 0, split);
    const struct slice two = slice_part(query, split + 1, SIZE_MAX);
    return slice_begins(one, slice_text(from)) && slice_begins(two, slice_text(count)) &&
           decimal_read(slice_part(one, sizeof from - 1, SIZE_MAX), COUNT_MAX, &ret_wanted->from) &&
           decimal_read(slice_part(two, sizeof count - 1, SIZE_MAX), OPENINGS_MAX,
                        &ret_wanted->count) &&
           ret_wanted->count > 0;
}

/* Nothing is shown, so nothing is told either: how far the log is signed is no secret. */
static bool is_signed(const struct web *w, uint64_t index)
{
    struct journal_health health;
    journal_health(w->journal, &health);
    return index < health.signed_size;
}

/* While the entry was waited for, the directory may have changed. */
static bool stands_still(struct web *w, const struct http_request *request,
                         enum web_standing before)
{
    struct http_request again = *request;
    again.now_ms = moment_now().wall_ms;
    return web_standing(w, &again) == before;
}

/* A document ends before such an entry; who then asks from it on learns nothing more. */
static void say_unreadable(struct web *w, uint64_t now_ms, uint64_t index)
{
    char text[80];
    snprintf(text, sizeof text, "the openings of entry %" PRIu64 " cannot be read", index);
    diagnostics_say(&w->lines.paced, now_ms,
                    &(struct diagnostic){
                        .event = "http.unreadable", .level = DIAGNOSTIC_WARNING, .text = text});
}

static void give(struct web *w, const struct http_request *request, enum web_standing standing,
                 const struct openings_wanted *wanted, struct http_answer *answer)
{
    struct auditor_act act = act_of(&request->caller->identity);
    act.from = wanted->from;
    act.count = wanted->count;
    if (failed(commit_wait(w->journal, post_act, &act, ENTRY_WAIT_MS))) {
        web_say(answer, 503, "the audit log takes no entry now, so nothing is shown");
        return;
    }
    if (!stands_still(w, request, standing)) {
        deny(w, request, answer);
        return;
    }
    struct status s = journal_openings(w->reader, wanted, &answer->body);
    if (failed(s)) {
        buffer_clear(&answer->body);
        if (s.code == CODE_CRYPTO)
            say_unreadable(w, request->now_ms, wanted->from);
        web_say(answer, s.code == CODE_FULL ? 503 : 500, "the openings cannot be read");
        return;
    }
    answer->status = 200;
    answer->type = "application/cbor";
}

void web_openings(void *owner, const struct http_request *request, struct http_answer *answer)
{
    struct web *w = owner;
    struct openings_wanted wanted;
    enum web_standing standing = web_standing(w, request);
    wanted.closed = standing == WEB_PROTECTOR;
    if (standing != WEB_MINISTRY && standing != WEB_PROTECTOR)
        deny(w, request, answer);
    else if (!query_read(request->query, &wanted))
        web_say(answer, 400, "ask with from=INDEX&count=N, N from 1 to 256");
    else if (!is_signed(w, wanted.from))
        web_say(answer, 404, "no entry of this index is signed yet");
    else
        give(w, request, standing, &wanted, answer);
}
