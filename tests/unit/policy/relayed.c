#include "relayed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FROM "XA-CA-01"
#define TO   "XC-CA-01"

void relayed_add(struct relayed *r, struct slice path, struct value value, bool derived)
{
    size_t at = r->count++;
    for (; at > 0 && slice_compare(path, r->leaves[at - 1].path) < 0; at--) {
        r->leaves[at] = r->leaves[at - 1];
        r->derived[at] = r->derived[at - 1];
    }
    r->leaves[at] = (struct leaf){path, value};
    r->derived[at] = derived;
}

struct relayed *relayed_of(const json_t *document)
{
    struct relayed *r = calloc(1, sizeof *r);
    r->first = decide(shipped_rulebook(), document, FROM, TO);
    const struct decision *d = r->first.decision;
    CHECK_U64(d->outcome, OUTCOME_DELIVER);
    for (size_t i = 0; i < r->first.document->count; i++)
        if (d->verdicts[i].released)
            relayed_add(r, r->first.document->items[i].leaf.path,
                        r->first.document->items[i].leaf.value, false);
    for (size_t i = 0; i < d->derivation_count; i++)
        relayed_add(r, d->derivations[i].path, value_read(d->derivations[i].value), true);
    r->release.withheld = d->withheld;
    r->release.withheld_count = d->withheld_count;
    r->release.obligations = d->obligations;
    return r;
}

struct relayed *relayed_a3(void)
{
    json_t *document = a3();
    struct relayed *r = relayed_of(document);
    json_decref(document);
    return r;
}

void relayed_lose(struct relayed *r, const char *label)
{
    size_t kept = 0, length = strlen(label);
    for (size_t i = 0; i < r->count; i++) {
        const char *at = composed_label(r->first.composed, r->leaves[i].path);
        if (strncmp(at, label, length) == 0 && (at[length] == '\0' || at[length] == '/'))
            continue;
        r->leaves[kept] = r->leaves[i];
        r->derived[kept++] = r->derived[i];
    }
    CHECK(kept < r->count);
    r->count = kept;
}

void relayed_decide(struct relayed *r, const struct rulebook *rulebook)
{
    struct composed *c = r->first.composed;
    struct slice path = {NULL, 0};
    const struct remains remains = {r->leaves, r->derived, r->count};
    CHECK_OK(document_judge_remains(c->arena, c->type, &remains, &r->document, &path));
    const struct question question = {
        .rulebook = rulebook,
        .relayed = &r->release,
        .claims = &c->claims,
        .document = r->document,
        .at_ms = IN_FORCE,
    };
    CHECK_OK(policy_decide(c->arena, &question, &r->decision));
}

void relayed_free(struct relayed *r)
{
    decided_free(&r->first);
    free(r);
}

const struct verdict *relayed_verdict(const struct relayed *r, const char *label)
{
    for (size_t i = 0; i < r->document->count; i++)
        if (strcmp(composed_label(r->first.composed, r->document->items[i].leaf.path), label) == 0)
            return &r->decision->verdicts[i];
    fprintf(stderr, "%s did not relayed_add\n", label);
    exit(1);
}

size_t relayed_released(const struct relayed *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->document->count; i++)
        count += r->decision->verdicts[i].released;
    return count;
}

struct relayed *relayed_under(const char *rules, struct rulebook **ret_rulebook)
{
    struct text_error error = {.message = "memory"};
    char *text = policy_of(rules);
    struct relayed *r = relayed_a3();
    if (failed(rulebook_with(text, ret_rulebook, &error))) {
        fprintf(stderr, "%s\n%s\n", error.message, rules);
        exit(1);
    }
    free(text);
    relayed_decide(r, *ret_rulebook);
    return r;
}
