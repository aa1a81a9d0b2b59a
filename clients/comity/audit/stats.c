#include <inttypes.h>
#include <stdlib.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "comity/audit/mirror.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "comity/policy/policy.h"
#include "comity/statistics/edition.h"
#include "comity/statistics/report.h"

#define ARENA_BYTES (256U << 20)
#define K_MAX       100000

struct counting {
    const struct invocation *inv;
    uint64_t from_ms, until_ms;
    struct edition_rules rules;
    bool publishes;
    char folder[AUDIT_MIRROR_PATH_BYTES];
};

static enum comity_exit date_given(const struct invocation *inv, enum flag flag, const char *name,
                                   uint64_t otherwise_ms, uint64_t *ret_ms,
                                   struct comity_fault *reterr)
{
    const char *text = invocation_value(inv, flag);
    *ret_ms = otherwise_ms;
    return text == NULL || date_read(slice_text(text), ret_ms)
               ? COMITY_DONE
               : fail_usage(reterr, "%s %s is no day, as in 2026-11-01", name, text);
}

static uint64_t month_begin(uint64_t unix_ms)
{
    char date[INSTANT_TEXT_BYTES];
    uint64_t begin = unix_ms;
    date_write(unix_ms, date);
    date[8] = '0';
    date[9] = '1';
    return date_read(slice_text(date), &begin) ? begin : unix_ms;
}

static enum comity_exit check_edition(struct counting *c, struct comity_fault *reterr)
{
    const char *k = invocation_value(c->inv, FLAG_K);
    c->rules = (struct edition_rules){EDITION_K, invocation_has(c->inv, FLAG_ROUND)};
    if (!c->publishes)
        return k == NULL && !c->rules.rounds
                   ? COMITY_DONE
                   : fail_usage(reterr, "--k and --round are of an edition: --publish");
    if (k != NULL && (!decimal_read(slice_text(k), K_MAX, &c->rules.k) || c->rules.k < EDITION_K))
        return fail_usage(reterr, "--k %s: %d to %d; it can only be raised", k, EDITION_K, K_MAX);
    if (c->from_ms != month_begin(c->from_ms) || c->until_ms != month_begin(c->until_ms))
        return fail_usage(reterr, "an edition has whole months: --from and --until are the first "
                                  "day of one");
    return COMITY_DONE;
}

/* A month that is not over is in no edition, unless that is asked for. */
static enum comity_exit counting_read(struct counting *c, struct comity_fault *reterr)
{
    const struct invocation *inv = c->inv;
    c->publishes = invocation_has(inv, FLAG_PUBLISH);
    const uint64_t until_ms = c->publishes ? month_begin(policy_now_ms()) : 0;
    if (inv->json && invocation_has(inv, FLAG_CSV))
        return fail_usage(reterr, "--csv or --json, not both");
    enum comity_exit exit = date_given(inv, FLAG_FROM, "--from", 0, &c->from_ms, reterr);
    if (exit == COMITY_DONE)
        exit = date_given(inv, FLAG_UNTIL, "--until", until_ms, &c->until_ms, reterr);
    if (exit == COMITY_DONE && c->until_ms > 0 && c->until_ms <= c->from_ms)
        exit = fail_usage(reterr, "--until must be after --from");
    if (exit == COMITY_DONE)
        exit = check_edition(c, reterr);
    return exit == COMITY_DONE ? audit_mirror_folder(inv, c->folder, reterr) : exit;
}

static enum comity_exit publish(const struct counting *c, const struct statistics *x,
                                json_t **ret_figures, struct comity_fault *reterr)
{
    char folder[AUDIT_MIRROR_PATH_BYTES + sizeof "/published"];
    json_t *edition = NULL;
    if (x->months == 0)
        return fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN",
                    "the mirror has no entry of whole months in that time");
    if (x->months > EDITION_MONTHS_MAX)
        return fail_usage(reterr, "an edition has at most %d months: set --from",
                          EDITION_MONTHS_MAX);
    struct status s = edition_make(x, &c->rules, &edition);
    if (failed(s))
        return audit_mirror_fail(reterr, s);
    snprintf(folder, sizeof folder, "%s/published", c->folder);
    enum comity_exit exit = edition_keep(folder, edition, !c->inv->dry_run, reterr);
    if (exit == COMITY_DONE)
        *ret_figures = json_incref(edition);
    json_decref(edition);
    return exit;
}

static enum comity_exit count(const struct counting *c, const struct series *series,
                              struct arena *arena, json_t **ret_figures,
                              struct comity_fault *reterr)
{
    struct statistics x;
    struct status s = statistics_gather(series, arena, c->from_ms, c->until_ms, c->publishes, &x);
    if (s.code == CODE_FULL)
        return fail(reterr, COMITY_FAILED, "FULL",
                    "the mirror has more than can be counted here: "
                    "set --from and --until");
    if (failed(s))
        return audit_mirror_fail(reterr, s);
    enum comity_exit exit = COMITY_DONE;
    if (c->publishes)
        exit = publish(c, &x, ret_figures, reterr);
    else if ((*ret_figures = statistics_report(&x)) == NULL)
        exit = fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    if (exit == COMITY_DONE)
        json_object_set_new(*ret_figures, "gateway", json_string(series_gateway(series)));
    return exit;
}

static void tell(const struct counting *c, json_t *figures)
{
    const char *number = json_string_value(json_object_get(figures, "edition"));
    const json_t *unpublished = json_object_get(figures, "unpublished");
    if (invocation_has(c->inv, FLAG_CSV))
        statistics_print_csv(figures);
    else if (c->inv->json)
        put_json(json_incref(figures));
    else
        statistics_print(c->inv, figures);
    for (size_t i = 0; i < json_array_size(unpublished); i++)
        say(c->inv, "The table %s has too little in it to be published",
            json_string_value(json_array_get(unpublished, i)));
    if (number != NULL)
        say(c->inv,
            c->inv->dry_run ? "This would be edition %s; nothing was kept"
                            : "Edition %s, kept in the mirror's folder published",
            number);
}

static enum comity_exit stats(const struct invocation *inv, struct comity_fault *reterr)
{
    struct counting c = {.inv = inv};
    struct series *series = NULL;
    json_t *figures = NULL;
    enum comity_exit exit = counting_read(&c, reterr);
    if (exit == COMITY_DONE)
        exit = audit_mirror_open(inv, &series, reterr);
    struct arena *arena = exit == COMITY_DONE ? arena_new(ARENA_BYTES) : NULL;
    if (exit == COMITY_DONE)
        exit = arena == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                             : count(&c, series, arena, &figures, reterr);
    if (exit == COMITY_DONE)
        tell(&c, figures);
    json_decref(figures);
    arena_free(arena);
    series_close(series);
    return exit;
}

static const struct argp_option options[] = {
    MIRROR_OPTION,
    MIRROR_GATEWAY_OPTION,
    {"from", FLAG_FROM, "DAY", 0, "From this day on; from the first entry unless told", 1},
    {"until", FLAG_UNTIL, "DAY", 0,
     "Before this day; an edition ends with the last month that is over", 1},
    {"csv", FLAG_CSV, NULL, 0, "As CSV: table, row, period, count", 1},
    {"publish", FLAG_PUBLISH, NULL, 0, "Figures that may be given to everybody", 2},
    {"k", FLAG_K, "N", 0, "Counts of fewer are not published: 10, or more", 2},
    {"round", FLAG_ROUND, NULL, 0, "Hide nothing, but round each count down to a multiple of k", 2},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command audit_stats_command = {
    .noun = "audit",
    .verb = "stats",
    .arguments = "[--publish] [--from DAY] [--until DAY]",
    .summary = "Counts what the mirrored logs of a gateway say, by month",
    .help =
        "Tables by kind, pair of parties, purpose, type, instrument, legal basis, transfer, "
        "category and field; rates of refusals, holds, masked and withheld fields; requests "
        "without an answer, as far as a log can tell; erasures; and what is unusual beside the "
        "month before. For the ministry's own eyes: every count is exact.\n\n"
        "With --publish, figures that may be given to everybody. A count of 1 to k-1 is \"<k\", "
        "and as many others are \"-\" as it takes that no such count can be worked out. Nothing "
        "counts that is confidential or speaks of asylum or witnesses, and no table says who or "
        "which fields. --round hides nothing, and rounds every count down to a multiple of k.\n\n"
        "A month is published once. Two editions that have a month in common can be subtracted "
        "from one another, also where one has more months, another k, is rounded or was made "
        "when the mirror had other entries; what is left over can be a count that both hide. So "
        "each edition is kept in the mirror's folder published/, and one is refused with exit "
        "code 3 that has a month of an earlier one and is not the same in all it says. The "
        "earlier one is named, with its months. Publish by the month, the "
        "quarter or the year, after a sync, and from one mirror: the folder is the memory. "
        "--dry-run only tries.\n\n"
        "Examples:\n"
        "  comity audit stats --context xa-min-01\n"
        "  comity audit stats --publish --from 2026-01-01 --until 2027-01-01 --csv > 2026.csv\n",
    .options = options,
    .run = stats,
};
