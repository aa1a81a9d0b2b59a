/* POST /pseudonym: what a case, or a person in it, is called in the log, for this State's
 * oversight. The answer is a function of the question alone: it does not tell whether there is such
 * a case. */

#include "app/web_parts.h"
#include "audit/lookup.h"
#include "exchange/pseudonym.h"

#define ARENA_BYTES 4096U

static struct status find(struct arena *arena, const struct web *w, const struct lookup *l,
                          struct looked_up *ret_found)
{
    const struct pseudonym_case of = {l->from, l->frame};
    struct looked_up found = {0};
    struct status s = pseudonym_of_case(arena, w->keyring, &of, &found.of_case);
    if (!failed(s) && l->sid.at != NULL)
        s = pseudonym_find(arena, w->keyring, w->reader, &of, l->sid, &found.of_subject);
    if (!failed(s))
        *ret_found = found;
    return s;
}

static struct status asked(struct arena *arena, const struct web *w, const struct lookup *l,
                           struct auditor_act *act)
{
    const struct pseudonym_case of = {l->from, l->frame};
    return l->sid.at == NULL ? OK : pseudonym_index(arena, w->keyring, &of, l->sid, &act->person);
}

/* Where there is no key for the person one is made, with the entry that says that somebody asked:
 * so the answer is the same before and after they are named. */
static struct status find_entered(struct arena *arena, struct web *w,
                                  const struct http_request *request, enum web_standing standing,
                                  const struct lookup *lookup, struct http_answer *answer)
{
    struct looked_up found = {0};
    struct auditor_act act = web_act(request, AUDITOR_PSEUDONYMS);
    struct status s = asked(arena, w, lookup, &act);
    if (failed(s) || !web_enter(w, request, standing, &act, answer))
        return s;
    if (failed(s = find(arena, w, lookup, &found)))
        return s;
    looked_up_write(&answer->body, &found);
    answer->status = 200;
    answer->type = "application/cbor";
    return OK;
}

static void give(struct web *w, const struct http_request *request, enum web_standing standing,
                 const struct lookup *lookup, struct http_answer *answer)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    if (arena == NULL || failed(find_entered(arena, w, request, standing, lookup, answer)))
        web_say(answer, 500, "the pseudonyms cannot be made");
    arena_free(arena);
}

void web_pseudonym(void *owner, const struct http_request *request, struct http_answer *answer)
{
    struct web *w = owner;
    struct lookup lookup;
    enum web_standing standing = web_standing(w, request);
    if (standing != WEB_MINISTRY && standing != WEB_PROTECTOR)
        web_deny_oversight(w, request, AUDITOR_PSEUDONYMS, answer);
    else if (failed(lookup_parse(request->body, &lookup)))
        web_say(answer, 400, "ask with CBOR [from, case_ref or thread, sid or null]");
    else
        give(w, request, standing, &lookup, answer);
}
