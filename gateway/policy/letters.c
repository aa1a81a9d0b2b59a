#include "policy/letters.h"

#include <stddef.h>

#define LETTERS_A_ROW 16

/* What the letters of the rows stand for where they are capitals. */
static const char pairs[26][3] = {
    ['A' - 'A'] = "ae", ['B' - 'A'] = "db", ['C' - 'A'] = "ts", ['D' - 'A'] = "dz",
    ['G' - 'A'] = "oi", ['H' - 'A'] = "hv", ['I' - 'A'] = "ij", ['K' - 'A'] = "ls",
    ['L' - 'A'] = "lj", ['M' - 'A'] = "ll", ['N' - 'A'] = "nj", ['O' - 'A'] = "oe",
    ['Q' - 'A'] = "qp", ['S' - 'A'] = "ss", ['T' - 'A'] = "th", ['U' - 'A'] = "ou",
    ['V' - 'A'] = "tc", ['Z' - 'A'] = "lz",
};

/* A blank stands between words. */
static const char latin[][LETTERS_A_ROW + 1] = {
    /* 00C0 */ "aaaaaaAceeeeiiii",
    /* 00D0 */ "dnooooo ouuuuyTS",
    /* 00E0 */ "aaaaaaAceeeeiiii",
    /* 00F0 */ "dnooooo ouuuuyTy",
    /* 0100 */ "aaaaaaccccccccdd",
    /* 0110 */ "ddeeeeeeeeeegggg",
    /* 0120 */ "gggghhhhiiiiiiii",
    /* 0130 */ "iiIIjjkkklllllll",
    /* 0140 */ "lllnnnnnnnnnoooo",
    /* 0150 */ "ooOOrrrrrrssssss",
    /* 0160 */ "ssttttttuuuuuuuu",
    /* 0170 */ "uuuuwwyyyzzzzzzs",
    /* 0180 */ "bbbbbboccdddddee",
    /* 0190 */ "effggHiikkllmnno",
    /* 01A0 */ "ooGGpprssssttttu",
    /* 01B0 */ "uuvyyzzzzzzzzzCw",
    /* 01C0 */ "    DDDLLLNNNaai",
    /* 01D0 */ "ioouuuuuuuuuueaa",
    /* 01E0 */ "aaAAggggkkoooozz",
    /* 01F0 */ "jDDDggHwnnaaAAoo",
    /* 0200 */ "aaaaeeeeiiiioooo",
    /* 0210 */ "rrrruuuussttyyhh",
    /* 0220 */ "ndUUzzaaeeoooooo",
    /* 0230 */ "ooyylntjBQacclts",
    /* 0240 */ "zqqbuveejjqqrryy",
    /* 0250 */ "aaabocddeeeeeeej",
    /* 0260 */ "ggggohhhiiilllzm",
    /* 0270 */ "mmnnnoOofrrrrrrr",
    /* 0280 */ "rrssjssttuuvvwyy",
    /* 0290 */ "zzzzqqqcobeghjkl",
    /* 02A0 */ "qqqDDDCCVfKZwzhh",
};
static const char latin_additional[][LETTERS_A_ROW + 1] = {
    /* 1E00 */ "aabbbbbbccdddddd",
    /* 1E10 */ "ddddeeeeeeeeeeff",
    /* 1E20 */ "gghhhhhhhhhhiiii",
    /* 1E30 */ "kkkkkkllllllllmm",
    /* 1E40 */ "mmmmnnnnnnnnoooo",
    /* 1E50 */ "oooopppprrrrrrrr",
    /* 1E60 */ "sssssssssstttttt",
    /* 1E70 */ "ttuuuuuuuuuuvvvv",
    /* 1E80 */ "wwwwwwwwwwxxxxyy",
    /* 1E90 */ "zzzzzzhtwyasssSd",
    /* 1EA0 */ "aaaaaaaaaaaaaaaa",
    /* 1EB0 */ "aaaaaaaaeeeeeeee",
    /* 1EC0 */ "eeeeeeeeiiiioooo",
    /* 1ED0 */ "oooooooooooooooo",
    /* 1EE0 */ "oooouuuuuuuuuuuu",
    /* 1EF0 */ "uuyyyyyyyyMMvvyy",
};

static const struct alphabet {
    uint32_t first, last;
    const char (*rows)[LETTERS_A_ROW + 1];
} alphabets[] = {
    {0x00C0, 0x02AF, latin},
    {0x1E00, 0x1EFF, latin_additional},
};

/* What is done with other characters, in their order. What comes out is looked up no more here. */
static const struct range {
    uint32_t first, last;
    enum {
        RANGE_SPLIT, /* stands between words */
        RANGE_DROP,
        RANGE_SHIFT,
        RANGE_TO,   /* all become one */
        RANGE_EVEN, /* pairs of a capital and a small letter; the capital is even */
        RANGE_ODD,
    } kind;
    int32_t shift; /* or the one character */
} ranges[] = {
    {0x0080, 0x00AC, RANGE_SPLIT, 0}, /* controls and signs of Latin-1 */
    {0x00AD, 0x00AD, RANGE_DROP, 0},  /* soft hyphen */
    {0x00AE, 0x00B3, RANGE_SPLIT, 0},
    {0x00B4, 0x00B4, RANGE_TO, '\''}, /* acute accent */
    {0x00B5, 0x00BF, RANGE_SPLIT, 0},
    {0x02B9, 0x02BF, RANGE_TO, '\''}, /* modifier letters */
    {0x0300, 0x036F, RANGE_DROP, 0},  /* combining accents */
    {0x0386, 0x0386, RANGE_TO, 0x03B1},
    {0x0388, 0x0388, RANGE_TO, 0x03B5},
    {0x0389, 0x0389, RANGE_TO, 0x03B7},
    {0x038A, 0x038A, RANGE_TO, 0x03B9},
    {0x038C, 0x038C, RANGE_TO, 0x03BF},
    {0x038E, 0x038E, RANGE_TO, 0x03C5},
    {0x038F, 0x038F, RANGE_TO, 0x03C9},
    {0x0390, 0x0390, RANGE_TO, 0x03B9},
    {0x0391, 0x03A9, RANGE_SHIFT, 0x20}, /* Greek capitals */
    {0x03AA, 0x03AA, RANGE_TO, 0x03B9},
    {0x03AB, 0x03AB, RANGE_TO, 0x03C5},
    {0x03AC, 0x03AC, RANGE_TO, 0x03B1},
    {0x03AD, 0x03AD, RANGE_TO, 0x03B5},
    {0x03AE, 0x03AE, RANGE_TO, 0x03B7},
    {0x03AF, 0x03AF, RANGE_TO, 0x03B9},
    {0x03B0, 0x03B0, RANGE_TO, 0x03C5},
    {0x03C2, 0x03C2, RANGE_TO, 0x03C3}, /* final sigma */
    {0x03CA, 0x03CA, RANGE_TO, 0x03B9},
    {0x03CB, 0x03CB, RANGE_TO, 0x03C5},
    {0x03CC, 0x03CC, RANGE_TO, 0x03BF},
    {0x03CD, 0x03CD, RANGE_TO, 0x03C5},
    {0x03CE, 0x03CE, RANGE_TO, 0x03C9},
    {0x03D8, 0x03EF, RANGE_EVEN, 0},
    {0x0400, 0x0401, RANGE_TO, 0x0435},
    {0x0402, 0x0402, RANGE_SHIFT, 0x50}, /* Cyrillic capitals */
    {0x0403, 0x0403, RANGE_TO, 0x0433},
    {0x0404, 0x0406, RANGE_SHIFT, 0x50},
    {0x0407, 0x0407, RANGE_TO, 0x0456},
    {0x0408, 0x040B, RANGE_SHIFT, 0x50},
    {0x040C, 0x040C, RANGE_TO, 0x043A},
    {0x040D, 0x040D, RANGE_TO, 0x0438},
    {0x040E, 0x040E, RANGE_TO, 0x0443},
    {0x040F, 0x040F, RANGE_SHIFT, 0x50},
    {0x0410, 0x0418, RANGE_SHIFT, 0x20},
    {0x0419, 0x0419, RANGE_TO, 0x0438},
    {0x041A, 0x042F, RANGE_SHIFT, 0x20},
    {0x0439, 0x0439, RANGE_TO, 0x0438},
    {0x0450, 0x0451, RANGE_TO, 0x0435},
    {0x0453, 0x0453, RANGE_TO, 0x0433},
    {0x0457, 0x0457, RANGE_TO, 0x0456},
    {0x045C, 0x045C, RANGE_TO, 0x043A},
    {0x045D, 0x045D, RANGE_TO, 0x0438},
    {0x045E, 0x045E, RANGE_TO, 0x0443},
    {0x0460, 0x0475, RANGE_EVEN, 0},
    {0x0476, 0x0477, RANGE_TO, 0x0475},
    {0x0478, 0x0481, RANGE_EVEN, 0},
    {0x0483, 0x0487, RANGE_DROP, 0}, /* combining signs */
    {0x048A, 0x04BF, RANGE_EVEN, 0},
    {0x04C0, 0x04C0, RANGE_TO, 0x04CF},
    {0x04C1, 0x04C2, RANGE_TO, 0x0436},
    {0x04C3, 0x04CE, RANGE_ODD, 0},
    {0x04D0, 0x04D3, RANGE_TO, 0x0430},
    {0x04D4, 0x04D5, RANGE_EVEN, 0},
    {0x04D6, 0x04D7, RANGE_TO, 0x0435},
    {0x04D8, 0x04D9, RANGE_EVEN, 0},
    {0x04DA, 0x04DB, RANGE_TO, 0x04D9},
    {0x04DC, 0x04DD, RANGE_TO, 0x0436},
    {0x04DE, 0x04DF, RANGE_TO, 0x0437},
    {0x04E0, 0x04E1, RANGE_EVEN, 0},
    {0x04E2, 0x04E5, RANGE_TO, 0x0438},
    {0x04E6, 0x04E7, RANGE_TO, 0x043E},
    {0x04E8, 0x04E9, RANGE_EVEN, 0},
    {0x04EA, 0x04EB, RANGE_TO, 0x04E9},
    {0x04EC, 0x04ED, RANGE_TO, 0x044D},
    {0x04EE, 0x04F3, RANGE_TO, 0x0443},
    {0x04F4, 0x04F5, RANGE_TO, 0x0447},
    {0x04F6, 0x04F7, RANGE_EVEN, 0},
    {0x04F8, 0x04F9, RANGE_TO, 0x044B},
    {0x04FA, 0x052F, RANGE_EVEN, 0},
    {0x0531, 0x0556, RANGE_SHIFT, 0x30}, /* Armenian capitals */
    {0x0591, 0x05BD, RANGE_DROP, 0},     /* Hebrew points */
    {0x0610, 0x061A, RANGE_DROP, 0},     /* Arabic signs */
    {0x0640, 0x0640, RANGE_DROP, 0},
    {0x064B, 0x065F, RANGE_DROP, 0},
    {0x0670, 0x0670, RANGE_DROP, 0},
    {0x1AB0, 0x1AFF, RANGE_DROP, 0},       /* combining accents */
    {0x1C90, 0x1CBF, RANGE_SHIFT, -0xBC0}, /* Georgian capitals */
    {0x1DC0, 0x1DFF, RANGE_DROP, 0},       /* combining accents */
    {0x1F00, 0x1F0F, RANGE_TO, 0x03B1},
    {0x1F10, 0x1F1F, RANGE_TO, 0x03B5},
    {0x1F20, 0x1F2F, RANGE_TO, 0x03B7},
    {0x1F30, 0x1F3F, RANGE_TO, 0x03B9},
    {0x1F40, 0x1F4F, RANGE_TO, 0x03BF},
    {0x1F50, 0x1F5F, RANGE_TO, 0x03C5},
    {0x1F60, 0x1F6F, RANGE_TO, 0x03C9},
    {0x1F70, 0x1F71, RANGE_TO, 0x03B1},
    {0x1F72, 0x1F73, RANGE_TO, 0x03B5},
    {0x1F74, 0x1F75, RANGE_TO, 0x03B7},
    {0x1F76, 0x1F77, RANGE_TO, 0x03B9},
    {0x1F78, 0x1F79, RANGE_TO, 0x03BF},
    {0x1F7A, 0x1F7B, RANGE_TO, 0x03C5},
    {0x1F7C, 0x1F7D, RANGE_TO, 0x03C9},
    {0x1F80, 0x1F8F, RANGE_TO, 0x03B1},
    {0x1F90, 0x1F9F, RANGE_TO, 0x03B7},
    {0x1FA0, 0x1FAF, RANGE_TO, 0x03C9},
    {0x1FB0, 0x1FBC, RANGE_TO, 0x03B1},
    {0x1FC2, 0x1FC7, RANGE_TO, 0x03B7},
    {0x1FC8, 0x1FC9, RANGE_TO, 0x03B5},
    {0x1FCA, 0x1FCC, RANGE_TO, 0x03B7},
    {0x1FD0, 0x1FDB, RANGE_TO, 0x03B9},
    {0x1FE0, 0x1FE3, RANGE_TO, 0x03C5},
    {0x1FE4, 0x1FE5, RANGE_TO, 0x03C1},
    {0x1FE6, 0x1FEB, RANGE_TO, 0x03C5},
    {0x1FEC, 0x1FEC, RANGE_TO, 0x03C1},
    {0x1FF2, 0x1FF7, RANGE_TO, 0x03C9},
    {0x1FF8, 0x1FF9, RANGE_TO, 0x03BF},
    {0x1FFA, 0x1FFC, RANGE_TO, 0x03C9},
    {0x2000, 0x200A, RANGE_SPLIT, 0}, /* blanks */
    {0x200B, 0x200F, RANGE_DROP, 0},  /* without width */
    {0x2010, 0x2017, RANGE_SPLIT, 0}, /* dashes */
    {0x2018, 0x201B, RANGE_TO, '\''}, /* quotation marks */
    {0x201C, 0x2031, RANGE_SPLIT, 0},
    {0x2032, 0x2032, RANGE_TO, '\''},
    {0x2033, 0x205F, RANGE_SPLIT, 0},
    {0x2060, 0x2064, RANGE_DROP, 0},  /* without width */
    {0x20D0, 0x20FF, RANGE_DROP, 0},  /* combining signs */
    {0x3000, 0x3004, RANGE_SPLIT, 0}, /* blanks and punctuation */
    {0x3008, 0x303F, RANGE_SPLIT, 0},
    {0x30FB, 0x30FB, RANGE_SPLIT, 0},       /* middle dot */
    {0xFE00, 0xFE0F, RANGE_DROP, 0},        /* variation selectors */
    {0xFE20, 0xFE2F, RANGE_DROP, 0},        /* combining accents */
    {0xFEFF, 0xFEFF, RANGE_DROP, 0},        /* without width */
    {0xFF01, 0xFF5E, RANGE_SHIFT, -0xFEE0}, /* full width forms of ASCII */
};

/* Scripts that are written without blanks. */
static const struct {
    uint32_t first, last;
} unspaced[] = {
    {0x0E00, 0x0EFF},                                       /* Thai, Lao */
    {0x1000, 0x109F},                                       /* Burmese */
    {0x1780, 0x17FF},                                       /* Khmer */
    {0x3005, 0x3007},                                       /* Han signs */
    {0x3041, 0x30FA},                                       /* Hiragana, Katakana */
    {0x30FC, 0x30FF},   {0x3400, 0x4DBF},                   /* Han */
    {0x4E00, 0x9FFF},   {0xF900, 0xFAFF}, {0xFF66, 0xFF9F}, /* half width Katakana */
    {0x20000, 0x3FFFF},                                     /* Han */
};

static const struct range *range_of(uint32_t c)
{
    size_t low = 0;
    for (size_t high = sizeof ranges / sizeof ranges[0]; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].last < c)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < sizeof ranges / sizeof ranges[0] && c >= ranges[low].first;
    return found ? &ranges[low] : NULL;
}

uint32_t letter_plain(uint32_t c)
{
    const struct range *r = c < 0x80 ? NULL : range_of(c);
    if (r == NULL)
        return c;
    const uint32_t plains[] = {
        [RANGE_SPLIT] = ' ',
        [RANGE_DROP] = LETTER_NONE,
        [RANGE_SHIFT] = (uint32_t)((int32_t)c + r->shift),
        [RANGE_TO] = (uint32_t)r->shift,
        [RANGE_EVEN] = c | 1U,
        [RANGE_ODD] = (c + 1) & ~1U,
    };
    return plains[r->kind];
}

const char *letter_latin(uint32_t c)
{
    static const char singles[][2] = {"a", "b", "c", "d", "e", "f", "g", "h", "i",
                                      "j", "k", "l", "m", "n", "o", "p", "q", "r",
                                      "s", "t", "u", "v", "w", "x", "y", "z"};
    for (size_t a = 0; a < sizeof alphabets / sizeof alphabets[0]; a++) {
        if (c < alphabets[a].first || c > alphabets[a].last)
            continue;
        uint32_t at = c - alphabets[a].first;
        char letter = alphabets[a].rows[at / LETTERS_A_ROW][at % LETTERS_A_ROW];
        if (letter == ' ')
            return " ";
        return letter >= 'a' ? singles[letter - 'a'] : pairs[letter - 'A'];
    }
    return NULL;
}

bool letter_is_unspaced(uint32_t c)
{
    bool found = false;
    for (size_t i = 0; i < sizeof unspaced / sizeof unspaced[0]; i++)
        found = found || (c >= unspaced[i].first && c <= unspaced[i].last);
    return found;
}
