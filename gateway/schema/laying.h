#ifndef SCHEMA_LAYING_H
#define SCHEMA_LAYING_H

/* A table while lines are laid in it: shared by what lays them (field_table_lay.c) and what makes
 * the table (field_table_build.c). */

#include "schema/field_table.h"

struct laying {
    struct reading *r;
    struct arena *arena;       /* that the finished table lives in */
    struct field_table *table; /* its arrays have room for more until it is finished */
    size_t room;
    struct person_object *person;
    struct slices carried;
    struct slice name; /* that all names begin with; empty for a message */
    bool message;      /* whose fields cannot have the names of claims */
    bool local;        /* lines that only LOCAL values have are laid too */
    struct token at;   /* the line that is being laid */
};

/** Lays lines below top, or with NULL at the top of the table. Places keep their declarations. */
void lay_lines(struct laying *l, const struct lines *lines, struct entry *top);

#endif
