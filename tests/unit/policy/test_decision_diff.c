#include "policy/decision_diff.h"

#include "support/check.h"

#define FIELDS 4U

static const struct document_item items[FIELDS] = {
    {.category = CATEGORY_ID},
    {.category = CATEGORY_ID},
    {.category = CATEGORY_VIC},
    {.category = CATEGORY_MET},
};
static const struct document document = {.items = items, .count = FIELDS};

static struct decision decision_of(enum outcome outcome, const struct verdict verdicts[FIELDS])
{
    return (struct decision){.outcome = outcome, .verdicts = verdicts};
}

static const struct verdict little[FIELDS] = {
    {.level = LEVEL_STATED}, {.level = LEVEL_MASK}, {.level = LEVEL_CLEAR}, {.level = LEVEL_CLEAR}};
static const struct verdict other[FIELDS] = {{.level = LEVEL_PSEUDONYM},
                                             {.level = LEVEL_CLEAR},
                                             {.level = LEVEL_SILENT},
                                             {.level = LEVEL_CLEAR}};

static uint64_t sum(const uint64_t counts[static CATEGORY_COUNT])
{
    uint64_t all = 0;
    for (unsigned i = 0; i < CATEGORY_COUNT; i++)
        all += counts[i];
    return all;
}

static void fields_are_counted_by_category_and_direction(void)
{
    const struct decision first = decision_of(OUTCOME_DELIVER, little),
                          second = decision_of(OUTCOME_DELIVER, other);
    const struct decision_diff d = decision_compare(&document, &first, &second);
    CHECK_U64(d.wider[CATEGORY_ID], 2);
    CHECK_U64(d.narrower[CATEGORY_VIC], 1);
    CHECK_U64(sum(d.wider), 2);
    CHECK_U64(sum(d.narrower), 1);
    const struct decision_diff back = decision_compare(&document, &second, &first);
    CHECK_U64(back.narrower[CATEGORY_ID], 2);
    CHECK_U64(back.wider[CATEGORY_VIC], 1);
}

static void the_same_decision_differs_in_nothing(void)
{
    const struct decision one = decision_of(OUTCOME_HOLD, little);
    const struct decision_diff d = decision_compare(&document, &one, &one);
    CHECK_U64(d.first, OUTCOME_HOLD);
    CHECK_U64(d.second, OUTCOME_HOLD);
    CHECK_U64(sum(d.wider) + sum(d.narrower), 0);
}

/* Its fields wait, and reach the recipient when it is lifted. */
static void fields_of_what_is_held_are_compared(void)
{
    const struct decision first = decision_of(OUTCOME_DELIVER, little),
                          second = decision_of(OUTCOME_HOLD, other);
    const struct decision_diff d = decision_compare(&document, &first, &second);
    CHECK_TEXT(outcome_name(d.first), "deliver");
    CHECK_TEXT(outcome_name(d.second), "hold");
    CHECK_U64(sum(d.wider), 2);
}

static void what_either_refuses_has_no_fields(void)
{
    const struct decision first = decision_of(OUTCOME_DELIVER, little),
                          second = decision_of(OUTCOME_REFUSE, other);
    const struct decision_diff there = decision_compare(&document, &first, &second),
                               back = decision_compare(&document, &second, &first);
    CHECK_TEXT(outcome_name(there.second), "refuse");
    CHECK_U64(back.first, OUTCOME_REFUSE);
    CHECK_U64(sum(there.wider) + sum(there.narrower), 0);
    CHECK_U64(sum(back.wider) + sum(back.narrower), 0);
}

static void what_fits_no_type_is_refused(void)
{
    const struct decision first = decision_of(OUTCOME_DELIVER, little);
    const struct decision_diff d = decision_compare(&document, &first, NULL);
    CHECK_U64(d.first, OUTCOME_DELIVER);
    CHECK_U64(d.second, OUTCOME_REFUSE);
    CHECK_U64(sum(d.wider) + sum(d.narrower), 0);
}

TESTS(policy_decision_diff,
      {"fields are counted by category and direction",
       fields_are_counted_by_category_and_direction},
      {"the same decision differs in nothing", the_same_decision_differs_in_nothing},
      {"fields of what is held are compared", fields_of_what_is_held_are_compared},
      {"what either refuses has no fields", what_either_refuses_has_no_fields},
      {"what fits no type is refused", what_fits_no_type_is_refused})
