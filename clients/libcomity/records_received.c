#include "libcomity/record_parts.h"

struct walk {
    message_visit *visit;
    void *owner;
};

struct status record_message(struct archive *archive, const struct kept_message *m)
{
    uint8_t room[RECORD_NAME_BYTES];
    struct slice name = record_name(room, m->key.id, m->key.from);
    struct buffer b = buffer_new(ARCHIVE_RECORD_MAX), sender = buffer_new(256);
    mp_put_array(&b, 6);
    mp_put_text(&b, m->key.from);
    mp_put_bytes(&b, m->key.id);
    mp_put_text(&b, m->key.to);
    mp_put_uint(&b, m->received_ms);
    mp_put_bytes(&b, m->row);
    mp_put_bytes(&b, m->certificate);
    struct status s = record_put(archive, ARCHIVE_MESSAGE, name, &b);
    /* the first one of this id keeps it: another sender cannot hide a message behind its own */
    if (!failed(s) && archive_get(archive, ARCHIVE_SENDER, m->key.id, &sender).code == CODE_ABSENT)
        s = archive_put(archive, ARCHIVE_SENDER, m->key.id, m->key.from);
    buffer_done(&sender);
    return s;
}

struct status kept_parse(struct slice record, struct kept_message *ret_message)
{
    struct mp_cursor c;
    struct kept_message m = {0};
    if (!record_open(record, 6, &c))
        return FAIL(STORE);
    m.key.from = mp_text(&c, ARCHIVE_RECORD_MAX);
    m.key.id = mp_bytes(&c, UUID_BYTES, UUID_BYTES);
    m.key.to = mp_text(&c, ARCHIVE_RECORD_MAX);
    m.received_ms = mp_uint(&c, COUNT_MAX);
    m.row = mp_bytes(&c, 0, ARCHIVE_RECORD_MAX);
    m.certificate = mp_bytes(&c, 0, ARCHIVE_RECORD_MAX);
    struct status s = record_end(&c);
    if (!failed(s))
        *ret_message = m;
    return s;
}

struct status message_load(struct archive *archive, struct arena *arena, struct slice id,
                           struct kept_message *ret_message)
{
    uint8_t room[RECORD_NAME_BYTES];
    struct slice sender, record;
    struct status s = record_get(archive, arena, ARCHIVE_SENDER, id, &sender);
    if (!failed(s))
        s = record_get(archive, arena, ARCHIVE_MESSAGE, record_name(room, id, sender), &record);
    return failed(s) ? s : kept_parse(record, ret_message);
}

static struct status visit_message(void *owner, struct slice record)
{
    const struct walk *walk = owner;
    struct kept_message message;
    struct arena *arena = arena_new(RECORD_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : kept_parse(record, &message);
    if (!failed(s))
        s = walk->visit(walk->owner, arena, &message);
    arena_free(arena);
    return s;
}

struct status messages_each(struct archive *archive, message_visit *visit, void *owner,
                            size_t *unsound)
{
    struct walk walk = {visit, owner};
    return archive_each(archive, ARCHIVE_MESSAGE, visit_message, &walk, unsound);
}

struct status record_reply(struct archive *archive, struct slice id, struct slice reply)
{
    return archive_put(archive, ARCHIVE_REPLY, id, reply);
}

struct status reply_known(struct archive *archive, struct slice id, bool *ret_known)
{
    struct buffer b = buffer_new(ARCHIVE_RECORD_MAX);
    struct status s = archive_get(archive, ARCHIVE_REPLY, id, &b);
    buffer_done(&b);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    *ret_known = !failed(s);
    return OK;
}
