#include "adopter.h"

#include <stdio.h>
#include <stdlib.h>

#include "said.h"
#include "support/check.h"
#include "support/small_rulebook.h"

#define ARENA  ((size_t)64 << 20)
#define FOLDER "/tmp/comity-adoption-XXXXXX"

char adopter_journal[] = FOLDER;
const char *giver = "XC-GW-01";

struct rulebook *rulebook_with(struct arena *arena, unsigned law, unsigned states,
                               const char *extra, struct text_files *ret_files)
{
    *ret_files = small_rulebook(arena, law, states, extra);
    struct rulebook *rulebook = NULL;
    struct text_error error = {0};
    if (!CHECK_OK(rulebook_parse(ret_files, &rulebook, &error)))
        fprintf(stderr, "%s:%u: %s\n", error.file, error.line, error.message);
    return rulebook;
}

struct objects *objects_with(unsigned law, unsigned states, const char *extra)
{
    struct arena *arena = arena_new(ARENA);
    struct text_files files;
    struct objects *objects = NULL;
    struct rulebook *rulebook = rulebook_with(arena, law, states, extra, &files);
    CHECK_OK(objects_new(&files, rulebook, NULL, 0, &objects));
    rulebook_free(rulebook);
    arena_free(arena);
    return objects;
}

static struct tls_context *context(void)
{
    static const char *const states[] = {"XA", "XB", "XC"};
    struct tls_authority authorities[3];
    const char *lists[3];
    char error[256];
    struct tls_context *made = NULL;
    for (size_t i = 0; i < 3; i++) {
        snprintf(authorities[i].state, sizeof authorities[i].state, "%s", states[i]);
        authorities[i].certificates = pki("%s/ca.crt", states[i]);
        lists[i] = pki("%s/crl.pem", states[i]);
    }
    const struct tls_settings settings = {.certificate = pki("XA/gateways/XA-GW-01/tls.crt"),
                                          .key = pki("XA/gateways/XA-GW-01/tls.key"),
                                          .authorities = authorities,
                                          .authority_count = 3,
                                          .revocations = lists,
                                          .revocation_count = 3};
    CHECK_OK(tls_context_new(&settings, error, sizeof error, &made));
    return made;
}

struct adopter adopter_begin(void)
{
    const struct adoption_settings settings = {adopter_journal, said_anew()};
    struct arena *arena = arena_new(ARENA);
    struct text_files files;
    struct rulebook *rulebook = rulebook_with(arena, 4, 3, "", &files);
    arena_free(arena);
    snprintf(adopter_journal, sizeof adopter_journal, FOLDER);
    CHECK(mkdtemp(adopter_journal) != NULL);
    return (struct adopter){{context(), snapshot_new(rulebook, objects_with(4, 3, "")), NULL, ""},
                            adoption_new(&settings)};
}

void adopter_end(struct adopter *a)
{
    tls_context_free(a->state.context);
    snapshot_drop(a->state.snapshot);
    adoption_free(a->adoption);
    CHECK_OK(folder_remove(adopter_journal));
}

void adopter_take(struct adopter *a, const struct object *object, uint64_t at_ms)
{
    struct arrival arrival = {.object = *object};
    snprintf(arrival.peer, sizeof arrival.peer, "%s", giver);
    adoption_take(a->adoption, &a->state, &arrival,
                  (struct moment){.wall_ms = at_ms, .mono_ms = at_ms - NOW});
}
