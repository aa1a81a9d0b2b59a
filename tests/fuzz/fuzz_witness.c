/* Requests to a witness: what is read is written again octet for octet, and nothing that nobody
 * signed is cosigned. What witnesses answer: what is put into a checkpoint is in it. */

#include "audit/witness.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VKEY    "gw1.jx.example/audit/2026+a7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3"
#define WITNESS "moj-b.example/witness/1+70069452+BKCapfR6Z1mAL/lV+NwtKhSlyZ0jvpf4ZBJ/+Tg0VaTw"
#define ROOT    0x5d /* the first octet of the one root of size 8 that this key has signed */

static void write_again(const struct witness_request *request, struct slice in)
{
    struct slice path[WITNESS_MAX_HASHES];
    struct buffer out = buffer_new(WITNESS_MAX_BYTES);
    for (size_t i = 0; i < request->hash_count; i++)
        path[i] = digest_slice(&request->hashes[i]);
    if (failed(witness_request_write(request->old, (struct slices){path, request->hash_count},
                                     request->note.text, &out)) ||
        !slice_equal(buffer_slice(&out), in))
        abort();
    buffer_done(&out);
}

static void judge(const struct witness_request *request)
{
    struct vkey log;
    const struct witness_head heads[] = {witness_head_empty(), {request->old, request->note.root}};
    if (failed(vkey_parse(slice_text(VKEY), &log)))
        abort();
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        enum witness_verdict verdict = witness_judge(request, &log, &heads[i]);
        if (verdict == WITNESS_GOOD &&
            (request->note.size != 8 || request->note.root.octets[0] != ROOT))
            abort();
        (void)witness_conflict(request, verdict, &heads[i]);
    }
}

/* The note, and its lines as an answer to it. */
static void add(const struct note *note)
{
    struct cosigner cosigner = {.until_s = UINT64_MAX};
    struct note added;
    uint64_t time_s;
    struct buffer out = buffer_new(2 * NOTE_MAX_BYTES);
    size_t head = note->body.length + 1;
    if (failed(vkey_parse(slice_text(WITNESS), &cosigner.vkey)))
        abort();
    struct slice lines = slice_part(note->text, head, SIZE_MAX);
    if (!failed(note_add_cosignature(note->text, lines, &cosigner, &out)) &&
        (failed(note_parse(buffer_slice(&out), &added)) ||
         failed(note_cosigned(&added, &cosigner.vkey, &time_s))))
        abort();
    buffer_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_over(data, size);
    struct witness_request request;
    if (failed(witness_request_parse(in, &request)))
        return 0;
    write_again(&request, in);
    judge(&request);
    add(&request.note);
    return 0;
}
