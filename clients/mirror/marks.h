#ifndef MIRROR_MARKS_H
#define MIRROR_MARKS_H

/*
 * What an entry can be found by. A mark is a word and a value, "from:XA-CA-01", and stands for one
 * thing that the opened records of an entry say:
 *
 *     from to pair                    a party or its State; "XA-CA-01,XC-CA-01", sorted
 *     type purpose code rulebook id   of the outer record; octets in hex
 *     kind stage                      "disclosure"; "retrieved"
 *     op actor officer instrument     of the inner record
 *     tier transfer ground case
 *     subject related
 *     basis                           each legal basis, and the code that it begins with
 *     field category level rule       of each decision; a field without its elements' names,
 *                                     and each of those that it lies in
 *     month                           "2026-11", of every entry
 *     opened                          how far: no, outer, inner, closed
 *
 * Of the closed record only who has it knows. Values are the octets of others: any are one mark.
 * Words of justifications are found by search.h.
 */

#include "mirror/mirror.h"

/** The tables, for who makes a mirror. */
extern const char marks_schema[];

/** The mark of a value; lives in the arena. NULL at .at: out of memory. */
struct slice mark_make(struct arena *arena, const char *word, struct slice value);

/** All marks of an entry, sorted, each once; they live in the arena. MEMORY */
struct status marks_of(struct arena *arena, const struct mirror_entry *entry,
                       struct slices *ret_marks);

/** The words of an entry's justifications; empty where nothing is justified. MEMORY */
struct status marks_text(struct arena *arena, const struct mirror_entry *entry,
                         struct slice *ret_text);

/** Makes an entry that has no marks yet findable, within a transaction. STORE, FULL, MEMORY */
struct status marks_put(struct mirror *mirror, const struct mirror_entry *entry);

/** Takes back what was put of an entry, which is given as it was then. STORE, FULL, MEMORY */
struct status marks_remove(struct mirror *mirror, const struct mirror_entry *entry);

/** The same of all entries from this index on. As mirror_entry, FULL */
struct status marks_shed(struct mirror *mirror, uint64_t from);

/** Before the commit of what has removed marks: leaves no octets of them. STORE, FULL, MEMORY */
struct status marks_settle(struct mirror *mirror);

#endif
