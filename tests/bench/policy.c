/*
 * bench_policy POLICIES RULES ROUNDS parties|none|shown|given: reads a law of RULES rules beside
 * the types of a folder of policies, and decides messages of 40 fields and five persons by it,
 * ROUNDS times. Prints one JSON object: what reading took, and of each step of a decision the
 * median and the 99th percentile in nanoseconds. Rules that are given stand on standard input; then
 * the messages and their levels are printed, too.
 */

#include "policy.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/derive.h"
#include "policy/lanes.h"
#include "policy/law.h"
#include "policy/leak.h"
#include "stop.h"

#define MESSAGES     64
#define ARENA_BYTES  (256UL << 20)
#define AT_MS        1788766860000ULL /* 2026-09-07T07:41:00Z */
#define RULES_A_MASK 200              /* each field has a mask of so many rules */

enum word { PROGRAM, POLICIES, RULES, ROUNDS, SPREAD, WORDS };

enum part { PART_FACTS, PART_LEVELS, PART_TRANSFORMS, PART_LEAKS, PART_WHOLE, PART_MASKS, PARTS };

static const char *const part_names[PARTS] = {"facts", "levels", "transforms",
                                              "leaks", "whole",  "masks"};

struct bench {
    struct rulebook *rulebook;
    struct composed *messages[MESSAGES];
    const struct document *documents[MESSAGES];
    size_t rounds;
    uint64_t *ns[PARTS];
    struct verdict verdicts[MESSAGES][BENCH_FIELDS];
    size_t derived;
};

static const uint8_t pseudonym_key[32] = {7};

static int by_value(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

static void judge_messages(struct bench *b)
{
    for (size_t i = 0; i < MESSAGES; i++) {
        struct slice path = {NULL, 0};
        struct composed *c = b->messages[i] = bench_message(b->rulebook);
        if (failed(document_judge(c->arena, c->type, &c->facts, c->leaves, c->count,
                                  &b->documents[i], &path)) ||
            b->documents[i]->count != BENCH_FIELDS ||
            b->documents[i]->person_count != BENCH_PERSONS)
            stop("the message is not one of 40 fields and five persons");
    }
}

static struct question question_of(const struct bench *b, size_t i)
{
    return (struct question){
        .rulebook = b->rulebook,
        .claims = &b->messages[i]->claims,
        .document = b->documents[i],
        .at_ms = AT_MS,
        .pseudonym_key = pseudonym_key,
    };
}

/* The steps of one decision, one after the other. */
static void measure_parts(struct bench *b, size_t round)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct question q = question_of(b, round % MESSAGES);
    struct facts facts;
    struct weighing w;
    struct verdict *verdicts = b->verdicts[round % MESSAGES];
    struct derivation derivations[2 * BENCH_FIELDS];
    struct derivations made = {.at = derivations};
    uint64_t at[5] = {now_ns()};
    bool bad = arena == NULL || failed(facts_gather(arena, &q, false, &facts)) ||
               failed(weighing_start(&facts, &w));
    at[1] = now_ns();
    for (size_t i = 0; !bad && i < BENCH_FIELDS; i++) {
        struct tally tally = weigh_item(&w, &q.document->items[i]);
        verdicts[i] = tally_verdict(&tally, q.document->items[i].category);
    }
    at[2] = now_ns();
    bad = bad || failed(derive_transformed(&facts, verdicts, &made));
    at[3] = now_ns();
    struct leaks leaks;
    const struct leak_question leak = {q.document, verdicts, NULL, 0, q.claims};
    bad = bad || failed(leak_search(arena, &leak, &leaks));
    at[4] = now_ns();
    if (bad)
        stop("no memory to decide");
    for (size_t s = PART_FACTS; s <= PART_LEAKS; s++)
        b->ns[s][round] = at[s + 1] - at[s];
    b->derived = made.count;
    weighing_end(&w);
    arena_free(arena);
}

static void measure_whole(struct bench *b, size_t round)
{
    struct question q = question_of(b, round % MESSAGES);
    const struct decision *decision;
    uint64_t begin = now_ns();
    struct arena *arena = arena_new(ARENA_BYTES);
    if (arena == NULL || failed(policy_decide(arena, &q, &decision)))
        stop("no memory to decide");
    arena_free(arena);
    b->ns[PART_WHOLE][round] = now_ns() - begin;
}

static enum spread spread_of(const char *word)
{
    static const char *const words[] = {"parties", "none", "shown", "given"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_is(slice_text(word), words[i]))
            return (enum spread)i;
    stop("rules are spread over parties, over none, shown, or given");
}

static uint64_t load(struct bench *b, const char *const *words)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct text_error error = {.message = "memory"};
    if (arena == NULL)
        stop("no memory");
    struct text_files files = bench_files(
        arena, words[POLICIES], number_of(words[RULES], 0, 100000), spread_of(words[SPREAD]));
    uint64_t begin = now_ns();
    if (failed(rulebook_parse(&files, &b->rulebook, &error))) {
        fprintf(stderr, "%s:%u:%u: %s\n", error.file, error.line, error.column, error.message);
        stop("the law cannot be read");
    }
    uint64_t took = now_ns() - begin;
    arena_free(arena);
    return took;
}

/* What building the only lane took, by the first decision. */
static uint64_t first_ns(struct bench *b)
{
    measure_parts(b, 0);
    return b->ns[PART_FACTS][0];
}

static void print_parts(const struct bench *b)
{
    for (size_t s = 0; s < PARTS; s++) {
        qsort(b->ns[s], b->rounds, sizeof *b->ns[s], by_value);
        printf(", \"%s_ns\": %llu, \"%s_p99_ns\": %llu", part_names[s],
               (unsigned long long)b->ns[s][b->rounds / 2], part_names[s],
               (unsigned long long)b->ns[s][b->rounds * 99 / 100]);
    }
}

static void print_messages(const struct bench *b)
{
    json_t *messages = json_array();
    for (size_t i = 0; i < MESSAGES && i < b->rounds; i++)
        json_array_append_new(messages,
                              bench_fields(b->messages[i], b->documents[i], b->verdicts[i]));
    char *text = json_dumps(messages, JSON_COMPACT);
    if (text == NULL)
        stop("no memory for the messages");
    printf(", \"messages\": %s", text);
    free(text);
    json_decref(messages);
}

int main(int count, char **words)
{
    if (count != WORDS)
        stop("bench_policy POLICIES RULES ROUNDS parties|none|shown|given");
    struct bench b = {.rounds = number_of(words[ROUNDS], 1, 10000000)};
    for (size_t s = 0; s < PARTS; s++)
        if ((b.ns[s] = calloc(b.rounds, sizeof *b.ns[s])) == NULL)
            stop("no memory for the times");
    uint64_t load_ns = load(&b, (const char *const *)words);
    judge_messages(&b);
    uint64_t lane_ns = first_ns(&b);
    for (size_t r = 0; r < b.rounds; r++)
        measure_parts(&b, r);
    for (size_t r = 0; r < b.rounds; r++)
        measure_whole(&b, r);
    uint64_t levels =
        bench_masks(number_of(words[RULES], 0, 100000) / RULES_A_MASK, b.ns[PART_MASKS], b.rounds);
    const struct law *law = b.rulebook->law;
    printf("{\"rules\": %zu, \"tests\": %zu, \"derived\": %zu, \"load_ns\": %llu, "
           "\"law_bytes\": %zu, \"lane_bytes\": %zu, \"lane_ns\": %llu, \"mask_levels\": %llu",
           law->rule_count, law->atom_count, b.derived, (unsigned long long)load_ns,
           arena_used(law->arena), lanes_bytes(law->engine->lanes), (unsigned long long)lane_ns,
           (unsigned long long)levels);
    print_parts(&b);
    if (spread_of(words[SPREAD]) == SPREAD_GIVEN)
        print_messages(&b);
    printf("}\n");
    for (size_t i = 0; i < MESSAGES; i++)
        composed_free(b.messages[i]);
    for (size_t s = 0; s < PARTS; s++)
        free(b.ns[s]);
    rulebook_free(b.rulebook);
    return 0;
}
