/* What is asked of the log by this State's oversight, and by others: an entry each time. */

#include "app/commit.h"
#include "app/web_parts.h"
#include "edge/worker.h"

#define ENTRY_WAIT_MS  5000U  /* the server's thread waits for the journal */
#define DENIED_WAIT_MS 60000U /* of one caller: until the next entry */

static struct status post_act(struct journal *journal, const void *what, uint64_t now_ms,
                              void *owner, journal_done *done)
{
    return journal_auditor(journal, what, now_ms, owner, done);
}

struct auditor_act web_act(const struct http_request *request, enum auditor_wish wish)
{
    const struct identity *who = &request->caller->identity;
    return (struct auditor_act){
        .wish = wish, .party = slice_text(who->id), .officer = slice_text(who->officer)};
}

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
void web_deny_oversight(struct web *w, const struct http_request *request, enum auditor_wish wish,
                        struct http_answer *answer)
{
    char who[64];
    struct auditor_act act = web_act(request, wish);
    act.code = REFUSAL_ROLE;
    identity_name(&request->caller->identity, who);
    if (denial_is_due(w, who, request->now_ms))
        (void)failed(commit_post_only(w->journal, post_act, &act));
    web_deny(w, request, answer, 404, "there is nothing here");
}

/* While the entry was waited for, the directory may have changed. */
static bool stands_still(struct web *w, const struct http_request *request,
                         enum web_standing before)
{
    struct http_request again = *request;
    again.now_ms = moment_now().wall_ms;
    return web_standing(w, &again) == before;
}

bool web_enter(struct web *w, const struct http_request *request, enum web_standing standing,
               const struct auditor_act *act, struct http_answer *answer)
{
    if (failed(commit_wait(w->journal, post_act, act, ENTRY_WAIT_MS))) {
        web_say(answer, 503, "the audit log takes no entry now, so nothing is shown");
        return false;
    }
    if (!stands_still(w, request, standing)) {
        web_deny_oversight(w, request, act->wish, answer);
        return false;
    }
    return true;
}
