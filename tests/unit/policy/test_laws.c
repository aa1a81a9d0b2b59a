/*
 * Laws made at random: what must hold of every law and every message. The seed is printed; set
 * COMITY_SEED to run one again.
 */

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drawn.h"
#include "policy/weigh.h"
#include "support/chance.h"

#define ROUNDS    12
#define RULES_MAX 12

static const char *const fields[] = {"*",
                                     "tag.identity",
                                     "tag.metadata",
                                     "tag.allegation",
                                     "tag.victimisation",
                                     "tag.demographic",
                                     "tag.contact",
                                     "person.name.*",
                                     "why",
                                     "uncarried",
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
    "person.consented is ID",
    "person.consented is not HLT",
};

/* One rule as text; number makes its title. kind 0 to 2: permit, limit, forbid. */
static char *random_rule(size_t kind, size_t number)
{
    static const char *const levels[] = {"clear", "generalise", "stated"};
    struct buffer out = buffer_new(4096);
    static const char *const kinds[] = {"permit", "limit", "forbid"};
    buffer_print(&out, "%s \"r%zu\" fields %s", kinds[kind], number, CHANCE_OF(fields));
    if (chance(3) > 0) {
        buffer_text(&out, chance(2) == 0 ? " when " : " unless ");
        drawn_condition(&out, atoms, sizeof atoms / sizeof atoms[0], 2);
    }
    if (kind == 1 || (kind == 0 && chance(3) == 0))
        buffer_print(&out, " release at most %s", CHANCE_OF(levels));
    if (kind == 2 && chance(2) == 0)
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
    struct rules r = {.count = 1 + chance(RULES_MAX - 1)};
    for (size_t i = 0; i < r.count; i++)
        r.at[i] = random_rule(chance(5) < 3 ? 0 : 1 + chance(2), i);
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

/* What the rules alone make of each field, before groups and texts are looked at. */
struct levels {
    struct decided decided;
    enum level *at;
    const char **labels;
};

static struct levels levels_of(const struct rulebook *r, const json_t *document)
{
    struct levels l = {.decided = decide(r, document, "XA-CA-01", "XC-CA-01")};
    struct composed *c = l.decided.composed;
    const struct question q = {
        .rulebook = r, .claims = &c->claims, .document = l.decided.document, .at_ms = IN_FORCE};
    struct facts facts;
    struct weighing w;
    l.at = calloc(l.decided.document->count, sizeof *l.at);
    l.labels = calloc(l.decided.document->count, sizeof *l.labels);
    for (size_t i = 0; i < l.decided.document->count; i++)
        l.labels[i] = composed_label(c, l.decided.document->items[i].leaf.path);
    if (CHECK_OK(facts_gather(c->arena, &q, true, &facts)) &&
        CHECK_OK(weighing_start(&facts, &w))) {
        for (size_t i = 0; i < l.decided.document->count; i++) {
            struct tally tally = weigh_item(&w, &l.decided.document->items[i]);
            l.at[i] = tally_verdict(&tally, l.decided.document->items[i].category).level;
        }
        weighing_end(&w);
    }
    return l;
}

static void free_levels(struct levels *l)
{
    free(l->at);
    free(l->labels);
    decided_free(&l->decided);
}

/* The item with this label, or how many items there are. */
static size_t labelled(const struct levels *l, const char *label)
{
    size_t i = 0;
    while (i < l->decided.document->count && strcmp(l->labels[i], label) != 0)
        i++;
    return i;
}

/* That no field of both gets more from b than from a, by the rules and in the end. */
static bool never_more(const struct levels *a, const struct levels *b, const char *what)
{
    bool held = true;
    for (size_t i = 0; i < b->decided.document->count; i++) {
        size_t was = labelled(a, b->labels[i]);
        if (was == a->decided.document->count)
            continue;
        bool here = CHECK(b->at[i] <= a->at[was]);
        here = CHECK(!b->decided.decision->verdicts[i].released ||
                     a->decided.decision->verdicts[was].released) &&
               here;
        if (!here)
            printf("    %s after %s\n", b->labels[i], what);
        held = held && here;
    }
    return held;
}

static void tell_seed(bool held, unsigned of_round, const struct rules *r)
{
    if (held)
        return;
    printf("    COMITY_SEED=%u\n", of_round);
    for (size_t i = 0; i < r->count; i++)
        printf("    %s", r->at[i]);
}

/* Adding a permit never lowers, adding a restriction never raises. */
static void rules_only_ever_widen_or_narrow(void)
{
    chance_begin((unsigned)time(NULL));
    json_t *document = quiet_a3();
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned of_round = chance_seed();
        size_t kind = round % 3;
        struct rules r = random_rules();
        struct rulebook *before = rulebook_of(&r);
        r.at[r.count++] = random_rule(kind, 99);
        struct rulebook *after = rulebook_of(&r);
        if (CHECK(before != NULL && after != NULL)) {
            struct levels a = levels_of(before, document), b = levels_of(after, document);
            tell_seed(kind == 0 ? never_more(&b, &a, "a permit") : never_more(&a, &b, "a limit"),
                      of_round, &r);
            free_levels(&a);
            free_levels(&b);
        }
        rulebook_free(before);
        rulebook_free(after);
        free_rules(&r);
    }
    json_decref(document);
}

/* A sender gains nothing by leaving something out. */
static void what_is_left_out_never_widens(void)
{
    static const struct {
        const char *sid, *change;
    } removals[] = {
        {"V1", "{\"sex\":null}"},         {"V1", "{\"citizenship\":null}"},
        {"V1", "{\"recruitment\":null}"}, {"V1", "{\"docs\":null}"},
        {"V1", "{\"dob\":null}"},         {"S1", "{\"citizenship\":null}"},
        {"S1", "{\"sex\":null}"},         {"S1", "{\"docs\":null}"},
        {NULL, "{\"prior_ref\":null}"},   {NULL, "{\"facts_subjects\":null}"},
    };
    chance_begin((unsigned)time(NULL));
    json_t *whole = quiet_a3();
    patch(whole, NULL, "{\"prior_ref\":\"x\"}");
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned of_round = chance_seed();
        struct rules r = random_rules();
        struct rulebook *rulebook = rulebook_of(&r);
        const char *change = NULL;
        if (CHECK(rulebook != NULL)) {
            struct levels a = levels_of(rulebook, whole);
            for (size_t i = 0; i < sizeof removals / sizeof removals[0]; i++) {
                json_t *less = json_deep_copy(whole);
                change = removals[i].change;
                patch(less, removals[i].sid, change);
                struct levels b = levels_of(rulebook, less);
                tell_seed(never_more(&a, &b, change), of_round, &r);
                free_levels(&b);
                json_decref(less);
            }
            free_levels(&a);
        }
        rulebook_free(rulebook);
        free_rules(&r);
    }
    json_decref(whole);
}

static bool same_decision(const struct decided *a, const struct decided *b)
{
    const struct decision *x = a->decision, *y = b->decision;
    bool same = CHECK_U64(x->outcome, y->outcome) && CHECK_U64(x->code, y->code) &&
                CHECK_U64(x->derivation_count, y->derivation_count) &&
                CHECK_U64(x->withheld_count, y->withheld_count) &&
                CHECK_U64(x->silent_count, y->silent_count);
    for (size_t i = 0; same && i < a->document->count; i++)
        same = CHECK_U64(x->verdicts[i].level, y->verdicts[i].level) &&
               CHECK(x->verdicts[i].released == y->verdicts[i].released) &&
               CHECK_BYTES(x->verdicts[i].rule, y->verdicts[i].rule) &&
               CHECK_BYTES(x->verdicts[i].basis, y->verdicts[i].basis);
    return same;
}

static struct rules shuffled(const struct rules *r)
{
    struct rules other = {.count = 0};
    for (size_t i = 0; i < r->count; i++)
        other.at[other.count++] = r->at[i];
    for (size_t i = 0; i < r->count; i++)
        if (chance(2) == 0)
            other.at[other.count++] = r->at[chance(r->count)];
    for (size_t i = other.count; i > 1; i--) {
        size_t k = chance(i);
        char *kept = other.at[i - 1];
        other.at[i - 1] = other.at[k];
        other.at[k] = kept;
    }
    return other;
}

/* R-GEN-08: neither the order of rules nor saying them twice changes anything. */
static void order_and_repetition_change_nothing(void)
{
    chance_begin((unsigned)time(NULL));
    json_t *document = quiet_a3();
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned of_round = chance_seed();
        struct rules r = random_rules(), other = shuffled(&r);
        struct rulebook *one = rulebook_of(&r), *two = rulebook_of(&other);
        if (CHECK(one != NULL && two != NULL)) {
            struct decided a = decide(one, document, "XA-CA-01", "XC-CA-01");
            struct decided b = decide(two, document, "XA-CA-01", "XC-CA-01");
            tell_seed(same_decision(&a, &b), of_round, &other);
            decided_free(&a);
            decided_free(&b);
        }
        rulebook_free(one);
        rulebook_free(two);
        free_rules(&r);
    }
    json_decref(document);
}

/* The shipped files in another order, each a second time under another name. */
static void the_order_of_the_shipped_files_changes_nothing(void)
{
    const struct text_files *shipped = shipped_files();
    struct text_file *at = calloc(2 * shipped->count, sizeof *at);
    struct text_files turned = {.at = at};
    struct text_error error = {.message = ""};
    struct rulebook *r = NULL;
    char names[64][40];
    for (size_t i = 0, named = 0; i < shipped->count; i++) {
        const struct text_file *file = &shipped->at[shipped->count - 1 - i];
        at[turned.count++] = *file;
        if (!slice_begins(file->path, slice_text("law/rules/")) || named == 64)
            continue;
        snprintf(names[named], sizeof names[named], "law/rules/again-%zu", named);
        at[turned.count++] = (struct text_file){slice_text(names[named++]), file->text};
    }
    json_t *document = a3();
    if (CHECK_OK(rulebook_parse(&turned, &r, &error))) {
        struct decided a = decide(shipped_rulebook(), document, "XA-CA-01", "XC-CA-01");
        struct decided b = decide(r, document, "XA-CA-01", "XC-CA-01");
        CHECK(r->law->rule_count == 2 * shipped_rulebook()->law->rule_count);
        same_decision(&a, &b);
        decided_free(&a);
        decided_free(&b);
    }
    json_decref(document);
    rulebook_free(r);
    free(at);
}

TESTS(policy_laws, {"rules only ever widen or narrow", &rules_only_ever_widen_or_narrow},
      {"what is left out never widens", &what_is_left_out_never_widens},
      {"order and repetition change nothing", &order_and_repetition_change_nothing},
      {"the order of the shipped files changes nothing",
       &the_order_of_the_shipped_files_changes_nothing})
