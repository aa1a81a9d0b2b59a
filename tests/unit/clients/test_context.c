#include "libcomity/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "fixture.h"
#include "libcomity/uuid.h"

#define BAD_PARTY                                                                                  \
    "{\"party\":\"nobody\",\"gateway\":\"XA-GW-01\",\"cert\":\"a\",\"key\":\"a\",\"ca\":\"a\","    \
    "\"crl\":\"a\",\"sealing_cert\":\"a\",\"sealing_key\":\"a\",\"directory\":\"a\"}"

static struct comity_fault fault;

static struct comity_context context_named(const char *home, const char *name)
{
    struct comity_context c = {.party = "XA-CA-01",
                               .gateway = "XA-GW-01",
                               .address = "127.0.0.1:7443",
                               .cert = "/etc/comity/cert.pem",
                               .crl = "/etc/comity/crl.pem",
                               .ca = "/etc/comity/ca.pem",
                               .sealing_cert = "/etc/comity/seal.pem",
                               .sealing_key = "/etc/comity/seal.key",
                               .directory = "/etc/comity/rulebook"};
    snprintf(c.name, sizeof c.name, "%s", name);
    snprintf(c.key, sizeof c.key, "%s/keys/%s.key", home, name);
    return c;
}

static void a_context_comes_back(void)
{
    struct comity_context got, c;
    const char *home = fresh_folder();
    c = context_named(home, "xa-ca-01");
    CHECK_U64(comity_context_write(home, &c, &fault), COMITY_DONE);
    CHECK_U64(comity_context_load(home, "xa-ca-01", &got, &fault), COMITY_DONE);
    CHECK_TEXT(got.name, "xa-ca-01");
    CHECK_TEXT(got.party, c.party);
    CHECK_TEXT(got.address, c.address);
    CHECK_TEXT(got.cert, c.cert);
    CHECK_TEXT(got.key, c.key); /* below home: written without it, read with it */
    CHECK_TEXT(got.sealing_key, c.sealing_key);
    CHECK_TEXT(got.archive + strlen(home), "/archive/xa-ca-01");
    CHECK_TEXT(got.own_crl, "");
    snprintf(c.own_crl, sizeof c.own_crl, "%s/own.pem", home);
    CHECK_U64(comity_context_write(home, &c, &fault), COMITY_DONE);
    CHECK_U64(comity_context_load(home, "xa-ca-01", &got, &fault), COMITY_DONE);
    CHECK_TEXT(got.own_crl, c.own_crl);
}

static void paths_below_home_move_with_it(void)
{
    char path[256];
    const char *home = fresh_folder();
    struct comity_context c = context_named(home, "xa-ca-01");
    CHECK_U64(comity_context_write(home, &c, &fault), COMITY_DONE);
    snprintf(path, sizeof path, "%s/contexts/xa-ca-01.json", home);
    struct slice text = file_octets(path);
    CHECK(!holds_text(text, home));
    CHECK(holds_text(text, "\"keys/xa-ca-01.key\""));
}

static void the_default_is_the_only_one_or_the_current(void)
{
    char path[256];
    struct comity_context got, c;
    const char *home = fresh_folder();
    unsetenv("COMITY_CONTEXT");
    CHECK_U64(comity_context_load(home, NULL, &got, &fault), COMITY_INPUT);
    CHECK(fault.hint[0] != '\0');
    c = context_named(home, "one");
    CHECK_U64(comity_context_write(home, &c, &fault), COMITY_DONE);
    CHECK_U64(comity_context_load(home, NULL, &got, &fault), COMITY_DONE);
    CHECK_TEXT(got.name, "one");
    c = context_named(home, "two");
    CHECK_U64(comity_context_write(home, &c, &fault), COMITY_DONE);
    CHECK_U64(comity_context_load(home, NULL, &got, &fault), COMITY_INPUT);
    snprintf(path, sizeof path, "%s/current", home);
    CHECK_OK(file_write(path, slice_text("two\n"), 0600));
    CHECK_U64(comity_context_load(home, NULL, &got, &fault), COMITY_DONE);
    CHECK_TEXT(got.name, "two");
    setenv("COMITY_CONTEXT", "one", 1);
    CHECK_U64(comity_context_load(home, NULL, &got, &fault), COMITY_DONE);
    CHECK_TEXT(got.name, "one");
    unsetenv("COMITY_CONTEXT");
}

static void a_context_is_chosen_for_later(void)
{
    struct comity_context got, c;
    const char *home = fresh_folder();
    unsetenv("COMITY_CONTEXT");
    c = context_named(home, "one");
    CHECK_U64(comity_context_write(home, &c, &fault), COMITY_DONE);
    c = context_named(home, "two");
    CHECK_U64(comity_context_write(home, &c, &fault), COMITY_DONE);
    CHECK_U64(comity_context_use(home, "two", &fault), COMITY_DONE);
    CHECK_U64(comity_context_load(home, NULL, &got, &fault), COMITY_DONE);
    CHECK_TEXT(got.name, "two");
    CHECK_U64(comity_context_use(home, "three", &fault), COMITY_INPUT);
    CHECK_U64(comity_context_use(home, "../one", &fault), COMITY_INPUT);
    CHECK_U64(comity_context_use(home, "one", &fault), COMITY_DONE);
    CHECK_U64(comity_context_load(home, NULL, &got, &fault), COMITY_DONE);
    CHECK_TEXT(got.name, "one");
}

static void names_are_listed_sorted(void)
{
    char **names = NULL, path[256];
    struct comity_context c;
    const char *home = fresh_folder();
    CHECK_U64(comity_context_names(home, &names, &fault), COMITY_DONE);
    CHECK(names[0] == NULL);
    free(names);
    c = context_named(home, "xc-ca-01");
    CHECK_U64(comity_context_write(home, &c, &fault), COMITY_DONE);
    c = context_named(home, "xa-ca-01");
    CHECK_U64(comity_context_write(home, &c, &fault), COMITY_DONE);
    snprintf(path, sizeof path, "%s/contexts/notes.txt", home);
    CHECK_OK(file_write(path, slice_text("no context"), 0600));
    CHECK_U64(comity_context_names(home, &names, &fault), COMITY_DONE);
    CHECK_TEXT(names[0], "xa-ca-01");
    CHECK_TEXT(names[1], "xc-ca-01");
    CHECK(names[2] == NULL);
    free(names);
}

static void a_bad_context_is_refused(void)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"party\":\"XA-CA-01\"}",
        BAD_PARTY,
        "{\"party\":\"XA-CA-01\",\"party\":\"XA-CA-01\"}",
    };
    char path[256], folder[256];
    struct comity_context got;
    const char *home = fresh_folder();
    snprintf(folder, sizeof folder, "%s/contexts", home);
    snprintf(path, sizeof path, "%s/contexts/bad.json", home);
    CHECK_OK(folder_make(folder, 0700));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CHECK_OK(file_write(path, slice_text(texts[i]), 0600));
        CHECK_U64(comity_context_load(home, "bad", &got, &fault), COMITY_INPUT);
        CHECK(strstr(fault.message, "bad") != NULL);
    }
    CHECK_U64(comity_context_load(home, "../bad", &got, &fault), COMITY_INPUT);
    CHECK_U64(comity_context_load(home, "none", &got, &fault), COMITY_INPUT);
}

static void each_refusal_code_has_its_exit(void)
{
    static const struct {
        enum refusal refusal;
        enum comity_exit exit;
    } rows[] = {
        {REFUSAL_SCHEMA, COMITY_INPUT},     {REFUSAL_INCOMPLETE, COMITY_INPUT},
        {REFUSAL_SIZE, COMITY_INPUT},       {REFUSAL_ROLE, COMITY_REFUSED},
        {REFUSAL_HELD, COMITY_REFUSED},     {REFUSAL_CATEGORY, COMITY_REFUSED},
        {REFUSAL_SIG, COMITY_IDENTITY},     {REFUSAL_UNKNOWN, COMITY_UNKNOWN},
        {REFUSAL_STATE, COMITY_CONFLICT},   {REFUSAL_REPLAY, COMITY_CONFLICT},
        {REFUSAL_EXPIRED, COMITY_CONFLICT}, {REFUSAL_UNAVAILABLE, COMITY_UNAVAILABLE},
        {REFUSAL_HASH, COMITY_VERIFY},      {REFUSAL_STALE, COMITY_STALE},
        {REFUSAL_FORK, COMITY_FORK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_U64(exit_of(rows[i].refusal), rows[i].exit);
    for (enum refusal r = REFUSAL_SCHEMA; r < REFUSAL_COUNT; r++)
        CHECK(exit_of(r) > COMITY_FAILED);
    CHECK_STATUS(fault_verify(&fault, REFUSE(SEAL_SIGNATURE), "a delivery"),
                 REFUSE(SEAL_SIGNATURE));
    CHECK_U64(fault.exit, COMITY_VERIFY); /* somebody else's seal is no fault of ours */
    CHECK_TEXT(fault.code, "E_SIG");
}

static void ids_are_read_strictly(void)
{
    char text[UUID_TEXT_BYTES];
    uint8_t octets[16];
    struct slice id = hex("315236d88f134eeabec72226d35db015");
    uuid_write(id, text);
    CHECK_TEXT(text, "315236d8-8f13-4eea-bec7-2226d35db015");
    CHECK(uuid_read(slice_text(text), octets));
    CHECK_BYTES(slice_over(octets, sizeof octets), id);
    CHECK(uuid_read(slice_text("315236d88f134eeabec72226d35db015"), octets));
    CHECK(!uuid_read(slice_text("315236d8-8f13-4eea-bec7-2226d35db01"), octets));
    CHECK(!uuid_read(slice_text("315236D8-8f13-4eea-bec7-2226d35db015"), octets));
    CHECK(!uuid_read(slice_text("315236d8-8f13-1eea-bec7-2226d35db015"), octets));
    CHECK(!uuid_read(slice_text("315236d8-8f13-4eea-0ec7-2226d35db015"), octets));
    CHECK(!uuid_read(slice_text("315236d808f13-4eea-bec7-2226d35db015"), octets));
}

TESTS(clients_context, {"a context comes back", a_context_comes_back},
      {"paths below home move with it", paths_below_home_move_with_it},
      {"the default is the only one, or the current", the_default_is_the_only_one_or_the_current},
      {"a context is chosen for later", a_context_is_chosen_for_later},
      {"names are listed sorted", names_are_listed_sorted},
      {"a bad context is refused", a_bad_context_is_refused},
      {"each refusal code has its exit", each_refusal_code_has_its_exit},
      {"ids are read strictly", ids_are_read_strictly})
