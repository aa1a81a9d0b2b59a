/*
 * key_flood PKI ADDRESS COUNT: a party's link on which every octet of a long frame is preceded by a
 * KeyUpdate that asks for another one back (RFC 8446 4.6.3). Says after how many of COUNT it was
 * cut off; exits 1 when it never was.
 */

#include <poll.h>
#include <stdio.h>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "support/dial.h"

#define WAIT_MS 10000

static bool wait_for(const struct dial *d)
{
    struct pollfd wanted = {.fd = d->fd, .events = d->wants};
    return poll(&wanted, 1, WAIT_MS) == 1;
}

static bool send_octet(struct dial *d, uint8_t octet)
{
    size_t length = 0;
    enum tls_step step;
    tls_link_rekey(d->tls);
    while ((step = tls_write(d->tls, slice_over(&octet, 1), &length)) == TLS_WANT_WRITE) {
        struct pollfd wanted = {.fd = d->fd, .events = POLLOUT};
        if (poll(&wanted, 1, WAIT_MS) != 1)
            return false;
    }
    return step == TLS_DONE;
}

/* The frame is never complete, so that nothing but TLS can object to it. */
static uint64_t flood(struct dial *d, uint64_t count)
{
    static const uint8_t head[] = {0, 1, 0, 0};
    for (uint64_t i = 0; i < count; i++) {
        struct pollfd readable = {.fd = d->fd, .events = POLLIN};
        if (poll(&readable, 1, 0) == 1)
            dial_run(d);
        if (d->state != DIAL_OPEN || !send_octet(d, i < sizeof head ? head[i] : 0))
            return i;
    }
    return count;
}

int main(int argc, char **argv)
{
    struct dial dial;
    uint64_t count = 0;
    if (argc != 4 || !decimal_read(slice_text(argv[3]), UINT32_MAX, &count) ||
        failed(crypto_thread_start())) {
        fprintf(stderr, "usage: key_flood PKI ADDRESS COUNT\n");
        return 2;
    }
    struct tls_context *context = dial_context(argv[1], "XA-CA-01");
    dial_start(&dial, context, "XA-CA-01", argv[2]);
    while (dial.state != DIAL_OPEN && dial.state != DIAL_OVER && wait_for(&dial))
        dial_run(&dial);
    uint64_t cut = dial.state == DIAL_OPEN ? flood(&dial, count) : count;
    printf("cut off after %llu of %llu\n", (unsigned long long)cut, (unsigned long long)count);
    dial_drop(&dial);
    tls_context_free(context);
    return cut > 0 && cut < count ? 0 : 1;
}
