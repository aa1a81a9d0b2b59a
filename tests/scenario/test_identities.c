/* The link, the claim `from` and the seal's signer are one party, or nothing goes through. */

#include <stdio.h>
#include <string.h>

#include "scenario/scene.h"

static const char *const parties[] = {"XA-CA-01", "XA-JUD-01", "XA-POL-01", "XC-CA-01"};
#define PARTIES (sizeof parties / sizeof parties[0])

struct combination {
    const char *link, *from, *signer;
};

/* The code and reason that a combination must end with; NULL: accepted. Police send no requests. */
static const char *wanted_code(const struct combination *c, const char **ret_reason)
{
    bool police = strcmp(c->from, "XA-POL-01") == 0;
    *ret_reason = strcmp(c->link, c->from) != 0     ? "link.from"
                  : strcmp(c->signer, c->from) != 0 ? "seal.signer"
                  : police                          ? "type.role"
                                                    : NULL;
    return *ret_reason == NULL                       ? NULL
           : strcmp(*ret_reason, "seal.signer") == 0 ? "E_SIG"
                                                     : "E_ROLE";
}

static void try(struct world *w, const struct combination *c)
{
    const char *reason, *code = wanted_code(c, &reason);
    const struct letter_question question = {
        .rulebook = w->rulebook,
        .document = plain_document("EIO"),
        .from = c->from,
        .to = strcmp(c->from, "XC-CA-01") == 0 ? "XA-CA-01" : "XC-CA-01",
        .sealed_by = c->signer,
        .now_ms = w->now.wall_ms,
    };
    struct letter *letter = letter_new(&question);
    struct client *client = client_dial(w, c->link);
    uint64_t size = world_log_size(w);
    const struct heard *h;
    struct outer outer;
    if (code == NULL) {
        CHECK(scene_send(client, letter) != NULL);
    } else if ((h = scene_refused(client, letter, code)) != NULL) {
        CHECK(scene_reason(w, reason));
        if (scene_outer(letter->arena, h->frame.as.refuse.receipt, &outer)) {
            CHECK_U64(outer.kind, ENTRY_REFUSAL);
            CHECK_BYTES(outer.code, slice_text(code));
            CHECK_BYTES(outer.from, slice_text(c->from));
        }
    }
    CHECK_U64(world_log_size(w), size + 1);
    client_free(client);
    letter_free(letter);
}

static void only_one_party_all_through_is_accepted(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    for (size_t link = 0; link < PARTIES; link++)
        for (size_t from = 0; from < PARTIES; from++)
            for (size_t signer = 0; signer < PARTIES; signer++)
                try(w, &(struct combination){parties[link], parties[from], parties[signer]});
    world_free(w);
}

/* An officer's link is the party's link; an officer's key does not seal for the party. */
static void officers_send_for_their_party_but_do_not_seal_for_it(void)
{
    struct world *w = world_new(&(struct world_settings){0});
    struct client *officer = client_dial(w, "XA-POL-01/2207");
    struct letter_question question = {
        .rulebook = w->rulebook,
        .document = plain_document("EIO"),
        .from = "XA-POL-01",
        .to = "XC-CA-01",
        .sealed_by = "XA-POL-01/2207",
        .now_ms = w->now.wall_ms,
    };
    struct letter *letter = letter_new(&question);
    CHECK(scene_refused(officer, letter, "E_SIG") != NULL);
    CHECK(scene_reason(w, "seal.signer"));
    letter_free(letter);
    question.sealed_by = "XA-POL-01";
    letter = letter_new(&question);
    CHECK(scene_refused(officer, letter, "E_ROLE") != NULL);
    CHECK(scene_reason(w, "type.role")); /* the last thing that is wrong with it */
    letter_free(letter);
    world_free(w);
}

TESTS(identities,
      {"only one party all through is accepted", only_one_party_all_through_is_accepted},
      {"officers send for their party but do not seal for it",
       officers_send_for_their_party_but_do_not_seal_for_it})
