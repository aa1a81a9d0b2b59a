#include "comity/crosscheck/ministries.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "comity/audit/mirror.h"
#include "comity/contexts.h"
#include "comity/crosscheck/pairs.h"
#include "comity/crosscheck/report.h"
#include "comity/output.h"
#include "libcomity/uuid.h"
#include "wire/names.h"

#define ARENA_BYTES (4U << 20)
#define FIRST_ROOM  1024

/* One of the two gateways. */
struct side {
    const char *path;
    struct series *series;
    size_t walked; /* the log at hand */
    char state[3];
    struct merkle_edge edge; /* of the log at hand */
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

static enum comity_exit side_open(struct side *side, struct comity_fault *reterr)
{
    char error[MIRROR_ERROR_BYTES] = "";
    const struct status s = series_open(side->path, error, &side->series);
    if (failed(s))
        return audit_mirror_unopened(s, error, reterr);
    snprintf(side->state, sizeof side->state, "%.2s", series_gateway(side->series));
    return COMITY_DONE;
}

static enum comity_exit note_read(const struct reconciling *r, const struct series_log *log,
                                  struct note *ret_note, struct comity_fault *reterr)
{
    struct slice text = {NULL, 0};
    struct status s = mirror_checkpoint(log->mirror, r->arena, &text);
    if (!failed(s))
        s = note_parse(text, ret_note);
    if (!failed(s))
        s = crosscheck_note_judge(r->directory, ret_note);
    if (s.code == CODE_REFUSED)
        return fail(reterr, COMITY_VERIFY, "E_HASH",
                    "%s: its checkpoint is none of a log of the directory: %s", log->dir,
                    reason_name(s.reason));
    return failed(s) ? fail(reterr, COMITY_FAILED, "STORE", "%s cannot be read: %s", log->dir,
                            code_name(s.code))
                     : COMITY_DONE;
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

/* Facts of all logs of a gateway stand in one order, and name one another in it. */
static struct status number_related(const struct side *side, struct crosscheck_fact *fact)
{
    struct series_place place;
    if (!fact->has_related)
        return OK;
    struct status s = series_meant(side->series, side->walked, fact->related, &place);
    fact->has_related = !failed(s);
    fact->related = failed(s) ? 0 : series_number(place);
    return s.code == CODE_ABSENT ? OK : s;
}

static struct status take_entry(void *owner, const struct mirror_entry *entry)
{
    struct reconciling *r = owner;
    struct side *side = &r->sides[r->walked];
    const struct series_place place = {side->walked, entry->index};
    struct digest leaf = merkle_leaf(entry->row.entry);
    struct crosscheck_fact *fact = fact_more(r);
    if (fact == NULL)
        return FAIL(MEMORY);
    merkle_append(&side->edge, &leaf);
    r->ends[r->walked].time_ms = entry->opened.time_ms;
    r->ends[r->walked].unopened += !entry->opened.has_outer;
    if (!crosscheck_fact_of(&entry->opened, series_number(place), r->walked, side->state,
                            r->sides[!r->walked].state, fact))
        return OK;
    r->count++;
    return number_related(side, fact);
}

/* A mirror may come from another ministry: nothing in it counts that its checkpoint does not sign.
 */
static enum comity_exit log_walk(struct reconciling *r, struct side *side,
                                 struct comity_fault *reterr)
{
    struct note note = {.size = 0};
    const struct series_log *log = series_log(side->series, side->walked);
    enum comity_exit exit = note_read(r, log, &note, reterr);
    if (exit != COMITY_DONE)
        return exit;
    side->edge = (struct merkle_edge){.size = 0};
    struct status s = mirror_walk(log->mirror, 0, note.size, take_entry, r);
    struct digest root = merkle_root(&side->edge);
    if (!failed(s) && !digest_equal(&root, digest_slice(&note.root)))
        s = REFUSE(CONSISTENCY);
    if (!failed(s))
        s = series_joint(side->series, side->walked);
    if (s.code == CODE_REFUSED)
        return fail(reterr, COMITY_VERIFY, "E_HASH", "%s is not what its checkpoint signs: %s",
                    log->dir, reason_name(s.reason));
    return failed(s) ? fail(reterr, COMITY_FAILED, "STORE", "%s cannot be read: %s", log->dir,
                            code_name(s.code))
                     : COMITY_DONE;
}

static enum comity_exit side_walk(struct reconciling *r, enum crosscheck_side which,
                                  struct comity_fault *reterr)
{
    struct side *side = &r->sides[which];
    enum comity_exit exit = COMITY_DONE;
    r->walked = which;
    for (side->walked = 0; side->walked < series_count(side->series) && exit == COMITY_DONE;
         side->walked++)
        exit = log_walk(r, side, reterr);
    return exit;
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
    const struct series_place place = series_place(fact->index);
    const char *origin = series_log(r->sides[fact->side].series, place.log)->origin;
    uuid_write(slice_over(fact->id, sizeof fact->id), id);
    crosscheck_found(&r->report, outcomes[outcome].kind,
                     json_pack("{s:s,s:s,s:s,s:s,s:I}", "id", id, "from", fact->from, "to",
                               fact->to, "origin", origin, "index", (json_int_t)place.index),
                     "message %s from %s to %s %s: entry %" PRIu64 " of %s", id, fact->from,
                     fact->to, outcomes[outcome].words, place.index, origin);
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

static void report_side(struct reconciling *r, size_t which)
{
    const struct side *side = &r->sides[which];
    const uint64_t unopened = r->ends[which].unopened;
    const struct series_log *newest = series_newest(side->series);
    const size_t logs = series_count(side->series);
    uint64_t size = 0;
    for (size_t i = 0; i < logs; i++)
        size += mirror_size(series_log(side->series, i)->mirror);
    json_t *row =
        json_pack("{s:s,s:s,s:I,s:I,s:I}", "origin", newest->origin, "source", side->path, "logs",
                  (json_int_t)logs, "size", (json_int_t)size, "unopened", (json_int_t)unopened);
    json_object_set_new(
        row, "message",
        json_sprintf("%s%s: %" PRIu64 " entries, %" PRIu64 " of them without an opening",
                     newest->origin, logs > 1 ? " and those before it" : "", size, unopened));
    json_array_append_new(r->report.logs, row);
}

static void report_sides(struct reconciling *r)
{
    for (size_t i = 0; i < 2; i++)
        report_side(r, i);
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
    for (size_t i = 0; i < 2 && exit == COMITY_DONE; i++)
        exit = side_open(&r->sides[i], reterr);
    if (exit == COMITY_DONE && strcmp(r->sides[0].state, r->sides[1].state) == 0)
        exit = fail_usage(reterr, "both mirrors are of a log of %s: nothing goes between them",
                          r->sides[0].state);
    return exit;
}

static void end(struct reconciling *r)
{
    for (size_t i = 0; i < 2; i++)
        series_close(r->sides[i].series);
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
