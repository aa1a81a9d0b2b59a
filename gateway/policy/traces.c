#include "policy/traces.h"

#include "policy/birth.h"
#include "policy/fold.h"
#include "policy/list.h"
#include "policy/scalars.h"

#define WORDS_MIN_BYTES     4 /* two letters between two blanks: " li " */
#define NUMBER_MIN_BYTES    5 /* shorter ones stand in every text */
#define UNSPACED_MIN_BYTES  6 /* two letters of three octets */
#define DATE_FORM_MAX_BYTES 24

static bool may_stand(const struct traces *t, const struct trace *trace)
{
    return trace->leak == LEAK_NUMBER || trace->unspaced
               ? haystack_may_have_number(t->within, trace->folded)
               : haystack_may_have_words(t->within, trace->folded);
}

static void add_trace(struct traces *t, size_t least, struct trace trace)
{
    if (trace.folded.at != NULL && (trace.folded.length < least || !may_stand(t, &trace)))
        return;
    struct trace *at = list_grow(t->arena, t->at, t->count, &t->room, sizeof *at);
    t->starved = t->starved || trace.folded.at == NULL || at == NULL;
    if (t->starved)
        return;
    t->at = at;
    t->at[t->count++] = trace;
}

static void add_words(struct traces *t, size_t item, struct slice folded)
{
    add_trace(t, WORDS_MIN_BYTES, (struct trace){item, LEAK_WORDS, false, folded});
}

/*
 * How people write a birth date, folded: y year, m d month and day, M D with two digits, N month in
 * words, S its first three letters.
 */
static const char *const full_forms[] = {" y M D ", " y m d ", " D M y ", " d m y ", " M D y ",
                                         " m d y ", " yMD ",   " d N y ", " N d y ", " D N y ",
                                         " d S y ", " S d y ", " D S y ", NULL};
static const char *const month_forms[] = {" y M ", " M y ", " N y ", " S y ", NULL};

static const char *const month_names[] = {"january",   "february", "march",    "april",
                                          "may",       "june",     "july",     "august",
                                          "september", "october",  "november", "december"};

static size_t put_digits(uint8_t *out, unsigned value, size_t width)
{
    size_t length = width;
    for (unsigned left = value; width == 0 && left > 0; left /= 10)
        length++;
    for (size_t i = length; i-- > 0; value /= 10)
        out[i] = (uint8_t)('0' + value % 10);
    return length;
}

static size_t put_name(uint8_t *out, unsigned month, size_t max)
{
    const char *name = month_names[(month + 11) % 12];
    size_t length = 0;
    for (; name[length] != '\0' && length < max; length++)
        out[length] = (uint8_t)name[length];
    return length;
}

static size_t put_part(uint8_t *out, char part, struct birth b)
{
    switch (part) {
    case 'y':
        return put_digits(out, b.year, 4);
    case 'M':
        return put_digits(out, b.month, 2);
    case 'm':
        return put_digits(out, b.month, 0);
    case 'D':
        return put_digits(out, b.day, 2);
    case 'd':
        return put_digits(out, b.day, 0);
    case 'N':
        return put_name(out, b.month, SIZE_MAX);
    case 'S':
        return put_name(out, b.month, 3);
    default:
        out[0] = (uint8_t)part;
        return 1;
    }
}

/* The year is in every form, digit by digit. */
static bool may_have_year(const struct traces *t, unsigned year)
{
    uint8_t text[4];
    return haystack_may_have_number(t->within,
                                    slice_over(text, put_digits(text, year, sizeof text)));
}

/* A year alone identifies nobody and stands in every text. */
static void add_birth(struct traces *t, size_t item, struct birth b)
{
    const char *const *forms = b.day != 0 ? full_forms : month_forms;
    if (b.month == 0 || !may_have_year(t, b.year))
        return;
    for (; *forms != NULL; forms++) {
        uint8_t text[DATE_FORM_MAX_BYTES];
        size_t length = 0;
        for (const char *part = *forms; *part != '\0'; part++)
            length += put_part(text + length, *part, b);
        add_words(t, item, arena_copy(t->arena, slice_over(text, length)));
    }
}

/* Among letters without blanks any two may be a name; a single one stands in every text. */
static void add_name(struct traces *t, size_t item, struct slice text)
{
    add_words(t, item, fold_words(t->arena, text));
    if (fold_has_apostrophe(text))
        add_words(t, item, fold_joined(t->arena, text));
    if (fold_is_unspaced(text))
        add_trace(t, UNSPACED_MIN_BYTES,
                  (struct trace){item, LEAK_WORDS, true, fold_number(t->arena, text)});
}

static void add_text(struct traces *t, size_t item, enum leak leak, struct slice text)
{
    struct birth birth;
    if (leak == LEAK_NUMBER)
        add_trace(t, NUMBER_MIN_BYTES,
                  (struct trace){item, leak, false, fold_number(t->arena, text)});
    else if (birth_read(text, &birth))
        add_birth(t, item, birth);
    else
        add_name(t, item, text);
}

void traces_add(struct traces *t, size_t item, enum leak leak, const struct value *value)
{
    struct scalar_walk walk = scalars_of(value);
    for (struct value scalar; leak != LEAK_NONE && scalars_next(&walk, &scalar);)
        if (scalar.kind == VALUE_TEXT)
            add_text(t, item, leak, scalar.octets);
}
