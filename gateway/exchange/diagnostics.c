#include "exchange/diagnostics.h"

#include "base/instant.h"
#include "base/reader.h"

#define LINE_MAX_BYTES 1024
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

void diagnostics_say(const struct diagnostics *d, uint64_t at_ms, const struct diagnostic *line)
{
    if (d == NULL)
        return;
    char at[INSTANT_TEXT_BYTES];
    instant_write(at_ms, at);
    struct buffer b = buffer_new(LINE_MAX_BYTES);
    buffer_print(&b, "{\"at\":\"%s\",\"event\":\"%s\"", at, line->event);
    put_member(&b, "gateway", slice_text(d->gateway));
    put_member(&b, "peer", line->peer);
    put_member(&b, "frame", slice_text(line->frame));
    if (line->status.code != CODE_NONE)
        put_member(&b, "code", slice_text(code_name(line->status.code)));
    if (line->status.reason != REASON_NONE)
        put_member(&b, "reason", slice_text(reason_name(line->status.reason)));
    put_member(&b, "text", slice_text(line->text));
    buffer_text(&b, "}\n");
    if (!b.failed)
        d->write(d->out, buffer_slice(&b));
    buffer_done(&b);
}
