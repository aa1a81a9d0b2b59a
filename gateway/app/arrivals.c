#include "app/arrivals.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct arrivals {
    pthread_mutex_t mutex; /* of what follows */
    struct arrival *first, **end;
    size_t count, bytes;
    uint64_t lost;
    void (*wake)(void);
};

struct arrivals *arrivals_new(void (*wake)(void))
{
    struct arrivals *a = calloc(1, sizeof *a);
    if (a != NULL && pthread_mutex_init(&a->mutex, NULL) != 0) {
        free(a);
        return NULL;
    }
    if (a != NULL) {
        a->end = &a->first;
        a->wake = wake;
    }
    return a;
}

void arrivals_free(struct arrivals *a)
{
    if (a == NULL)
        return;
    for (struct arrival *one; (one = arrivals_take(a)) != NULL;)
        arrival_free(one);
    pthread_mutex_destroy(&a->mutex);
    free(a);
}

/* Name and octets behind it, in one piece of memory. */
static struct arrival *copy_of(struct slice peer, const struct object *object)
{
    struct arrival *one = malloc(sizeof *one + object->name.length + object->octets.length);
    if (one == NULL)
        return NULL;
    uint8_t *name = (uint8_t *)(one + 1), *octets = name + object->name.length;
    *one = (struct arrival){.object = *object};
    memcpy(name, object->name.at, object->name.length);
    memcpy(octets, object->octets.at, object->octets.length);
    one->object.name.at = name;
    one->object.octets.at = octets;
    (void)slice_copy_text(peer, one->peer, sizeof one->peer);
    return one;
}

void arrivals_put(void *owner, struct slice peer, const struct object *object)
{
    struct arrivals *a = owner;
    struct arrival *one = copy_of(peer, object);
    pthread_mutex_lock(&a->mutex);
    bool fits = one != NULL && a->count < ARRIVALS_MAX &&
                object->octets.length <= ARRIVALS_MAX_BYTES - a->bytes;
    if (fits) {
        *a->end = one;
        a->end = &one->next;
        a->count++;
        a->bytes += object->octets.length;
    } else {
        a->lost++;
    }
    pthread_mutex_unlock(&a->mutex);
    if (!fits)
        arrival_free(one);
    a->wake();
}

struct arrival *arrivals_take(struct arrivals *a)
{
    pthread_mutex_lock(&a->mutex);
    struct arrival *one = a->first;
    if (one != NULL) {
        a->first = one->next;
        a->count--;
        a->bytes -= one->object.octets.length;
    }
    if (a->first == NULL)
        a->end = &a->first;
    pthread_mutex_unlock(&a->mutex);
    return one;
}

uint64_t arrivals_lost(struct arrivals *a)
{
    pthread_mutex_lock(&a->mutex);
    uint64_t lost = a->lost;
    a->lost = 0;
    pthread_mutex_unlock(&a->mutex);
    return lost;
}

void arrival_free(struct arrival *one)
{
    free(one);
}
