#include "ends.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define XC 2 /* its CA is the third one */

static char said[2000];

static void keep(void *owner, const char *sentence)
{
    (void)owner;
    snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", sentence);
}

/* A context with this file among those received. */
static struct tls_context *context_with(const char *received, const struct tls_context *previous)
{
    struct tls_settings settings = settings_of(GATEWAY);
    settings.received = &received;
    settings.received_count = 1;
    settings.skipped = keep;
    settings.previous = previous;
    said[0] = '\0';
    return context_by(&settings);
}

/* The number of XC's list in use. */
static uint64_t number_of(const struct tls_context *context)
{
    struct tls_list list = {0};
    CHECK(tls_context_list(context, XC, &list));
    CHECK_TEXT(list.state, "XC");
    return list.number;
}

static void the_list_with_the_higher_number_is_used(void)
{
    struct tls_context *context = context_with(pki("twin/second.pem"), NULL);
    struct tls_list list;
    CHECK_U64(number_of(context), 3);
    CHECK_TEXT(said, "");
    CHECK(!tls_context_list(context, XC + 1, &list));
    struct ends e =
        ends_of(context_of("XC/parties/XC-CA-01/tls"), tls_context_hold(context), "XA-GW-01");
    CHECK_U64(shake_hands(&e).server, TLS_FAILED);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_REVOKED);
    ends_done(&e);
    tls_context_free(context);
}

static void what_was_received_never_puts_a_newer_list_aside(void)
{
    struct tls_settings settings = settings_of(GATEWAY);
    const char *lists[] = {settings.revocations[0], settings.revocations[1],
                           pki("twin/second.pem")};
    const char *received[] = {pki("twin/first.pem"), pki("twin/second.pem")};
    settings.revocations = lists;
    settings.received = received;
    settings.received_count = 2;
    settings.skipped = keep;
    struct tls_context *context = context_by(&settings);
    CHECK_U64(number_of(context), 3);
    tls_context_free(context);

    /* another one of the same number, of which nothing is to be said either */
    lists[XC] = pki("twin/first.pem");
    received[0] = received[1] = pki("bad/crl-ended.pem");
    said[0] = '\0';
    context = context_by(&settings);
    CHECK_U64(number_of(context), 2);
    CHECK_TEXT(said, "");
    tls_context_free(context);
}

static void what_is_of_no_use_is_left_out_with_a_sentence(void)
{
    const struct {
        const char *name, *why;
    } rows[] = {
        {"nothing-there.pem", ""},
        {"XC/ca.crt", "XC/ca.crt: a revocation list is left out: it is no list in PEM\n"},
        {"bad/rogue/crl.pem", "rogue/crl.pem: a revocation list is left out: no configured CA "},
        {"twin/narrow.pem", "narrow.pem: a revocation list of XC is left out: not about all "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tls_context *context = context_with(pki("%s", rows[i].name), NULL);
        CHECK_U64(number_of(context), 1);
        if (!CHECK(rows[i].why[0] == '\0' ? said[0] == '\0' : strstr(said, rows[i].why) != NULL))
            fprintf(stderr, "%s: said %s\n", rows[i].name, said);
        tls_context_free(context);
    }
}

/* After a restart who was revoked is so still, though the list has ended meanwhile. */
static void what_was_kept_is_used_on_whatever_the_time_is(void)
{
    static const char *const names[] = {"twin/early.pem", "twin/ended.pem"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct tls_context *context = context_with(pki("%s", names[i]), NULL);
        CHECK(number_of(context) > 1);
        CHECK_TEXT(said, "");
        tls_context_free(context);
    }
}

static void what_is_spoilt_behind_a_list_does_not_spoil_the_list(void)
{
    char path[] = "/tmp/comity-list-XXXXXX";
    static const char more[] = "-----BEGIN X509 CRL-----\n!\n-----END X509 CRL-----\n";
    struct slice list = file_octets(pki("twin/second.pem"));
    int descriptor = mkstemp(path);
    CHECK(write(descriptor, list.at, list.length) == (ssize_t)list.length);
    CHECK(write(descriptor, more, strlen(more)) == (ssize_t)strlen(more));
    close(descriptor);
    struct tls_context *context = context_with(path, NULL);
    CHECK_U64(number_of(context), 3);
    CHECK(strstr(said, "it is no list in PEM") != NULL);
    tls_context_free(context);
    unlink(path);
}

static void a_received_list_outlives_its_file_and_stops_no_reload(void)
{
    struct tls_context *before = context_with(pki("twin/second.pem"), NULL);
    struct tls_context *after = context_with("/nonexistent", before);
    CHECK_U64(number_of(after), 3);
    struct tls_context *again = context_with("/nonexistent", after);
    CHECK_U64(number_of(again), 3);
    tls_context_free(before);
    tls_context_free(after);
    tls_context_free(again);
}

/* ---- what others give ---- */

struct given {
    struct slice der[2];
    struct tls_given given;
};

/* The lists of these files, as DER. */
static void give(struct given *g, const char *state, const char *first, const char *second)
{
    const char *names[] = {first, second};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *g = (struct given){.given = {.state = state, .now_ms = (uint64_t)now.tv_sec * 1000}};
    for (size_t i = 0; i < 2 && names[i] != NULL; i++) {
        FILE *f = fopen(pki("%s", names[i]), "re");
        X509_CRL *crl = PEM_read_X509_CRL(f, NULL, NULL, NULL);
        uint8_t *der = NULL;
        int length = i2d_X509_CRL(crl, &der);
        CHECK(length > 0);
        g->der[i] = slice_over(der, (size_t)length);
        X509_CRL_free(crl);
        fclose(f);
        g->given.lists.count++;
    }
    g->given.lists.at = g->der;
}

static void give_back(struct given *g)
{
    for (size_t i = 0; i < 2; i++)
        OPENSSL_free((void *)(uintptr_t)g->der[i].at);
}

static void lists_are_judged_by_signature_number_and_time(void)
{
    static const struct {
        const char *state, *first, *second, *number, *wrong;
    } rows[] = {
        {"XC", "twin/first.pem", NULL, "2", ""},
        {"XC", "twin/first.pem", "twin/second.pem", "3", ""},
        {"XC", "twin/second.pem", "twin/first.pem", "3", ""},
        {"XC", "XC/crl.pem", NULL, "", ""},
        {"XA", "bad/crl-before.pem", NULL, "", ""}, /* an older one */
        {"XB", "twin/first.pem", NULL, "", "a revocation list of XB is signed by no configured CA"},
        {"XA", "bad/rogue/crl.pem", NULL, "",
         "a revocation list of XA is signed by no configured CA"},
        {"XC", "twin/narrow.pem", NULL, "", "a revocation list of XC is not about all"},
        {"XC", "twin/early.pem", NULL, "", "a revocation list of XC is not in force yet"},
        {"XC", "twin/ended.pem", NULL, "", "a revocation list of XC is over"},
        {"XC", "twin/narrow.pem", "twin/first.pem", "2", "a revocation list of XC is not about"},
    };
    struct tls_context *context = context_of(GATEWAY);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct given g;
        struct tls_judged judged;
        struct buffer out = buffer_new(1 << 20);
        give(&g, rows[i].state, rows[i].first, rows[i].second);
        CHECK_STATUS(tls_context_judge(context, &g.given, &out, &judged),
                     rows[i].number[0] == '\0' ? FAIL(ABSENT) : OK);
        CHECK_TEXT(judged.number, rows[i].number);
        CHECK_U64(out.length > 0, rows[i].number[0] != '\0');
        if (!CHECK(strncmp(judged.wrong, rows[i].wrong, strlen(rows[i].wrong)) == 0 &&
                   (rows[i].wrong[0] != '\0' || judged.wrong[0] == '\0')))
            fprintf(stderr, "row %zu: %s\n", i, judged.wrong);
        give_back(&g);
        buffer_done(&out);
    }
    tls_context_free(context);
}

static void octets_that_are_no_list_are_named(void)
{
    struct tls_context *context = context_of(GATEWAY);
    struct given g;
    struct tls_judged judged;
    struct buffer out = buffer_new(1 << 20);
    give(&g, "XC", "twin/first.pem", NULL);
    struct slice whole = g.der[0];
    for (size_t cut = 1; cut < whole.length; cut += 7) {
        g.der[0] = slice_part(whole, 0, whole.length - cut);
        CHECK_STATUS(tls_context_judge(context, &g.given, &out, &judged), FAIL(ABSENT));
        CHECK_TEXT(judged.wrong, "a revocation list of XC is no list");
    }
    g.der[0] = whole;
    give_back(&g);
    buffer_done(&out);
    tls_context_free(context);
}

/* What is kept counts, whether a reload has taken it or not. */
static void an_older_list_does_not_replace_one_that_is_kept(void)
{
    struct tls_context *context = context_of(GATEWAY);
    struct given g;
    struct tls_judged judged;
    struct buffer out = buffer_new(1 << 20);
    give(&g, "XC", "twin/first.pem", NULL);
    g.given.kept = pki("twin/second.pem");
    CHECK_STATUS(tls_context_judge(context, &g.given, &out, &judged), FAIL(ABSENT));
    CHECK_TEXT(judged.wrong, "");
    g.given.kept = "/nonexistent";
    CHECK_OK(tls_context_judge(context, &g.given, &out, &judged));
    give_back(&g);
    buffer_done(&out);
    tls_context_free(context);
}

/* What judging has written is what the next context reads. */
static void what_is_taken_is_used_by_the_next_context(void)
{
    char path[] = "/tmp/comity-list-XXXXXX";
    struct tls_context *context = context_of(GATEWAY);
    struct given g;
    struct tls_judged judged;
    struct buffer out = buffer_new(1 << 20);
    int descriptor = mkstemp(path);
    give(&g, "XC", "twin/second.pem", NULL);
    CHECK_OK(tls_context_judge(context, &g.given, &out, &judged));
    CHECK(write(descriptor, out.at, out.length) == (ssize_t)out.length);
    close(descriptor);
    struct tls_context *next = context_with(path, context);
    CHECK_U64(number_of(next), 3);
    CHECK_TEXT(said, "");
    tls_context_free(next);
    tls_context_free(context);
    give_back(&g);
    buffer_done(&out);
    unlink(path);
}

TESTS(tls_received,
      {"the list with the higher number is used", the_list_with_the_higher_number_is_used},
      {"what was received never puts a newer list aside",
       what_was_received_never_puts_a_newer_list_aside},
      {"what is of no use is left out with a sentence",
       what_is_of_no_use_is_left_out_with_a_sentence},
      {"what was kept is used on, whatever the time is",
       what_was_kept_is_used_on_whatever_the_time_is},
      {"what is spoilt behind a list does not spoil the list",
       what_is_spoilt_behind_a_list_does_not_spoil_the_list},
      {"a received list outlives its file and stops no reload",
       a_received_list_outlives_its_file_and_stops_no_reload},
      {"lists are judged by signature, number and time",
       lists_are_judged_by_signature_number_and_time},
      {"octets that are no list are named", octets_that_are_no_list_are_named},
      {"an older list does not replace one that is kept",
       an_older_list_does_not_replace_one_that_is_kept},
      {"what is taken is used by the next context", what_is_taken_is_used_by_the_next_context})
