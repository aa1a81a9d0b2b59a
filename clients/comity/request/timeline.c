/* How far an own message has come, stage by stage, each with its proof. */

#include <string.h>

#include "base/instant.h"
#include "comity/request/request.h"

static json_t *stage_json(const struct comity_stage *stage)
{
    char time[INSTANT_TEXT_BYTES];
    instant_write(stage->time_ms, time);
    return json_pack("{s:s,s:s,s:s,s:I,s:s}", "stage", stage->stage, "time", time, "gateway",
                     stage->gateway, "index", (json_int_t)stage->index, "code", stage->code);
}

static json_t *timeline_json(const struct comity_stages *t)
{
    json_t *list = json_array();
    for (size_t i = 0; i < t->count; i++)
        json_array_append_new(list, stage_json(&t->at[i]));
    return list;
}

/* The newest state of the gateway's log that a receipt proves; NULL where an earlier row of the
 * timeline has told of this gateway. */
static const struct comity_stage *newest_of(const struct comity_stages *t, size_t first)
{
    const struct comity_stage *newest = &t->at[first];
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->at[i].gateway, t->at[first].gateway) != 0)
            continue;
        if (i < first)
            return NULL;
        if (t->at[i].size > newest->size)
            newest = &t->at[i];
    }
    return newest;
}

static json_t *chain_json(const struct comity_stages *t)
{
    json_t *list = json_array();
    for (size_t i = 0; i < t->count; i++) {
        const struct comity_stage *s = newest_of(t, i);
        if (s != NULL)
            json_array_append_new(list, json_pack("{s:s,s:s,s:I,s:I}", "gateway", s->gateway,
                                                  "origin", s->origin, "size", (json_int_t)s->size,
                                                  "index", (json_int_t)s->index));
    }
    return list;
}

static void put_own_json(const struct comity_sent *sent, const struct comity_stages *t)
{
    json_t *json = request_sent_json(sent);
    json_t *verified =
        json_pack("{s:b,s:o}", "receipt", (int)(t->count > 0), "chain", chain_json(t));
    json_object_set_new(json, "timeline", timeline_json(t));
    json_object_set_new(json, "verified", verified);
    put_json(json);
}

static void draw_stage(const struct invocation *inv, const struct comity_stage *s, bool last)
{
    char time[INSTANT_TEXT_BYTES];
    instant_write(s->time_ms, time);
    fputs("  ", stdout);
    put_painted(inv, s->failed ? PAINT_BAD : PAINT_GOOD, s->failed ? "x" : "o");
    printf("  %-14s %-24s  %s  entry %llu of %llu", s->stage, time, s->gateway,
           (unsigned long long)s->index, (unsigned long long)s->size);
    if (s->code[0] != '\0')
        printf("  (%s)", s->code);
    fputs(last ? "\n" : "\n  |\n", stdout);
}

static void draw(const struct invocation *inv, const struct comity_stages *t)
{
    put_heading(inv, "Stages: each is an entry in the audit log of the gateway beside it");
    for (size_t i = 0; i < t->count; i++)
        draw_stage(inv, &t->at[i], i + 1 == t->count);
    if (t->count == 0)
        puts("  none is proved yet");
}

void request_put_own(const struct invocation *inv, const struct comity_sent *sent,
                     const struct comity_stages *timeline)
{
    if (inv->json) {
        put_own_json(sent, timeline);
        return;
    }
    request_print_sent(inv, sent);
    draw(inv, timeline);
}
