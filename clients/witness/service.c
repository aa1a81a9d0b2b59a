#include "witness/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "wire/names.h"
#include "witness/evidence.h"

#define HASH_DIGITS 64
#define JSON_LINES  "application/jsonl"

static void answer_text(struct http_answer *answer, unsigned status, const char *text)
{
    answer->status = status;
    buffer_clear(&answer->body);
    buffer_print(&answer->body, "%s\n", text);
}

/* ---- add-checkpoint ---- */

/* A request on its way. */
struct asking {
    struct service *service;
    const struct http_request *http;
    char peer[64];
    char origin[ORIGIN_MAX_BYTES + 1]; /* once it was read */
    bool is_own;                       /* the peer is the gateway of the log */
};

static void say(const struct asking *a, const char *event, enum line_level level, const char *text)
{
    const struct line line = {event, level, a->peer, a->origin, text};
    lines_say(a->service->lines, a->http->now_ms, &line);
}

/* A notice where it is about nobody's log: what others send drowns no warning about one. */
static void refuse(const struct asking *a, struct http_answer *answer, unsigned status,
                   const char *why)
{
    say(a, "checkpoint.refused", a->is_own ? LINE_WARNING : LINE_NOTICE, why);
    answer_text(answer, status, why);
}

/* An alarm where it is new; what is shown again and again alarms nobody again. */
static void say_conflict(const struct asking *a, const struct witness_request *request,
                         const struct kept_answer *kept)
{
    char text[200];
    snprintf(
        text, sizeof text, "%s, at size %llu; %s",
        kept->conflict == WITNESS_TWO_ROOTS
            ? "the log has signed another root than the one that was cosigned"
            : "the log has signed a checkpoint that does not continue the one that was cosigned",
        (unsigned long long)request->note.size,
        kept->is_new ? "both are kept as evidence" : "nothing more is kept");
    say(a, "log.conflict", kept->is_new ? LINE_ALARM : LINE_WARNING, text);
}

static void say_past_end(const struct asking *a, const struct witness_request *request,
                         const struct kept_answer *kept)
{
    char text[160];
    snprintf(text, sizeof text,
             "the log has signed what it may not after its end, at size %llu; %s",
             (unsigned long long)request->note.size,
             kept->is_new ? "it is kept as evidence" : "nothing more is kept");
    say(a, "log.conflict", kept->is_new ? LINE_ALARM : LINE_WARNING, text);
}

static void say_behind(const struct asking *a, const struct witness_request *request,
                       const struct kept_answer *kept)
{
    char text[160];
    snprintf(text, sizeof text, "the log shows %llu entries where %llu were cosigned%s",
             (unsigned long long)request->note.size, (unsigned long long)kept->size,
             kept->is_new ? "; both are kept" : "");
    say(a, "log.behind", LINE_WARNING, text);
}

static const char *const whys[WITNESS_VERDICTS] = {
    [WITNESS_NONE] = "the checkpoint could not be judged",
    [WITNESS_MALFORMED] = "this is no request for a cosignature",
    [WITNESS_UNKNOWN] = "the directory lists no such log",
    [WITNESS_UNSIGNED] = "the log's key has not signed this checkpoint",
    [WITNESS_BACKWARDS] = "the old size is over the checkpoint's",
    [WITNESS_ELSEWHERE] = "another size was cosigned last",
    [WITNESS_UNPROVED] = "the checkpoint does not continue the one that was cosigned",
};

static void answer_judged(const struct asking *a, const struct witness_request *request,
                          const struct kept_answer *kept, struct http_answer *answer)
{
    bool is_signed = kept->verdict > WITNESS_UNSIGNED;
    if (kept->conflict != WITNESS_AGREES)
        say_conflict(a, request, kept);
    else if (kept->is_past_end)
        say_past_end(a, request, kept);
    else if (is_signed && request->note.size < kept->size)
        say_behind(a, request, kept);
    if (kept->verdict == WITNESS_GOOD) {
        answer->status = witness_http_status(kept->verdict);
        return;
    }
    if (kept->verdict != WITNESS_ELSEWHERE) {
        refuse(a, answer, witness_http_status(kept->verdict),
               kept->is_past_end && kept->verdict == WITNESS_UNPROVED
                   ? "the directory says that the log ended before, or with another root"
                   : whys[kept->verdict]);
        return;
    }
    answer->status = witness_http_status(kept->verdict);
    answer->type = WITNESS_SIZE_TYPE;
    buffer_print(&answer->body, "%llu\n", (unsigned long long)kept->size);
}

/* The line is in the answer only when it is kept. */
static void submit(const struct asking *a, const struct witness_request *request,
                   const struct vkey *log, const struct log_row *row, struct http_answer *answer)
{
    struct service *service = a->service;
    const struct submission submission = {request, log, row, a->http->now_ms};
    struct kept_answer kept;
    struct status s = kept_submit(service->kept, &submission, &answer->body, &kept);
    if (!failed(s)) {
        answer_judged(a, request, &kept, answer);
        return;
    }
    say(a, "state.failed", LINE_ALARM, code_name(s.code));
    answer_text(answer, s.code == CODE_FULL ? 503 : 500, "nothing was cosigned");
    if (kept_broken(service->kept))
        service->broke();
}

static void add_known(struct asking *a, const struct witness_request *request,
                      struct http_answer *answer)
{
    const struct gateway_row *gateway = NULL;
    const struct log_row *row = NULL;
    struct vkey log;
    if (!book_log(a->service->book, request->note.origin, a->http->now_ms, &gateway, &row) ||
        failed(vkey_parse(row->vkey, &log)))
        refuse(a, answer, witness_http_status(WITNESS_UNKNOWN), whys[WITNESS_UNKNOWN]);
    else if (!slice_is(gateway->id, a->http->caller->identity.id))
        refuse(a, answer, 403, "the log is another gateway's");
    else {
        a->is_own = true;
        submit(a, request, &log, row, answer);
    }
}

static void add(void *owner, const struct http_request *http, struct http_answer *answer)
{
    struct asking a = {.service = owner, .http = http};
    struct witness_request *request = malloc(sizeof *request);
    identity_name(&http->caller->identity, a.peer);
    pthread_mutex_lock(&a.service->turn);
    if (request == NULL) {
        answer_text(answer, 503, "out of memory");
    } else if (http->caller->identity.kind != IDENTITY_GATEWAY ||
               !book_knows(a.service->book, &http->caller->identity, http->now_ms)) {
        refuse(&a, answer, 403, "gateways of the directory alone submit checkpoints");
    } else if (failed(witness_request_parse(http->body, request))) {
        refuse(&a, answer, witness_http_status(WITNESS_MALFORMED), whys[WITNESS_MALFORMED]);
    } else {
        (void)slice_copy_text(request->note.origin, a.origin, sizeof a.origin);
        add_known(&a, request, answer);
    }
    pthread_mutex_unlock(&a.service->turn);
    free(request);
}

/* ---- reading ---- */

static bool may_see_evidence(const struct identity *identity)
{
    struct slice role = party_role(slice_text(identity->id));
    return identity->kind == IDENTITY_GATEWAY ||
           (identity->kind == IDENTITY_PARTY && (slice_is(role, "MIN") || slice_is(role, "DPA")));
}

static void answer_read(struct http_answer *answer, struct status s, const char *type)
{
    if (s.code == CODE_ABSENT) {
        answer_text(answer, 404, "there is none");
    } else if (failed(s) || answer->body.failed) {
        answer_text(answer, 500, "it cannot be read");
    } else {
        answer->status = 200;
        answer->type = type;
    }
}

static void read_checkpoint(const struct service *service, const struct http_request *http,
                            const struct digest *origin, struct http_answer *answer)
{
    (void)http;
    answer_read(answer, kept_checkpoint(service->kept, origin, &answer->body), NULL);
}

/* From which piece on; from the first where nothing is said. */
static bool from_read(struct slice query, uint64_t *ret_from)
{
    static const char from[] = "from=";
    return query.length == 0 ||
           (slice_begins(query, slice_text(from)) &&
            decimal_read(slice_part(query, sizeof from - 1, SIZE_MAX), INT64_MAX, ret_from));
}

static void read_evidence(const struct service *service, const struct http_request *http,
                          const struct digest *origin, struct http_answer *answer)
{
    uint64_t from = 0;
    if (!may_see_evidence(&http->caller->identity))
        answer_text(answer, 403, "evidence is for oversight and gateways");
    else if (!from_read(http->query, &from))
        answer_text(answer, 400, "ask with from=NUMBER, or for all");
    else
        answer_read(answer, evidence_page(service->kept, origin, from, &answer->body), JSON_LINES);
}

static const struct {
    const char *name;
    void (*read)(const struct service *service, const struct http_request *http,
                 const struct digest *origin, struct http_answer *answer);
} readings[] = {{"/checkpoint", read_checkpoint}, {"/evidence", read_evidence}};

static void get(void *owner, const struct http_request *http, struct http_answer *answer)
{
    struct service *service = owner;
    struct digest origin;
    struct slice rest = slice_part(http->path, 1 + HASH_DIGITS, SIZE_MAX);
    pthread_mutex_lock(&service->turn);
    bool knows = book_knows(service->book, &http->caller->identity, http->now_ms);
    pthread_mutex_unlock(&service->turn);
    if (!knows) {
        answer_text(answer, 403, "the directory does not list you");
        return;
    }
    if (hex_read(slice_part(http->path, 1, HASH_DIGITS), origin.octets, sizeof origin.octets))
        for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++)
            if (slice_is(rest, readings[i].name)) {
                readings[i].read(service, http, &origin, answer);
                return;
            }
    answer_text(answer, 404, "there is no such thing");
}

void service_routes(struct service *service, struct http_route routes[static SERVICE_ROUTES])
{
    routes[0] = (struct http_route){.prefix = "/add-checkpoint",
                                    .methods = HTTP_TAKES(HTTP_POST),
                                    .body_max = WITNESS_MAX_BYTES,
                                    .serve = add,
                                    .owner = service};
    routes[1] = (struct http_route){
        .prefix = "/", .methods = HTTP_READS, .body_max = 0, .serve = get, .owner = service};
}

void service_renew(struct service *service, struct book *book)
{
    pthread_mutex_lock(&service->turn);
    struct book *old = service->book;
    service->book = book;
    pthread_mutex_unlock(&service->turn);
    book_free(old);
}
