#include "ends.h"

#include <time.h>

#include "base/instant.h"

static struct tls_context *with_ended_list(uint64_t grace_ms)
{
    struct tls_settings settings = settings_of(GATEWAY);
    const char *lists[] = {settings.revocations[0], settings.revocations[1],
                           pki("bad/crl-ended.pem")};
    settings.revocations = lists;
    settings.grace_ms = grace_ms;
    return context_by(&settings);
}

static void a_state_whose_list_has_ended_goes_dark_and_no_other(void)
{
    struct ends e = ends_of(context_of("XC/parties/XC-CA-01/tls"), with_ended_list(0), "XA-GW-01");
    CHECK_U64(shake_hands(&e).server, TLS_FAILED);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_REVOCATION);
    ends_done(&e);
    e = ends_of(context_of(PARTY), with_ended_list(0), "XA-GW-01");
    CHECK_U64(shake_hands(&e).server, TLS_DONE);
    ends_done(&e);
}

/* How long ago the list in bad/crl-ended.pem ended. */
static uint64_t ended_ms(void)
{
    uint64_t ended = 0;
    struct timespec now;
    CHECK(instant_read(slice_text("2024-02-01T00:00:00Z"), &ended));
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 - ended;
}

static void a_list_that_has_ended_is_used_for_the_time_of_grace_only(void)
{
    const uint64_t hour = 3600000, ended = ended_ms();
    struct tls_context *within = with_ended_list(ended + hour);
    struct tls_context *beyond = with_ended_list(ended - hour);
    struct ends e =
        ends_of(context_of("XC/parties/XC-CA-01/tls"), tls_context_hold(within), "XA-GW-01");
    CHECK_U64(shake_hands(&e).server, TLS_DONE);
    check_peer(e.server, "XC-CA-01", IDENTITY_PARTY);
    CHECK_U64(tls_link_recheck(e.server, within), TLS_FAILURE_NONE);
    CHECK_U64(tls_link_recheck(e.server, beyond), TLS_FAILURE_REVOCATION);
    ends_done(&e);
    e = ends_of(context_of("XC/parties/XC-CA-01/tls"), beyond, "XA-GW-01");
    CHECK_U64(shake_hands(&e).server, TLS_FAILED);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_REVOCATION);
    ends_done(&e);
    tls_context_free(within);
}

static void grace_forgives_nothing_but_the_end_of_a_list(void)
{
    struct tls_settings settings = settings_of(GATEWAY);
    const char *lists[] = {settings.revocations[0], settings.revocations[1], pki("twin/ended.pem")};
    settings.revocations = lists;
    settings.grace_ms = ended_ms() + 3600000;
    struct tls_context *context = context_by(&settings);
    struct ends e =
        ends_of(context_of("XC/parties/XC-CA-01/tls"), tls_context_hold(context), "XA-GW-01");
    CHECK_U64(shake_hands(&e).server, TLS_FAILED);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_REVOKED);
    ends_done(&e);
    static const struct {
        const char *name;
        enum tls_failure failure;
    } rows[] = {{"bad/expired", TLS_FAILURE_EXPIRED},
                {"bad/rogue", TLS_FAILURE_UNTRUSTED},
                {"bad/foreign-ca", TLS_FAILURE_STATE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        e = ends_raw_client(raw_context(rows[i].name, false), tls_context_hold(context));
        CHECK_U64(shake_hands(&e).server, TLS_FAILED);
        CHECK_U64(tls_failure(e.server), rows[i].failure);
        ends_done(&e);
    }
    tls_context_free(context);
}

static void an_open_link_is_judged_again_by_a_new_context(void)
{
    struct tls_settings settings = settings_of(GATEWAY);
    const char *lists[] = {pki("bad/crl-before.pem"), settings.revocations[1],
                           settings.revocations[2]};
    struct tls_context *after = context_by(&settings);
    settings.revocations = lists;
    struct tls_context *before = context_by(&settings);
    struct ends e =
        ends_of(context_of("XA/parties/XA-POL-01/tls"), tls_context_hold(before), "XA-GW-01");
    CHECK_U64(shake_hands(&e).server, TLS_DONE);
    CHECK_U64(tls_link_recheck(e.server, before), TLS_FAILURE_NONE);
    CHECK_U64(tls_link_recheck(e.client, before), TLS_FAILURE_NONE);
    CHECK_U64(tls_link_recheck(e.server, after), TLS_FAILURE_REVOKED);
    CHECK_TEXT(tls_failure_text(e.server), "certificate revoked");
    CHECK_U64(tls_link_recheck(e.client, after), TLS_FAILURE_NONE);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_NONE);

    settings = settings_of(GATEWAY);
    settings.authorities++;
    settings.authority_count--;
    settings.revocations++;
    settings.revocation_count--;
    struct tls_context *without = context_by(&settings);
    CHECK_U64(tls_link_recheck(e.server, without), TLS_FAILURE_UNTRUSTED);
    ends_done(&e);
    tls_context_free(before);
    tls_context_free(after);
    tls_context_free(without);
}

TESTS(tls_revocation,
      {"a State whose list has ended goes dark and no other",
       a_state_whose_list_has_ended_goes_dark_and_no_other},
      {"a list that has ended is used for the time of grace only",
       a_list_that_has_ended_is_used_for_the_time_of_grace_only},
      {"grace forgives nothing but the end of a list",
       grace_forgives_nothing_but_the_end_of_a_list},
      {"an open link is judged again by a new context",
       an_open_link_is_judged_again_by_a_new_context})
