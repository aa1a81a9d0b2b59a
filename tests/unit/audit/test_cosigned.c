#include "support/check.h"

#include "audit/cosigned.h"
#include "base/instant.h"
#include "golden.h"

#include <stdio.h>

#define WITNESSES 3
#define NOW_S     1790000000U

/* Two witnesses of XA and one of XB. */
static struct key *keys[WITNESSES];
static char names[WITNESSES][32], vkeys[WITNESSES][ORIGIN_MAX_BYTES + 64];
static struct witness witnesses[WITNESSES];

static struct log_row log_of(unsigned quorum)
{
    return (struct log_row){.origin = slice_text(GOLDEN_ORIGIN),
                            .vkey = slice_text(GOLDEN_LOG_VKEY),
                            .quorum = quorum,
                            .witnesses = witnesses,
                            .witness_count = WITNESSES};
}

static void begin(void)
{
    static const char *const states[WITNESSES] = {"XA", "XA", "XB"};
    for (uint8_t i = 0; i < WITNESSES; i++) {
        uint8_t seed[32] = {i, 1}, public[32];
        CHECK_OK(key_from_seed(seed, &keys[i]));
        CHECK(key_public(keys[i], public));
        snprintf(names[i], sizeof names[i], "witness.example/%u", i);
        vkey_write(names[i], 0x04, public, vkeys[i]);
        witnesses[i] =
            (struct witness){.state = slice_text(states[i]), .vkey = slice_text(vkeys[i])};
    }
}

static void end(void)
{
    for (unsigned i = 0; i < WITNESSES; i++)
        key_free(keys[i]);
}

/* The golden checkpoint, cosigned so many seconds before NOW_S by each witness; 0: by it not. */
static struct buffer noted(const unsigned before_s[static WITNESSES])
{
    struct note note;
    struct buffer out = buffer_new(NOTE_MAX_BYTES);
    buffer_text(&out, GOLDEN_BODY "\n" GOLDEN_LOG_LINE);
    CHECK_OK(note_parse(slice_text(GOLDEN_BODY "\n" GOLDEN_LOG_LINE), &note));
    for (unsigned i = 0; i < WITNESSES; i++)
        if (before_s[i] > 0)
            CHECK_OK(note_cosign(keys[i], names[i], NOW_S - before_s[i], &note, &out));
    return out;
}

static void a_quorum_is_as_old_as_the_oldest_that_it_needs(void)
{
    static const struct {
        unsigned quorum, before_s[WITNESSES];
        uint64_t want;
    } rows[] = {
        {1, {0, 0, 0}, 0},
        {1, {90, 5, 40}, NOW_S - 5},
        {2, {90, 5, 40}, NOW_S - 40},
        {3, {90, 5, 40}, NOW_S - 90},
        {3, {90, 0, 40}, 0},
        {2, {0, 0, 40}, 0},
        {4, {90, 5, 40}, 0},
        {0, {90, 5, 40}, 0},
    };
    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct log_row log = log_of(rows[i].quorum);
        struct buffer note = noted(rows[i].before_s);
        CHECK_U64(cosigned_since(buffer_slice(&note), &log), rows[i].want);
        buffer_done(&note);
    }
    end();
}

static void what_does_not_hold_counts_for_nothing(void)
{
    begin();
    struct log_row log = log_of(1);
    struct buffer note = noted((unsigned[]){0, 5, 0});
    struct note parsed;
    if (CHECK_OK(note_parse(buffer_slice(&note), &parsed))) {
        size_t at = (size_t)(parsed.lines[1].whole.at - note.at) + parsed.lines[1].whole.length - 9;
        note.at[at] = note.at[at] == 'A' ? 'B' : 'A';
    }
    CHECK_U64(cosigned_since(buffer_slice(&note), &log), 0);
    CHECK_U64(cosigned_since(slice_text("no note"), &log), 0);
    CHECK_U64(cosigned_since((struct slice){NULL, 0}, &log), 0);
    witnesses[1].vkey = slice_text("no key");
    CHECK_U64(cosigned_since(buffer_slice(&note), &log), 0);
    buffer_done(&note);
    end();
}

static void a_false_line_of_a_witness_is_told_from_none(void)
{
    begin();
    struct log_row log = log_of(1);
    struct buffer note = noted((unsigned[]){0, 5, 0});
    struct note parsed;
    CHECK_OK(note_parse(buffer_slice(&note), &parsed));
    CHECK_OK(cosigned_check(&parsed, &log));
    parsed.lines[1].blob[40] ^= 1;
    CHECK_STATUS(cosigned_check(&parsed, &log), REFUSE(NOTE_SIGNATURE));
    witnesses[1].vkey = witnesses[0].vkey; /* of somebody else: it is passed over */
    CHECK_OK(cosigned_check(&parsed, &log));
    buffer_done(&note);
    end();
}

/* By nobody, by somebody unknown, and by a witness over something else. */
static void lines_that_say_nothing_are_not_kept(void)
{
    static const char *const lines[] = {
        "\xE2\x80\x94 x AAAAAAAA\n",
        GOLDEN_WITNESS_LINE,
    };
    begin();
    struct log_row log = log_of(1);
    struct buffer good = noted((unsigned[]){7, 0, 9}), out = buffer_new(NOTE_MAX_BYTES);
    for (size_t i = 0; i < 2; i++) {
        struct note parsed;
        struct buffer more = buffer_new(NOTE_MAX_BYTES);
        buffer_put(&more, buffer_slice(&good));
        buffer_text(&more, lines[i]);
        CHECK_OK(note_parse(buffer_slice(&more), &parsed));
        buffer_clear(&out);
        CHECK_OK(cosigned_keep(&parsed, &log, &out));
        CHECK_BYTES(buffer_slice(&out), buffer_slice(&good));
        buffer_done(&more);
    }
    struct note parsed;
    CHECK_OK(note_parse(buffer_slice(&good), &parsed));
    parsed.lines[1].blob[40] ^= 1;
    buffer_clear(&out);
    CHECK_OK(cosigned_keep(&parsed, &log, &out));
    CHECK_U64(out.length, good.length - parsed.lines[1].whole.length);
    parsed.lines[0].blob[40] ^= 1;
    parsed.lines[2].blob[40] ^= 1;
    buffer_clear(&out);
    CHECK_STATUS(cosigned_keep(&parsed, &log, &out), REFUSE(NOTE_KEY));
    buffer_done(&good);
    buffer_done(&out);
    end();
}

static void a_reader_asks_for_a_witness_of_its_state(void)
{
    static const struct {
        unsigned quorum, before_s[WITNESSES];
        bool of_xa, of_xb;
    } rows[] = {
        {1, {9, 0, 0}, true, false},  {1, {0, 9, 0}, true, false},  {1, {0, 0, 9}, false, true},
        {1, {9, 0, 9}, true, true},   {2, {9, 9, 0}, true, false},  {2, {9, 0, 0}, false, false},
        {3, {9, 0, 9}, false, false}, {0, {9, 9, 9}, false, false},
    };
    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct log_row log = log_of(rows[i].quorum);
        struct buffer note = noted(rows[i].before_s);
        const struct slice text = buffer_slice(&note);
        CHECK_U64(cosigned_serves(text, &log, slice_text("XA")), rows[i].of_xa);
        CHECK_U64(cosigned_serves(text, &log, slice_text("XB")), rows[i].of_xb);
        CHECK(!cosigned_serves(text, &log, slice_text("XC")));
        buffer_done(&note);
    }
    end();
}

/* Ahead, it is as old as behind: a witness's clock that was wrong once vouches for nothing later.
 */
static void only_what_is_about_now_is_fresh(void)
{
    static const struct {
        unsigned quorum;
        int64_t before_s[WITNESSES]; /* 0: it has not */
        bool of_xa, of_xb;
    } rows[] = {
        {1, {COSIGNED_FRESH_S, 0, 0}, true, false},
        {1, {COSIGNED_FRESH_S + 1, 0, 0}, false, false},
        {1, {-COSIGNED_FRESH_S, 0, 0}, true, false},
        {1, {-COSIGNED_FRESH_S - 1, 0, 0}, false, false},
        {1, {-31536000, 0, 0}, false, false},
        {2, {5, 0, -31536000}, false, false},
        {1, {5, 0, -31536000}, true, false},
        {2, {5, -31536000, 9}, true, true},
        {0, {5, 5, 5}, false, false},
    };
    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned before_s[WITNESSES];
        const struct log_row log = log_of(rows[i].quorum);
        for (size_t k = 0; k < WITNESSES; k++) /* NOW_S wraps, as noted takes it away */
            before_s[k] = (unsigned)rows[i].before_s[k];
        struct buffer note = noted(before_s);
        const struct slice text = buffer_slice(&note);
        CHECK_U64(cosigned_fresh(text, &log, slice_text("XA"), NOW_S * MS_PER_SECOND),
                  rows[i].of_xa);
        CHECK_U64(cosigned_fresh(text, &log, slice_text("XB"), NOW_S * MS_PER_SECOND),
                  rows[i].of_xb);
        buffer_done(&note);
    }
    CHECK(!cosigned_recent(UINT64_MAX, NOW_S * MS_PER_SECOND));
    CHECK(!cosigned_recent(0, NOW_S * MS_PER_SECOND));
    end();
}

TESTS(audit_cosigned,
      {"a quorum is as old as the oldest that it needs",
       a_quorum_is_as_old_as_the_oldest_that_it_needs},
      {"what does not hold counts for nothing", what_does_not_hold_counts_for_nothing},
      {"a false line of a witness is told from none", a_false_line_of_a_witness_is_told_from_none},
      {"lines that say nothing are not kept", lines_that_say_nothing_are_not_kept},
      {"a reader asks for a witness of its State", a_reader_asks_for_a_witness_of_its_state},
      {"only what is about now is fresh", only_what_is_about_now_is_fresh})
