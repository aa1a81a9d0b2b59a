#include "witness/book.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RULEBOOK_MAX_FILES 4096
#define RULEBOOK_MAX_BYTES (64U << 20)

/* What a book is made of while it is read. */
struct loading {
    const struct book_settings *settings;
    struct arena *arena;
    struct book *book;
    char *error;
};

[[gnu::format(printf, 2, 3)]] static struct status refuse(const struct loading *l,
                                                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(l->error, BOOK_ERROR_BYTES, format, args);
    va_end(args);
    return FAIL(CONFIG);
}

static struct status load_directory(const struct loading *l)
{
    struct text_files files;
    struct text_error wrong = {0};
    const char *folder = l->settings->rulebook;
    struct status s = folder_read(l->arena, folder, RULEBOOK_MAX_FILES, &files);
    if (failed(s))
        return refuse(l, "rulebook %s: cannot be read (%s)", folder, code_name(s.code));
    s = directory_parse(&files, &l->book->directory, &wrong);
    return failed(s) ? refuse(l, "rulebook %s/%s:%u:%u: %s", folder, wrong.file, wrong.line,
                              wrong.column, wrong.message)
                     : s;
}

/* The State's CA and its list; false where there is no CA. */
static bool find_authority(const struct loading *l, struct slice state, struct tls_authority *a,
                           const char **ret_list)
{
    const int length = (int)state.length;
    const char *code = (const char *)state.at, *folder = l->settings->authorities;
    char *certificates = arena_print(l->arena, "%s/%.*s/ca.crt", folder, length, code);
    char *list = arena_print(l->arena, "%s/%.*s/crl.pem", folder, length, code);
    if (certificates == NULL || list == NULL || access(certificates, F_OK) != 0)
        return false;
    *a = (struct tls_authority){.certificates = certificates};
    *ret_list = list;
    return slice_copy_text(state, a->state, sizeof a->state);
}

static void leave_out(struct book *book, struct slice state)
{
    size_t length = strlen(book->without);
    snprintf(book->without + length, sizeof book->without - length, "%s%.*s",
             length == 0 ? "" : " ", (int)state.length, (const char *)state.at);
}

static struct status load_context(const struct loading *l, const struct book *previous)
{
    const struct directory *d = l->book->directory;
    struct tls_authority *authorities = arena_array(l->arena, d->state_count, sizeof *authorities);
    const char **lists = arena_array(l->arena, d->state_count, sizeof *lists);
    size_t count = 0;
    if (authorities == NULL || lists == NULL)
        return refuse(l, "rulebook %s: it has no State", l->settings->rulebook);
    for (size_t i = 0; i < d->state_count; i++)
        if (find_authority(l, d->states[i].id, &authorities[count], &lists[count]))
            count++;
        else
            leave_out(l->book, d->states[i].id);
    const struct tls_settings settings = {
        .certificate = l->settings->certificate,
        .key = l->settings->key,
        .authorities = authorities,
        .authority_count = count,
        .revocations = lists,
        .revocation_count = count,
        .previous = previous == NULL ? NULL : previous->context,
    };
    char why[BOOK_ERROR_BYTES / 2] = "";
    struct status s = tls_context_new(&settings, why, sizeof why, &l->book->context);
    if (failed(s))
        return refuse(l, "tls: %s", why);
    return tls_context_identity(l->book->context)->kind == IDENTITY_PARTY
               ? OK
               : refuse(l, "tls: %s is not the certificate of a party", settings.certificate);
}

struct status book_load(const struct book_settings *settings, const struct book *previous,
                        char error[static BOOK_ERROR_BYTES], struct book **ret_book)
{
    struct book *book = calloc(1, sizeof *book);
    struct arena *arena = arena_new(RULEBOOK_MAX_BYTES);
    const struct loading l = {settings, arena, book, error};
    struct status s = FAIL(MEMORY);
    if (book == NULL || arena == NULL) {
        (void)refuse(&l, "out of memory");
        goto out;
    }
    if (failed(s = load_directory(&l)) || failed(s = load_context(&l, previous)))
        goto out;
    *ret_book = book;
    book = NULL; /* handed over */
out:
    arena_free(arena);
    book_free(book);
    return s;
}

void book_free(struct book *book)
{
    if (book == NULL)
        return;
    directory_free(book->directory);
    tls_context_free(book->context);
    free(book);
}

/* Rows of one log stand beside each other while its key changes. One that is closed is no other
 * after its last day: what its key signs beyond its end is evidence ever after. */
static const struct log_row *log_in_force(const struct gateway_row *gateway, struct slice origin,
                                          uint64_t now_ms)
{
    for (size_t i = 0; i < gateway->log_count; i++) {
        const struct log_row *log = &gateway->logs[i];
        if (slice_equal(log->origin, origin) &&
            (log->is_closed || (log->from_ms <= now_ms && now_ms < log->until_ms)))
            return log;
    }
    return NULL;
}

bool book_log(const struct book *book, struct slice origin, uint64_t now_ms,
              const struct gateway_row **ret_gateway, const struct log_row **ret_log)
{
    const struct directory *d = book->directory;
    for (size_t i = 0; i < d->gateway_count; i++) {
        const struct log_row *log = log_in_force(&d->gateways[i], origin, now_ms);
        if (log == NULL)
            continue;
        *ret_gateway = &d->gateways[i];
        *ret_log = log;
        return true;
    }
    return false;
}

bool book_knows(const struct book *book, const struct identity *identity, uint64_t now_ms)
{
    struct slice id = slice_text(identity->id);
    if (identity->kind == IDENTITY_GATEWAY)
        return directory_gateway(book->directory, id) != NULL;
    return identity->kind == IDENTITY_PARTY &&
           directory_party_at(book->directory, id, now_ms) != NULL;
}
