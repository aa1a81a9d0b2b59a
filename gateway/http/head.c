#include "http/head.h"

#include <strings.h>

#include "base/encoding.h"

#define VERSION_TEXT "HTTP/1."

static bool is_token(struct slice s)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < s.length; i++) {
        uint8_t c = s.at[i];
        bool alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alphanumeric && (c == 0 || memchr(others, c, sizeof others - 1) == NULL))
            return false;
    }
    return s.length > 0;
}

/* Text, tabs and octets of other character sets; nothing that ends or hides a line. */
static bool is_value(struct slice s)
{
    for (size_t i = 0; i < s.length; i++)
        if ((s.at[i] < ' ' && s.at[i] != '\t') || s.at[i] == 0x7f)
            return false;
    return true;
}

static struct slice trim(struct slice s)
{
    while (s.length > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
        s = slice_part(s, 1, SIZE_MAX);
    while (s.length > 0 && (s.at[s.length - 1] == ' ' || s.at[s.length - 1] == '\t'))
        s.length--;
    return s;
}

static bool same_word(struct slice s, const char *word)
{
    return s.length == strlen(word) && strncasecmp((const char *)s.at, word, s.length) == 0;
}

/* ---- fields ---- */

struct fields {
    struct http_head *head;
    unsigned count, hosts;
    bool has_coding;    /* Transfer-Encoding */
    bool closes, keeps; /* said by Connection */
    unsigned minor;     /* of the version */
};

static unsigned take_host(struct fields *f, struct slice value)
{
    f->hosts++;
    return is_value(value) && f->hosts == 1 ? 200 : 400;
}

static unsigned take_length(struct fields *f, struct slice value)
{
    bool again = f->head->has_length;
    f->head->has_length = true;
    return !again && decimal_read(value, INT64_MAX, &f->head->length) ? 200 : 400;
}

static unsigned take_coding(struct fields *f, struct slice value)
{
    (void)value;
    f->has_coding = true;
    return 200;
}

static unsigned take_connection(struct fields *f, struct slice value)
{
    while (value.length > 0) {
        size_t comma = slice_find(value, ',');
        struct slice word = trim(slice_part(value, 0, comma));
        f->closes = f->closes || same_word(word, "close");
        f->keeps = f->keeps || same_word(word, "keep-alive");
        value = slice_part(value, comma + 1, SIZE_MAX);
    }
    return 200;
}

static unsigned take_expect(struct fields *f, struct slice value)
{
    f->head->expects = same_word(value, "100-continue");
    return f->head->expects ? 200 : 417;
}

static unsigned take_field(struct fields *f, struct slice name, struct slice value)
{
    static const struct {
        const char *name;
        unsigned (*take)(struct fields *f, struct slice value);
    } rows[] = {
        {"host", take_host},
        {"content-length", take_length},
        {"transfer-encoding", take_coding},
        {"connection", take_connection},
        {"expect", take_expect},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (same_word(name, rows[i].name))
            return rows[i].take(f, value);
    return 200;
}

static unsigned read_field(struct fields *f, struct slice line)
{
    size_t colon = slice_find(line, ':');
    struct slice name = slice_part(line, 0, colon);
    struct slice value = slice_part(line, colon + 1, SIZE_MAX);
    if (colon == line.length || !is_token(name) || !is_value(value))
        return 400;
    if (++f->count > HEAD_FIELDS_MAX)
        return 431;
    return take_field(f, name, trim(value));
}

/* ---- lines ---- */

/* Takes one line off, without its CRLF. False where a CR or LF stands alone. */
static bool take_line(struct slice *in, struct slice *ret_line)
{
    size_t end = slice_find(*in, '\n');
    if (end >= in->length || end == 0 || in->at[end - 1] != '\r')
        return false;
    struct slice line = slice_part(*in, 0, end - 1);
    if (slice_find(line, '\r') < line.length)
        return false;
    *ret_line = line;
    *in = slice_part(*in, end + 1, SIZE_MAX);
    return true;
}

/* Octets up to and with the empty line; 0 where there is none yet. */
static size_t find_end(struct slice in)
{
    for (size_t i = 0; i + 3 < in.length; i++)
        if (memcmp(in.at + i, "\r\n\r\n", 4) == 0)
            return i + 4;
    return 0;
}

/* "HTTP/1.1": other versions of 1 are read as 1.1, as RFC 9110 2.5 has it. */
static unsigned read_version(struct slice s, unsigned *ret_minor)
{
    struct slice prefix = slice_text(VERSION_TEXT);
    bool is_version = s.length == prefix.length + 1 && slice_begins(s, slice_text("HTTP/")) &&
                      s.at[5] >= '0' && s.at[5] <= '9' && s.at[6] == '.' && s.at[7] >= '0' &&
                      s.at[7] <= '9';
    if (!is_version)
        return 400;
    if (!slice_begins(s, prefix))
        return 505;
    *ret_minor = s.at[7] == '0' ? 0 : 1;
    return 200;
}

static unsigned read_method(struct slice s, enum http_method *ret_method)
{
    static const char *const names[HTTP_METHODS] = {
        [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST"};
    for (unsigned i = 0; i < HTTP_METHODS; i++)
        if (slice_is(s, names[i])) {
            *ret_method = (enum http_method)i;
            return 200;
        }
    return is_token(s) ? 501 : 400;
}

static unsigned read_request_line(struct fields *f, struct slice line)
{
    size_t first = slice_find(line, ' ');
    struct slice rest = slice_part(line, first + 1, SIZE_MAX);
    size_t second = slice_find(rest, ' ');
    struct slice target = slice_part(rest, 0, second);
    unsigned status = read_version(slice_part(rest, second + 1, SIZE_MAX), &f->minor);
    if (status == 200)
        status = read_method(slice_part(line, 0, first), &f->head->method);
    if (status == 200 && (target.length == 0 || target.at[0] != '/'))
        status = 400;
    f->head->target = target;
    return status;
}

/* "HTTP/1.1 200 OK", the reason of any length. */
static unsigned read_status_line(struct fields *f, struct slice line)
{
    uint64_t code = 0;
    size_t blank = slice_find(line, ' ');
    struct slice rest = slice_part(line, blank + 1, SIZE_MAX);
    unsigned status = read_version(slice_part(line, 0, blank), &f->minor);
    if (status != 200)
        return status;
    if (!decimal_read(slice_part(rest, 0, 3), 999, &code) || code < 100 ||
        (rest.length > 3 && rest.at[3] != ' ') || !is_value(rest))
        return 400;
    f->head->code = (unsigned)code;
    return 200;
}

static unsigned read_head(struct slice in, size_t max,
                          unsigned (*read_first)(struct fields *f, struct slice line),
                          struct fields *f)
{
    struct slice line, left;
    size_t end = find_end(slice_part(in, 0, max));
    if (end == 0)
        return in.length >= max ? 431 : 0;
    f->head->bytes = end;
    left = slice_part(in, 0, end - 2);
    unsigned status = take_line(&left, &line) ? read_first(f, line) : 400;
    while (status == 200 && left.length > 0)
        status = take_line(&left, &line) ? read_field(f, line) : 400;
    f->head->keeps = f->minor == 1 && !f->closes;
    return status;
}

unsigned http_request_head(struct slice in, size_t max, struct http_head *ret_head)
{
    struct http_head head = {0};
    struct fields f = {.head = &head};
    unsigned status = read_head(in, max, read_request_line, &f);
    if (status != 200)
        return status;
    if (f.has_coding)
        return head.has_length ? 400 : 501;
    if (f.minor == 1 && f.hosts == 0)
        return 400;
    *ret_head = head;
    return 200;
}

unsigned http_answer_head(struct slice in, size_t max, struct http_head *ret_head)
{
    struct http_head head = {0};
    struct fields f = {.head = &head};
    unsigned status = read_head(in, max, read_status_line, &f);
    if (status != 200)
        return status;
    if (f.has_coding)
        return 501;
    *ret_head = head;
    return 200;
}
