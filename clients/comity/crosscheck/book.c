#include "comity/crosscheck/book.h"

#include <stdlib.h>
#include <string.h>

#include "audit/receipt.h"
#include "base/encoding.h"
#include "session/query.h"

#define ARENA_BYTES  (1U << 30) /* texts and notes of all logs */
#define RECORD_BYTES (32U << 20)

struct crosscheck_log *crosscheck_book_log(struct crosscheck_book *book, const char *origin)
{
    for (size_t i = 0; i < book->log_count; i++)
        if (strcmp(book->logs[i].origin, origin) == 0)
            return &book->logs[i];
    return NULL;
}

static struct status log_of(struct crosscheck_book *book, struct slice origin,
                            struct crosscheck_log **ret_log)
{
    for (size_t i = 0; i < book->log_count; i++)
        if (slice_is(origin, book->logs[i].origin))
            return (*ret_log = &book->logs[i], OK);
    char *text = arena_text(book->arena, origin);
    if (text == NULL)
        return FAIL(MEMORY);
    if (book->log_count == CROSSCHECK_LOGS_MAX)
        return FAIL(FULL);
    *ret_log = &book->logs[book->log_count++];
    (*ret_log)->origin = text;
    return OK;
}

static struct status odd_add(struct crosscheck_book *book, const struct crosscheck_odd *odd)
{
    const struct crosscheck_odd kept = {
        .id = arena_text(book->arena, slice_text(odd->id)),
        .gateway = arena_text(book->arena, slice_text(odd->gateway)),
        .origin = arena_text(book->arena, slice_text(odd->origin)),
        .why = odd->why,
        .notes = arena_copy(book->arena, odd->notes),
    };
    if (book->odd_count == CROSSCHECK_ODD_MAX)
        return OK; /* so many say enough */
    if (kept.id == NULL || kept.gateway == NULL || kept.origin == NULL ||
        (odd->notes.length > 0 && kept.notes.at == NULL))
        return FAIL(MEMORY);
    book->odd[book->odd_count++] = kept;
    return OK;
}

/* Receipts of one batch have one checkpoint: its text is kept once where they follow each other. */
static struct status note_keep(struct crosscheck_book *book, const struct crosscheck_log *log,
                               struct slice note, struct slice *ret_note)
{
    if (log->checkpoint_count > 0 &&
        slice_equal(log->checkpoints[log->checkpoint_count - 1].note, note)) {
        *ret_note = log->checkpoints[log->checkpoint_count - 1].note;
        return OK;
    }
    *ret_note = arena_copy(book->arena, note);
    return ret_note->at == NULL ? FAIL(MEMORY) : OK;
}

static const char *stage_of(const struct outer *outer)
{
    return outer->kind == ENTRY_STAGE ? stage_name(outer->stage) : entry_kind_name(outer->kind);
}

static struct status proved_add(struct crosscheck_book *book, const char *id,
                                const struct proved *proved)
{
    struct crosscheck_log *log = NULL;
    struct crosscheck_checkpoint checkpoint = {.size = proved->note.size,
                                               .root = proved->note.root};
    struct crosscheck_receipt receipt = {
        .leaf = proved->leaf,
        .index = proved->receipt.index,
        .id = arena_text(book->arena, slice_text(id)),
        .stage = stage_of(&proved->outer),
    };
    if (receipt.id == NULL)
        return FAIL(MEMORY);
    struct status s = log_of(book, proved->note.origin, &log);
    if (!failed(s))
        s = note_keep(book, log, proved->note.text, &checkpoint.note);
    checkpoint.id = receipt.id;
    if (!failed(s))
        s = crosscheck_add_checkpoint(log, &checkpoint);
    return failed(s) ? s : crosscheck_add_receipt(log, &receipt);
}

static struct status receipt_add(struct crosscheck_book *book, struct arena *arena, const char *id,
                                 struct slice octets)
{
    struct receipt receipt;
    struct outer outer = {0};
    struct proved proved;
    struct status s = receipt_parse(arena, octets, &receipt);
    if (!failed(s))
        s = outer_parse(receipt.record, &outer);
    const struct gateway_row *gateway =
        failed(s) ? NULL : directory_gateway(book->directory, outer.gateway);
    if (!failed(s))
        s = gateway == NULL ? REFUSE(RECEIPT_GATEWAY)
                            : receipt_prove(arena, octets, gateway, &proved);
    if (!failed(s))
        return proved_add(book, id, &proved);
    char *name = arena_text(arena, outer.gateway);
    if (s.code != CODE_REFUSED || name == NULL)
        return s.code == CODE_REFUSED ? FAIL(MEMORY) : s;
    const struct crosscheck_odd odd = {id, name, "", reason_name(s.reason), {NULL, 0}};
    return odd_add(book, &odd);
}

/* The elements of DELIVER have a receipt of every hop. */
static struct status message_add(struct crosscheck_book *book, struct arena *arena,
                                 const struct comity_archived *r)
{
    struct deliver deliver;
    struct slice octets = slice_over(r->octets, r->length);
    struct status s = msgpack_scan(octets);
    if (!failed(s))
        s = fetch_row_parse(arena, octets, &deliver);
    if (s.code == CODE_REFUSED) {
        const struct crosscheck_odd odd = {r->id, "", "", reason_name(s.reason), {NULL, 0}};
        return odd_add(book, &odd);
    }
    for (size_t i = 0; !failed(s) && i < deliver.receipts.count; i++)
        s = receipt_add(book, arena, r->id, deliver.receipts.at[i]);
    return s;
}

/* Its first three lines are all that counts, and all there is of one kept by an early version. */
static struct status checkpoint_add(struct crosscheck_book *book, const struct comity_archived *r)
{
    struct slice rest = slice_over(r->octets, r->length), origin, size, root;
    struct crosscheck_checkpoint checkpoint = {.id = ""};
    struct crosscheck_log *log = NULL;
    size_t length = 0;
    if (!slice_line(&rest, &origin) || !slice_line(&rest, &size) || !slice_line(&rest, &root) ||
        !decimal_read(size, MERKLE_MAX_SIZE, &checkpoint.size) ||
        !base64_read(root, checkpoint.root.octets, sizeof checkpoint.root.octets, &length) ||
        length != sizeof checkpoint.root.octets)
        return FAIL(STORE);
    struct status s = log_of(book, origin, &log);
    if (!failed(s))
        s = note_keep(book, log, slice_over(r->octets, r->length), &checkpoint.note);
    return failed(s) ? s : crosscheck_add_checkpoint(log, &checkpoint);
}

static struct status contradiction_add(struct crosscheck_book *book,
                                       const struct comity_archived *r)
{
    const struct crosscheck_odd odd = {r->id, "", r->origin, "contradiction",
                                       slice_over(r->octets, r->length)};
    return odd_add(book, &odd);
}

static bool take_record(void *owner, const struct comity_archived *r)
{
    struct crosscheck_book *book = owner;
    struct arena *arena = arena_new(RECORD_BYTES);
    book->status = arena == NULL ? FAIL(MEMORY)
                   : r->kind == COMITY_RECEIPT
                       ? receipt_add(book, arena, r->id, slice_over(r->octets, r->length))
                   : r->kind == COMITY_MESSAGE       ? message_add(book, arena, r)
                   : r->kind == COMITY_CONTRADICTION ? contradiction_add(book, r)
                                                     : checkpoint_add(book, r);
    arena_free(arena);
    return !failed(book->status);
}

enum comity_exit crosscheck_book_read(struct comity *comity, const struct directory *directory,
                                      struct crosscheck_book *ret_book, struct comity_fault *reterr)
{
    struct crosscheck_book *book = ret_book;
    unsigned kinds =
        (unsigned)(COMITY_RECEIPT | COMITY_MESSAGE | COMITY_CHECKPOINT | COMITY_CONTRADICTION);
    *book = (struct crosscheck_book){.arena = arena_new(ARENA_BYTES),
                                     .directory = directory,
                                     .logs = calloc(CROSSCHECK_LOGS_MAX, sizeof *book->logs),
                                     .status = OK};
    if (book->arena == NULL || book->logs == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    enum comity_exit exit = comity_archive_each(comity, kinds, take_record, book, reterr);
    if (exit == COMITY_DONE && failed(book->status))
        exit = fail(reterr, COMITY_FAILED, "STORE", "the archive cannot be compared: %s",
                    code_name(book->status.code));
    return exit;
}

void crosscheck_book_done(struct crosscheck_book *book)
{
    for (size_t i = 0; i < book->log_count; i++)
        crosscheck_log_done(&book->logs[i]);
    free(book->logs);
    arena_free(book->arena);
    *book = (struct crosscheck_book){0};
}
