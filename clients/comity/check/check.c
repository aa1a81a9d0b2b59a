#include "comity/check/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/encoding.h"
#include "base/slice.h"
#include "comity/output.h"

#define TIMEOUT_S     10
#define TIMEOUT_MAX_S 600
#define LIMIT_MAX     1000000000

const char *check_state_name(enum check_state state)
{
    static const char *const names[] = {"OK", "UNKNOWN", "WARNING", "CRITICAL"};
    return names[state];
}

int check_nagios_exit(enum check_state state)
{
    static const int codes[] = {0, 3, 1, 2};
    return codes[state];
}

static struct check_row *place_of_least_bad(struct check_report *report)
{
    struct check_row *found = &report->rows[report->count - 1];
    for (size_t i = report->count; i-- > 0;)
        if (report->rows[i].state < found->state)
            found = &report->rows[i];
    json_decref(found->more);
    return found;
}

struct check_row *check_add(struct check_report *report, const char *name, enum check_state state,
                            const char *format, ...)
{
    va_list args;
    struct check_row *row = report->count < CHECK_ROWS_MAX ? &report->rows[report->count++]
                                                           : place_of_least_bad(report);
    *row = (struct check_row){.state = state, .exit = COMITY_FAILED};
    snprintf(row->name, sizeof row->name, "%s", name);
    va_start(args, format);
    vsnprintf(row->words, sizeof row->words, format, args);
    va_end(args);
    return row;
}

static bool is_beyond(int64_t value, uint64_t limit, enum check_side side)
{
    int64_t at = (int64_t)limit;
    return side == CHECK_BELOW   ? value < at
           : side == CHECK_ABOVE ? value > at
                                 : value > at || value < -at;
}

enum check_state check_judge(int64_t value, const struct check_limits *limits)
{
    if (!limits->given)
        return CHECKED_OK;
    if (is_beyond(value, limits->critical, limits->side))
        return CHECKED_CRITICAL;
    return is_beyond(value, limits->warning, limits->side) ? CHECKED_WARNING : CHECKED_OK;
}

void check_figure(struct check_row *row, const char *label, int64_t value, const char *unit,
                  const struct check_limits *limits)
{
    enum check_state state = check_judge(value, limits);
    snprintf(row->figure.label, sizeof row->figure.label, "%s", label);
    row->figure.value = value;
    row->figure.unit = unit;
    row->figure.limits = *limits;
    if (state > row->state)
        row->state = state;
}

enum check_state check_worst(const struct check_report *report)
{
    enum check_state worst = CHECKED_OK;
    for (size_t i = 0; i < report->count; i++)
        if (report->rows[i].state > worst)
            worst = report->rows[i].state;
    return worst;
}

/* ---- options ---- */

static enum comity_exit read_number(const struct invocation *inv, enum flag flag, const char *name,
                                    uint64_t max, uint64_t *ret_number, struct comity_fault *reterr)
{
    const char *text = invocation_value(inv, flag);
    if (text == NULL || decimal_read(slice_text(text), max, ret_number))
        return COMITY_DONE;
    fail_usage(reterr, "--%s %s is no number of at most %" PRIu64, name, text, max);
    return advise(reterr, "comity %s %s --help says of what", inv->command->noun,
                  inv->command->verb);
}

enum comity_exit check_limits_read(const struct invocation *invocation, struct check_limits *limits,
                                   struct comity_fault *reterr)
{
    bool first = invocation_has(invocation, FLAG_WARNING);
    bool second = invocation_has(invocation, FLAG_CRITICAL);
    struct check_limits read = *limits;
    enum comity_exit exit =
        read_number(invocation, FLAG_WARNING, "warning", LIMIT_MAX, &read.warning, reterr);
    if (exit == COMITY_DONE)
        exit =
            read_number(invocation, FLAG_CRITICAL, "critical", LIMIT_MAX, &read.critical, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (!limits->given && first != second)
        return fail_usage(reterr, "--warning and --critical go together here");
    read.given = limits->given || first;
    if (read.side == CHECK_BELOW ? read.warning < read.critical : read.warning > read.critical)
        return fail_usage(reterr, "--warning %" PRIu64 " would come after --critical %" PRIu64,
                          read.warning, read.critical);
    *limits = read;
    return COMITY_DONE;
}

enum comity_exit check_gateway(const struct invocation *invocation,
                               struct comity_checked **ret_checked, struct comity_fault *reterr)
{
    uint64_t seconds = TIMEOUT_S;
    struct comity_options options = {.context = invocation_value(invocation, FLAG_CONTEXT)};
    enum comity_exit exit =
        read_number(invocation, FLAG_TIMEOUT, "timeout", TIMEOUT_MAX_S, &seconds, reterr);
    *ret_checked = NULL;
    if (exit != COMITY_DONE)
        return exit;
    options.timeout_ms = (unsigned)(seconds == 0 ? 1 : seconds * 1000);
    return comity_check(&options, ret_checked, reterr);
}

/* ---- printing ---- */

static json_t *row_json(const struct check_row *row)
{
    json_t *json = json_pack("{s:s,s:s,s:s}", "name", row->name, "state",
                             check_state_name(row->state), "message", row->words);
    if (row->more != NULL)
        json_object_update(json, row->more);
    return json;
}

static void print_json(const struct check_report *report)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < report->count; i++)
        json_array_append_new(rows, row_json(&report->rows[i]));
    json_t *json = json_pack("{s:s,s:s,s:o}", "check", report->name, "state",
                             check_state_name(check_worst(report)), "rows", rows);
    if (report->more != NULL)
        json_object_update(json, report->more);
    put_json(json);
}

static void print_lines(const struct invocation *inv, const struct check_report *report)
{
    static const enum paint paints[] = {PAINT_GOOD, PAINT_STRONG, PAINT_STRONG, PAINT_BAD};
    for (size_t i = 0; i < report->count; i++) {
        const struct check_row *row = &report->rows[i];
        char word[16];
        snprintf(word, sizeof word, "%-9s", check_state_name(row->state));
        put_painted(inv, paints[row->state], word);
        printf("%-12s ", row->name);
        put_text(stdout, row->words);
        fputc('\n', stdout);
    }
}

/* The bar ends the text of a plugin's line. */
static void put_plain(const char *text)
{
    char plain[sizeof((struct check_row *)0)->words];
    snprintf(plain, sizeof plain, "%s", text);
    for (char *at = plain; *at != '\0'; at++)
        if (*at == '|')
            *at = '/';
    put_text(stdout, plain);
}

/* A threshold as a range of good values. */
static void put_range(uint64_t limit, const struct check_limits *limits)
{
    if (!limits->given)
        fputc(';', stdout);
    else if (limits->side == CHECK_BELOW)
        printf(";%" PRIu64 ":", limit);
    else if (limits->side == CHECK_ABOVE)
        printf(";%" PRIu64, limit);
    else
        printf(";-%" PRIu64 ":%" PRIu64, limit, limit);
}

static void put_figure(const struct check_figure *f)
{
    printf(" %s=%" PRId64 "%s", f->label, f->value, f->unit);
    if (f->limits.given) {
        put_range(f->limits.warning, &f->limits);
        put_range(f->limits.critical, &f->limits);
    }
}

static void put_upper(const char *text)
{
    for (; *text != '\0'; text++)
        fputc(*text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text, stdout);
}

/* Of a check that is not OK only what is not; of one that is, everything. */
static void print_nagios(const struct check_report *report)
{
    enum check_state worst = check_worst(report);
    const char *between = " - ";
    fputs("COMITY ", stdout);
    put_upper(report->name);
    printf(" %s", check_state_name(worst));
    for (size_t i = 0; i < report->count; i++) {
        const struct check_row *row = &report->rows[i];
        if (worst != CHECKED_OK && row->state == CHECKED_OK)
            continue;
        printf("%s%s: ", between, row->name);
        put_plain(row->words);
        between = "; ";
    }
    bool bar = false;
    for (size_t i = 0; i < report->count; i++) {
        if (report->rows[i].figure.label[0] == '\0')
            continue;
        fputs(bar ? "" : " |", stdout);
        bar = true;
        put_figure(&report->rows[i].figure);
    }
    fputc('\n', stdout);
}

int check_put_fault(const struct comity_fault *fault)
{
    fputs("COMITY UNKNOWN - ", stdout);
    put_plain(fault->message);
    fputc('\n', stdout);
    return check_nagios_exit(CHECKED_UNKNOWN);
}

static enum comity_exit conclude(const struct check_report *report, struct comity_fault *reterr)
{
    enum check_state worst = check_worst(report);
    *reterr = (struct comity_fault){0};
    if (worst == CHECKED_OK || worst == CHECKED_WARNING)
        return COMITY_DONE;
    for (size_t i = 0; i < report->count; i++) {
        const struct check_row *row = &report->rows[i];
        if (row->state != worst)
            continue;
        fail(reterr, row->exit, check_state_name(worst), "check %s: %s: %s", report->name,
             row->name, row->words);
        break;
    }
    return report->hint == NULL ? reterr->exit : advise(reterr, "%s", report->hint);
}

enum comity_exit check_finish(const struct invocation *invocation, struct check_report *report,
                              struct comity_fault *reterr)
{
    enum comity_exit exit = conclude(report, reterr);
    if (invocation_has(invocation, FLAG_NAGIOS)) {
        print_nagios(report);
        *reterr = (struct comity_fault){0};
        exit = (enum comity_exit)check_nagios_exit(check_worst(report));
    } else if (invocation_has(invocation, FLAG_PROMETHEUS)) {
        check_put_prometheus(report);
    } else if (invocation->json) {
        print_json(report);
    } else {
        print_lines(invocation, report);
    }
    for (size_t i = 0; i < report->count; i++)
        json_decref(report->rows[i].more);
    json_decref(report->more);
    report->count = 0;
    report->more = NULL;
    return exit;
}
