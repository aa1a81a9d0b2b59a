/*
 * bench_seal RULEBOOK FROM TO CERTIFICATE KEY DOCUMENT COUNT FILE: composes and seals one document
 * COUNT times, as libcomity does, each time with new ids, names, salts and decoys. Prints how many
 * fields and octets one message has.
 */

#include <stdio.h>

#include "base/file.h"
#include "libcomity/clock.h"
#include "libcomity/sealing.h"
#include "messages.h"
#include "stop.h"

#define RULEBOOK_BYTES (64U << 20)
#define MESSAGE_BYTES  (1U << 20)
#define DOCUMENT_BYTES (1U << 20)
#define FILE_BYTES     (2UL << 30)
#define FILES_MAX      4096
#define COUNT_LIMIT    1000000

enum word { PROGRAM, RULEBOOK, FROM, TO, CERTIFICATE, KEY, DOCUMENT, COUNT, FILE_NAME, WORDS };

static struct schema *schema_of(const char *folder)
{
    struct text_files files = {0};
    struct text_error error = {0};
    struct schema *schema = NULL;
    struct arena *arena = arena_new(RULEBOOK_BYTES);
    if (arena == NULL || failed(folder_read(arena, folder, FILES_MAX, &files)) ||
        failed(schema_parse(&files, &schema, &error)))
        stop("the rulebook cannot be read");
    arena_free(arena);
    return schema;
}

/* Seals one more message; gives its number of fields. */
static size_t seal_one(const struct compose_question *question, const struct sealer *sealer,
                       struct buffer *file)
{
    struct draft draft;
    struct comity_fault fault;
    struct frame frame = {.kind = FRAME_SUBMIT, .number = 1};
    struct buffer b = buffer_new(MESSAGE_BYTES);
    struct arena *arena = arena_new(MESSAGE_BYTES);
    if (arena == NULL || failed(compose(arena, question, &draft, &fault)) ||
        failed(seal_draft(arena, &draft, sealer, &frame.as.submit, &fault)))
        stop("the document cannot be sealed");
    frame_write(&b, &frame);
    if (b.failed)
        stop("the message is too long");
    messages_put(file, buffer_slice(&b));
    buffer_done(&b);
    arena_free(arena);
    return draft.field_count;
}

int main(int argc, char **argv)
{
    struct key *key = NULL;
    struct certificate *certificate = NULL;
    struct buffer document = buffer_new(DOCUMENT_BYTES), file = buffer_new(FILE_BYTES);
    if (argc != WORDS)
        stop("usage: bench_seal RULEBOOK FROM TO CERTIFICATE KEY DOCUMENT COUNT FILE");
    if (failed(crypto_thread_start()) || failed(key_load(argv[KEY], &key)) ||
        failed(certificate_load(argv[CERTIFICATE], &certificate)))
        stop("the sealing key or its certificate cannot be read");
    if (failed(file_read(argv[DOCUMENT], &document)))
        stop("the document cannot be read");
    struct schema *schema = schema_of(argv[RULEBOOK]);
    const struct sealer sealer = {key, certificate};
    struct compose_question question = {.schema = schema,
                                        .document = buffer_slice(&document),
                                        .from = slice_text(argv[FROM]),
                                        .to = slice_text(argv[TO])};
    size_t count = number_of(argv[COUNT], 1, COUNT_LIMIT), fields = 0;
    for (size_t i = 0; i < count; i++) {
        question.now_ms = clock_wall_ms();
        fields = seal_one(&question, &sealer, &file);
    }
    if (failed(file_write(argv[FILE_NAME], buffer_slice(&file), 0644)))
        stop("the file of messages cannot be written");
    printf("{\"fields\":%zu,\"octets\":%zu}\n", fields, file.length / count);
    buffer_done(&document);
    buffer_done(&file);
    schema_free(schema);
    key_free(key);
    certificate_free(certificate);
    crypto_thread_stop();
    return 0;
}
