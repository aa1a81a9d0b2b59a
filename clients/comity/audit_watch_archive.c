#include <dirent.h>
#include <stdio.h>

#include "comity/audit_watch.h"
#include "comity/crosscheck_report.h"

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

static void evidence_row(struct watching *w, const char *name, const char *folder)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/evidence", folder);
    size_t count = files_in(path);
    struct check_row *row =
        count == 0 ? check_add(w->report, name, CHECKED_OK, "no evidence of a second history")
                   : check_add(w->report, name, CHECKED_CRITICAL,
                               "the log has two histories: %zu files in %.160s", count, path);
    row->exit = COMITY_FORK;
}

/* ---- the archive's receipts ---- */

static enum comity_exit compare(struct watching *w, struct crosscheck_book *book,
                                struct crosscheck_report *report, struct comity_fault *reterr)
{
    const struct crosscheck_source source = {.name = "the mirror", .mirror = w->mirror};
    char origin[ORIGIN_MAX_BYTES + 1];
    if (!slice_copy_text(w->note.origin, origin, sizeof origin))
        return COMITY_DONE;
    struct crosscheck_log *log = crosscheck_book_log(book, origin);
    return log == NULL ? COMITY_DONE : crosscheck_compare(report, log, &source, &w->note, reterr);
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

enum comity_exit watch_archive_rows(struct watching *w, const char *folder,
                                    struct comity_fault *reterr)
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
        evidence_row(w, "evidence", folder);
        evidence_row(w, "own evidence", archive);
    }
    crosscheck_book_done(&book);
    crosscheck_report_done(&report);
    return exit;
}
