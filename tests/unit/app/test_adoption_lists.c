/* Revocation lists that a peer gives. */

#include "adopter.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/encoding.h"
#include "said.h"
#include "support/check.h"
#include "wire/cbor.h"

/* A list of the PKI as its object; to be freed. */
static struct buffer lists_object(const char *name)
{
    struct buffer out = buffer_new(1 << 16);
    struct slice pem = file_octets(pki("%s", name));
    const char *begin_line = strchr((const char *)pem.at, '\n'), *end_line;
    end_line = strstr(begin_line, "-----END");
    char base64[8000];
    uint8_t der[8000];
    size_t length = 0;
    for (const char *p = begin_line; p < end_line; p++)
        if (*p != '\n')
            base64[length++] = *p;
    size_t octets = 0;
    CHECK(base64_read(slice_over(base64, length), der, sizeof der, &octets));
    cbor_put_array(&out, 1);
    cbor_put_bytes(&out, slice_over(der, octets));
    return out;
}

static void give_lists(struct adopter *a, const char *state, const char *name)
{
    char object_name[32];
    struct buffer octets = lists_object(name);
    snprintf(object_name, sizeof object_name, "revocations:%s", state);
    const struct object object = {
        .name = slice_text(object_name), .number = 2, .octets = buffer_slice(&octets)};
    adopter_take(a, &object, (uint64_t)time(NULL) * 1000);
    buffer_done(&octets);
}

static bool is_kept(const char *state)
{
    char path[100];
    struct stat st;
    snprintf(path, sizeof path, "%s/received/revocations-%s.pem", adopter_journal, state);
    return stat(path, &st) == 0 && (st.st_mode & 0777) == 0600;
}

static void newer_lists_are_kept_and_wait_for_a_reload(void)
{
    struct adopter a = adopter_begin();
    give_lists(&a, "XC", "twin/second.pem");
    CHECK(said_this("\"level\":\"notice\",\"event\":\"revocations.received\",\"gateway\":"
                    "\"XA-GW-01\",\"peer\":\"XC-GW-01\",\"text\":\"revocation list 3 of XC\""));
    CHECK(is_kept("XC"));
    CHECK(adoption_waits(a.adoption));
    adoption_done(a.adoption);
    give_lists(&a, "XC", "twin/first.pem"); /* not in use yet, and nevertheless newer */
    CHECK_U64(said_lines(), 0);
    CHECK(!adoption_waits(a.adoption));
    adopter_end(&a);
}

static void lists_that_nobody_signed_are_refused(void)
{
    struct adopter a = adopter_begin();
    static const struct {
        const char *state, *name, *line;
    } rows[] = {
        {"XA", "bad/rogue/crl.pem", "a revocation list of XA is signed by no configured CA of it"},
        {"XB", "twin/second.pem", "a revocation list of XB is signed by no configured CA of it"},
        {"XC", "twin/narrow.pem", "a revocation list of XC is not about all"},
        {"XD", "twin/second.pem", "a revocation list of XD is signed by no configured CA of it"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        give_lists(&a, rows[i].state, rows[i].name);
        CHECK(said_this(rows[i].line));
        CHECK(!is_kept(rows[i].state));
    }
    const struct object object = {
        .name = slice_text("revocations:XC"), .number = 9, .octets = slice_text("\x81")};
    adopter_take(&a, &object, (uint64_t)time(NULL) * 1000);
    CHECK(said_this("\"level\":\"warning\",\"event\":\"revocations.refused\",\"gateway\":"
                    "\"XA-GW-01\",\"peer\":\"XC-GW-01\",\"text\":\"what was given for XC is no "));
    CHECK(!adoption_waits(a.adoption));
    adopter_end(&a);
}

TESTS(app_adoption_lists,
      {"newer lists are kept and wait for a reload", newer_lists_are_kept_and_wait_for_a_reload},
      {"lists that nobody signed are refused", lists_that_nobody_signed_are_refused})
