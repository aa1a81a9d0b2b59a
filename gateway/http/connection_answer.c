#include <unistd.h>

#include "http/connection_parts.h"

#define PIECE_BYTES 65536U /* of a file in memory */

void connection_answer(struct web_connection *c, struct http_answer *a, unsigned allowed)
{
    bool is_bare = c->head.method == HTTP_HEAD;
    uint64_t now = http_mono_ms();
    c->requests++;
    c->is_last = c->is_last || !c->head.keeps || c->requests >= c->server->limits.requests ||
                 now >= c->life_ends_ms;
    buffer_clear(&c->out);
    c->sent = 0;
    answer_head_write(&c->out, a, allowed, c->is_last, http_wall_ms());
    c->body = a->body;
    c->file = a->file;
    c->file_at = 0;
    c->file_end = a->file_bytes;
    if (is_bare) {
        buffer_done(&c->body);
        c->file_end = 0;
    }
    c->phase = PHASE_SEND;
    c->after = c->is_last ? PHASE_CLOSE : PHASE_HEAD;
    connection_arm(c, c->server->limits.answer_ms);
}

void connection_drop_answer(struct web_connection *c)
{
    buffer_done(&c->body);
    if (c->file >= 0)
        close(c->file);
    c->file = -1;
    c->file_at = c->file_end = 0;
}

/* A file that has become shorter ends the connection: there is no other way to say so. */
static bool read_piece(struct web_connection *c)
{
    uint64_t left = c->file_end - c->file_at;
    size_t length = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
    uint8_t *at = buffer_grow(&c->out, length);
    ssize_t got = at == NULL ? -1 : pread(c->file, at, length, (off_t)c->file_at);
    if (got <= 0)
        return false;
    c->out.length = (size_t)got;
    c->file_at += (uint64_t)got;
    return true;
}

static void next_request(struct web_connection *c)
{
    if (c->in.length == 0)
        buffer_done(&c->in); /* the room of a long body */
    c->in.max = c->server->limits.head_bytes;
    c->head = (struct http_head){0};
    c->has_begun = false;
    connection_arm(c, c->server->limits.idle_ms);
}

/* What was written last is out: head, body, pieces of the file, then what comes after. */
static enum turn go_on(struct web_connection *c)
{
    buffer_clear(&c->out);
    c->sent = 0;
    if (c->body.length > 0) {
        struct buffer empty = c->out;
        c->out = c->body;
        c->body = empty;
        buffer_done(&c->body);
        return TURN_ON;
    }
    if (c->file_at < c->file_end) {
        c->out.max = PIECE_BYTES;
        return read_piece(c) ? TURN_LATER : TURN_OVER;
    }
    connection_drop_answer(c);
    buffer_done(&c->out);
    c->out = buffer_new(HEAD_OUT_BYTES);
    c->phase = c->after;
    if (c->phase != PHASE_HEAD)
        return TURN_ON;
    next_request(c);
    return TURN_LATER;
}

enum turn connection_write_some(struct web_connection *c)
{
    size_t length = 0;
    if (c->out.failed)
        return TURN_OVER;
    if (c->sent == c->out.length)
        return go_on(c);
    enum tls_step step =
        tls_write(c->tls, slice_part(buffer_slice(&c->out), c->sent, SIZE_MAX), &length);
    if (step == TLS_WANT_WRITE)
        return TURN_WRITE;
    if (step == TLS_WANT_READ)
        return TURN_READ;
    if (step != TLS_DONE)
        return TURN_OVER;
    c->sent += length;
    return TURN_ON;
}
