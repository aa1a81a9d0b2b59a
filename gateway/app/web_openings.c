/* GET /openings?from=INDEX&count=N: what entries say, for this State's oversight. */

#include <inttypes.h>
#include <stdio.h>

#include "app/web_parts.h"
#include "base/encoding.h"
#include "journal/ended.h"

/* Exactly "from=0&count=256", and "&log=2026" behind it for a log that ended. */
static bool query_read(struct slice query, struct openings_wanted *ret_wanted)
{
    static const char from[] = "from=", count[] = "count=", log[] = "&log=";
    const size_t split = slice_find(query, '&');
    const struct slice one = slice_part(query, 0, split);
    const struct slice rest = slice_part(query, split + 1, SIZE_MAX);
    const size_t second = slice_find(rest, '&');
    const struct slice two = slice_part(rest, 0, second);
    const struct slice three = slice_part(rest, second, SIZE_MAX);
    const bool is_ended = slice_begins(three, slice_text(log)) && three.length > sizeof log - 1;
    ret_wanted->log = slice_part(three, is_ended ? sizeof log - 1 : three.length, SIZE_MAX);
    return (is_ended || three.length == 0) && slice_begins(one, slice_text(from)) &&
           slice_begins(two, slice_text(count)) &&
           decimal_read(slice_part(one, sizeof from - 1, SIZE_MAX), COUNT_MAX, &ret_wanted->from) &&
           decimal_read(slice_part(two, sizeof count - 1, SIZE_MAX), OPENINGS_MAX,
                        &ret_wanted->count) &&
           ret_wanted->count > 0;
}

/* Nothing is shown, so nothing is told either: how far the log is signed is no secret. */
static bool is_signed(const struct web *w, const struct openings_wanted *wanted)
{
    size_t number;
    struct journal_health health;
    struct journal_ended ended;
    if (wanted->log.length > 0)
        return journal_ended_named(w->journal, wanted->log, &number, &ended) &&
               wanted->from < ended.size;
    journal_health(w->journal, &health);
    return wanted->from < health.signed_size;
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
    struct auditor_act act = web_act(request, AUDITOR_OPENINGS);
    act.log = wanted->log;
    act.from = wanted->from;
    act.count = wanted->count;
    if (!web_enter(w, request, standing, &act, answer))
        return;
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
        web_deny_oversight(w, request, AUDITOR_OPENINGS, answer);
    else if (!query_read(request->query, &wanted))
        web_say(answer, 400,
                "ask with from=INDEX&count=N, N from 1 to 256, and &log=NAME for a log that ended");
    else if (!is_signed(w, &wanted))
        web_say(answer, 404, "no entry of this index is signed yet");
    else
        give(w, request, standing, &wanted, answer);
}
