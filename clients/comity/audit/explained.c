#include "comity/audit/explained.h"

#include <stdarg.h>
#include <string.h>

#include "base/slices.h"
#include "comity/output.h"
#include "comity/policy/words.h"
#include "wire/names.h"

#define LINE_BYTES     (1U << 20)
#define INDENT         4UL
#define ELEMENT_BYTES  17 /* ~ and 16 digits */
#define ELEMENTS_BYTES (64U << 20)

/* ---- lines ---- */

static const char *text_at(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text == NULL ? "" : text;
}

static long long number_at(const json_t *json, const char *key)
{
    return (long long)json_integer_value(json_object_get(json, key));
}

[[gnu::format(printf, 2, 3)]] static void put_line(size_t indent, const char *format, ...)
{
    struct buffer b = buffer_new(LINE_BYTES);
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    uint8_t *at = length < 0 ? NULL : buffer_grow(&b, (size_t)length + 1);
    if (at != NULL) {
        vsnprintf((char *)at, (size_t)length + 1, format, again);
        put_wrapped(&(struct wrapping){.columns = ANSWER_COLUMNS, .indent = indent},
                    slice_over(at, (size_t)length));
    }
    va_end(again);
    va_end(args);
    buffer_done(&b);
}

/* A line of what is there; none where nothing is. */
static void put_item(const char *label, const char *text)
{
    if (text[0] != '\0')
        put_line(INDENT, "%s: %s", label, text);
}

static void put_list(const char *label, const json_t *list)
{
    struct buffer b = buffer_new(LINE_BYTES);
    buffer_print(&b, "%s: ", label);
    for (size_t i = 0; i < json_array_size(list); i++)
        buffer_print(&b, "%s%s", i == 0 ? "" : ", ", json_string_value(json_array_get(list, i)));
    if (json_array_size(list) > 0)
        put_wrapped(&(struct wrapping){.columns = ANSWER_COLUMNS, .indent = INDENT},
                    buffer_slice(&b));
    buffer_done(&b);
}

/* ---- what was done ---- */

static void print_message(const json_t *entry)
{
    put_line(INDENT, "from %s to %s, a message of type %s, for the purpose %s",
             text_at(entry, "from"), text_at(entry, "to"), text_at(entry, "type"),
             text_at(entry, "purpose"));
    put_item("message", text_at(entry, "id"));
    put_item("refused with", text_at(entry, "code"));
    put_list("categories that were let go", json_object_get(entry, "released"));
    put_list("categories of which something was withheld", json_object_get(entry, "withheld"));
}

static void print_act(const struct invocation *inv, const json_t *e)
{
    const json_t *entry = json_object_get(e, "entry");
    const char *stage = text_at(entry, "stage");
    put_heading(inv, "What was done");
    if (!json_is_true(json_object_get(entry, "opened"))) {
        put_line(INDENT, "at %s: this reader is not shown what.", text_at(entry, "time"));
        return;
    }
    put_line(INDENT, "%s at %s%s%s", text_at(entry, "kind"), text_at(entry, "time"),
             stage[0] == '\0' ? "" : ", stage ", stage);
    if (text_at(entry, "from")[0] != '\0')
        print_message(entry);
    put_item("operation", text_at(entry, "op"));
    put_item("asked by", text_at(entry, "actor"));
    put_item("officer", text_at(entry, "officer"));
    put_item("in the function of", text_at(e, "function"));
}

static void print_basis(const struct invocation *inv, const json_t *e)
{
    const json_t *entry = json_object_get(e, "entry");
    put_heading(inv, "On what basis");
    put_item("instrument", text_at(entry, "instrument"));
    put_list("legal basis", json_object_get(entry, "legal_basis"));
    put_item("tier of the transfer", text_at(entry, "tier"));
    put_item("the transfer rests on", text_at(entry, "transfer"));
    put_item("ground", text_at(entry, "ground"));
    put_item("justification", text_at(e, "justification"));
    put_item("justification, for the data-protection authority",
             text_at(e, "closed_justification"));
    put_line(INDENT, "rulebook: %s%s", text_at(e, "rulebook"),
             json_is_true(json_object_get(e, "rulebook_at_hand"))
                 ? ", which this context has: rules are quoted from it"
                 : ", which this context does not have: rules are named, not quoted");
}

/* ---- which rule ---- */

/* Elements have random names, ascending as they stood in the message: a page says first, second,
 * ... of those that it names. Paths that end in an element, sorted, each once. */
struct elements {
    struct arena *arena;
    struct slices paths;
};

static bool is_element(struct slice path, size_t end)
{
    return end >= ELEMENT_BYTES && path.at[end - ELEMENT_BYTES] == '~' &&
           (end == path.length || path.at[end] == '/');
}

static void elements_add(struct elements *known, struct slice path)
{
    for (size_t end = 1; end <= path.length; end++) {
        const struct slice element = slice_part(path, 0, end);
        if (is_element(path, end) && !slices_have(known->paths, element))
            known->paths.at[known->paths.count++] = arena_copy(known->arena, element);
    }
}

static void elements_gather(struct elements *known, const json_t *decisions)
{
    size_t room = 0;
    for (size_t i = 0; i < json_array_size(decisions); i++)
        room += json_array_size(json_object_get(json_array_get(decisions, i), "fields"));
    known->arena = arena_new(ELEMENTS_BYTES);
    known->paths.at = known->arena == NULL ? NULL
                                           : arena_array(known->arena, room * PATH_MAX_SEGMENTS,
                                                         sizeof *known->paths.at);
    for (size_t i = 0; known->paths.at != NULL && i < json_array_size(decisions); i++) {
        const json_t *fields = json_object_get(json_array_get(decisions, i), "fields");
        for (size_t k = 0; k < json_array_size(fields); k++)
            elements_add(known, slice_text(text_at(json_array_get(fields, k), "path")));
    }
    slices_sort(known->paths);
}

/* Among those of the same list. */
static size_t element_number(const struct elements *known, struct slice element)
{
    const size_t parent = element.length - ELEMENT_BYTES;
    size_t number = 1;
    for (size_t i = 0; i < known->paths.count; i++) {
        const struct slice other = known->paths.at[i];
        number += other.length == element.length && slice_compare(other, element) < 0 &&
                  memcmp(other.at, element.at, parent) == 0;
    }
    return number;
}

static void put_path(struct buffer *out, const struct elements *known, struct slice path)
{
    for (size_t at = 0; at < path.length;) {
        const size_t length = slice_find(slice_part(path, at, SIZE_MAX), '/');
        if (is_element(path, at + length) && length == ELEMENT_BYTES)
            buffer_print(out, "#%zu", element_number(known, slice_part(path, 0, at + length)));
        else
            buffer_put(out, slice_part(path, at, length));
        at += length + 1;
        buffer_text(out, at < path.length ? "/" : "");
    }
}

static void print_fields(const struct elements *known, const json_t *fields)
{
    struct buffer b = buffer_new(LINE_BYTES);
    const char *before = "";
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *field = json_array_get(fields, i);
        const bool is_new = strcmp(before, text_at(field, "category")) != 0;
        before = text_at(field, "category");
        if (is_new)
            buffer_print(&b, "%s%s: ", i == 0 ? "" : "; ", before);
        else
            buffer_text(&b, ", ");
        put_path(&b, known, slice_text(text_at(field, "path")));
    }
    put_wrapped(&(struct wrapping){.columns = ANSWER_COLUMNS, .indent = 2 * INDENT},
                buffer_slice(&b));
    buffer_done(&b);
}

static const char *level_words(const char *level)
{
    static const struct {
        const char *level, *words;
    } all[] = {
        {"clear", "let go in clear"},        {"mask", "masked"},
        {"generalise", "generalised"},       {"pseudonym", "replaced by a pseudonym"},
        {"compute", "replaced by a figure"}, {"summary", "replaced by a summary"},
        {"stated", "withheld, and said so"}, {"silent", "withheld silently"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i].level, level) == 0)
            return all[i].words;
    return level;
}

static void print_decision(const struct elements *known, const json_t *decision)
{
    const char *rule = text_at(decision, "rule"), *basis = text_at(decision, "basis");
    put_line(INDENT, "%s, by %s%s%s%s%s", level_words(text_at(decision, "level")),
             rule[0] == '\0' ? "the default, for no rule speaks of it" : "the rule \"", rule,
             rule[0] == '\0' ? "" : "\"", basis[0] == '\0' ? "" : ", which rests on ", basis);
    print_fields(known, json_object_get(decision, "fields"));
    if (text_at(decision, "sentence")[0] != '\0')
        put_wrapped(&(struct wrapping){.columns = ANSWER_COLUMNS, .indent = 2 * INDENT},
                    slice_text(text_at(decision, "sentence")));
}

static void print_decisions(const struct invocation *inv, const json_t *e)
{
    const json_t *decisions = json_object_get(e, "decisions"),
                 *silent = json_object_get(e, "silent");
    struct elements known = {.arena = NULL};
    if (json_array_size(decisions) + json_array_size(silent) == 0)
        return;
    put_heading(inv, "Which rule decided of which field");
    elements_gather(&known, decisions);
    for (size_t i = 0; i < json_array_size(decisions); i++)
        print_decision(&known, json_array_get(decisions, i));
    for (size_t i = 0; i < json_array_size(silent); i++) {
        const json_t *one = json_array_get(silent, i);
        put_line(INDENT, "withheld silently of %s: %lld", text_at(one, "category"),
                 number_at(one, "count"));
    }
    arena_free(known.arena);
}

/* ---- the rest ---- */

static void print_hidden(const struct invocation *inv, const json_t *e)
{
    const json_t *hidden = json_object_get(e, "hidden");
    if (json_array_size(hidden) > 0)
        put_heading(inv, "What is not shown");
    for (size_t i = 0; i < json_array_size(hidden); i++)
        put_line(INDENT, "%s", json_string_value(json_array_get(hidden, i)));
}

static void print_related(const struct invocation *inv, const json_t *e)
{
    const json_t *related = json_object_get(e, "related");
    if (json_array_size(related) > 0)
        put_heading(inv, "What belongs to it");
    for (size_t i = 0; i < json_array_size(related); i++) {
        const json_t *row = json_array_get(related, i);
        const char *stage = text_at(row, "stage"), *kind = text_at(row, "kind");
        put_line(INDENT, "%s/%lld  %s  %s%s%s (%s)", text_at(row, "log"), number_at(row, "index"),
                 text_at(row, "time"), kind[0] == '\0' ? "not shown" : kind,
                 stage[0] == '\0' ? "" : ", ", stage, text_at(row, "relation"));
    }
}

static void print_witness(const json_t *witness)
{
    const char *time = text_at(witness, "time");
    if (time[0] == '\0')
        put_line(INDENT, "witness of %s: has not cosigned this root (%s)",
                 text_at(witness, "state"), text_at(witness, "key"));
    else
        put_line(INDENT, "witness of %s: cosigned it at %s with %s", text_at(witness, "state"),
                 time, text_at(witness, "key"));
}

static void print_proof(const struct invocation *inv, const json_t *proof)
{
    const json_t *witnesses = json_object_get(proof, "witnesses");
    put_heading(inv, "That it is in the log, checked now");
    put_line(INDENT, "entry %lld of %lld has the hash %s", number_at(proof, "index"),
             number_at(proof, "size"), text_at(proof, "leaf"));
    put_line(INDENT, "by %zu hashes it leads to the root %s",
             json_array_size(json_object_get(proof, "path")), text_at(proof, "root"));
    put_line(INDENT, "which the log %s signed with %s", text_at(proof, "origin"),
             text_at(proof, "key"));
    for (size_t i = 0; i < json_array_size(witnesses); i++)
        print_witness(json_array_get(witnesses, i));
    if (json_array_size(witnesses) == 0)
        put_line(INDENT, "the directory names no witness of this log");
    else
        put_line(INDENT, "%lld cosigned it, of %lld that the directory asks for",
                 number_at(proof, "cosigned"), number_at(proof, "quorum"));
}

void audit_explained_print(const struct invocation *inv, const json_t *e)
{
    char title[64];
    const json_t *entry = json_object_get(e, "entry");
    snprintf(title, sizeof title, "Entry %lld of %.30s", number_at(entry, "index"),
             text_at(entry, "log"));
    put_painted(inv, PAINT_STRONG, title);
    fputc('\n', stdout);
    print_act(inv, e);
    if (json_is_true(json_object_get(json_object_get(e, "entry"), "opened")))
        print_basis(inv, e);
    print_decisions(inv, e);
    print_hidden(inv, e);
    print_related(inv, e);
    print_proof(inv, json_object_get(e, "proof"));
}
