#include <stdlib.h>
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

static void print_row(const struct invocation *inv, const struct comity_row *r)
{
    char due[INSTANT_TEXT_BYTES], received[INSTANT_TEXT_BYTES];
    instant_text(r->due_ms, due);
    instant_text(r->received_ms, received);
    if (inv->json) {
        put_json(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s?,s:s,s:s,s:s,s:s}", "id", r->id,
                           "thread", r->thread, "type", r->type, "from", r->from, "to", r->to,
                           "stage", r->stage, "state", r->state, "due", due[0] == '\0' ? NULL : due,
                           "urgency", r->urgency, "handling", r->handling, "case_ref", r->case_ref,
                           "received", received));
        return;
    }
    put_painted(inv, PAINT_STRONG, r->id);
    printf("  %s from %s\n    %s, %s, received %s", r->type, r->from, r->state, r->stage, received);
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

static int by_deadline(const void *a, const void *b)
{
    const struct comity_row *x = a;
    const struct comity_row *y = b;
    return (x->due_ms > y->due_ms) - (x->due_ms < y->due_ms);
}

static int newest_first(const void *a, const void *b)
{
    const struct comity_row *x = a;
    const struct comity_row *y = b;
    return (x->received_ms < y->received_ms) - (x->received_ms > y->received_ms);
}

/* What still waits for an answer and has a deadline. */
static bool is_due(const struct comity_row *row)
{
    return row->due_ms != 0 && strcmp(row->state, "answered") != 0;
}

static enum comity_exit rows_get(const struct invocation *inv, struct comity_rows **ret_rows,
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
    enum comity_exit exit = rows_get(inv, &rows, reterr);
    if (exit != COMITY_DONE)
        return exit;
    for (size_t i = 0; i < rows->count; i++)
        print_row(inv, &rows->at[i]);
    if (rows->count == 0)
        say(inv, "The inbox is empty.");
    else
        say(inv, "next: comity request show %s", rows->at[0].id);
    comity_rows_free(rows);
    return COMITY_DONE;
}

static enum comity_exit list(const struct invocation *inv, struct comity_fault *reterr)
{
    bool due = invocation_has(inv, FLAG_DUE);
    struct comity_rows *rows = NULL;
    size_t printed = 0;
    enum comity_exit exit = rows_get(inv, &rows, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (rows->count > 0)
        qsort(rows->at, rows->count, sizeof rows->at[0], due ? by_deadline : newest_first);
    for (size_t i = 0; i < rows->count; i++)
        if (!due || is_due(&rows->at[i])) {
            print_row(inv, &rows->at[i]);
            printed++;
        }
    if (printed == 0)
        say(inv, due ? "Nothing is due." : "There is no message.");
    comity_rows_free(rows);
    return COMITY_DONE;
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
    {"due", FLAG_DUE, NULL, 0, "Only what waits for an answer, the next deadline first", 1},
    {"thread", FLAG_THREAD, "ID", 0, "Only this thread", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command request_list_command = {
    .noun = "request",
    .verb = "list",
    .arguments = "",
    .summary = "Lists what was received, newest first, or by deadline",
    .help = "Examples:\n"
            "  comity request list --due\n"
            "  comity request list --thread 5b6c1f3e-2f0a-4c8e-8f55-3a0c6f1f7d10 --json\n",
    .options = list_options,
    .run = list,
};
