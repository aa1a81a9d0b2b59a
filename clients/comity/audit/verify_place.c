#include "comity/audit/verify_parts.h"

#include <stdio.h>

#include "comity/output.h"
#include "libcomity/clock.h"

void verify_place_note(struct verifying *v, const struct gateway_row *gateway,
                       const struct log_row *log)
{
    const struct log_row *after = directory_successor(gateway, log->origin);
    struct verify_place *place = &v->place;
    place->is_known = slice_copy_text(log->succeeds, place->before, sizeof place->before);
    if (after != NULL && after->from_ms <= clock_wall_ms())
        (void)slice_copy_text(after->origin, place->after, sizeof place->after);
}

static struct status fault(struct verifying *v, const char *what, const char *origin)
{
    snprintf(v->verdict.fault, sizeof v->verdict.fault, "log: %.60s%.90s", what, origin);
    return REFUSE(CONSISTENCY);
}

/* Who could write the mirror could write there what it goes on from, but not in the directory. */
static struct status before_compare(struct verifying *v)
{
    const char *before = v->place.before;
    if (!v->place.is_known ||
        slice_is(slice_text(before), series_log(v->series, v->position)->succeeds))
        return OK;
    return before[0] == '\0' ? fault(v, "the directory says that it goes on from no other", "")
                             : fault(v, "the directory says that it goes on from ", before);
}

struct status verify_place(struct verifying *v)
{
    char error[MIRROR_ERROR_BYTES];
    if (v->series == NULL)
        return OK;
    struct status s = before_compare(v);
    if (failed(s))
        return s;
    s = series_joint_said(v->series, v->position, error);
    if (s.code != CODE_REFUSED)
        return s;
    snprintf(v->verdict.fault, sizeof v->verdict.fault, "log: %.150s", error);
    return REFUSE(CONSISTENCY);
}

/* ---- what is told ---- */

static bool is_next_missing(const struct verifying *v)
{
    return v->series != NULL && v->position + 1 == series_count(v->series) &&
           v->place.after[0] != '\0';
}

/* One that has another before it in the mirrors was compared with it. */
static bool is_former_checked(const struct verifying *v)
{
    return v->place.is_known || v->position > 0;
}

void verify_place_print(const struct verifying *v)
{
    if (v->series != NULL && !is_former_checked(v))
        puts("before   whether there was a log before it was not checked: a directory says so");
    if (!is_next_missing(v))
        return;
    fputs("next     ", stdout);
    put_text(stdout, v->place.after);
    puts(", says the directory, and none of it is here: comity audit sync takes it");
}

void verify_place_json(const struct verifying *v, json_t *verdict)
{
    (void)json_object_set_new(verdict, "next",
                              is_next_missing(v) ? json_string(v->place.after) : json_null());
    (void)json_object_set_new(verdict, "former_checked",
                              v->series == NULL ? json_null() : json_boolean(is_former_checked(v)));
}
