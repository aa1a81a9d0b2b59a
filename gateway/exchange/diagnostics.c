#include "exchange/diagnostics.h"

#include "base/instant.h"

#define TEXT_MAX_BYTES 400

static void put_escaped(struct buffer *b, struct slice text)
{
    text = slice_part(text, 0, TEXT_MAX_BYTES);
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = text.at[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            buffer_print(b, "\\u%04x", c);
        else
            buffer_u8(b, c);
    }
}

static void put_member(struct buffer *b, const char *key, struct slice text)
{
    if (text.length == 0)
        return;
    buffer_print(b, ",\"%s\":\"", key);
    put_escaped(b, text);
    buffer_text(b, "\"");
}

const char *diagnostics_level(enum diagnostic_level level)
{
    static const char *const names[] = {
        [DIAGNOSTIC_INFO] = "info",
        [DIAGNOSTIC_NOTICE] = "notice",
        [DIAGNOSTIC_WARNING] = "warning",
        [DIAGNOSTIC_ALARM] = "alarm",
    };
    return names[level];
}

void diagnostics_json(const struct diagnostics_line *line, struct buffer *out)
{
    char at[INSTANT_TEXT_BYTES];
    const struct diagnostic *d = line->what;
    instant_write(line->at_ms, at);
    buffer_print(out, "{\"at\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", at,
                 diagnostics_level(d->level), d->event);
    put_member(out, "gateway", slice_text(line->gateway));
    put_member(out, "peer", d->peer);
    put_member(out, "frame", slice_text(d->frame));
    if (d->status.code != CODE_NONE)
        put_member(out, "code", slice_text(code_name(d->status.code)));
    if (d->status.reason != REASON_NONE)
        put_member(out, "reason", slice_text(reason_name(d->status.reason)));
    put_member(out, "text", slice_text(d->text));
    buffer_text(out, "}\n");
}

void diagnostics_say(const struct diagnostics *d, uint64_t at_ms, const struct diagnostic *line)
{
    if (d == NULL)
        return;
    const struct diagnostics_line whole = {line, at_ms, d->gateway};
    d->sink(d->out, &whole);
}
