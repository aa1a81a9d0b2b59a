#include "comity/output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void say(const struct invocation *invocation, const char *format, ...)
{
    va_list args;
    if (invocation->quiet || invocation->json)
        return;
    (void)fflush(stdout); /* so that both stand in their order where they go to one place */
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

json_t *slice_json(struct slice text)
{
    return json_stringn((const char *)text.at, text.length);
}

void put_json(json_t *json)
{
    if (json == NULL || json_dumpf(json, stdout, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
        fputs("null", stdout);
    fputc('\n', stdout);
    json_decref(json);
}

/* The code point that begins at text, which jansson or our own reader found to be UTF-8. */
static unsigned code_point(const unsigned char *text, size_t *ret_length)
{
    static const struct {
        unsigned char mask, lead, bits;
        size_t length;
    } forms[] = {
        {0x80, 0x00, 0x7f, 1}, {0xe0, 0xc0, 0x1f, 2}, {0xf0, 0xe0, 0x0f, 3}, {0xf8, 0xf0, 0x07, 4}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if ((text[0] & forms[i].mask) != forms[i].lead)
            continue;
        unsigned point = text[0] & forms[i].bits;
        for (size_t k = 1; k < forms[i].length; k++) {
            if ((text[k] & 0xc0) != 0x80)
                break;
            point = point << 6 | (text[k] & 0x3fU);
            if (k + 1 == forms[i].length)
                *ret_length = forms[i].length;
        }
        if (forms[i].length == 1)
            *ret_length = 1;
        return *ret_length == 0 ? 0 : point;
    }
    return 0;
}

/* Controls of C0 and C1, and the marks that change the direction of what follows. */
static bool is_control(unsigned point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x061c || point == 0x200e ||
           point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

void put_text(FILE *out, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        size_t length = 0;
        unsigned point = code_point(at, &length);
        if (length == 0)
            fprintf(out, "<%02X>", *at);
        else if (is_control(point))
            fprintf(out, "<U+%04X>", point);
        else
            (void)fwrite(at, 1, length, out);
        at += length == 0 ? 1 : length;
    }
}

void put_painted(const struct invocation *invocation, enum paint paint, const char *text)
{
    static const char *const codes[] = {"", "\033[1m", "\033[32m", "\033[1;31m", "\033[2m"};
    bool colored = invocation->color && paint != PAINT_PLAIN;
    if (colored)
        fputs(codes[paint], stdout);
    put_text(stdout, text);
    if (colored)
        fputs("\033[0m", stdout);
}

void put_heading(const struct invocation *invocation, const char *text)
{
    fputc('\n', stdout);
    put_painted(invocation, PAINT_STRONG, text);
    fputc('\n', stdout);
}

void put_fault(const char *program, bool json, const struct comity_fault *fault)
{
    (void)fflush(stdout);
    if (json) {
        json_t *error = json_pack("{s:{s:s,s:s,s:s}}", "error", "code", fault->code, "message",
                                  fault->message, "hint", fault->hint);
        if (error != NULL)
            json_dumpf(error, stderr, JSON_COMPACT);
        fputc('\n', stderr);
        json_decref(error);
        return;
    }
    fprintf(stderr, "%s: ", program);
    put_text(stderr, fault->message);
    if (strncmp(fault->code, "E_", 2) == 0)
        fprintf(stderr, " (%s)", fault->code);
    fputc('\n', stderr);
    if (fault->hint[0] != '\0') {
        fputs("  next: ", stderr);
        put_text(stderr, fault->hint);
        fputc('\n', stderr);
    }
}

bool output_flushed(void)
{
    return fflush(stdout) == 0 && ferror(stdout) == 0;
}
