/*
 * bench_seal RULEBOOK FROM TO CERTIFICATE KEY COUNT FILE DOCUMENT...: composes and seals COUNT
 * messages as libcomity does, of each document in turn, each with new ids, names, salts and decoys.
 * FILE.index says a line for each: its id and its thread. Prints how many fields the last one has,
 * and how many octets they have on average.
 */

#include <stdio.h>

#include "base/encoding.h"
#include "base/file.h"
#include "libcomity/clock.h"
#include "libcomity/sealing.h"
#include "messages.h"
#include "stop.h"

#define RULEBOOK_BYTES (64U << 20)
#define MESSAGE_BYTES  (1U << 20)
#define DOCUMENT_BYTES (1U << 20)
#define FILE_BYTES     (2UL << 30)
#define DOCUMENTS_MAX  64
#define PATH_BYTES     512
#define FILES_MAX      4096
#define COUNT_LIMIT    1000000

enum word { PROGRAM, RULEBOOK, FROM, TO, CERTIFICATE, KEY, COUNT, FILE_NAME, DOCUMENT };

/* What becomes of all messages. */
struct sealed {
    struct buffer file, index;
    size_t fields; /* of the last one */
};

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

static void put_index(struct buffer *index, const struct claims *claims)
{
    char id[2 * UUID_BYTES + 1], thread[2 * UUID_BYTES + 1];
    hex_write(claims->id, id);
    hex_write(claims->thread, thread);
    buffer_print(index, "%s %s\n", id, thread);
}

static void seal_one(const struct compose_question *question, const struct sealer *sealer,
                     struct sealed *sealed)
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
    messages_put(&sealed->file, buffer_slice(&b));
    put_index(&sealed->index, &draft.claims);
    sealed->fields = draft.field_count;
    buffer_done(&b);
    arena_free(arena);
}

static void write_all(const struct sealed *sealed, const char *path)
{
    char index[PATH_BYTES];
    snprintf(index, sizeof index, "%s.index", path);
    if (failed(file_write(path, buffer_slice(&sealed->file), 0644)) ||
        failed(file_write(index, buffer_slice(&sealed->index), 0644)))
        stop("the file of messages cannot be written");
}

int main(int argc, char **argv)
{
    struct key *key = NULL;
    struct certificate *certificate = NULL;
    struct buffer documents[DOCUMENTS_MAX];
    struct sealed sealed = {.file = buffer_new(FILE_BYTES), .index = buffer_new(FILE_BYTES)};
    if (argc <= DOCUMENT || argc - DOCUMENT > DOCUMENTS_MAX)
        stop("usage: bench_seal RULEBOOK FROM TO CERTIFICATE KEY COUNT FILE DOCUMENT...");
    size_t document_count = (size_t)(argc - DOCUMENT);
    if (failed(crypto_thread_start()) || failed(key_load(argv[KEY], &key)) ||
        failed(certificate_load(argv[CERTIFICATE], &certificate)))
        stop("the sealing key or its certificate cannot be read");
    for (size_t i = 0; i < document_count; i++) {
        documents[i] = buffer_new(DOCUMENT_BYTES);
        if (failed(file_read(argv[DOCUMENT + i], &documents[i])))
            stop("a document cannot be read");
    }
    struct schema *schema = schema_of(argv[RULEBOOK]);
    const struct sealer sealer = {key, certificate};
    struct compose_question question = {
        .schema = schema, .from = slice_text(argv[FROM]), .to = slice_text(argv[TO])};
    size_t count = number_of(argv[COUNT], 1, COUNT_LIMIT);
    for (size_t i = 0; i < count; i++) {
        question.now_ms = clock_wall_ms();
        question.document = buffer_slice(&documents[i % document_count]);
        seal_one(&question, &sealer, &sealed);
    }
    write_all(&sealed, argv[FILE_NAME]);
    printf("{\"fields\":%zu,\"octets\":%zu}\n", sealed.fields, sealed.file.length / count);
    for (size_t i = 0; i < document_count; i++)
        buffer_done(&documents[i]);
    buffer_done(&sealed.file);
    buffer_done(&sealed.index);
    schema_free(schema);
    key_free(key);
    certificate_free(certificate);
    crypto_thread_stop();
    return 0;
}
