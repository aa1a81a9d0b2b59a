#include "comity/policy/message.h"

#include <stdlib.h>
#include <string.h>

#include "libcomity/compose.h"
#include "message/remains.h"

#define MESSAGE_ARENA_BYTES (16UL << 20)
#define DEPTH_MAX           16

/* What is shown of a pseudonym is only that it is one. */
static const uint8_t no_key[32];

/* The elements of one list come one after the other, because items are sorted by path. */
struct places {
    struct slice paths[DEPTH_MAX]; /* of the element met last, at each depth */
    unsigned numbers[DEPTH_MAX];
};

static const struct document_person *person_at(const struct document *d, struct slice element)
{
    for (size_t i = 0; i < d->person_count; i++)
        if (slice_equal(d->persons[i].element, element))
            return &d->persons[i];
    return NULL;
}

static unsigned place_of(struct places *places, size_t depth, struct slice element,
                         struct slice list)
{
    struct slice *last = &places->paths[depth];
    if (!slice_equal(*last, element)) {
        bool goes_on = slice_begins(*last, list);
        places->numbers[depth] = goes_on ? places->numbers[depth] + 1 : 1;
        *last = element;
    }
    return places->numbers[depth];
}

static void put_segment(struct buffer *out, const struct document *d, struct places *places,
                        struct slice path, size_t begin, size_t end, size_t depth)
{
    struct slice element = slice_part(path, 0, end);
    const struct document_person *person = person_at(d, element);
    if (path.at[begin] != '~')
        buffer_put(out, slice_part(path, begin, end - begin));
    else if (person != NULL && person->sid.length > 0)
        buffer_put(out, person->sid);
    else
        buffer_print(out, "%u", place_of(places, depth, element, slice_part(path, 0, begin)));
}

static const char *label_of(struct arena *arena, const struct document *d, struct places *places,
                            struct slice path)
{
    struct buffer b = buffer_new(8192);
    size_t begin = 0;
    for (size_t depth = 0; begin < path.length && depth < DEPTH_MAX; depth++) {
        size_t end = begin;
        while (end < path.length && path.at[end] != '/')
            end++;
        put_segment(&b, d, places, path, begin, end, depth);
        if (end < path.length)
            buffer_text(&b, "/");
        begin = end + 1;
    }
    struct slice text = buffer_slice(&b);
    const char *label = arena_print(arena, "%.*s", (int)text.length, (const char *)text.at);
    buffer_done(&b);
    return label;
}

static enum comity_exit label_all(struct policy_message *m, struct comity_fault *reterr)
{
    struct places places = {0};
    m->labels = arena_array(m->arena, m->document->count + 1, sizeof *m->labels);
    for (size_t i = 0; m->labels != NULL && i < m->document->count; i++) {
        m->labels[i] = label_of(m->arena, m->document, &places, m->document->items[i].leaf.path);
        if (m->labels[i] == NULL)
            m->labels = NULL;
    }
    return m->labels == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory") : COMITY_DONE;
}

/* received: it need not be complete */
static enum comity_exit judge(struct policy_message *m, const struct message_type *type,
                              const struct remains *all, bool received, struct comity_fault *reterr)
{
    const struct claim_facts facts = {
        .purpose = m->claims.purpose,
        .urgency = m->claims.urgency,
        .instrument = m->claims.instrument,
    };
    struct slice path = {NULL, 0};
    if (type == NULL)
        return fail(reterr, COMITY_INPUT, "E_SCHEMA", "the rulebook has no message type \"%.*s\"",
                    (int)m->claims.type.length, (const char *)m->claims.type.at);
    struct status s = received ? document_judge_remains(m->arena, type, all, &m->document, &path)
                               : document_judge(m->arena, type, &facts, all->leaves, all->count,
                                                &m->document, &path);
    if (!failed(s))
        return label_all(m, reterr);
    return fail(reterr, s.code == CODE_REFUSED ? COMITY_INPUT : COMITY_FAILED,
                refusal_name(reason_refusal(s.reason)), "%.*s: %s", (int)path.length,
                (const char *)path.at, reason_name(s.reason));
}

enum comity_exit policy_message_begin(const struct rulebook *rulebook,
                                      const struct policy_letter *letter,
                                      struct policy_message *ret_message,
                                      struct comity_fault *reterr)
{
    struct policy_message *m = ret_message;
    struct draft draft = {0};
    *m = (struct policy_message){.arena = arena_new(MESSAGE_ARENA_BYTES)};
    char *text = json_dumps(letter->document, JSON_COMPACT);
    if (m->arena == NULL || text == NULL) {
        free(text);
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    }
    const struct compose_question question = {
        .schema = rulebook->schema,
        .document = arena_copy(m->arena, slice_text(text)),
        .from = letter->from,
        .to = letter->to,
        .now_ms = letter->at_ms,
    };
    free(text);
    struct status s = compose(m->arena, &question, &draft, reterr);
    if (failed(s))
        return s.code == CODE_CONFIG ? COMITY_INPUT : COMITY_FAILED;
    m->claims = draft.claims;
    const struct remains all = {.leaves = draft.fields, .count = draft.field_count};
    enum comity_exit exit = judge(m, draft.type, &all, false, reterr);
    m->question = (struct question){
        .rulebook = rulebook,
        .claims = &m->claims,
        .document = m->document,
        .locals = draft.locals,
        .local_count = draft.local_count,
        .at_ms = letter->at_ms,
        .pseudonym_key = no_key,
    };
    return exit;
}

static struct status copy_locals(struct policy_message *m, const struct policy_sealed *sealed)
{
    struct leaf *locals = arena_array(m->arena, sealed->local_count + 1, sizeof *locals);
    if (locals == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < sealed->local_count; i++)
        locals[i] = (struct leaf){sealed->locals[i].path, sealed->locals[i].value};
    m->question.locals = locals;
    m->question.local_count = sealed->local_count;
    return OK;
}

enum comity_exit policy_message_open(const struct rulebook *rulebook,
                                     const struct policy_sealed *sealed,
                                     struct policy_message *ret_message,
                                     struct comity_fault *reterr)
{
    struct policy_message *m = ret_message;
    struct remains all;
    *m =
        (struct policy_message){.arena = arena_new(MESSAGE_ARENA_BYTES), .claims = *sealed->claims};
    m->question = (struct question){.rulebook = rulebook,
                                    .claims = &m->claims,
                                    .at_ms = sealed->at_ms,
                                    .pseudonym_key = no_key};
    if (m->arena == NULL || failed(contents_remains(m->arena, sealed->contents, &all)) ||
        failed(copy_locals(m, sealed)))
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    const struct message_type *type =
        schema_type(rulebook->schema, m->claims.type, m->claims.schema);
    enum comity_exit exit = judge(m, type, &all, sealed->received, reterr);
    m->question.document = m->document;
    return exit;
}

enum comity_exit policy_message_decide(struct policy_message *m, struct comity_fault *reterr)
{
    return failed(policy_decide(m->arena, &m->question, &m->decision))
               ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
               : COMITY_DONE;
}

const char *policy_message_label(const struct policy_message *m, struct slice path)
{
    struct places places = {0};
    for (size_t i = 0; i < m->document->count; i++)
        if (slice_compare(m->document->items[i].leaf.path, path) < 0 &&
            label_of(m->arena, m->document, &places, m->document->items[i].leaf.path) == NULL)
            return NULL;
    return label_of(m->arena, m->document, &places, path);
}

void policy_message_end(struct policy_message *m)
{
    arena_free(m->arena);
    *m = (struct policy_message){0};
}
