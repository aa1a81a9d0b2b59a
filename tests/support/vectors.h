#ifndef SUPPORT_VECTORS_H
#define SUPPORT_VECTORS_H

/* The files of tests/vectors/: JSON whose octets are lower-case hex. */

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/check.h"

/** A whole file of tests/vectors/; stops the program if it cannot be read. json_decref it. */
static inline json_t *vectors(const char *name)
{
    char path[256];
    json_error_t error;
    snprintf(path, sizeof path, "vectors/%s", name);
    json_t *all = json_load_file(tests_path(path), 0, &error);
    if (all == NULL) {
        fprintf(stderr, "%s: %s\n", path, error.text);
        exit(1);
    }
    return all;
}

/** The octets of a string of hex. */
static inline struct slice vector_octets(const json_t *digits)
{
    if (!json_is_string(digits)) {
        fprintf(stderr, "no hex string in the vectors\n");
        exit(1);
    }
    return hex(json_string_value(digits));
}

/** The octets of an object's member. */
static inline struct slice vector_member(const json_t *object, const char *name)
{
    return vector_octets(json_object_get(object, name));
}

#endif
