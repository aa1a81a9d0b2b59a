#ifndef POLICY_GRADE_H
#define POLICY_GRADE_H

/*
 * Grades: a level with its parameter (generalise to the year, mask all but the last four), as small
 * numbers, so that deciding is a table look-up. Which of two grades says less depends on the type
 * of the value: the law declares a chain for each (law/levels), in which a grade has a rank. A
 * grade that the chain does not have leaves nothing of such a value.
 */

#include "policy/decide.h"

/** The grades that every law has, in every chain; further ones are those that its rules name. */
enum {
    GRADE_SILENT,
    GRADE_STATED,
    GRADE_GENERALISE, /* of demographic data: sex, and an age group */
    GRADE_CLEAR,
    GRADE_FIRST,
};

#define GRADE_MAX 32 /* that one law may name */
#define ORDER_MAX 16 /* with order 0, which is that of values that none is declared for */

struct grade {
    struct slice step; /* of generalise: "year"; empty: the default */
    enum level level;
    unsigned characters; /* of mask: how many at the end stay */
};

/** Immutable after the law is read. Meet is the lower rank, join the higher one. */
struct grades {
    struct grade at[GRADE_MAX];
    size_t count;
    size_t order_count;
    uint8_t rank[ORDER_MAX][GRADE_MAX];    /* 0 for silent and for what the order does not have */
    uint8_t of_rank[ORDER_MAX][GRADE_MAX]; /* the grade of a rank */
    uint8_t order_of[VALUE_TYPES_MAX];     /* by field_rule_type */
};

/** Whether both are the same level with the same parameter. */
bool grade_equal(const struct grade *a, const struct grade *b);

/** The order that the values of a field have. */
size_t grades_order(const struct grades *grades, const struct field_rule *field);

#endif
