/*
 * Laws made at random: what must hold of every law and every message. The seed is printed; set
 * COMITY_SEED to run one again.
 */

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS    25
#define RULES_MAX 12

static unsigned seed;

static size_t any(size_t count)
{
    return (size_t)rand_r(&seed) % count;
}

#define ANY(list) list[any(sizeof(list) / sizeof(list)[0])]

static const char *const fields[] = {"*",           "tag.identity", "tag.metadata",
                                     "tag.allegation", "tag.victimisation", "tag.demographic",
                                     "tag.contact", "person.name.*", "why", "uncarried",
                                     "items.*, tag.financial"};
static const char *const atoms[] = {
    "person.sex is 2",
    "person.gender is Feminine",
    "person.protected_class is PROTECTED",
    "person.citizenship is same as recipient.state",
    "person.risk_state is same as recipient.state",
    "person.child is true",
    "person.cat is one of (VICTIM, ACCUSED)",
    "person.birth_place.cc is not XB",
    "case.proceeding.type is PROSECUTION",
    "case.prior_ref is \"x\"",
    "message.urgency is not ROUTINE",
    "message.handling is H1",
    "recipient.role is CA",
    "person.recruitment.relation is Unaquainted",
    "person.docs.genuine is VERIFIED",
    "person.necessity is ID",
};

static void put_condition(struct buffer *out, unsigned depth)
{
    size_t shape = depth == 0 ? 0 : any(5);
    if (shape < 2) {
        buffer_text(out, ANY(atoms));
        return;
    }
    if (shape == 2) {
        buffer_text(out, "not ");
        buffer_text(out, "(");
        put_condition(out, depth - 1);
        buffer_text(out, ")");
        return;
    }
    buffer_text(out, "(");
    put_condition(out, depth - 1);
    buffer_text(out, shape == 3 ? " and " : " or ");
    put_condition(out, depth - 1);
    buffer_text(out, ")");
}

/* One rule as text; number makes its title. kind 0 to 2: permit, limit, forbid. */
static char *random_rule(size_t kind, size_t number)
{
    static const char *const levels[] = {"clear", "generalise", "stated"};
    struct buffer out = buffer_new(4096);
    static const char *const kinds[] = {"permit", "limit", "forbid"};
    buffer_print(&out, "%s \"r%zu\" fields %s", kinds[kind], number, ANY(fields));
    if (any(3) > 0) {
        buffer_text(&out, any(2) == 0 ? " when " : " unless ");
        put_condition(&out, 2);
    }
    if (kind == 1 || (kind == 0 && any(3) == 0))
        buffer_print(&out, " release at most %s", ANY(levels));
    if (kind == 2 && any(2) == 0)
        buffer_text(&out, " notice stated");
    buffer_text(&out, " basis \"b\"\n");
    buffer_u8(&out, 0);
    char *text = out.failed ? NULL : strdup((const char *)out.at);
    buffer_done(&out);
    CHECK(text != NULL);
    return text;
}

struct rules {
    char *at[RULES_MAX * 2];
    size_t count;
};

static struct rules random_rules(void)
{
    struct rules r = {.count = 1 + any(RULES_MAX - 1)};
    for (size_t i = 0; i < r.count; i++)
        r.at[i] = random_rule(any(5) < 3 ? 0 : 1 + any(2), i);
    return r;
}

static void free_rules(struct rules *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->at[i]);
}

static struct rulebook *rulebook_of(const struct rules *r)
{
    struct buffer out = buffer_new(1UL << 20);
    struct text_error error = {.message = ""};
    struct rulebook *rulebook = NULL;
    for (size_t i = 0; i < r->count; i++)
        buffer_text(&out, r->at[i]);
    buffer_u8(&out, 0);
    char *text = policy_of((const char *)out.at);
    if (failed(rulebook_with(text, &rulebook, &error)))
        printf("    %u:%u %s\n%s\n", error.line, error.column, error.message, text);
    free(text);
    buffer_done(&out);
    return rulebook;
}

/* A.3 without LOCAL values and without what would hold or refuse it. */
static json_t *quiet_a3(void)
{
    json_t *document = a3();
    patch(document, "V1", "{\"LOCAL\":null}");
    patch(document, "W1", "{\"LOCAL\":null}");
    return document;
}

/* Levels before what depends on other fields: the order is in the rules alone. */
static int rank(const struct verdict *v)
{
    return v->released ? LEVELS_RELEASED : (int)v->level;
}

/* What a law changed by one rule may do to a field: never more, or never less. */
static void compare_laws(const struct rules *smaller, const struct rules *larger, bool may_widen,
                         const json_t *document)
{
    struct rulebook *a = rulebook_of(smaller), *b = rulebook_of(larger);
    if (CHECK(a != NULL && b != NULL)) {
        struct decided before = decide(a, document, "XA-CA-01", "XC-CA-01");
        struct decided after = decide(b, document, "XA-CA-01", "XC-CA-01");
        for (size_t i = 0; i < before.document->count; i++) {
            struct slice path = before.document->items[i].leaf.path;
            int was = rank(&before.decision->verdicts[i]), is = rank(&after.decision->verdicts[i]);
            if (!CHECK(may_widen ? is >= was : is <= was))
                printf("    %s: %d then %d, by %s\n", composed_label(before.composed, path), was,
                       is, larger->at[larger->count - 1]);
        }
        decided_free(&before);
        decided_free(&after);
    }
    rulebook_free(a);
    rulebook_free(b);
}
