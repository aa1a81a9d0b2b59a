#include "policy/fold.h"

/* U+00C0 to U+017F; a blank stands between words. */
static const char latin[][3] = {
    /* C0 */ "a",  "a", "a",  "a",  "a", "a", "ae", "c",
    "e",           "e", "e",  "e",  "i", "i", "i",  "i",
    /* D0 */ "d",  "n", "o",  "o",  "o", "o", "o",  " ",
    "o",           "u", "u",  "u",  "u", "y", "th", "ss",
    /* E0 */ "a",  "a", "a",  "a",  "a", "a", "ae", "c",
    "e",           "e", "e",  "e",  "i", "i", "i",  "i",
    /* F0 */ "d",  "n", "o",  "o",  "o", "o", "o",  " ",
    "o",           "u", "u",  "u",  "u", "y", "th", "y",
    /* 100 */ "a", "a", "a",  "a",  "a", "a", "c",  "c",
    "c",           "c", "c",  "c",  "c", "c", "d",  "d",
    /* 110 */ "d", "d", "e",  "e",  "e", "e", "e",  "e",
    "e",           "e", "e",  "e",  "g", "g", "g",  "g",
    /* 120 */ "g", "g", "g",  "g",  "h", "h", "h",  "h",
    "i",           "i", "i",  "i",  "i", "i", "i",  "i",
    /* 130 */ "i", "i", "ij", "ij", "j", "j", "k",  "k",
    "k",           "l", "l",  "l",  "l", "l", "l",  "l",
    /* 140 */ "l", "l", "l",  "n",  "n", "n", "n",  "n",
    "n",           "n", "n",  "n",  "o", "o", "o",  "o",
    /* 150 */ "o", "o", "oe", "oe", "r", "r", "r",  "r",
    "r",           "r", "s",  "s",  "s", "s", "s",  "s",
    /* 160 */ "s", "s", "t",  "t",  "t", "t", "t",  "t",
    "u",           "u", "u",  "u",  "u", "u", "u",  "u",
    /* 170 */ "u", "u", "u",  "u",  "w", "w", "y",  "y",
    "y",           "z", "z",  "z",  "z", "z", "z",  "s",
};

/* What is done with other characters; the first row that fits. Shifted ones are looked up again. */
static const struct range {
    uint32_t first, last;
    enum { RANGE_SPLIT, RANGE_DROP, RANGE_SHIFT } kind;
    int32_t shift;
} ranges[] = {
    {0x00AD, 0x00AD, RANGE_DROP, 0},        /* soft hyphen */
    {0x0080, 0x00BF, RANGE_SPLIT, 0},       /* controls and signs of Latin-1 */
    {0x0218, 0x0219, RANGE_SHIFT, -0xBA},   /* s with comma, as with cedilla */
    {0x021A, 0x021B, RANGE_SHIFT, -0xB8},   /* t with comma */
    {0x0300, 0x036F, RANGE_DROP, 0},        /* combining accents */
    {0x0391, 0x03A9, RANGE_SHIFT, 0x20},    /* Greek capitals */
    {0x0400, 0x040F, RANGE_SHIFT, 0x50},    /* Cyrillic capitals */
    {0x0410, 0x042F, RANGE_SHIFT, 0x20},    /* Cyrillic capitals */
    {0x200B, 0x200F, RANGE_DROP, 0},        /* without width */
    {0x2000, 0x205F, RANGE_SPLIT, 0},       /* blanks, dashes, quotation marks */
    {0x2060, 0x2064, RANGE_DROP, 0},        /* without width */
    {0x3000, 0x303F, RANGE_SPLIT, 0},       /* blanks and punctuation */
    {0xFE00, 0xFE0F, RANGE_DROP, 0},        /* variation selectors */
    {0xFEFF, 0xFEFF, RANGE_DROP, 0},        /* without width */
    {0xFF01, 0xFF5E, RANGE_SHIFT, -0xFEE0}, /* full width forms of ASCII */
};

/* Where the folded text grows. No character becomes longer than it was. */
struct folding {
    uint8_t *at;
    size_t length;
    bool spaced; /* words are kept apart */
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

static const struct range *range_of(uint32_t c)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return &ranges[i];
    return NULL;
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
    else
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

static void put_character(struct folding *f, uint32_t c)
{
    if (c < 0x80) {
        put_ascii(f, (uint8_t)c);
        return;
    }
    const struct range *r = range_of(c);
    if (r != NULL && r->kind == RANGE_DROP)
        return;
    if (r != NULL && r->kind == RANGE_SHIFT)
        c = (uint32_t)((int32_t)c + r->shift);
    if (r != NULL && r->kind == RANGE_SPLIT)
        put(f, ' ');
    else if (c < 0x80)
        put_ascii(f, (uint8_t)c);
    else if (c >= 0xC0 && c < 0xC0 + sizeof latin / sizeof latin[0])
        for (const char *l = latin[c - 0xC0]; *l != '\0'; l++)
            put(f, (uint8_t)*l);
    else
        put_other(f, c);
}

static struct slice fold(struct arena *arena, struct slice text, bool spaced)
{
    struct folding f = {.at = arena_alloc(arena, text.length + 2), .spaced = spaced};
    if (f.at == NULL)
        return (struct slice){NULL, 0};
    if (spaced)
        f.at[f.length++] = ' ';
    for (size_t i = 0, length = 1; i < text.length; i += length, length = 1)
        put_character(&f, text.at[i] < 0x80 ? text.at[i] : next_character(text, i, &length));
    put(&f, ' ');
    return slice_over(f.at, f.length);
}

struct slice fold_words(struct arena *arena, struct slice text)
{
    return fold(arena, text, true);
}

struct slice fold_number(struct arena *arena, struct slice text)
{
    return fold(arena, text, false);
}
