#include "app/diagnosis.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "app/diagnosis_parts.h"
#include "app/problems.h"
#include "app/sink.h"
#include "app/start.h"
#include "app/state.h"
#include "base/instant.h"
#include "crypto/key.h"
#include "edge/worker.h"
#include "journal/glance.h"

#define TEXT_BYTES          PROBLEM_BYTES
#define CERTIFICATE_SOON_MS (14 * MS_PER_DAY)
#define CERTIFICATE_LATE_MS (1 * MS_PER_DAY)
#define LIST_SOON_MS        (1 * MS_PER_DAY)

void diagnosis_add(struct diagnosis *d, const struct found *found, const char *format, ...)
{
    static const char *const states[] = {"OK", "UNKNOWN", "WARNING", "CRITICAL"};
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_t *json = json_pack("{s:s,s:s,s:s,s:s,s:i}", "name", found->name, "state",
                             states[found->state], "message", text, "todo",
                             found->todo == NULL ? "" : found->todo, "exit", found->exit);
    if (json == NULL) /* a path that is no UTF-8 */
        json =
            json_pack("{s:s,s:s,s:s,s:s,s:i}", "name", found->name, "state", states[found->state],
                      "message", "it cannot be put in words", "todo", "", "exit", found->exit);
    (void)json_array_append_new(d->findings, json);
}

/* ---- configuration ---- */

static void add_problem(void *owner, const char *sentence)
{
    static const struct found wrong = {"configuration", FOUND_CRITICAL, 2,
                                       "The configuration is wrong"};
    diagnosis_add(owner, &wrong, "%s", sentence);
}

static void add_remark(void *owner, const char *sentence)
{
    static const struct found odd = {"configuration", FOUND_WARNING, 0, NULL};
    diagnosis_add(owner, &odd, "%s", sentence);
}

/* ---- what ends some day ---- */

static enum finding until_state(const struct tls_until *u, uint64_t now_ms)
{
    uint64_t left = u->until_ms > now_ms ? u->until_ms - now_ms : 0;
    bool is_list = u->part == TLS_PART_REVOCATIONS;
    if (left <= (is_list ? 0 : CERTIFICATE_LATE_MS))
        return FOUND_CRITICAL;
    return left <= (is_list ? LIST_SOON_MS : CERTIFICATE_SOON_MS) ? FOUND_WARNING : FOUND_OK;
}

static void add_until(struct diagnosis *d, const struct tls_until *u, const char *own)
{
    static const struct {
        const char *name, *what, *todo;
    } parts[] = {
        [TLS_PART_OWN] = {"certificate", "the certificate of", "A certificate ends"},
        [TLS_PART_CA] = {"authority", "the certificate of the CA of", "A certificate ends"},
        [TLS_PART_REVOCATIONS] = {"revocations", "the revocation list of",
                                  "A revocation list ends"},
    };
    char at[INSTANT_TEXT_BYTES];
    uint64_t now_ms = moment_now().wall_ms;
    const struct found found = {parts[u->part].name, until_state(u, now_ms), 4,
                                until_state(u, now_ms) == FOUND_OK ? NULL : parts[u->part].todo};
    instant_write(u->until_ms, at);
    diagnosis_add(d, &found, "%s %s %s %s", parts[u->part].what,
                  u->part == TLS_PART_OWN ? own : u->state,
                  u->until_ms <= now_ms ? "ended" : "ends", at);
}

static void check_state(struct diagnosis *d, const struct config *config)
{
    static const struct found good = {"configuration", FOUND_OK, 0, NULL};
    struct problems problems = {.report = add_problem, .owner = d, .remark = add_remark};
    struct start start = {0};
    struct state *state = NULL;
    struct tls_until until;
    sink_check(config->diagnostics, &problems);
    start_keys(config, &problems, &start);
    if (!failed(state_load(config, start.log_key, NULL, &problems, &state)) && !problems.any)
        diagnosis_add(d, &good, "configuration, keys and rulebook are good");
    for (size_t i = 0; state != NULL && tls_context_until(state->context, i, &until); i++)
        add_until(d, &until, config->gateway);
    state_free(state);
    start_done(&start);
}

/* ---- journal, lock database, published log ---- */

static void print_glanced(const struct glanced *g, char text[static 64])
{
    static const char *const whys[] = {
        [GLANCE_ABSENT] = "none", [GLANCE_IN_USE] = "in use", [GLANCE_UNREADABLE] = "unreadable"};
    if (g->what == GLANCE_SIZE)
        snprintf(text, 64, "%" PRIu64, g->size);
    else
        snprintf(text, 64, "%s", whys[g->what]);
}

/* From the worst on. A lock database that was never seen goes with no journal. */
static struct found judge_sizes(const struct glance *g)
{
    bool knows = g->locked.what == GLANCE_SIZE, has = g->journal.what == GLANCE_SIZE;
    bool unreadable = g->locked.what == GLANCE_UNREADABLE || g->journal.what == GLANCE_UNREADABLE ||
                      g->published.what == GLANCE_UNREADABLE;
    const struct found older = {"log", FOUND_CRITICAL, 11, "A backup was restored"};
    const struct found lockless = {"log", FOUND_CRITICAL, 11, "The lock database is lost"};
    const struct found damaged = {"log", FOUND_CRITICAL, 9, "The journal cannot be read"};
    const struct found behind = {"log", FOUND_WARNING, 0, "The published log is behind"};
    const struct found good = {"log", FOUND_OK, 0, NULL};
    if (unreadable)
        return damaged;
    if (knows && (g->journal.what == GLANCE_ABSENT || (has && g->journal.size < g->locked.size)))
        return older;
    if (has && g->journal.size > 0 && g->locked.what == GLANCE_ABSENT)
        return lockless;
    if (knows && (g->published.what == GLANCE_ABSENT || g->published.size < g->locked.size))
        return behind;
    return good;
}

static void check_log(struct diagnosis *d, const struct config *c)
{
    char journal[64], locked[64], published[64];
    const struct journal_settings settings = {
        .path = c->journal,
        .lock_path = c->lock,
        .log_path = c->log->path,
        .origin = c->log->origin,
    };
    const struct glance g = journal_glance(&settings);
    const struct found found = judge_sizes(&g);
    print_glanced(&g.journal, journal);
    print_glanced(&g.locked, locked);
    print_glanced(&g.published, published);
    diagnosis_add(d, &found,
                  "entries in the journal: %s; signed, by the lock database: %s;"
                  " published: %s",
                  journal, locked, published);
}

/* ---- versions ---- */

static void add_versions(struct diagnosis *d, const char *version)
{
    static const struct found found = {"versions", FOUND_OK, 0, NULL};
    diagnosis_add(d, &found, "comityd %s; %s; SQLite %s; libevent %s; jansson %s", version,
                  crypto_library_version(), journal_library(), event_get_version(),
                  JANSSON_VERSION);
}

static void diagnose(struct diagnosis *d, const char *path, const char *version)
{
    char error[CONFIG_ERROR_BYTES] = "";
    struct config *config = NULL;
    add_versions(d, version);
    if (failed(config_load(path, &config, error))) {
        add_problem(d, error);
        return;
    }
    check_state(d, config);
    diagnosis_files(d, config);
    check_log(d, config);
    config_free(config);
}

int diagnosis_run(const char *path, const char *version)
{
    struct diagnosis d = {json_array()};
    if (d.findings == NULL || failed(crypto_thread_start()))
        return 1;
    diagnose(&d, path, version);
    crypto_thread_stop();
    json_t *json = json_pack("{s:o}", "findings", d.findings);
    bool said = json != NULL && json_dumpf(json, stdout, JSON_COMPACT) == 0 &&
                putchar('\n') == '\n' && fflush(stdout) == 0;
    json_decref(json);
    return said ? 0 : 1;
}
