#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "schema/directory_text.h"
#include "wire/names.h"

#define ARENA_BYTES 268435456 /* 256 MiB */

struct slice name_expect(struct reading *r, bool (*is)(struct slice s), const char *expected)
{
    struct token at = r->lexer.token;
    struct slice name = lexer_word(&r->lexer, expected);
    if (!r->lexer.failed && !is(name))
        lexer_unknown(&r->lexer, &at, expected, NULL, 0);
    return reading_copy(r, name);
}

/* A day, or an instant in quotation marks; of a day its last millisecond where it ends something.
 */
static uint64_t parse_time(struct reading *r, const char *expected, uint64_t day_end)
{
    uint64_t unix_ms = 0;
    struct token at = r->lexer.token;
    if (at.kind != TOKEN_STRING)
        return lexer_date(&r->lexer, expected) + day_end;
    lexer_next(&r->lexer);
    if (!instant_read(at.text, &unix_ms))
        lexer_error(&r->lexer, &at,
                    "expected %s: a day like 2026-01-31 or an instant like "
                    "\"2026-01-31T12:00:00Z\"",
                    expected);
    return unix_ms;
}

struct dates dates_expect(struct reading *r)
{
    struct token at = r->lexer.token;
    struct dates dates;
    lexer_expect(&r->lexer, "from");
    dates.from_ms = parse_time(r, "the first day", 0);
    lexer_expect(&r->lexer, "until");
    dates.until_ms = parse_time(r, "the last day", MS_PER_DAY - 1);
    if (!r->lexer.failed && dates.until_ms <= dates.from_ms)
        lexer_error(&r->lexer, &at, "the row ends before it begins");
    return dates;
}

static struct certificate *parse_certificate(struct reading *r)
{
    struct token at = r->lexer.token;
    struct certificate *certificate = NULL;
    size_t length = 0;
    struct slice text = lexer_string(&r->lexer, "a certificate in base64");
    uint8_t *der = r->lexer.failed ? NULL : arena_alloc(r->arena, text.length);
    if (der == NULL) {
        if (!r->lexer.failed)
            reading_starve(r);
        return NULL;
    }
    if (!base64_read(text, der, text.length, &length) ||
        failed(certificate_read(slice_over(der, length), &certificate)))
        lexer_error(&r->lexer, &at, "this is no certificate: base64 of its DER on one line");
    return certificate;
}

void dated_expect(struct reading *r, struct dated_certificates *rows)
{
    struct dates dates = dates_expect(r);
    struct dated_certificate *at = reading_more(r, rows->at, rows->count, sizeof *at);
    if (at == NULL)
        return;
    rows->at = at;
    at[rows->count++] = (struct dated_certificate){
        .certificate = parse_certificate(r), .from_ms = dates.from_ms, .until_ms = dates.until_ms};
}

static int id_order(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static void sort(void *rows, size_t count, size_t size)
{
    if (count > 0)
        qsort(rows, count, size, id_order);
}

/* The State of parties/XA/name; empty if the path is no other than that. */
static struct slice state_of(struct slice path)
{
    struct slice folder = slice_text("parties/");
    struct slice rest = slice_part(path, folder.length, SIZE_MAX);
    struct slice state = slice_part(rest, 0, slice_find(rest, '/'));
    bool is = slice_begins(path, folder) && name_is_state(state) && state.length < rest.length;
    return is ? state : (struct slice){NULL, 0};
}

static struct status parse_file(struct directory *d, const struct text_file *file,
                                struct text_error *reterr)
{
    struct reading r = {.lexer = lexer_over(file->path, file->text, reterr), .arena = d->arena};
    struct slice state = state_of(file->path);
    if (state.length == 0)
        states_parse(&r, d);
    else
        parties_parse(&r, state, d);
    return reading_status(&r);
}

static struct status parse_states(struct directory *d, const struct text_files *files,
                                  struct text_error *reterr)
{
    struct status s = OK;
    for (size_t i = 0; i < files->count && !failed(s); i++)
        if (slice_begins(files->at[i].path, slice_text("states/")))
            s = parse_file(d, &files->at[i], reterr);
    sort(d->states, d->state_count, sizeof *d->states);
    sort(d->gateways, d->gateway_count, sizeof *d->gateways);
    return s;
}

static struct status parse_parties(struct directory *d, const struct text_files *files,
                                   struct text_error *reterr)
{
    struct status s = OK;
    for (size_t i = 0; i < files->count && !failed(s); i++)
        if (state_of(files->at[i].path).length > 0)
            s = parse_file(d, &files->at[i], reterr);
    sort(d->parties, d->party_count, sizeof *d->parties);
    return s;
}

struct status directory_parse(const struct text_files *files, struct directory **ret_directory,
                              struct text_error *reterr)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct directory *d = arena == NULL ? NULL : arena_alloc(arena, sizeof *d);
    struct status s;
    if (d == NULL) {
        arena_free(arena);
        return FAIL(MEMORY);
    }
    d->arena = arena;
    s = parse_states(d, files, reterr);
    if (!failed(s))
        s = parse_parties(d, files, reterr);
    if (failed(s))
        directory_free(d);
    else
        *ret_directory = d;
    return s;
}
