#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/request/request.h"
#include "schema/schema.h"

#define LABEL_BYTES 600
#define NAME_WIDTH  40

/* The sender's own short name of a list's element: a person's sid, an item's number. */
static const char *element_name(const struct comity_shown *shown, struct slice element)
{
    static const char *const members[] = {"/sid", "/item"};
    for (size_t i = 0; i < shown->count; i++) {
        const struct comity_value *v = &shown->values[i];
        struct slice path = slice_text(v->path);
        if (v->value == NULL || !slice_begins(path, element))
            continue;
        for (size_t k = 0; k < sizeof members / sizeof members[0]; k++)
            if (slice_is(slice_part(path, element.length, SIZE_MAX), members[k]))
                return v->value;
    }
    return NULL;
}

/* Else its place among the elements of its list that are shown: values are sorted by path. */
static unsigned element_place(const struct comity_shown *shown, struct slice element)
{
    size_t list = element.length;
    while (list > 0 && element.at[list - 1] != '/')
        list--;
    struct slice last = {NULL, 0};
    unsigned place = 0;
    for (size_t i = 0; i < shown->count && !slice_equal(last, element); i++) {
        struct slice path = slice_text(shown->values[i].path);
        if (!slice_begins(path, slice_part(element, 0, list)))
            continue;
        struct slice rest = slice_part(path, list, SIZE_MAX);
        struct slice found = slice_part(path, 0, list + slice_find(rest, '/'));
        place += !slice_equal(found, last);
        last = found;
    }
    return place;
}

static void put_element(const struct comity_shown *shown, struct slice element, struct buffer *out)
{
    const char *name = element_name(shown, element);
    if (name == NULL)
        buffer_print(out, "%u", element_place(shown, element));
    for (; name != NULL && *name != '\0'; name++)
        if (*name != '"')
            buffer_u8(out, (uint8_t)*name);
}

/* "persons/~9f3c20aa17b04e55/name/family" as "persons V1 name family", from the sender's words. */
static void label_write(const struct comity_shown *shown, const char *path,
                        char label[static LABEL_BYTES])
{
    struct buffer out = buffer_new(LABEL_BYTES - 1);
    for (const char *at = path; *at != '\0';) {
        size_t segment = strcspn(at, "/");
        if (at != path)
            buffer_u8(&out, ' ');
        if (at[0] == '~')
            put_element(shown, slice_over(path, (size_t)(at - path) + segment), &out);
        else
            buffer_put(&out, slice_over(at, segment));
        at += segment;
        at += *at == '/';
    }
    (void)slice_copy_text(buffer_slice(&out), label, LABEL_BYTES);
    buffer_done(&out);
}

/* A value in JSON as people read it: text without quotation marks, lists with commas. */
static void put_value(const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (json_is_string(value))
        put_text(stdout, json_string_value(value));
    else if (text != NULL)
        put_text(stdout, text);
    free(text);
}

static void put_values(json_t *value)
{
    size_t i;
    json_t *part;
    const char *name;
    const char *between = "";
    if (json_array_size(value) == 0 && json_object_size(value) == 0)
        put_value(value);
    json_array_foreach(value, i, part)
    {
        fputs(between, stdout);
        put_value(part);
        between = ", ";
    }
    json_object_foreach(value, name, part)
    {
        printf("%s%s ", between, name);
        put_value(part);
        between = ", ";
    }
}

static void put_line(const struct comity_shown *shown, const struct comity_value *v)
{
    char label[LABEL_BYTES];
    label_write(shown, v->path, label);
    fputs("  ", stdout);
    put_text(stdout, label);
    printf("%*s  ", (int)strlen(label) < NAME_WIDTH ? NAME_WIDTH - (int)strlen(label) : 0, "");
    if (v->kind == COMITY_WITHHELD) {
        printf("%s (%s)\n", category_tag(category_by_code(slice_text(v->code))), v->code);
        return;
    }
    json_t *value = json_loads(v->value, JSON_DECODE_ANY, NULL);
    put_values(value);
    json_decref(value);
    if (v->kind == COMITY_DERIVED)
        printf("  [%s]", v->transform);
    fputc('\n', stdout);
}

static void put_class(const struct invocation *inv, const struct comity_shown *shown,
                      enum comity_value_kind kind, const char *heading, const char *none)
{
    size_t count = 0;
    put_heading(inv, heading);
    for (size_t i = 0; i < shown->count; i++)
        if (shown->values[i].kind == kind) {
            put_line(shown, &shown->values[i]);
            count++;
        }
    if (count == 0)
        printf("  %s\n", none);
}

static void put_claims(const struct invocation *inv, json_t *claims)
{
    const char *name;
    json_t *value;
    put_heading(inv, "Claims: what the sender's seal says about the message");
    json_object_foreach(claims, name, value)
    {
        printf("  %-40s  ", name);
        put_values(value);
        fputc('\n', stdout);
    }
}

static void put_verified(const struct invocation *inv, json_t *verified)
{
    size_t i;
    json_t *hop;
    put_heading(inv, "Verified on this machine");
    printf("  %-40s  %s\n", "seal", "the sender's, on every field shown as sealed");
    printf("  %-40s  %s\n", "receipt", "this disclosure is in the audit log");
    json_array_foreach(json_object_get(verified, "chain"), i, hop)
    {
        const char *gateway = json_string_value(json_object_get(hop, "gateway"));
        printf("  gateway %-32s  entry %lld of the %lld that its log then held\n",
               gateway == NULL ? "?" : gateway,
               (long long)json_integer_value(json_object_get(hop, "index")),
               (long long)json_integer_value(json_object_get(hop, "size")));
    }
}

static enum comity_exit print_shown(const struct invocation *invocation,
                                    const struct comity_shown *shown, struct comity_fault *reterr)
{
    json_error_t error;
    json_t *whole = json_loads(shown->json, 0, &error);
    if (whole == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "message %s: %s", shown->id, error.text);
    if (invocation->json) {
        put_json(whole);
        return COMITY_DONE;
    }
    put_painted(invocation, PAINT_STRONG, shown->type);
    printf("  message %s\n", shown->id);
    put_claims(invocation, json_object_get(whole, "claims"));
    put_class(invocation, shown, COMITY_SEALED,
              "Sealed by the sender: exactly what the sender signed", "nothing");
    put_class(invocation, shown, COMITY_DERIVED,
              "Made by a gateway: not the sender's words, though made from them", "nothing");
    put_class(invocation, shown, COMITY_WITHHELD,
              "Withheld: exists, but the law does not let it through to you",
              "nothing that had to be stated");
    put_verified(invocation, json_object_get(whole, "verified"));
    json_decref(whole);
    return COMITY_DONE;
}

/* What the archive knows, where the gateway did not say more. */
static void put_own(const struct invocation *inv, const struct comity_sent *sent,
                    struct comity_stages *timeline)
{
    struct comity_sent known = {.recipients = &timeline->known, .count = 1};
    memcpy(known.thread, timeline->thread, sizeof known.thread);
    request_put_own(inv, sent == NULL ? &known : sent, timeline);
    if (sent == NULL)
        say(inv, "This is what is known here; it may not be all.");
}

/*
 * An own message is not in the inbox: what there is to show of it is how far it has come. exit and
 * *reterr are of looking for it there, and stay where it is no own one either.
 */
static enum comity_exit show_own(const struct invocation *inv, struct comity *comity,
                                 enum comity_exit exit, struct comity_fault *reterr)
{
    struct comity_sent *sent = NULL;
    struct comity_stages *timeline = NULL;
    struct comity_fault asked = *reterr, found = {0};
    bool away = exit == COMITY_UNAVAILABLE;
    enum comity_exit status = away ? exit : comity_status(comity, inv->words[0], &sent, &asked);
    enum comity_exit local = comity_timeline(comity, inv->words[0], &timeline, &found);
    if (timeline != NULL) {
        put_own(inv, sent, timeline);
        exit = status;
        *reterr = asked;
    } else if (local != COMITY_UNKNOWN) {
        exit = local;
        *reterr = found;
    }
    comity_stages_free(timeline);
    comity_sent_free(sent);
    return exit;
}

static enum comity_exit show_message(const struct invocation *inv, struct comity *comity,
                                     struct comity_fault *reterr)
{
    struct comity_shown *shown = NULL;
    enum comity_exit exit = comity_show(comity, inv->words[0], !inv->dry_run, &shown, reterr);
    if (exit == COMITY_UNKNOWN || exit == COMITY_UNAVAILABLE)
        return show_own(inv, comity, exit, reterr);
    if (exit == COMITY_DONE)
        exit = print_shown(inv, shown, reterr);
    if (exit == COMITY_DONE && strcmp(shown->type, "mla.request") == 0)
        say(inv, "\nnext: comity request ack %s", shown->id);
    comity_shown_free(shown);
    return exit;
}

static enum comity_exit show(const struct invocation *inv, struct comity_fault *reterr)
{
    struct comity *comity = NULL;
    enum comity_exit exit = context_open(inv, &comity, reterr);
    if (exit == COMITY_DONE)
        exit = show_message(inv, comity, reterr);
    comity_close(comity);
    return exit;
}

const struct command request_show_command = {
    .noun = "request",
    .verb = "show",
    .arguments = "ID",
    .summary = "Shows a message once every check of it holds, or how far an own one has come",
    .help = "Three kinds of values are kept apart: what the sender sealed, what a gateway made "
            "of it, and what is withheld. Showing tells the sender that it was read; --dry-run "
            "does not. A message without a valid receipt is not shown.\n\n"
            "Of an own message the stages are shown, each with its time and its place in the "
            "audit log of the gateway that wrote it: accepted, relayed, delivered and retrieved, "
            "or rejected, not relayed, not delivered and not retrieved. Without the gateway it "
            "ends with exit code 7, after what is known here.\n\n"
            "Examples:\n"
            "  comity request show 7d0e6f0a-52d3-4f4e-9a53-0a4be1d7b0c1 --context xc-ca-01\n"
            "  comity request show 7d0e6f0a-52d3-4f4e-9a53-0a4be1d7b0c1 --json | jq .document\n",
    .words_min = 1,
    .words_max = 1,
    .run = show,
};
