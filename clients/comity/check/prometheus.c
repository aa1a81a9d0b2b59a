/* A check in the text format of Prometheus, for the textfile collector. */

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "comity/check/check.h"

#define NAME_BYTES 160

/* Units of the plugin guidelines, as Prometheus has them in a metric's name. */
static const struct {
    const char *unit, *ending;
} units[] = {{"s", "_seconds"}, {"ms", "_milliseconds"}, {"us", "_microseconds"}, {"B", "_bytes"}};

static void put_label_value(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '"')
            printf("\\%c", *text);
        else if (*text == '\n')
            fputs("\\n", stdout);
        else
            fputc(*text, stdout);
    }
}

/* Labels that all of the report's rows have, then which row it is. */
static void put_labels(const struct check_report *report, const struct check_row *row)
{
    const char *key;
    json_t *value;
    fputc('{', stdout);
    json_object_foreach(report->more, key, value)
    {
        if (!json_is_string(value))
            continue;
        printf("%s=\"", key);
        put_label_value(json_string_value(value));
        fputs("\",", stdout);
    }
    fputs("check=\"", stdout);
    put_label_value(row->name);
    fputs("\"}", stdout);
}

static void put_head(const char *name, const char *help)
{
    printf("# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* "comity_watch_cosignature_age_seconds" */
static void metric_name(const struct check_report *report, const struct check_figure *figure,
                        char name[static NAME_BYTES])
{
    const char *ending = "";
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].unit, figure->unit) == 0)
            ending = units[i].ending;
    snprintf(name, NAME_BYTES, "comity_%s_%s%s", report->name, figure->label, ending);
    for (char *at = name; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at))
            *at = '_';
}

/* Whether a row has this metric. */
static bool has_metric(const struct check_report *report, size_t place, const char *name)
{
    char own[NAME_BYTES];
    if (report->rows[place].figure.label[0] == '\0')
        return false;
    metric_name(report, &report->rows[place].figure, own);
    return strcmp(own, name) == 0;
}

/* All rows with the metric of the first one of them: a metric's lines stand together. */
static void put_metric(const struct check_report *report, size_t first)
{
    char name[NAME_BYTES];
    metric_name(report, &report->rows[first].figure, name);
    for (size_t i = 0; i < first; i++)
        if (has_metric(report, i, name))
            return;
    put_head(name, "As the check of that name measures it.");
    for (size_t i = first; i < report->count; i++) {
        if (!has_metric(report, i, name))
            continue;
        fputs(name, stdout);
        put_labels(report, &report->rows[i]);
        printf(" %" PRId64 "\n", report->rows[i].figure.value);
    }
}

void check_put_prometheus(const struct check_report *report)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "comity_%s_state", report->name);
    put_head(name, "0 all is well, 1 warning, 2 critical, 3 not known.");
    for (size_t i = 0; i < report->count; i++) {
        fputs(name, stdout);
        put_labels(report, &report->rows[i]);
        printf(" %d\n", check_nagios_exit(report->rows[i].state));
    }
    for (size_t i = 0; i < report->count; i++)
        if (report->rows[i].figure.label[0] != '\0')
            put_metric(report, i);
}
