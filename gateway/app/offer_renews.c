/* Whether a peer's copy of what we have is signed for longer. */

#include "app/received.h"

#define BOTH_MAX (2UL * SIGNATURES_MAX)

/* Of these octets' signatures those that count, added to what there is. */
static struct status add_counting(struct arena *arena, const struct offer_judging *by,
                                  const struct object_statement *statement, struct slice octets,
                                  struct slices *both)
{
    struct text_files texts;
    struct slices signatures;
    struct signatures_verdict v = {0};
    struct status s = objects_folder(arena, octets, &texts, &signatures);
    if (!failed(s))
        s = signatures_judge(&signatures, statement, by->authorities, by->at_ms, &v);
    for (size_t i = 0; i < v.counting_count && both->count < BOTH_MAX; i++)
        both->at[both->count++] = signatures.at[v.counting[i]];
    return s.reason == REASON_OBJECT_QUORUM || s.reason == REASON_OBJECT_VALIDITY ? OK : s;
}

static struct status judge_both(struct arena *arena, const struct offer_judging *by,
                                const struct object *offered, struct slices *both,
                                struct signatures_verdict *ret_verdict)
{
    const struct object_statement statement = {
        .object = offered->name, .number = offered->number, .digest = offered->digest};
    const struct object *ours = objects_find(by->objects, offered->name);
    *both = (struct slices){arena_array(arena, BOTH_MAX, sizeof *both->at), 0};
    struct status s = both->at == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s))
        s = add_counting(arena, by, &statement, offered->octets, both);
    if (!failed(s))
        s = add_counting(arena, by, &statement, ours->octets, both);
    return failed(s) ? s
                     : signatures_judge(both, &statement, by->authorities, by->at_ms, ret_verdict);
}

struct status offer_renews(struct arena *arena, const struct offer_judging *by,
                           const struct object *offered, uint64_t until_ms,
                           struct offer_content *ret_content, uint64_t *ret_until_ms)
{
    struct slices both, unread;
    struct signatures_verdict v = {0};
    struct offer_content content;
    if (by->authorities == NULL ||
        !offer_is_ours(by->objects, offered->name, offered->number, &offered->digest))
        return FAIL(ABSENT);
    struct status s = judge_both(arena, by, offered, &both, &v);
    if (!failed(s) && v.until_ms <= until_ms)
        s = FAIL(ABSENT);
    if (!failed(s))
        s = offer_name_counting(arena, &v, &both, &content.signatures);
    if (!failed(s))
        s = objects_folder(arena, offered->octets, &content.files, &unread);
    if (failed(s))
        return s;
    *ret_content = content;
    *ret_until_ms = v.until_ms;
    return OK;
}
