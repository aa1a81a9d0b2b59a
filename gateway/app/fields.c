#include "app/fields.h"

#include <stdio.h>

static void put_field(struct fields *f, const char *name, struct slice value)
{
    if (value.length == 0 || f->count == FIELD_COUNT)
        return;
    char *text = f->text[f->count];
    size_t length = (size_t)snprintf(text, FIELD_BYTES, "%s=", name);
    for (size_t i = 0; i < value.length && length < FIELD_BYTES; i++) {
        uint8_t c = value.at[i];
        text[length++] = c < 0x20 || c >= 0x7f ? '?' : (char)c;
    }
    f->at[f->count++] = (struct iovec){text, length};
}

static void put_text(struct fields *f, const char *name, const char *value)
{
    put_field(f, name, slice_text(value));
}

/* What people read in a list of lines: the event, who, and the sentence. */
static void put_message(struct fields *f, const struct diagnostic *d)
{
    char message[FIELD_BYTES];
    snprintf(message, sizeof message, "%s%s%.*s%s%s", d->event, d->peer.length == 0 ? "" : " ",
             (int)d->peer.length, d->peer.length == 0 ? "" : (const char *)d->peer.at,
             d->text == NULL ? "" : ": ", d->text == NULL ? "" : d->text);
    put_text(f, "MESSAGE", message);
}

void fields_of(const struct diagnostics_line *line, struct fields *ret_fields)
{
    static const char *const priorities[] = {
        /* of syslog(3) */
        [DIAGNOSTIC_INFO] = "6",
        [DIAGNOSTIC_NOTICE] = "5",
        [DIAGNOSTIC_WARNING] = "4",
        [DIAGNOSTIC_ALARM] = "1",
    };
    const struct diagnostic *d = line->what;
    struct fields *f = ret_fields;
    f->count = 0;
    put_message(f, d);
    put_text(f, "PRIORITY", priorities[d->level]);
    put_text(f, "SYSLOG_IDENTIFIER", "comityd");
    put_text(f, "COMITY_EVENT", d->event);
    put_text(f, "COMITY_LEVEL", diagnostics_level(d->level));
    put_text(f, "COMITY_GATEWAY", line->gateway);
    put_field(f, "COMITY_PEER", d->peer);
    put_text(f, "COMITY_FRAME", d->frame);
    if (d->status.code != CODE_NONE)
        put_text(f, "COMITY_CODE", code_name(d->status.code));
    if (d->status.reason != REASON_NONE)
        put_text(f, "COMITY_REASON", reason_name(d->status.reason));
}
