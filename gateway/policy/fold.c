#include "policy/fold.h"

#include "policy/letters.h"

/* Where the folded text grows. No character becomes longer than it was. */
struct folding {
    uint8_t *at;
    size_t length;
    bool spaced; /* words are kept apart */
    bool joined; /* apostrophes are nothing */
};

/* One character and how many octets it took; octets that are no UTF-8 stand between words. */
static uint32_t next_character(struct slice text, size_t offset, size_t *ret_length)
{
    static const struct {
        uint8_t mask, lead;
        size_t length;
    } forms[] = {{0x80, 0x00, 1}, {0xE0, 0xC0, 2}, {0xF0, 0xE0, 3}, {0xF8, 0xF0, 4}};
    struct slice in = slice_part(text, offset, SIZE_MAX);
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        if ((in.at[0] & forms[f].mask) != forms[f].lead || in.length < forms[f].length)
            continue;
        uint32_t c = in.at[0] & (uint8_t)~forms[f].mask;
        for (size_t i = 1; i < forms[f].length; i++)
            c = c << 6 | (in.at[i] & 0x3FU);
        *ret_length = forms[f].length;
        return c;
    }
    return ' ';
}

static void put(struct folding *f, uint8_t octet)
{
    bool space = octet == ' ';
    if (space && (!f->spaced || f->at[f->length - 1] == ' '))
        return;
    f->at[f->length++] = octet;
}

static void put_ascii(struct folding *f, uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        put(f, (uint8_t)(c | 0x20));
    else if (c != '\'' || !f->joined)
        put(f, (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : ' ');
}

/* The character as UTF-8 again, shifted by less than its length changes. */
static void put_other(struct folding *f, uint32_t c)
{
    if (c >= 0x10000)
        put(f, (uint8_t)(0xF0 | c >> 18));
    if (c >= 0x800)
        put(f, (uint8_t)((c >= 0x10000 ? 0x80 : 0xE0) | (c >> 12 & (c >= 0x10000 ? 0x3F : 0x0F))));
    put(f, (uint8_t)((c >= 0x800 ? 0x80 : 0xC0) | (c >> 6 & (c >= 0x800 ? 0x3F : 0x1F))));
    put(f, (uint8_t)(0x80 | (c & 0x3F)));
}

static void put_character(struct folding *f, uint32_t character)
{
    uint32_t c = character < 0x80 ? character : letter_plain(character);
    if (c == LETTER_NONE)
        return;
    if (c < 0x80) {
        put_ascii(f, (uint8_t)c);
        return;
    }
    const char *latin = letter_latin(c);
    if (latin == NULL)
        put_other(f, c);
    for (; latin != NULL && *latin != '\0'; latin++)
        put(f, (uint8_t)*latin);
}

static struct slice fold(struct arena *arena, struct slice text, struct folding f)
{
    f.at = arena_alloc(arena, text.length + 2);
    if (f.at == NULL)
        return (struct slice){NULL, 0};
    if (f.spaced)
        f.at[f.length++] = ' ';
    for (size_t i = 0, length = 1; i < text.length; i += length, length = 1)
        put_character(&f, text.at[i] < 0x80 ? text.at[i] : next_character(text, i, &length));
    put(&f, ' ');
    return slice_over(f.at, f.length);
}

struct slice fold_words(struct arena *arena, struct slice text)
{
    return fold(arena, text, (struct folding){.spaced = true});
}

struct slice fold_joined(struct arena *arena, struct slice text)
{
    return fold(arena, text, (struct folding){.spaced = true, .joined = true});
}

struct slice fold_number(struct arena *arena, struct slice text)
{
    return fold(arena, text, (struct folding){.spaced = false});
}

struct slice fold_unspaced(struct arena *arena, struct slice words)
{
    struct folding f = {.at = words.at == NULL ? NULL : arena_alloc(arena, words.length)};
    if (f.at == NULL)
        return (struct slice){NULL, 0};
    for (size_t i = 0; i < words.length; i++)
        put(&f, words.at[i]);
    return slice_over(f.at, f.length);
}

static bool is_apostrophe(uint32_t c)
{
    return letter_plain(c) == '\'';
}

static bool has_character(struct slice text, bool (*is)(uint32_t c))
{
    for (size_t i = 0, length = 1; i < text.length; i += length, length = 1)
        if (is(text.at[i] < 0x80 ? text.at[i] : next_character(text, i, &length)))
            return true;
    return false;
}

bool fold_has_apostrophe(struct slice text)
{
    return has_character(text, is_apostrophe);
}

bool fold_is_unspaced(struct slice text)
{
    return has_character(text, letter_is_unspaced);
}
