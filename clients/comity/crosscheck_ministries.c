#include "comity/crosscheck_ministries.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "comity/contexts.h"
#include "comity/crosscheck_pairs.h"
#include "comity/crosscheck_report.h"
#include "comity/output.h"
#include "libcomity/uuid.h"
#include "wire/names.h"

#define ARENA_BYTES (4U << 20)
#define FIRST_ROOM  1024

/* One of the two logs. */
struct side {
    const char *path;
    struct mirror *mirror;
    struct note note;
    struct mirror_log log;
    char state[3];
    struct merkle_edge edge;
    struct crosscheck_end *end;
};

struct reconciling {
    const struct invocation *invocation;
    struct directory *directory;
    struct arena *arena;
    struct crosscheck_report report;
    struct side sides[2];
    struct crosscheck_end ends[2];
    struct crosscheck_fact *facts;
    size_t count, room;
    size_t outcomes[PAIR_OUTCOMES];
    uint64_t until_ms;
    enum crosscheck_side walked;
};

/* ---- two logs ---- */

static enum comity_exit side_open(struct reconciling *r, struct side *side,
                                  struct comity_fault *reterr)
{
    char error[MIRROR_ERROR_BYTES] = "";
    struct slice text = {NULL, 0};
    if (failed(mirror_open(side->path, error, &side->mirror)))
        return fail(reterr, COMITY_INPUT, "CONFIG", "%s", error);
    struct status s = mirror_log(side->mirror, r->arena, &side->log);
    if (!failed(s))
        s = mirror_checkpoint(side->mirror, r->arena, &text);
    if (!failed(s))
        s = note_parse(text, &side->note);
    if (!failed(s))
        s = crosscheck_note_judge(r->directory, &side->note);
    if (s.code == CODE_REFUSED)
        return fail(reterr, COMITY_VERIFY, "E_HASH",
                    "%s: its checkpoint is none of a log of the directory: %s", side->path,
                    reason_name(s.reason));
    if (failed(s))
        return fail(reterr, COMITY_FAILED, "STORE", "%s cannot be read: %s", side->path,
                    code_name(s.code));
    snprintf(side->state, sizeof side->state, "%.2s", side->log.gateway);
    return COMITY_DONE;
}

static struct crosscheck_fact *fact_more(struct reconciling *r)
{
    if (r->count == r->room) {
        size_t more = r->room == 0 ? FIRST_ROOM : 2 * r->room;
        struct crosscheck_fact *grown = realloc(r->facts, more * sizeof *grown);
        if (grown == NULL)
            return NULL;
        r->facts = grown;
        r->room = more;
    }
    return &r->facts[r->count];
}

static struct status take_entry(void *owner, const struct mirror_entry *entry)
{
    struct reconciling *r = owner;
    struct side *side = &r->sides[r->walked];
    struct digest leaf = merkle_leaf(entry->row.entry);
    struct crosscheck_fact *place = fact_more(r);
    if (place == NULL)
        return FAIL(MEMORY);
    merkle_append(&side->edge, &leaf);
    side->end->time_ms = entry->opened.time_ms;
    side->end->unopened += !entry->opened.has_outer;
    r->count += crosscheck_fact_of(&entry->opened, entry->index, r->walked, side->state,
                                   r->sides[!r->walked].state, place);
    return OK;
}

/* A mirror may come from another ministry: nothing in it counts that its checkpoint does not sign.
 */
static enum comity_exit side_walk(struct reconciling *r, enum crosscheck_side which,
                                  struct comity_fault *reterr)
{
    struct side *side = &r->sides[which];
    r->walked = which;
    struct status s = mirror_walk(side->mirror, 0, side->note.size, take_entry, r);
    struct digest root = merkle_root(&side->edge);
    if (s.code == CODE_REFUSED ||
        (!failed(s) && !digest_equal(&root, digest_slice(&side->note.root))))
        return fail(reterr, COMITY_VERIFY, "E_HASH", "%s is not what its checkpoint signs: %s",
                    side->path, failed(s) ? reason_name(s.reason) : "another root");
    return failed(s) ? fail(reterr, COMITY_FAILED, "STORE", "%s cannot be read: %s", side->path,
                            code_name(s.code))
                     : COMITY_DONE;
}

/* ---- messages ---- */

static const struct {
    const char *name;
    enum crosscheck_kind kind; /* FOUND_KINDS: no finding */
    const char *words;
} outcomes[PAIR_OUTCOMES] = {
    [PAIR_AGREES] = {"agree", FOUND_KINDS, ""},
    [PAIR_REFUSED] = {"refused", FOUND_KINDS, ""},
    [PAIR_WAITING] = {"waiting", FOUND_KINDS, ""},
    [PAIR_UNSEEN] = {"unseen", FOUND_KINDS, ""},
    [PAIR_NOT_TAKEN] = {"", FOUND_OMITTED, "was let go, and the other log has nothing of it"},
    [PAIR_NOT_LET_GO] = {"", FOUND_OMITTED,
                         "was taken over, and its sender's log has nothing of it"},
    [PAIR_UNDECIDED] = {"", FOUND_OMITTED,
                        "was taken over, and neither passed on nor held nor refused"},
    [PAIR_TWICE] = {"", FOUND_DUPLICATED, "has more than one such entry that none replaces"},
    [PAIR_OTHER_SEAL] = {"", FOUND_ALTERED, "has another seal or release than was let go"},
    [PAIR_REVEALED] = {"", FOUND_REVEALED,
                       "is told of in its sender's log as only the other State may know it"},
};

static void report_message(struct reconciling *r, enum crosscheck_outcome outcome,
                           const struct crosscheck_fact *fact)
{
    char id[UUID_TEXT_BYTES];
    const char *origin = r->sides[fact->side].log.origin;
    uuid_write(slice_over(fact->id, sizeof fact->id), id);
    crosscheck_found(&r->report, outcomes[outcome].kind,
                     json_pack("{s:s,s:s,s:s,s:s,s:I}", "id", id, "from", fact->from, "to",
                               fact->to, "origin", origin, "index", (json_int_t)fact->index),
                     "message %s from %s to %s %s: entry %" PRIu64 " of %s", id, fact->from,
                     fact->to, outcomes[outcome].words, fact->index, origin);
}

static void judge_messages(struct reconciling *r)
{
    size_t group = 0;
    crosscheck_facts_sort(r->facts, r->count);
    for (size_t i = 0; i < r->count; i += group) {
        const struct crosscheck_fact *shown = NULL;
        group = crosscheck_facts_group(&r->facts[i], r->count - i);
        enum crosscheck_outcome outcome = crosscheck_pair(&r->facts[i], group, r->ends, &shown);
        if (shown->time_ms >= r->until_ms)
            continue;
        r->outcomes[outcome]++;
        if (outcomes[outcome].kind != FOUND_KINDS)
            report_message(r, outcome, shown);
    }
}

static void report_sides(struct reconciling *r)
{
    for (size_t i = 0; i < 2; i++) {
        const struct side *side = &r->sides[i];
        json_t *row =
            json_pack("{s:s,s:s,s:I,s:I}", "origin", side->log.origin, "source", side->path, "size",
                      (json_int_t)side->note.size, "unopened", (json_int_t)side->end->unopened);
        json_object_set_new(row, "message",
                            json_sprintf("%s: %" PRIu64 " entries, %" PRIu64
                                         " of them without an opening",
                                         side->log.origin, side->note.size, side->end->unopened));
        json_array_append_new(r->report.logs, row);
    }
    json_t *row = json_object();
    for (size_t i = 0; i < PAIR_OUTCOMES; i++)
        if (outcomes[i].kind == FOUND_KINDS)
            json_object_set_new(row, outcomes[i].name, json_integer((json_int_t)r->outcomes[i]));
    json_object_set_new(
        row, "message",
        json_sprintf("messages between %s and %s: %zu agree, %zu were not taken over and that is "
                     "said, %zu are on their way, %zu are confidential and cannot be compared",
                     r->sides[0].state, r->sides[1].state, r->outcomes[PAIR_AGREES],
                     r->outcomes[PAIR_REFUSED], r->outcomes[PAIR_WAITING],
                     r->outcomes[PAIR_UNSEEN]));
    json_array_append_new(r->report.logs, row);
}

/* ---- the command ---- */

static enum comity_exit until_read(struct reconciling *r, struct comity_fault *reterr)
{
    const char *text = invocation_value(r->invocation, FLAG_UNTIL);
    r->until_ms = INSTANT_MAX;
    if (text == NULL || instant_read(slice_text(text), &r->until_ms) ||
        date_read(slice_text(text), &r->until_ms))
        return COMITY_DONE;
    fail_usage(reterr, "--until %s is no time", text);
    return advise(reterr, "a day is written 2026-09-21, an instant 2026-09-21T16:00:00Z");
}

static enum comity_exit begin(struct reconciling *r, struct comity_fault *reterr)
{
    r->sides[SIDE_HERE].path = invocation_value(r->invocation, FLAG_MIRROR);
    r->sides[SIDE_OTHER].path = invocation_value(r->invocation, FLAG_OTHER);
    if (r->sides[SIDE_HERE].path == NULL)
        return fail_usage(reterr, "--other DIR goes with --mirror DIR: which two logs?");
    enum comity_exit exit = until_read(r, reterr);
    if (exit == COMITY_DONE)
        exit = context_directory(r->invocation, &r->directory, reterr);
    if (exit != COMITY_DONE)
        return exit;
    r->arena = arena_new(ARENA_BYTES);
    if (r->arena == NULL || failed(crosscheck_report_begin(&r->report, "")))
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    for (size_t i = 0; i < 2 && exit == COMITY_DONE; i++) {
        r->sides[i].end = &r->ends[i];
        exit = side_open(r, &r->sides[i], reterr);
    }
    if (exit == COMITY_DONE && strcmp(r->sides[0].state, r->sides[1].state) == 0)
        exit = fail_usage(reterr, "both mirrors are of a log of %s: nothing goes between them",
                          r->sides[0].state);
    return exit;
}

static void end(struct reconciling *r)
{
    for (size_t i = 0; i < 2; i++)
        mirror_close(r->sides[i].mirror);
    free(r->facts);
    crosscheck_report_done(&r->report);
    arena_free(r->arena);
    directory_free(r->directory);
}

enum comity_exit crosscheck_ministries(const struct invocation *inv, struct comity_fault *reterr)
{
    struct reconciling r = {.invocation = inv};
    enum comity_exit exit = begin(&r, reterr);
    if (exit == COMITY_DONE)
        exit = side_walk(&r, SIDE_HERE, reterr);
    if (exit == COMITY_DONE)
        exit = side_walk(&r, SIDE_OTHER, reterr);
    if (exit == COMITY_DONE) {
        judge_messages(&r);
        report_sides(&r);
        exit = crosscheck_finish(inv, &r.report, reterr);
    }
    end(&r);
    return exit;
}
