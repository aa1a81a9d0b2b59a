/* comity audit sync: what the State's oversight has of the log, brought up to date. */

#include "comity/audit/sync.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "comity/audit/mirror.h"
#include "comity/audit/sync_parts.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/output.h"
#include "mirror/timestamps.h"

#define ARENA_BYTES ((size_t)16 * SERIES_MAX * NOTE_MAX_BYTES)

/* ---- what is told ---- */

/* A log as it was brought up to date, in words. */
struct told {
    const struct sync_goal *goal;
    const struct series_log *log;
    char root[2 * sizeof(struct digest) + 1], since[INSTANT_TEXT_BYTES];
};

static struct status told_make(const struct syncing *x, const struct sync_goal *goal,
                               struct told *ret_told)
{
    struct digest root;
    struct told t = {.goal = goal, .log = series_log(x->series, goal->position)};
    struct status s = mirror_root(t.log->mirror, mirror_size(t.log->mirror), &root);
    if (failed(s))
        return s;
    hex_write(digest_slice(&root), t.root);
    instant_write(goal->since_s * MS_PER_SECOND, t.since);
    *ret_told = t;
    return s;
}

static json_t *told_json(const struct told *t)
{
    return json_pack("{s:s,s:s,s:I,s:I,s:I,s:s,s:o}", "log", t->log->name, "origin", t->log->origin,
                     "size", (json_int_t)mirror_size(t->log->mirror), "new",
                     (json_int_t)t->goal->added, "openings", (json_int_t)t->goal->openings, "root",
                     t->root, "cosigned_since",
                     t->goal->since_s == 0 ? json_null() : json_string(t->since));
}

static void told_print(const struct told *t)
{
    const uint64_t size = mirror_size(t->log->mirror);
    printf("log       %s%s\n", t->log->origin, t->goal->ended == NULL ? "" : ", which ended");
    printf("entries   %" PRIu64 ", %" PRIu64 " of them new\n", size, t->goal->added);
    printf("openings  %" PRIu64 " asked for\n", t->goal->openings);
    printf("root      %s\ncosigned  %s\n", t->root,
           t->goal->row->quorum == 0 ? "no witnesses are asked for"
           : t->goal->since_s == 0   ? "vouched for by what goes on from it"
                                     : t->since);
}

/* Of those that came too often, or would be more than the mirror has room for. */
static void timestamps_print(const struct syncing *x)
{
    printf("stamps    %" PRIu64 " timestamps taken\n", x->timestamps);
    if (x->let_go > 0)
        printf("          %" PRIu64 " let go: they came within %u minutes of another, or are more"
               " than a mirror keeps,\n          and a later one covers what they did\n",
               x->let_go, (unsigned)(TIMESTAMPS_APART_MS / MS_PER_MINUTE));
}

static bool timestamps_put(const struct syncing *x, json_t *json)
{
    return json_object_set_new(json, "timestamps", json_integer((json_int_t)x->timestamps)) == 0 &&
           json_object_set_new(json, "timestamps_let_go", json_integer((json_int_t)x->let_go)) == 0;
}

/* The oldest first; as JSON the newest, with those that ended within. */
static enum comity_exit tell(const struct syncing *x, struct comity_fault *reterr)
{
    json_t *ended = json_array();
    for (size_t i = x->goal_count; i > 0; i--) {
        struct told told;
        struct status s = told_make(x, &x->goals[i - 1], &told);
        if (failed(s)) {
            json_decref(ended);
            return audit_mirror_fail(reterr, s);
        }
        json_t *json = told_json(&told);
        if (!x->inv->json)
            told_print(&told);
        if (i > 1)
            json_array_append(ended, json);
        else if (x->inv->json && json_object_set(json, "ended", ended) == 0 &&
                 timestamps_put(x, json))
            put_json(json_incref(json));
        json_decref(json);
    }
    json_decref(ended);
    if (!x->inv->json)
        timestamps_print(x);
    return COMITY_DONE;
}

/* ---- the whole ---- */

static enum comity_exit mirrors_open(struct syncing *x, struct comity_fault *reterr)
{
    char path[AUDIT_MIRROR_PATH_BYTES], error[MIRROR_ERROR_BYTES];
    enum comity_exit exit = audit_mirror_folder(x->inv, path, reterr);
    if (exit != COMITY_DONE)
        return exit;
    struct status s = series_make(path, x->id, error, &x->series);
    return failed(s) ? audit_mirror_unopened(s, error, reterr) : COMITY_DONE;
}

static enum comity_exit sync_mirrors(const struct invocation *inv, bool prints,
                                     struct comity_fault *reterr)
{
    struct syncing x = {.inv = inv, .prints = prints, .arena = arena_new(ARENA_BYTES)};
    enum comity_exit exit = context_open(inv, &x.comity, reterr);
    if (exit == COMITY_DONE && x.arena != NULL)
        x.goals = arena_array(x.arena, SERIES_MAX, sizeof *x.goals);
    if (exit == COMITY_DONE && x.goals == NULL)
        exit = fail(reterr, COMITY_FAILED, "MEMORY", "memory is out");
    if (exit == COMITY_DONE)
        exit = sync_source_open(&x, reterr);
    if (exit == COMITY_DONE)
        exit = mirrors_open(&x, reterr);
    if (exit == COMITY_DONE)
        exit = sync_chain(&x, reterr);
    if (exit == COMITY_DONE)
        exit = sync_stamps(&x, reterr);
    if (exit == COMITY_DONE && prints)
        exit = tell(&x, reterr);
    series_close(x.series);
    comity_close(x.comity);
    arena_free(x.arena);
    return exit;
}

enum comity_exit audit_sync_once(const struct invocation *inv, struct comity_fault *reterr)
{
    return sync_mirrors(inv, false, reterr);
}

static enum comity_exit sync_audit(const struct invocation *inv, struct comity_fault *reterr)
{
    if (inv->dry_run)
        return fail_usage(reterr, "audit sync takes what there is, and knows no --dry-run");
    return sync_mirrors(inv, true, reterr);
}

static const struct argp_option options[] = {
    MIRROR_OPTION,
    MIRROR_GATEWAY_OPTION,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command audit_sync_command = {
    .noun = "audit",
    .verb = "sync",
    .arguments = "[--gateway ID] [--mirror DIR]",
    .summary = "Brings this ministry's or authority's own copy of its State's log up to date",
    .help =
        "For the own State's MIN and DPA: fetches the log's checkpoint over the gateway's HTTP "
        "listener, verifies it with the key in the directory, and where the directory asks for "
        "witnesses, that enough of them have cosigned it within ten minutes of now. It must "
        "continue the one that was kept: that is computed from the tiles that the gateway "
        "publishes. Then every new entry is fetched and the whole tree computed again from it, and "
        "the openings are asked for, each verified against its entry. That somebody looked is "
        "in the log, too. Last come the timestamps of the log, which comity audit verify --mirror "
        "traces to their authority: of those within 45 minutes of the one kept before them, and of "
        "all once they are 64 MiB and 1 KiB for each entry, the newest is kept alone.\n\n"
        "Each year's log is followed by another one. Those that ended meanwhile are brought to "
        "their ends, one after another, each to a mirror of its own in the gateway's folder. The "
        "end is what the next log says in its first entry, and the directory where it closes the "
        "log; one that ended otherwise is an alarm, exit code 11. Beyond the end that the "
        "directory closes a log at nothing is taken, nor a log that begins before the one before "
        "it ended: exit code 9.\n\n"
        "What was taken is kept, also when the command is killed: it goes on from there. What was "
        "erased at the gateway is forgotten by the mirror. A checkpoint that contradicts the kept "
        "one is an alarm, exit code 11: both are kept in evidence/ of the mirror, whole, with "
        "what the next log's first entry says where that is what contradicts, and "
        "nothing else is changed; 256 files, and no more before they are moved away. One that is "
        "too old, or behind the kept one, is not taken: exit "
        "code 10. What does not verify, or is beyond the end that the directory signs, is not "
        "taken: exit code 9. A mirror that is not what its own checkpoint signs accuses nobody, "
        "and is exit code 9 as well.\n\n"
        "With --json: {\"log\",\"origin\",\"size\",\"new\",\"openings\",\"root\","
        "\"cosigned_since\",\"ended\",\"timestamps\",\"timestamps_let_go\"}; cosigned_since is "
        "null where no witness "
        "is asked for, ended has the same of each log that was brought to its end, and timestamps "
        "is how many were taken and timestamps_let_go how many are kept no longer, of all logs.\n\n"
        "Examples:\n"
        "  comity audit sync --context xa-min-01\n"
        "  comity audit sync --context xa-min-01 --gateway XA-GW-02 --json\n",
    .options = options,
    .words_max = 0,
    .run = sync_audit,
};
