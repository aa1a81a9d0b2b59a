/* Policies of anybody: read or told what is wrong, and whatever was read decides one small message
 * without harm. In its canonical form a text is read exactly if it was read before. */

#include "policy/law.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/library.h"
#include "policy/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ELEMENT "persons/~0000000000000001/"

static const char vocabulary[] =
    "law number 1\n"
    "codes role CA, JUD\ncodes instrument EIO\ncodes urgency ROUTINE, URGENT\n"
    "codes purpose EVIDENCE, PROSECUTION\ncodes handling H0, H1\n"
    "codes transfer_tier T0, T1, T2, T3, T4\ncodes transfer_basis LED37_BINDING\n"
    "codes person_category VICTIM, ACCUSED\ncodes sex 0, 1, 2, 9\n";

static const char person[] = "object person\n"
                             "  field sid sid MET required\n"
                             "  field cat code person_category MET required\n"
                             "  field sex number sex DEM\n"
                             "  field citizenship up to 8 country DEM\n"
                             "  field name.family text 100 ID leak words\n";

static const char message[] = "message t schema 1\n  pad 64\n  from CA to CA\n"
                              "  purpose EVIDENCE\n  carries sid, cat, name\n"
                              "  field why text 500 MET free\n"
                              "  persons persons up to 4\n";

static const char levels[] = "order text clear, mask 4, generalise to initials, pseudonym\n"
                             "order sid clear, pseudonym\n";

static const char states[] = "states number 1\n"
                             "  state XA \"A\" domain xa.example\n"
                             "  state XC \"C\" domain xc.example\n"
                             "  gateway XA-GW-01 address \"h:1\"\n";

/* The rulebook without any policy, made once. */
static struct rulebook base;

static void make_base(void)
{
    struct text_file at[] = {
        {slice_text("law/messages/t"), slice_text(message)},
        {slice_text("law/objects/person"), slice_text(person)},
        {slice_text("law/vocabulary"), slice_text(vocabulary)},
        {slice_text("states/s"), slice_text(states)},
    };
    const struct text_files files = {at, sizeof at / sizeof at[0]};
    struct text_error error;
    if (base.schema != NULL)
        return;
    if (failed(crypto_thread_start()) || failed(schema_parse(&files, &base.schema, &error)) ||
        failed(directory_parse(&files, &base.directory, &error)))
        abort();
}

static struct leaf leaf_of(const char *path, const char *packed)
{
    return (struct leaf){slice_text(path), value_read(slice_text(packed))};
}

static void decide_one(struct arena *arena, struct law *law)
{
    const struct leaf leaves[] = {
        leaf_of(ELEMENT "cat", "\xa6"
                               "VICTIM"),
        leaf_of(ELEMENT "citizenship", "\x91\xa2XC"),
        leaf_of(ELEMENT "name/family", "\xa6"
                                       "Dostan"),
        leaf_of(ELEMENT "sex", "\x02"),
        leaf_of(ELEMENT "sid", "\xa2V1"),
        leaf_of("why", "\xa6"
                       "Dostan"),
    };
    const struct claim_facts facts = {.purpose = slice_text("EVIDENCE")};
    const struct claims claims = {.type = slice_text("t"),
                                  .from = slice_text("XA-CA-01"),
                                  .to = slice_text("XC-CA-01"),
                                  .purpose = slice_text("EVIDENCE")};
    const struct document *document;
    const struct decision *decision;
    struct slice path;
    if (failed(document_judge(arena, schema_newest(base.schema, slice_text("t")), &facts, leaves,
                              sizeof leaves / sizeof leaves[0], &document, &path)))
        abort();
    struct rulebook rulebook = base;
    rulebook.law = law;
    static const uint8_t key[32] = {1};
    const struct question question = {.rulebook = &rulebook,
                                      .claims = &claims,
                                      .document = document,
                                      .at_ms = 1788766860000ULL,
                                      .pseudonym_key = key};
    if (failed(policy_decide(arena, &question, &decision)))
        abort();
    for (size_t i = 0; i < document->count; i++)
        assert(!decision->verdicts[i].released || decision->verdicts[i].level >= LEVEL_GENERALISE);
    for (size_t i = 0; i < decision->derivation_count; i++)
        assert(!decision->verdicts[decision->derivations[i].source].released ||
               !slice_equal(decision->derivations[i].path,
                            document->items[decision->derivations[i].source].leaf.path));
    assert(decision->outcome != OUTCOME_DELIVER || !decision->verdicts[5].released ||
           decision->verdicts[2].released);
}

static struct status read_law(struct slice text, struct law **ret_law)
{
    struct text_file at[] = {{slice_text("law/levels"), slice_text(levels)},
                             {slice_text("law/rules/fuzzed"), text}};
    const struct text_files files = {at, 2};
    const struct law_names names = {base.schema, base.directory};
    struct text_error error = {.message = ""};
    struct status s = law_parse(&files, &names, ret_law, &error);
    assert(!failed(s) || s.code == CODE_MEMORY || error.message[0] != '\0');
    return s;
}

/* A text that is no words has no form; it is not read either. */
static void format_all(struct slice text, bool is_law)
{
    struct buffer once = buffer_new(64UL << 20), twice = buffer_new(64UL << 20);
    struct text_error error;
    if (failed(format_text(slice_text("fuzzed"), text, &once, &error))) {
        assert(!is_law);
    } else {
        struct law *law = NULL;
        struct status s = format_text(slice_text("fuzzed"), buffer_slice(&once), &twice, &error);
        assert(!failed(s) && slice_equal(buffer_slice(&once), buffer_slice(&twice)));
        assert(failed(read_law(buffer_slice(&once), &law)) != is_law);
        law_free(law);
    }
    buffer_done(&once);
    buffer_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    make_base();
    struct law *law = NULL;
    struct status s = read_law(slice_over(data, size), &law);
    format_all(slice_over(data, size), !failed(s));
    if (!failed(s)) {
        struct arena *arena = arena_new(4UL << 20);
        decide_one(arena, law);
        arena_free(arena);
    }
    law_free(law);
    return 0;
}
