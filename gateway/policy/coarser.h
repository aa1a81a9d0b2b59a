#ifndef POLICY_COARSER_H
#define POLICY_COARSER_H

/* The steps that "generalise to" names, and what each makes of which type of value. */

#include "wire/msgpack.h"

/* What an age group says where demographic data are generalised. */
#define AGE_GROUP_CHILD "0 to 17 years"
#define AGE_GROUP_ADULT "18 years or over"

#define DEGREE       1000000 /* of the unit that degrees are given in */
#define TENTH_DEGREE 100000

#define SHOWN_BYTES 128 /* with the terminator; DERIVED_TEXT_MAX_BYTES is what hop 2 takes */

/** One scalar as it is shown. */
struct shown {
    bool is_number;
    int64_t number;
    char text[SHOWN_BYTES];
};

struct coarser {
    const char *name, *type;
    /* False where the value is not of that type after all. */
    bool (*make)(const struct value *in, struct shown *out);
    /* Whether a scalar has the form of what is made. */
    bool (*is_made)(const struct value *shown);
};

/** The step of this name for this type of value; NULL if there is none. */
const struct coarser *coarser_of(struct slice name, const char *type);

/** The names of steps; NULL past the last one. */
const char *coarser_name(size_t index);

/* The steps of addresses (coarser_address.c). */
bool coarser_country_of_phone(const struct value *in, struct shown *out);
bool coarser_prefix(const struct value *in, struct shown *out);
bool coarser_is_country_of_phone(const struct value *shown);
bool coarser_is_prefix(const struct value *shown);

/* The forms of what the other steps make (coarser_form.c). */
bool coarser_is_day(const struct value *shown);
bool coarser_is_month(const struct value *shown);
bool coarser_is_year(const struct value *shown);
bool coarser_is_decade(const struct value *shown);
bool coarser_is_degree(const struct value *shown);
bool coarser_is_tenth_degree(const struct value *shown);
bool coarser_is_country(const struct value *shown);
bool coarser_is_initials(const struct value *shown);

#endif
