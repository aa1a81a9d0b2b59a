/* Whether an object that is offered makes a rulebook together with those in use. */

#include "app/received.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/closings.h"

/* What is put together: files of all objects with their paths in a rulebook. */
struct whole {
    struct arena *arena;
    struct text_files files;
};

/* "law/", "parties/XA/" */
static const char *folder_of(struct arena *arena, struct slice name)
{
    size_t end = slice_find(name, ':');
    struct slice state = slice_part(name, end + 1, SIZE_MAX);
    return arena_print(arena, "%.*s/%.*s%s", (int)end, (const char *)name.at, (int)state.length,
                       (const char *)state.at, state.length == 0 ? "" : "/");
}

static struct status add(struct whole *w, struct slice name, const struct text_files *files)
{
    const char *folder = folder_of(w->arena, name);
    size_t count = w->files.count;
    struct text_file *at = arena_array(w->arena, count + files->count, sizeof *at);
    if (folder == NULL || at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < count; i++)
        at[i] = w->files.at[i];
    for (size_t i = 0; i < files->count; i++) {
        struct slice path = files->at[i].path;
        const char *whole =
            arena_print(w->arena, "%s%.*s", folder, (int)path.length, (const char *)path.at);
        if (whole == NULL)
            return FAIL(MEMORY);
        at[count + i] = (struct text_file){slice_text(whole), files->at[i].text};
    }
    w->files = (struct text_files){at, count + files->count};
    return OK;
}

static int by_path(const void *a, const void *b)
{
    return slice_compare(((const struct text_file *)a)->path, ((const struct text_file *)b)->path);
}

/* Our objects, the offered one in the place of its own. */
static struct status put_together(struct whole *w, const struct objects *objects,
                                  const struct object *offered, const struct text_files *its)
{
    struct status s = add(w, offered->name, its);
    for (size_t i = 0; objects != NULL && i < objects->count && !failed(s); i++) {
        const struct object *o = &objects->at[i];
        struct text_files files;
        struct slices signatures;
        if (!object_is_folder(o->name) || slice_equal(o->name, offered->name))
            continue;
        s = objects_folder(w->arena, o->octets, &files, &signatures);
        if (!failed(s))
            s = add(w, o->name, &files);
    }
    if (!failed(s))
        qsort(w->files.at, w->files.count, sizeof *w->files.at, by_path);
    return s;
}

static struct status parse(const struct text_files *files, struct rulebook **ret_rulebook,
                           char why[static OFFER_WHY_BYTES])
{
    struct text_error wrong = {0};
    struct status s = rulebook_parse(files, ret_rulebook, &wrong);
    if (failed(s))
        snprintf(why, OFFER_WHY_BYTES, "%s:%u:%u: %s", wrong.file, wrong.line, wrong.column,
                 wrong.message);
    return s;
}

/* What was announced is what it is. */
static bool is_as_announced(const struct objects *whole, const struct object *offered)
{
    const struct object *is = objects_find(whole, offered->name);
    return is != NULL && is->number == offered->number &&
           digest_equal(&is->digest, digest_slice(&offered->digest));
}

static bool is_named(const struct text_files *named, const char *name)
{
    for (size_t i = 0; i < named->count; i++)
        if (slice_is(named->at[i].path, name))
            return true;
    return false;
}

/* Under its file's name: one of each certificate. What is no signature has none. */
static struct status add_signature(struct arena *arena, struct slice signature,
                                   struct text_files *named)
{
    struct signed_object o;
    char name[SIGNED_OBJECT_KEY_BYTES];
    if (failed(signed_object_read(signature, &o)))
        return OK;
    signed_object_name(&o, name);
    if (is_named(named, name))
        return OK;
    const struct slice path = arena_copy(arena, slice_text(name));
    if (path.at == NULL)
        return FAIL(MEMORY);
    named->at[named->count++] = (struct text_file){path, signature};
    return OK;
}

static struct status name_signatures(struct arena *arena, const struct slices *signatures,
                                     struct text_files *ret_named)
{
    struct text_files named = {arena_array(arena, signatures->count, sizeof *named.at), 0};
    struct status s = named.at == NULL ? FAIL(MEMORY) : OK;
    for (size_t i = 0; !failed(s) && i < signatures->count && named.count < SIGNATURES_MAX; i++)
        s = add_signature(arena, signatures->at[i], &named);
    if (failed(s))
        return s;
    qsort(named.at, named.count, sizeof *named.at, by_path);
    *ret_named = named;
    return OK;
}

static struct status take_counting(struct arena *arena, const struct signatures_verdict *v,
                                   struct slices *signatures)
{
    struct slices counting = {arena_array(arena, v->counting_count, sizeof *counting.at),
                              v->counting_count};
    if (counting.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < counting.count; i++)
        counting.at[i] = signatures->at[v->counting[i]];
    *signatures = counting;
    return OK;
}

struct status offer_name_counting(struct arena *arena, const struct signatures_verdict *verdict,
                                  const struct slices *signatures, struct text_files *ret_named)
{
    struct slices counting = *signatures;
    struct status s = take_counting(arena, verdict, &counting);
    return failed(s) ? s : name_signatures(arena, &counting, ret_named);
}

/* Of the object alone: whether ours still hold is another matter. Leaves those that count. */
static struct status judge_signatures(struct arena *arena, const struct offer_judging *by,
                                      const struct object *offered, struct slices *signatures,
                                      char why[static OFFER_WHY_BYTES])
{
    struct signatures_verdict v = {0};
    const struct object_statement statement = {
        .object = offered->name, .number = offered->number, .digest = offered->digest};
    if (by->authorities == NULL)
        return OK;
    struct status s = signatures_judge(signatures, &statement, by->authorities, by->at_ms, &v);
    if (s.code == CODE_REFUSED) {
        char revoked[REVOKED_TEXT_BYTES];
        authorities_say_revoked(by->authorities, offered->name, by->at_ms, revoked);
        snprintf(why, OFFER_WHY_BYTES,
                 "it has valid signatures of %zu of the %zu authorities that it needs%s", v.have,
                 v.needed, revoked);
    }
    return failed(s) ? s : take_counting(arena, &v, signatures);
}

/* As if ours were all that ever was: a reload knows what was before it. */
static struct status judge_closings(struct arena *arena, const struct offer_judging *by,
                                    const struct directory *offered,
                                    char why[static OFFER_WHY_BYTES])
{
    struct slice kept = {NULL, 0};
    struct status s = closings_judge(arena, kept, by->directory, &kept, why);
    return failed(s) ? s : closings_judge(arena, kept, offered, &kept, why);
}

struct status offer_judge(struct arena *arena, const struct offer_judging *by,
                          const struct object *offered, struct offer_content *ret_content,
                          char why[static OFFER_WHY_BYTES])
{
    struct whole w = {.arena = arena};
    struct offer_content content;
    struct slices signatures;
    struct rulebook *rulebook = NULL;
    struct objects *made = NULL;
    struct status s = objects_folder(arena, offered->octets, &content.files, &signatures);
    snprintf(why, OFFER_WHY_BYTES, "its octets are no object of a rulebook");
    if (!failed(s)) /* first: to read a law takes seconds */
        s = judge_signatures(arena, by, offered, &signatures, why);
    if (!failed(s))
        s = name_signatures(arena, &signatures, &content.signatures);
    if (!failed(s))
        s = put_together(&w, by->objects, offered, &content.files);
    if (!failed(s))
        s = parse(&w.files, &rulebook, why);
    if (!failed(s))
        s = objects_new(&w.files, rulebook, NULL, 0, &made);
    if (!failed(s) && !is_as_announced(made, offered)) {
        snprintf(why, OFFER_WHY_BYTES, "it has another number or digest than was announced");
        s = FAIL(CONFIG);
    }
    if (!failed(s))
        s = judge_closings(arena, by, rulebook->directory, why);
    objects_free(made);
    rulebook_free(rulebook);
    if (!failed(s))
        *ret_content = content;
    return s;
}
