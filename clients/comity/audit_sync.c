/* comity audit sync: what the State's oversight has of the log, brought up to date. */

#include "comity/audit_sync.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/cosigned.h"
#include "base/encoding.h"
#include "base/instant.h"
#include "comity/audit_mirror.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/output.h"
#include "http/client.h"
#include "libcomity/client.h"
#include "libcomity/clock.h"
#include "mirror/sync.h"
#include "wire/names.h"

#define ARENA_BYTES (1U << 20)
#define FETCH_MS    60000 /* for what is fetched at once */
#define ATTEMPTS    4     /* while a busy log goes on */
#define WHY_BYTES   256

struct syncing {
    const struct invocation *inv;
    struct arena *arena;
    struct comity *comity;
    const struct gateway_row *gateway;
    const char *id, *address; /* of the gateway, and where its log is read */
    char why[WHY_BYTES];      /* the last fetch failed */
    struct buffer note;       /* the checkpoint at hand */
    const struct log_row *row;
    uint64_t since_s; /* cosigned; 0: nobody is asked to */
    char stale[WHY_BYTES];
    struct mirror *mirror;
    struct sync_outcome outcome;
    bool prints; /* anything at all */
    bool shows;  /* how far it is, just now */
};

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

/* A sync_fetch. */
static void fetch(void *source, struct sync_file *files, size_t count)
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

static enum comity_exit unreached(const struct syncing *x, struct status s,
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

/* ---- the checkpoint ---- */

static enum comity_exit note_fetch(struct syncing *x, struct comity_fault *reterr)
{
    struct sync_file file = {.path = "/log/checkpoint", .max = NOTE_MAX_BYTES};
    file.body = buffer_new(file.max);
    fetch(x, &file, 1);
    if (!failed(file.status)) {
        buffer_done(&x->note);
        x->note = file.body;
        return COMITY_DONE;
    }
    buffer_done(&file.body);
    if (file.status.code == CODE_ABSENT)
        return fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN", "%s shows %s no log", x->id,
                    comity_context_of(x->comity)->party);
    if (file.status.code == CODE_FULL)
        return fail(reterr, COMITY_VERIFY, "E_HASH", "%s shows a checkpoint that is none", x->id);
    return unreached(x, file.status, reterr);
}

/* Why nothing may be taken under it, if so: it may show an old state of the log to us alone. */
static void freshness_judge(struct syncing *x, const struct note *note)
{
    const struct slice text = buffer_slice(&x->note);
    const uint64_t now_s = clock_wall_ms() / MS_PER_SECOND;
    x->since_s = cosigned_since(text, x->row);
    x->stale[0] = '\0';
    if (x->row->quorum == 0)
        return;
    if (!cosigned_serves(text, x->row, party_state(slice_text(x->id))))
        snprintf(x->stale, sizeof x->stale,
                 "the checkpoint of %" PRIu64 " entries is not cosigned by %u of the log's "
                 "witnesses, one of them of the own State",
                 note->size, x->row->quorum);
    else if (x->since_s + COSIGNED_FRESH_S < now_s)
        snprintf(x->stale, sizeof x->stale,
                 "the checkpoint of %" PRIu64
                 " entries was last cosigned by enough witnesses %" PRIu64 " minutes ago",
                 note->size, (now_s - x->since_s) / 60);
}

static enum comity_exit note_judge(struct syncing *x, struct comity_fault *reterr)
{
    struct note note;
    struct vkey vkey;
    struct status s = note_parse(buffer_slice(&x->note), &note);
    if (failed(s))
        return fail(reterr, COMITY_VERIFY, "E_HASH", "%s shows a checkpoint that is none", x->id);
    x->row = directory_log(x->gateway, note.origin);
    if (x->row == NULL)
        return fail(reterr, COMITY_VERIFY, "E_HASH",
                    "%s shows a log that the directory does not know as its own: %.*s", x->id,
                    (int)note.origin.length, (const char *)note.origin.at);
    s = vkey_parse(x->row->vkey, &vkey);
    if (!failed(s))
        s = note_verify(&note, &vkey);
    if (failed(s))
        return fail(reterr, COMITY_VERIFY, "E_HASH",
                    "%s shows a checkpoint that the log's key has not signed: %s", x->id,
                    reason_name(s.reason));
    freshness_judge(x, &note);
    return COMITY_DONE;
}

/* ---- the mirror ---- */

static enum comity_exit mirror_take(struct syncing *x, struct comity_fault *reterr)
{
    char path[AUDIT_MIRROR_PATH_BYTES], error[MIRROR_ERROR_BYTES];
    const struct mirror_log log = {arena_text(x->arena, x->row->origin), x->id};
    enum comity_exit exit = audit_mirror_folder(x->inv, path, reterr);
    if (exit != COMITY_DONE || x->mirror != NULL)
        return exit;
    if (log.origin == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "memory is out");
    struct status s = mirror_make(path, &log, error, &x->mirror);
    if (s.code == CODE_CONFIG) {
        fail(reterr, COMITY_CONFLICT, "CONFIG", "%s", error);
        return advise(reterr,
                      "each log has a mirror of its own: name another folder with --mirror");
    }
    return failed(s) ? fail(reterr, COMITY_FAILED, "STORE", "%s", error) : COMITY_DONE;
}

/* A sync_progress. */
static void show(void *owner, const char *what, uint64_t done, uint64_t total)
{
    struct syncing *x = owner;
    x->shows = true;
    fprintf(stderr, "\r%-9s %" PRIu64 " of %" PRIu64 " ", what, done, total);
}

static struct status sync_once(struct syncing *x)
{
    const bool is_terminal =
        x->prints && isatty(STDERR_FILENO) == 1 && !x->inv->quiet && !x->inv->json;
    const struct sync_settings settings = {
        .mirror = x->mirror,
        .fetch = fetch,
        .source = x,
        .progress = is_terminal ? show : NULL,
        .owner = x,
        .now_ms = clock_wall_ms(),
        .stale = x->stale[0] == '\0' ? NULL : x->stale,
    };
    struct status s = sync_log(&settings, buffer_slice(&x->note), &x->outcome);
    if (x->shows)
        fputc('\n', stderr);
    x->shows = false;
    return s;
}

static enum comity_exit refused(const struct syncing *x, struct comity_fault *reterr)
{
    const char *said = x->outcome.said;
    switch (x->outcome.verdict) {
    case SYNC_MISSING:
        fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN", "%s: %s", x->id, said);
        return advise(reterr, "the gateway's own rulebook says who is this State's oversight");
    case SYNC_STALE:
    case SYNC_BEHIND:
        fail(reterr, COMITY_STALE, "E_STALE", "%s: %s; nothing was taken", x->id, said);
        return advise(reterr, "try again; if it stays so, ask the gateway's operator why");
    case SYNC_FORKED:
        fail(reterr, COMITY_FORK, "E_FORK", "%s: %s; both checkpoints are kept as %s.*", x->id,
             said, x->outcome.evidence);
        return advise(reterr, "nothing was changed: show them to the data-protection authority");
    case SYNC_GOOD:
    case SYNC_DAMAGED:
        break;
    }
    fail(reterr, COMITY_VERIFY, "E_HASH", "%s: %s", x->id, said);
    return advise(reterr, "nothing of it was taken: tell the gateway's operator");
}

/* ---- what is told ---- */

static enum comity_exit tell(const struct syncing *x, struct comity_fault *reterr)
{
    char hex[2 * sizeof(struct digest) + 1], since[INSTANT_TEXT_BYTES];
    struct digest root;
    struct status s = mirror_root(x->mirror, mirror_size(x->mirror), &root);
    if (failed(s))
        return audit_mirror_fail(reterr, s);
    hex_write(digest_slice(&root), hex);
    instant_write(x->since_s * MS_PER_SECOND, since);
    if (x->inv->json) {
        put_json(json_pack("{s:o,s:I,s:I,s:I,s:s,s:o}", "origin", slice_json(x->row->origin),
                           "size", (json_int_t)mirror_size(x->mirror), "new",
                           (json_int_t)x->outcome.added, "openings",
                           (json_int_t)x->outcome.openings, "root", hex, "cosigned_since",
                           x->since_s == 0 ? json_null() : json_string(since)));
        return COMITY_DONE;
    }
    printf("log       %.*s\n", (int)x->row->origin.length, (const char *)x->row->origin.at);
    printf("entries   %" PRIu64 ", %" PRIu64 " of them new\n", mirror_size(x->mirror),
           x->outcome.added);
    printf("openings  %" PRIu64 " asked for\n", x->outcome.openings);
    printf("root      %s\ncosigned  %s\n", hex,
           x->since_s == 0 ? "no witnesses are asked for" : since);
    return COMITY_DONE;
}

/* ---- the whole ---- */

/* Of a log that goes on meanwhile, narrow tiles go: then once more, from its newest checkpoint. */
static enum comity_exit run(struct syncing *x, struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    struct status s = REFUSE(CONSISTENCY);
    for (unsigned i = 0; i < ATTEMPTS && failed(s); i++) {
        if ((exit = note_fetch(x, reterr)) != COMITY_DONE ||
            (exit = note_judge(x, reterr)) != COMITY_DONE ||
            (exit = mirror_take(x, reterr)) != COMITY_DONE)
            return exit;
        s = sync_once(x);
        if (failed(s) && (s.code != CODE_REFUSED || x->outcome.verdict != SYNC_MISSING))
            break;
    }
    if (!failed(s))
        return x->prints ? tell(x, reterr) : COMITY_DONE;
    return s.code == CODE_REFUSED ? refused(x, reterr) : unreached(x, s, reterr);
}

static enum comity_exit sync_mirror(const struct invocation *inv, bool prints,
                                    struct comity_fault *reterr)
{
    struct syncing x = {.inv = inv,
                        .prints = prints,
                        .arena = arena_new(ARENA_BYTES),
                        .note = buffer_new(NOTE_MAX_BYTES)};
    enum comity_exit exit = context_open(inv, &x.comity, reterr);
    if (exit == COMITY_DONE && x.arena == NULL)
        exit = fail(reterr, COMITY_FAILED, "MEMORY", "memory is out");
    if (exit == COMITY_DONE)
        exit = gateway_find(&x, reterr);
    if (exit == COMITY_DONE) {
        struct status s = client_begin(x.comity, 0, reterr);
        if (!failed(s))
            s = client_tls(x.comity, reterr);
        exit = fault_exit(reterr, s);
    }
    if (exit == COMITY_DONE)
        exit = run(&x, reterr);
    mirror_close(x.mirror);
    comity_close(x.comity);
    buffer_done(&x.note);
    arena_free(x.arena);
    return exit;
}

enum comity_exit audit_sync_once(const struct invocation *inv, struct comity_fault *reterr)
{
    return sync_mirror(inv, false, reterr);
}

static enum comity_exit sync_audit(const struct invocation *inv, struct comity_fault *reterr)
{
    if (inv->dry_run)
        return fail_usage(reterr, "audit sync takes what there is, and knows no --dry-run");
    return sync_mirror(inv, true, reterr);
}

static const struct argp_option options[] = {
    MIRROR_OPTION,
    MIRROR_GATEWAY_OPTION,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command audit_sync_command = {
    .noun = "audit",
    .verb = "sync",
    .arguments = "[--gateway ID] [--mirror DIR]",
    .summary = "Brings this ministry's or authority's own copy of its State's log up to date",
    .help =
        "For the own State's MIN and DPA: fetches the log's checkpoint over the gateway's HTTP "
        "listener, verifies it with the key in the directory, and where the directory asks for "
        "witnesses, that enough of them have cosigned it in the last ten minutes. It must continue "
        "the one that was kept: that is computed from the tiles that the gateway publishes. Then "
        "every new entry is fetched and the whole tree computed again from it, and the openings "
        "are asked for, each verified against its entry. That somebody looked is in the log, "
        "too.\n\n"
        "What was taken is kept, also when the command is killed: it goes on from there. What was "
        "erased at the gateway is forgotten by the mirror. A checkpoint that contradicts the kept "
        "one is an alarm, exit code 11: both are kept in evidence/ of the mirror, whole, and "
        "nothing else is changed. One that is too old, or behind the kept one, is not taken: exit "
        "code 10. What does not verify is not taken: exit code 9.\n\n"
        "With --json: {\"origin\",\"size\",\"new\",\"openings\",\"root\",\"cosigned_since\"}; "
        "cosigned_since is null where no witness is asked for.\n\n"
        "Examples:\n"
        "  comity audit sync --context xa-min-01\n"
        "  comity audit sync --context xa-min-01 --gateway XA-GW-02 --json\n",
    .options = options,
    .words_max = 0,
    .run = sync_audit,
};
