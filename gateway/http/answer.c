#include <inttypes.h>
#include <time.h>

#include "http/server_parts.h"

static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

const char *answer_reason(unsigned status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "";
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 5.6.7 */
static void put_date(struct buffer *out, uint64_t now_ms)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm t;
    if (gmtime_r(&seconds, &t) == NULL)
        return;
    buffer_print(out, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", days[t.tm_wday], t.tm_mday,
                 months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static void put_allowed(struct buffer *out, unsigned allowed)
{
    static const char *const names[HTTP_METHODS] = {"GET", "HEAD", "POST"};
    const char *between = "Allow: ";
    for (unsigned i = 0; i < HTTP_METHODS; i++)
        if ((allowed & HTTP_TAKES(i)) != 0) {
            buffer_print(out, "%s%s", between, names[i]);
            between = ", ";
        }
    if (allowed != 0)
        buffer_text(out, "\r\n");
}

void answer_head_write(struct buffer *out, const struct http_answer *a, unsigned allowed,
                       bool is_last, uint64_t now_ms)
{
    buffer_print(out, "HTTP/1.1 %u %s\r\n", a->status, answer_reason(a->status));
    put_date(out, now_ms);
    put_allowed(out, allowed);
    buffer_print(out,
                 "Content-Type: %s\r\nContent-Length: %" PRIu64
                 "\r\nCache-Control: %s\r\nConnection: %s\r\n\r\n",
                 a->type == NULL ? "text/plain; charset=utf-8" : a->type,
                 (uint64_t)a->body.length + a->file_bytes, a->cache == NULL ? "no-store" : a->cache,
                 is_last ? "close" : "keep-alive");
}
