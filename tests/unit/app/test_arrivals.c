#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "app/arrivals.h"

static unsigned woken;

static void wake(void)
{
    woken++;
}

static struct arrivals *begin(void)
{
    struct arrivals *a = arrivals_new(wake);
    if (a == NULL)
        abort();
    woken = 0;
    return a;
}

static void put(struct arrivals *a, const char *name, struct slice octets)
{
    const struct object object = {.name = slice_text(name), .number = 7, .octets = octets};
    arrivals_put(a, slice_text("XC-GW-01"), &object);
}

static void what_arrives_is_taken_in_its_order_and_is_a_copy(void)
{
    char octets[] = "one";
    struct arrivals *a = begin();
    CHECK(arrivals_take(a) == NULL);
    put(a, "law", slice_text(octets));
    memset(octets, 'x', 3);
    put(a, "states", slice_text("two"));
    CHECK_U64(woken, 2);
    struct arrival *one = arrivals_take(a);
    CHECK_TEXT(one->peer, "XC-GW-01");
    CHECK_BYTES(one->object.name, slice_text("law"));
    CHECK_BYTES(one->object.octets, slice_text("one"));
    CHECK_U64(one->object.number, 7);
    arrival_free(one);
    put(a, "law", slice_text("three"));
    static const char *const left[] = {"two", "three"};
    for (size_t i = 0; i < 2; i++) {
        one = arrivals_take(a);
        CHECK_BYTES(one->object.octets, slice_text(left[i]));
        arrival_free(one);
    }
    CHECK(arrivals_take(a) == NULL);
    CHECK_U64(arrivals_lost(a), 0);
    arrivals_free(a);
    arrivals_free(NULL);
}

static void what_waits_has_a_bound_and_the_rest_is_counted(void)
{
    struct arrivals *a = begin();
    size_t most = (size_t)16 << 20;
    uint8_t *octets = calloc(1, most);
    CHECK(octets != NULL);
    for (unsigned i = 0; i < 3; i++)
        put(a, "law", slice_over(octets, most)); /* the third has no room */
    CHECK_U64(arrivals_lost(a), 1);
    CHECK_U64(arrivals_lost(a), 0);
    arrival_free(arrivals_take(a));
    put(a, "law", slice_over(octets, most));
    CHECK_U64(arrivals_lost(a), 0);
    free(octets);
    arrivals_free(a);

    a = begin();
    for (unsigned i = 0; i < ARRIVALS_MAX + 5; i++)
        put(a, "law", slice_text("small"));
    CHECK_U64(arrivals_lost(a), 5);
    CHECK_U64(woken, ARRIVALS_MAX + 5);
    arrivals_free(a);
}

TESTS(app_arrivals,
      {"what arrives is taken in its order and is a copy",
       what_arrives_is_taken_in_its_order_and_is_a_copy},
      {"what waits has a bound and the rest is counted",
       what_waits_has_a_bound_and_the_rest_is_counted})
