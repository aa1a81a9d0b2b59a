#include "comity/policy/authorities.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[AUTHORITY_KINDS] = {"law=", "states=", "parties="};

/* AUTHORITY_KINDS for none. */
static size_t kind_of(const char *text)
{
    size_t kind = 0;
    while (kind < AUTHORITY_KINDS && strncmp(text, kinds[kind], strlen(kinds[kind])) != 0)
        kind++;
    return kind;
}

static enum comity_exit load(const char *path, struct object_authority *ret_authority,
                             struct comity_fault *reterr)
{
    struct identity who;
    struct certificate *certificate = NULL;
    if (failed(certificate_load(path, &certificate)) ||
        failed(certificate_identity(certificate, &who)) || who.kind != IDENTITY_PARTY ||
        !certificate_may_seal(certificate)) {
        certificate_free(certificate);
        return fail(reterr, COMITY_IDENTITY, "CONFIG",
                    "%s is not the sealing certificate of a party, in PEM", path);
    }
    memcpy(ret_authority->id, who.id, sizeof ret_authority->id);
    ret_authority->certificate = certificate;
    return COMITY_DONE;
}

static enum comity_exit add(struct policy_authorities *a, const char *text,
                            struct comity_fault *reterr)
{
    const size_t kind = kind_of(text);
    if (kind == AUTHORITY_KINDS)
        return fail_usage(reterr,
                          "--authority %s is neither law=FILE, states=FILE nor parties=FILE", text);
    struct object_authority *more = realloc(a->at[kind], (a->count[kind] + 1) * sizeof *more);
    if (more == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    a->at[kind] = more;
    enum comity_exit exit = load(text + strlen(kinds[kind]), &more[a->count[kind]], reterr);
    a->count[kind] += exit == COMITY_DONE;
    return exit;
}

static struct object_authorities list_of(const struct policy_authorities *a, size_t kind)
{
    return (struct object_authorities){a->at[kind], a->count[kind]};
}

enum comity_exit policy_authorities_open(const struct invocation *inv,
                                         struct policy_authorities *ret_authorities,
                                         struct comity_fault *reterr)
{
    struct policy_authorities *a = ret_authorities;
    enum comity_exit exit = COMITY_DONE;
    *a = (struct policy_authorities){.named = invocation_has(inv, FLAG_AUTHORITY)};
    for (size_t i = 0; exit == COMITY_DONE && i < inv->given_count; i++)
        if (inv->given[i].flag == FLAG_AUTHORITY)
            exit = add(a, inv->given[i].value, reterr);
    a->all = (struct rulebook_authorities){
        .law = list_of(a, 0), .states = list_of(a, 1), .parties = list_of(a, 2)};
    for (size_t kind = 0; exit == COMITY_DONE && a->named && kind < AUTHORITY_KINDS; kind++)
        if (a->count[kind] == 0)
            exit = fail_usage(reterr, "--authority %sFILE is missing: all three are named, or none",
                              kinds[kind]);
    return exit;
}

void policy_authorities_close(struct policy_authorities *a)
{
    for (size_t kind = 0; kind < AUTHORITY_KINDS; kind++) {
        for (size_t i = 0; i < a->count[kind]; i++)
            certificate_free((struct certificate *)(uintptr_t)a->at[kind][i].certificate);
        free(a->at[kind]);
    }
    *a = (struct policy_authorities){0};
}
