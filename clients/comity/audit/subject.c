#include "comity/subject/subject.h"
#include "audit/lookup.h"
#include "base/encoding.h"
#include "comity/audit/mirror.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/output.h"
#include "comity/policy/policy.h"
#include "comity/policy/words.h"
#include "http/client.h"
#include "libcomity/client.h"
#include "wire/names.h"

#define DEADLINE_MS     20000
#define STATEMENT_BYTES (64U << 20)
#define ARENA_BYTES     65536
#define DASHES          4 /* of a UUID as text */

struct asking {
    const struct invocation *inv;
    struct arena *arena;
    struct comity *comity;
    struct series *series;
    const char *gateway; /* whose log it is */
    struct lookup lookup;
    struct subject_asked asked;
    enum language language;
};

/* ---- the question ---- */

/* A thread is named as everywhere: 8-4-4-4-12 hex digits. */
static bool thread_read(const char *text, uint8_t octets[static 16])
{
    char digits[33];
    size_t count = 0, dashes = 0;
    for (; *text != '\0'; text++) {
        if (*text == '-')
            dashes++;
        else if (count == sizeof digits - 1)
            return false;
        else
            digits[count++] = *text;
    }
    return count == sizeof digits - 1 && dashes == DASHES &&
           hex_read(slice_over(digits, count), octets, 16);
}

static enum comity_exit frame_read(struct asking *a, struct comity_fault *reterr)
{
    uint8_t octets[16];
    const char *reference = invocation_value(a->inv, FLAG_CASE);
    const char *thread = invocation_value(a->inv, FLAG_THREAD);
    if ((reference == NULL) == (thread == NULL))
        return fail_usage(reterr, "name the case: --case REF, or --thread ID where its messages "
                                  "have no reference");
    a->asked.frame = slice_text(reference == NULL ? thread : reference);
    a->lookup.frame = a->asked.frame;
    if (reference != NULL)
        return name_is_ref(a->asked.frame)
                   ? COMITY_DONE
                   : fail_usage(reterr, "--case %s is no reference", reference);
    if (!thread_read(thread, octets))
        return fail_usage(reterr, "--thread %s is no id of a thread", thread);
    a->lookup.is_thread = true;
    a->lookup.frame = arena_copy(a->arena, slice_over(octets, sizeof octets));
    return a->lookup.frame.at == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                      : COMITY_DONE;
}

static enum comity_exit question_read(struct asking *a, struct comity_fault *reterr)
{
    const char *from = invocation_value(a->inv, FLAG_FROM),
               *sid = invocation_value(a->inv, FLAG_SID);
    const char *code = invocation_value(a->inv, FLAG_LANGUAGE);
    if (code != NULL && !language_find(code, &a->language))
        return fail_usage(reterr, "--lang %s: there are eng, fra and spa", code);
    if (from == NULL || !name_is_party(slice_text(from)))
        return fail_usage(reterr, "say whose messages: --from PARTY, as in XA-CA-01");
    if (sid != NULL && (*sid == '\0' || slice_text(sid).length > LOOKUP_SID_BYTES))
        return fail_usage(reterr, "--sid is what the case calls a person, as in S-1");
    a->asked.from = a->lookup.from = slice_text(from);
    a->asked.sid = a->lookup.sid = slice_text(sid);
    return frame_read(a, reterr);
}

/* ---- the gateway's answer ---- */

static enum comity_exit answer_judge(struct asking *a, const struct http_reply *reply,
                                     const char *address, struct comity_fault *reterr)
{
    struct looked_up found;
    if (failed(reply->status))
        return fail(reterr,
                    reply->status.code == CODE_CRYPTO ? COMITY_IDENTITY : COMITY_UNAVAILABLE,
                    reply->status.code == CODE_CRYPTO ? "E_CERT" : "E_UNAVAILABLE",
                    "%s cannot be asked at %s: %s", a->gateway, address, reply->why);
    if (reply->code == 404) {
        fail(reterr, COMITY_REFUSED, "E_ROLE", "%s does not answer %s", a->gateway,
             comity_context_of(a->comity)->party);
        return advise(reterr, "it answers the ministry (MIN) and the data-protection authority "
                              "(DPA) of its State; whoever else asks is in its log");
    }
    if (reply->code != 200)
        return fail(reterr, COMITY_UNAVAILABLE, "E_UNAVAILABLE", "%s answers %u", a->gateway,
                    reply->code);
    if (failed(looked_up_parse(buffer_slice(&reply->body), &found)))
        return fail(reterr, COMITY_VERIFY, "E_SCHEMA", "what %s answers is no pseudonym",
                    a->gateway);
    a->asked.pseudonym =
        arena_copy(a->arena, a->asked.sid.at == NULL ? found.of_case : found.of_subject);
    return COMITY_DONE;
}

static enum comity_exit ask(struct asking *a, const char *address, struct comity_fault *reterr)
{
    struct buffer question = buffer_new(LOOKUP_MAX_BYTES);
    struct http_reply reply = {.status = OK};
    lookup_write(&question, &a->lookup);
    const struct http_call call = {.address = address,
                                   .expected = a->gateway,
                                   .method = HTTP_POST,
                                   .path = "/pseudonym",
                                   .type = "application/cbor",
                                   .body = buffer_slice(&question),
                                   .answer_max = LOOKUP_MAX_BYTES};
    struct status s =
        question.failed ? FAIL(MEMORY) : http_calls(a->comity->tls, &call, 1, DEADLINE_MS, &reply);
    enum comity_exit exit = failed(s) ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                      : answer_judge(a, &reply, address, reterr);
    buffer_done(&reply.body);
    buffer_done(&question);
    return exit;
}

/* The gateway whose log it is: its keys alone make the pseudonyms. */
static enum comity_exit look_up(struct asking *a, struct comity_fault *reterr)
{
    enum comity_exit exit = context_open(a->inv, &a->comity, reterr);
    if (exit != COMITY_DONE)
        return exit;
    const struct gateway_row *gateway =
        directory_gateway(a->comity->rulebook->directory, slice_text(a->gateway));
    const char *address = gateway == NULL ? NULL : arena_text(a->arena, gateway->http);
    if (address == NULL || *address == '\0')
        return fail(reterr, COMITY_INPUT, "CONFIG", "the directory does not say where %s is asked",
                    a->gateway);
    struct status s = client_begin(a->comity, 0, reterr);
    if (!failed(s))
        s = client_tls(a->comity, reterr);
    return failed(s) ? fault_exit(reterr, s) : ask(a, address, reterr);
}

/* ---- the statement ---- */

/* The authority of the gateway's State; the first, where it has several. */
static const struct party *protector_find(const struct asking *a, uint64_t now_ms)
{
    const struct directory *d = a->comity->rulebook->directory;
    const struct slice state = slice_part(slice_text(a->gateway), 0, 2);
    for (size_t i = 0; i < d->party_count; i++) {
        const struct party *p = &d->parties[i];
        if (slice_is(party_role(p->id), "DPA") && slice_equal(party_state(p->id), state) &&
            directory_party_at(d, p->id, now_ms) != NULL)
            return p;
    }
    return NULL;
}

static enum comity_exit state(struct asking *a, json_t *found, struct comity_fault *reterr)
{
    const char *code = invocation_value(a->inv, FLAG_LANGUAGE);
    struct subject_source source = {.gateway = slice_text(a->gateway), .at_ms = policy_now_ms()};
    struct buffer page = buffer_new(STATEMENT_BYTES);
    enum comity_exit exit = COMITY_DONE;
    source.protector = protector_find(a, source.at_ms);
    subject_print(&page, &a->asked, &source, found, a->language);
    if (a->inv->json && !page.failed) {
        json_object_set_new(found, "gateway", json_string(a->gateway));
        json_object_set_new(found, "lang", json_string(code == NULL ? "eng" : code));
        json_object_set_new(found, "text", slice_json(buffer_slice(&page)));
        put_json(json_incref(found));
    } else if (!put_lines(&page)) {
        exit = fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    }
    buffer_done(&page);
    return exit;
}

static enum comity_exit find(struct asking *a, struct comity_fault *reterr)
{
    json_t *found = NULL;
    if (a->asked.pseudonym.at == NULL)
        return fail(reterr, COMITY_VERIFY, "E_SCHEMA", "what %s answers is no pseudonym",
                    a->gateway);
    struct status s = subject_find(a->series, &a->asked, &found);
    if (s.code == CODE_FULL)
        return fail(reterr, COMITY_FAILED, "FULL", "more than %d entries are about this case",
                    SUBJECT_EVENTS_MAX);
    if (failed(s))
        return audit_mirror_fail(reterr, s);
    enum comity_exit exit = state(a, found, reterr);
    json_decref(found);
    return exit;
}

static enum comity_exit subject(const struct invocation *inv, struct comity_fault *reterr)
{
    struct asking a = {.inv = inv, .arena = arena_new(ARENA_BYTES)};
    enum comity_exit exit = a.arena == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                            : question_read(&a, reterr);
    if (exit == COMITY_DONE)
        exit = audit_mirror_open(inv, &a.series, reterr);
    if (exit == COMITY_DONE) {
        a.gateway = series_gateway(a.series);
        exit = look_up(&a, reterr);
    }
    if (exit == COMITY_DONE)
        exit = find(&a, reterr);
    series_close(a.series);
    comity_close(a.comity);
    arena_free(a.arena);
    return exit;
}

static const struct argp_option options[] = {
    {"from", FLAG_FROM, "PARTY", 0, "Who sent the messages and calls the case so", 1},
    {"case", FLAG_CASE, "REF", 0, "The sender's reference of the case", 1},
    {"thread", FLAG_THREAD, "ID", 0, "In its place the thread, where messages have none", 1},
    {"sid", FLAG_SID, "SID", 0, "What the case calls the person; without it the case as a whole",
     1},
    {"lang", FLAG_LANGUAGE, "CODE", 0, "eng, fra or spa; eng unless told", 1},
    MIRROR_OPTION,
    MIRROR_GATEWAY_OPTION,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command audit_subject_command = {
    .noun = "audit",
    .verb = "subject",
    .arguments = "--from PARTY --case REF [--sid SID]",
    .summary = "States what was disclosed about one person or case",
    .help =
        "For the person who asks: to whom, when, for what purpose, on what legal basis, which "
        "kinds of data - never a value -, what was refused, their rights with the time limits, and "
        "where to complain. The log has pseudonyms that only the gateway's keys make, so the "
        "gateway is asked for them; that it was asked, and by whom, is in its log before it "
        "answers. The rest is found in the mirror, so run comity audit sync first.\n\n"
        "What is confidential or held, or speaks of asylum or of witness protection, is not "
        "stated, and each statement says the same about that, whether there is anything or not. "
        "What one sender calls a case another may call otherwise: ask for each.\n\n"
        "Examples:\n"
        "  comity audit subject --from XA-CA-01 --case XA-2026-17 --sid S-1\n"
        "  comity audit subject --from XA-CA-01 --case XA-2026-17 --lang fra > statement.txt\n",
    .options = options,
    .run = subject,
};
