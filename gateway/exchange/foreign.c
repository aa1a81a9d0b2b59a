/* What parties are told of foreign logs. */

#include "exchange/foreign.h"

#include <stdlib.h>

#define STEP_ARENA_BYTES (64U << 10) /* a note and a path */

/** How far a party's link is. */
struct told {
    uint64_t due_ms;   /* of the next turn; 0: nothing has changed */
    uint64_t again_ms; /* no round before this */
    uint64_t serial;   /* of what the last round looked at */
    size_t next;       /* log in the round; 0: none has begun */
    uint64_t heard_ms; /* when the party was last heard, as of the last turn */
    unsigned unheard;  /* CHECKPOINTs since then */
    uint64_t *sizes;   /* told or known, one for each log */
    size_t count;
    bool has_missed; /* a log of this round could not be read or told */
};

struct foreign_log *foreign_find(const struct exchange *x, struct slice origin)
{
    for (size_t i = 0; i < x->foreign_count; i++)
        if (slice_is(origin, x->foreign[i].origin))
            return &x->foreign[i];
    return NULL;
}

/* Its newest step: once, for all links. */
static struct status read_log(const struct exchange *x, struct foreign_log *log)
{
    struct peer_checkpoint step = {0};
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY)
                      : journal_peer_checkpoint(x->reader, arena, slice_text(log->origin), &step);
    if (failed(s)) {
        arena_free(arena);
        log->is_stale = s.code != CODE_ABSENT;
        return s.code == CODE_ABSENT ? OK : s;
    }
    arena_free(log->arena);
    log->arena = arena;
    log->step = step;
    log->step.origin = (struct slice){0}; /* it lies in the row, which moves with its table */
    log->is_stale = false;
    return OK;
}

static void add_log(struct exchange *x, struct slice origin)
{
    struct foreign_log *log = &x->foreign[x->foreign_count];
    *log = (struct foreign_log){.is_stale = true};
    if (foreign_find(x, origin) != NULL ||
        !slice_copy_text(origin, log->origin, sizeof log->origin))
        return;
    (void)!failed(read_log(x, log)); /* else it is read when somebody is to hear of it */
    x->foreign_count++;
}

struct status foreign_renew(struct exchange *x)
{
    const struct directory *d = snapshot_rulebook(x->snapshot)->directory;
    size_t count = x->foreign_count;
    for (size_t i = 0; i < d->gateway_count; i++)
        count += d->gateways[i].log_count;
    struct foreign_log *logs = realloc(x->foreign, (count + 1) * sizeof *logs);
    if (logs == NULL)
        return FAIL(MEMORY);
    x->foreign = logs;
    for (size_t i = 0; i < d->gateway_count; i++)
        for (size_t j = 0; j < d->gateways[i].log_count; j++)
            if (!slice_equal(d->gateways[i].id, x->settings.gateway))
                add_log(x, d->gateways[i].logs[j].origin);
    return OK;
}

void foreign_end(struct exchange *x)
{
    for (size_t i = 0; i < x->foreign_count; i++)
        arena_free(x->foreign[i].arena);
    free(x->foreign);
}

/* ---- when ---- */

/* Not all links in the same moment. */
static uint64_t moment_of(const struct exchange_link *l, uint64_t now_ms)
{
    return now_ms + l->serial * 2654435761U % FOREIGN_TELL_MS;
}

static void arm(struct exchange_link *l, struct moment now)
{
    struct told *t = l->told;
    if (t == NULL || t->due_ms != 0)
        return;
    t->due_ms = moment_of(l, now.mono_ms);
    if (t->due_ms < t->again_ms)
        t->due_ms = t->again_ms;
    l->exchange->settings.dirty(l->owner); /* another deadline counts now */
}

static bool mark_logs(struct exchange *x, const struct gateway_row *gateway)
{
    bool marked = false;
    for (size_t i = 0; i < x->foreign_count; i++)
        if (gateway == NULL || directory_log(gateway, slice_text(x->foreign[i].origin)) != NULL)
            marked = x->foreign[i].is_stale = true;
    return marked;
}

void foreign_changed(struct exchange *x, struct slice gateway, struct moment now)
{
    const struct gateway_row *row =
        directory_gateway(snapshot_rulebook(x->snapshot)->directory, gateway);
    if ((row == NULL && gateway.length > 0) || !mark_logs(x, row))
        return;
    x->foreign_serial++;
    for (unsigned i = 0; x->has_idle_links && i < LINK_BUCKETS; i++)
        for (struct exchange_link *l = x->buckets[i]; l != NULL; l = l->next)
            arm(l, now);
    x->has_idle_links = false;
}

/* The next log of the round that is worth a look. */
static bool find_log(struct told *t, const struct exchange *x)
{
    while (t->next < t->count && !x->foreign[t->next].is_stale &&
           x->foreign[t->next].step.size <= t->sizes[t->next])
        t->next++;
    return t->next < t->count;
}

static void end_round(struct exchange_link *l, struct moment now)
{
    struct told *t = l->told;
    struct exchange *x = l->exchange;
    bool is_over = t->serial == x->foreign_serial && !t->has_missed;
    t->next = 0;
    t->has_missed = false;
    t->again_ms = now.mono_ms + FOREIGN_TELL_MS;
    t->due_ms = is_over ? 0 : t->again_ms;
    x->has_idle_links = x->has_idle_links || is_over;
}

struct status foreign_begin(struct exchange_link *l, const struct hello *hello, struct moment now)
{
    const struct exchange *x = l->exchange;
    struct told *t = calloc(1, sizeof *t);
    uint64_t *sizes = calloc(x->foreign_count + 1, sizeof *sizes);
    if (t == NULL || sizes == NULL) {
        free(t);
        free(sizes);
        return FAIL(MEMORY);
    }
    *t = (struct told){.sizes = sizes, .count = x->foreign_count};
    for (size_t i = 0; i < hello->checkpoints_count; i++) {
        const struct foreign_log *log = foreign_find(x, hello->checkpoints[i].origin);
        if (log != NULL)
            sizes[log - x->foreign] = hello->checkpoints[i].size;
    }
    l->told = t;
    if (find_log(t, x))
        t->due_ms = now.mono_ms + FOREIGN_TELL_MS; /* who stays shorter asks for what it needs */
    else
        end_round(l, now);
    return OK;
}

uint64_t foreign_at(const struct exchange_link *l)
{
    bool may = l->told != NULL && l->told->due_ms != 0 && !l->over && l->leave_ms == 0 &&
               l->session.state == SESSION_OPEN;
    return may ? l->told->due_ms : UINT64_MAX;
}

void foreign_free(struct told *t)
{
    if (t == NULL)
        return;
    free(t->sizes);
    free(t);
}

/* ---- a turn ---- */

static struct status give_step(struct exchange_link *l, const struct foreign_log *log,
                               struct moment now)
{
    struct frame f = {
        .kind = FRAME_CHECKPOINT,
        .as.checkpoint = {.origin = slice_text(log->origin),
                          .note = log->step.note,
                          .old_size = log->step.old_size,
                          .path = log->step.path},
    };
    struct status s = link_give(l, &f, now);
    if (!failed(s))
        l->told->unheard++;
    return s;
}

/* Tells the newest step of a log where the party does not know it. */
static struct status tell_log(struct exchange_link *l, size_t i, struct moment now)
{
    struct told *t = l->told;
    struct foreign_log *log = &l->exchange->foreign[i];
    struct status s = log->is_stale ? read_log(l->exchange, log) : OK;
    if (failed(s) || log->step.size <= t->sizes[i])
        return s;
    s = give_step(l, log, now);
    if (!failed(s))
        t->sizes[i] = log->step.size;
    return s;
}

/* Logs that came with another rulebook. */
static void grow(struct told *t, const struct exchange *x)
{
    if (t->count >= x->foreign_count)
        return;
    uint64_t *sizes = realloc(t->sizes, x->foreign_count * sizeof *sizes);
    if (sizes == NULL)
        return; /* in the next round */
    while (t->count < x->foreign_count)
        sizes[t->count++] = 0;
    t->sizes = sizes;
}

/* A log that cannot be read or told now has its next turn in the next round. */
static void tell_some(struct exchange_link *l, struct moment now)
{
    struct told *t = l->told;
    struct status s = OK;
    for (unsigned i = 0; i < FOREIGN_TURN && t->unheard < FOREIGN_UNHEARD && !failed(s); i++)
        if (find_log(t, l->exchange))
            s = tell_log(l, t->next++, now);
    if (!failed(s))
        return;
    t->has_missed = true;
    link_say(l, now, "checkpoint.untold", "CHECKPOINT", s);
}

void foreign_turn(struct exchange_link *l, struct moment now)
{
    struct told *t = l->told;
    if (now.mono_ms < foreign_at(l))
        return;
    if (t->next == 0)
        t->serial = l->exchange->foreign_serial;
    if (t->heard_ms != l->session.heard_ms)
        t->unheard = 0;
    t->heard_ms = l->session.heard_ms;
    grow(t, l->exchange);
    if (l->out.length < LINK_OUTPUT_HIGH)
        tell_some(l, now);
    if (!find_log(t, l->exchange))
        end_round(l, now);
    else
        t->due_ms = now.mono_ms + FOREIGN_TURN_MS;
}
