#include "exchange/pseudonym.h"

#include "journal/persons.h"

#define VALUE_MAX_BYTES 1024

static struct status pseudonym(struct arena *arena, const struct keyring *keyring,
                               const char *domain, const struct pseudonym_case *of,
                               struct slice sid, struct slice *ret_pseudonym)
{
    struct buffer b = buffer_new(VALUE_MAX_BYTES);
    buffer_put(&b, of->from);
    buffer_u8(&b, 0);
    buffer_put(&b, of->frame);
    buffer_u8(&b, 0);
    buffer_put(&b, sid);
    struct digest digest = keyring_index(keyring, domain, buffer_slice(&b));
    bool written = !b.failed;
    buffer_done(&b);
    struct slice kept = arena_copy(arena, digest_slice(&digest));
    if (!written || kept.at == NULL)
        return FAIL(MEMORY);
    *ret_pseudonym = kept;
    return OK;
}

struct status pseudonym_of_case(struct arena *arena, const struct keyring *keyring,
                                const struct pseudonym_case *of, struct slice *ret_pseudonym)
{
    return pseudonym(arena, keyring, "case", of, (struct slice){NULL, 0}, ret_pseudonym);
}

struct status pseudonym_index(struct arena *arena, const struct keyring *keyring,
                              const struct pseudonym_case *of, struct slice sid,
                              struct slice *ret_index)
{
    return pseudonym(arena, keyring, "person", of, sid, ret_index);
}

struct status pseudonym_find(struct arena *arena, const struct keyring *keyring,
                             struct journal_reader *reader, const struct pseudonym_case *of,
                             struct slice sid, struct slice *ret_pseudonym)
{
    struct slice index;
    struct digest digest;
    struct status s = pseudonym_index(arena, keyring, of, sid, &index);
    if (!failed(s))
        s = journal_person(reader, index, &digest);
    if (failed(s))
        return s;
    const struct slice kept = arena_copy(arena, digest_slice(&digest));
    if (kept.at == NULL)
        return FAIL(MEMORY);
    *ret_pseudonym = kept;
    return OK;
}
