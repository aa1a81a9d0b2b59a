#include "scenario/sketch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/entry.h"
#include "audit/note.h"
#include "audit/receipt.h"
#include "message/field.h"
#include "message/release.h"
#include "message/seal.h"

#define TEXT_BYTES  ((size_t)4 << 20)
#define ARENA_BYTES ((size_t)8 << 20)
#define PATH_BYTES  512

struct sketch sketch_new(void)
{
    return (struct sketch){.text = buffer_new(TEXT_BYTES)};
}

void sketch_free(struct sketch *s)
{
    buffer_done(&s->text);
}

static void put_text(struct sketch *s, const char *name, struct slice text)
{
    buffer_print(&s->text, " %s=%.*s", name, (int)text.length, (const char *)text.at);
}

static void put_octets(struct sketch *s, const char *name, struct slice octets)
{
    buffer_print(&s->text, " %s=", name);
    for (size_t i = 0; i < octets.length; i++)
        buffer_print(&s->text, "%02x", octets.at[i]);
}

static void put_number(struct sketch *s, const char *name, uint64_t number)
{
    buffer_print(&s->text, " %s=%llu", name, (unsigned long long)number);
}

/* What grows with the log that it is of. */
static void put_place(struct sketch *s, const char *name, uint64_t number)
{
    if (!s->placeless)
        put_number(s, name, number);
}

static void end_line(struct sketch *s, const char *name)
{
    buffer_print(&s->text, " : %s\n", name);
}

/* ---- parts ---- */

static void put_outer(struct sketch *s, struct slice record)
{
    struct outer o;
    if (!CHECK_OK(outer_parse(record, &o)))
        return;
    put_number(s, "kind", o.kind);
    put_number(s, "stage", o.stage);
    put_number(s, "hop", o.hop);
    put_text(s, "gateway", o.gateway);
    put_octets(s, "id", o.id);
    put_text(s, "from", o.from);
    put_text(s, "to", o.to);
    put_text(s, "type", o.type);
    put_text(s, "purpose", o.purpose);
    put_text(s, "code", o.code);
    put_number(s, "digests", o.seal.length + o.release.length + o.rulebook.length);
}

static void put_receipt(struct sketch *s, struct arena *arena, struct slice octets)
{
    struct receipt r;
    struct note note;
    uint64_t time_ms;
    struct slice outer, inner;
    if (!CHECK_OK(receipt_parse(arena, octets, &r)) || !CHECK_OK(note_parse(r.note, &note)) ||
        !CHECK_OK(entry_parse(r.entry, &time_ms, &outer, &inner)))
        return;
    put_place(s, "octets", octets.length);
    put_number(s, "entry", r.entry.length);
    put_number(s, "time", time_ms);
    put_number(s, "key", r.key.length);
    put_number(s, "record", r.record.length);
    put_outer(s, r.record);
    put_place(s, "index", r.index);
    put_place(s, "path", r.path.count);
    put_text(s, "origin", note.origin);
    put_number(s, "lines", note.line_count);
    put_place(s, "size", note.size);
    put_place(s, "note", r.note.length);
    put_number(s, "proof", r.has_proof);
    put_place(s, "old", r.old_size);
    put_place(s, "proof.path", r.proof.count);
    end_line(s, "receipt");
}

static void put_release(struct sketch *s, struct arena *arena, struct slice octets)
{
    struct release r;
    if (!CHECK_OK(release_parse(arena, octets, &r)))
        return;
    put_number(s, "octets", octets.length);
    put_number(s, "hop", r.hop);
    put_text(s, "gateway", r.gateway);
    put_octets(s, "id", r.id);
    put_octets(s, "thread", r.thread);
    put_number(s, "digests", r.digests.count);
    for (size_t i = 0; i < r.withheld_count; i++) {
        put_text(s, "withheld", r.withheld[i].path);
        put_text(s, "code", r.withheld[i].code);
    }
    for (size_t i = 0; i < r.obligations.count; i++)
        put_text(s, "obligation", r.obligations.at[i]);
    put_number(s, "time", r.time_ms);
    put_number(s, "number", r.number);
    put_number(s, "law", r.rulebook.law);
    put_place(s, "previous", r.previous_size);
    end_line(s, "release");
}

static void put_fields(struct sketch *s, const struct contents *c)
{
    for (size_t i = 0; i < c->field_count; i++) {
        put_text(s, "path", c->fields[i].path);
        put_octets(s, "value", c->fields[i].value.raw);
        put_number(s, "octets", c->fields[i].octets.length);
        end_line(s, "field");
    }
    for (size_t i = 0; i < c->derived_count; i++) {
        put_text(s, "path", c->derived[i].path);
        put_octets(s, "value", c->derived[i].value.raw);
        put_number(s, "octets", c->derived[i].octets.length);
        end_line(s, "derived");
    }
}

static void put_message(struct sketch *s, struct arena *arena, const struct deliver *d)
{
    const struct envelope *e;
    const struct contents *c;
    if (!CHECK_OK(envelope_open(arena, d->message.seal, d->message_raw.length, &e)) ||
        !CHECK_OK(contents_parse(arena, &e->claims, d->message.fields, d->derived, &c)))
        return;
    put_number(s, "octets", d->message_raw.length);
    put_number(s, "seal", d->message.seal.length);
    put_octets(s, "id", e->claims.id);
    put_number(s, "created", e->claims.created_ms);
    put_number(s, "digests", e->claims.digests.count);
    put_number(s, "fields", c->field_count);
    put_number(s, "derived", c->derived_count);
    end_line(s, "message");
    put_fields(s, c);
}

/* ---- frames ---- */

typedef void sketcher(struct sketch *s, struct arena *arena, const struct frame *f);

static void put_deliver(struct sketch *s, struct arena *arena, const struct frame *f)
{
    const struct deliver *d = &f->as.deliver;
    put_message(s, arena, d);
    for (size_t i = 0; i < d->releases.count; i++)
        put_release(s, arena, d->releases.at[i]);
    for (size_t i = 0; i < d->receipts.count; i++)
        put_receipt(s, arena, d->receipts.at[i]);
}

static void put_receipt_frame(struct sketch *s, struct arena *arena, const struct frame *f)
{
    const struct receipt_frame *r = &f->as.receipt;
    put_place(s, "answers", r->answers);
    put_number(s, "report", r->report.present);
    put_number(s, "released", r->report.released);
    put_number(s, "transformed", r->report.transformed);
    put_number(s, "withheld", r->report.withheld);
    put_receipt(s, arena, r->receipt);
}

static void put_refuse(struct sketch *s, struct arena *arena, const struct frame *f)
{
    (void)arena;
    put_place(s, "answers", f->as.refuse.answers);
    put_text(s, "code", f->as.refuse.code);
    put_text(s, "detail", f->as.refuse.detail);
    put_number(s, "receipt", f->as.refuse.receipt.length);
    put_number(s, "retry", f->as.refuse.retry_ms);
}

static void put_taken(struct sketch *s, struct arena *arena, const struct frame *f)
{
    (void)arena;
    put_place(s, "answers", f->as.taken.answers);
    put_octets(s, "id", f->as.taken.key.id);
    put_number(s, "stage", f->as.taken.stage);
}

static void put_credit(struct sketch *s, struct arena *arena, const struct frame *f)
{
    (void)arena;
    put_number(s, "class", f->as.credit.class);
    put_number(s, "amount", f->as.credit.amount);
}

static void put_query(struct sketch *s, struct arena *arena, const struct frame *f)
{
    (void)arena;
    put_number(s, "what", f->as.query.what);
}

static void put_bye(struct sketch *s, struct arena *arena, const struct frame *f)
{
    (void)arena;
    put_text(s, "code", f->as.bye_code);
}

static const struct {
    sketcher *put;
    bool placed; /* as long as the log is large */
    bool beside; /* comes, or is spared, where a log has grown */
} kinds[FRAME_KINDS] = {
    [FRAME_DELIVER] = {.put = put_deliver, .placed = true},
    [FRAME_RECEIPT] = {.put = put_receipt_frame, .placed = true},
    [FRAME_REFUSE] = {.put = put_refuse},
    [FRAME_TAKEN] = {.put = put_taken},
    [FRAME_CREDIT] = {.put = put_credit},
    [FRAME_BYE] = {.put = put_bye},
    [FRAME_QUERY] = {.put = put_query},
    [FRAME_CHECKPOINT] = {.placed = true, .beside = true},
    [FRAME_PING] = {.beside = true},
    [FRAME_PONG] = {.beside = true},
    [FRAME_HELLO] = {.placed = true},
    [FRAME_WELCOME] = {.placed = true},
    [FRAME_ANSWER] = {.placed = true},
};

void sketch_frame(struct sketch *s, const struct frame *f, size_t length, uint64_t at_ms)
{
    if (s->placeless && kinds[f->kind].beside)
        return;
    struct arena *arena = arena_new(ARENA_BYTES);
    put_number(s, "at", at_ms);
    put_number(s, "frame", f->kind);
    put_place(s, "number", f->number);
    if (kinds[f->kind].placed)
        put_place(s, "octets", length);
    else
        put_number(s, "octets", length);
    end_line(s, "frame");
    if (CHECK(arena != NULL) && kinds[f->kind].put != NULL) {
        kinds[f->kind].put(s, arena, f);
        end_line(s, "end");
    }
    arena_free(arena);
}

/* ---- files ---- */

static bool is_hidden(const char *name)
{
    return name[0] == '.'; /* the folder itself and the one above */
}

static void put_entry(struct sketch *s, const char *path, size_t skip)
{
    struct stat stat;
    struct dirent **names = NULL;
    if (!CHECK(lstat(path, &stat) == 0))
        return;
    if (!S_ISDIR(stat.st_mode)) {
        buffer_print(&s->text, "%s %lld : file\n", path + skip, (long long)stat.st_size);
        return;
    }
    int count = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char below[PATH_BYTES];
        int length = snprintf(below, sizeof below, "%s/%s", path, names[i]->d_name);
        if (!is_hidden(names[i]->d_name) && CHECK(length > 0 && length < PATH_BYTES))
            put_entry(s, below, skip); /* as deep as tiles lie */
        free(names[i]);
    }
    free(names);
}

void sketch_folder(struct sketch *s, const char *path)
{
    put_entry(s, path, strlen(path));
}

/* ---- */

/* The line in which an octet stands. */
static struct slice line_at(struct slice text, size_t at)
{
    size_t from = at;
    while (from > 0 && text.at[from - 1] != '\n')
        from--;
    struct slice rest = slice_part(text, from, SIZE_MAX);
    return slice_part(rest, 0, slice_find(rest, '\n'));
}

bool sketch_same(const struct sketch *one, const struct sketch *two)
{
    struct slice a = buffer_slice(&one->text), b = buffer_slice(&two->text);
    if (slice_equal(a, b))
        return true;
    size_t at = 0;
    while (at < a.length && at < b.length && a.at[at] == b.at[at])
        at++;
    struct slice c = line_at(a, at), d = line_at(b, at);
    fprintf(stderr, "one: %.*s\ntwo: %.*s\n", (int)c.length, (const char *)c.at, (int)d.length,
            (const char *)d.at);
    return false;
}
