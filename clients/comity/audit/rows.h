#ifndef COMITY_AUDIT_ROWS_H
#define COMITY_AUDIT_ROWS_H

/* How an entry of a mirror is shown in a line: as JSON, in a table, in a file for spreadsheets. */

#include "comity/invocation.h"
#include "mirror/series.h"

#include <jansson.h>

/** Room for the text of an id or a time. */
#define AUDIT_WORD_BYTES 48

/** The categories whose fields went in clear or changed, or those that were withheld, silently or
 * said so: sorted, each once. The list lives in the arena; its texts are borrowed. MEMORY */
struct status audit_categories(struct arena *arena, const struct opened *opened, bool withheld,
                               struct slices *ret_categories);

/** Why nothing can be said of an entry; NULL where something can. Static storage. */
const char *audit_unopened(const struct mirror_entry *entry);

/** What a line is made of. */
struct audit_line {
    const struct series *series;
    size_t position; /* of the log that has the entry */
    const struct mirror_entry *entry;
};

/** An entry as one object; a new reference, NULL when memory is out. */
json_t *audit_row_json(struct arena *arena, const struct audit_line *line);

/** Prints an entry as a line of a table, where it names its log if there are several, or of
 * comma-separated values. STORE, MEMORY */
struct status audit_row_print(const struct invocation *invocation, struct arena *arena,
                              const struct audit_line *line);
struct status audit_row_csv(FILE *out, struct arena *arena, const struct audit_line *line);

/** The heads of both. */
void audit_head_print(const struct invocation *invocation, const struct series *series);
void audit_head_csv(FILE *out);

/** Prints one value of such a file, quoted: no program that reads it takes it for a formula. */
void audit_csv_value(FILE *out, struct slice value);

#endif
