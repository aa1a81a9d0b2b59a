#include "policy/leak.h"

#include <stdio.h>

#include "policy/birth.h"
#include "policy/facts.h"
#include "policy/fold.h"
#include "policy/needles.h"
#include "policy/scalars.h"

#define WORDS_MIN_BYTES     4 /* two letters between two blanks: " li " */
#define DATE_FORM_MAX_BYTES 40
#define NUMBER_MIN_BYTES    5 /* shorter ones stand in every text */

struct search {
    struct arena *arena;
    struct needles words, numbers;
    struct needles shown; /* words that the recipient is shown as a value */
    bool starved, found;
};

static void add_words(struct search *s, struct needles *to, struct slice text)
{
    struct slice folded = fold_words(s->arena, text);
    if (folded.at == NULL || folded.length >= WORDS_MIN_BYTES)
        needles_add(to, folded);
}

static void add_number(struct search *s, struct slice text)
{
    struct slice folded = fold_number(s->arena, text);
    if (folded.at == NULL || folded.length >= NUMBER_MIN_BYTES)
        needles_add(&s->numbers, folded);
}

/* How people write a birth date: y year, m d month and day, M D with two digits, N month in words.
 */
static const char *const full_forms[] = {"y M D", "y m d", "D M y", "d m y", "M D y", "m d y",
                                         "yMD",   "d N y", "N d y", "D N y", NULL};
static const char *const month_forms[] = {"y M", "M y", "N y", NULL};

static const char *const month_names[][2] = {
    {"january", "jan"},   {"february", "feb"}, {"march", "mar"},    {"april", "apr"},
    {"may", "may"},       {"june", "jun"},     {"july", "jul"},     {"august", "aug"},
    {"september", "sep"}, {"october", "oct"},  {"november", "nov"}, {"december", "dec"},
};

static void write_date(struct buffer *out, const char *form, struct birth b, bool abbreviated)
{
    for (; *form != '\0'; form++)
        switch (*form) {
        case 'y':
            buffer_print(out, "%04u", b.year);
            break;
        case 'M':
        case 'm':
            buffer_print(out, *form == 'M' ? "%02u" : "%u", b.month);
            break;
        case 'D':
        case 'd':
            buffer_print(out, *form == 'D' ? "%02u" : "%u", b.day);
            break;
        case 'N':
            buffer_text(out, month_names[(b.month + 11) % 12][abbreviated]);
            break;
        default:
            buffer_u8(out, (uint8_t)*form);
        }
}

/* A year alone identifies nobody and stands in every text. */
static void add_birth(struct search *s, struct birth b)
{
    struct buffer text = buffer_new(DATE_FORM_MAX_BYTES);
    const char *const *forms = b.day != 0 ? full_forms : month_forms;
    for (; b.month != 0 && *forms != NULL; forms++)
        for (int abbreviated = 0; abbreviated < 2; abbreviated++) {
            buffer_clear(&text);
            write_date(&text, *forms, b, abbreviated != 0);
            s->starved = s->starved || text.failed;
            add_words(s, &s->words, buffer_slice(&text));
        }
    buffer_done(&text);
}

static void add_withheld(struct search *s, enum leak leak, struct slice text)
{
    struct birth birth;
    if (leak == LEAK_NUMBER)
        add_number(s, text);
    else if (leak == LEAK_WORDS && birth_read(text, &birth))
        add_birth(s, birth);
    else if (leak == LEAK_WORDS)
        add_words(s, &s->words, text);
}

/* Each text of a value, one call each. */
static void each_text(struct search *s, const struct value *value,
                      void (*take)(struct search *, int, struct slice), int what)
{
    struct scalar_walk walk = scalars_of(value);
    for (struct value scalar; scalars_next(&walk, &scalar);)
        if (scalar.kind == VALUE_TEXT)
            take(s, what, scalar.octets);
}

static void take_withheld(struct search *s, int leak, struct slice text)
{
    add_withheld(s, (enum leak)leak, text);
}

static void take_shown(struct search *s, int leak, struct slice text)
{
    if (leak == LEAK_WORDS)
        add_words(s, &s->shown, text);
}

static void look_in(struct search *s, const struct needles *needles,
                    bool (*stands_in)(const struct needles *, struct slice), struct slice folded)
{
    s->starved = s->starved || folded.at == NULL;
    s->found = s->found || stands_in(needles, folded);
}

static void take_released(struct search *s, int prose, struct slice text)
{
    if (prose == PROSE_FREE && s->words.count > 0)
        look_in(s, &s->words, needles_in_words, fold_words(s->arena, text));
    if (prose != PROSE_NONE && s->numbers.count > 0)
        look_in(s, &s->numbers, needles_in_number, fold_number(s->arena, text));
}

static struct search search_new(struct arena *arena)
{
    return (struct search){
        .arena = arena,
        .words = needles_new(arena),
        .numbers = needles_new(arena),
        .shown = needles_new(arena),
    };
}

/* A number shown for somebody else is still a trace; a name is none. */
static void search_settle(struct search *s)
{
    const struct needles none = needles_new(s->arena);
    needles_sort(&s->shown);
    needles_settle(&s->words, &s->shown);
    needles_settle(&s->numbers, &none);
}

static void search_claims(struct search *s, const struct claims *claims)
{
    take_released(s, PROSE_FREE, claims->case_ref);
    take_released(s, PROSE_FREE, claims->their_ref);
    for (size_t i = 0; i < claims->legal_basis.count; i++)
        take_released(s, PROSE_FREE, claims->legal_basis.at[i]);
}

static struct status search_end(const struct search *s, bool *ret_leaks)
{
    if (s->starved || s->words.starved || s->numbers.starved || s->shown.starved)
        return FAIL(MEMORY);
    *ret_leaks = s->found;
    return OK;
}

struct status leak_search(struct arena *arena, const struct leak_question *q, bool *ret_leaks)
{
    struct search s = search_new(arena);
    const struct document *d = q->document;
    for (size_t i = 0; i < d->count; i++)
        each_text(&s, &d->items[i].leaf.value, q->verdicts[i].released ? take_shown : take_withheld,
                  (int)d->items[i].rule->leak);
    for (size_t i = 0; i < q->local_count; i++) {
        struct slice path = q->locals[i].path;
        const struct field_rule *rule =
            type_local(d->type, path_below(path, type_person(d->type, path)));
        each_text(&s, &q->locals[i].value, take_withheld,
                  (int)(rule == NULL ? LEAK_WORDS : rule->leak));
    }
    search_settle(&s);
    for (size_t i = 0; i < d->count; i++)
        if (q->verdicts[i].released)
            each_text(&s, &d->items[i].leaf.value, take_released, (int)d->items[i].rule->prose);
    search_claims(&s, q->claims);
    return search_end(&s, ret_leaks);
}

/* R-GEN-05: names, dates of birth, documents, phones and accounts. */
static bool is_personal(const struct document_item *item)
{
    static const bool personal[CATEGORY_COUNT] = {
        [CATEGORY_ID] = true,  [CATEGORY_CON] = true, [CATEGORY_LOC] = true,
        [CATEGORY_FIN] = true, [CATEGORY_COM] = true,
    };
    return personal[item->category];
}

struct status leak_in_claims(struct arena *arena, const struct document *document,
                             const struct claims *claims, bool *ret_leaks)
{
    struct search s = search_new(arena);
    for (size_t i = 0; i < document->count; i++)
        if (is_personal(&document->items[i]))
            each_text(&s, &document->items[i].leaf.value, take_withheld,
                      (int)document->items[i].rule->leak);
    search_settle(&s);
    search_claims(&s, claims);
    return search_end(&s, ret_leaks);
}
