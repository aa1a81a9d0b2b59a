/* What a gateway writes around its own checkpoints does not grow the evidence against it, and all
 * of the evidence is given however much it is. */

#include "support/check.h"

#include "base/encoding.h"
#include "witness/evidence.h"
#include "witness_stand.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES ((4U << 20) + (64U << 10)) /* that an answer may have */
#define OLD_PIECES   70                         /* that go over it as lines of JSON */

/* Appends what stands behind the dash of a signature line, as often as a note has room for; names
 * of quotes, which JSON writes twice as long. */
static void pad_note(struct buffer *note)
{
    char name[ORIGIN_MAX_BYTES + 1], text[1200];
    uint8_t blob[702];
    memset(name, '"', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (unsigned i = 1; i < NOTE_MAX_SIGNATURES; i++) {
        memset(blob, (int)i, sizeof blob);
        base64_write(slice_over(blob, sizeof blob), text);
        buffer_print(note, "\xe2\x80\x94 %s %s\n", name, text);
    }
}

/* Shows a checkpoint of this size with a root of its own, with all else that a request can have. */
static struct kept_answer show_fork(struct stand *s, uint64_t size, uint8_t salt)
{
    struct digest root = {{salt, 1}};
    struct slice hashes[WITNESS_MAX_HASHES];
    struct kept_answer answer = {0};
    struct buffer note = buffer_new(NOTE_MAX_BYTES), text = buffer_new(WITNESS_MAX_BYTES);
    struct buffer line = buffer_new(NOTE_MAX_BYTES);
    for (size_t i = 0; i < WITNESS_MAX_HASHES; i++)
        hashes[i] = digest_slice(&root);
    CHECK_OK(note_sign(s->log.key, WITNESS_ORIGIN, size, &root, &note));
    pad_note(&note);
    CHECK_OK(witness_request_write(1000, (struct slices){hashes, WITNESS_MAX_HASHES},
                                   buffer_slice(&note), &text));
    CHECK_OK(stand_ask(s, buffer_slice(&text), &line, &answer));
    buffer_done(&note);
    buffer_done(&text);
    buffer_done(&line);
    return answer;
}

/* Has the log cosigned, which repeats its own line as often as a note takes it. */
static void show_repeated(struct stand *s, uint64_t old, uint64_t size)
{
    struct witness_request request;
    struct kept_answer answer = {0};
    struct buffer text = buffer_new(WITNESS_MAX_BYTES), line = buffer_new(NOTE_MAX_BYTES);
    witness_log_request(&s->log, old, size, &text);
    CHECK_OK(witness_request_parse(buffer_slice(&text), &request));
    char *own =
        strndup((const char *)request.note.lines[0].whole.at, request.note.lines[0].whole.length);
    for (unsigned i = 1; i < NOTE_MAX_SIGNATURES; i++)
        buffer_text(&text, own);
    CHECK_OK(stand_ask(s, buffer_slice(&text), &line, &answer));
    CHECK_U64(answer.verdict, WITNESS_GOOD);
    free(own);
    buffer_done(&text);
    buffer_done(&line);
}

/* What the pages of a log's evidence came to. */
struct read {
    size_t pieces, pages, longest;
    uint64_t number; /* of the last piece */
};

static void read_line(struct read *r, const char *line, uint64_t *ret_next)
{
    json_t *row = json_loads(line, 0, NULL);
    const json_t *next = json_object_get(row, "next");
    const uint64_t number = (uint64_t)json_integer_value(json_object_get(row, "number"));
    CHECK_U64(*ret_next, 0); /* what goes on stands in the last line */
    *ret_next = (uint64_t)json_integer_value(next);
    if (next != NULL) {
        CHECK(*ret_next > r->number);
    } else if (CHECK(number > r->number)) {
        CHECK(json_string_length(json_object_get(row, "cosigned")) > 0);
        CHECK(json_string_length(json_object_get(row, "shown")) > 0);
        r->number = number;
        r->pieces++;
    }
    json_decref(row);
}

/* Where to go on; 0: that was all. */
static uint64_t read_page(struct stand *s, struct read *r, uint64_t from)
{
    uint64_t next = 0;
    struct digest origin = digest_plain(slice_text(WITNESS_ORIGIN));
    struct buffer out = buffer_new(ANSWER_BYTES);
    CHECK_OK(evidence_page(s->kept, &origin, from, &out));
    struct slice rest = buffer_slice(&out), line;
    while (slice_line(&rest, &line)) {
        char *text = strndup((const char *)line.at, line.length);
        read_line(r, text, &next);
        free(text);
    }
    CHECK_U64(rest.length, 0);
    r->pages++;
    if (out.length > r->longest)
        r->longest = out.length;
    buffer_done(&out);
    return next;
}

static struct read read_all(struct stand *s)
{
    struct read r = {0};
    uint64_t from = 0;
    do
        from = read_page(s, &r, from);
    while (from > 0 && CHECK(r.pages < 1000));
    return r;
}

/* A kept_visit. */
static bool see_own_lines(void *owner, const struct kept_evidence *one)
{
    const struct stand *s = owner;
    struct note shown, cosigned;
    if (!CHECK_OK(note_parse(one->shown, &shown)) ||
        !CHECK_OK(note_parse(one->cosigned, &cosigned)))
        return false;
    CHECK_U64(shown.line_count, 1);
    CHECK_OK(note_verify(&shown, &s->log.vkey));
    CHECK_U64(cosigned.line_count, 2);
    CHECK_OK(note_verify(&cosigned, &s->log.vkey));
    return true;
}

static void of_what_was_shown_the_logs_own_line_is_kept_once(void)
{
    struct stand s;
    struct digest origin = digest_plain(slice_text(WITNESS_ORIGIN));
    stand_make(&s);
    show_repeated(&s, 0, 1000);
    CHECK(show_fork(&s, 1000, 1).is_new);
    CHECK(show_fork(&s, 999, 1).is_new);
    CHECK(show_fork(&s, 1001, 1).is_new);
    CHECK_OK(kept_evidence(s.kept, &origin, 0, see_own_lines, &s));
    stand_done(&s);
}

static void a_gateway_that_pads_what_it_shows_hides_nothing(void)
{
    struct stand s;
    stand_make(&s);
    show_repeated(&s, 0, 8);
    show_repeated(&s, 8, 1000);
    for (unsigned i = 0; i < KEPT_EVIDENCE; i++) {
        CHECK_U64(show_fork(&s, 1000, (uint8_t)i).conflict, WITNESS_TWO_ROOTS);
        CHECK(show_fork(&s, 900 - i, (uint8_t)i).is_new);
        CHECK_U64(show_fork(&s, 1001 + i, (uint8_t)i).conflict, WITNESS_UNLED);
    }
    const struct read r = read_all(&s);
    CHECK_U64(r.pieces, 3 * KEPT_EVIDENCE);
    CHECK(r.pages > 1);
    CHECK(r.longest < EVIDENCE_PAGE_BYTES + 64);
    stand_done(&s);
}

static void run(sqlite3 *db, const char *sql)
{
    char *error = NULL;
    if (!CHECK_U64((uint64_t)sqlite3_exec(db, sql, NULL, NULL, &error), SQLITE_OK))
        fprintf(stderr, "%s\n", error);
    sqlite3_free(error);
}

/* The whole request was kept, and every line that a checkpoint had. */
static void keep_as_it_was(const struct stand *s)
{
    char sql[512];
    sqlite3 *db = NULL;
    CHECK_U64((uint64_t)sqlite3_open(s->state, &db), SQLITE_OK);
    snprintf(sql, sizeof sql,
             "UPDATE evidence SET cosigned = CAST(printf('%%.*c', %d, '\"') AS BLOB),"
             " shown = CAST('old 0' || char(10) || printf('%%.*c', %d, '\"') AS BLOB)",
             NOTE_MAX_BYTES, WITNESS_MAX_BYTES - 6);
    run(db, sql);
    sqlite3_close(db);
}

static void what_was_kept_whole_before_is_given_as_well(void)
{
    struct stand s;
    stand_make(&s);
    stand_check(&s, 0, 1000, WITNESS_GOOD);
    for (unsigned i = 0; i < OLD_PIECES / 2; i++) {
        CHECK(show_fork(&s, 1000, (uint8_t)i).is_new);
        CHECK(show_fork(&s, 900 - i, (uint8_t)i).is_new);
    }
    stand_close(&s);
    keep_as_it_was(&s);
    CHECK_OK(stand_open(&s));
    const struct read r = read_all(&s);
    CHECK_U64(r.pieces, OLD_PIECES);
    CHECK_U64(r.pages, OLD_PIECES);
    stand_done(&s);
}

static void a_page_begins_where_it_is_asked_to_and_is_of_one_log(void)
{
    struct stand s;
    struct digest origin = digest_plain(slice_text(WITNESS_ORIGIN));
    struct digest other = digest_plain(slice_text("another.example/audit"));
    struct buffer out = buffer_new(ANSWER_BYTES);
    stand_make(&s);
    CHECK_STATUS(evidence_page(s.kept, &origin, 0, &out), FAIL(ABSENT));
    stand_check(&s, 0, 1000, WITNESS_GOOD);
    for (uint8_t i = 0; i < 3; i++)
        CHECK(show_fork(&s, 1000, i).is_new);
    struct read r = read_all(&s);
    CHECK_U64(r.pieces, 3);
    struct read rest = {0};
    CHECK_U64(read_page(&s, &rest, r.number - 1), 0);
    CHECK_U64(rest.pieces, 2);
    CHECK_STATUS(evidence_page(s.kept, &origin, r.number + 1, &out), FAIL(ABSENT));
    CHECK_STATUS(evidence_page(s.kept, &other, 0, &out), FAIL(ABSENT));
    CHECK_U64(out.length, 0);
    buffer_done(&out);
    stand_done(&s);
}

TESTS(witness_evidence_pages,
      {"of what was shown the log's own line is kept once",
       of_what_was_shown_the_logs_own_line_is_kept_once},
      {"a gateway that pads what it shows hides nothing",
       a_gateway_that_pads_what_it_shows_hides_nothing},
      {"what was kept whole before is given as well", what_was_kept_whole_before_is_given_as_well},
      {"a page begins where it is asked to, and is of one log",
       a_page_begins_where_it_is_asked_to_and_is_of_one_log})
