#include "scenario/story.h"

#include <stdio.h>
#include <stdlib.h>

static size_t length_of(const struct frame *frame)
{
    struct buffer b = buffer_new(FRAME_HEAD_BYTES + FRAME_MAX_BYTES);
    frame_write(&b, frame);
    size_t length = b.length;
    buffer_done(&b);
    return length;
}

static uint64_t answered(const struct frame *frame)
{
    return frame->kind == FRAME_RECEIPT ? frame->as.receipt.answers : frame->as.refuse.answers;
}

/* The entries that an answer is behind are signed by then, and it waits for no more than those. A
 * stage that is told answers nothing: how many results came before it is chance. */
static void note_answer(struct story *s, const struct frame *frame)
{
    struct world *xc = s->pair.xc;
    buffer_print(&s->answers.text, "at %llu log %llu", (unsigned long long)xc->now.wall_ms,
                 (unsigned long long)world_log_size(xc));
    if (answered(frame) != 0)
        buffer_print(&s->answers.text, " commits %llu",
                     (unsigned long long)(xc->results - s->results));
    buffer_u8(&s->answers.text, '\n');
}

static bool note_frame(void *owner, unsigned from, struct frame *frame, struct arena *arena)
{
    struct story *s = owner;
    (void)arena;
    sketch_frame(&s->sent[from], frame, length_of(frame), s->pair.xa->now.wall_ms);
    if (from == PAIR_XA && frame->kind == FRAME_DELIVER)
        s->results = s->pair.xc->results;
    if (from == PAIR_XC && (frame->kind == FRAME_RECEIPT || frame->kind == FRAME_REFUSE))
        note_answer(s, frame);
    return true;
}

struct story *story_new(const char *rules, bool placeless)
{
    struct story *s = calloc(1, sizeof *s);
    if (s == NULL) {
        fprintf(stderr, "story: memory\n");
        exit(1);
    }
    s->pair.xa = world_new(
        &(struct world_settings){.apart = true, .repeatable = true, .law = 1, .rules = rules});
    s->pair.xc = world_new(&(struct world_settings){
        .gateway = "XC-GW-01", .apart = true, .repeatable = true, .law = 1, .rules = rules});
    s->pair.trunk = trunk_new(s->pair.xa, s->pair.xc);
    s->pair.trunk->gate = note_frame;
    s->pair.trunk->owner = s;
    s->pair.sender = client_dial(s->pair.xa, "XA-CA-01");
    s->pair.recipient = client_dial(s->pair.xc, "XC-CA-01");
    struct sketch *all[] = {&s->sent[0],   &s->sent[1], &s->answers, &s->sender,
                            &s->recipient, &s->logs[0], &s->logs[1]};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        *all[i] = sketch_new();
        all[i]->placeless = placeless;
    }
    return s;
}

static void note_log(struct world *w, struct sketch *log)
{
    char path[80];
    snprintf(path, sizeof path, "%s/log", w->folder);
    sketch_folder(log, path);
}

static void note_heard(const struct client *client, struct sketch *sketch)
{
    for (const struct heard *h = client->heard; h != NULL; h = h->next)
        sketch_frame(sketch, &h->frame, FRAME_HEAD_BYTES + h->octets.length, h->at_ms);
}

void story_finish(struct story *s)
{
    pair_settle(&s->pair);
    note_heard(s->pair.sender, &s->sender);
    note_heard(s->pair.recipient, &s->recipient);
    world_stop(s->pair.xa);
    world_stop(s->pair.xc);
    note_log(s->pair.xa, &s->logs[PAIR_XA]);
    note_log(s->pair.xc, &s->logs[PAIR_XC]);
}

void story_free(struct story *s)
{
    pair_end(&s->pair);
    sketch_free(&s->sent[0]);
    sketch_free(&s->sent[1]);
    sketch_free(&s->answers);
    sketch_free(&s->sender);
    sketch_free(&s->recipient);
    sketch_free(&s->logs[0]);
    sketch_free(&s->logs[1]);
    free(s);
}

void story_same_at_peer(const struct story *one, const struct story *two)
{
    CHECK(sketch_same(&one->sent[PAIR_XA], &two->sent[PAIR_XA]));
    CHECK(sketch_same(&one->sent[PAIR_XC], &two->sent[PAIR_XC]));
    CHECK(sketch_same(&one->recipient, &two->recipient));
    CHECK(sketch_same(&one->logs[PAIR_XC], &two->logs[PAIR_XC]));
}

void story_same_at_sender(const struct story *one, const struct story *two)
{
    CHECK(sketch_same(&one->sent[PAIR_XA], &two->sent[PAIR_XA]));
    CHECK(sketch_same(&one->sent[PAIR_XC], &two->sent[PAIR_XC]));
    CHECK(sketch_same(&one->answers, &two->answers));
    CHECK(sketch_same(&one->sender, &two->sender));
    CHECK(sketch_same(&one->logs[PAIR_XA], &two->logs[PAIR_XA]));
    CHECK(sketch_same(&one->logs[PAIR_XC], &two->logs[PAIR_XC]));
}
