#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FROM "XA-CA-01"
#define TO   "XC-CA-01"

static struct decided decide_a3(void)
{
    json_t *document = a3();
    struct decided d = decide(shipped_rulebook(), document, FROM, TO);
    json_decref(document);
    return d;
}

/* One row of a3-decision.tsv. */
struct expected {
    char path[200], category[8], level[16], released[16], rule[64];
};

static bool take_column(struct slice *line, char *text, size_t room)
{
    size_t end = slice_find(*line, '\t');
    bool whole = slice_copy_text(slice_part(*line, 0, end), text, room);
    *line = slice_part(*line, end + 1, SIZE_MAX);
    return whole && text[0] != '\0';
}

static bool next_expected(struct slice *rest, struct expected *ret)
{
    while (rest->length > 0) {
        size_t end = slice_find(*rest, '\n');
        struct slice line = slice_part(*rest, 0, end);
        *rest = slice_part(*rest, end + 1, SIZE_MAX);
        if (line.length > 0 && line.at[0] != '#')
            return CHECK(take_column(&line, ret->path, sizeof ret->path) &&
                         take_column(&line, ret->category, sizeof ret->category) &&
                         take_column(&line, ret->level, sizeof ret->level) &&
                         take_column(&line, ret->released, sizeof ret->released) &&
                         take_column(&line, ret->rule, sizeof ret->rule));
    }
    return false;
}

static void every_path_of_a3_is_decided_as_the_table_says(void)
{
    struct decided d = decide_a3();
    struct slice rest = file_octets(tests_path("cases/a3-decision.tsv"));
    size_t rows = 0;
    for (struct expected e; next_expected(&rest, &e); rows++) {
        const struct verdict *v = verdict_at(&d, e.path);
        const struct document_item *item = &d.document->items[v - d.decision->verdicts];
        bool held = CHECK_TEXT(category_code(item->category), e.category);
        held = CHECK_TEXT(level_name(v->level), e.level) && held;
        held = CHECK_TEXT(v->released ? "released" : "withheld", e.released) && held;
        held = CHECK(slice_begins(v->rule, slice_text(e.rule))) && held;
        held = CHECK(v->basis.length > 0) && held;
        if (!held)
            printf("    at %s, by %.*s\n", e.path, (int)v->rule.length, (const char *)v->rule.at);
    }
    CHECK_U64(rows, 100);
    CHECK_U64(d.document->count, 100);
    decided_free(&d);
}

static void a3_is_delivered_with_the_counts_of_the_case(void)
{
    struct decided d = decide_a3();
    CHECK_U64(d.decision->outcome, OUTCOME_DELIVER);
    CHECK_U64(d.decision->code, REFUSAL_NONE);
    CHECK_U64(d.decision->released, 69);
    CHECK_U64(d.decision->transformed, 3);
    CHECK_U64(d.decision->withheld_total, 31);
    CHECK_U64(d.decision->withheld_count, 7);
    decided_free(&d);
}

static void visible_withholdings_stand_at_groups_once(void)
{
    static const char *const wanted[][2] = {
        {"persons/~V1/dob", "ID"},           {"persons/~V1/docs", "ID"},
        {"persons/~V1/exploitation", "VIC"}, {"persons/~V1/means", "VIC"},
        {"persons/~V1/name", "ID"},          {"persons/~W1/dob", "ID"},
        {"persons/~W1/name", "ID"},
    };
    struct decided d = decide_a3();
    if (CHECK_U64(d.decision->withheld_count, 7))
        for (size_t i = 0; i < 7; i++) {
            const struct withholding *w = &d.decision->withheld[i];
            CHECK_TEXT(composed_label(d.composed, w->path), wanted[i][0]);
            CHECK_BYTES(w->code, slice_text(wanted[i][1]));
        }
    decided_free(&d);
}

static void derived_values_point_to_their_sources(void)
{
    static const struct {
        const char *path, *transform, *source, *text; /* text: NULL for nil */
    } wanted[] = {
        {"facts", "summary", "releasable_summary", NULL},
        {"persons/~V1/age_group", "generalise", "persons/~V1/dob", "18 years or over"},
        {"persons/~W1/age_group", "generalise", "persons/~W1/dob", "18 years or over"},
    };
    struct decided d = decide_a3();
    if (CHECK_U64(d.decision->derivation_count, 3))
        for (size_t i = 0; i < 3; i++) {
            const struct derivation *made = &d.decision->derivations[i];
            CHECK_TEXT(composed_label(d.composed, made->path), wanted[i].path);
            CHECK_BYTES(made->transform, slice_text(wanted[i].transform));
            CHECK_TEXT(composed_label(d.composed, d.document->items[made->source].leaf.path),
                       wanted[i].source);
            struct value v = value_read(made->value);
            CHECK_U64(v.kind, wanted[i].text == NULL ? VALUE_NIL : VALUE_TEXT);
            CHECK_BYTES(v.octets, slice_text(wanted[i].text));
        }
    decided_free(&d);
}

static void silent_removals_are_counted_by_category(void)
{
    static const struct {
        const char *category;
        uint64_t count;
    } wanted[] = {{"CON", 1}, {"CRM", 1}, {"DEM", 2}, {"MET", 10}, {"VIC", 5}};
    struct decided d = decide_a3();
    if (CHECK_U64(d.decision->silent_count, 5))
        for (size_t i = 0; i < 5; i++) {
            CHECK_TEXT(category_code(d.decision->silent[i].category), wanted[i].category);
            CHECK_U64(d.decision->silent[i].count, wanted[i].count);
        }
    decided_free(&d);
}

static void obligations_are_those_of_the_law(void)
{
    struct decided d = decide_a3();
    if (CHECK_U64(d.decision->obligations.count, 2)) {
        CHECK_BYTES(d.decision->obligations.at[0], slice_text("no-onward-transfer"));
        CHECK_BYTES(d.decision->obligations.at[1], slice_text("retain-until=2027-02-01"));
    }
    decided_free(&d);
}

static void render(struct buffer *out, const struct decided *d)
{
    const struct decision *k = d->decision;
    buffer_print(out, "outcome %s, released %llu, transformed %llu, withheld %llu\n",
                 k->outcome == OUTCOME_DELIVER ? "deliver" : "not delivered",
                 (unsigned long long)k->released, (unsigned long long)k->transformed,
                 (unsigned long long)k->withheld_total);
    for (size_t i = 0; i < d->document->count; i++) {
        const struct verdict *v = &k->verdicts[i];
        buffer_print(out, "%s %s %s%s: %.*s [%.*s]\n",
                     composed_label(d->composed, d->document->items[i].leaf.path),
                     category_code(d->document->items[i].category), level_name(v->level),
                     v->level == LEVEL_GENERALISE ? v->released ? " kept" : " dropped" : "",
                     (int)v->rule.length, (const char *)v->rule.at, (int)v->basis.length,
                     (const char *)v->basis.at);
    }
    for (size_t i = 0; i < k->withheld_count; i++)
        buffer_print(out, "withheld %s %.*s\n", composed_label(d->composed, k->withheld[i].path),
                     (int)k->withheld[i].code.length, (const char *)k->withheld[i].code.at);
    for (size_t i = 0; i < k->obligations.count; i++)
        buffer_print(out, "obligation %.*s\n", (int)k->obligations.at[i].length,
                     (const char *)k->obligations.at[i].at);
}

/* COMITY_SNAPSHOTS=write keeps what the shipped law says now, for a human to compare. */
static void the_decision_is_the_one_in_the_snapshot(void)
{
    struct decided d = decide_a3();
    struct buffer out = buffer_new(1UL << 20);
    const char *mode = getenv("COMITY_SNAPSHOTS");
    const char *path = tests_path("snapshots/a3-decision.txt");
    render(&out, &d);
    CHECK(!out.failed);
    if (mode != NULL && strcmp(mode, "write") == 0)
        CHECK_OK(file_write(path, buffer_slice(&out), 0644));
    CHECK_BYTES(buffer_slice(&out), file_octets(path));
    buffer_done(&out);
    decided_free(&d);
}

static bool same_decision(const struct decided *a, const struct decided *b)
{
    bool same = a->decision->outcome == b->decision->outcome &&
                a->decision->derivation_count == b->decision->derivation_count &&
                a->decision->withheld_count == b->decision->withheld_count;
    for (size_t i = 0; same && i < a->document->count; i++)
        same = a->decision->verdicts[i].level == b->decision->verdicts[i].level &&
               a->decision->verdicts[i].released == b->decision->verdicts[i].released;
    return same;
}

/* R-ASY-03: the LOCAL blocks change nothing that leaves. */
static void local_values_change_nothing_for_a_risk_state(void)
{
    json_t *document = a3();
    struct decided with = decide(shipped_rulebook(), document, FROM, TO);
    CHECK(with.composed->local_count > 10);
    json_object_del(person_of(document, "V1"), "LOCAL");
    json_object_del(person_of(document, "W1"), "LOCAL");
    struct decided without = decide(shipped_rulebook(), document, FROM, TO);
    CHECK_U64(without.composed->local_count, 0);
    CHECK(same_decision(&with, &without));
    json_decref(document);
    decided_free(&with);
    decided_free(&without);
}

TESTS(policy_a3,
      {"every path of A.3 is decided as the table says",
       every_path_of_a3_is_decided_as_the_table_says},
      {"A.3 is delivered with the counts of the case", a3_is_delivered_with_the_counts_of_the_case},
      {"visible withholdings stand at groups, once", visible_withholdings_stand_at_groups_once},
      {"derived values point to their sources", derived_values_point_to_their_sources},
      {"silent removals are counted by category", silent_removals_are_counted_by_category},
      {"obligations are those of the law", obligations_are_those_of_the_law},
      {"the decision is the one in the snapshot", the_decision_is_the_one_in_the_snapshot},
      {"local values change nothing for a risk State",
       local_values_change_nothing_for_a_risk_state})
