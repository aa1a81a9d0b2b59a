/* Policies of anybody: read or told what is wrong, and whatever was read decides one small message
 * without harm. */

#include "policy/law.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/library.h"

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
    const struct question question = {
        .rulebook = &rulebook, .claims = &claims, .document = document, .at_ms = 1788766860000ULL};
    if (failed(policy_decide(arena, &question, &decision)))
        abort();
    for (size_t i = 0; i < document->count; i++)
        assert(!decision->verdicts[i].released || decision->verdicts[i].level >= LEVEL_GENERALISE);
    assert(decision->outcome != OUTCOME_DELIVER || !decision->verdicts[5].released ||
           decision->verdicts[2].released);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    make_base();
    struct text_file file = {slice_text("law/rules/fuzzed"), slice_over(data, size)};
    const struct text_files files = {&file, 1};
    const struct law_names names = {base.schema, base.directory};
    struct text_error error = {.message = ""};
    struct law *law = NULL;
    struct status s = law_parse(&files, &names, &law, &error);
    assert(!failed(s) || s.code == CODE_MEMORY || error.message[0] != '\0');
    if (!failed(s)) {
        struct arena *arena = arena_new(4UL << 20);
        decide_one(arena, law);
        arena_free(arena);
    }
    law_free(law);
    return 0;
}
