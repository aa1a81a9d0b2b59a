#include <stdio.h>
#include <string.h>

#include "comity/output.h"
#include "comity/policy/words.h"
#include "comity/statistics/report.h"

#define CELL_BYTES 24

/* A cell as text: a number, or what stands in its place. */
static const char *cell_text(const json_t *cell, char text[static CELL_BYTES])
{
    if (json_is_string(cell))
        return json_string_value(cell);
    snprintf(text, CELL_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(cell));
    return text;
}

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text == NULL ? "" : text;
}

/* ---- CSV ---- */

static void put_csv(const char *text, const char *end)
{
    const bool quoted = text[strcspn(text, ",\"\r\n")] != '\0';
    if (quoted)
        putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    printf("%s%s", quoted ? "\"" : "", end);
}

static void put_csv_row(const json_t *table, const char *key, const json_t *counts,
                        const json_t *total)
{
    char text[CELL_BYTES];
    const json_t *periods = json_object_get(table, "periods");
    for (size_t i = 0; i <= json_array_size(periods); i++) {
        const bool is_total = i == json_array_size(periods);
        put_csv(text_of(table, "name"), ",");
        put_csv(key, ",");
        put_csv(is_total ? "total" : json_string_value(json_array_get(periods, i)), ",");
        put_csv(cell_text(is_total ? total : json_array_get(counts, i), text), "\r\n");
    }
}

void statistics_print_csv(const json_t *figures)
{
    const json_t *tables = json_object_get(figures, "tables");
    printf("table,row,period,count\r\n");
    for (size_t i = 0; i < json_array_size(tables); i++) {
        const json_t *table = json_array_get(tables, i), *rows = json_object_get(table, "rows");
        for (size_t r = 0; r < json_array_size(rows); r++) {
            const json_t *row = json_array_get(rows, r);
            put_csv_row(table, text_of(row, "key"), json_object_get(row, "counts"),
                        json_object_get(row, "total"));
        }
        put_csv_row(table, "total", json_object_get(table, "totals"),
                    json_object_get(table, "total"));
    }
}

/* ---- for people ---- */

static int column_width(const json_t *table, size_t column)
{
    char text[CELL_BYTES];
    const json_t *periods = json_object_get(table, "periods");
    const json_t *label = json_array_get(periods, column);
    const json_t *total = label == NULL ? json_object_get(table, "total")
                                        : json_array_get(json_object_get(table, "totals"), column);
    const size_t a = label == NULL ? strlen("total") : json_string_length(label);
    const size_t b = strlen(cell_text(total, text));
    return (int)(a > b ? a : b) + 2;
}

static int key_width(const json_t *table)
{
    const json_t *rows = json_object_get(table, "rows");
    size_t width = strlen("total");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const size_t one = text_width(slice_text(text_of(json_array_get(rows, i), "key")));
        width = one > width ? one : width;
    }
    return (int)width;
}

static void put_key(const char *key, int width)
{
    put_text(stdout, key);
    printf("%*s", width - (int)text_width(slice_text(key)), "");
}

static void put_row(const json_t *table, const char *key, int width, const json_t *counts,
                    const json_t *total)
{
    char text[CELL_BYTES];
    const size_t count = json_array_size(json_object_get(table, "periods"));
    put_key(key, width);
    for (size_t i = 0; i <= count; i++)
        printf("%*s", column_width(table, i),
               cell_text(i == count ? total : json_array_get(counts, i), text));
    putchar('\n');
}

static void put_table(const struct invocation *inv, const json_t *table)
{
    const json_t *rows = json_object_get(table, "rows"),
                 *periods = json_object_get(table, "periods");
    const int width = key_width(table);
    char heading[128];
    snprintf(heading, sizeof heading, "%s (%s)", text_of(table, "name"), text_of(table, "unit"));
    put_heading(inv, heading);
    put_key("", width);
    for (size_t i = 0; i <= json_array_size(periods); i++) {
        const char *label = json_string_value(json_array_get(periods, i));
        printf("%*s", column_width(table, i), label == NULL ? "total" : label);
    }
    putchar('\n');
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        put_row(table, text_of(row, "key"), width, json_object_get(row, "counts"),
                json_object_get(row, "total"));
    }
    put_row(table, "total", width, json_object_get(table, "totals"),
            json_object_get(table, "total"));
}

/* Percent, or "-" where there is nothing to take a part of. */
static void put_rate(const json_t *rate, const char *member)
{
    const json_t *value = json_object_get(rate, member);
    if (json_is_real(value))
        printf("  %s %.1f %%", member, 100 * json_real_value(value));
    else
        printf("  %s -", member);
}

static void put_rates(const struct invocation *inv, const json_t *rates)
{
    if (json_array_size(rates) > 0)
        put_heading(inv, "rates");
    for (size_t i = 0; i < json_array_size(rates); i++) {
        const json_t *rate = json_array_get(rates, i);
        printf("%s", text_of(rate, "period"));
        put_rate(rate, "refused");
        put_rate(rate, "held");
        put_rate(rate, "masked");
        put_rate(rate, "withheld");
        putchar('\n');
    }
}

static void put_requests(const struct invocation *inv, const json_t *requests)
{
    if (json_array_size(requests) > 0)
        put_heading(inv, "requests");
    for (size_t i = 0; i < json_array_size(requests); i++) {
        const json_t *r = json_array_get(requests, i);
        put_text(stdout, text_of(r, "key"));
        printf("  sent %" JSON_INTEGER_FORMAT "  back %" JSON_INTEGER_FORMAT
               "  unanswered at least %" JSON_INTEGER_FORMAT "\n",
               json_integer_value(json_object_get(r, "sent")),
               json_integer_value(json_object_get(r, "back")),
               json_integer_value(json_object_get(r, "unanswered")));
    }
}

static void put_unusual(const struct invocation *inv, const json_t *unusual)
{
    if (json_array_size(unusual) > 0)
        put_heading(inv, "unusual, beside the month before");
    for (size_t i = 0; i < json_array_size(unusual); i++) {
        const json_t *u = json_array_get(unusual, i);
        printf("%s  %s ", text_of(u, "period"), text_of(u, "table"));
        put_text(stdout, text_of(u, "key"));
        printf("  %" JSON_INTEGER_FORMAT ", before %" JSON_INTEGER_FORMAT "\n",
               json_integer_value(json_object_get(u, "now")),
               json_integer_value(json_object_get(u, "before")));
    }
}

void statistics_print(const struct invocation *inv, const json_t *figures)
{
    const json_t *tables = json_object_get(figures, "tables");
    const json_t *notes = json_object_get(figures, "notes");
    for (size_t i = 0; i < json_array_size(tables); i++)
        if (json_array_size(json_object_get(json_array_get(tables, i), "rows")) > 0)
            put_table(inv, json_array_get(tables, i));
    put_rates(inv, json_object_get(figures, "rates"));
    put_requests(inv, json_object_get(figures, "requests"));
    put_unusual(inv, json_object_get(figures, "unusual"));
    if (json_array_size(notes) > 0)
        putchar('\n');
    for (size_t i = 0; i < json_array_size(notes); i++)
        put_wrapped(&(struct wrapping){.columns = ANSWER_COLUMNS},
                    slice_text(json_string_value(json_array_get(notes, i))));
}
