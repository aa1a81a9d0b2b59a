/* What of a candidate is shown: which it is, and how its answers differ. */

#include "app/control_parts.h"

#include "exchange/candidate.h"

/* What is 0 is left out. */
static json_t *categories_json(const uint64_t counts[static CATEGORY_COUNT])
{
    json_t *json = json_object();
    for (unsigned i = 0; i < CATEGORY_COUNT; i++)
        if (counts[i] > 0)
            json_object_set_new(json, category_code((enum category)i),
                                json_integer((json_int_t)counts[i]));
    return json;
}

/* {"deliver":{"hold":3}}: those that differ. */
static json_t *outcomes_json(const struct candidate_counts *counts)
{
    json_t *json = json_object();
    for (unsigned first = 0; first < OUTCOMES; first++) {
        json_t *row = json_object();
        for (unsigned second = 0; second < OUTCOMES; second++)
            if (first != second && counts->outcomes[first][second] > 0)
                json_object_set_new(row, outcome_name((enum outcome)second),
                                    json_integer((json_int_t)counts->outcomes[first][second]));
        if (json_object_size(row) > 0)
            json_object_set(json, outcome_name((enum outcome)first), row);
        json_decref(row);
    }
    return json;
}

json_t *control_candidate(const struct candidate *candidate)
{
    struct candidate_counts counts;
    if (candidate == NULL)
        return json_null();
    const struct rulebook *r = candidate_rulebook(candidate);
    candidate_read(candidate, &counts);
    return json_pack("{s:I,s:o,s:o,s:I,s:I,s:o,s:o,s:o}", "law",
                     (json_int_t)schema_number(r->schema), "digest", control_digest(&r->law_digest),
                     "rulebook", control_digest(&r->digest), "compared",
                     (json_int_t)counts.compared, "skipped", (json_int_t)counts.skipped, "outcomes",
                     outcomes_json(&counts), "wider", categories_json(counts.wider), "narrower",
                     categories_json(counts.narrower));
}
