#include "app/state.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/received.h"
#include "audit/note.h"
#include "base/instant.h"
#include "edge/worker.h"

#define RULEBOOK_MAX_FILES 4096
#define FILES_MAX_BYTES    (8U << 20) /* paths of all CA files */

/* What the state is built from and into. */
struct building {
    const struct config *config;
    const struct key *log_key;
    const struct state *previous;
    struct problems *problems;
    struct state *state;
    struct status refused;       /* what is wrong with the rulebook's signatures; else OK */
    struct revocations *revoked; /* by the lists of the new context, until the snapshot has them */
};

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

static void check_tls_readable(const struct config *c, struct problems *problems)
{
    check_readable(problems, "tls.certificate", c->tls->certificate);
    check_readable(problems, "tls.key", c->tls->key);
    for (unsigned i = 0; i < c->authorities_count; i++) {
        check_readable(problems, "authorities.certificate", c->authorities[i].certificate);
        check_readable(problems, "authorities.crl", c->authorities[i].crl);
    }
}

void state_readable(const struct config *c, struct problems *problems)
{
    check_tls_readable(c, problems);
    check_readable(problems, "rulebook", c->rulebook);
    const struct config_rulebook_authorities *a = c->rulebook_authorities;
    for (unsigned i = 0; a != NULL && i < a->law_count; i++)
        check_readable(problems, "rulebook_authorities.law", a->law[i]);
    for (unsigned i = 0; a != NULL && i < a->states_count; i++)
        check_readable(problems, "rulebook_authorities.states", a->states[i]);
    for (unsigned i = 0; a != NULL && i < a->parties_count; i++)
        check_readable(problems, "rulebook_authorities.parties", a->parties[i]);
}

static void say_skipped(void *owner, const char *sentence)
{
    struct problems *problems = owner;
    if (problems->remark != NULL)
        problems->remark(problems->owner, sentence);
}

/* What a context is made of: an element for each configured CA file. */
struct files {
    struct tls_authority *authorities;
    const char **lists, **received;
};

static struct status find_files(const struct config *c, struct arena *arena, struct files *f)
{
    const size_t count = c->authorities_count;
    f->authorities = arena_array(arena, count, sizeof *f->authorities);
    f->lists = arena_array(arena, count, sizeof *f->lists);
    f->received = arena_array(arena, count, sizeof *f->received);
    if (f->authorities == NULL || f->lists == NULL || f->received == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < count; i++) {
        const struct config_authority *a = &c->authorities[i];
        snprintf(f->authorities[i].state, sizeof f->authorities[i].state, "%s", a->state);
        f->authorities[i].certificates = a->certificate;
        f->lists[i] = a->crl;
        f->received[i] = received_lists(arena, c->journal, slice_text(a->state));
        if (f->received[i] == NULL)
            return FAIL(MEMORY);
    }
    return OK;
}

static struct tls_settings settings_of(const struct building *b, const struct files *f)
{
    const struct config *c = b->config;
    return (struct tls_settings){
        .certificate = c->tls->certificate,
        .key = c->tls->key,
        .authorities = f->authorities,
        .authority_count = c->authorities_count,
        .revocations = f->lists,
        .revocation_count = c->authorities_count,
        .received = f->received,
        .received_count = c->authorities_count,
        .skipped = say_skipped,
        .skipped_owner = b->problems,
        .previous = b->previous == NULL ? NULL : b->previous->context,
        .grace_ms = c->revocation_grace_ms,
    };
}

static void load_context(struct building *b)
{
    char error[CONFIG_ERROR_BYTES] = "out of memory";
    const struct config *c = b->config;
    struct tls_context *context = NULL;
    struct arena *arena = arena_new(FILES_MAX_BYTES);
    struct files files;
    if (arena != NULL && !failed(find_files(c, arena, &files))) {
        struct tls_settings settings = settings_of(b, &files);
        (void)failed(tls_context_new(&settings, error, sizeof error, &context));
    }
    if (context == NULL)
        problem_say(b->problems, "tls: %s", error);
    else if (strcmp(tls_context_identity(context)->id, c->gateway) != 0)
        problem_say(b->problems, "tls: %s is the certificate of %s, not of %s", c->tls->certificate,
                    tls_context_identity(context)->id, c->gateway);
    b->state->context = context;
    arena_free(arena);
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
    else if (log->is_closed)
        problem_say(b->problems,
                    "log.origin: the directory closes the log %s at %llu entries: nothing may be"
                    " signed under it. Set log.origin to the log that succeeds it, and start anew",
                    c->log->origin, (unsigned long long)log->closed_size);
    else if (b->log_key != NULL && key_public(b->log_key, public) &&
             !bytes_equal(public, listed.key, sizeof public))
        problem_say(b->problems, "log.key: %s is not the key that the directory lists for %s",
                    c->log->key, c->log->origin);
}

struct rulebook *state_rulebook(const char *path, struct problems *problems, struct arena *arena,
                                struct text_files *ret_files)
{
    struct rulebook *rulebook = NULL;
    struct text_error wrong = {0};
    struct status s =
        arena == NULL ? FAIL(MEMORY) : folder_read(arena, path, RULEBOOK_MAX_FILES, ret_files);
    if (failed(s))
        problem_say(problems, "rulebook %s: cannot be read (%s)", path, code_name(s.code));
    else if (failed(rulebook_parse(ret_files, &rulebook, &wrong)))
        problem_say(problems, "rulebook %s/%s:%u:%u: %s", path, wrong.file, wrong.line,
                    wrong.column, wrong.message);
    return rulebook;
}

/* Where signatures are asked for nothing is taken without them, whatever the folder looks like. */
static void check_signatures(struct building *b, const struct text_files *files,
                             struct rulebook *rulebook)
{
    struct text_error wrong = {0};
    const struct rulebook_authorities *asked = signatories_all(b->state->signatories);
    if (asked == NULL)
        return;
    struct rulebook_authorities all = *asked;
    all.revoked = b->revoked;
    struct status s = rulebook_endorse(rulebook, files, &all, moment_now().wall_ms, &wrong);
    if (s.code == CODE_REFUSED)
        b->refused = s;
    if (failed(s))
        problem_say(b->problems, "rulebook %s/%s: %s (%s)", b->config->rulebook, wrong.file,
                    wrong.message,
                    s.code == CODE_REFUSED ? reason_name(s.reason) : code_name(s.code));
}

static struct objects *make_objects(const struct building *b, struct arena *arena,
                                    const struct text_files *files, const struct rulebook *rulebook)
{
    struct objects *objects = NULL;
    struct status s = state_objects(arena, files, rulebook, b->state->context, &objects);
    if (failed(s))
        problem_say(b->problems, "rulebook %s: it cannot be handed to others (%s)",
                    b->config->rulebook,
                    s.code == CODE_CONFIG ? "a file's name has other characters than "
                                            "[A-Za-z0-9._-], or it is too long"
                    : s.code == CODE_FULL ? "it is longer than 16 MiB"
                                          : code_name(s.code));
    return objects;
}

/* Of the lists that links are judged by. */
static void read_revoked(struct building *b, struct arena *arena)
{
    if (b->state->context == NULL)
        return;
    struct status s =
        arena == NULL ? FAIL(MEMORY) : state_revocations(arena, b->state->context, &b->revoked);
    if (failed(s))
        problem_say(b->problems,
                    "revocation lists: seals and signatures cannot be judged by them"
                    " (%s)",
                    code_name(s.code));
}

static void hand_revoked(struct building *b)
{
    if (b->state->snapshot == NULL)
        return;
    snapshot_revoke(b->state->snapshot, b->revoked);
    b->revoked = NULL;
}

static void load_rulebook(struct building *b)
{
    struct text_files files;
    struct objects *objects = NULL;
    struct arena *arena = arena_new(RULEBOOK_MAX_BYTES);
    struct rulebook *rulebook = state_rulebook(b->config->rulebook, b->problems, arena, &files);
    read_revoked(b, arena);
    if (rulebook != NULL) {
        check_log(b, rulebook->directory);
        if (!b->problems->any)
            check_signatures(b, &files, rulebook);
    }
    if (rulebook != NULL && b->state->context != NULL)
        objects = make_objects(b, arena, &files, rulebook);
    if (objects != NULL)
        b->state->snapshot = snapshot_new(rulebook, objects);
    if (objects != NULL && b->state->snapshot == NULL)
        problem_say(b->problems, "rulebook: out of memory");
    if (b->state->snapshot == NULL) {
        rulebook_free(rulebook);
        objects_free(objects);
    }
    hand_revoked(b);
    arena_free(arena);
}

/* Who has signed the rulebook in use may be on one of the new lists. */
static void endorse_again(struct building *b)
{
    struct text_error wrong = {0};
    struct rulebook_authorities all;
    struct rulebook *again = NULL;
    if (b->state->snapshot == NULL || !state_authorities(b->state, &all))
        return;
    struct status s =
        state_endorse_again(b->state->snapshot, &all, moment_now().wall_ms, &again, &wrong);
    if (failed(s))
        problem_say(b->problems,
                    "revocation lists: the rulebook's signatures cannot be judged by"
                    " them: %s (%s)",
                    wrong.message, code_name(s.code));
    else
        snapshot_endorse(b->state->snapshot, again);
}

/* The rulebook in use stays, and what is handed to others has the new lists. */
static void share_rulebook(struct building *b)
{
    const struct snapshot *previous = b->previous->snapshot;
    struct objects *objects = NULL;
    struct arena *arena = arena_new(FILES_MAX_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY)
                                    : state_objects_renew(arena, snapshot_objects(previous),
                                                          b->state->context, &objects);
    if (!failed(s))
        b->state->snapshot = snapshot_renew(previous, objects);
    if (b->state->snapshot == NULL) {
        problem_say(b->problems, "revocation lists: they cannot be handed to others (%s)",
                    code_name(failed(s) ? s.code : CODE_MEMORY));
        objects_free(objects);
    }
    read_revoked(b, arena);
    hand_revoked(b);
    arena_free(arena);
}

static void load_all(struct building *b)
{
    state_readable(b->config, b->problems);
    if (b->problems->any ||
        failed(signatories_load(b->config, b->problems, &b->state->signatories)))
        return;
    load_context(b);
    load_rulebook(b);
    if (!b->problems->any)
        state_candidate(b->config, b->previous, b->state);
}

static void load_lists(struct building *b)
{
    check_tls_readable(b->config, b->problems);
    if (!b->problems->any)
        load_context(b);
    if (b->problems->any)
        return;
    b->state->signatories = signatories_hold(b->previous->signatories);
    share_rulebook(b);
    endorse_again(b);
}

/* Those of one building, told in the same way. */
static struct problems none_yet(const struct problems *problems)
{
    return (struct problems){problems->report, problems->owner, false, problems->remark};
}

static struct status build(struct building *b, void load(struct building *),
                           struct problems *problems, struct state **ret_state)
{
    b->state = calloc(1, sizeof *b->state);
    if (b->state == NULL)
        problem_say(b->problems, "out of memory");
    else
        load(b);
    revocations_free(b->revoked);
    if (b->problems->any) {
        problems->any = true;
        state_free(b->state);
        return failed(b->refused) ? b->refused : FAIL(CONFIG);
    }
    *ret_state = b->state;
    return OK;
}

struct status state_load(const struct config *config, const struct key *log_key,
                         const struct state *previous, struct problems *problems,
                         struct state **ret_state)
{
    struct problems found = none_yet(problems);
    struct building b = {config, log_key, previous, &found, NULL, OK, NULL};
    return build(&b, load_all, problems, ret_state);
}

struct status state_load_lists(const struct config *config, const struct state *previous,
                               struct problems *problems, struct state **ret_state)
{
    struct problems found = none_yet(problems);
    struct building b = {config, NULL, previous, &found, NULL, OK, NULL};
    return build(&b, load_lists, problems, ret_state);
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
    if (state->candidate_wrong[0] != '\0')
        printf("rulebook_candidate: none: %s\n", state->candidate_wrong);
    printf("%s: good\n", path);
}

void state_free(struct state *s)
{
    if (s == NULL)
        return;
    tls_context_free(s->context);
    snapshot_drop(s->snapshot);
    signatories_drop(s->signatories);
    free(s);
}
