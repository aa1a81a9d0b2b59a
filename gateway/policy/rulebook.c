#include "policy/rulebook.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/law.h"
#include "wire/cbor.h"

#define RULEBOOK_DIGEST_MAX_BYTES 65536
#define STATE_FOLDER_BYTES        16

static struct digest parties_digest(const struct text_files *files, struct slice state)
{
    char folder[STATE_FOLDER_BYTES];
    snprintf(folder, sizeof folder, "parties/%.*s/", (int)state.length, (const char *)state.at);
    return object_digest(files, folder);
}

static void put_object(struct buffer *out, uint64_t number, const struct digest *digest)
{
    cbor_put_uint(out, number);
    cbor_put_bytes(out, digest_slice(digest));
}

/* comity-rulebook-1: numbers and digests of all objects, those of parties sorted by State. */
static struct status digest_objects(struct rulebook *rulebook)
{
    const struct directory *d = rulebook->directory;
    struct buffer out = buffer_new(RULEBOOK_DIGEST_MAX_BYTES);
    cbor_put_array(&out, 3);
    cbor_put_array(&out, 2);
    put_object(&out, schema_number(rulebook->schema), &rulebook->law_digest);
    cbor_put_array(&out, 2);
    put_object(&out, d->states_number, &rulebook->states_digest);
    cbor_put_array(&out, d->parties_count);
    for (size_t i = 0; i < d->parties_count; i++) {
        cbor_put_array(&out, 3);
        cbor_put_text(&out, d->parties_of[i]);
        put_object(&out, d->parties_numbers[i], &rulebook->parties_digests[i]);
    }
    struct status s = out.failed ? FAIL(MEMORY) : OK;
    if (!failed(s))
        rulebook->digest = digest_of(SEPARATION_RULEBOOK, buffer_slice(&out));
    buffer_done(&out);
    return s;
}

static struct status digest_files(struct rulebook *rulebook, const struct text_files *files)
{
    const struct directory *d = rulebook->directory;
    rulebook->parties_digests = calloc(d->parties_count + 1, sizeof *rulebook->parties_digests);
    if (rulebook->parties_digests == NULL)
        return FAIL(MEMORY);
    rulebook->law_digest = object_digest(files, "law/");
    rulebook->states_digest = object_digest(files, "states/");
    for (size_t i = 0; i < d->parties_count; i++)
        rulebook->parties_digests[i] = parties_digest(files, d->parties_of[i]);
    return digest_objects(rulebook);
}

/* Until somebody asks for signatures. */
static struct status until_for_ever(struct rulebook *rulebook)
{
    const size_t count = rulebook->directory->parties_count;
    rulebook->law_until_ms = rulebook->states_until_ms = rulebook->signed_again_ms = UINT64_MAX;
    rulebook->parties_until_ms = calloc(count + 1, sizeof *rulebook->parties_until_ms);
    if (rulebook->parties_until_ms == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < count; i++)
        rulebook->parties_until_ms[i] = UINT64_MAX;
    return OK;
}

struct status rulebook_parse(const struct text_files *files, struct rulebook **ret_rulebook,
                             struct text_error *reterr)
{
    struct rulebook *rulebook = calloc(1, sizeof *rulebook);
    struct status s = FAIL(MEMORY);
    if (rulebook == NULL || failed(s = schema_parse(files, &rulebook->schema, reterr)) ||
        failed(s = directory_parse(files, &rulebook->directory, reterr)))
        goto out;
    const struct law_names names = {rulebook->schema, rulebook->directory};
    if (failed(s = law_parse(files, &names, &rulebook->law, reterr)) ||
        failed(s = digest_files(rulebook, files)))
        goto out;
    if (failed(s = until_for_ever(rulebook)))
        goto out;
    *ret_rulebook = rulebook;
    rulebook = NULL;
out:
    rulebook_free(rulebook);
    return s;
}

void rulebook_free(struct rulebook *rulebook)
{
    if (rulebook == NULL)
        return;
    schema_free(rulebook->schema);
    directory_free(rulebook->directory);
    law_free(rulebook->law);
    free(rulebook->parties_digests);
    free(rulebook->parties_until_ms);
    free(rulebook);
}

struct rulebook *rulebook_again(const struct rulebook *of)
{
    const size_t count = of->directory->parties_count;
    struct rulebook *again = malloc(sizeof *again);
    uint64_t *until_ms = calloc(count + 1, sizeof *until_ms);
    if (again == NULL || until_ms == NULL) {
        free(again);
        free(until_ms);
        return NULL;
    }
    *again = *of;
    again->parties_until_ms = until_ms;
    for (size_t i = 0; i < count; i++)
        until_ms[i] = of->parties_until_ms[i];
    return again;
}

void rulebook_again_free(struct rulebook *again)
{
    if (again != NULL)
        free(again->parties_until_ms);
    free(again);
}

struct rulebook_version rulebook_version(const struct rulebook *rulebook, struct slice from,
                                         struct slice to)
{
    return (struct rulebook_version){
        .law = schema_number(rulebook->schema),
        .states = rulebook->directory->states_number,
        .parties_from = directory_parties_number(rulebook->directory, party_state(from)),
        .parties_to = directory_parties_number(rulebook->directory, party_state(to)),
        .digest = rulebook->digest,
    };
}

static uint64_t later_of(uint64_t last_ms, uint64_t time_ms, uint64_t at_ms)
{
    return time_ms > last_ms && time_ms <= at_ms ? time_ms : last_ms;
}

uint64_t rulebook_changed_ms(const struct rulebook *rulebook, uint64_t at_ms)
{
    uint64_t last_ms = 0;
    for (size_t i = 0; i < rulebook->law->rule_count; i++) {
        const struct rule *rule = &rulebook->law->rules[i];
        last_ms = later_of(last_ms, rule->from_ms, at_ms);
        last_ms = later_of(last_ms, rule->until_ms, at_ms);
    }
    return last_ms;
}

/* Of a State without parties nothing is asked: nobody is at home there. */
static uint64_t parties_until_ms(const struct rulebook *rulebook, struct slice state)
{
    const struct directory *d = rulebook->directory;
    for (size_t i = 0; i < d->parties_count; i++)
        if (slice_equal(d->parties_of[i], state))
            return rulebook->parties_until_ms[i];
    return UINT64_MAX;
}

static uint64_t earlier_of(uint64_t a_ms, uint64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

uint64_t rulebook_until_ms(const struct rulebook *rulebook, struct slice from, struct slice to)
{
    return earlier_of(earlier_of(rulebook->law_until_ms, rulebook->states_until_ms),
                      earlier_of(parties_until_ms(rulebook, party_state(from)),
                                 parties_until_ms(rulebook, party_state(to))));
}

uint64_t rulebook_object_until_ms(const struct rulebook *rulebook, struct slice object)
{
    return slice_is(object, "law") ? rulebook->law_until_ms
           : slice_is(object, "states")
               ? rulebook->states_until_ms
               : parties_until_ms(rulebook,
                                  slice_part(object, slice_find(object, ':') + 1, SIZE_MAX));
}
