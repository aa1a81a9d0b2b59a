#include "exchange/judge.h"

#include <stdio.h>

#include "support/check.h"

static void bodies_have_two_elements_or_four(void)
{
    static const struct {
        const char *octets;
        bool good;
        size_t releases;
    } rows[] = {
        {"9292c4009090", true, 0},
        {"9292c4009091c40101", true, 0},
        {"9392c400909091c40101", false, 0},
        {"9492c400909091c4010191c40102", true, 1},
        {"9492c40090909090", false, 0},
        {"9492c400909091c4010190", false, 0},
        {"9492c400909092c40101c4010292c40101c40102", false, 0},
        {"9192c40090", false, 0},
        {"9292c400909000", false, 0},
    };
    struct arena *arena = arena_new(65536);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct body body = {0};
        struct slice octets = hex(rows[i].octets);
        struct status s = body_parse(arena, octets, &body);
        if (!CHECK_STATUS(s, rows[i].good ? OK : FAIL(STORE)))
            printf("    %s\n", rows[i].octets);
        CHECK_U64(body.releases.count, rows[i].releases);
        CHECK_U64(body.receipts.count, rows[i].releases);
        if (failed(s))
            continue;
        struct buffer b = buffer_new(256);
        body_write(&b, &body);
        CHECK_BYTES(buffer_slice(&b), octets);
        buffer_done(&b);
    }
    arena_free(arena);
}

TESTS(exchange_body, {"bodies have two elements or four", bodies_have_two_elements_or_four})
