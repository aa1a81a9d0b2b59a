#include "comity/audit/wanted.h"

#include <string.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "libcomity/uuid.h"
#include "mirror/marks.h"
#include "schema/text.h"
#include "wire/names.h"

#define LIMIT_DEFAULT 50
#define WORDS_MAX     32
#define HASH_DIGITS   64

/* ---- values of options, as marks have them ---- */

/* false: the value is none of these; the empty slice with true: out of memory. */
typedef bool option_read(struct arena *arena, const char *value, struct slice *ret_value);

static bool read_text(struct arena *arena, const char *value, struct slice *ret_value)
{
    *ret_value = arena_copy(arena, slice_text(value));
    return value[0] != '\0';
}

/* Codes are capitals; nobody has to type them so. */
static bool read_code(struct arena *arena, const char *value, struct slice *ret_value)
{
    char *text = arena_text(arena, slice_text(value));
    for (char *at = text; at != NULL && *at != '\0'; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    *ret_value = slice_text(text);
    return text == NULL || name_is_code(*ret_value);
}

static bool is_side(struct slice value)
{
    return name_is_party(value) || name_is_state(value);
}

static bool read_side(struct arena *arena, const char *value, struct slice *ret_value)
{
    return is_side(slice_text(value)) && read_text(arena, value, ret_value);
}

static bool read_party(struct arena *arena, const char *value, struct slice *ret_value)
{
    return name_is_party(slice_text(value)) && read_text(arena, value, ret_value);
}

static bool read_pair(struct arena *arena, const char *value, struct slice *ret_value)
{
    const struct slice text = slice_text(value);
    const size_t comma = slice_find(text, ',');
    const struct slice a = slice_part(text, 0, comma), b = slice_part(text, comma + 1, SIZE_MAX);
    if (!is_side(a) || !is_side(b) || name_is_state(a) != name_is_state(b))
        return false;
    const bool sorted = slice_compare(a, b) <= 0;
    const struct slice first = sorted ? a : b, second = sorted ? b : a;
    *ret_value =
        slice_text(arena_print(arena, "%.*s,%.*s", (int)first.length, (const char *)first.at,
                               (int)second.length, (const char *)second.at));
    return true;
}

/* The law writes paths with dots. */
static bool read_path(struct arena *arena, const char *value, struct slice *ret_value)
{
    char *text = arena_text(arena, slice_text(value));
    for (char *at = text; at != NULL && *at != '\0'; at++)
        if (*at == '.')
            *at = '/';
    *ret_value = slice_text(text);
    return text == NULL || name_is_path(*ret_value);
}

static bool read_id(struct arena *arena, const char *value, struct slice *ret_value)
{
    uint8_t octets[16];
    char *text = arena_alloc(arena, 2 * sizeof octets + 1);
    if (!uuid_read(slice_text(value), octets))
        return false;
    if (text != NULL)
        hex_write(slice_over(octets, sizeof octets), text);
    *ret_value = slice_text(text);
    return true;
}

static bool read_hash(struct arena *arena, const char *value, struct slice *ret_value)
{
    uint8_t octets[HASH_DIGITS / 2];
    return hex_read(slice_text(value), octets, sizeof octets) && read_text(arena, value, ret_value);
}

static bool read_number(struct arena *arena, const char *value, struct slice *ret_value)
{
    uint64_t number;
    return decimal_read(slice_text(value), UINT64_MAX, &number) &&
           read_text(arena, value, ret_value);
}

/* ---- the words of closed lists ---- */

static size_t kind_words(const char *words[static WORDS_MAX])
{
    size_t count = 0;
    for (enum entry_kind kind = ENTRY_DISCLOSURE; kind <= ENTRY_STAGE; kind++)
        words[count++] = entry_kind_name(kind);
    return count;
}

static size_t stage_words(const char *words[static WORDS_MAX])
{
    static const enum stage stages[] = {STAGE_ACCEPTED,      STAGE_RELAYED,      STAGE_DELIVERED,
                                        STAGE_RETRIEVED,     STAGE_REJECTED,     STAGE_NOT_RELAYED,
                                        STAGE_NOT_DELIVERED, STAGE_NOT_RETRIEVED};
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        words[i] = stage_name(stages[i]);
    return sizeof stages / sizeof stages[0];
}

static size_t level_words(const char *words[static WORDS_MAX])
{
    static const char *const levels[] = {"clear",   "mask",    "generalise", "pseudonym",
                                         "summary", "compute", "stated",     "silent"};
    memcpy(words, levels, sizeof levels);
    return sizeof levels / sizeof levels[0];
}

/* ---- options that are marks ---- */

struct mark_option {
    const char *word; /* of the mark, and of the option */
    const char *expected;
    option_read *read;
    size_t (*words)(const char *words[static WORDS_MAX]); /* NULL: any value */
    enum flag flag;
    bool repeats; /* an entry may have several */
};

static const struct mark_option mark_options[] = {
    {"from", "a party, as XA-CA-01, or a State", read_side, NULL, FLAG_FROM, false},
    {"to", "a party, as XA-CA-01, or a State", read_side, NULL, FLAG_TO, false},
    {"pair", "two parties, as XA-CA-01,XC-CA-01, or two States", read_pair, NULL, FLAG_PAIR, false},
    {"kind", "a kind of entry", read_text, kind_words, FLAG_KIND, false},
    {"stage", "a stage", read_text, stage_words, FLAG_STAGE, false},
    {"purpose", "a code, as EVIDENCE", read_code, NULL, FLAG_PURPOSE, false},
    {"instrument", "a code, as UNTOC18", read_code, NULL, FLAG_INSTRUMENT, false},
    {"basis", "a legal basis", read_text, NULL, FLAG_BASIS, true},
    {"tier", "a code, as T3", read_code, NULL, FLAG_TIER, false},
    {"transfer", "a code, as LED37_BINDING", read_code, NULL, FLAG_TRANSFER, false},
    {"ground", "a code", read_code, NULL, FLAG_GROUND, false},
    {"type", "a type of message, as mla.request", read_text, NULL, FLAG_TYPE, false},
    {"field", "a path, as persons.name.family", read_path, NULL, FLAG_FIELD, true},
    {"category", "a category, as ID", read_code, NULL, FLAG_CATEGORY, true},
    {"level", "a level", read_text, level_words, FLAG_LEVEL, true},
    {"rule", "the title of a rule", read_text, NULL, FLAG_RULE, true},
    {"code", "a code, as E_PURPOSE", read_code, NULL, FLAG_CODE, false},
    {"op", "an operation, as DISCLOSE", read_code, NULL, FLAG_OP, false},
    {"actor", "a party, as XA-CA-01", read_party, NULL, FLAG_ACTOR, false},
    {"officer", "an officer, as 2207", read_text, NULL, FLAG_OFFICER, false},
    {"rulebook", "64 hexadecimal digits", read_hash, NULL, FLAG_RULEBOOK, false},
    {"id", "a message's id", read_id, NULL, FLAG_ID, false},
    {"case", "64 hexadecimal digits", read_hash, NULL, FLAG_CASE, false},
    {"subject", "64 hexadecimal digits", read_hash, NULL, FLAG_SUBJECT, true},
    {"related", "an entry's index", read_number, NULL, FLAG_RELATED, false},
};

#define MARK_OPTIONS (sizeof mark_options / sizeof mark_options[0])

static const struct mark_option *mark_option_of(int flag)
{
    for (size_t i = 0; i < MARK_OPTIONS; i++)
        if ((int)mark_options[i].flag == flag)
            return &mark_options[i];
    return NULL;
}

static enum comity_exit check_word(const struct mark_option *option, const char *value,
                                   struct comity_fault *reterr)
{
    const char *words[WORDS_MAX];
    const size_t count = option->words == NULL ? 0 : option->words(words);
    size_t i = 0;
    while (i < count && strcmp(words[i], value) != 0)
        i++;
    if (i < count || count == 0)
        return COMITY_DONE;
    const char *near = text_nearest(slice_text(value), words, count);
    fail_usage(reterr, "--%s %s: %s is expected", option->word, value, option->expected);
    return near == NULL ? reterr->exit : advise(reterr, "did you mean %s?", near);
}

/* What the entry has but once must not be asked for twice: nothing would ever be found. */
static bool is_double(const struct audit_wanted *a, const struct mark_option *option)
{
    size_t times = 0;
    for (size_t i = 0; i < a->invocation->given_count; i++)
        times += a->invocation->given[i].flag == (int)option->flag;
    return times > 1 && !option->repeats;
}

static enum comity_exit add_mark(struct audit_wanted *a, const struct mark_option *option,
                                 const char *text, struct comity_fault *reterr)
{
    struct slice value = {NULL, 0};
    if (is_double(a, option))
        return fail_usage(reterr, "--%s: an entry has but one", option->word);
    if (a->search.marks.count == AUDIT_MARKS_MAX)
        return fail_usage(reterr, "these are more than %d options", AUDIT_MARKS_MAX);
    enum comity_exit exit = check_word(option, text, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (!option->read(a->arena, text, &value))
        return fail_usage(reterr, "--%s %s: %s is expected", option->word, text, option->expected);
    const struct slice mark = mark_make(a->arena, option->word, value);
    if (value.length == 0 || mark.at == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    a->marks[a->search.marks.count++] = mark;
    return COMITY_DONE;
}

/* ---- the other options ---- */

/* A date is all of that day. */
static bool read_time(const char *value, bool is_end, uint64_t *ret_ms)
{
    const struct slice text = slice_text(value);
    uint64_t at_ms;
    if (instant_read(text, ret_ms))
        return true;
    if (!date_read(text, &at_ms))
        return false;
    *ret_ms = is_end ? at_ms + MS_PER_DAY : at_ms;
    return true;
}

static enum comity_exit read_times(struct audit_wanted *a, struct comity_fault *reterr)
{
    const struct {
        enum flag flag;
        const char *name;
        uint64_t *at_ms;
    } times[] = {{FLAG_SINCE, "since", &a->search.from_ms},
                 {FLAG_UNTIL, "until", &a->search.until_ms}};
    for (size_t i = 0; i < 2; i++) {
        const char *value = invocation_value(a->invocation, times[i].flag);
        if (value == NULL || read_time(value, times[i].flag == FLAG_UNTIL, times[i].at_ms))
            continue;
        fail_usage(reterr, "--%s %s is no time", times[i].name, value);
        return advise(reterr, "a date, 2026-11-22, or a time in UTC, 2026-11-22T08:00:00Z");
    }
    return COMITY_DONE;
}

/* "1042", or "2026/1042" of a log that is named. */
static bool before_read(struct audit_wanted *a, struct slice text)
{
    const size_t slash = slice_find(text, '/');
    if (slash == text.length)
        return decimal_read(text, INT64_MAX, &a->search.before);
    a->before_log = arena_text(a->arena, slice_part(text, 0, slash));
    return a->before_log != NULL &&
           decimal_read(slice_part(text, slash + 1, SIZE_MAX), INT64_MAX, &a->search.before);
}

static enum comity_exit read_numbers(struct audit_wanted *a, struct comity_fault *reterr)
{
    const char *before = invocation_value(a->invocation, FLAG_BEFORE);
    const char *limit = invocation_value(a->invocation, FLAG_LIMIT);
    uint64_t number = LIMIT_DEFAULT;
    if (before != NULL && !before_read(a, slice_text(before)))
        return fail_usage(reterr, "--before %s is no index, or LOG/INDEX", before);
    if (limit != NULL &&
        (!decimal_read(slice_text(limit), SEARCH_LIMIT_MAX, &number) || number == 0))
        return fail_usage(reterr, "--limit %s: a number from 1 to %d is expected", limit,
                          SEARCH_LIMIT_MAX);
    a->search.limit = (size_t)number;
    return COMITY_DONE;
}

static enum comity_exit read_words(struct audit_wanted *a, struct comity_fault *reterr)
{
    const char *text = invocation_value(a->invocation, FLAG_TEXT);
    a->search.text = slice_text(text);
    if (a->search.text.length > SEARCH_TEXT_MAX)
        return fail_usage(reterr, "--text: these are more than %d octets", SEARCH_TEXT_MAX);
    if (text != NULL && (text[0] == '\0' || !utf8_valid(a->search.text)))
        return fail_usage(reterr, "--text: words are expected, in UTF-8");
    return COMITY_DONE;
}

enum comity_exit audit_wanted_read(const struct invocation *inv, struct arena *arena,
                                   struct audit_wanted *a, struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    a->invocation = inv;
    a->arena = arena;
    a->before_log = NULL;
    a->search = (struct search_wanted){.marks = {a->marks, 0}, .before = SEARCH_NEWEST};
    for (size_t i = 0; i < inv->given_count && exit == COMITY_DONE; i++) {
        const struct mark_option *option = mark_option_of(inv->given[i].flag);
        if (option != NULL)
            exit = add_mark(a, option, inv->given[i].value, reterr);
    }
    if (exit == COMITY_DONE)
        exit = read_times(a, reterr);
    if (exit == COMITY_DONE)
        exit = read_numbers(a, reterr);
    return exit == COMITY_DONE ? read_words(a, reterr) : exit;
}
