/* Silence that does not speak (PROTOCOL.md 6.5): what a hold or a silent removal at hop 2 leaves on
 * the other side, and what a removal leaves at the recipient's. Each test tells the same story in
 * several worlds, which may differ in nothing that the far side can see.
 *
 * Both gateways have one law. What hop 2 withholds on its own comes from rules that come into force
 * while the message is on its way. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/story.h"

#define PAD 64U /* of a request */

static const char holds[] = PAIR_RULES_LATER(PAIR_HOLDS);
static const char removes[] = PAIR_RULES_LATER(" forbid \"T-05 birth dates\"\n"
                                               "  fields person.dob\n"
                                               "  notice silent\n  basis \"test\"\n");
static const char nothing[] = PAIR_RULES_LATER(" forbid \"T-06 what nobody sends\"\n"
                                               "  fields tag.biometric\n"
                                               "  notice silent\n  basis \"test\"\n");

/* Where letters are written, and sealed anew: their drafts borrow from its rulebook. */
static struct world *desk_new(void)
{
    return world_new(&(struct world_settings){.apart = true});
}

/* ---- hop 2 holds, removes, or lets go on ---- */

/* Released on one day; what hop 2 makes of it, its rules of the next day say. Nobody fetches it. */
static struct story *tell_relaying(const char *rules, struct letter *letter)
{
    struct story *s = story_new(rules, false);
    CHECK(scene_send(s->pair.sender, letter) != NULL);
    pair_settle(&s->pair);
    pair_dial_at_midnight(&s->pair);
    pair_settle(&s->pair);
    return s;
}

static bool has_arrived(const struct story *s)
{
    return client_has_unread(s->pair.recipient);
}

/* Which fields the recipient got: "/dob". */
static bool has_got(const struct story *s, const char *end)
{
    char path[32];
    snprintf(path, sizeof path, "%s value=", end);
    return slice_holds(buffer_slice(&s->recipient.text), slice_text(path));
}

static void the_peer_cannot_tell_what_hop_2_holds_or_removes(void)
{
    struct world *desk = desk_new();
    struct letter *letter = plain_letter(desk);
    struct story *open = tell_relaying(nothing, letter);
    struct story *held = tell_relaying(holds, letter);
    struct story *removed = tell_relaying(removes, letter);
    CHECK(has_arrived(open));
    CHECK(has_arrived(removed));
    CHECK(!has_arrived(held));
    story_finish(open);
    story_finish(held);
    story_finish(removed);
    CHECK(has_got(open, "/dob"));
    CHECK(!has_got(removed, "/dob"));
    CHECK(has_got(removed, "/name/family"));
    story_same_at_sender(open, held);
    story_same_at_sender(open, removed);
    CHECK(open->answers.text.length > 0);
    story_free(open);
    story_free(held);
    story_free(removed);
    letter_free(letter);
    world_free(desk);
}

/* A message that is held until it expires ends as one that nobody fetches. */
static void what_is_held_for_good_fails_as_what_nobody_fetches(void)
{
    const char *rules[] = {nothing, holds};
    struct story *told[2];
    struct world *desk = desk_new();
    struct letter *letter = plain_letter(desk);
    for (size_t i = 0; i < 2; i++) {
        struct story *s = told[i] = tell_relaying(rules[i], letter);
        trunk_pass(s->pair.trunk, letter->draft.claims.expires_ms + 1 - s->pair.xa->now.wall_ms);
        trunk_dial(s->pair.trunk);
        exchange_overdue(s->pair.xc->exchange, s->pair.xc->now);
        pair_settle(&s->pair);
        CHECK_U64(trunk_passed(s->pair.trunk, PAIR_XC, FRAME_RECEIPT, 0), 2);
        story_finish(s);
    }
    story_same_at_sender(told[0], told[1]);
    story_free(told[0]);
    story_free(told[1]);
    letter_free(letter);
    world_free(desk);
}

/* ---- what was removed, at the recipient's ---- */

/* Takes the first field of that name out of a draft; false where there is none. */
static bool drop_one(struct letter *letter, const char *name)
{
    for (size_t i = 0; i < letter->draft.field_count; i++) {
        char path[PATH_MAX_BYTES + 1];
        if (slice_holds(letter->draft.fields[i].path, slice_text(name)) &&
            slice_copy_text(letter->draft.fields[i].path, path, sizeof path)) {
            letter_drop(letter, path);
            return true;
        }
    }
    return false;
}

/* The same letter as it would be had the field never been written. */
static void drop_dob(struct letter *letter)
{
    CHECK(drop_one(letter, "/dob"));
    letter_seal(letter, "XA-CA-01");
}

static void check_twins(const struct story *removed, const struct story *never)
{
    CHECK(has_got(removed, "/name/family"));
    CHECK(!has_got(removed, "/dob"));
    CHECK(sketch_same(&removed->recipient, &never->recipient));
    CHECK(sketch_same(&removed->sent[PAIR_XC], &never->sent[PAIR_XC]));
    CHECK(sketch_same(&removed->logs[PAIR_XC], &never->logs[PAIR_XC]));
}

/* The recipient's DELIVER part by part: message, seal, every field, both releases with their lists,
 * numbers, obligations and statements, both receipts; and the frame as a whole. */
static void what_hop_2_removed_is_as_if_it_had_never_been_there(void)
{
    struct world *desk = desk_new();
    struct letter *letter = plain_letter(desk);
    struct story *removed = tell_relaying(removes, letter);
    story_finish(removed);
    drop_dob(letter);
    struct story *never = tell_relaying(removes, letter);
    story_finish(never);
    check_twins(removed, never);
    story_free(removed);
    story_free(never);
    letter_free(letter);
    world_free(desk);
}

/* So many fields that one more needs the next length of the seal's list. */
static struct letter *letter_beyond_pad(struct world *desk)
{
    static char text[16384];
    const char *plain = plain_document("UNTOC18"), *list = strstr(plain, "\"offences\": [");
    if (!CHECK(list != NULL))
        exit(1);
    list += strlen("\"offences\": [");
    size_t at = (size_t)snprintf(text, sizeof text, "%.*s", (int)(list - plain), plain);
    for (unsigned i = 1; i <= PAD / 3; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "{\"iccs\": \"0701\", \"law\": \"law %u\","
                               " \"max_penalty_months\": 60},",
                               i);
    snprintf(text + at, sizeof text - at, "%s", list);
    struct letter *letter = scene_letter(desk, text, "XA-CA-01", "XC-CA-01");
    while (letter->draft.field_count > PAD + 1 && drop_one(letter, "/law"))
        continue;
    CHECK_U64(letter->draft.field_count, PAD + 1);
    letter_seal(letter, "XA-CA-01");
    return letter;
}

/* The lines of one part: " : field". */
static struct sketch lines_of(const struct sketch *all, const char *part)
{
    struct sketch lines = sketch_new();
    struct slice left = buffer_slice(&all->text);
    while (left.length > 0) {
        size_t end = slice_find(left, '\n');
        struct slice line = slice_part(left, 0, end);
        if (slice_holds(line, slice_text(part))) {
            buffer_put(&lines.text, line);
            buffer_u8(&lines.text, '\n');
        }
        left = slice_part(left, end + 1, SIZE_MAX);
    }
    return lines;
}

static bool same_lines(const struct story *one, const struct story *two, const char *part)
{
    struct sketch a = lines_of(&one->recipient, part), b = lines_of(&two->recipient, part);
    bool same = CHECK(a.text.length > 0) && sketch_same(&a, &b);
    sketch_free(&a);
    sketch_free(&b);
    return same;
}

/* The one thing that is not as if the field had never been there: the seal is the sender's, and its
 * list is twice as long where the sealed message, not what is left of it, needed that. Fields,
 * numbers, statements and receipts are the same then, too. */
static void only_a_seal_beyond_its_pad_tells_that_there_was_more(void)
{
    struct world *desk = desk_new();
    struct letter *letter = letter_beyond_pad(desk);
    struct story *removed = tell_relaying(removes, letter);
    story_finish(removed);
    drop_dob(letter);
    CHECK_U64(letter->draft.field_count, PAD);
    struct story *never = tell_relaying(removes, letter);
    story_finish(never);
    CHECK(same_lines(removed, never, " : field"));
    CHECK(same_lines(removed, never, " : receipt"));
    CHECK(!same_lines(removed, never, " : message"));
    CHECK(
        slice_holds(buffer_slice(&removed->recipient.text), slice_text(" digests=128 fields=64")));
    CHECK(slice_holds(buffer_slice(&never->recipient.text), slice_text(" digests=64 fields=64")));
    story_free(removed);
    story_free(never);
    letter_free(letter);
    world_free(desk);
}

TESTS(silence,
      {"the peer cannot tell what hop 2 holds or removes",
       the_peer_cannot_tell_what_hop_2_holds_or_removes},
      {"what is held for good fails as what nobody fetches",
       what_is_held_for_good_fails_as_what_nobody_fetches},
      {"what hop 2 removed is as if it had never been there",
       what_hop_2_removed_is_as_if_it_had_never_been_there},
      {"only a seal beyond its pad tells that there was more",
       only_a_seal_beyond_its_pad_tells_that_there_was_more})
