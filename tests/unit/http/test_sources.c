#include "support/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "http/sources.h"

static struct source source(const char *text)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;
    bool is_six = strchr(text, ':') != NULL;
    storage.ss_family = is_six ? AF_INET6 : AF_INET;
    CHECK(inet_pton(storage.ss_family, text,
                    is_six ? (void *)&six->sin6_addr : (void *)&four->sin_addr) == 1);
    six->sin6_port = htons((uint16_t)(storage.ss_family + strlen(text))); /* never looked at */
    return source_of(&storage);
}

/* How many of these two count as one. */
static uint64_t together(const char *a, const char *b)
{
    struct sources sources = {0};
    struct source first = source(a), second = source(b);
    sources_enter(&sources, &first);
    return sources_count(&sources, &second);
}

static void each_ipv4_address_is_one(void)
{
    CHECK_U64(together("192.0.2.1", "192.0.2.1"), 1);
    CHECK_U64(together("192.0.2.1", "192.0.2.2"), 0);
    CHECK_U64(together("192.0.2.1", "193.0.2.1"), 0);
}

static void ipv6_counts_by_its_network(void)
{
    CHECK_U64(together("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff"), 1);
    CHECK_U64(together("2001:db8:0:1::1", "2001:db8:0:2::1"), 0);
    CHECK_U64(together("::1", "::2"), 1);
}

static void ipv4_in_the_form_of_ipv6_is_ipv4(void)
{
    CHECK_U64(together("::ffff:192.0.2.1", "192.0.2.1"), 1);
    CHECK_U64(together("::ffff:192.0.2.1", "::ffff:192.0.2.2"), 0);
    CHECK_U64(together("c000:201::", "192.0.2.1"), 0);
}

static void who_leaves_is_not_counted(void)
{
    struct sources sources = {0};
    struct source some[5], never = source("192.0.2.1"), late = source("192.0.2.1");
    for (unsigned i = 0; i < 5; i++) {
        some[i] = source(i % 2 == 0 ? "192.0.2.1" : "192.0.2.2");
        sources_enter(&sources, &some[i]);
    }
    CHECK_U64(sources_count(&sources, &some[0]), 3);
    source_leave(&some[2]); /* in the middle, then the ends */
    CHECK_U64(sources_count(&sources, &some[0]), 2);
    source_leave(&some[4]);
    sources_enter(&sources, &late);
    source_leave(&some[4]); /* takes nobody else with it */
    source_leave(&never);
    CHECK_U64(sources_count(&sources, &some[0]), 2);
    source_leave(&late);
    CHECK_U64(sources_count(&sources, &some[0]), 1);
    source_leave(&some[0]);
    CHECK_U64(sources_count(&sources, &some[0]), 0);
    CHECK_U64(sources_count(&sources, &some[1]), 2);
}

static void a_full_table_still_counts(void)
{
    static struct source many[4096];
    struct sources sources = {0};
    char text[32];
    for (unsigned i = 0; i < 4096; i++) {
        snprintf(text, sizeof text, "10.%u.%u.1", i / 2 / 256, i / 2 % 256);
        many[i] = source(text);
        sources_enter(&sources, &many[i]);
    }
    for (unsigned i = 0; i < 4096; i++)
        CHECK_U64(sources_count(&sources, &many[i]), 2);
}

TESTS(http_sources, {"each IPv4 address is one source", each_ipv4_address_is_one},
      {"an IPv6 address counts by its /64", ipv6_counts_by_its_network},
      {"an IPv4 address in the form of IPv6 is IPv4", ipv4_in_the_form_of_ipv6_is_ipv4},
      {"who leaves is not counted any more", who_leaves_is_not_counted},
      {"a table with thousands still counts right", a_full_table_still_counts})
