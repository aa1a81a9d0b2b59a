/* When demo up takes the gateways for linked: by the last word of both about each other. */

#include <stdio.h>

#include "comity/demo/demo.h"
#include "support/check.h"
#include "support/folder.h"

#define UP(peer)   "{\"event\":\"peer.up\",\"peer\":\"" peer "\"}\n"
#define DOWN(peer) "{\"event\":\"peer.down\",\"peer\":\"" peer "\"}\n"

/* A demo of two States whose gateways said this; NULL: nothing yet. */
static struct demo demo_saying(const char *arvenia, const char *corland)
{
    struct demo demo = {0};
    struct comity_fault fault = {0};
    CHECK(slice_copy_text(slice_text(fresh_folder()), demo.dir, sizeof demo.dir));
    CHECK(demo_plan(&demo, "XA,XC", false, &fault) == COMITY_DONE);
    const char *const said[] = {arvenia, corland};
    for (size_t i = 0; i < demo.gateway_count; i++) {
        char path[DEMO_PATH_BYTES];
        snprintf(path, sizeof path, "gateways/%s/comityd.err", demo.gateways[i].id);
        if (said[i] != NULL)
            CHECK(demo_write(&demo, path, slice_text(said[i]), 0644, &fault) == COMITY_DONE);
    }
    return demo;
}

static void check_linked(const char *arvenia, const char *corland, bool linked)
{
    char missing[DEMO_PATH_BYTES];
    const struct demo demo = demo_saying(arvenia, corland);
    CHECK(demo_linked(&demo, missing) == linked);
    CHECK_TEXT(missing, linked ? "" : " XA-GW-01 with XC-GW-01");
}

static void both_must_say_so(void)
{
    check_linked("ready\n" UP("XC-GW-01"), UP("XA-GW-01") "{\"event\":\"link.bye\"}\n", true);
    check_linked(UP("XC-GW-01"), "", false);
    check_linked("", UP("XA-GW-01"), false);
    check_linked(UP("XC-GW-01"), NULL, false);
}

static void the_last_word_counts(void)
{
    check_linked(UP("XC-GW-01") DOWN("XC-GW-01"), UP("XA-GW-01"), false);
    check_linked(UP("XC-GW-01") DOWN("XC-GW-01") UP("XC-GW-01"), UP("XA-GW-01"), true);
}

static void what_is_said_of_another_peer_does_not_count(void)
{
    check_linked(UP("XB-GW-01"), UP("XA-GW-01"), false);
    check_linked(UP("XC-GW-01") DOWN("XB-GW-01"), UP("XA-GW-01"), true);
}

static void who_is_not_linked_is_named(void)
{
    char missing[DEMO_PATH_BYTES];
    struct demo demo = {0};
    struct comity_fault fault = {0};
    CHECK(slice_copy_text(slice_text(fresh_folder()), demo.dir, sizeof demo.dir));
    CHECK(demo_plan(&demo, "XA,XB,XC", false, &fault) == COMITY_DONE);
    CHECK(!demo_linked(&demo, missing));
    CHECK_TEXT(missing, " XA-GW-01 with XB-GW-01, XA-GW-01 with XC-GW-01, XB-GW-01 with XC-GW-01");
}

static void one_gateway_alone_is_linked(void)
{
    char missing[DEMO_PATH_BYTES];
    struct demo demo = {0};
    struct comity_fault fault = {0};
    CHECK(demo_plan(&demo, NULL, false, &fault) == COMITY_DONE);
    CHECK(demo_linked(&demo, missing));
}

TESTS(cli_demo_links, {"both must say so", both_must_say_so},
      {"the last word counts", the_last_word_counts},
      {"what is said of another peer does not count", what_is_said_of_another_peer_does_not_count},
      {"who is not linked is named", who_is_not_linked_is_named},
      {"one gateway alone is linked", one_gateway_alone_is_linked})
