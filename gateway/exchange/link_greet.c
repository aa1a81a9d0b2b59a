/* HELLO, PING, CREDIT and BYE: what keeps a link alive and ends it. */

#include <string.h>

#include "audit/note.h"
#include "exchange/link.h"

/* The size that the party has seen of our log, where it names it. */
static uint64_t known_size(const struct hello *hello, struct slice origin)
{
    for (size_t i = 0; i < hello->checkpoints_count; i++)
        if (slice_equal(hello->checkpoints[i].origin, origin))
            return hello->checkpoints[i].size;
    return 0;
}

static struct status fill_rulebook(struct arena *arena, const struct rulebook *r, struct hello *h)
{
    const struct directory *d = r->directory;
    struct object_version *parties = arena_array(arena, d->parties_count, sizeof *parties);
    if (parties == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < d->parties_count; i++)
        parties[i] = (struct object_version){d->parties_of[i], d->parties_numbers[i],
                                             digest_slice(&r->parties_digests[i])};
    h->law = (struct object_version){{0}, schema_number(r->schema), digest_slice(&r->law_digest)};
    h->states = (struct object_version){{0}, d->states_number, digest_slice(&r->states_digest)};
    h->parties = parties;
    h->parties_count = d->parties_count;
    return OK;
}

/* Our log's last checkpoint goes into WELCOME, so that a reader sees at once how far it is. */
static struct status fill_checkpoint(struct exchange_link *l, struct arena *arena,
                                     struct known_checkpoint *known, struct hello *h)
{
    struct slice text;
    uint64_t size;
    struct note note;
    struct status s = journal_checkpoint(l->exchange->reader, arena, &text, &size);
    if (failed(s))
        return s;
    if (failed(note_parse(text, &note)))
        return FAIL(STORE);
    struct slice root = arena_copy(arena, digest_slice(&note.root));
    if (root.at == NULL)
        return FAIL(MEMORY);
    *known = (struct known_checkpoint){note.origin, note.size, root};
    h->checkpoints = known;
    h->checkpoints_count = 1;
    return OK;
}

struct status link_take_hello(struct exchange_link *l, struct arena *arena,
                              const struct frame *frame, struct moment now)
{
    struct known_checkpoint known;
    if (frame->as.hello.max_frame < LINK_FRAME_LEAST)
        return REFUSE(FRAME_SIZE);
    struct frame welcome = session_greeting(&l->session, now.wall_ms);
    const struct rulebook *rulebook = snapshot_rulebook(l->exchange->snapshot);
    struct status s = fill_rulebook(arena, rulebook, &welcome.as.hello);
    if (!failed(s))
        s = fill_checkpoint(l, arena, &known, &welcome.as.hello);
    if (!failed(s))
        s = link_give(l, &welcome, now);
    if (failed(s))
        return s;
    l->reader_size = known_size(&frame->as.hello, known.origin);
    if (l->reader_size > known.size)
        l->reader_size = 0; /* it has seen more than there is: its own checks will say so */
    l->has_mail = true;
    return OK;
}

struct status link_take_ping(struct exchange_link *l, struct arena *arena,
                             const struct frame *frame, struct moment now)
{
    (void)arena;
    struct frame pong = {.kind = FRAME_PONG, .as.pong_answers = frame->number};
    return link_give(l, &pong, now);
}

struct status link_take_credit(struct exchange_link *l, struct arena *arena,
                               const struct frame *frame, struct moment now)
{
    (void)arena, (void)frame, (void)now;
    l->has_mail = true;
    return OK;
}

struct status link_take_bye(struct exchange_link *l, struct arena *arena, const struct frame *frame,
                            struct moment now)
{
    (void)arena, (void)frame;
    link_say(l, now, "link.bye", NULL, (struct status){0});
    link_leave_on(l, now);
    return OK;
}
