#include "comity/crosscheck/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "comity/output.h"

#define WORDS_BYTES 800

static const struct {
    const char *name;
    enum comity_exit exit;
    const char *code;
} kinds[FOUND_KINDS] = {
    [FOUND_OMITTED] = {"omitted", COMITY_VERIFY, "E_HASH"},
    [FOUND_ALTERED] = {"altered", COMITY_VERIFY, "E_HASH"},
    [FOUND_MOVED] = {"moved", COMITY_VERIFY, "E_HASH"},
    [FOUND_DUPLICATED] = {"duplicated", COMITY_VERIFY, "E_HASH"},
    [FOUND_REVEALED] = {"revealed", COMITY_VERIFY, "E_HASH"},
    [FOUND_UNPROVED] = {"unproved", COMITY_VERIFY, "E_HASH"},
    [FOUND_HIDDEN] = {"hidden", COMITY_VERIFY, "E_HASH"},
    [FOUND_UNSOUND] = {"unsound", COMITY_VERIFY, "E_HASH"},
    [FOUND_BEHIND] = {"behind", COMITY_STALE, "E_STALE"},
    [FOUND_ROLLBACK] = {"rollback", COMITY_FORK, "E_FORK"},
    [FOUND_FORK] = {"fork", COMITY_FORK, "E_FORK"},
};

struct status crosscheck_report_begin(struct crosscheck_report *report, const char *evidence)
{
    *report = (struct crosscheck_report){
        .findings = json_array(), .logs = json_array(), .evidence = evidence};
    return report->findings == NULL || report->logs == NULL ? FAIL(MEMORY) : OK;
}

void crosscheck_report_done(struct crosscheck_report *report)
{
    json_decref(report->findings);
    json_decref(report->logs);
}

void crosscheck_found(struct crosscheck_report *report, enum crosscheck_kind kind, json_t *more,
                      const char *format, ...)
{
    char words[WORDS_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    report->counts[kind]++;
    if (json_array_size(report->findings) < CROSSCHECK_SHOWN_MAX) {
        json_t *finding = json_pack("{s:s,s:s}", "finding", kinds[kind].name, "message", words);
        if (more != NULL)
            json_object_update(finding, more);
        json_array_append_new(report->findings, finding);
    }
    json_decref(more);
}

static void print_json(const struct crosscheck_report *report)
{
    json_t *counts = json_object();
    for (size_t i = 0; i < FOUND_KINDS; i++)
        json_object_set_new(counts, kinds[i].name, json_integer((json_int_t)report->counts[i]));
    put_json(json_pack("{s:O,s:o,s:O}", "logs", report->logs, "counts", counts, "findings",
                       report->findings));
}

static void print_lines(const struct invocation *inv, const struct crosscheck_report *report)
{
    size_t i;
    const json_t *row;
    json_array_foreach(report->logs, i, row)
    {
        put_text(stdout, json_string_value(json_object_get(row, "message")));
        fputc('\n', stdout);
    }
    json_array_foreach(report->findings, i, row)
    {
        char name[16];
        snprintf(name, sizeof name, "%-11s", json_string_value(json_object_get(row, "finding")));
        put_painted(inv, PAINT_BAD, name);
        put_text(stdout, json_string_value(json_object_get(row, "message")));
        fputc('\n', stdout);
    }
}

/* The worst kind that was found; they stand in that order but for the mirror that is behind. */
static enum crosscheck_kind worst_of(const struct crosscheck_report *report)
{
    enum crosscheck_kind worst = FOUND_KINDS;
    for (size_t i = FOUND_KINDS; i-- > 0;)
        if (report->counts[i] > 0 &&
            (worst == FOUND_KINDS || (worst == FOUND_BEHIND && i < FOUND_BEHIND)))
            worst = (enum crosscheck_kind)i;
    return worst;
}

static const char *first_words(const struct crosscheck_report *report, enum crosscheck_kind kind)
{
    size_t i;
    const json_t *row;
    json_array_foreach(
        report->findings, i,
        row) if (slice_is(slice_text(json_string_value(json_object_get(row, "finding"))),
                          kinds[kind].name)) return json_string_value(json_object_get(row,
                                                                                      "message"));
    return "see above";
}

enum comity_exit crosscheck_finish(const struct invocation *inv,
                                   const struct crosscheck_report *report,
                                   struct comity_fault *reterr)
{
    enum crosscheck_kind worst = worst_of(report);
    size_t total = 0;
    for (size_t i = 0; i < FOUND_KINDS; i++)
        total += report->counts[i];
    if (inv->json)
        print_json(report);
    else
        print_lines(inv, report);
    if (worst == FOUND_KINDS)
        return COMITY_DONE;
    fail(reterr, kinds[worst].exit, kinds[worst].code, "%zu finding%s, the worst is %s: %s", total,
         total == 1 ? "" : "s", kinds[worst].name, first_words(report, worst));
    return advise(reterr, "%s",
                  worst == FOUND_BEHIND ? "bring the mirror up to date: comity audit sync"
                  : kinds[worst].exit == COMITY_FORK
                      ? "keep both checkpoints and what the log shows; tell the ministry and the "
                        "data-protection authority"
                      : "keep archive and log as they are and tell the ministry that audits it");
}
