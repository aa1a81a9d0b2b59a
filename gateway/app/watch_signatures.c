/* Until when those who must sign the rulebook have signed it. */

#include "app/watch.h"

#include "policy/signed_object.h"

static void look(struct watch *w, const char *object, uint64_t until_ms, struct moment now)
{
    if (until_ms != UINT64_MAX)
        watch_end(w, ENDS_SIGNED, object, until_ms, now);
}

void watch_signatures(struct watch *w, const struct rulebook *r, struct moment now)
{
    const struct directory *d = r->directory;
    look(w, "law", r->law_until_ms, now);
    look(w, "states", r->states_until_ms, now);
    for (size_t i = 0; i < d->parties_count; i++) {
        char name[OBJECT_NAME_BYTES];
        object_name_parties(d->parties_of[i], name);
        look(w, name, r->parties_until_ms[i], now);
    }
}
