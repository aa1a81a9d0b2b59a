#include "app/state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/note.h"
#include "edge/listener.h"

#define RULEBOOK_MAX_FILES 4096
#define RULEBOOK_MAX_BYTES (64U << 20)

/* Gathers problems while the state is built. */
struct building {
    const struct config *config;
    state_problem *problem;
    void *owner;
    bool failed;
    struct state *state;
};

[[gnu::format(printf, 2, 3)]] static void problem(struct building *b, const char *format, ...)
{
    char sentence[2 * CONFIG_ERROR_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    b->failed = true;
    b->problem(b->owner, sentence);
}

struct status rulebook_load(const char *path, struct rulebook **ret_rulebook,
                            char error[static CONFIG_ERROR_BYTES])
{
    struct text_files files;
    struct text_error wrong = {0};
    struct arena *arena = arena_new(RULEBOOK_MAX_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY) : folder_read(arena, path, RULEBOOK_MAX_FILES, &files);
    if (failed(s)) {
        snprintf(error, CONFIG_ERROR_BYTES, "rulebook %s: cannot be read (%s)", path,
                 code_name(s.code));
    } else if (failed(s = rulebook_parse(&files, ret_rulebook, &wrong))) {
        snprintf(error, CONFIG_ERROR_BYTES, "rulebook %s/%s:%u:%u: %s", path, wrong.file,
                 wrong.line, wrong.column, wrong.message);
    }
    arena_free(arena);
    return failed(s) ? FAIL(CONFIG) : OK;
}

static void load_context(struct building *b)
{
    char error[CONFIG_ERROR_BYTES] = "";
    const struct config *c = b->config;
    struct tls_authority *authorities = calloc(c->authorities_count, sizeof *authorities);
    const char **lists = calloc(c->authorities_count, sizeof *lists);
    for (unsigned i = 0; authorities != NULL && lists != NULL && i < c->authorities_count; i++) {
        snprintf(authorities[i].state, sizeof authorities[i].state, "%s", c->authorities[i].state);
        authorities[i].certificates = c->authorities[i].certificate;
        lists[i] = c->authorities[i].crl;
    }
    const struct tls_settings settings = {
        .certificate = c->tls->certificate,
        .key = c->tls->key,
        .authorities = authorities,
        .authority_count = c->authorities_count,
        .revocations = lists,
        .revocation_count = c->authorities_count,
    };
    if (authorities == NULL || lists == NULL ||
        failed(tls_context_new(&settings, error, sizeof error, &b->state->context)))
        problem(b, "tls: %s", error[0] == '\0' ? "out of memory" : error);
    else if (strcmp(tls_context_identity(b->state->context)->id, c->gateway) != 0)
        problem(b, "tls: %s is the certificate of %s, not of %s", c->tls->certificate,
                tls_context_identity(b->state->context)->id, c->gateway);
    free(authorities);
    free(lists);
}

static void load_keys(struct building *b)
{
    const struct config *c = b->config;
    if (failed(key_load(c->log->key, &b->state->log_key)))
        problem(b, "log.key: %s is no private key in PEM that only its owner may read",
                c->log->key);
    else if (key_algorithm(b->state->log_key) != ALGORITHM_EDDSA)
        problem(b, "log.key: %s is not an Ed25519 key", c->log->key);
    if (failed(keyring_load(c->key_encryption_key, &b->state->keyring)))
        problem(b, "key_encryption_key: %s does not hold 64 hex digits for its owner only",
                c->key_encryption_key);
}

/* A receipt under a key that the directory does not list would be refused by every reader. */
static void check_log(struct building *b, const struct directory *directory)
{
    uint8_t public[32];
    struct vkey listed;
    const struct config *c = b->config;
    const struct gateway_row *row = directory_gateway(directory, slice_text(c->gateway));
    if (row == NULL) {
        problem(b, "gateway: the rulebook's directory does not know %s", c->gateway);
        return;
    }
    const struct log_row *log = directory_log(row, slice_text(c->log->origin));
    if (log == NULL || failed(vkey_parse(log->vkey, &listed)))
        problem(b, "log.origin: the directory lists no log %s of %s", c->log->origin, c->gateway);
    else if (b->state->log_key != NULL && key_public(b->state->log_key, public) &&
             !bytes_equal(public, listed.key, sizeof public))
        problem(b, "log.key: %s is not the key that the directory lists for %s", c->log->key,
                c->log->origin);
}

static void load_rulebook(struct building *b)
{
    char error[CONFIG_ERROR_BYTES] = "";
    struct rulebook *rulebook = NULL;
    if (failed(rulebook_load(b->config->rulebook, &rulebook, error))) {
        problem(b, "%s", error);
        return;
    }
    check_log(b, rulebook->directory);
    b->state->snapshot = snapshot_new(rulebook);
    if (b->state->snapshot == NULL) {
        rulebook_free(rulebook);
        problem(b, "rulebook: out of memory");
    }
}

/* "127.0.0.1:0" for the second worker must be the port that the first one got. */
static const char *address_for(const struct state *state, const struct config *c, unsigned worker,
                               unsigned i, char text[static ADDRESS_TEXT_BYTES])
{
    if (worker == 0 || failed(listener_address(state->listeners[i], text)))
        return c->listen[i];
    return text;
}

static void open_listeners(struct building *b)
{
    const struct config *c = b->config;
    struct state *s = b->state;
    char bound[ADDRESS_TEXT_BYTES];
    unsigned count = (unsigned)c->workers * c->listen_count;
    s->worker_count = (unsigned)c->workers;
    s->listener_count = c->listen_count;
    s->listeners = malloc(count * sizeof *s->listeners);
    if (s->listeners == NULL) {
        problem(b, "listen: out of memory");
        return;
    }
    for (unsigned i = 0; i < count; i++)
        s->listeners[i] = -1;
    bool good = true;
    for (unsigned i = 0; i < count && (good || i < c->listen_count); i++) {
        const char *address = address_for(s, c, i / c->listen_count, i % c->listen_count, bound);
        errno = 0;
        if (!failed(listener_open(address, &s->listeners[i])))
            continue;
        good = false;
        problem(b, "listen: %s cannot be bound (%s)", address,
                errno == 0 ? "not an address and port" : strerror(errno));
    }
}

struct status state_load(const struct config *config, state_problem *report, void *owner,
                         struct state **ret_state)
{
    struct building b = {.config = config, .problem = report, .owner = owner};
    b.state = calloc(1, sizeof *b.state);
    if (b.state == NULL)
        return FAIL(MEMORY);
    load_context(&b);
    load_keys(&b);
    load_rulebook(&b);
    open_listeners(&b);
    if (b.failed) {
        state_free(b.state);
        return FAIL(CONFIG);
    }
    *ret_state = b.state;
    return OK;
}

void state_free(struct state *s)
{
    if (s == NULL)
        return;
    for (unsigned i = 0; s->listeners != NULL && i < s->worker_count * s->listener_count; i++)
        if (s->listeners[i] >= 0)
            close(s->listeners[i]);
    free(s->listeners);
    tls_context_free(s->context);
    key_free(s->log_key);
    keyring_free(s->keyring);
    snapshot_drop(s->snapshot);
    free(s);
}
