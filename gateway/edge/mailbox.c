#include "edge/mailbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
    pthread_mutex_t lock;
    int fd;
    struct mailbox_content content;
    struct journal_result **last;
};

struct status mailbox_new(struct mailbox **ret_mailbox)
{
    struct mailbox *m = calloc(1, sizeof *m);
    if (m == NULL)
        return FAIL(MEMORY);
    m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (m->fd < 0 || pthread_mutex_init(&m->lock, NULL) != 0) {
        if (m->fd >= 0)
            close(m->fd);
        free(m);
        return FAIL(STORE);
    }
    m->last = &m->content.results;
    *ret_mailbox = m;
    return OK;
}

void mailbox_free(struct mailbox *m)
{
    if (m == NULL)
        return;
    for (struct journal_result *r = m->content.results, *next; r != NULL; r = next) {
        next = r->next;
        journal_result_free(r);
    }
    mailbox_drop_state(&m->content.state);
    pthread_mutex_destroy(&m->lock);
    close(m->fd);
    free(m);
}

int mailbox_fd(const struct mailbox *m)
{
    return m->fd;
}

/* The counter of an eventfd cannot overflow here: it is read to zero long before 2^64 - 1. */
static void unlock_and_wake(struct mailbox *m)
{
    const uint64_t one = 1;
    pthread_mutex_unlock(&m->lock);
    ssize_t written = write(m->fd, &one, sizeof one);
    (void)written;
}

void mailbox_put_results(struct mailbox *m, struct journal_result *results)
{
    pthread_mutex_lock(&m->lock);
    *m->last = results;
    while (*m->last != NULL)
        m->last = &(*m->last)->next;
    unlock_and_wake(m);
}

static bool has_party(const struct mailbox_content *c, const char *party)
{
    for (unsigned i = 0; i < c->party_count; i++)
        if (strcmp(c->parties[i], party) == 0)
            return true;
    return false;
}

void mailbox_put_party(struct mailbox *m, struct slice party)
{
    char text[16];
    struct mailbox_content *c = &m->content;
    if (!slice_copy_text(party, text, sizeof text))
        return;
    pthread_mutex_lock(&m->lock);
    if (c->party_count == MAILBOX_PARTIES)
        c->everybody = true;
    else if (!has_party(c, text))
        memcpy(c->parties[c->party_count++], text, sizeof text);
    unlock_and_wake(m);
}

void mailbox_put_state(struct mailbox *m, const struct workers_state *state)
{
    struct workers_state held = *state;
    snapshot_hold(held.snapshot);
    tls_context_hold(held.context);
    pthread_mutex_lock(&m->lock);
    struct workers_state old = m->content.state;
    m->content.state = held;
    unlock_and_wake(m);
    mailbox_drop_state(&old);
}

void mailbox_drop_state(struct workers_state *state)
{
    snapshot_drop(state->snapshot);
    tls_context_free(state->context);
    *state = (struct workers_state){0};
}

void mailbox_put_sweep(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    m->content.sweep = true;
    unlock_and_wake(m);
}

void mailbox_put_stop(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    m->content.stop = true;
    unlock_and_wake(m);
}

void mailbox_take(struct mailbox *m, struct mailbox_content *ret_content)
{
    uint64_t count;
    ssize_t got = read(m->fd, &count, sizeof count);
    (void)got;
    pthread_mutex_lock(&m->lock);
    *ret_content = m->content;
    memset(&m->content, 0, sizeof m->content);
    m->last = &m->content.results;
    pthread_mutex_unlock(&m->lock);
}
