#include <inttypes.h>
#include <stdio.h>

#include "audit/note.h"
#include "comity/crosscheck/evidence.h"
#include "comity/crosscheck/report.h"

#define SIZE_TEXT(size) (size), (size) == 1 ? "entry" : "entries"

struct comparing {
    struct crosscheck_report *report;
    struct crosscheck_log *log;
    const struct crosscheck_source *source;
    const struct note *note; /* the present checkpoint */
    char fault[160];         /* of leaves that cannot be had */
    bool sound;              /* the leaves are what the checkpoint signs */
};

/* ---- receipts ---- */

static const struct {
    enum crosscheck_kind kind; /* FOUND_KINDS: no finding */
    const char *words;
} verdicts[CROSSCHECK_VERDICTS] = {
    [CROSSCHECK_AGREES] = {FOUND_KINDS, ""},
    [CROSSCHECK_OMITTED] = {FOUND_OMITTED,
                            "is not in the log, and what came after it stands before its place"},
    [CROSSCHECK_ALTERED] = {FOUND_ALTERED, "is not in the log: another entry stands in its place"},
    [CROSSCHECK_MOVED] = {FOUND_MOVED, "is elsewhere in the log"},
    [CROSSCHECK_DUPLICATED] = {FOUND_DUPLICATED, "is in the log more than once"},
    [CROSSCHECK_BEYOND] = {FOUND_OMITTED, "is not in the log, which ends before it"},
};

/* Where the log has it, first and last. */
static void places_write(const struct crosscheck_receipt *r, char *text, size_t room)
{
    if (r->seen == 0)
        text[0] = '\0';
    else if (r->seen == 1)
        snprintf(text, room, ", at %" PRIu64, r->at[0]);
    else
        snprintf(text, room, ", at %" PRIu64 " and %" PRIu64, r->at[0], r->at[1]);
}

static void report_receipt(struct comparing *c, const struct crosscheck_receipt *r)
{
    char places[64];
    json_t *at = json_array();
    for (size_t i = 0; i < r->seen && i < 2; i++)
        json_array_append_new(at, json_integer((json_int_t)r->at[i]));
    json_t *more = json_pack("{s:s,s:s,s:s,s:I,s:o}", "origin", c->log->origin, "id", r->id,
                             "entry", r->stage, "index", (json_int_t)r->index, "at", at);
    places_write(r, places, sizeof places);
    crosscheck_found(c->report, verdicts[r->verdict].kind, more,
                     "%s: the entry %" PRIu64 " (%s) of message %s %s%s", c->log->origin, r->index,
                     r->stage, r->id, verdicts[r->verdict].words, places);
}

/* A mirror may be behind: what it does not reach says nothing. */
static void report_receipts(struct comparing *c)
{
    for (size_t i = 0; i < c->log->receipt_count; i++) {
        const struct crosscheck_receipt *r = &c->log->receipts[i];
        bool waits = r->verdict == CROSSCHECK_BEYOND && c->source->mirror != NULL;
        if (verdicts[r->verdict].kind != FOUND_KINDS && !waits)
            report_receipt(c, r);
    }
}

/* ---- checkpoints ---- */

/* Both are kept before anything is said of them. */
static json_t *keep_both(struct comparing *c, const struct crosscheck_checkpoint *before)
{
    const struct slice notes[] = {before->note, c->note->text};
    json_t *files = json_array();
    for (size_t i = 0; i < 2; i++) {
        char path[EVIDENCE_PATH_BYTES];
        if (!failed(evidence_keep(c->report->evidence, c->log->origin, notes[i], path)))
            json_array_append_new(files, json_string(path));
    }
    return files;
}

static void report_contradicted(struct comparing *c, enum crosscheck_kind kind,
                                const struct crosscheck_checkpoint *before, size_t count)
{
    json_t *files = keep_both(c, before);
    bool kept = json_array_size(files) == 2;
    json_t *more = json_pack("{s:s,s:I,s:I,s:I,s:s,s:o}", "origin", c->log->origin, "signed",
                             (json_int_t)before->size, "shown", (json_int_t)c->note->size,
                             "checkpoints", (json_int_t)count, "id", before->id, "files", files);
    const char *from = before->id[0] == '\0' ? "the checkpoint kept last" : "the receipt of ";
    crosscheck_found(c->report, kind, more,
                     kind == FOUND_FORK
                         ? "%s: signed two histories: %s%s has another root at %" PRIu64
                           " than the log that is shown now, of %" PRIu64 "; both checkpoints %s %s"
                         : "%s: signed more than it shows: %s%s has %" PRIu64
                           " entries, the log that is shown "
                           "now %" PRIu64 "; both checkpoints %s %s",
                     c->log->origin, from, before->id, before->size, c->note->size,
                     kept ? "are kept in" : "COULD NOT BE KEPT in", c->report->evidence);
}

/* Of those that fail alike the one that was kept, or else the last, stands for all. */
static const struct crosscheck_checkpoint *choose(const struct crosscheck_log *log, bool reached,
                                                  size_t *ret_count)
{
    const struct crosscheck_checkpoint *chosen = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < log->checkpoint_count; i++) {
        const struct crosscheck_checkpoint *at = &log->checkpoints[i];
        if (at->reached != reached || at->holds)
            continue;
        if (chosen == NULL || at->id[0] == '\0' || chosen->id[0] != '\0')
            chosen = at;
        ++*ret_count;
    }
    return chosen;
}

static void report_checkpoints(struct comparing *c)
{
    size_t count = 0;
    const struct crosscheck_checkpoint *at = choose(c->log, true, &count);
    if (at != NULL && c->sound)
        report_contradicted(c, FOUND_FORK, at, count);
    at = choose(c->log, false, &count);
    if (at != NULL && c->source->mirror == NULL)
        report_contradicted(c, FOUND_ROLLBACK, at, count);
    else if (at != NULL)
        crosscheck_found(c->report, FOUND_BEHIND,
                         json_pack("{s:s,s:I,s:I}", "origin", c->log->origin, "signed",
                                   (json_int_t)at->size, "shown", (json_int_t)c->note->size),
                         "%s: the mirror has %" PRIu64 " %s, the archive a checkpoint of %" PRIu64,
                         c->log->origin, SIZE_TEXT(c->note->size), at->size);
}

/* ---- a log ---- */

static void report_log(struct comparing *c)
{
    const struct crosscheck_log *log = c->log;
    size_t agree = crosscheck_count(log, CROSSCHECK_AGREES), held = 0;
    for (size_t i = 0; i < log->checkpoint_count; i++)
        held += log->checkpoints[i].holds;
    json_t *row = json_pack(
        "{s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:b}", "origin", log->origin, "source", c->source->name,
        "compared", 1, "size", (json_int_t)c->note->size, "receipts",
        (json_int_t)log->receipt_count, "agree", (json_int_t)agree, "checkpoints",
        (json_int_t)log->checkpoint_count, "consistent", (json_int_t)held, "sound", (int)c->sound);
    json_object_set_new(
        row, "message",
        json_sprintf("%s: %" PRIu64 " %s in %s; of %zu receipt%s %zu agree, of %zu checkpoint%s "
                     "%zu are consistent with it",
                     log->origin, SIZE_TEXT(c->note->size), c->source->name, log->receipt_count,
                     log->receipt_count == 1 ? "" : "s", agree, log->checkpoint_count,
                     log->checkpoint_count == 1 ? "" : "s", held));
    json_array_append_new(c->report->logs, row);
}

static struct status pass_run(struct comparing *c)
{
    struct crosscheck_pass pass;
    struct status s = crosscheck_begin(c->log, &pass);
    if (!failed(s))
        s = crosscheck_source_leaves(c->source, c->note->size, &pass, c->fault);
    if (failed(s))
        return s;
    struct digest root = crosscheck_end(&pass);
    c->sound = digest_equal(&root, digest_slice(&c->note->root));
    if (!c->sound)
        snprintf(c->fault, sizeof c->fault, "checkpoint: its root is not that of the leaves");
    return OK;
}

enum comity_exit crosscheck_compare(struct crosscheck_report *report, struct crosscheck_log *log,
                                    const struct crosscheck_source *source, const struct note *note,
                                    struct comity_fault *reterr)
{
    struct comparing c = {.report = report, .log = log, .source = source, .note = note};
    struct status s = pass_run(&c);
    if (failed(s) && s.code != CODE_REFUSED)
        return fail(reterr, s.code == CODE_NETWORK ? COMITY_UNAVAILABLE : COMITY_FAILED,
                    s.code == CODE_NETWORK ? "E_UNAVAILABLE" : "STORE",
                    "%s cannot be read to its end: %s", source->name, code_name(s.code));
    if (!c.sound)
        crosscheck_found(report, FOUND_UNSOUND, json_pack("{s:s}", "origin", log->origin),
                         "%s: what %s shows is not what its checkpoint signs: %s", log->origin,
                         source->name, c.fault);
    if (failed(s))
        return COMITY_DONE; /* a log that cannot be read whole says nothing of its entries */
    report_log(&c);
    report_receipts(&c);
    report_checkpoints(&c);
    return COMITY_DONE;
}

/* ---- the archive by itself ---- */

static void report_contradiction(struct crosscheck_report *report, const struct crosscheck_odd *odd)
{
    char path[EVIDENCE_PATH_BYTES] = "";
    bool kept = !failed(evidence_keep(report->evidence, odd->origin, odd->notes, path));
    crosscheck_found(report, FOUND_FORK,
                     json_pack("{s:s,s:s,s:[s]}", "origin", odd->origin, "id", odd->id, "files",
                               kept ? path : ""),
                     "%s: the archive has two checkpoints that contradict each other, the second "
                     "came with %s; both %s %s",
                     odd->origin, odd->id, kept ? "are kept in" : "COULD NOT BE KEPT in",
                     report->evidence);
}

void crosscheck_odd(struct crosscheck_report *report, const struct crosscheck_book *book)
{
    for (size_t i = 0; i < book->odd_count; i++) {
        const struct crosscheck_odd *odd = &book->odd[i];
        if (odd->notes.length > 0)
            report_contradiction(report, odd);
        else
            crosscheck_found(report, FOUND_UNPROVED,
                             json_pack("{s:s,s:s,s:s}", "id", odd->id, "gateway", odd->gateway,
                                       "reason", odd->why),
                             "a receipt of message %s%s%s does not hold by the directory: %s",
                             odd->id, odd->gateway[0] == '\0' ? "" : " by ", odd->gateway,
                             odd->why);
    }
}
