#include <string.h>

#include "base/instant.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/output.h"

static void instant_text(uint64_t unix_ms, char text[static INSTANT_TEXT_BYTES])
{
    text[0] = '\0';
    if (unix_ms != 0)
        instant_write(unix_ms, text);
}

static bool is_own(const struct comity_row *r)
{
    return strcmp(r->direction, "sent") == 0;
}

static void print_json(const struct comity_row *r, const char *due, const char *received)
{
    put_json(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s?,s:s,s:s,s:s,s:s,s:s,s:s,s:o}", "id",
                       r->id, "thread", r->thread, "type", r->type, "from", r->from, "to", r->to,
                       "stage", r->stage, "state", r->state, "due", due[0] == '\0' ? NULL : due,
                       "urgency", r->urgency, "handling", r->handling, "case_ref", r->case_ref,
                       "received", received, "direction", r->direction, "code", r->code, "proved",
                       is_own(r) ? json_boolean(r->proved) : json_null()));
}

static void print_row(const struct invocation *inv, const struct comity_row *r)
{
    bool own = is_own(r);
    char due[INSTANT_TEXT_BYTES], received[INSTANT_TEXT_BYTES];
    instant_text(r->due_ms, due);
    instant_text(r->received_ms, received);
    if (inv->json) {
        print_json(r, due, received);
        return;
    }
    put_painted(inv, PAINT_STRONG, r->id);
    printf("  %s %s %s\n    %s", r->type, own ? "to" : "from", own ? r->to : r->from, r->state);
    if (r->code[0] != '\0')
        printf(" (%s)", r->code);
    printf(", %s", r->stage);
    if (own && !r->proved && strcmp(r->state, "unsent") != 0)
        fputs(" (the gateway's word without a proof)", stdout);
    printf(", %s %s", own ? "made" : "received", received);
    if (r->urgency[0] != '\0')
        printf(", %s", r->urgency);
    if (due[0] != '\0')
        printf(", due %s", due);
    if (r->handling[0] != '\0')
        printf(", handling %s", r->handling);
    if (r->case_ref[0] != '\0') {
        fputs("\n    case ", stdout);
        put_text(stdout, r->case_ref);
    }
    fputc('\n', stdout);
}

static enum comity_exit inbox_get(const struct invocation *inv, struct comity_rows **ret_rows,
                                  struct comity_fault *reterr)
{
    struct comity *comity = NULL;
    enum comity_exit exit = context_open(inv, &comity, reterr);
    if (exit == COMITY_DONE)
        exit = comity_inbox(comity, invocation_value(inv, FLAG_THREAD), ret_rows, reterr);
    comity_close(comity);
    return exit;
}

static enum comity_exit inbox(const struct invocation *inv, struct comity_fault *reterr)
{
    struct comity_rows *rows = NULL;
    enum comity_exit exit = inbox_get(inv, &rows, reterr);
    if (rows == NULL)
        return exit;
    for (size_t i = 0; i < rows->count; i++)
        print_row(inv, &rows->at[i]);
    if (rows->count == 0)
        say(inv, "The inbox is empty.");
    else
        say(inv, "next: comity request show %s", rows->at[0].id);
    comity_rows_free(rows);
    return exit;
}

static enum comity_exit list_get(const struct invocation *inv, struct comity_rows **ret_rows,
                                 struct comity_fault *reterr)
{
    struct comity *comity = NULL;
    enum comity_exit exit = context_open(inv, &comity, reterr);
    if (exit == COMITY_DONE)
        exit = comity_list(comity, invocation_value(inv, FLAG_THREAD),
                           invocation_has(inv, FLAG_DUE), ret_rows, reterr);
    comity_close(comity);
    return exit;
}

/* What was sealed and never answered waits for its sender. */
static void advise_resume(const struct invocation *inv, const struct comity_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        if (is_own(&rows->at[i]) && strcmp(rows->at[i].state, "unsent") == 0) {
            say(inv, "unsent, safe to send again: comity request send --resume %s", rows->at[i].id);
            return;
        }
}

/* What could not be asked or read is a failure, but what is known is printed before it. */
static enum comity_exit list(const struct invocation *inv, struct comity_fault *reterr)
{
    struct comity_rows *rows = NULL;
    enum comity_exit exit = list_get(inv, &rows, reterr);
    if (rows == NULL)
        return exit;
    for (size_t i = 0; i < rows->count; i++)
        print_row(inv, &rows->at[i]);
    advise_resume(inv, rows);
    if (exit != COMITY_DONE)
        say(inv, "This is what is known here; it may not be all.");
    else if (rows->count == 0)
        say(inv, invocation_has(inv, FLAG_DUE) ? "Nothing is due." : "There is no message.");
    comity_rows_free(rows);
    return exit;
}

static const struct argp_option inbox_options[] = {
    {"thread", FLAG_THREAD, "ID", 0, "Only this thread", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command request_inbox_command = {
    .noun = "request",
    .verb = "inbox",
    .arguments = "",
    .summary = "Lists what was received, in the order of its arrival",
    .help = "Listing consumes nothing and tells nobody. One object a line with --json.\n\n"
            "Example:\n"
            "  comity request inbox --context xc-ca-01\n",
    .options = inbox_options,
    .run = inbox,
};

static const struct argp_option list_options[] = {
    {"due", FLAG_DUE, NULL, 0, "Only what waits for an answer by a deadline, the next one first",
     1},
    {"thread", FLAG_THREAD, "ID", 0, "Only this thread", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command request_list_command = {
    .noun = "request",
    .verb = "list",
    .arguments = "",
    .summary = "Lists what was received and what was sent, newest first, or by deadline",
    .help = "Received messages are open or answered; own ones are unsent, held, refused, sent or "
            "answered. With --due also own requests whose answer has not come. Listing consumes "
            "nothing and tells nobody. Without the gateway it ends with exit code 7, and with 9 "
            "where records of the archive do not open, after what is known without them. One "
            "object a line with --json.\n\n"
            "Examples:\n"
            "  comity request list --due\n"
            "  comity request list --thread 5b6c1f3e-2f0a-4c8e-8f55-3a0c6f1f7d10 --json\n",
    .options = list_options,
    .run = list,
};
