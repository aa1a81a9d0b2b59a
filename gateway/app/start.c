#include "app/start.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "http/listener.h"

static void load_log_key(const char *name, const char *path, struct problems *problems,
                         struct key **ret_key)
{
    if (failed(key_load(path, ret_key)))
        problem_say(problems, "%s: %s is no private key in PEM that only its owner may read", name,
                    path);
    else if (key_algorithm(*ret_key) != ALGORITHM_EDDSA)
        problem_say(problems, "%s: %s is not an Ed25519 key", name, path);
}

void start_keys(const struct config *c, struct problems *problems, struct start *start)
{
    load_log_key("log.key", c->log->key, problems, &start->log_key);
    if (c->log->former_key != NULL)
        load_log_key("log.former_key", c->log->former_key, problems, &start->former_key);
    if (failed(keyring_load(c->key_encryption_key, &start->keyring)))
        problem_say(problems,
                    "key_encryption_key: %s does not hold 64 hex digits for its owner only",
                    c->key_encryption_key);
    if (c->timestamps != NULL &&
        failed(timestamp_authorities_load(c->timestamps->ca, &start->timestamps)))
        problem_say(problems, "timestamps.ca: %s holds no certificates in PEM", c->timestamps->ca);
}

static void say_unbound(struct problems *problems, const char *key, const char *address)
{
    problem_say(problems, "%s: %s cannot be bound (%s)", key, address,
                errno == 0 ? "not an address and port" : strerror(errno));
}

static void check_addresses(struct problems *problems, const char *key, char *const *addresses,
                            unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        errno = 0;
        if (failed(listener_check(addresses[i])))
            say_unbound(problems, key, addresses[i]);
    }
}

void start_addresses(const struct config *c, struct problems *problems)
{
    check_addresses(problems, "listen", c->listen, c->listen_count);
    if (c->http != NULL)
        check_addresses(problems, "http.listen", c->http->listen, c->http->listen_count);
}

static void open_http(const struct config_http *http, struct problems *problems,
                      struct start *start)
{
    for (unsigned i = 0; i < http->listen_count; i++) {
        errno = 0;
        if (failed(listener_open(http->listen[i], &start->http[start->http_count])))
            say_unbound(problems, "http.listen", http->listen[i]);
        else
            start->http_count++;
    }
}

/* The first worker's are opened, those of the others share their ports. */
static struct status open_listener(const struct config *c, struct start *start, unsigned i)
{
    unsigned first = i % c->listen_count;
    errno = 0;
    return i == first ? listener_open(c->listen[i], &start->listeners[i])
                      : listener_share(start->listeners[first], &start->listeners[i]);
}

void start_listeners(const struct config *c, struct problems *problems, struct start *start)
{
    unsigned count = (unsigned)c->workers * c->listen_count;
    start->worker_count = (unsigned)c->workers;
    start->listener_count = c->listen_count;
    start->listeners = malloc(count * sizeof *start->listeners);
    if (start->listeners == NULL) {
        problem_say(problems, "listen: out of memory");
        return;
    }
    for (unsigned i = 0; i < count; i++)
        start->listeners[i] = -1;
    bool good = true;
    for (unsigned i = 0; i < count && (good || i < c->listen_count); i++) {
        if (!failed(open_listener(c, start, i)))
            continue;
        good = false;
        say_unbound(problems, "listen", c->listen[i % c->listen_count]);
    }
    if (c->http != NULL)
        open_http(c->http, problems, start);
}

struct status start_say_ready(const struct config *c, const struct start *start)
{
    struct buffer text = buffer_new(4096);
    char address[ADDRESS_TEXT_BYTES];
    struct status status = OK;
    for (unsigned i = 0; i < start->listener_count && !failed(status); i++) {
        status = listener_address(start->listeners[i], address);
        buffer_print(&text, "%s\n", address);
    }
    if (!failed(status) && c->ready != NULL)
        status = file_write(c->ready, buffer_slice(&text), 0644);
    if (!failed(status)) {
        printf("ready %s %.*s", c->gateway, (int)text.length, (const char *)text.at);
        if (fflush(stdout) != 0)
            status = FAIL(STORE);
    }
    buffer_done(&text);
    return status;
}

void start_done(struct start *start)
{
    unsigned count = start->worker_count * start->listener_count;
    for (unsigned i = 0; start->listeners != NULL && i < count; i++)
        if (start->listeners[i] >= 0)
            close(start->listeners[i]);
    free(start->listeners);
    for (unsigned i = 0; i < start->http_count; i++)
        close(start->http[i]);
    key_free(start->log_key);
    key_free(start->former_key);
    keyring_free(start->keyring);
    timestamp_authorities_free(start->timestamps);
    *start = (struct start){0};
}
