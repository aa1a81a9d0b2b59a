/* What was published before: DIR/0001.json and so on. What it says is what everybody knows. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "base/encoding.h"
#include "base/file.h"
#include "comity/statistics/edition.h"

#define PATH_BYTES  1100
#define NUMBER_MAX  9999
#define MONTH_CHARS 7 /* "2026-11" */

/* Of an edition: the first and the last month, which sort as text. */
struct months {
    const char *from, *last;
};

static bool months_read(const json_t *edition, struct months *ret_months)
{
    ret_months->from = json_string_value(json_object_get(edition, "from"));
    ret_months->last = json_string_value(json_object_get(edition, "last"));
    return ret_months->from != NULL && strlen(ret_months->from) == MONTH_CHARS &&
           ret_months->last != NULL && strlen(ret_months->last) == MONTH_CHARS;
}

static bool months_overlap(const struct months *a, const struct months *b)
{
    return strcmp(a->from, b->last) <= 0 && strcmp(b->from, a->last) <= 0;
}

/* Whoever has both knows no more than whoever has one. */
static bool is_same(const json_t *a, const json_t *b)
{
    static const char *const told[] = {"from", "last", "k", "rounded", "tables", "unpublished"};
    bool same = true;
    for (size_t i = 0; i < sizeof told / sizeof told[0] && same; i++)
        same = json_equal(json_object_get(a, told[i]), json_object_get(b, told[i]));
    return same;
}

/* Of a month that two editions have, one shows what the other hides: by other months beside it, by
 * another k, by rounding, or by entries that came later. Which of it is too much cannot be said
 * without solving for all that was ever published, so a month is published once. */
static enum comity_exit compare(const json_t *earlier, unsigned number, const json_t *edition,
                                struct comity_fault *reterr)
{
    struct months was, now;
    if (!months_read(earlier, &was) || !months_read(edition, &now))
        return fail(reterr, COMITY_FAILED, "STORE",
                    "the earlier edition %04u cannot be read, so nothing can be compared with it",
                    number);
    if (!months_overlap(&was, &now) || is_same(earlier, edition))
        return COMITY_DONE;
    fail(reterr, COMITY_REFUSED, "DIFFERS",
         "edition %04u has %s to %s, and this one says something else of the same months: whoever "
         "has both could work out what each hides",
         number, was.from, was.last);
    return advise(reterr, "publish the months after %s: --from the first day of the next one",
                  was.last);
}

/* ---- the folder ---- */

static enum comity_exit compare_file(const char *folder, unsigned number, const json_t *edition,
                                     struct comity_fault *reterr)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%04u.json", folder, number);
    json_t *earlier = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    enum comity_exit exit = compare(earlier, number, edition, reterr);
    json_decref(earlier);
    return exit;
}

/* The number of a file of the folder; 0: it is none of ours. */
static unsigned number_of(const char *name)
{
    uint64_t number;
    const struct slice s = slice_text(name);
    struct slice digits = slice_part(s, 0, 4);
    while (digits.length > 1 && digits.at[0] == '0')
        digits = slice_part(digits, 1, SIZE_MAX);
    return s.length == 9 && slice_is(slice_part(s, 4, SIZE_MAX), ".json") &&
                   decimal_read(digits, NUMBER_MAX, &number)
               ? (unsigned)number
               : 0;
}

static enum comity_exit compare_all(DIR *dir, const char *folder, const json_t *edition,
                                    unsigned *ret_last, struct comity_fault *reterr)
{
    unsigned last = 0;
    enum comity_exit exit = COMITY_DONE;
    for (const struct dirent *e; exit == COMITY_DONE && (e = readdir(dir)) != NULL;) {
        const unsigned number = number_of(e->d_name);
        last = number > last ? number : last;
        if (number > 0)
            exit = compare_file(folder, number, edition, reterr);
    }
    *ret_last = last;
    return exit;
}

static enum comity_exit write_edition(const char *folder, unsigned number, const json_t *edition,
                                      struct comity_fault *reterr)
{
    char path[PATH_BYTES];
    char *text = json_dumps(edition, JSON_INDENT(1));
    snprintf(path, sizeof path, "%s/%04u.json", folder, number);
    struct status s = text == NULL ? FAIL(MEMORY) : file_write(path, slice_text(text), 0600);
    free(text);
    return failed(s) ? fail(reterr, COMITY_FAILED, "STORE", "%s cannot be written", path)
                     : COMITY_DONE;
}

static enum comity_exit keep_in(DIR *dir, const char *folder, json_t *edition, bool keep,
                                struct comity_fault *reterr)
{
    unsigned last = 0;
    enum comity_exit exit = compare_all(dir, folder, edition, &last, reterr);
    if (exit == COMITY_DONE && last == NUMBER_MAX)
        exit = fail(reterr, COMITY_FAILED, "FULL", "%s has no number left", folder);
    if (exit != COMITY_DONE)
        return exit;
    json_object_set_new(edition, "edition", json_sprintf("%04u", last + 1));
    return keep ? write_edition(folder, last + 1, edition, reterr) : COMITY_DONE;
}

/* Who publishes at the same time waits. */
enum comity_exit edition_keep(const char *folder, json_t *edition, bool keep,
                              struct comity_fault *reterr)
{
    if (failed(folder_make(folder, 0700)))
        return fail(reterr, COMITY_FAILED, "STORE", "%s cannot be made", folder);
    DIR *dir = opendir(folder);
    enum comity_exit exit = dir == NULL || flock(dirfd(dir), LOCK_EX) != 0
                                ? fail_errno(reterr, "%s cannot be read", folder)
                                : keep_in(dir, folder, edition, keep, reterr);
    if (dir != NULL)
        closedir(dir);
    return exit;
}
