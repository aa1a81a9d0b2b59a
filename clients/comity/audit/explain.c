#include <string.h>

#include "base/encoding.h"
#include "comity/audit/explained.h"
#include "comity/audit/mirror.h"
#include "comity/audit/rows.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/output.h"
#include "comity/policy/reading.h"
#include "libcomity/uuid.h"
#include "mirror/marks.h"
#include "mirror/search.h"

#define ARENA_BYTES (64U << 20)
#define ROW_BYTES   (24U << 20)

struct explaining {
    const struct invocation *invocation;
    struct arena *arena;
    struct series *series;
    struct policy_folder folder; /* that the context trusts */
    struct series_place place;
    struct mirror_entry entry; /* which is there */
    json_t *result;
};

/* ---- which entry ---- */

static struct status find(struct explaining *x, const char *word, struct slice value,
                          struct series_place **ret_places, size_t *ret_count)
{
    struct slice mark = mark_make(x->arena, word, value);
    const struct search_wanted wanted = {.marks = {&mark, 1}, .limit = SEARCH_LIMIT_MAX};
    return mark.at == NULL
               ? FAIL(MEMORY)
               : series_search(x->series, x->arena, &wanted, SERIES_NEWEST, ret_places, ret_count);
}

/* Of a message's entries the one that decided of it, else the first. */
static bool decides(const struct mirror_entry *entry)
{
    const enum entry_kind kind = entry->opened.outer.kind;
    return kind == ENTRY_DISCLOSURE || kind == ENTRY_REFUSAL || kind == ENTRY_HOLD;
}

static struct status choose(struct explaining *x, struct slice id)
{
    struct series_place *places = NULL;
    size_t count = 0;
    char *text = arena_alloc(x->arena, 2 * id.length + 1);
    if (text == NULL)
        return FAIL(MEMORY);
    hex_write(id, text);
    struct status s = find(x, "id", slice_text(text), &places, &count);
    if (!failed(s) && count == 0)
        s = FAIL(ABSENT);
    for (size_t i = 0; i < count && !failed(s); i++) {
        struct mirror_entry entry;
        s = series_entry(x->series, x->arena, places[i], &entry);
        x->place = places[i];
        if (!failed(s) && decides(&entry))
            break;
    }
    return s;
}

static enum comity_exit choose_entry(struct explaining *x, struct comity_fault *reterr)
{
    uint8_t id[16];
    struct status s = OK;
    const char *word = x->invocation->words[0], *log = invocation_value(x->invocation, FLAG_LOG);
    enum comity_exit exit = audit_mirror_log(x->series, log, &x->place.log, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (uuid_read(slice_text(word), id))
        s = choose(x, slice_over(id, sizeof id));
    else if (!decimal_read(slice_text(word), INT64_MAX, &x->place.index))
        return fail_usage(reterr, "%s is neither an entry's index nor a message's id", word);
    if (!failed(s))
        s = series_entry(x->series, x->arena, x->place, &x->entry);
    if (s.code != CODE_ABSENT)
        return failed(s) ? audit_mirror_fail(reterr, s) : COMITY_DONE;
    fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN", "the mirror has no entry %s that can be shown", word);
    return advise(reterr, "comity audit sync fetches what is new");
}

/* ---- what belongs to it ---- */

static struct status add_related(struct explaining *x, struct series_place place, const char *how)
{
    struct mirror_entry entry;
    const struct audit_line line = {x->series, place.log, &entry};
    json_t *list = json_object_get(x->result, "related");
    struct arena *arena = arena_new(ROW_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : series_entry(x->series, arena, place, &entry);
    json_t *row = failed(s) ? NULL : audit_row_json(arena, &line);
    if (!failed(s) && (json_object_set_new(row, "relation", json_string(how)) != 0 ||
                       json_array_append(list, row) != 0))
        s = FAIL(MEMORY);
    json_decref(row);
    arena_free(arena);
    return s;
}

static struct status add_same(struct explaining *x, struct slice id)
{
    char hex[2 * 16 + 1];
    struct series_place *places = NULL;
    size_t count = 0;
    hex_write(id, hex);
    struct status s = find(x, "id", slice_text(hex), &places, &count);
    for (size_t i = count; i > 0 && !failed(s); i--)
        if (series_number(places[i - 1]) != series_number(x->place))
            s = add_related(x, places[i - 1], "the same message");
    return s;
}

/* Those of the log at this position: each log calls the entry otherwise. */
static struct status add_about_in(struct explaining *x, size_t position)
{
    uint64_t told = 0, *indices = NULL;
    size_t count = 0;
    char number[AUDIT_WORD_BYTES];
    struct status s = series_told(x->series, position, x->place, &told);
    if (failed(s))
        return s.code == CODE_ABSENT ? OK : s;
    snprintf(number, sizeof number, "%llu", (unsigned long long)told);
    struct slice mark = mark_make(x->arena, "related", slice_text(number));
    const struct search_wanted wanted = {
        .marks = {&mark, 1}, .before = SEARCH_NEWEST, .limit = SEARCH_LIMIT_MAX};
    if (mark.at == NULL)
        return FAIL(MEMORY);
    s = search_run(series_log(x->series, position)->mirror, x->arena, &wanted, &indices, &count);
    for (size_t i = count; i > 0 && !failed(s); i--)
        s = add_related(x, (struct series_place){position, indices[i - 1]},
                        "it is about this entry");
    return s;
}

static struct status add_meant(struct explaining *x)
{
    struct series_place place;
    const struct opened *o = &x->entry.opened;
    if (!o->has_inner || !o->inner.has_related)
        return OK;
    struct status s = series_meant(x->series, x->place.log, o->inner.related, &place);
    if (failed(s))
        return s.code == CODE_ABSENT ? OK : s;
    return add_related(x, place, "this entry is about it");
}

static struct status relate(struct explaining *x)
{
    const struct opened *o = &x->entry.opened;
    struct status s = add_meant(x);
    if (!failed(s) && o->has_outer && o->outer.id.length == 16)
        s = add_same(x, o->outer.id);
    for (size_t i = x->place.log; i < series_count(x->series) && !failed(s); i++)
        s = add_about_in(x, i);
    return s;
}

/* ---- the page ---- */

/* The rulebook that was in force, where the context has the very same. */
static const struct rulebook *rulebook_of(const struct explaining *x)
{
    const struct outer *outer = &x->entry.opened.outer;
    const struct rulebook *own = x->folder.rulebook;
    return x->entry.opened.has_outer && digest_equal(&own->digest, outer->rulebook) ? own : NULL;
}

static json_t *silent_json(const struct opened *o)
{
    json_t *list = json_array();
    const struct inner *const records[] = {&o->inner, &o->closed};
    for (size_t r = 0; r < 2; r++)
        for (size_t i = 0; i < records[r]->silent_count; i++)
            json_array_append_new(
                list, json_pack("{s:o,s:I}", "category", slice_json(records[r]->silent[i].category),
                                "count", (json_int_t)records[r]->silent[i].count));
    return list;
}

static json_t *text_or_null(struct slice text)
{
    return text.at == NULL ? json_null() : slice_json(text);
}

static bool describe(struct explaining *x)
{
    const struct opened *o = &x->entry.opened;
    const struct audit_line line = {x->series, x->place.log, &x->entry};
    const struct rulebook *rulebook = rulebook_of(x);
    char digest[2 * sizeof(struct digest) + 1] = "";
    if (o->has_outer)
        hex_write(o->outer.rulebook, digest);
    x->result = json_pack("{s:o,s:s,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:[]}", "entry",
                          audit_row_json(x->arena, &line), "rulebook", digest, "rulebook_at_hand",
                          (int)(rulebook != NULL), "function", text_or_null(o->inner.function),
                          "justification", text_or_null(o->inner.justification),
                          "closed_justification", text_or_null(o->closed.closed_justification),
                          "decisions", audit_decisions_json(x->arena, o, rulebook), "silent",
                          silent_json(o), "hidden", audit_hidden_json(o), "related");
    return x->result != NULL;
}

static enum comity_exit add_proof(struct explaining *x, struct comity_fault *reterr)
{
    json_t *proof = NULL;
    struct status s = audit_proof_json(x->arena, series_log(x->series, x->place.log)->mirror,
                                       x->folder.rulebook->directory, &x->entry, &proof);
    if (!failed(s) && json_object_set_new(x->result, "proof", proof) == 0)
        return COMITY_DONE;
    if (s.code == CODE_REFUSED)
        return fail(reterr, COMITY_VERIFY, "E_HASH",
                    "entry %llu is not proved to be in the log: %s",
                    (unsigned long long)x->entry.index, reason_name(s.reason));
    return audit_mirror_fail(reterr, failed(s) ? s : FAIL(MEMORY));
}

static enum comity_exit explain_chosen(struct explaining *x, struct comity_fault *reterr)
{
    if (!describe(x))
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    struct status s = relate(x);
    if (failed(s))
        return audit_mirror_fail(reterr, s);
    enum comity_exit exit = add_proof(x, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (x->invocation->json)
        put_json(json_incref(x->result));
    else
        audit_explained_print(x->invocation, x->result);
    return COMITY_DONE;
}

static enum comity_exit explain(const struct invocation *inv, struct comity_fault *reterr)
{
    struct explaining x = {.invocation = inv, .arena = arena_new(ARENA_BYTES)};
    enum comity_exit exit = x.arena == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                            : policy_reading_open(inv, NULL, &x.folder, reterr);
    if (exit == COMITY_DONE)
        exit = audit_mirror_open(inv, &x.series, reterr);
    if (exit == COMITY_DONE)
        exit = choose_entry(&x, reterr);
    if (exit == COMITY_DONE)
        exit = explain_chosen(&x, reterr);
    json_decref(x.result);
    series_close(x.series);
    policy_close(&x.folder);
    arena_free(x.arena);
    return exit;
}

static const struct argp_option options[] = {
    MIRROR_OPTION,
    MIRROR_GATEWAY_OPTION,
    {"log", FLAG_LOG, "NAME", 0, "Whose INDEX, as 2026; of the newest log without it", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command audit_explain_command = {
    .noun = "audit",
    .verb = "explain",
    .arguments = "[--log NAME] INDEX|MSGID",
    .summary = "Explains one entry of a mirrored log on a page",
    .help =
        "Who disclosed what to whom, when and on what basis; which rule let each field go, changed "
        "it or kept it back; what is not shown and why; which other entries belong to it; and the "
        "proof that it is in the log, from its hash by the root to the log's key and the "
        "witnesses, checked on the spot with the directory of the context. A message's id means "
        "the entry that decided of it. Where the context has the rulebook of then, each rule is "
        "quoted. Exit code 9 when the proof does not hold. With --json: {\"entry\",\"rulebook\","
        "\"decisions\":[{\"level\",\"rule\",\"basis\",\"sentence\",\"fields\"}],\"silent\","
        "\"hidden\",\"related\",\"proof\"}.\n\n"
        "Examples:\n"
        "  comity audit explain 1042\n"
        "  comity audit explain --log 2026 1042\n"
        "  comity audit explain 7d0e6f0a-52d3-4f4e-9a53-0a4be1d7b0c1 --json\n",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = explain,
};
