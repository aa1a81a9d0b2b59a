#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/received.h"
#include "app/state.h"

#define ARENA ((size_t)64 << 20)

static char journal[64], said[2000];

static void keep(void *owner, const char *sentence)
{
    (void)owner;
    size_t length = strlen(said);
    snprintf(said + length, sizeof said - length, "%s\n", sentence);
}

/* ---- what is in use ---- */

static struct config_authority authorities[3];
static struct config_tls tls;
static char states[3][3] = {"XA", "XB", "XC"}, paths[8][256], gateway[] = "XA-GW-01",
            nowhere[] = "/nowhere";

static char *path(size_t at, const char *name)
{
    snprintf(paths[at], sizeof paths[at], "%s", pki("%s", name));
    return paths[at];
}

static struct config config(void)
{
    static const char *const names[] = {"XA/ca.crt",  "XA/crl.pem", "XB/ca.crt",
                                        "XB/crl.pem", "XC/ca.crt",  "XC/crl.pem"};
    for (size_t i = 0; i < 3; i++)
        authorities[i] = (struct config_authority){states[i], path(2 * i, names[2 * i]),
                                                   path(2 * i + 1, names[2 * i + 1])};
    tls = (struct config_tls){path(6, "XA/gateways/XA-GW-01/tls.crt"),
                              path(7, "XA/gateways/XA-GW-01/tls.key")};
    return (struct config){.gateway = gateway,
                           .tls = &tls,
                           .authorities = authorities,
                           .authorities_count = 3,
                           .rulebook = nowhere,
                           .journal = journal};
}

static struct snapshot *snapshot(void)
{
    struct text_file at[] = {
        {slice_text("law/vocabulary"), slice_text("law number 4\ncodes role CA\ncodes instrument "
                                                  "EIO\ncodes purpose EVIDENCE\ncodes urgency "
                                                  "ROUTINE, URGENT\ncodes kind GOOD, BAD as "
                                                  "CRM\n")},
        {slice_text("states/demo"),
         slice_text("states number 1\nstate XA \"A\" domain a.b\ngateway XA-GW-01\n")},
    };
    const struct text_files files = {at, 2};
    struct rulebook *rulebook = NULL;
    struct objects *objects = NULL;
    struct text_error error = {0};
    if (!CHECK_OK(rulebook_parse(&files, &rulebook, &error)))
        fprintf(stderr, "%s:%u: %s\n", error.file, error.line, error.message);
    CHECK_OK(objects_new(&files, rulebook, NULL, 0, &objects));
    return snapshot_new(rulebook, objects);
}

static struct state *load(const struct config *c, const struct state *previous)
{
    struct problems problems = {.report = keep};
    struct state *state = NULL;
    said[0] = '\0';
    (void)failed(state_load_lists(c, previous, &problems, &state));
    CHECK(problems.any == (state == NULL));
    return state;
}

/* One in use whose context has the configured lists. */
static struct state *begin(const struct config *c)
{
    struct state first = {.snapshot = snapshot()};
    snprintf(journal, sizeof journal, "/tmp/comity-lists-XXXXXX");
    CHECK(mkdtemp(journal) != NULL);
    struct state *state = load(c, &first);
    CHECK_TEXT(said, "");
    snapshot_drop(first.snapshot);
    return state;
}

static void end(struct state *state)
{
    state_free(state);
    CHECK_OK(folder_remove(journal));
}

/* A newer list of XC has come. */
static void receive(void)
{
    char file[128];
    snprintf(file, sizeof file, "%s/received", journal);
    CHECK_OK(folder_make(file, 0700));
    snprintf(file, sizeof file, "%s/received/revocations-XC.pem", journal);
    CHECK_OK(file_write(file, file_octets(pki("twin/second.pem")), 0600));
}

static const struct object *object(const struct state *state, const char *name)
{
    return objects_find(snapshot_objects(state->snapshot), slice_text(name));
}

/* ---- tests ---- */

static void what_came_is_in_use_and_handed_on_under_the_same_rulebook(void)
{
    const struct config c = config();
    struct state *now = begin(&c);
    CHECK_U64(object(now, "revocations:XC")->number, 1);
    receive();
    struct state *next = load(&c, now);
    CHECK_TEXT(said, ""); /* there is no folder of a rulebook, and nobody looked */
    CHECK(snapshot_rulebook(next->snapshot) == snapshot_rulebook(now->snapshot));
    CHECK_U64(object(next, "revocations:XC")->number, 3);
    CHECK(digest_equal(&object(next, "revocations:XA")->digest,
                       digest_slice(&object(now, "revocations:XA")->digest)));
    CHECK_U64(snapshot_objects(next->snapshot)->count, snapshot_objects(now->snapshot)->count);
    state_free(now);

    const struct rulebook *rulebook = snapshot_rulebook(next->snapshot);
    CHECK_U64(rulebook->directory->states_number, 1); /* it outlives the state it was read for */
    CHECK_U64(object(next, "law")->number, 4);
    CHECK(digest_equal(&object(next, "law")->digest, digest_slice(&rulebook->law_digest)));
    struct digest digest;
    CHECK_OK(objects_digest(object(next, "law")->octets, slice_text("law"), &digest));
    CHECK(digest_equal(&digest, digest_slice(&rulebook->law_digest)));
    end(next);
}

static void what_cannot_be_read_is_named_and_changes_nothing(void)
{
    const struct config c = config();
    struct state *now = begin(&c);
    receive();
    tls.key = nowhere;
    CHECK(load(&c, now) == NULL);
    CHECK(strstr(said, "tls: /nowhere: no P-256 or Ed25519 key") == said);
    tls.key = path(7, "XA/gateways/XA-GW-01/tls.key");
    authorities[1].crl = nowhere;
    CHECK(load(&c, now) == NULL);
    CHECK_TEXT(said, "tls: /nowhere: cannot be read\n");
    CHECK_U64(object(now, "revocations:XC")->number, 1);
    end(now);
}

TESTS(app_lists,
      {"what came is in use and handed on under the same rulebook",
       what_came_is_in_use_and_handed_on_under_the_same_rulebook},
      {"what cannot be read is named and changes nothing",
       what_cannot_be_read_is_named_and_changes_nothing})
