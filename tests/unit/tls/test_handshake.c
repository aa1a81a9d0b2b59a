#include "ends.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void both_ends_know_each_other_by_their_certificates(void)
{
    static const struct {
        const char *client, *name;
        enum identity_kind kind;
    } rows[] = {
        {PARTY, "XA-CA-01", IDENTITY_PARTY},
        {"XC/parties/XC-CA-01/tls", "XC-CA-01", IDENTITY_PARTY},
        {"XA/parties/XA-CA-01/officers/2207/tls", "XA-CA-01/2207", IDENTITY_OFFICER},
        {"XC/gateways/XC-GW-01/tls", "XC-GW-01", IDENTITY_GATEWAY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ends e = ends_of(context_of(rows[i].client), context_of(GATEWAY), "XA-GW-01");
        struct identity nobody;
        CHECK(!tls_peer(e.server, &nobody));
        struct outcome o = shake_hands(&e);
        CHECK_U64(o.client, TLS_DONE);
        CHECK_U64(o.server, TLS_DONE);
        check_peer(e.client, "XA-GW-01", IDENTITY_GATEWAY);
        check_peer(e.server, rows[i].name, rows[i].kind);
        struct certificate *c = NULL;
        CHECK_OK(certificate_load(pki("%s.crt", rows[i].client), &c));
        CHECK_BYTES(digest_slice(tls_peer_x5t(e.server)), digest_slice(certificate_x5t(c)));
        certificate_free(c);
        ends_done(&e);
    }
}

/* The client is done before it is refused; what it then tries tells it so. */
static void check_refused(const char *name, enum tls_failure failure, int alert)
{
    char octet;
    size_t length = 0;
    struct ends e = ends_raw_client(raw_context(name, false), context_of(GATEWAY));
    struct outcome o = shake_hands(&e);
    CHECK_U64(o.server, TLS_FAILED);
    if (!CHECK_U64(tls_failure(e.server), failure))
        fprintf(stderr, "%s: %s\n", name, tls_failure_text(e.server));
    CHECK_U64(tls_read(e.server, &octet, 1, &length), TLS_FAILED);
    CHECK_U64(tls_write(e.server, slice_text("x"), &length), TLS_FAILED);
    CHECK_U64(tls_close(e.server), TLS_DONE);
    struct identity nobody;
    CHECK(!tls_peer(e.server, &nobody));
    ends_done(&e);

    struct tls_settings settings = settings_of(name);
    struct tls_context *client = NULL;
    char error[256];
    if (failed(tls_context_new(&settings, error, sizeof error, &client)))
        return; /* ours would not even start with such a certificate */
    e = ends_of(client, context_of(GATEWAY), "XA-GW-01");
    o = shake_hands(&e);
    CHECK_U64(o.client, TLS_DONE);
    CHECK_U64(o.server, TLS_FAILED);
    CHECK_U64(tls_read(e.client, &octet, 1, &length), TLS_FAILED);
    CHECK_U64(tls_failure(e.client), TLS_FAILURE_REFUSED);
    CHECK(tls_failure_is_certificate(tls_failure(e.client)));
    CHECK_U64((uint64_t)tls_alert(e.client), (uint64_t)alert);
    ends_done(&e);
}

static void every_bad_client_certificate_is_refused_for_its_reason(void)
{
    static const struct {
        const char *name;
        enum tls_failure failure;
        int alert;
    } rows[] = {
        {"bad/nameless", TLS_FAILURE_IDENTITY, 42},
        {"bad/two-uris", TLS_FAILURE_IDENTITY, 42},
        {"bad/dns-party", TLS_FAILURE_IDENTITY, 42},
        {"bad/malformed", TLS_FAILURE_IDENTITY, 42},
        {"bad/urn", TLS_FAILURE_IDENTITY, 42},
        {"bad/foreign-uri", TLS_FAILURE_STATE, 46},
        {"bad/foreign-country", TLS_FAILURE_STATE, 46},
        {"bad/foreign-ca", TLS_FAILURE_STATE, 46},
        {"bad/unconstrained", TLS_FAILURE_STATE, 42},
        {"bad/rogue", TLS_FAILURE_UNTRUSTED, 48},
        {"bad/server-only", TLS_FAILURE_PURPOSE, 43},
        {"bad/expired", TLS_FAILURE_EXPIRED, 45},
        {"bad/early", TLS_FAILURE_EARLY, 42},
        {"XA/parties/XA-POL-01/tls", TLS_FAILURE_REVOKED, 44},
        {"XA/parties/XA-CA-01/seal", TLS_FAILURE_PURPOSE, 43},
        {"XA/parties/XA-CA-01/enc", TLS_FAILURE_PURPOSE, 42},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_refused(rows[i].name, rows[i].failure, rows[i].alert);
}

static void a_client_accepts_only_the_gateway_it_means(void)
{
    static const struct {
        const char *server, *expected;
        enum tls_failure failure;
    } rows[] = {
        {"XC/gateways/XC-GW-01/tls", "XA-GW-01", TLS_FAILURE_OTHER},
        {GATEWAY, "XA-GW-0", TLS_FAILURE_OTHER},
        {GATEWAY, "", TLS_FAILURE_OTHER},
        {GATEWAY, NULL, TLS_FAILURE_OTHER},
        {PARTY, "XA-CA-01", TLS_FAILURE_PURPOSE},
        {"bad/client-gateway", "XA-GW-01", TLS_FAILURE_PURPOSE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ends e = ends_of(context_of(PARTY), context_of(rows[i].server), rows[i].expected);
        struct outcome o = shake_hands(&e);
        CHECK_U64(o.client, TLS_FAILED);
        CHECK_U64(tls_failure(e.client), rows[i].failure);
        CHECK_U64(o.server, TLS_FAILED);
        CHECK_U64(tls_failure(e.server), TLS_FAILURE_REFUSED);
        CHECK(tls_alert(e.server) > 0);
        ends_done(&e);
    }
}

static void a_peer_without_certificate_is_refused(void)
{
    struct ends e = ends_raw_client(raw_context(NULL, false), context_of(GATEWAY));
    CHECK_U64(shake_hands(&e).server, TLS_FAILED);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_MISSING);
    ends_done(&e);
}

/* What a raw client is changed by, and how the server ends. */
static void only_tls_1_2(SSL_CTX *raw)
{
    SSL_CTX_set_max_proto_version(raw, TLS1_2_VERSION);
}

static void no_alpn(SSL_CTX *raw)
{
    SSL_CTX_set_alpn_protos(raw, NULL, 0);
}

static void other_alpn(SSL_CTX *raw)
{
    SSL_CTX_set_alpn_protos(raw,
                            (const uint8_t *)"\x02h2\x08http/1.1\x08"
                                             "comity/2",
                            21);
}

static void second_alpn(SSL_CTX *raw)
{
    SSL_CTX_set_alpn_protos(raw, (const uint8_t *)"\x02h2\x08" TLS_PROTOCOL, 12);
}

static void only_p521(SSL_CTX *raw)
{
    int groups[] = {NID_secp521r1, NID_X448};
    SSL_CTX_set1_groups(raw, groups, 2);
}

static void only_aes_128(SSL_CTX *raw)
{
    SSL_CTX_set_ciphersuites(raw, "TLS_AES_128_GCM_SHA256");
}

static void a_server_insists_on_its_protocol(void)
{
    static const struct {
        void (*change)(SSL_CTX *raw);
        enum tls_step step;
        enum tls_failure failure;
    } rows[] = {
        {only_tls_1_2, TLS_FAILED, TLS_FAILURE_VERSION},
        {no_alpn, TLS_FAILED, TLS_FAILURE_ALPN},
        {other_alpn, TLS_FAILED, TLS_FAILURE_ALPN},
        {second_alpn, TLS_DONE, TLS_FAILURE_NONE},
        {only_p521, TLS_FAILED, TLS_FAILURE_ALGORITHM},
        {only_aes_128, TLS_FAILED, TLS_FAILURE_ALGORITHM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SSL_CTX *raw = raw_context(PARTY, false);
        rows[i].change(raw);
        struct ends e = ends_raw_client(raw, context_of(GATEWAY));
        CHECK_U64(shake_hands(&e).server, rows[i].step);
        if (!CHECK_U64(tls_failure(e.server), rows[i].failure))
            fprintf(stderr, "row %zu: %s\n", i, tls_failure_text(e.server));
        ends_done(&e);
    }
}

static int choose_nothing(SSL *ssl, const unsigned char **name, unsigned char *length,
                          const unsigned char *offered, unsigned offered_length, void *arg)
{
    (void)ssl, (void)name, (void)length, (void)offered, (void)offered_length, (void)arg;
    return SSL_TLSEXT_ERR_NOACK;
}

static void mute_alpn(SSL_CTX *raw)
{
    SSL_CTX_set_alpn_select_cb(raw, choose_nothing, NULL);
}

static void alert_alpn(SSL_CTX *raw)
{
    (void)raw;
}

static int refuse_alpn(SSL *ssl, const unsigned char **name, unsigned char *length,
                       const unsigned char *offered, unsigned offered_length, void *arg)
{
    (void)ssl, (void)name, (void)length, (void)offered, (void)offered_length, (void)arg;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void refusing_alpn(SSL_CTX *raw)
{
    SSL_CTX_set_alpn_select_cb(raw, refuse_alpn, NULL);
}

static void a_client_insists_on_its_protocol(void)
{
    static const struct {
        void (*change)(SSL_CTX *raw);
        enum tls_step step;
        enum tls_failure failure;
    } rows[] = {
        {only_tls_1_2, TLS_FAILED, TLS_FAILURE_VERSION},
        {mute_alpn, TLS_FAILED, TLS_FAILURE_ALPN},
        {refusing_alpn, TLS_FAILED, TLS_FAILURE_ALPN},
        {only_p521, TLS_FAILED, TLS_FAILURE_ALGORITHM},
        {alert_alpn, TLS_DONE, TLS_FAILURE_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SSL_CTX *raw = raw_context(GATEWAY, true);
        rows[i].change(raw);
        struct ends e = ends_raw_server(context_of(PARTY), raw, "XA-GW-01");
        CHECK_U64(shake_hands(&e).client, rows[i].step);
        if (!CHECK_U64(tls_failure(e.client), rows[i].failure))
            fprintf(stderr, "row %zu: %s\n", i, tls_failure_text(e.client));
        ends_done(&e);
    }
}

static void octets_that_are_no_tls_are_refused(void)
{
    static const char *const texts[] = {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\xff\xff",
                                        "\x15\x03\x03\x00\x02\x02\x28"};
    for (size_t i = 0; i < 3; i++) {
        struct ends e = ends_of(context_of(PARTY), context_of(GATEWAY), "XA-GW-01");
        size_t length = i == 2 ? 7 : strlen(texts[i]);
        CHECK(write(e.descriptors[0], texts[i], length) == (ssize_t)length);
        CHECK_U64(tls_handshake(e.server), TLS_FAILED);
        CHECK(tls_failure(e.server) != TLS_FAILURE_NONE);
        CHECK(strlen(tls_failure_text(e.server)) > 0);
        ends_done(&e);
    }
}

static unsigned tickets;

static int count_ticket(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl, (void)session;
    tickets++;
    return 0;
}

static void no_ticket_is_ever_sent(void)
{
    SSL_CTX *raw = raw_context(PARTY, false);
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(raw, count_ticket);
    struct ends e = ends_raw_client(raw, context_of(GATEWAY));
    tickets = 0;
    CHECK_U64(shake_hands(&e).server, TLS_DONE);
    size_t length = 0;
    CHECK_U64(tls_write(e.server, slice_text("x"), &length), TLS_DONE);
    raw_step(&e);
    CHECK_U64(tickets, 0);
    CHECK(!SSL_session_reused(e.raw));
    ends_done(&e);
}

static void check_protocols(const char *client, const char *server, bool good)
{
    struct ends e = ends_of(context_of(PARTY), context_of(GATEWAY), "XA-GW-01");
    if (client != NULL)
        CHECK_OK(tls_link_speak(e.client, client));
    if (server != NULL)
        CHECK_OK(tls_link_speak(e.server, server));
    struct outcome o = shake_hands(&e);
    CHECK_U64(o.server, good ? TLS_DONE : TLS_FAILED);
    CHECK_U64(o.client, good ? TLS_DONE : TLS_FAILED);
    CHECK_U64(tls_failure(e.server), good ? TLS_FAILURE_NONE : TLS_FAILURE_ALPN);
    CHECK_U64(tls_failure(e.client), good ? TLS_FAILURE_NONE : TLS_FAILURE_ALPN);
    if (!good)
        CHECK_TEXT(tls_failure_text(e.server),
                   server == NULL ? "the peer does not offer our protocol: comity/1"
                                  : "the peer does not offer our protocol: http/1.1");
    ends_done(&e);
}

static void each_link_speaks_one_protocol(void)
{
    check_protocols(TLS_HTTP, TLS_HTTP, true);
    check_protocols(NULL, TLS_HTTP, false);
    check_protocols(TLS_HTTP, NULL, false);
    check_protocols(TLS_PROTOCOL, NULL, true);
}

TESTS(tls_handshake, {"each link speaks one protocol", each_link_speaks_one_protocol},
      {"both ends know each other by their certificates",
       both_ends_know_each_other_by_their_certificates},
      {"every bad client certificate is refused for its reason",
       every_bad_client_certificate_is_refused_for_its_reason},
      {"a client accepts only the gateway it means", a_client_accepts_only_the_gateway_it_means},
      {"a peer without certificate is refused", a_peer_without_certificate_is_refused},
      {"a server insists on its protocol", a_server_insists_on_its_protocol},
      {"a client insists on its protocol", a_client_insists_on_its_protocol},
      {"octets that are no TLS are refused", octets_that_are_no_tls_are_refused},
      {"no ticket is ever sent", no_ticket_is_ever_sent})
