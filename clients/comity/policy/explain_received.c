/* What came of a message, as its recipient can explain it: never what did not. */

#include <string.h>

#include "comity/contexts.h"
#include "comity/output.h"
#include "comity/policy/explained.h"
#include "libcomity/message.h"
#include "libcomity/told.h"
#include "libcomity/uuid.h"

struct received {
    const struct invocation *inv;
    const struct delivery_verified *delivery;
    struct policy_folder folder;
    struct policy_message message;
    json_t *fields;
};

static enum comity_exit out_of_memory(struct comity_fault *reterr)
{
    return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
}

/* By the last gateway, which repeats what the one before has stated. */
static const struct release *release_of(const struct received *r)
{
    return &r->delivery->releases[r->delivery->hops - 1];
}

/* ---- one field ---- */

/* The level that it came with: as a gateway wrote it, or as the sender did. */
static const char *level_seen(const struct received *r, const struct document_item *item)
{
    const struct contents *c = r->delivery->contents;
    for (size_t i = 0; item->derived && i < c->derived_count; i++)
        if (slice_equal(c->derived[i].path, item->leaf.path))
            return transform_name(c->derived[i].transform);
    return level_name(LEVEL_CLEAR);
}

/* A rule is told where the law surely comes to the very level by what is shown: what it would make
 * of somebody of whom more was shown is nobody's to guess. */
static void name_rule(struct explained *field, const struct verdict *verdict)
{
    if (strcmp(level_name(verdict->level), field->level) != 0)
        return;
    field->rule = verdict->rule;
    field->basis = verdict->basis;
}

/* The rules of which what is shown is enough to say that they speak of the field. */
static const struct explanation *certain_of(struct arena *arena, const struct explanation *all)
{
    struct explanation *e = arena_alloc(arena, sizeof *e);
    struct explained_rule *rules = arena_array(arena, all->rule_count + 1, sizeof *rules);
    if (e == NULL || rules == NULL)
        return NULL;
    *e = (struct explanation){.verdict = all->verdict, .rules = rules};
    for (size_t i = 0; i < all->rule_count; i++) {
        if (all->rules[i].truth != TRUTH_TRUE)
            continue;
        rules[e->rule_count] = all->rules[i];
        if (&all->rules[i] == all->deciding)
            e->deciding = &rules[e->rule_count];
        e->rule_count++;
    }
    return e;
}

static struct status explain_item(struct received *r, size_t item)
{
    struct policy_message *m = &r->message;
    struct explained field = {.path = m->labels[item],
                              .level = level_seen(r, &m->document->items[item])};
    const struct explanation *all;
    struct status s = policy_explain(m->arena, &m->question, item, &all);
    if (failed(s))
        return s;
    field.explanation = certain_of(m->arena, all);
    if (field.explanation == NULL)
        return FAIL(MEMORY);
    if (field.explanation->deciding != NULL)
        name_rule(&field, &all->verdict);
    return json_array_append_new(r->fields, explained_json(&field)) != 0 ? FAIL(MEMORY) : OK;
}

/* ---- what was stated as withheld ---- */

/* Whose it is; NO_PERSON for the case's, and of whom nothing else is shown. */
static size_t person_of(const struct document *d, struct slice path)
{
    size_t person = 0;
    while (person < d->person_count && !path_covers(d->persons[person].element, path))
        person++;
    return person == d->person_count ? NO_PERSON : person;
}

static struct status explain_stated(struct received *r, const struct withholding *w)
{
    struct policy_message *m = &r->message;
    const size_t person = person_of(m->document, w->path);
    const bool is_case = !slice_begins(w->path, slice_text("persons/"));
    struct explained field = {.path = policy_message_label(m, w->path),
                              .level = level_name(LEVEL_STATED)};
    struct verdict verdict = {.level = LEVEL_SILENT};
    bool certain = false;
    struct status s = OK;
    if (field.path == NULL)
        return FAIL(MEMORY);
    if (is_case || person != NO_PERSON)
        s = policy_explain_category(m->arena, &m->question, person, category_by_code(w->code),
                                    &verdict, &certain);
    if (failed(s))
        return s;
    if (certain)
        name_rule(&field, &verdict);
    return json_array_append_new(r->fields, explained_json(&field)) != 0 ? FAIL(MEMORY) : OK;
}

/* ---- the message ---- */

static enum comity_exit explain_all(struct received *r, struct comity_fault *reterr)
{
    const struct release *release = release_of(r);
    struct status s = OK;
    for (size_t i = 0; !failed(s) && i < r->message.document->count; i++)
        s = explain_item(r, i);
    for (size_t i = 0; !failed(s) && i < release->withheld_count; i++)
        s = explain_stated(r, &release->withheld[i]);
    return failed(s) ? out_of_memory(reterr) : COMITY_DONE;
}

static void tell(const struct received *r)
{
    const struct claims *claims = &r->delivery->envelope->claims;
    const uint64_t law = release_of(r)->rulebook.law,
                   own = schema_number(r->folder.rulebook->schema);
    if (r->inv->json) {
        put_json(json_pack("{s:s,s:s,s:s,s:s,s:b,s:I,s:O}", "outcome", "received", "code", "",
                           "by_document", "received", "rule", "", "logged", 0, "law",
                           (json_int_t)law, "fields", r->fields));
    } else {
        printf("received from %.*s\n", (int)claims->from.length, (const char *)claims->from.at);
        explained_print(r->inv, r->fields);
    }
    if (law != own)
        say(r->inv, "it was let go under law number %llu; this context has number %llu",
            (unsigned long long)law, (unsigned long long)own);
}

static enum comity_exit open_message(struct received *r, struct comity *comity,
                                     struct comity_fault *reterr)
{
    const struct policy_sealed sealed = {.claims = &r->delivery->envelope->claims,
                                         .contents = r->delivery->contents,
                                         .received = true,
                                         .at_ms = r->delivery->envelope->claims.created_ms};
    enum comity_exit exit = policy_open(comity_context_of(comity)->directory, &r->folder, reterr);
    return exit == COMITY_DONE
               ? policy_message_open(r->folder.rulebook, &sealed, &r->message, reterr)
               : exit;
}

static struct status find(struct received *r, struct comity *comity, struct arena *arena,
                          const char *id, struct comity_fault *reterr)
{
    uint8_t octets[UUID_BYTES];
    *reterr = (struct comity_fault){0};
    return uuid_read(slice_text(id), octets)
               ? message_open(comity, arena, slice_over(octets, sizeof octets), &r->delivery,
                              reterr)
               : FAIL(ABSENT);
}

static enum comity_exit explain_found(struct received *r, struct comity *comity,
                                      struct comity_fault *reterr)
{
    enum comity_exit exit = open_message(r, comity, reterr);
    if (exit == COMITY_DONE)
        exit = explain_all(r, reterr);
    if (exit == COMITY_DONE)
        tell(r);
    policy_message_end(&r->message);
    policy_close(&r->folder);
    return exit;
}

enum comity_exit explain_received(const struct invocation *inv, struct comity *comity,
                                  const char *id, struct comity_fault *reterr)
{
    struct received r = {.inv = inv, .fields = json_array()};
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    struct status s =
        arena == NULL || r.fields == NULL ? FAIL(MEMORY) : find(&r, comity, arena, id, reterr);
    enum comity_exit exit = failed(s) ? fault_exit(reterr, s) : explain_found(&r, comity, reterr);
    json_decref(r.fields);
    arena_free(arena);
    return exit;
}
