/* Links that the peer leaves, and when they are dialled again. */

#include "far.h"

#include "edge/dialler.h"

#define FAR "XC/gateways/XC-GW-01/tls"

/* Short pauses, and nothing counts as steady. */
static const struct dialler_times quick = {.reach_ms = DEADLINE_MS,
                                           .handshake_ms = DEADLINE_MS,
                                           .least_ms = 2,
                                           .most_ms = 4,
                                           .steady_ms = UINT64_MAX};

/* However often: by doubled pauses the last one would take minutes. */
static void a_link_that_is_left_in_order_is_made_anew_soon(void)
{
    struct far far;
    struct dialler_times times = quick;
    times.most_ms = 100UL * DEADLINE_MS;
    far_open(&far, FAR);
    const struct far_row rows[] = {{"XC-GW-01", {far.address}}};
    struct pool *p = far_pool(1, &times, rows, 1);
    for (unsigned i = 1; i <= 20; i++) {
        CHECK(far_leave(&far, NULL));
        CHECK_U64(far.came, i);
    }
    far_close(&far);
    far_pool_free(p);
}

/* Whose link is left for a fault, or at once, is tried elsewhere. */
static void who_leaves_for_a_fault_or_at_once_is_no_better_than_lost(void)
{
    static const struct {
        const char *code;
        uint64_t calm_ms;
        unsigned next;
    } rows[] = {{NULL, 0, 0}, {"E_UNAVAILABLE", 0, 1}, {NULL, UINT64_MAX, 1}};
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct far far[2];
        struct dialler_times times = quick;
        times.calm_ms = rows[i].calm_ms;
        far_open(&far[0], FAR);
        far_open(&far[1], FAR);
        const struct far_row row = {"XC-GW-01", {far[0].address, far[1].address}};
        struct pool *p = far_pool(1, &times, &row, 1);
        CHECK(far_leave(&far[0], rows[i].code));
        CHECK(far_reach(&far[rows[i].next], FAR_GREETED));
        far_close(&far[0]);
        far_close(&far[1]);
        far_pool_free(p);
    }
}

TESTS(edge_dialler_order,
      {"a link that is left in order is made anew soon",
       a_link_that_is_left_in_order_is_made_anew_soon},
      {"who leaves for a fault or at once is no better than lost",
       who_leaves_for_a_fault_or_at_once_is_no_better_than_lost})
