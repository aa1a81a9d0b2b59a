#include "app/timestamping_parts.h"

#include <stdio.h>

#include "base/instant.h"
#include "crypto/secret.h"
#include "http/client.h"

#define HTTP_GOOD 200

static struct status verify(const struct timestamping *t, struct slice body, uint64_t nonce,
                            struct slice kept, uint64_t *ret_time_ms)
{
    const uint64_t now_ms = moment_now().wall_ms;
    const struct timestamp_wanted wanted = {
        .text = body,
        .nonce = &nonce,
        .from_ms = now_ms - TIMESTAMPED_SLACK_MS,
        .until_ms = now_ms + TIMESTAMPED_SLACK_MS,
        .authorities = t->authorities,
    };
    return timestamp_verify(kept, &wanted, ret_time_ms);
}

/* Plain: the question is a digest and a random number, the answer is signed (http/client.h). */
static struct status call(const struct timestamping *t, struct slice request, uint64_t deadline_ms,
                          struct http_reply *reply)
{
    const struct http_call call = {
        .address = t->place.address,
        .plain = true,
        .method = HTTP_POST,
        .path = t->place.path,
        .type = "application/timestamp-query",
        .body = request,
        .answer_max = TIMESTAMP_MAX_BYTES,
    };
    return http_calls(NULL, &call, 1, deadline_ms, reply);
}

static struct status take(const struct timestamping *t, struct slice body, uint64_t nonce,
                          const struct http_reply *reply, struct buffer *kept,
                          uint64_t *ret_time_ms, char why[static TIMESTAMPING_WHY_BYTES])
{
    if (failed(reply->status)) {
        snprintf(why, TIMESTAMPING_WHY_BYTES, "%s", reply->why);
        return reply->status;
    }
    if (reply->code != HTTP_GOOD) {
        snprintf(why, TIMESTAMPING_WHY_BYTES, "it answered %u", reply->code);
        return FAIL(NETWORK);
    }
    struct status s = timestamp_keep(buffer_slice(&reply->body), kept);
    if (!failed(s))
        s = verify(t, body, nonce, buffer_slice(kept), ret_time_ms);
    if (failed(s))
        snprintf(why, TIMESTAMPING_WHY_BYTES,
                 "what it answered is no timestamp of our checkpoint (%s)",
                 s.code == CODE_REFUSED ? reason_name(s.reason) : code_name(s.code));
    return s;
}

struct status timestamping_ask(const struct timestamping *t, struct slice body,
                               uint64_t deadline_ms, struct buffer *kept, uint64_t *ret_time_ms,
                               char why[static TIMESTAMPING_WHY_BYTES])
{
    uint64_t nonce = 0;
    struct http_reply reply = {.body = buffer_new(0)};
    struct buffer request = buffer_new(TIMESTAMP_REQUEST_MAX_BYTES);
    struct status s = entropy_fill(&nonce, sizeof nonce);
    if (!failed(s))
        s = timestamp_request(body, nonce, &request);
    if (!failed(s))
        s = call(t, buffer_slice(&request), deadline_ms, &reply);
    if (failed(s))
        snprintf(why, TIMESTAMPING_WHY_BYTES, "it cannot be asked (%s)", code_name(s.code));
    else
        s = take(t, body, nonce, &reply, kept, ret_time_ms, why);
    buffer_done(&reply.body);
    buffer_done(&request);
    return s;
}
