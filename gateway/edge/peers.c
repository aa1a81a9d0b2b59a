#include "edge/peers.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
    char id[16];
    bool listed;       /* in the directory in use */
    uint64_t links;    /* open */
    uint64_t up_ms;    /* monotonic: since when there are any */
    uint64_t away_ms;  /* monotonic: since when it has been away, where it is */
    uint64_t until_ms; /* Unix: of its certificate */
};

struct peers {
    pthread_mutex_t lock; /* of what follows */
    struct entry *at;
    size_t count, room;
};

struct peers *peers_new(void)
{
    struct peers *p = calloc(1, sizeof *p);
    if (p != NULL && pthread_mutex_init(&p->lock, NULL) != 0) {
        free(p);
        return NULL;
    }
    return p;
}

void peers_free(struct peers *p)
{
    if (p == NULL)
        return;
    pthread_mutex_destroy(&p->lock);
    free(p->at);
    free(p);
}

static struct entry *find(struct peers *p, struct slice id)
{
    for (size_t i = 0; i < p->count; i++)
        if (slice_is(id, p->at[i].id))
            return &p->at[i];
    return NULL;
}

static struct status add(struct peers *p, struct slice id, struct moment now)
{
    struct entry e = {.listed = true, .away_ms = now.mono_ms};
    if (!slice_copy_text(id, e.id, sizeof e.id))
        return OK; /* no gateway is called so */
    if (p->count == p->room) {
        size_t room = p->room == 0 ? 16 : 2 * p->room;
        struct entry *more = realloc(p->at, room * sizeof *more);
        if (more == NULL)
            return FAIL(MEMORY);
        p->at = more;
        p->room = room;
    }
    p->at[p->count++] = e;
    return OK;
}

static void forget_unlisted(struct peers *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++)
        if (p->at[i].listed || p->at[i].links > 0)
            p->at[kept++] = p->at[i];
    p->count = kept;
}

struct status peers_renew(struct peers *p, const struct directory *d, struct slice self,
                          struct moment now)
{
    struct status s = OK;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->count; i++)
        p->at[i].listed = false;
    for (size_t i = 0; i < d->gateway_count && !failed(s); i++) {
        struct entry *e = find(p, d->gateways[i].id);
        if (e != NULL)
            e->listed = true;
        else if (!slice_equal(d->gateways[i].id, self))
            s = add(p, d->gateways[i].id, now);
    }
    forget_unlisted(p);
    pthread_mutex_unlock(&p->lock);
    return s;
}

bool peers_open(struct peers *p, struct slice id, struct moment now)
{
    pthread_mutex_lock(&p->lock);
    struct entry *e = find(p, id);
    bool first = e != NULL && e->links++ == 0;
    if (first)
        e->up_ms = now.mono_ms;
    pthread_mutex_unlock(&p->lock);
    return first;
}

void peers_certificate(struct peers *p, struct slice id, uint64_t until_ms)
{
    pthread_mutex_lock(&p->lock);
    struct entry *e = find(p, id);
    if (e != NULL)
        e->until_ms = until_ms;
    pthread_mutex_unlock(&p->lock);
}

static bool is_steady(const struct entry *e, struct moment now)
{
    return e->links > 0 && now.mono_ms - e->up_ms >= PEER_STEADY_MS;
}

bool peers_close(struct peers *p, struct slice id, struct moment now, uint64_t *ret_up_ms)
{
    pthread_mutex_lock(&p->lock);
    struct entry *e = find(p, id);
    bool last = e != NULL && e->links == 1;
    if (last) {
        if (is_steady(e, now))
            e->away_ms = now.mono_ms;
        *ret_up_ms = now.mono_ms - e->up_ms;
    }
    if (e != NULL && e->links > 0)
        e->links--;
    forget_unlisted(p);
    pthread_mutex_unlock(&p->lock);
    return last;
}

static const struct entry *listed_at(const struct peers *p, size_t index)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->at[i].listed && index-- == 0)
            return &p->at[i];
    return NULL;
}

bool peers_at(struct peers *p, size_t index, struct moment now, struct peer_presence *ret_presence)
{
    pthread_mutex_lock(&p->lock);
    const struct entry *e = listed_at(p, index);
    if (e != NULL) {
        struct peer_presence presence = {.is_up = e->links > 0, .until_ms = e->until_ms};
        (void)slice_copy_text(slice_text(e->id), presence.id, sizeof presence.id);
        presence.up_ms = e->links > 0 ? now.mono_ms - e->up_ms : 0;
        presence.away_ms = is_steady(e, now) ? 0 : now.mono_ms - e->away_ms;
        *ret_presence = presence;
    }
    pthread_mutex_unlock(&p->lock);
    return e != NULL;
}
