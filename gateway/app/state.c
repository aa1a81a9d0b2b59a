#include "app/state.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/note.h"
#include "base/instant.h"

#define RULEBOOK_MAX_FILES 4096
#define RULEBOOK_MAX_BYTES (64U << 20)

/* What the state is built from and into. */
struct building {
    const struct config *config;
    const struct key *log_key;
    const struct state *previous;
    struct problems *problems;
    struct state *state;
};

static struct status read_rulebook(const char *path, struct rulebook **ret_rulebook,
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

/* Other errors than a missing right are told, and told better, by whoever reads the file. */
static void check_readable(struct problems *problems, const char *key, const char *path)
{
    if (access(path, R_OK) == 0 || errno != EACCES)
        return;
    char who[64] = "this process";
    const struct passwd *p = getpwuid(getuid());
    if (p != NULL)
        snprintf(who, sizeof who, "%s", p->pw_name);
    problem_say(problems, "%s: %s may not be read by %s, whom comityd runs as", key, path, who);
}

void state_readable(const struct config *c, struct problems *problems)
{
    check_readable(problems, "tls.certificate", c->tls->certificate);
    check_readable(problems, "tls.key", c->tls->key);
    for (unsigned i = 0; i < c->authorities_count; i++) {
        check_readable(problems, "authorities.certificate", c->authorities[i].certificate);
        check_readable(problems, "authorities.crl", c->authorities[i].crl);
    }
    check_readable(problems, "rulebook", c->rulebook);
}

static struct tls_settings settings_of(const struct building *b, struct tls_authority *authorities,
                                       const char **lists)
{
    const struct config *c = b->config;
    for (unsigned i = 0; i < c->authorities_count; i++) {
        snprintf(authorities[i].state, sizeof authorities[i].state, "%s", c->authorities[i].state);
        authorities[i].certificates = c->authorities[i].certificate;
        lists[i] = c->authorities[i].crl;
    }
    return (struct tls_settings){
        .certificate = c->tls->certificate,
        .key = c->tls->key,
        .authorities = authorities,
        .authority_count = c->authorities_count,
        .revocations = lists,
        .revocation_count = c->authorities_count,
        .previous = b->previous == NULL ? NULL : b->previous->context,
        .grace_ms = c->revocation_grace_ms,
    };
}

static void load_context(struct building *b)
{
    char error[CONFIG_ERROR_BYTES] = "out of memory";
    const struct config *c = b->config;
    struct tls_context **context = &b->state->context;
    struct tls_authority *authorities = calloc(c->authorities_count, sizeof *authorities);
    const char **lists = calloc(c->authorities_count, sizeof *lists);
    struct status s = FAIL(MEMORY);
    if (authorities != NULL && lists != NULL) {
        struct tls_settings settings = settings_of(b, authorities, lists);
        s = tls_context_new(&settings, error, sizeof error, context);
    }
    if (failed(s))
        problem_say(b->problems, "tls: %s", error);
    else if (strcmp(tls_context_identity(*context)->id, c->gateway) != 0)
        problem_say(b->problems, "tls: %s is the certificate of %s, not of %s", c->tls->certificate,
                    tls_context_identity(*context)->id, c->gateway);
    free(authorities);
    free(lists);
}

/* A receipt under a key that the directory does not list would be refused by every reader. */
static void check_log(struct building *b, const struct directory *directory)
{
    uint8_t public[32];
    struct vkey listed;
    const struct config *c = b->config;
    const struct gateway_row *row = directory_gateway(directory, slice_text(c->gateway));
    if (row == NULL) {
        problem_say(b->problems, "gateway: the rulebook's directory does not know %s", c->gateway);
        return;
    }
    const struct log_row *log = directory_log(row, slice_text(c->log->origin));
    if (log == NULL || failed(vkey_parse(log->vkey, &listed)))
        problem_say(b->problems, "log.origin: the directory lists no log %s of %s", c->log->origin,
                    c->gateway);
    else if (b->log_key != NULL && key_public(b->log_key, public) &&
             !bytes_equal(public, listed.key, sizeof public))
        problem_say(b->problems, "log.key: %s is not the key that the directory lists for %s",
                    c->log->key, c->log->origin);
}

static void load_rulebook(struct building *b)
{
    char error[CONFIG_ERROR_BYTES] = "";
    struct rulebook *rulebook = NULL;
    if (failed(read_rulebook(b->config->rulebook, &rulebook, error))) {
        problem_say(b->problems, "%s", error);
        return;
    }
    check_log(b, rulebook->directory);
    b->state->snapshot = snapshot_new(rulebook);
    if (b->state->snapshot == NULL) {
        rulebook_free(rulebook);
        problem_say(b->problems, "rulebook: out of memory");
    }
}

struct status state_load(const struct config *config, const struct key *log_key,
                         const struct state *previous, struct problems *problems,
                         struct state **ret_state)
{
    struct problems found = {problems->report, problems->owner, false};
    struct building b = {config, log_key, previous, &found, calloc(1, sizeof *b.state)};
    if (b.state == NULL)
        problem_say(&found, "out of memory");
    if (!found.any)
        state_readable(config, &found);
    if (!found.any) {
        load_context(&b);
        load_rulebook(&b);
    }
    if (found.any) {
        problems->any = true;
        state_free(b.state);
        return FAIL(CONFIG);
    }
    *ret_state = b.state;
    return OK;
}

void state_print(const char *path, const struct state *state)
{
    static const char *const names[] = {[TLS_PART_OWN] = "certificate of",
                                        [TLS_PART_CA] = "CA of",
                                        [TLS_PART_REVOCATIONS] = "revocation list of"};
    char at[INSTANT_TEXT_BYTES];
    struct tls_until until;
    for (size_t i = 0; tls_context_until(state->context, i, &until); i++) {
        instant_write(until.until_ms, at);
        printf("%s %s%s%s: until %s\n", names[until.part],
               until.part == TLS_PART_OWN ? tls_context_identity(state->context)->id : until.state,
               until.number[0] == '\0' ? "" : ", number ", until.number, at);
    }
    printf("%s: good\n", path);
}

void state_free(struct state *s)
{
    if (s == NULL)
        return;
    tls_context_free(s->context);
    snapshot_drop(s->snapshot);
    free(s);
}
