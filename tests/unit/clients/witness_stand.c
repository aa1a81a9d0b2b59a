#include "witness_stand.h"

#include "support/check.h"

#include "support/folder.h"

#include <stdio.h>
#include <stdlib.h>

struct status stand_open(struct stand *s)
{
    struct status status = signer_load(s->key, WITNESS_SIGNER, s->error, &s->signer);
    if (failed(status))
        return status;
    status = kept_open(s->state, &s->signer, s->error, &s->kept);
    if (failed(status))
        signer_done(&s->signer);
    return status;
}

void stand_close(struct stand *s)
{
    kept_close(s->kept);
    signer_done(&s->signer);
    s->kept = NULL;
}

void stand_make(struct stand *s)
{
    const char *folder = fresh_folder();
    *s = (struct stand){.now_ms = WITNESS_BEGAN_MS};
    snprintf(s->key, sizeof s->key, "%s/witness.key", folder);
    snprintf(s->state, sizeof s->state, "%s/state.db", folder);
    witness_log_make(&s->log);
    if (!CHECK_OK(signer_make(s->key, s->error)) || !CHECK_OK(stand_open(s))) {
        fprintf(stderr, "%s\n", s->error);
        exit(1);
    }
    CHECK_OK(vkey_parse(slice_text(s->signer.vkey), &s->vkey));
}

void stand_done(struct stand *s)
{
    stand_close(s);
    witness_log_done(&s->log);
}

struct status stand_ask(struct stand *s, struct slice text, struct buffer *line,
                        struct kept_answer *ret_answer)
{
    struct witness_request request;
    if (!CHECK_OK(witness_request_parse(text, &request)))
        return FAIL(NONE);
    const struct submission submission = {&request, &s->log.vkey, &s->row, s->now_ms};
    return kept_submit(s->kept, &submission, line, ret_answer);
}

/* Whether these lines cosign the log's checkpoint of this size, now. */
static bool cosigns(struct stand *s, uint64_t size, struct slice lines)
{
    const uint64_t now_s = s->now_ms / 1000;
    const struct cosigner cosigner = {s->vkey, now_s, now_s};
    struct buffer note = buffer_new(NOTE_MAX_BYTES), out = buffer_new(NOTE_MAX_BYTES);
    witness_log_note(&s->log, size, &note);
    bool good = !failed(note_add_cosignature(buffer_slice(&note), lines, &cosigner, &out));
    buffer_done(&note);
    buffer_done(&out);
    return good;
}

struct kept_answer stand_submit(struct stand *s, uint64_t old, uint64_t size)
{
    struct kept_answer answer = {0};
    struct buffer text = buffer_new(WITNESS_MAX_BYTES), line = buffer_new(NOTE_MAX_BYTES);
    witness_log_request(&s->log, old, size, &text);
    CHECK_OK(stand_ask(s, buffer_slice(&text), &line, &answer));
    CHECK((line.length > 0) == (answer.verdict == WITNESS_GOOD));
    if (answer.verdict == WITNESS_GOOD)
        CHECK(cosigns(s, size, buffer_slice(&line)));
    buffer_done(&text);
    buffer_done(&line);
    return answer;
}

void stand_check(struct stand *s, uint64_t old, uint64_t size, enum witness_verdict want)
{
    struct kept_answer answer = stand_submit(s, old, size);
    if (!CHECK_U64(answer.verdict, want))
        fprintf(stderr, "%llu after %llu\n", (unsigned long long)size, (unsigned long long)old);
}

void stand_check_shown(struct stand *s, uint64_t size)
{
    struct digest origin = digest_plain(slice_text(WITNESS_ORIGIN));
    struct buffer out = buffer_new(NOTE_MAX_BYTES);
    struct note note;
    uint64_t time_s = 0;
    CHECK_OK(kept_checkpoint(s->kept, &origin, &out));
    if (CHECK_OK(note_parse(buffer_slice(&out), &note))) {
        CHECK_U64(note.size, size);
        CHECK_U64(note.line_count, 2);
        CHECK_OK(note_verify(&note, &s->log.vkey));
        CHECK_OK(note_cosigned(&note, &s->vkey, &time_s));
        CHECK_U64(time_s, s->now_ms / 1000);
    }
    buffer_done(&out);
}
