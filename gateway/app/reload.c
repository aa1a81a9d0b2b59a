#include "app/reload.h"

#include <stdio.h>
#include <string.h>

#include "app/force.h"
#include "app/keys.h"
#include "app/succeeding.h"

#define TEXT_BYTES 1024

struct worker_limits reload_limits(const struct config_limits *l)
{
    return (struct worker_limits){
        .links = l->links,
        .handshakes = l->handshakes,
        .handshakes_per_source = l->handshakes_per_source,
        .links_per_party = l->links_per_party,
        .refusals_per_minute = l->refusals_per_minute,
    };
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_texts(char *const *a, unsigned count_a, char *const *b, unsigned count_b)
{
    bool same = count_a == count_b;
    for (unsigned i = 0; same && i < count_a; i++)
        same = same_text(a[i], b[i]);
    return same;
}

static bool same_http(const struct config_http *a, const struct config_http *b)
{
    return a == NULL || b == NULL
               ? a == b
               : same_texts(a->listen, a->listen_count, b->listen, b->listen_count);
}

static bool same_timestamps(const struct config *now, const struct config *next)
{
    const struct config_timestamps *a = now->timestamps, *b = next->timestamps;
    return a == NULL || b == NULL
               ? a == b
               : same_text(a->authority, b->authority) && same_text(a->ca, b->ca) &&
                     now->timestamps_ms == next->timestamps_ms;
}

void reload_check(const struct config *now, const struct config *next, struct problems *problems)
{
    const struct {
        const char *key;
        bool same;
    } rows[] = {
        {"gateway", same_text(now->gateway, next->gateway)},
        {"listen", same_texts(now->listen, now->listen_count, next->listen, next->listen_count)},
        {"http.listen", same_http(now->http, next->http)},
        {"workers", now->workers == next->workers},
        {"user", same_text(now->user, next->user)},
        {"rulebook_signatures",
         (now->rulebook_authorities == NULL) == (next->rulebook_authorities == NULL)},
        {"journal", same_text(now->journal, next->journal)},
        {"lock", same_text(now->lock, next->lock)},
        {"log.path", same_text(now->log->path, next->log->path)},
        {"log.origin", same_text(now->log->origin, next->log->origin)},
        {"log.key", same_text(now->log->key, next->log->key)},
        {"control", same_text(now->control, next->control)},
        {"key_encryption_key", same_text(now->key_encryption_key, next->key_encryption_key)},
        {"diagnostics", now->diagnostics == next->diagnostics},
        {"peer_dial", now->peer_dial == next->peer_dial},
        {"ready", same_text(now->ready, next->ready)},
        {"retention.bodies", now->bodies_ms == next->bodies_ms},
        {"retention.openings", now->openings_ms == next->openings_ms},
        {"timestamps", same_timestamps(now, next)},
        {"limits.queue", now->limits.queue_bytes == next->limits.queue_bytes},
        {"limits.ballast", now->limits.ballast_bytes == next->limits.ballast_bytes},
        {"limits.floor", now->limits.floor_bytes == next->limits.floor_bytes},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!rows[i].same)
            problem_say(problems, "%s: cannot change without a restart", rows[i].key);
}

/* A reload on its way. */
struct reloading {
    const struct running *running;
    struct reload_outcome *outcome;
};

static void say(const struct running *r, const char *event, enum diagnostic_level level,
                const char *text)
{
    diagnostics_say(r->diagnostics, moment_now().wall_ms,
                    &(struct diagnostic){.event = event, .level = level, .text = text});
}

static void say_problem(void *owner, const char *sentence)
{
    const struct reloading *reloading = owner;
    const struct running *r = reloading->running;
    char *words = reloading->outcome->words;
    size_t length = strlen(words);
    snprintf(words + length, CONTROL_WORDS_BYTES - length, "%s%s", length == 0 ? "" : "\n",
             sentence);
    say(r, "reload.refused", DIAGNOSTIC_ALARM, sentence);
}

static void say_remark(void *owner, const char *sentence)
{
    const struct reloading *reloading = owner;
    say(reloading->running, "received.skipped", DIAGNOSTIC_WARNING, sentence);
}

/* Puts it into force in the log, and remembers its numbers. kept: what the journal is to keep. */
static struct status enter_new(struct running *r, const struct digest *digest, struct slice kept)
{
    struct buffer copy = buffer_new(kept.length);
    buffer_put(&copy, kept);
    struct status s =
        copy.failed ? FAIL(MEMORY) : journal_law(r->journal, digest, kept, moment_now().wall_ms);
    if (!failed(s)) {
        struct buffer before = r->kept;
        r->kept = copy;
        copy = before;
    }
    buffer_done(&copy);
    return s;
}

static struct status judge_law(const struct running *r, struct arena *arena,
                               const struct state *next, struct slice *ret_kept,
                               struct problems *problems)
{
    char why[FORCE_WHY_BYTES] = "";
    struct rulebook_authorities signers;
    const bool is_signed = state_authorities(next, &signers);
    struct status s = force_judge(arena, buffer_slice(&r->kept), next->snapshot,
                                  is_signed ? &signers : NULL, moment_now().wall_ms, ret_kept, why);
    if (!failed(s)) /* once it is in force nobody takes it back */
        s = log_ends_judge(arena, buffer_slice(&r->kept),
                           snapshot_rulebook(next->snapshot)->directory, r->config->gateway,
                           r->journal, why);
    if (failed(s))
        problem_say(problems, "rulebook: %s", why);
    return s;
}

/* What changes the law is in the log before anything is judged by it. */
static struct status enter_law(struct running *r, const struct state *next,
                               struct problems *problems)
{
    struct slice kept;
    const struct digest *digest = &snapshot_rulebook(next->snapshot)->digest;
    if (digest_equal(digest, digest_slice(&snapshot_rulebook(r->state->snapshot)->digest)))
        return OK;
    struct arena *arena = arena_new(JOURNAL_LAW_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : judge_law(r, arena, next, &kept, problems);
    if (!failed(s))
        s = enter_new(r, digest, kept);
    if (failed(s) && !problems->any)
        problem_say(problems, "rulebook: the journal takes no entry for it now (%s)",
                    code_name(s.code));
    arena_free(arena);
    return s;
}

/* The old one stays, and the log says that another one was there. */
static void enter_refusal(struct running *r, struct status why)
{
    if (why.code != CODE_REFUSED)
        return;
    struct status s =
        journal_law_refused(r->journal, reason_refusal(why.reason), moment_now().wall_ms);
    if (failed(s))
        say(r, "reload.unentered", DIAGNOSTIC_ALARM,
            "the journal took no entry about the rulebook that was refused");
}

void running_forget(struct running *r)
{
    if (r->config != r->first)
        config_free(r->config);
    r->config = NULL;
}

void running_say_candidate(const struct running *r)
{
    if (r->state->candidate_wrong[0] != '\0')
        say(r, "candidate.refused", DIAGNOSTIC_ALARM, r->state->candidate_wrong);
}

void running_tell_keys(const struct running *r)
{
    if (failed(keys_tell(r->journal, r->config, r->state, moment_now().wall_ms)))
        say(r, "keys.unentered", DIAGNOSTIC_ALARM,
            "the journal took no entry about the keys in force: the next reload tells it again");
}

/* Both are complete: from here on nothing can fail. The configuration may be the one in use. Writes
 * what has changed. */
static void swap(struct running *r, struct config *config, struct state *state,
                 char text[static TEXT_BYTES])
{
    const struct workers_state next = {state->snapshot, state->context,
                                       reload_limits(&config->limits)};
    reload_text(r, config, state, text, TEXT_BYTES);
    if (!digest_equal(&snapshot_rulebook(state->snapshot)->digest,
                      digest_slice(&snapshot_rulebook(r->state->snapshot)->digest)))
        timestamping_renew(r->timestamping);
    workers_renew(r->workers, &next);
    control_renew(r->control, state->snapshot, config->rulebook);
    web_renew(r->web, state->snapshot, state->context);
    cosigning_renew(r->cosigning, state->snapshot, state->context);
    state_free(r->state);
    if (config != r->config)
        running_forget(r);
    r->state = state;
    r->config = config;
    running_tell_keys(r);
}

void reload(struct running *r, struct reload_outcome *ret_outcome)
{
    char error[CONFIG_ERROR_BYTES] = "", text[TEXT_BYTES];
    struct reloading reloading = {r, ret_outcome};
    struct problems problems = {say_problem, &reloading, false, say_remark};
    *ret_outcome = (struct reload_outcome){0};
    struct config *config = NULL;
    struct state *state = NULL;
    if (failed(config_load(r->path, &config, error)))
        problem_say(&problems, "%s: %s", r->path, error);
    else
        reload_check(r->config, config, &problems);
    struct status s = FAIL(CONFIG);
    if (config != NULL)
        s = state_load(config, r->log_key, r->state, &problems, &state);
    if (!failed(s) && !problems.any && !failed(s = enter_law(r, state, &problems))) {
        swap(r, config, state, text);
        ret_outcome->done = true;
        snprintf(ret_outcome->words, sizeof ret_outcome->words, "%s", text);
        say(r, "reload.done", DIAGNOSTIC_NOTICE, text);
        running_say_candidate(r);
        return;
    }
    enter_refusal(r, s);
    state_free(state);
    config_free(config);
}

/* ---- revocation lists alone ---- */

static void say_waiting(void *owner, const char *sentence)
{
    const struct reloading *reloading = owner;
    say(reloading->running, "revocations.waiting", DIAGNOSTIC_ALARM, sentence);
}

bool reload_lists(struct running *r)
{
    char text[TEXT_BYTES];
    struct reloading reloading = {r, NULL};
    struct problems problems = {say_waiting, &reloading, false, say_remark};
    struct state *state = NULL;
    if (failed(state_load_lists(r->config, r->state, &problems, &state)))
        return false;
    swap(r, r->config, state, text);
    say(r, "revocations.taken", DIAGNOSTIC_NOTICE, text);
    return true;
}
