#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "comity/audit/mirror.h"
#include "comity/audit/watch.h"
#include "comity/crosscheck/report.h"

#define PATH_BYTES 1024

/* ---- evidence ---- */

static size_t files_in(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    const struct dirent *file;
    while (dir != NULL && (file = readdir(dir)) != NULL)
        count += file->d_name[0] != '.';
    if (dir != NULL)
        closedir(dir);
    return count;
}

static void evidence_row(struct watching *w, const char *name, const char *folder, size_t count)
{
    struct check_row *row =
        count == 0 ? check_add(w->report, name, CHECKED_OK, "no evidence of a second history")
                   : check_add(w->report, name, CHECKED_CRITICAL,
                               "the log has two histories: %zu files in %.160s", count, folder);
    row->exit = COMITY_FORK;
}

/* Of whichever log: one row, which names the newest folder that has any. */
static void mirrors_row(struct watching *w)
{
    char path[PATH_BYTES] = "", found[PATH_BYTES] = "";
    size_t all = 0;
    for (size_t i = 0; i < series_count(w->series); i++) {
        snprintf(path, sizeof path, "%s/evidence", series_log(w->series, i)->dir);
        const size_t count = files_in(path);
        all += count;
        if (count > 0)
            memcpy(found, path, sizeof found);
    }
    evidence_row(w, "evidence", found, all);
}

/* ---- the archive's receipts ---- */

static enum comity_exit compare_one(const struct watching *w, const struct series_log *log,
                                    struct crosscheck_book *book, struct crosscheck_report *report,
                                    struct comity_fault *reterr)
{
    const struct crosscheck_source source = {.name = "the mirror", .mirror = log->mirror};
    struct slice text;
    struct note note;
    struct crosscheck_log *known = crosscheck_book_log(book, log->origin);
    if (known == NULL)
        return COMITY_DONE;
    struct status s = mirror_checkpoint(log->mirror, w->arena, &text);
    if (!failed(s))
        s = note_parse(text, &note);
    return failed(s) ? audit_mirror_fail(reterr, s)
                     : crosscheck_compare(report, known, &source, &note, reterr);
}

static enum comity_exit compare(const struct watching *w, struct crosscheck_book *book,
                                struct crosscheck_report *report, struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    for (size_t i = 0; i < series_count(w->series) && exit == COMITY_DONE; i++)
        exit = compare_one(w, series_log(w->series, i), book, report, reterr);
    return exit;
}

static void receipts_row(struct watching *w, const struct crosscheck_report *report)
{
    size_t bad = 0, behind = report->counts[FOUND_BEHIND];
    for (size_t i = 0; i < FOUND_KINDS; i++)
        bad += i == FOUND_BEHIND ? 0 : report->counts[i];
    const json_t *first = json_array_get(report->findings, 0);
    const char *words = json_string_value(json_object_get(first, "message"));
    bool forked = report->counts[FOUND_FORK] + report->counts[FOUND_ROLLBACK] > 0;
    struct check_row *row =
        bad > 0 ? check_add(w->report, "receipts", CHECKED_CRITICAL, "%zu finding%s: %s", bad,
                            bad == 1 ? "" : "s", words == NULL ? "" : words)
        : behind > 0
            ? check_add(w->report, "receipts", CHECKED_WARNING,
                        "the archive is ahead of the mirror")
            : check_add(w->report, "receipts", CHECKED_OK, "all of the archive are in the log");
    row->exit = forked ? COMITY_FORK : COMITY_VERIFY;
}

enum comity_exit watch_archive_rows(struct watching *w, struct comity_fault *reterr)
{
    char evidence[PATH_BYTES];
    struct crosscheck_book book;
    struct crosscheck_report report;
    const char *archive = comity_context_of(w->comity)->archive;
    snprintf(evidence, sizeof evidence, "%s/evidence", archive);
    if (failed(crosscheck_report_begin(&report, evidence)))
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    enum comity_exit exit =
        crosscheck_book_read(w->comity, w->comity->rulebook->directory, &book, reterr);
    if (exit == COMITY_DONE)
        exit = compare(w, &book, &report, reterr);
    if (exit == COMITY_DONE) {
        crosscheck_odd(&report, &book);
        receipts_row(w, &report);
        mirrors_row(w);
        evidence_row(w, "own evidence", evidence, files_in(evidence));
    }
    crosscheck_book_done(&book);
    crosscheck_report_done(&report);
    return exit;
}
