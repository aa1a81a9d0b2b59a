#include "wire/names.h"

#include <string.h>

#define UPPER  1U
#define LOWER  2U
#define DIGITS 4U

#define STATE_BYTES   2
#define CODE_MAX      24
#define REF_MAX       64
#define ELEMENT_BYTES 17
#define SEGMENT_MAX   40
#define OFFICER_MAX   32

/* Which octets may stand somewhere. */
struct set {
    unsigned ranges;
    const char *also;
};

static const struct set upper = {UPPER, ""};
static const struct set lower = {LOWER, ""};
static const struct set digits = {DIGITS, ""};

static bool is_in(uint8_t octet, const struct set *set)
{
    unsigned range = 0;
    if (octet >= 'a' && octet <= 'z')
        range = LOWER;
    else if (octet >= 'A' && octet <= 'Z')
        range = UPPER;
    else if (octet >= '0' && octet <= '9')
        range = DIGITS;
    return (set->ranges & range) != 0 || (octet != 0 && strchr(set->also, octet) != NULL);
}

/* Whether s has min..max octets, all out of set. */
static bool is_made_of(struct slice s, const struct set *set, size_t min, size_t max)
{
    if (s.length < min || s.length > max)
        return false;
    for (size_t i = 0; i < s.length; i++)
        if (!is_in(s.at[i], set))
            return false;
    return true;
}

/* Whether s is one octet out of first, then rest, at most max octets in all. */
static bool is_word(struct slice s, const struct set *first, const struct set *rest, size_t max)
{
    return is_made_of(slice_part(s, 0, 1), first, 1, 1) && is_made_of(s, rest, 1, max);
}

/* Takes what stands before the next separator off *rest; *ret_more: whether there was one. */
static struct slice part_taken(struct slice *rest, uint8_t separator, bool *ret_more)
{
    size_t end = slice_find(*rest, separator);
    struct slice part = slice_part(*rest, 0, end);
    *ret_more = end < rest->length;
    *rest = slice_part(*rest, end + 1, SIZE_MAX);
    return part;
}

/* Whether s is 1..max_parts parts between separators, each of 1..part_max octets out of set. */
static bool is_list_of(struct slice s, uint8_t separator, const struct set *set, size_t part_max,
                       size_t max_parts)
{
    bool more = true;
    for (size_t count = 0; more; count++)
        if (count == max_parts || !is_made_of(part_taken(&s, separator, &more), set, 1, part_max))
            return false;
    return true;
}

bool name_is_state(struct slice s)
{
    return is_made_of(s, &upper, STATE_BYTES, STATE_BYTES);
}

bool name_is_party(struct slice s)
{
    bool more;
    return name_is_state(part_taken(&s, '-', &more)) && more &&
           is_made_of(part_taken(&s, '-', &more), &upper, 2, 4) && more &&
           is_made_of(s, &digits, 2, 2);
}

bool name_is_gateway(struct slice s)
{
    return name_is_party(s) && slice_is(party_role(s), "GW");
}

bool name_is_identity(struct slice s)
{
    static const struct set set = {UPPER | LOWER | DIGITS, "-"};
    bool more;
    return name_is_party(part_taken(&s, '/', &more)) &&
           (!more || is_made_of(s, &set, 1, OFFICER_MAX));
}

bool name_is_code(struct slice s)
{
    static const struct set set = {UPPER | DIGITS, "_"};
    return is_word(s, &upper, &set, CODE_MAX);
}

bool name_is_ref(struct slice s)
{
    static const struct set set = {UPPER | DIGITS, "./-"};
    return is_made_of(s, &set, 1, REF_MAX);
}

bool name_is_type(struct slice s)
{
    static const struct set set = {LOWER | DIGITS, ""};
    return is_list_of(s, '.', &set, 24, 5);
}

bool name_is_basis(struct slice s)
{
    static const struct set set = {UPPER | LOWER | DIGITS, "().,/-"};
    bool more;
    return name_is_code(part_taken(&s, ' ', &more)) && (!more || is_list_of(s, ' ', &set, 20, 4));
}

bool name_is_obligation(struct slice s)
{
    static const struct set set = {LOWER | DIGITS, "-"};
    static const struct set value = {UPPER | LOWER | DIGITS, ".-"};
    bool more;
    struct slice word = part_taken(&s, '=', &more);
    return word.length >= 2 && is_word(word, &lower, &set, 32) &&
           (!more || is_made_of(s, &value, 1, 32));
}

bool name_is_language(struct slice s)
{
    return is_made_of(s, &lower, 3, 3);
}

bool name_is_element(struct slice s)
{
    static const struct set set = {DIGITS, "abcdef"};
    return s.length == ELEMENT_BYTES && s.at[0] == '~' &&
           is_made_of(slice_part(s, 1, SIZE_MAX), &set, ELEMENT_BYTES - 1, ELEMENT_BYTES - 1);
}

bool name_is_path(struct slice s)
{
    static const struct set set = {LOWER | DIGITS, "_"};
    if (s.length > PATH_MAX_BYTES)
        return false;
    bool more = true, element_allowed = false;
    for (size_t count = 0; more; count++) {
        struct slice segment = part_taken(&s, '/', &more);
        bool element = element_allowed && name_is_element(segment);
        if (count == PATH_MAX_SEGMENTS ||
            (!element && !is_word(segment, &lower, &set, SEGMENT_MAX)))
            return false;
        element_allowed = !element;
    }
    return true;
}

bool name_is_reserved(struct slice path)
{
    static const char *const reserved[] = {
        /* clang-format off */
        "version", "id", "thread", "reply_to", "type", "schema", "from", "to", "created",
        "expires", "case_ref", "their_ref", "instrument", "legal_basis", "purpose", "urgency",
        "urgency/level", "handling", "urgency/deadline", "handling/codes", "confidential",
        "lang", "owner", "transfer", "transfer/tier", "transfer/basis", "retain_until",
        "digests", "local",
        /* clang-format on */
    };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (slice_is(path, reserved[i]))
            return true;
    return false;
}

bool path_covers(struct slice a, struct slice b)
{
    return slice_begins(b, a) && (b.length == a.length || b.at[a.length] == '/');
}

struct slice party_state(struct slice party)
{
    return slice_part(party, 0, STATE_BYTES);
}

struct slice party_role(struct slice party)
{
    bool more;
    part_taken(&party, '-', &more);
    return part_taken(&party, '-', &more);
}

bool path_next(struct slice *rest, struct slice *ret_segment)
{
    bool more;
    if (rest->length == 0)
        return false;
    *ret_segment = part_taken(rest, '/', &more);
    return true;
}
