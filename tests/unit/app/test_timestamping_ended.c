/* Whether the last tree of a log that ended needs a timestamp. */

#include "support/check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../crypto/tsa.h"
#include "app/timestamping_parts.h"
#include "audit/note.h"
#include "base/file.h"
#include "said.h"
#include "support/folder.h"

#define ORIGIN  "xa-gw-01.example/audit/2026"
#define SIZE    70
#define SAMPLES 60 /* octets of a timestamp that are changed */

/* A published log with one beside it that ended. */
struct stand {
    struct timestamping t;
    struct timestamp_authorities *authorities;
    struct journal_ended ended;
    struct buffer note, kept;
    char path[512]; /* of its timestamp */
};

/* What an authority answers to whoever asks about the log's end. */
static void stamp(struct stand *s, const char *signer)
{
    struct note note;
    const struct tsa_answer answer = {.signer = signer};
    struct buffer request = buffer_new(TIMESTAMP_REQUEST_MAX_BYTES);
    struct buffer response = buffer_new(TIMESTAMP_MAX_BYTES);
    CHECK_OK(note_parse(buffer_slice(&s->note), &note));
    CHECK_OK(timestamp_request(note.body, 7, &request));
    tsa_stamp(&answer, buffer_slice(&request), &response);
    buffer_clear(&s->kept);
    CHECK_OK(timestamp_keep(buffer_slice(&response), &s->kept));
    buffer_done(&request);
    buffer_done(&response);
}

static void stand_make(struct stand *s)
{
    static const uint8_t seed[32] = {1};
    const char *dir = fresh_folder();
    char folder[256];
    struct key *key = NULL;
    *s =
        (struct stand){.note = buffer_new(NOTE_MAX_BYTES), .kept = buffer_new(TIMESTAMP_MAX_BYTES)};
    s->ended = (struct journal_ended){.origin = ORIGIN, .size = SIZE};
    CHECK_OK(key_from_seed(seed, &key));
    CHECK_OK(note_sign(key, ORIGIN, SIZE, &s->ended.root, &s->note));
    key_free(key);
    s->ended.note = buffer_slice(&s->note);
    CHECK_OK(timestamp_authorities_load(pki("tsa/ca.crt"), &s->authorities));
    s->t = (struct timestamping){
        .log_path = dir, .authorities = s->authorities, .diagnostics = *said_anew()};
    snprintf(folder, sizeof folder, "%s/2026/timestamp", dir);
    CHECK_OK(folder_make(folder, 0700));
    snprintf(s->path, sizeof s->path, "%s/%d.tsr", folder, SIZE);
    snprintf(folder, sizeof folder, "%s/2026/checkpoint", dir);
    CHECK_OK(file_write(folder, s->ended.note, 0600));
    stamp(s, "tsa");
}

static void stand_done(struct stand *s)
{
    timestamp_authorities_free(s->authorities);
    buffer_done(&s->note);
    buffer_done(&s->kept);
}

static bool needs(struct stand *s)
{
    char folder[TIMESTAMPING_PATH_BYTES];
    bool is = false;
    CHECK_OK(timestamping_ended_look(&s->t, &s->ended, folder, &is));
    CHECK(strncmp(s->path, folder, strlen(folder)) == 0);
    return is;
}

static void one_is_needed_until_it_is_there(void)
{
    struct stand s;
    stand_make(&s);
    CHECK(needs(&s));
    CHECK_OK(file_write(s.path, buffer_slice(&s.kept), 0600));
    CHECK(!needs(&s));
    CHECK_U64(said_lines(), 0);
    stand_done(&s);
}

static void a_log_whose_files_are_elsewhere_or_empty_needs_none(void)
{
    char folder[256];
    struct stand s;
    stand_make(&s);
    s.ended.size = 0;
    CHECK(!needs(&s));
    s.ended.size = SIZE;
    snprintf(folder, sizeof folder, "%s/2026/checkpoint", s.t.log_path);
    CHECK(unlink(folder) == 0);
    CHECK(!needs(&s));
    stand_done(&s);
}

static void check_foreign(struct stand *s)
{
    struct buffer there = buffer_new(2 * TIMESTAMP_MAX_BYTES);
    CHECK_OK(file_write(s->path, buffer_slice(&s->kept), 0600));
    CHECK(!needs(s));
    CHECK(said_this("2026/timestamp/70.tsr is no good timestamp of a log that ended"));
    CHECK_OK(file_read(s->path, &there));
    CHECK_BYTES(buffer_slice(&there), buffer_slice(&s->kept));
    buffer_done(&there);
}

static void what_lies_in_its_place_is_said_and_left_there(void)
{
    struct stand s;
    stand_make(&s);
    for (size_t at = 0; at < s.kept.length; at += 1 + s.kept.length / SAMPLES) {
        s.kept.at[at] ^= 1;
        check_foreign(&s);
        s.kept.at[at] ^= 1;
    }
    stamp(&s, "stranger");
    check_foreign(&s);
    buffer_done(&s.kept);
    s.kept = buffer_new(TIMESTAMP_MAX_BYTES + 1);
    for (size_t i = 0; i <= TIMESTAMP_MAX_BYTES; i++)
        buffer_u8(&s.kept, '0');
    check_foreign(&s);
    stand_done(&s);
}

TESTS(app_timestamping_ended, {"one is needed until it is there", one_is_needed_until_it_is_there},
      {"a log whose files are elsewhere, or empty, needs none",
       a_log_whose_files_are_elsewhere_or_empty_needs_none},
      {"what lies in its place is said and left there",
       what_lies_in_its_place_is_said_and_left_there})
