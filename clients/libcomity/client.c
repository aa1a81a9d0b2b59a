#include "libcomity/client.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "libcomity/clock.h"
#include "libcomity/context.h"
#include "libcomity/kept_logs.h"
#include "session/query.h"
#include "wire/names.h"

#define RULEBOOK_ARENA_BYTES (64U << 20)
#define RULEBOOK_FILES_MAX   4096
#define TIMEOUT_MS           30000
#define STEPS_TIME           10   /* how many times the time for one step a call may take */
#define DIAL_AGAIN_MS        100  /* at most until a gateway that is full is dialled again; */
#define DIAL_AGAIN_MAX_MS    2000 /* doubled each time, up to this */

struct slice client_party(const struct comity *c)
{
    return slice_text(c->context.party);
}

static struct status load_rulebook(struct comity *c, struct comity_fault *reterr)
{
    struct text_files files = {0};
    struct text_error error = {0};
    const char *folder = c->context.directory;
    struct arena *arena = arena_new(RULEBOOK_ARENA_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY) : folder_read(arena, folder, RULEBOOK_FILES_MAX, &files);
    if (failed(s))
        s = fault_set(reterr, FAIL(CONFIG), "the rulebook %s cannot be read", folder);
    else if (failed(s = rulebook_parse(&files, &c->rulebook, &error)))
        s = fault_set(reterr, s, "the rulebook %s: %s:%u:%u: %s", folder, error.file, error.line,
                      error.column, error.message);
    arena_free(arena);
    return s;
}

static struct status find_home(struct comity *c, struct comity_fault *reterr)
{
    const struct directory *d = c->rulebook->directory;
    c->home = directory_home(d, client_party(c));
    if (c->home == NULL)
        return fault_set(reterr, FAIL(CONFIG), "%s is not in the directory %s", c->context.party,
                         c->context.directory);
    if (!slice_is(c->home->id, c->context.gateway))
        return fault_set(reterr, FAIL(CONFIG), "%s is at home at %.*s, not at %s", c->context.party,
                         (int)c->home->id.length, (const char *)c->home->id.at, c->context.gateway);
    return OK;
}

static struct status load_keys(struct comity *c, struct comity_fault *reterr)
{
    struct identity identity;
    struct status s = key_load(c->context.sealing_key, &c->sealing_key);
    if (failed(s))
        return fault_set(reterr, s, "%s is not a key that only you may read",
                         c->context.sealing_key);
    if (failed(s = certificate_load(c->context.sealing_cert, &c->sealing_certificate)))
        return fault_set(reterr, s, "%s is not a certificate", c->context.sealing_cert);
    if (failed(certificate_identity(c->sealing_certificate, &identity)) ||
        !slice_is(client_party(c), identity.id))
        return fault_set(reterr, FAIL(CONFIG), "%s is not %s's certificate",
                         c->context.sealing_cert, c->context.party);
    return OK;
}

struct status client_load(struct comity *c, const struct comity_options *options,
                          struct comity_fault *reterr)
{
    char home[CONTEXT_PATH_BYTES];
    struct status s = crypto_thread_start();
    if (failed(s) || failed(s = context_home(options->home, home, reterr)) ||
        failed(s = context_load(home, options->context, &c->context, reterr)) ||
        failed(s = load_rulebook(c, reterr)))
        return s;
    return find_home(c, reterr);
}

static struct status open_parts(struct comity *c, const struct comity_options *options,
                                struct comity_fault *reterr)
{
    struct status s = client_load(c, options, reterr);
    if (failed(s) || failed(s = load_keys(c, reterr)))
        return s;
    return archive_open(c->context.archive, &c->archive, reterr);
}

enum comity_exit comity_open(const struct comity_options *options, struct comity **ret_comity,
                             struct comity_fault *reterr)
{
    memset(reterr, 0, sizeof *reterr);
    struct comity *c = calloc(1, sizeof *c);
    struct status s = c == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s)) {
        c->options = *options;
        c->options.home = c->options.context = NULL;
        if (c->options.timeout_ms == 0)
            c->options.timeout_ms = TIMEOUT_MS;
        s = open_parts(c, options, reterr);
    }
    if (failed(s)) {
        comity_close(c);
        return fault_exit(reterr, s);
    }
    *ret_comity = c;
    return COMITY_DONE;
}

void comity_close(struct comity *c)
{
    if (c == NULL)
        return;
    connection_close(c->link);
    tls_context_free(c->tls);
    archive_close(c->archive);
    certificate_free(c->sealing_certificate);
    key_free(c->sealing_key);
    rulebook_free(c->rulebook);
    free(c);
}

struct status client_begin(struct comity *c, uint64_t wait_ms, struct comity_fault *reterr)
{
    memset(reterr, 0, sizeof *reterr);
    c->until_ms = clock_mono_ms() + wait_ms + STEPS_TIME * (uint64_t)c->options.timeout_ms;
    return crypto_thread_start();
}

const struct comity_context *comity_context_of(const struct comity *c)
{
    return &c->context;
}

struct status client_tls(struct comity *c, struct comity_fault *reterr)
{
    char error[400] = "";
    const char *revocations[] = {c->context.crl};
    struct tls_authority authority = {.certificates = c->context.ca};
    slice_copy_text(party_state(c->home->id), authority.state, sizeof authority.state);
    struct tls_settings settings = {
        .certificate = c->context.cert,
        .key = c->context.key,
        .authorities = &authority,
        .authority_count = 1,
        .revocations = revocations,
        .revocation_count = 1,
    };
    if (c->tls != NULL)
        return OK;
    struct status s = tls_context_new(&settings, error, sizeof error, &c->tls);
    if (!failed(s))
        return s;
    s = fault_set(reterr, s, "context %s: %s", c->context.name, error);
    reterr->exit = s.code == CODE_CONFIG ? COMITY_IDENTITY : COMITY_FAILED;
    return s;
}

struct status client_versions(const struct comity *c, struct arena *arena, struct hello *hello)
{
    const struct rulebook *r = c->rulebook;
    const struct directory *d = r->directory;
    size_t count = d->parties_count < HELLO_LIST_MAX ? d->parties_count : HELLO_LIST_MAX;
    struct object_version *parties = arena_array(arena, count, sizeof *parties);
    if (parties == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < count; i++)
        parties[i] = (struct object_version){d->parties_of[i], d->parties_numbers[i],
                                             digest_slice(&r->parties_digests[i])};
    hello->law =
        (struct object_version){{0}, schema_number(r->schema), digest_slice(&r->law_digest)};
    hello->states = (struct object_version){{0}, d->states_number, digest_slice(&r->states_digest)};
    hello->parties = parties;
    hello->parties_count = count;
    return OK;
}

/* What HELLO says of us: the rulebook's versions and the last checkpoints that we verified. */
static struct status fill_hello(const struct comity *c, struct arena *arena, struct hello *hello,
                                struct comity_fault *reterr)
{
    struct status s = client_versions(c, arena, hello);
    return failed(s) ? s : kept_logs_name(c, arena, hello, reterr);
}

/* The address of the context, or else each of the directory's until one answers. */
static struct status dial_any(struct comity *c, struct arena *arena,
                              struct connection_settings *settings, struct connection **ret_link,
                              struct comity_fault *reterr)
{
    struct status s = FAIL(CONFIG);
    if (c->context.address[0] != '\0') {
        settings->address = c->context.address;
        return connection_open(settings, ret_link, reterr);
    }
    for (size_t i = 0; failed(s) && i < c->home->address_count; i++) {
        settings->address = arena_text(arena, c->home->addresses[i]);
        s = settings->address == NULL ? FAIL(MEMORY) : connection_open(settings, ret_link, reterr);
    }
    if (c->home->address_count == 0)
        return fault_set(reterr, s, "%s has no address in the directory", c->context.gateway);
    return s;
}

/* Somewhere within the time, so that all who were turned away do not come back together. */
static struct status pause_within(uint64_t ms)
{
    uint32_t random;
    struct status s = entropy_fill(&random, sizeof random);
    if (!failed(s))
        (void)poll(NULL, 0, (int)(random % ms) + 1);
    return s;
}

struct status client_dial(struct comity *c, struct arena *arena,
                          struct connection_settings *settings, struct connection **ret_link,
                          struct comity_fault *reterr)
{
    uint64_t until = clock_mono_ms() + settings->timeout_ms;
    uint64_t wait = DIAL_AGAIN_MS;
    struct status s = dial_any(c, arena, settings, ret_link, reterr);
    while (s.code == CODE_FULL && clock_mono_ms() + wait < until) {
        s = pause_within(wait);
        if (!failed(s))
            s = dial_any(c, arena, settings, ret_link, reterr);
        wait = wait * 2 < DIAL_AGAIN_MAX_MS ? wait * 2 : DIAL_AGAIN_MAX_MS;
    }
    return s.code == CODE_FULL ? FAIL(NETWORK) : s;
}

static struct status make_link(struct comity *c, struct arena *arena, struct comity_fault *reterr)
{
    struct hello hello = {0};
    struct connection_settings settings = {
        .gateway = c->context.gateway,
        .hello = &hello,
        .timeout_ms = c->options.timeout_ms,
        .record = c->options.record,
        .record_owner = c->options.record_owner,
    };
    struct status s = client_tls(c, reterr);
    settings.tls = c->tls;
    if (failed(s) || failed(s = fill_hello(c, arena, &hello, reterr)))
        return s;
    return client_dial(c, arena, &settings, &c->link, reterr);
}

struct status client_link(struct comity *c, struct connection **ret_link,
                          struct comity_fault *reterr)
{
    if (clock_mono_ms() > c->until_ms)
        return fault_set(reterr, FAIL(NETWORK), "%s took too long", c->context.gateway);
    if (c->link != NULL && connection_over(c->link))
        client_drop_link(c);
    if (c->link == NULL) {
        struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
        struct status s = arena == NULL ? FAIL(MEMORY) : make_link(c, arena, reterr);
        arena_free(arena);
        if (failed(s))
            return s;
    }
    *ret_link = c->link;
    return OK;
}

struct status client_lock(struct comity *c, struct comity_fault *reterr)
{
    struct status s = archive_lock(c->archive, c->options.timeout_ms);
    if (!failed(s))
        return OK;
    s = fault_set(reterr, s, "the archive %s is in use by another process", c->context.archive);
    fault_hint(reterr, "try again when that one is done");
    return s;
}

struct status client_unsound(const struct comity *c, size_t count, struct comity_fault *reterr)
{
    if (count == 0)
        return OK;
    struct status s =
        fault_set(reterr, FAIL(CRYPTO), "%zu record%s of the archive %s: changed or damaged", count,
                  count == 1 ? " does not open" : "s do not open", c->context.archive);
    fault_hint(reterr, "restore the files of that folder from a backup; all others were read");
    reterr->exit = COMITY_VERIFY;
    return s;
}

void client_drop_link(struct comity *c)
{
    connection_close(c->link);
    c->link = NULL;
}
