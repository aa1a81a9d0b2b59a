/* HELLO, WELCOME, PING, CREDIT and BYE: what keeps a link alive and ends it. */

#include <string.h>

#include "audit/note.h"
#include "exchange/foreign.h"
#include "exchange/link_peer.h"

/* The size that the party has seen of our log, where it names it. */
uint64_t hello_known_size(const struct hello *hello, struct slice origin)
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

/* Our log's last checkpoint goes into a party's WELCOME, so that a reader sees at once how far it
 * is. */
static struct status own_checkpoint(struct exchange_link *l, struct arena *arena,
                                    struct known_checkpoint *ret_known)
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
    *ret_known = (struct known_checkpoint){note.origin, note.size, root};
    return OK;
}

/* Our HELLO or WELCOME. own lives as long as the frame; a peer is told how far we know its log. */
static struct status fill_greeting(struct exchange_link *l, struct arena *arena,
                                   struct known_checkpoint *own, struct frame *greeting,
                                   struct moment now)
{
    *greeting = session_greeting(&l->session, now.wall_ms);
    struct hello *h = &greeting->as.hello;
    struct status s = fill_rulebook(arena, snapshot_rulebook(l->exchange->snapshot), h);
    if (!failed(s))
        s = own_checkpoint(l, arena, own);
    if (failed(s))
        return s;
    h->checkpoints = own;
    h->checkpoints_count = 1;
    return l->peer == NULL ? OK : peer_known(l, arena, h);
}

/* Another link to the same gateway is one that it has lost: it dials a single one. */
static void leave_others(struct exchange_link *l, struct moment now)
{
    for (struct exchange_link *other = l->next; other != NULL; other = other->next)
        if (slice_equal(link_party(other), link_party(l)))
            exchange_leave(other, NULL, now);
}

static void begin(struct exchange_link *l, const struct hello *theirs, const struct hello *ours,
                  const struct known_checkpoint *own, struct moment now)
{
    l->reader_size = hello_known_size(theirs, own->origin);
    if (l->reader_size > own->size)
        l->reader_size = 0; /* it has seen more than there is: its own checks will say so */
    l->has_mail = true;
    if (l->peer == NULL) {
        l->over = failed(foreign_begin(l, theirs, now));
        return;
    }
    peer_proved(l, l->reader_size, now);
    peer_tell_ended(l, theirs, now);
    peer_has_news(l, now); /* what was not said of the last link's */
    peer_greeted(l, theirs, ours);
    peer_say_versions(l, theirs, ours, now);
    leave_others(l, now);
    aside_begin(l, now);
    fetch_begin(l, now);
}

struct status link_take_hello(struct exchange_link *l, struct arena *arena,
                              const struct frame *frame, struct moment now)
{
    struct known_checkpoint own;
    struct frame welcome;
    if (frame->as.hello.max_frame < LINK_FRAME_LEAST)
        return REFUSE(FRAME_SIZE);
    struct status s = fill_greeting(l, arena, &own, &welcome, now);
    if (!failed(s))
        s = link_give(l, &welcome, now);
    if (!failed(s))
        begin(l, &frame->as.hello, &welcome.as.hello, &own, now);
    return s;
}

struct status link_greet(struct exchange_link *l, struct moment now)
{
    struct known_checkpoint own;
    struct frame hello;
    struct arena *arena = arena_new(LINK_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : fill_greeting(l, arena, &own, &hello, now);
    if (!failed(s))
        s = link_give(l, &hello, now);
    arena_free(arena);
    return s;
}

/* The rulebook may be another one by now than that in our HELLO: it is compared as it is. */
struct status link_take_welcome(struct exchange_link *l, struct arena *arena,
                                const struct frame *frame, struct moment now)
{
    struct known_checkpoint own;
    struct frame ours;
    if (frame->as.hello.max_frame < LINK_FRAME_LEAST)
        return REFUSE(FRAME_SIZE);
    struct status s = fill_greeting(l, arena, &own, &ours, now);
    if (!failed(s))
        begin(l, &frame->as.hello, &ours.as.hello, &own, now);
    return s;
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
    (void)arena, (void)frame;
    if (l->peer != NULL)
        fetch_go_on(l, now); /* before the mail takes it all */
    l->has_mail = true;
    return OK;
}

struct status link_take_bye(struct exchange_link *l, struct arena *arena, const struct frame *frame,
                            struct moment now)
{
    (void)arena;
    l->is_at_fault = l->is_at_fault || frame->as.bye_code.length > 0;
    link_say(l, now, "link.bye", NULL, (struct status){0});
    link_leave_on(l, now);
    return OK;
}
