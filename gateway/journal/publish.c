#include "journal/publish.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/note.h"
#include "base/file.h"
#include "journal/clock.h"

#define PATH_BYTES      4096
#define TILE_MAX_BYTES  ((size_t)TILE_WIDTH * (2 + ENTRY_BYTES))
#define TILE_LEVEL_BITS 8
#define PAUSE_MS        400 /* between two publications: many batches share one */
#define RETRY_MS        500 /* after a failure */

struct publisher {
    struct store *store; /* the thread's */
    char log_path[PATH_BYTES];
    struct buffer content;
    uint64_t base;      /* number of the log's first entry */
    uint64_t published; /* size; 0 until the first publication of this run */
    pthread_t thread;

    pthread_mutex_t mutex; /* of all that follows */
    pthread_cond_t work;
    struct signed_tree wanted;
    bool stopping;
    struct signed_tree told; /* what was published last */
    bool told_failed;
    struct buffer cosigned; /* to be put in its place; empty: nothing is */
    uint64_t cosigned_size;
};

static struct status tile_fill(struct publisher *p, const struct tile *tile)
{
    uint64_t first = tile->index * TILE_WIDTH;
    struct status s = store_look(p->store); /* one lock for all the rows of a tile */
    buffer_clear(&p->content);
    for (uint64_t i = first; i < first + tile->width && !failed(s); i++) {
        uint8_t entry[ENTRY_BYTES];
        struct digest hash;
        if (tile->level < 0) {
            s = store_entry_octets(p->store, p->base + i, entry);
            buffer_u16(&p->content, ENTRY_BYTES);
            buffer_put(&p->content, slice_over(entry, sizeof entry));
        } else {
            const unsigned level = (unsigned)tile->level * TILE_LEVEL_BITS;
            s = store_node_stored(p->store, level, (p->base >> level) + i, &hash);
            buffer_put(&p->content, digest_slice(&hash));
        }
    }
    store_leave(p->store);
    return failed(s) ? s : p->content.failed ? FAIL(MEMORY) : OK;
}

static struct status path_of(const struct publisher *p, const char *name,
                             char path[static PATH_BYTES])
{
    int length = snprintf(path, PATH_BYTES, "%s/%s", p->log_path, name);
    return length < 0 || length >= PATH_BYTES ? FAIL(STORE) : OK;
}

static struct status tile_write(void *owner, const struct tile *tile)
{
    struct publisher *p = owner;
    char name[TILE_PATH_BYTES], path[PATH_BYTES];
    tile_path(tile->level, tile->index, tile->width, name);
    struct status s = path_of(p, name, path);
    if (failed(s) || failed(s = tile_fill(p, tile)))
        return s;
    char *end = strrchr(path, '/');
    *end = '\0';
    s = folder_make(path, 0755);
    *end = '/';
    return failed(s) ? s : file_write(path, buffer_slice(&p->content), 0644);
}

static struct status tile_write_missing(void *owner, const struct tile *tile)
{
    char name[TILE_PATH_BYTES], path[PATH_BYTES];
    tile_path(tile->level, tile->index, tile->width, name);
    struct status s = path_of(owner, name, path);
    if (failed(s) || access(path, F_OK) == 0)
        return s;
    return tile_write(owner, tile);
}

static struct status checkpoint_write(struct publisher *p, struct slice note)
{
    char path[PATH_BYTES];
    struct status s = path_of(p, "checkpoint", path);
    return failed(s) ? s : file_write(path, note, 0644);
}

/* Tiles before the checkpoint that needs them, and nothing goes before its successor is named. */
static struct status publish(struct publisher *p, const struct signed_tree *tree)
{
    bool first = p->published == 0;
    p->base = tree->base;
    struct status s = first ? tiles_all(tree->size, tile_write_missing, p)
                            : tiles_between(p->published, tree->size, tile_write, p);
    if (failed(s) || failed(s = checkpoint_write(p, signed_note(tree))))
        return s;
    const struct partials now = partials_of(tree->size);
    const struct partials before = partials_of(p->published);
    if (first)
        leftovers_remove(p->log_path, &now);
    for (size_t i = 0; i < before.count; i++)
        if (!partials_have(&now, &before.tiles[i]))
            partial_remove(p->log_path, &before.tiles[i]);
    p->published = tree->size;
    return OK;
}

/* With the mutex held, which is given back for the while. What cannot be written now comes again
 * with the next cosignature. */
static void put_cosigned(struct publisher *p)
{
    while (p->cosigned.length > 0) {
        struct buffer note = p->cosigned;
        uint64_t size = p->cosigned_size;
        p->cosigned = buffer_new(NOTE_MAX_BYTES);
        pthread_mutex_unlock(&p->mutex);
        if (size == p->published)
            (void)failed(checkpoint_write(p, buffer_slice(&note)));
        buffer_done(&note);
        pthread_mutex_lock(&p->mutex);
    }
}

/* Lets ms pass, less when the thread is to end. */
static void rest(struct publisher *p, unsigned ms)
{
    const struct timespec until = clock_in(ms);
    pthread_mutex_lock(&p->mutex);
    do
        put_cosigned(p);
    while (!p->stopping && pthread_cond_timedwait(&p->work, &p->mutex, &until) != ETIMEDOUT);
    pthread_mutex_unlock(&p->mutex);
}

/* Waits for a checkpoint that is not published; true when the thread is to end after it. */
static bool wait_for_work(struct publisher *p, struct signed_tree *ret_tree)
{
    pthread_mutex_lock(&p->mutex);
    put_cosigned(p);
    while (p->wanted.size == p->published && !p->stopping) {
        pthread_cond_wait(&p->work, &p->mutex);
        put_cosigned(p);
    }
    *ret_tree = p->wanted;
    bool stopping = p->stopping;
    pthread_mutex_unlock(&p->mutex);
    return stopping;
}

static void publisher_tell(struct publisher *p, const struct signed_tree *tree, bool failed)
{
    pthread_mutex_lock(&p->mutex);
    if (!failed)
        p->told = *tree;
    p->told_failed = failed;
    pthread_mutex_unlock(&p->mutex);
}

void publisher_told(struct publisher *p, uint64_t *ret_size, bool *ret_failed)
{
    pthread_mutex_lock(&p->mutex);
    *ret_size = p->told.size;
    *ret_failed = p->told_failed;
    pthread_mutex_unlock(&p->mutex);
}

struct signed_tree publisher_tree(struct publisher *p)
{
    pthread_mutex_lock(&p->mutex);
    struct signed_tree tree = p->told;
    pthread_mutex_unlock(&p->mutex);
    return tree;
}

struct status publisher_cosigned(struct publisher *p, struct slice note, uint64_t size)
{
    pthread_mutex_lock(&p->mutex);
    buffer_clear(&p->cosigned);
    buffer_put(&p->cosigned, note);
    p->cosigned_size = size;
    struct status s = p->cosigned.failed ? FAIL(MEMORY) : OK;
    pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->mutex);
    return s;
}

static void *publisher_run(void *owner)
{
    struct publisher *p = owner;
    for (;;) {
        struct signed_tree tree;
        bool stopping = wait_for_work(p, &tree);
        struct status s = tree.size == p->published ? OK : publish(p, &tree);
        publisher_tell(p, &tree, failed(s));
        if (stopping)
            return NULL;
        rest(p, failed(s) ? RETRY_MS : PAUSE_MS);
    }
}

static void publisher_free(struct publisher *p)
{
    store_close(p->store);
    buffer_done(&p->content);
    buffer_done(&p->cosigned);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->mutex);
    free(p);
}

static struct publisher *publisher_new(void)
{
    struct publisher *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->content = buffer_new(TILE_MAX_BYTES);
    p->cosigned = buffer_new(NOTE_MAX_BYTES);
    if (pthread_mutex_init(&p->mutex, NULL) != 0) {
        free(p);
        return NULL;
    }
    if (!condition_make(&p->work)) {
        pthread_mutex_destroy(&p->mutex);
        free(p);
        return NULL;
    }
    return p;
}

struct status publisher_start(const struct publisher_settings *settings,
                              struct publisher **ret_publisher)
{
    struct publisher *p = publisher_new();
    struct status s = p == NULL ? FAIL(MEMORY) : folder_make(settings->log_path, 0755);
    if (!failed(s) &&
        !slice_copy_text(slice_text(settings->log_path), p->log_path, sizeof p->log_path))
        s = FAIL(STORE);
    if (!failed(s))
        s = store_open(settings->path, STORE_READER, &p->store);
    if (!failed(s) && pthread_create(&p->thread, NULL, publisher_run, p) != 0)
        s = FAIL(MEMORY);
    if (!failed(s))
        *ret_publisher = p;
    else if (p != NULL)
        publisher_free(p);
    return s;
}

void publisher_offer(struct publisher *p, const struct signed_tree *tree)
{
    pthread_mutex_lock(&p->mutex);
    p->wanted = *tree;
    pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->mutex);
}

uint64_t publisher_finish(struct publisher *p)
{
    pthread_mutex_lock(&p->mutex);
    p->stopping = true;
    pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->mutex);
    (void)pthread_join(p->thread, NULL);
    const uint64_t size = p->published;
    publisher_free(p);
    return size;
}

void publisher_stop(struct publisher *p)
{
    if (p != NULL)
        (void)publisher_finish(p);
}
