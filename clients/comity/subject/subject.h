#ifndef COMITY_SUBJECT_H
#define COMITY_SUBJECT_H

/* What was ever disclosed about one person or case, as one may tell that person (LED 13 to 16). */

#include "base/reader.h"
#include "comity/subject/words.h"
#include "mirror/series.h"
#include "schema/directory.h"

#include <jansson.h>

#define SUBJECT_EVENTS_MAX 100000

/** About whom, and what the log calls them. */
struct subject_asked {
    struct slice from, frame, sid; /* as in audit/lookup.h; the thread as text */
    struct slice pseudonym; /* 32 octets: of the person, or of the case where there is no sid */
};

/**
 * Finds what may be stated, oldest first:
 * {"disclosures":[{"log","index","time","from","to","purpose",
 * "instrument","legal_basis","tier","transfer_basis","categories","ground"}],"refusals":[{"log","index",
 * "time","from","to","code"}]}. What is confidential or held, or speaks of asylum or of witness
 * protection, is left out as if it were not there.
 *
 * FULL  more than SUBJECT_EVENTS_MAX;  otherwise as search_run and mirror_entry
 */
struct status subject_find(const struct series *series, const struct subject_asked *asked,
                           json_t **ret_found);

/** Who says it. */
struct subject_source {
    struct slice gateway;
    uint64_t at_ms;
    const struct party *protector; /* the State's data-protection authority; NULL: none is known */
};

/** Appends the statement, in lines of 80 columns. A buffer that fails: out of memory. */
void subject_print(struct buffer *out, const struct subject_asked *asked,
                   const struct subject_source *source, const json_t *found,
                   enum language language);

#endif
