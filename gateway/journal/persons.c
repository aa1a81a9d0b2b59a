#include "journal/persons.h"

#include "base/slices.h"
#include "journal/crypt.h"
#include "journal/reader.h"
#include "journal/store_content.h"

#define LOOK_BYTES 4096

static struct digest pseudonym_of(const uint8_t key[static SECRET_KEY_BYTES])
{
    return hmac_of(key, SEPARATION_PERSON, (struct slice){NULL, 0});
}

static struct status person_make(struct writing *w, struct slice place,
                                 uint8_t ret_key[static SECRET_KEY_BYTES])
{
    uint8_t wrapped[SECRET_WRAPPED_BYTES];
    struct status s = keyring_make(w->keyring, ret_key, wrapped);
    return failed(s) ? s : store_person_add(w->store, place, slice_over(wrapped, sizeof wrapped));
}

static struct status person_key(struct writing *w, struct arena *arena, struct slice place,
                                uint8_t ret_key[static SECRET_KEY_BYTES])
{
    struct slice wrapped;
    struct status s = store_person(w->store, arena, place, &wrapped);
    return s.code == CODE_ABSENT ? person_make(w, place, ret_key)
           : failed(s)           ? s
                                 : keyring_open(w->keyring, wrapped, ret_key);
}

struct status person_keep(struct writing *w, struct arena *arena, struct slice place)
{
    uint8_t key[SECRET_KEY_BYTES];
    struct status s = person_key(w, arena, place, key);
    secret_wipe(key, sizeof key);
    return s;
}

static struct status person_name(struct writing *w, struct arena *arena, struct slice *subject)
{
    uint8_t key[SECRET_KEY_BYTES];
    struct status s = person_key(w, arena, *subject, key);
    if (!failed(s)) {
        const struct digest pseudonym = pseudonym_of(key);
        *subject = arena_copy(arena, digest_slice(&pseudonym));
        s = subject->at == NULL ? FAIL(MEMORY) : OK;
    }
    secret_wipe(key, sizeof key);
    return s;
}

struct status persons_name(struct writing *w, struct arena *arena, struct slices *subjects)
{
    struct slices named = {arena_array(arena, subjects->count, sizeof *named.at), subjects->count};
    struct status s = named.at == NULL && named.count > 0 ? FAIL(MEMORY) : OK;
    for (size_t i = 0; !failed(s) && i < named.count; i++) {
        named.at[i] = subjects->at[i];
        s = person_name(w, arena, &named.at[i]);
    }
    if (failed(s))
        return s;
    slices_sort(named);
    *subjects = named;
    return OK;
}

static struct status person_find(struct look *look, struct slice place,
                                 struct digest *ret_pseudonym)
{
    uint8_t key[SECRET_KEY_BYTES];
    struct slice wrapped;
    struct status s = store_person(look->reader->store, look->arena, place, &wrapped);
    if (!failed(s))
        s = keyring_open(look->reader->keyring, wrapped, key);
    if (!failed(s))
        *ret_pseudonym = pseudonym_of(key);
    secret_wipe(key, sizeof key);
    return s;
}

struct status journal_person(struct journal_reader *reader, struct slice place,
                             struct digest *ret_pseudonym)
{
    struct look look;
    struct arena *arena = arena_new(LOOK_BYTES);
    if (arena == NULL)
        return FAIL(MEMORY);
    struct status s = look_begin(reader, arena, 0, &look);
    s = look_end(&look, failed(s) ? s : person_find(&look, place, ret_pseudonym));
    arena_free(arena);
    return s;
}
