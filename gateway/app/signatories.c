#include "app/signatories.h"

#include <stdlib.h>
#include <string.h>

/* The authorities of one kind of object. */
struct list {
    struct object_authority *at;
    struct certificate **certificates;
    size_t count;
};

struct signatories {
    size_t references;
    struct list law, states, parties;
    struct rulebook_authorities all;
};

static void list_free(struct list *l)
{
    for (size_t i = 0; i < l->count; i++)
        certificate_free(l->certificates[i]);
    free(l->certificates);
    free(l->at);
}

static void say_wrong(struct problems *problems, const char *key, const char *path)
{
    problem_say(problems, "%s: %s is not the sealing certificate of a party, in PEM", key, path);
}

static void add(struct list *l, const char *key, const char *path, struct problems *problems)
{
    struct identity who;
    struct certificate *certificate = NULL;
    if (failed(certificate_load(path, &certificate)) ||
        failed(certificate_identity(certificate, &who)) || who.kind != IDENTITY_PARTY ||
        !certificate_may_seal(certificate)) {
        say_wrong(problems, key, path);
        certificate_free(certificate);
        return;
    }
    struct object_authority *a = &l->at[l->count];
    memcpy(a->id, who.id, sizeof a->id);
    a->certificate = certificate;
    l->certificates[l->count++] = certificate;
}

static struct status load(struct list *l, const char *key, char *const *paths, unsigned count,
                          struct problems *problems)
{
    l->at = calloc(count + 1, sizeof *l->at);
    l->certificates = calloc(count + 1, sizeof *l->certificates);
    if (l->at == NULL || l->certificates == NULL)
        return FAIL(MEMORY);
    for (unsigned i = 0; i < count; i++)
        add(l, key, paths[i], problems);
    return OK;
}

static struct object_authorities signers_of(const struct list *l)
{
    return (struct object_authorities){l->at, l->count};
}

static size_t count_different(const struct list *l)
{
    size_t different = 0;
    for (size_t i = 0; i < l->count; i++) {
        size_t k = 0;
        while (k < i && strcmp(l->at[k].id, l->at[i].id) != 0)
            k++;
        different += k == i;
    }
    return different;
}

static struct status load_all(struct signatories *s, const struct config_rulebook_authorities *c,
                              struct problems *problems)
{
    if (failed(load(&s->law, "rulebook_authorities.law", c->law, c->law_count, problems)) ||
        failed(load(&s->states, "rulebook_authorities.states", c->states, c->states_count,
                    problems)) ||
        failed(load(&s->parties, "rulebook_authorities.parties", c->parties, c->parties_count,
                    problems)))
        return FAIL(MEMORY);
    if (s->law.count == c->law_count && count_different(&s->law) < LAW_AUTHORITIES)
        problem_say(problems, "rulebook_authorities.law: at least two different authorities sign "
                              "the law");
    s->all = (struct rulebook_authorities){signers_of(&s->law), signers_of(&s->states),
                                           signers_of(&s->parties), NULL};
    return problems->any ? FAIL(CONFIG) : OK;
}

struct status signatories_load(const struct config *config, struct problems *problems,
                               struct signatories **ret_signatories)
{
    *ret_signatories = NULL;
    if (config->rulebook_authorities == NULL)
        return OK;
    struct signatories *signatories = calloc(1, sizeof *signatories);
    struct status s = FAIL(MEMORY);
    if (signatories != NULL) {
        signatories->references = 1;
        s = load_all(signatories, config->rulebook_authorities, problems);
    }
    if (s.code == CODE_MEMORY)
        problem_say(problems, "rulebook_authorities: out of memory");
    if (!failed(s))
        *ret_signatories = signatories;
    else
        signatories_drop(signatories);
    return s;
}

struct signatories *signatories_hold(struct signatories *s)
{
    if (s != NULL)
        s->references++;
    return s;
}

void signatories_drop(struct signatories *s)
{
    if (s == NULL || --s->references > 0)
        return;
    list_free(&s->law);
    list_free(&s->states);
    list_free(&s->parties);
    free(s);
}

const struct rulebook_authorities *signatories_all(const struct signatories *s)
{
    return s == NULL ? NULL : &s->all;
}
