#include "ends.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ends opened(void)
{
    struct ends e = ends_of(context_of(PARTY), context_of(GATEWAY), "XA-GW-01");
    struct outcome o = shake_hands(&e);
    CHECK(o.client == TLS_DONE && o.server == TLS_DONE);
    return e;
}

static struct ends opened_raw(struct tls_context *server)
{
    struct ends e = ends_raw_client(raw_context(PARTY, false), server);
    CHECK_U64(shake_hands(&e).server, TLS_DONE);
    return e;
}

static uint8_t octet_at(size_t i)
{
    return (uint8_t)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

struct flow {
    struct tls_link *from, *to;
    size_t sent, received;
    unsigned partial, waits;
    bool right;
};

/* Moves as much as goes at once, from a buffer that is never at the same address twice. */
static void move(struct flow *f, size_t total)
{
    static uint8_t rooms[2][100003], got[70001];
    static unsigned turn;
    uint8_t *out = rooms[turn++ % 2];
    size_t length = total - f->sent < sizeof rooms[0] ? total - f->sent : sizeof rooms[0];
    for (size_t i = 0; i < length; i++)
        out[i] = octet_at(f->sent + i);
    size_t done = 0;
    enum tls_step step = tls_write(f->from, slice_over(out, length), &done);
    f->waits += step == TLS_WANT_WRITE;
    f->partial += step == TLS_DONE && done < length;
    f->sent += step == TLS_DONE ? done : 0;
    while (tls_read(f->to, got, sizeof got, &done) == TLS_DONE) {
        for (size_t i = 0; i < done; i++)
            f->right = f->right && got[i] == octet_at(f->received + i);
        f->received += done;
    }
}

static void large_transfers_arrive_whole_in_both_directions(void)
{
    const size_t total = 1 << 20;
    struct ends e = opened();
    struct flow up = {.from = e.client, .to = e.server, .right = true};
    struct flow down = {.from = e.server, .to = e.client, .right = true};
    move(&up, total);
    CHECK(up.partial > 0);
    for (int i = 0; i < 2; i++) {
        int small = 1; /* as little as the system allows */
        setsockopt(e.descriptors[i], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    }
    for (int i = 0; i < 20000 && (up.received < total || down.received < total); i++) {
        move(&up, total);
        move(&down, total);
    }
    CHECK_U64(up.received, total);
    CHECK_U64(down.received, total);
    CHECK(up.right && down.right);
    CHECK(up.waits > 0);
    ends_done(&e);
}

/* The descriptors of these tests block; nothing here may. */
static void nothing_to_read_is_said_at_once(void)
{
    struct ends e = opened();
    char octet;
    size_t length = 0;
    CHECK_U64(tls_read(e.client, &octet, 1, &length), TLS_WANT_READ);
    CHECK_U64(tls_read(e.server, &octet, 1, &length), TLS_WANT_READ);
    CHECK_U64(tls_write(e.client, slice_over(NULL, 0), &length), TLS_DONE);
    CHECK_U64(length, 0);
    ends_done(&e);
}

static void what_is_left_inside_a_link_is_read_next(void)
{
    struct ends e = opened();
    char octets[4];
    size_t length = 0;
    CHECK_U64(tls_write(e.client, slice_text("abcd"), &length), TLS_DONE);
    CHECK_U64(tls_read(e.server, octets, 1, &length), TLS_DONE);
    CHECK_U64(tls_read(e.server, octets + 1, 3, &length), TLS_DONE);
    CHECK_BYTES(slice_over(octets + 1, length), slice_text("bcd"));
    ends_done(&e);
}

static void close_notify_ends_one_direction_cleanly(void)
{
    struct ends e = opened();
    char octets[8];
    size_t length = 0;
    CHECK_U64(tls_write(e.client, slice_text("last"), &length), TLS_DONE);
    CHECK_U64(tls_close(e.client), TLS_DONE);
    CHECK_U64(tls_read(e.server, octets, sizeof octets, &length), TLS_DONE);
    CHECK_BYTES(slice_over(octets, length), slice_text("last"));
    CHECK_U64(tls_read(e.server, octets, sizeof octets, &length), TLS_CLOSED);
    CHECK_U64(tls_read(e.server, octets, sizeof octets, &length), TLS_CLOSED);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_NONE);
    CHECK_U64(tls_write(e.server, slice_text("answer"), &length), TLS_DONE);
    CHECK_U64(tls_close(e.server), TLS_DONE);
    CHECK_U64(tls_read(e.client, octets, sizeof octets, &length), TLS_DONE);
    CHECK_BYTES(slice_over(octets, length), slice_text("answer"));
    CHECK_U64(tls_read(e.client, octets, sizeof octets, &length), TLS_CLOSED);
    ends_done(&e);
}

static void an_end_without_close_notify_is_a_truncation(void)
{
    struct ends e = opened();
    char octets[8];
    size_t length = 0;
    CHECK_U64(tls_write(e.client, slice_text("cut"), &length), TLS_DONE);
    shutdown(e.descriptors[0], SHUT_WR);
    CHECK_U64(tls_read(e.server, octets, sizeof octets, &length), TLS_DONE);
    CHECK_U64(tls_read(e.server, octets, sizeof octets, &length), TLS_TRUNCATED);
    CHECK_U64(tls_read(e.server, octets, sizeof octets, &length), TLS_TRUNCATED);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_NETWORK);
    CHECK_U64(tls_write(e.server, slice_text("x"), &length), TLS_TRUNCATED);
    ends_done(&e);
}

static void a_cut_within_a_record_or_the_handshake_is_a_truncation(void)
{
    struct ends e = opened();
    char octets[8];
    size_t length = 0;
    CHECK(write(e.descriptors[0], "\x17\x03\x03\x01\x00half", 9) == 9);
    shutdown(e.descriptors[0], SHUT_WR);
    CHECK_U64(tls_read(e.server, octets, sizeof octets, &length), TLS_TRUNCATED);
    ends_done(&e);

    e = ends_of(context_of(PARTY), context_of(GATEWAY), "XA-GW-01");
    CHECK_U64(tls_handshake(e.client), TLS_WANT_READ);
    CHECK_U64(tls_handshake(e.server), TLS_WANT_READ);
    shutdown(e.descriptors[0], SHUT_WR);
    CHECK_U64(tls_handshake(e.server), TLS_TRUNCATED);
    CHECK_U64(tls_handshake(e.server), TLS_TRUNCATED);
    ends_done(&e);
}

static void a_changed_record_ends_the_link(void)
{
    struct ends e = opened();
    char octets[8];
    size_t length = 0;
    CHECK(write(e.descriptors[0],
                "\x17\x03\x03\x00\x14"
                "aaaaaaaaaaaaaaaaaaaa",
                25) == 25);
    CHECK_U64(tls_read(e.server, octets, sizeof octets, &length), TLS_FAILED);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_PROTOCOL);
    CHECK(!tls_failure_is_certificate(tls_failure(e.server)));
    CHECK_U64(tls_read(e.client, octets, sizeof octets, &length), TLS_FAILED);
    CHECK_U64((uint64_t)tls_alert(e.client), 20);
    ends_done(&e);
}

/* The default action of SIGPIPE would end this program. */
static void writing_to_a_peer_that_has_gone_fails_without_a_signal(void)
{
    struct ends e = opened();
    size_t length = 0;
    close(e.descriptors[1]);
    e.descriptors[1] = -1;
    CHECK_U64(tls_write(e.client, slice_text("x"), &length), TLS_FAILED);
    CHECK_U64(tls_failure(e.client), TLS_FAILURE_NETWORK);
    CHECK_U64(tls_close(e.client), TLS_DONE);
    ends_done(&e);
}

static void a_refusal_is_found_even_by_who_writes_first(void)
{
    struct ends e =
        ends_of(context_of("XA/parties/XA-POL-01/tls"), context_of(GATEWAY), "XA-GW-01");
    struct outcome o = shake_hands(&e);
    size_t length = 0;
    CHECK(o.client == TLS_DONE && o.server == TLS_FAILED);
    close(e.descriptors[1]);
    e.descriptors[1] = -1;
    CHECK_U64(tls_write(e.client, slice_text("HELLO"), &length), TLS_FAILED);
    CHECK_U64(tls_failure(e.client), TLS_FAILURE_REFUSED);
    CHECK_TEXT(tls_failure_text(e.client), "the peer refused our certificate: certificate revoked");
    ends_done(&e);
}

static void nothing_is_read_or_written_before_the_handshake(void)
{
    struct ends e = ends_of(context_of(PARTY), context_of(GATEWAY), "XA-GW-01");
    char octet;
    size_t length = 0;
    CHECK_U64(tls_close(e.client), TLS_DONE);
    CHECK_U64(tls_read(e.server, &octet, 1, &length), TLS_FAILED);
    CHECK_U64(tls_write(e.client, slice_text("x"), &length), TLS_FAILED);
    CHECK_U64(tls_handshake(e.client), TLS_FAILED);
    ends_done(&e);
    tls_link_free(NULL);
}

/* The raw client renews its key and asks for ours, so our end must write while it reads. */
static void raw_renew(struct ends *e, bool with_data)
{
    size_t length = 0;
    CHECK(SSL_key_update(e->raw, SSL_KEY_UPDATE_REQUESTED) == 1);
    if (with_data)
        CHECK(SSL_write_ex(e->raw, "x", 1, &length) == 1);
    else
        CHECK(SSL_do_handshake(e->raw) == 1);
}

static void key_updates_pass_as_often_as_anybody_needs_them(void)
{
    struct ends e = opened_raw(context_of(GATEWAY));
    char octet;
    size_t length = 0;
    for (int i = 0; i < 20; i++) {
        raw_renew(&e, true);
        CHECK_U64(tls_read(e.server, &octet, 1, &length), TLS_DONE);
        raw_step(&e);
    }
    CHECK_U64(tls_write(e.server, slice_text("x"), &length), TLS_DONE);
    CHECK(SSL_read_ex(e.raw, &octet, 1, &length) == 1);
    ends_done(&e);
}

static void a_flood_of_key_updates_ends_the_link(void)
{
    struct ends e = opened_raw(context_of(GATEWAY));
    char octet;
    size_t length = 0;
    enum tls_step step = TLS_WANT_READ;
    for (int i = 0; i < 200 && step == TLS_WANT_READ; i++) {
        raw_renew(&e, false);
        step = tls_read(e.server, &octet, 1, &length);
        raw_step(&e);
    }
    CHECK_U64(step, TLS_FAILED);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_RENEWALS);
    ends_done(&e);
}

static void a_flood_in_one_go_ends_the_link_too(void)
{
    struct ends e = opened_raw(context_of(GATEWAY));
    char octet;
    size_t length = 0;
    for (int i = 0; i < 100; i++) {
        CHECK(SSL_key_update(e.raw, SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
        CHECK(SSL_do_handshake(e.raw) == 1);
    }
    CHECK_U64(tls_read(e.server, &octet, 1, &length), TLS_FAILED);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_RENEWALS);
    ends_done(&e);
}

static unsigned updates;

static void count_updates(int written, int version, int type, const void *octets, size_t length,
                          SSL *ssl, void *arg)
{
    (void)version, (void)ssl, (void)arg;
    updates += !written && type == SSL3_RT_HANDSHAKE && length > 0 &&
               ((const uint8_t *)octets)[0] == SSL3_MT_KEY_UPDATE;
}

static void our_own_key_is_renewed_after_so_many_records(void)
{
    struct tls_settings settings = settings_of(GATEWAY);
    settings.records_per_key = 4;
    struct ends e = opened_raw(context_by(&settings));
    char octet;
    size_t length = 0;
    updates = 0;
    SSL_set_msg_callback(e.raw, count_updates);
    for (int i = 0; i < 41; i++) {
        CHECK_U64(tls_write(e.server, slice_text("x"), &length), TLS_DONE);
        CHECK(SSL_read_ex(e.raw, &octet, 1, &length) == 1);
    }
    CHECK_U64(updates, 10);
    ends_done(&e);
}

static void both_keys_are_renewed_when_that_is_asked_for(void)
{
    struct ends e = opened_raw(context_of(GATEWAY));
    char octet;
    size_t length = 0;
    updates = 0;
    SSL_set_msg_callback(e.raw, count_updates);
    for (unsigned i = 0; i < 100; i++) { /* more than a peer may have ideas of its own */
        tls_link_rekey(e.server);
        CHECK_U64(tls_write(e.server, slice_text("x"), &length), TLS_DONE);
        CHECK(SSL_read_ex(e.raw, &octet, 1, &length) == 1);
        CHECK_U64(updates, i + 1);
        CHECK(SSL_write_ex(e.raw, "y", 1, &length) == 1); /* its answer goes first */
        CHECK_U64(tls_read(e.server, &octet, 1, &length), TLS_DONE);
    }
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_NONE);
    ends_done(&e);
}

/* The library refuses a new key in the middle of a record: it must come after it. */
static void a_key_is_renewed_after_a_record_that_is_half_written(void)
{
    static uint8_t octets[16384], read[sizeof octets];
    struct ends e = opened_raw(context_of(GATEWAY));
    struct slice all = slice_over(octets, sizeof octets);
    size_t length = 0;
    enum tls_step step = TLS_DONE;
    updates = 0;
    SSL_set_msg_callback(e.raw, count_updates);
    while (step == TLS_DONE)
        step = tls_write(e.server, all, &length);
    CHECK_U64(step, TLS_WANT_WRITE);
    tls_link_rekey(e.server);
    for (unsigned records = 0; updates == 0 && records < 1000; records++) {
        if (!CHECK(SSL_read_ex(e.raw, read, sizeof read, &length) == 1))
            break;
        step = tls_write(e.server, all, &length);
        CHECK(step == TLS_DONE || step == TLS_WANT_WRITE);
    }
    CHECK_U64(updates, 1);
    CHECK_U64(tls_failure(e.server), TLS_FAILURE_NONE);
    ends_done(&e);
}

static void a_link_that_is_not_open_gets_no_new_key(void)
{
    struct ends e = ends_raw_client(raw_context(PARTY, false), context_of(GATEWAY));
    tls_link_rekey(e.server);
    CHECK_U64(shake_hands(&e).server, TLS_DONE);
    CHECK_U64(tls_close(e.server), TLS_DONE);
    updates = 0;
    SSL_set_msg_callback(e.raw, count_updates);
    tls_link_rekey(e.server);
    char octet;
    size_t length = 0;
    int result = SSL_read_ex(e.raw, &octet, 1, &length);
    CHECK_U64((uint64_t)SSL_get_error(e.raw, result), SSL_ERROR_ZERO_RETURN);
    CHECK(SSL_write_ex(e.raw, "y", 1, &length) == 1);
    CHECK_U64(tls_read(e.server, &octet, 1, &length), TLS_DONE);
    CHECK(recv(e.descriptors[0], &octet, 1, MSG_DONTWAIT) < 0); /* nothing after close_notify */
    CHECK_U64(updates, 0);
    ends_done(&e);
}

TESTS(tls_stream,
      {"large transfers arrive whole in both directions",
       large_transfers_arrive_whole_in_both_directions},
      {"nothing to read is said at once", nothing_to_read_is_said_at_once},
      {"what is left inside a link is pending", what_is_left_inside_a_link_is_read_next},
      {"close_notify ends one direction cleanly", close_notify_ends_one_direction_cleanly},
      {"an end without close_notify is a truncation", an_end_without_close_notify_is_a_truncation},
      {"a cut within a record or the handshake is a truncation",
       a_cut_within_a_record_or_the_handshake_is_a_truncation},
      {"a changed record ends the link", a_changed_record_ends_the_link},
      {"writing to a peer that has gone fails without a signal",
       writing_to_a_peer_that_has_gone_fails_without_a_signal},
      {"a refusal is found even by who writes first", a_refusal_is_found_even_by_who_writes_first},
      {"nothing is read or written before the handshake",
       nothing_is_read_or_written_before_the_handshake},
      {"key updates pass as often as anybody needs them",
       key_updates_pass_as_often_as_anybody_needs_them},
      {"a flood of key updates ends the link", a_flood_of_key_updates_ends_the_link},
      {"a flood in one go ends the link too", a_flood_in_one_go_ends_the_link_too},
      {"our own key is renewed after so many records",
       our_own_key_is_renewed_after_so_many_records},
      {"both keys are renewed when that is asked for",
       both_keys_are_renewed_when_that_is_asked_for},
      {"a key is renewed after a record that is half written",
       a_key_is_renewed_after_a_record_that_is_half_written},
      {"a link that is not open gets no new key", a_link_that_is_not_open_gets_no_new_key})
