#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/request/request.h"

#define DOCUMENT_MAX_BYTES (4U << 20)
#define PARTIES_MAX        64

static struct status read_input(struct buffer *out)
{
    uint8_t piece[16384];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, stdin)) > 0)
        buffer_put(out, slice_over(piece, got));
    return ferror(stdin) != 0 ? FAIL(STORE) : out->failed ? FAIL(FULL) : OK;
}

enum comity_exit request_read(const char *path, struct buffer *out, struct comity_fault *reterr)
{
    *out = buffer_new(DOCUMENT_MAX_BYTES);
    struct status s = strcmp(path, "-") == 0 ? read_input(out) : file_read(path, out);
    if (!failed(s))
        return COMITY_DONE;
    if (s.code == CODE_FULL)
        return fail(reterr, COMITY_INPUT, "E_SIZE", "%s is over %u octets long", path,
                    DOCUMENT_MAX_BYTES);
    return fail(reterr, COMITY_INPUT, "USAGE", "%s cannot be read: %s", path,
                s.code == CODE_ABSENT ? "there is no such file" : "reading fails");
}

/* Recipients: --to A --to B, --to A,B, and words. */
struct recipients {
    char *texts[PARTIES_MAX]; /* owned; split in place */
    size_t text_count;
    const char *at[PARTIES_MAX];
    size_t count;
};

static void recipients_done(struct recipients *to)
{
    while (to->text_count > 0)
        free(to->texts[--to->text_count]);
}

/* Whoever is named twice gets one message. */
static bool recipients_have(const struct recipients *to, const char *party)
{
    for (size_t i = 0; i < to->count; i++)
        if (strcmp(to->at[i], party) == 0)
            return true;
    return false;
}

static bool recipients_add(struct recipients *to, const char *given)
{
    if (to->text_count == PARTIES_MAX)
        return false;
    char *text = strdup(given);
    if (text == NULL)
        return false;
    to->texts[to->text_count++] = text;
    for (char *rest = text; rest != NULL;) {
        char *party = strsep(&rest, ",");
        if (party[0] == '\0' || recipients_have(to, party))
            continue;
        if (to->count == PARTIES_MAX)
            return false;
        to->at[to->count++] = party;
    }
    return true;
}

static enum comity_exit recipients_read(const struct invocation *inv, struct recipients *to,
                                        struct comity_fault *reterr)
{
    bool fits = true;
    for (size_t i = 0; i < inv->given_count && fits; i++)
        if (inv->given[i].flag == FLAG_TO)
            fits = recipients_add(to, inv->given[i].value);
    if (to->count == 0 && inv->word_count > 0)
        return fail_usage(reterr, "%s is no option: recipients follow --to", inv->words[0]);
    for (size_t i = 0; i < inv->word_count && fits; i++)
        fits = recipients_add(to, inv->words[i]);
    if (!fits)
        return fail_usage(reterr, "more than %d recipients at once", PARTIES_MAX);
    return COMITY_DONE;
}

static void next_step(const struct invocation *inv, const struct comity_sent *sent)
{
    const char *context = invocation_value(inv, FLAG_CONTEXT);
    if (sent->count == 0 || inv->dry_run)
        return;
    say(inv, "next: comity request show %s%s%s   (how far it has come)", sent->recipients[0].id,
        context == NULL ? "" : " --context ", context == NULL ? "" : context);
}

/* Whatever is known is printed, also where the worst of it is a failure. */
static enum comity_exit finish(const struct invocation *inv, enum comity_exit exit,
                               struct comity_sent *sent)
{
    if (sent != NULL) {
        request_put_sent(inv, sent);
        if (exit == COMITY_DONE)
            next_step(inv, sent);
    }
    comity_sent_free(sent);
    return exit;
}

static enum comity_exit send_document(const struct invocation *inv, struct comity *comity,
                                      const struct recipients *to, struct comity_fault *reterr)
{
    struct buffer document = {0};
    struct comity_sent *sent = NULL;
    enum comity_exit exit = request_read(invocation_value(inv, FLAG_FILE), &document, reterr);
    if (exit == COMITY_DONE) {
        struct comity_letter letter = {.document = (const char *)document.at,
                                       .length = document.length,
                                       .to = to->at,
                                       .to_count = to->count,
                                       .thread = invocation_value(inv, FLAG_THREAD),
                                       .dry_run = inv->dry_run};
        exit = comity_send(comity, &letter, &sent, reterr);
        exit = finish(inv, exit, sent);
    }
    buffer_done(&document);
    return exit;
}

static enum comity_exit resume(const struct invocation *inv, struct comity *comity,
                               struct comity_fault *reterr)
{
    struct comity_sent *sent = NULL;
    enum comity_exit exit =
        comity_resume(comity, invocation_value(inv, FLAG_RESUME), &sent, reterr);
    return finish(inv, exit, sent);
}

static enum comity_exit send_request(const struct invocation *inv, struct comity_fault *reterr)
{
    struct recipients to = {0};
    struct comity *comity = NULL;
    bool again = invocation_has(inv, FLAG_RESUME);
    if (again == invocation_has(inv, FLAG_FILE))
        return fail_usage(reterr, "say what to send: either -f FILE or --resume ID");
    enum comity_exit exit = recipients_read(inv, &to, reterr);
    if (exit == COMITY_DONE && again && to.count > 0)
        exit = fail_usage(reterr, "--resume sends to whom it was sent: leave --to out");
    if (exit == COMITY_DONE && again && inv->dry_run)
        exit = fail_usage(reterr, "--dry-run is for -f FILE: what was sealed is sent as it is");
    if (exit == COMITY_DONE)
        exit = context_open(inv, &comity, reterr);
    if (exit == COMITY_DONE)
        exit = again ? resume(inv, comity, reterr) : send_document(inv, comity, &to, reterr);
    comity_close(comity);
    recipients_done(&to);
    return exit;
}

static const struct argp_option send_options[] = {
    {"file", FLAG_FILE, "FILE", 0, "The request as JSON; - for standard input", 1},
    {"to", FLAG_TO, "PARTY...", 0, "To whom; may be given several times", 1},
    {"thread", FLAG_THREAD, "ID", 0, "Go on with this thread", 1},
    {"resume", FLAG_RESUME, "ID", 0, "Send an archived message again, the same octets", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command request_send_command = {
    .noun = "request",
    .verb = "send",
    .arguments = "-f FILE --to PARTY...",
    .summary = "Seals a request, sends it and verifies the receipt",
    .help = "FILE is one JSON object: case reference, facts, persons and so on. Each recipient "
            "gets a seal of its own. With --dry-run the gateway only says what the law would let "
            "through. After exit code 8 the outcome is unknown; --resume ID is then safe.\n\n"
            "Examples:\n"
            "  comity request send -f request.json --to XC-CA-01 --dry-run\n"
            "  comity request send -f request.json --to XC-CA-01 --context xa-ca-01\n",
    .options = send_options,
    .words_max = PARTIES_MAX,
    .run = send_request,
};

static enum comity_exit reply(const struct invocation *inv, struct comity *comity,
                              struct comity_fault *reterr)
{
    const char *path = invocation_value(inv, FLAG_FILE);
    struct comity_letter letter = {.dry_run = inv->dry_run};
    struct comity_sent *sent = NULL;
    struct buffer document = {0};
    enum comity_exit exit = path == NULL ? COMITY_DONE : request_read(path, &document, reterr);
    if (exit == COMITY_DONE) {
        letter.document = path == NULL ? NULL : (const char *)document.at;
        letter.length = document.length;
        exit = comity_reply(comity, inv->words[0], &letter, &sent, reterr);
        exit = finish(inv, exit, sent);
    }
    buffer_done(&document);
    return exit;
}

static enum comity_exit ack(const struct invocation *inv, struct comity_fault *reterr)
{
    struct comity *comity = NULL;
    enum comity_exit exit = context_open(inv, &comity, reterr);
    if (exit == COMITY_DONE)
        exit = reply(inv, comity, reterr);
    comity_close(comity);
    return exit;
}

static const struct argp_option ack_options[] = {
    {"file", FLAG_FILE, "FILE", 0, "The acknowledgement as JSON, instead of the plain one", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command request_ack_command = {
    .noun = "request",
    .verb = "ack",
    .arguments = "ID",
    .summary = "Acknowledges a request that was received",
    .help =
        "Sends an mla.ack to the sender, in the request's thread: received, and this party "
        "is competent. With -f FILE it says what FILE says. Without -f it can be run again after "
        "whatever happened: an acknowledgement that was made before and not refused is sent "
        "again, the same octets, and arrives once.\n\n"
        "Examples:\n"
        "  comity request ack 7d0e6f0a-52d3-4f4e-9a53-0a4be1d7b0c1 --context xc-ca-01\n",
    .options = ack_options,
    .words_min = 1,
    .words_max = 1,
    .run = ack,
};
