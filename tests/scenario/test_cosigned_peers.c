/* What witnesses have cosigned of XA's log, told to XC for its parties. */

#include <string.h>

#include "audit/cosigned.h"
#include "base/instant.h"
#include "exchange/link_peer.h"
#include "journal/cosigned.h"
#include "scenario/telling.h"
#include "session/query.h"

#define SOON_MS (2 * PEER_COSIGNED_MS)

static struct pair begin(void)
{
    struct pair p = pair_new(&(struct pair_settings){.witnessed = true});
    telling_pass(&p, PEER_CHECKPOINT_MS);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_CHECKPOINT, 0), 1);
    return p;
}

static void cosign(const char *state, uint64_t time_s, const struct note *note, struct buffer *out)
{
    char name[] = "witness.xx.example";
    struct key *key = world_witness(state);
    memcpy(&name[8], strcmp(state, "XA") == 0 ? "xa" : "xc", 2);
    CHECK_OK(note_cosign(key, name, time_s, note, out));
    key_free(key);
}

/* XA's log as it is, cosigned by that State's witness so many seconds ago; its size. */
static uint64_t cosigned(const struct pair *p, const char *state, uint64_t age_s)
{
    struct slice text;
    struct note note = {.size = 0};
    uint64_t size = 0;
    const uint64_t time_s = p->xa->now.wall_ms / MS_PER_SECOND - age_s;
    struct arena *arena = arena_new((size_t)1 << 20);
    struct buffer out = buffer_new(NOTE_MAX_BYTES);
    if (CHECK_OK(journal_checkpoint(p->xa->reader, arena, &text, &size)) &&
        CHECK_OK(note_parse(text, &note))) {
        buffer_put(&out, text);
        cosign(state, time_s, &note, &out);
        CHECK_OK(journal_keep_cosigned(p->xa->journal, slice_text(state), buffer_slice(&out),
                                       (time_s + COSIGNED_FRESH_S) * MS_PER_SECOND));
    }
    buffer_done(&out);
    arena_free(arena);
    return size;
}

/* What XC's party is answered when it asks for XA's log. */
struct answered {
    struct arena *arena;
    struct note note;
    struct steps_row join; /* size 0: none came */
};

static struct answered ask(struct pair *p)
{
    struct answered a = {.arena = arena_new((size_t)1 << 20)};
    struct slice text = {0};
    const struct heard *h =
        client_ask(p->recipient, &(struct query_args){.what = QUERY_CHECKPOINT,
                                                      .origin = slice_text(WORLD_ORIGIN)});
    if (!CHECK(h != NULL) || !CHECK_U64(h->frame.kind, FRAME_ANSWER))
        return a;
    const struct slices rows = h->frame.as.answer.rows;
    CHECK(rows.count == 1 || rows.count == 2);
    if (CHECK_OK(checkpoint_row_parse(rows.at[0], &text)))
        CHECK_OK(note_parse(arena_copy(a.arena, text), &a.note));
    if (rows.count == 2)
        CHECK_OK(steps_row_parse(a.arena, arena_copy(a.arena, rows.at[1]), &a.join));
    return a;
}

static bool is_cosigned(const struct answered *a)
{
    return a->note.line_count == 2;
}

/* The step at the other end of the join, as XC keeps it, is one history with the note. */
static void check_join(const struct pair *p, const struct answered *a)
{
    const uint64_t step = a->join.old_size == a->note.size ? a->join.size : a->join.old_size;
    const struct digest root = digest_read(a->join.root);
    struct peer_checkpoint *rows;
    size_t count = 0, found = 0;
    CHECK_OK(journal_peer_steps(p->xc->reader, a->arena, slice_text(WORLD_ORIGIN), 0, 100, &rows,
                                &count));
    for (size_t i = 0; i < count; i++) {
        if (rows[i].size != step)
            continue;
        const bool is_ahead = step < a->note.size;
        const struct digest *low = is_ahead ? &rows[i].root : &a->note.root;
        const struct digest *high = is_ahead ? &a->note.root : &rows[i].root;
        CHECK(digest_equal(high, digest_slice(&root)));
        CHECK(merkle_consistent(a->join.old_size, a->join.size, low, high, a->join.path));
        found++;
    }
    CHECK_U64(found, 1);
}

static void what_is_cosigned_comes_to_the_readers_of_the_witness_s_state(void)
{
    struct pair p = begin();
    struct answered before = ask(&p);
    CHECK_U64(before.note.line_count, 1); /* the log's own word */
    arena_free(before.arena);
    telling_grow(&p);
    telling_grow(&p);
    const uint64_t size = cosigned(&p, "XC", 1), kept = telling_steps(p.xc);
    telling_pass(&p, SOON_MS);
    struct answered after = ask(&p);
    CHECK(is_cosigned(&after));
    CHECK_U64(after.note.size, size);
    CHECK_U64(after.join.old_size, 1);
    check_join(&p, &after);
    CHECK_U64(telling_steps(p.xc), kept); /* it made none */
    arena_free(after.arena);
    pair_end(&p);
}

static void who_has_no_witness_of_its_own_is_given_none(void)
{
    struct pair p = begin();
    (void)cosigned(&p, "XA", 1);
    telling_pass(&p, SOON_MS);
    struct answered a = ask(&p);
    CHECK_U64(a.note.line_count, 1);
    arena_free(a.arena);
    pair_end(&p);
}

static void what_receipts_have_gone_past_is_joined_to_them(void)
{
    struct pair p = begin();
    struct letter *letter = plain_letter(p.xa);
    telling_grow(&p);
    const uint64_t size = cosigned(&p, "XC", 1);
    telling_pass(&p, SOON_MS);
    CHECK(scene_send(p.sender, letter) != NULL);
    pair_settle(&p);
    telling_pass(&p, SOON_MS);
    struct answered a = ask(&p);
    CHECK(is_cosigned(&a));
    CHECK_U64(a.join.old_size, size);
    CHECK_U64(a.join.size, world_log_size(p.xa));
    check_join(&p, &a);
    arena_free(a.arena);
    letter_free(letter);
    pair_end(&p);
}

static void between_what_is_cosigned_receipts_and_checkpoints_prove_on(void)
{
    struct pair p = begin();
    for (unsigned i = 0; i < 4; i++) {
        telling_grow(&p);
        (void)cosigned(&p, "XC", 1);
        telling_pass(&p, SOON_MS);
        telling_grow(&p);
        telling_pass(&p, PEER_CHECKPOINT_MS);
        (void)cosigned(&p, "XC", 0);
        scene_send_many(p.sender, 1);
        telling_pass(&p, SOON_MS);
        struct answered a = ask(&p);
        CHECK(is_cosigned(&a));
        check_join(&p, &a);
        arena_free(a.arena);
    }
    CHECK(p.trunk->links[0] != NULL);
    CHECK_U64(scene_lines(p.xc, "checkpoint."), 0);
    CHECK_U64(scene_lines(p.xa, "checkpoint."), 0);
    pair_end(&p);
}

static void it_is_told_again_on_the_next_link_and_old_after_ten_minutes(void)
{
    struct pair p = begin();
    (void)cosigned(&p, "XC", 1);
    telling_pass(&p, SOON_MS);
    size_t count = p.trunk->count;
    telling_pass(&p, SOON_MS);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_CHECKPOINT, count), 0); /* once is enough */
    trunk_dial(p.trunk);
    telling_pass(&p, SOON_MS);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_CHECKPOINT, count), 1);
    telling_pass(&p, (uint64_t)COSIGNED_FRESH_S * MS_PER_SECOND);
    struct answered a = ask(&p);
    CHECK_U64(a.note.line_count, 1);
    arena_free(a.arena);
    pair_end(&p);
}

static void a_smaller_one_takes_no_place(void)
{
    struct pair p = begin();
    struct slice text;
    uint64_t serial;
    struct arena *arena = arena_new((size_t)1 << 20);
    (void)cosigned(&p, "XC", 1);
    CHECK_OK(journal_cosigned_after(p.xa->reader, arena, 0, p.xa->now.wall_ms, &text, &serial));
    telling_grow(&p);
    const uint64_t size = cosigned(&p, "XC", 1);
    telling_pass(&p, SOON_MS);
    CHECK_OK(journal_keep_cosigned(p.xa->journal, slice_text("XC"), text,
                                   p.xa->now.wall_ms + MS_PER_MINUTE));
    size_t count = p.trunk->count;
    telling_pass(&p, SOON_MS);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_CHECKPOINT, count), 1);
    struct answered a = ask(&p);
    CHECK_U64(a.note.size, size);
    arena_free(a.arena);
    arena_free(arena);
    pair_end(&p);
}

/* ---- a bad gateway ---- */

static struct slice alter(struct arena *arena, struct slice text, size_t back)
{
    uint8_t *octets = arena_alloc(arena, text.length);
    if (!CHECK(octets != NULL))
        return text;
    memcpy(octets, text.at, text.length);
    octets[text.length - back] = octets[text.length - back] == 'A' ? 'B' : 'A';
    return slice_over(octets, text.length);
}

static void forge_a_cosignature(struct checkpoint_frame *c, struct arena *arena)
{
    c->note = alter(arena, c->note, 10);
}

static void name_another_log(struct checkpoint_frame *c, struct arena *arena)
{
    (void)arena;
    c->origin = slice_text(XC_ORIGIN);
}

static void break_the_path(struct checkpoint_frame *c, struct arena *arena)
{
    (void)arena;
    c->path.at[0] = slice_text("0123456789abcdef0123456789abcdef");
}

static void begin_elsewhere(struct checkpoint_frame *c, struct arena *arena)
{
    (void)arena;
    c->old_size++;
}

static void begin_nowhere(struct checkpoint_frame *c, struct arena *arena)
{
    (void)arena;
    c->old_size = 0;
    c->path.count = 0;
}

typedef void spoil(struct checkpoint_frame *checkpoint, struct arena *arena);

struct spoiler {
    spoil *spoil;
};

static bool spoil_cosigned(void *owner, unsigned from, struct frame *f, struct arena *arena)
{
    const struct spoiler *s = owner;
    struct note note;
    if (from == PAIR_XA && f->kind == FRAME_CHECKPOINT &&
        !failed(note_parse(f->as.checkpoint.note, &note)) && note.line_count > 1)
        s->spoil(&f->as.checkpoint, arena);
    return true;
}

static void what_does_not_hold_ends_the_link_and_is_given_to_nobody(void)
{
    static const struct {
        spoil *spoil;
        const char *reason;
    } tricks[] = {
        {forge_a_cosignature, "note.signature"}, {name_another_log, "note.origin"},
        {break_the_path, "checkpoint.fork"},     {begin_elsewhere, "checkpoint.unproved"},
        {begin_nowhere, "checkpoint.unproved"},
    };
    for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
        struct pair p = begin();
        struct spoiler spoiler = {tricks[i].spoil};
        const uint64_t size = world_log_size(p.xc);
        telling_grow(&p);
        telling_grow(&p);
        (void)cosigned(&p, "XC", 1);
        p.trunk->gate = spoil_cosigned;
        p.trunk->owner = &spoiler;
        telling_pass(&p, SOON_MS);
        CHECK(p.trunk->links[0] == NULL);
        CHECK(scene_reason(p.xc, tricks[i].reason));
        CHECK_U64(world_log_size(p.xc), size + 1); /* an entry says so */
        CHECK_U64(scene_lines(p.xc, "peer.fork"), tricks[i].spoil == break_the_path ? 1 : 0);
        struct answered a = ask(&p);
        CHECK_U64(a.note.line_count, 1);
        arena_free(a.arena);
        pair_end(&p);
    }
}

/* A witness that has cosigned another history than what XC has steps of. */
static void a_cosigned_fork_is_an_alarm_with_both_as_evidence(void)
{
    struct pair p = begin();
    struct peer_fork fork;
    struct arena *arena = arena_new((size_t)1 << 20);
    struct letter *letter = plain_letter(p.xa);
    CHECK(scene_send(p.sender, letter) != NULL); /* XC keeps what is to be lost */
    pair_settle(&p);
    world_stop(p.xa);
    world_start_anew(p.xa);
    p.sender = client_dial(p.xa, "XA-CA-01");
    while (world_log_size(p.xa) < 4)
        telling_grow(&p);
    trunk_dial(p.trunk);
    (void)cosigned(&p, "XC", 1);
    telling_pass(&p, SOON_MS);
    CHECK(p.trunk->links[0] == NULL);
    CHECK_U64(scene_lines(p.xc, "\"level\":\"alarm\""), 1);
    CHECK(scene_reason(p.xc, "checkpoint.fork"));
    CHECK_OK(journal_peer_fork(p.xc->reader, arena, slice_text(WORLD_ORIGIN), &fork));
    letter_free(letter);
    arena_free(arena);
    pair_end(&p);
}

TESTS(cosigned_peers,
      {"what is cosigned comes to the readers of the witness's State",
       what_is_cosigned_comes_to_the_readers_of_the_witness_s_state},
      {"who has no witness of its own is given none", who_has_no_witness_of_its_own_is_given_none},
      {"what receipts have gone past is joined to them",
       what_receipts_have_gone_past_is_joined_to_them},
      {"between what is cosigned receipts and checkpoints prove on",
       between_what_is_cosigned_receipts_and_checkpoints_prove_on},
      {"it is told again on the next link, and old after ten minutes",
       it_is_told_again_on_the_next_link_and_old_after_ten_minutes},
      {"a smaller one takes no place", a_smaller_one_takes_no_place},
      {"what does not hold ends the link and is given to nobody",
       what_does_not_hold_ends_the_link_and_is_given_to_nobody},
      {"a cosigned fork is an alarm with both as evidence",
       a_cosigned_fork_is_an_alarm_with_both_as_evidence})
