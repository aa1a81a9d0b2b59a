#include <inttypes.h>
#include <string.h>

#include "base/instant.h"
#include "comity/check/check.h"
#include "comity/commands.h"
#include "comity/pki/pki.h"

#define WARNING_DAYS  30
#define CRITICAL_DAYS 7

struct checking {
    struct pki pki;
    struct check_limits limits;
    struct check_report report;
};

/* A certificate's validity as one row. */
static void add_validity(struct checking *k, const char *name, uint64_t from_ms, uint64_t until_ms)
{
    char from[INSTANT_TEXT_BYTES], until[INSTANT_TEXT_BYTES], label[48];
    int64_t days = pki_days_left(until_ms, k->pki.now_ms);
    bool early = k->pki.now_ms < from_ms;
    struct check_row *row = NULL;
    instant_write(from_ms, from);
    instant_write(until_ms, until);
    if (early)
        row = check_add(&k->report, name, CHECKED_CRITICAL, "not valid before %s", from);
    else if (k->pki.now_ms > until_ms)
        row = check_add(&k->report, name, CHECKED_CRITICAL, "expired on %s", until);
    else
        row =
            check_add(&k->report, name, CHECKED_OK, "%" PRId64 " days left, until %s", days, until);
    snprintf(label, sizeof label, "%s_days", name);
    for (char *at = label; *at != '\0'; at++)
        if (*at == ' ')
            *at = '_';
    check_figure(row, label, days, "", &k->limits);
    row->exit = COMITY_IDENTITY;
    row->more =
        json_pack("{s:s,s:s,s:I}", "from", from, "until", until, "days_left", (json_int_t)days);
}

static void add_certificate(struct checking *k, const char *name,
                            const struct certificate *certificate, const char *file)
{
    uint64_t from_ms = 0, until_ms = 0;
    certificate_validity(certificate, &from_ms, &until_ms);
    add_validity(k, name, from_ms, until_ms);
    if (file != NULL)
        json_object_set_new(k->report.rows[k->report.count - 1].more, "file", json_string(file));
}

static bool is_of_interest(const struct checking *k, const struct certificate *authority,
                           const struct certificate *trusted)
{
    for (size_t i = 0; i < PKI_USES; i++)
        if (k->pki.certificates[i] != NULL && authority_signed(authority, k->pki.certificates[i]))
            return true;
    return slice_equal(digest_slice(certificate_x5t(authority)),
                       digest_slice(certificate_x5t(trusted)));
}

/* The CAs that issued our certificates, and the one that the gateway's is verified with. */
static void add_authorities(struct checking *k, const struct certificate *trusted)
{
    const struct directory *d = k->pki.directory;
    for (size_t i = 0; i < d->state_count; i++)
        for (size_t j = 0; j < d->states[i].authorities.count; j++) {
            const struct certificate *authority = d->states[i].authorities.at[j].certificate;
            char name[32];
            snprintf(name, sizeof name, "ca %.*s", (int)d->states[i].id.length,
                     (const char *)d->states[i].id.at);
            if (is_of_interest(k, authority, trusted))
                add_certificate(k, name, authority, NULL);
        }
}

/* Certificates that cannot be read are as bad as expired ones. */
static struct certificate *load(struct checking *k, const char *name, const char *path)
{
    struct certificate *certificate = NULL;
    struct comity_fault fault = {0};
    if (pki_load(path, &certificate, &fault) != COMITY_DONE)
        check_add(&k->report, name, CHECKED_CRITICAL, "%s", fault.message)->exit = fault.exit;
    return certificate;
}

static void add_own(struct checking *k)
{
    for (enum pki_use use = PKI_TLS; use < PKI_USES; use++) {
        const char *path = pki_certificate_path(&k->pki.context, use);
        k->pki.certificates[use] = load(k, pki_use_name(use), path);
        if (k->pki.certificates[use] != NULL)
            add_certificate(k, pki_use_name(use), k->pki.certificates[use], path);
    }
    struct certificate *trusted = load(k, "ca", k->pki.context.ca);
    if (trusted != NULL)
        add_authorities(k, trusted);
    certificate_free(trusted);
}

/* What the gateway shows on a link; a gateway that cannot be reached leaves the rest as it is. */
static enum comity_exit add_gateway(const struct invocation *inv, struct checking *k,
                                    struct comity_fault *reterr)
{
    struct comity_checked *checked = NULL;
    enum comity_exit exit = check_gateway(inv, &checked, reterr);
    if (checked != NULL && checked->gateway_until_ms != 0)
        add_validity(k, "gateway", checked->gateway_from_ms, checked->gateway_until_ms);
    else if (checked != NULL || exit == COMITY_IDENTITY)
        check_add(&k->report, "gateway", CHECKED_UNKNOWN, "%s", reterr->message)->exit = exit;
    bool told = checked != NULL || exit == COMITY_IDENTITY;
    comity_checked_free(checked);
    return told ? COMITY_DONE : exit;
}

static enum comity_exit certificates(const struct invocation *inv, struct comity_fault *reterr)
{
    struct checking k = {.limits = {CHECK_BELOW, true, WARNING_DAYS, CRITICAL_DAYS},
                         .report = {.name = "certificates"}};
    enum comity_exit exit = check_limits_read(inv, &k.limits, reterr);
    if (exit == COMITY_DONE)
        exit = pki_open(inv, &k.pki, reterr);
    if (exit == COMITY_DONE) {
        add_own(&k);
        exit = add_gateway(inv, &k, reterr);
    }
    k.report.hint = "own ones: comity pki csr, then comity pki renew; others: their State";
    if (exit == COMITY_DONE)
        exit = check_finish(inv, &k.report, reterr);
    pki_close(&k.pki);
    return exit;
}

static const struct argp_option options[] = {
    CHECK_OPTIONS("DAYS"),
    CHECK_TIMEOUT,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command check_certificates_command = {
    .noun = "check",
    .verb = "certificates",
    .arguments = "",
    .summary = "Says how many days the certificates have left: own, CAs', gateway's",
    .help =
        "Rows: tls and sealing (the context's), ca XA (each CA that issued them or that the "
        "gateway's is verified with), gateway (what it shows on a link; UNKNOWN where it "
        "cannot be reached). It is a warning below 30 days and critical below 7, unless "
        "told.\n\n"
        "Exit codes: 4 critical; 7 or 4 where the gateway's is not known.\n\n"
        "In the rows --json has \"from\",\"until\",\"days_left\",\"file\"." CHECK_HELP "Examples:\n"
        "  comity check certificates --context xa-ca-01\n"
        "  comity check certificates --nagios --warning 21 --critical 5\n",
    .options = options,
    .run = certificates,
};
