#include "libcomity/acknowledged.h"

#include <string.h>

#include "libcomity/sent.h"

struct search {
    struct comity *comity;
    const struct claims *original;
    char id[UUID_TEXT_BYTES]; /* empty: none was found */
    bool answered;            /* the gateway has it */
};

static bool acknowledges(const struct claims *claims, const struct claims *original)
{
    return slice_is(claims->type, ACK_TYPE) && claims_have(claims, CLAIM_REPLY_TO) &&
           slice_equal(claims->reply_to, original->id) && slice_equal(claims->to, original->from);
}

/* An answer that does not open is one that is not known: the same octets again are always safe. */
static struct status consider(void *owner, struct arena *arena, const struct own_message *m)
{
    struct search *search = owner;
    struct sent_answer answer;
    const struct claims *claims = &m->envelope->claims;
    if (search->answered || !acknowledges(claims, search->original))
        return OK;
    struct status s = answer_load(search->comity->archive, arena, claims->id, &answer);
    bool known = !failed(s);
    if (failed(s) && s.code != CODE_ABSENT && s.code != CODE_CRYPTO)
        return s;
    if (known && strcmp(sent_outcome(&answer), "refused") == 0)
        return OK;
    search->answered = known;
    uuid_write(claims->id, search->id);
    return OK;
}

struct status acknowledged(struct comity *c, const struct claims *original,
                           char ret_id[static UUID_TEXT_BYTES], struct comity_fault *reterr)
{
    struct search search = {.comity = c, .original = original};
    size_t unsound = 0;
    struct status s = sent_each(c, consider, &search, &unsound);
    if (failed(s))
        return fault_set(reterr, s, "the archive %s cannot be read", c->context.archive);
    memcpy(ret_id, search.id, sizeof search.id);
    return OK;
}
