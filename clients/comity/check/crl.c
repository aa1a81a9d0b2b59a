#include <inttypes.h>

#include "base/instant.h"
#include "comity/check/check.h"
#include "comity/commands.h"
#include "comity/pki/pki.h"

#define WARNING_H   24
#define CRITICAL_H  6
#define MS_PER_HOUR (60 * MS_PER_MINUTE)

/* The State whose CA signed a list; of length 0 if none of the directory did. */
static struct slice state_of(const struct pki *pki, const struct crl *crl)
{
    const struct directory *d = pki->directory;
    for (size_t i = 0; i < d->state_count; i++)
        for (size_t k = 0; k < d->states[i].authorities.count; k++)
            if (crl_is_of(crl, d->states[i].authorities.at[k].certificate))
                return d->states[i].id;
    return (struct slice){0};
}

static int64_t hours_left(uint64_t until_ms, uint64_t now_ms)
{
    return until_ms >= now_ms ? (int64_t)((until_ms - now_ms) / MS_PER_HOUR)
                              : -(int64_t)((now_ms - until_ms + MS_PER_HOUR - 1) / MS_PER_HOUR);
}

static struct check_row *add_dates(const struct pki *pki, struct check_report *report,
                                   const char *name, const struct crl *crl)
{
    char from[INSTANT_TEXT_BYTES], until[INSTANT_TEXT_BYTES], number[64];
    uint64_t from_ms = 0, until_ms = 0;
    crl_validity(crl, &from_ms, &until_ms);
    crl_number(crl, number);
    instant_write(from_ms, from);
    instant_write(until_ms, until);
    int64_t hours = hours_left(until_ms, pki->now_ms);
    struct check_row *row = NULL;
    if (from_ms > pki->now_ms)
        row = check_add(report, name, CHECKED_CRITICAL, "list %s is not in force before %s", number,
                        from);
    else if (until_ms < pki->now_ms)
        row = check_add(report, name, CHECKED_CRITICAL, "list %s ended on %s", number, until);
    else
        row = check_add(report, name, CHECKED_OK, "list %s, %zu revoked, %" PRId64 " hours left",
                        number, crl_length(crl), hours);
    row->more = json_pack("{s:s,s:s,s:s,s:I,s:I}", "number", number, "from", from, "until", until,
                          "hours_left", (json_int_t)hours, "revoked", (json_int_t)crl_length(crl));
    return row;
}

static void add_list(const struct pki *pki, struct check_report *report, const char *path,
                     const struct crl *crl, const struct check_limits *limits)
{
    char name[32], label[32];
    uint64_t from_ms = 0, until_ms = 0;
    struct slice state = state_of(pki, crl);
    snprintf(name, sizeof name, "crl %.*s", state.length == 0 ? 1 : (int)state.length,
             state.length == 0 ? "?" : (const char *)state.at);
    snprintf(label, sizeof label, "crl_%.*s_hours", state.length == 0 ? 5 : (int)state.length,
             state.length == 0 ? "other" : (const char *)state.at);
    struct check_row *row = add_dates(pki, report, name, crl);
    crl_validity(crl, &from_ms, &until_ms);
    check_figure(row, label, hours_left(until_ms, pki->now_ms), "", limits);
    row->exit = COMITY_STALE;
    json_object_set_new(row->more, "file", json_string(path));
    if (state.length > 0)
        return;
    row = check_add(report, name, CHECKED_CRITICAL, "%s: no CA of the directory signed it", path);
    row->exit = COMITY_IDENTITY;
}

/* Whether one of the lists has an own certificate; which lists there are was said before. */
static void add_own(const struct pki *pki, struct check_report *report, enum pki_use use)
{
    char since[INSTANT_TEXT_BYTES];
    uint64_t since_ms = 0;
    bool asked = false;
    for (size_t i = 0; i < pki->list_count; i++)
        for (size_t k = 0; k < pki->lists[i].crls.count; k++) {
            const struct crl *crl = pki->lists[i].crls.at[k];
            asked = asked || crl_covers(crl, pki->certificates[use]);
            if (!crl_lists(crl, pki->certificates[use], &since_ms))
                continue;
            instant_write(since_ms, since);
            check_add(report, pki_use_name(use), CHECKED_CRITICAL, "revoked on %s", since)->exit =
                COMITY_IDENTITY;
            return;
        }
    check_add(report, pki_use_name(use), CHECKED_OK,
              asked
                  ? "not revoked"
                  : "no list here is of its CA: give one with --crl, or as own_crl of the context");
}

static void describe(const struct pki *pki, struct check_report *report,
                     const struct check_limits *limits)
{
    for (size_t i = 0; i < pki->list_count; i++)
        for (size_t k = 0; k < pki->lists[i].crls.count; k++)
            add_list(pki, report, pki->lists[i].path, pki->lists[i].crls.at[k], limits);
    for (enum pki_use use = PKI_TLS; use < PKI_USES; use++)
        if (pki->certificates[use] != NULL)
            add_own(pki, report, use);
}

/* Files that cannot be read are findings, too: nobody connects with them. */
static void load(struct pki *pki, const struct invocation *inv, struct check_report *report)
{
    struct comity_fault fault = {0};
    if (pki_load_lists(pki, inv, &fault) != COMITY_DONE)
        check_add(report, "crl", CHECKED_CRITICAL, "%s", fault.message)->exit = fault.exit;
    if (pki_load_own(pki, &fault) != COMITY_DONE)
        check_add(report, "context", CHECKED_CRITICAL, "%s", fault.message)->exit = fault.exit;
}

static enum comity_exit crl(const struct invocation *inv, struct comity_fault *reterr)
{
    struct pki pki = {0};
    struct check_report report = {.name = "crl"};
    struct check_limits limits = {CHECK_BELOW, true, WARNING_H, CRITICAL_H};
    enum comity_exit exit = check_limits_read(inv, &limits, reterr);
    if (exit == COMITY_DONE)
        exit = pki_open(inv, &pki, reterr);
    if (exit == COMITY_DONE) {
        load(&pki, inv, &report);
        describe(&pki, &report, &limits);
        report.hint =
            "fetch the list of the State's CA anew; of a revoked certificate: ask that CA";
        exit = check_finish(inv, &report, reterr);
    }
    pki_close(&pki);
    return exit;
}

static const struct argp_option options[] = {
    {"crl", FLAG_CRL, "FILE", 0, "More revocation lists, beside the context's; may be repeated", 1},
    CHECK_OPTIONS("HOURS"),
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command check_crl_command = {
    .noun = "check",
    .verb = "crl",
    .arguments = "",
    .summary = "Says how old the revocation lists are, and whether own certificates are on them",
    .help = "Rows: crl XA (each list of the context's, crl and own_crl, with its number), tls and "
            "sealing (the "
            "context's). Where a list has ended, no gateway of its State is connected to. It is a "
            "warning below 24 hours left and critical below 6, unless told.\n\n"
            "Exit codes: 10 a list has ended or ends soon, 4 an own certificate is revoked or a "
            "list is of nobody in the directory.\n\n"
            "In the rows --json has \"number\",\"from\",\"until\",\"hours_left\",\"revoked\" (how "
            "many),\"file\"." CHECK_HELP "Examples:\n"
            "  comity check crl --context xa-ca-01\n"
            "  comity check crl --nagios --warning 48 --critical 12\n",
    .options = options,
    .run = crl,
};
