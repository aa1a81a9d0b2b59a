#include "wire/cbor_head.h"

#include "base/encoding.h"

#define MAJOR_SIMPLE 7
#define SIMPLE_FALSE 20
#define SIMPLE_TRUE  21
#define SIMPLE_NULL  22
#define INDEFINITE   31

static const enum cbor_kind kinds[] = {
    CBOR_UINT, CBOR_NINT, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_NONE /* a tag */,
};

static struct status simple_head(uint8_t low, struct cbor_head *ret_head)
{
    if (low == INDEFINITE)
        return REFUSE(CBOR_FORM);
    if (low < SIMPLE_FALSE || low > SIMPLE_NULL)
        return REFUSE(CBOR_TYPE);
    *ret_head = (struct cbor_head){
        .kind = low == SIMPLE_NULL ? CBOR_NULL : CBOR_BOOL,
        .boolean = low == SIMPLE_TRUE,
        .length = 1,
    };
    return OK;
}

/* The argument behind the first octet: 24 to 27 say in how many octets. */
static struct status argument_read(struct reader *r, uint8_t low, uint64_t *ret_argument)
{
    static const uint64_t least[] = {24, 0x100, 0x10000, 0x100000000};
    if (low < 24) {
        *ret_argument = low;
        return OK;
    }
    if (low > 27)
        return REFUSE(CBOR_FORM);
    uint64_t n = 0;
    for (unsigned i = 0; i < 1U << (low - 24); i++)
        n = n << 8 | reader_u8(r);
    if (r->failed)
        return REFUSE(CBOR_TRUNCATED);
    if (n < least[low - 24])
        return REFUSE(CBOR_FORM);
    *ret_argument = n;
    return OK;
}

struct status cbor_head_read(struct slice in, struct cbor_head *ret_head)
{
    if (in.length == 0)
        return REFUSE(CBOR_TRUNCATED);
    struct reader r = reader_over(in);
    uint8_t first = reader_u8(&r);
    uint8_t major = first >> 5, low = first & 0x1f;
    if (major == MAJOR_SIMPLE)
        return simple_head(low, ret_head);

    struct cbor_head h = {.kind = kinds[major]};
    struct status s = argument_read(&r, low, &h.argument);
    if (failed(s))
        return s;
    if (h.kind == CBOR_NONE)
        return REFUSE(CBOR_TYPE);
    h.length = in.length - r.left.length;
    *ret_head = h;
    return OK;
}

/* An array or a map that has not ended yet. */
struct open {
    uint64_t missing; /* items still to come; of a map keys and values together */
    bool is_map, at_key, had_key;
    enum cbor_kind last_kind; /* the last key */
    uint64_t last_argument;
    struct slice last_text; /* of a key that is a text */
};

struct scan {
    struct slice left;
    struct open open[CBOR_MAX_DEPTH];
    size_t depth;
    bool labels; /* keys may be texts */
};

/* By octets, unsigned keys stand before negative ones, those before texts, small and short ones
 * first. */
static bool comes_after(const struct open *o, const struct cbor_head *h, struct slice text)
{
    if (!o->had_key || h->kind != o->last_kind)
        return !o->had_key || h->kind > o->last_kind;
    if (h->argument != o->last_argument)
        return h->argument > o->last_argument;
    return h->kind == CBOR_TEXT && slice_compare(text, o->last_text) > 0;
}

static struct status key_checked(struct scan *c, struct open *o, const struct cbor_head *h)
{
    struct slice text = {NULL, 0};
    if (h->kind == CBOR_TEXT && c->labels)
        text = slice_part(slice_part(c->left, h->length, SIZE_MAX), 0, (size_t)h->argument);
    else if (h->kind != CBOR_UINT && h->kind != CBOR_NINT)
        return REFUSE(CBOR_TYPE);
    if (!comes_after(o, h, text))
        return REFUSE(CBOR_ORDER);
    o->had_key = true;
    o->last_kind = h->kind;
    o->last_argument = h->argument;
    o->last_text = text;
    return OK;
}

static struct status place_checked(struct scan *c, const struct cbor_head *h)
{
    if (c->depth == 0)
        return OK;
    struct open *o = &c->open[c->depth - 1];
    o->missing--;
    if (!o->is_map)
        return OK;
    o->at_key = !o->at_key;
    return o->at_key ? OK : key_checked(c, o, h);
}

static struct status string_taken(struct scan *c, const struct cbor_head *h)
{
    if (h->argument > c->left.length)
        return REFUSE(CBOR_TRUNCATED);
    if (h->kind == CBOR_TEXT && !utf8_valid(slice_part(c->left, 0, (size_t)h->argument)))
        return REFUSE(CBOR_UTF8);
    c->left = slice_part(c->left, (size_t)h->argument, SIZE_MAX);
    return OK;
}

static struct status container_opened(struct scan *c, const struct cbor_head *h)
{
    bool is_map = h->kind == CBOR_MAP;
    if (h->argument > (is_map ? c->left.length / 2 : c->left.length))
        return REFUSE(CBOR_COUNT);
    if (c->depth == CBOR_MAX_DEPTH)
        return REFUSE(CBOR_DEPTH);
    c->open[c->depth++] = (struct open){
        .missing = is_map ? 2 * h->argument : h->argument,
        .is_map = is_map,
        .at_key = is_map,
    };
    return OK;
}

static struct status item_scanned(struct scan *c)
{
    struct cbor_head h;
    struct status s = cbor_head_read(c->left, &h);
    if (failed(s))
        return s;
    s = place_checked(c, &h);
    if (failed(s))
        return s;
    c->left = slice_part(c->left, h.length, SIZE_MAX);
    if (h.kind == CBOR_BYTES || h.kind == CBOR_TEXT)
        return string_taken(c, &h);
    if (h.kind == CBOR_ARRAY || h.kind == CBOR_MAP)
        return container_opened(c, &h);
    return OK;
}

static struct status scanned(struct scan *c)
{
    do {
        struct status s = item_scanned(c);
        if (failed(s))
            return s;
        while (c->depth > 0 && c->open[c->depth - 1].missing == 0)
            c->depth--;
    } while (c->depth > 0);
    return c->left.length == 0 ? OK : REFUSE(CBOR_TRAILING);
}

struct status cbor_scan(struct slice in)
{
    struct scan c = {.left = in};
    return scanned(&c);
}

struct status cbor_scan_labels(struct slice in)
{
    struct scan c = {.left = in, .labels = true};
    return scanned(&c);
}
