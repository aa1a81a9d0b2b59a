#include "comity/request/request.h"

#include <string.h>

static json_t *count_json(const struct comity_recipient *r, uint64_t count)
{
    return r->reported ? json_integer((json_int_t)count) : json_null();
}

static json_t *recipient_json(const struct comity_recipient *r)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:b}", "party", r->party, "id", r->id,
                     "outcome", r->outcome, "code", r->code, "detail", r->detail, "stage", r->stage,
                     "released", count_json(r, r->released), "transformed",
                     count_json(r, r->transformed), "withheld", count_json(r, r->withheld),
                     "proved", (int)r->proved);
}

/* What the outcome rests on. */
static const char *ground_of(const struct comity_recipient *r)
{
    bool answered = strcmp(r->outcome, "unsent") != 0 && strcmp(r->outcome, "unknown") != 0;
    return r->proved  ? "receipt verified: it is in the gateway's audit log"
           : answered ? "this is the gateway's word without a proof: no receipt"
                      : "no receipt";
}

static void print_recipient(const struct invocation *inv, const struct comity_recipient *r)
{
    bool good = r->exit == COMITY_DONE;
    printf("%-12s %s", r->party, inv->dry_run ? "would be " : "");
    put_painted(inv, good ? PAINT_GOOD : PAINT_BAD, r->outcome);
    if (r->code[0] != '\0')
        printf(" (%s)", r->code);
    if (r->reported)
        printf(": %llu fields released, %llu transformed, %llu withheld",
               (unsigned long long)r->released, (unsigned long long)r->transformed,
               (unsigned long long)r->withheld);
    fputc('\n', stdout);
    if (r->detail[0] != '\0') {
        fputs("             ", stdout);
        put_text(stdout, r->detail);
        fputc('\n', stdout);
    }
    if (inv->dry_run) {
        printf("             nothing was sent; %s\n",
               r->proved ? "the question itself is in the gateway's audit log" : ground_of(r));
        return;
    }
    if (r->id[0] != '\0')
        printf("             message %s\n", r->id);
    printf("             stage %s, %s\n", r->stage, ground_of(r));
}

json_t *request_sent_json(const struct comity_sent *sent)
{
    json_t *recipients = json_array();
    for (size_t i = 0; i < sent->count; i++)
        json_array_append_new(recipients, recipient_json(&sent->recipients[i]));
    return json_pack("{s:s,s:o}", "thread", sent->thread, "recipients", recipients);
}

void request_print_sent(const struct invocation *inv, const struct comity_sent *sent)
{
    for (size_t i = 0; i < sent->count; i++)
        print_recipient(inv, &sent->recipients[i]);
}

void request_put_sent(const struct invocation *inv, const struct comity_sent *sent)
{
    if (inv->json)
        put_json(request_sent_json(sent));
    else
        request_print_sent(inv, sent);
}
