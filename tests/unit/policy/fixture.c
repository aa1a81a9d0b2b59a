#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/library.h"

#define FILES_MAX 300

static const char states_text[] =
    "states number 3\n"
    "  state XA \"Arvenia\" domain xa.comity.example tier XB T1 tier XC T3 tier XD T4\n"
    "  state XB \"Bessaria\" domain xb.comity.example tier XA T1\n"
    "  state XC \"Corland\" domain xc.comity.example tier XA T3\n"
    "  state XD \"Dorvania\" domain xd.comity.example\n"
    "  gateway XA-GW-01 address \"127.0.0.1:7443\"\n"
    "  gateway XC-GW-01 address \"127.0.0.1:7444\"\n";

static const char xa_text[] =
    "parties XA number 5\n"
    "  party XA-CA-01 \"Ministry of Justice\" home XA-GW-01 from 2026-01-01 until 2030-12-31\n"
    "  party XA-JUD-01 \"Prosecutor\" home XA-GW-01 from 2026-01-01 until 2030-12-31\n";

static const char xc_text[] =
    "parties XC number 6\n"
    "  party XC-CA-01 \"Ministry of Justice\" home XC-GW-01 from 2026-01-01 until 2030-12-31\n";

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static struct arena *kept_arena;
static struct rulebook *kept_rulebook;
static struct text_files kept_files;

static void free_kept(void)
{
    rulebook_free(kept_rulebook);
    arena_free(kept_arena);
    crypto_thread_stop();
}

static void add_file(const char *path, struct slice text)
{
    if (kept_files.count == FILES_MAX || path == NULL)
        stop("too many files of policies/");
    kept_files.at[kept_files.count++] = (struct text_file){slice_text(path), text};
}

static void read_files(void)
{
    struct text_files law;
    kept_arena = arena_new(64UL << 20);
    kept_files.at = arena_array(kept_arena, FILES_MAX, sizeof *kept_files.at);
    if (failed(crypto_thread_start()) || kept_files.at == NULL ||
        failed(folder_read(kept_arena, COMITY_SOURCE_DIR "/policies", FILES_MAX, &law)))
        stop("cannot read policies/");
    atexit(free_kept);
    for (size_t i = 0; i < law.count; i++)
        add_file(arena_print(kept_arena, "law/%.*s", (int)law.at[i].path.length,
                             (const char *)law.at[i].path.at),
                 law.at[i].text);
    add_file("parties/XA/parties", slice_text(xa_text));
    add_file("parties/XC/parties", slice_text(xc_text));
    add_file("states/states", slice_text(states_text));
}

const struct text_files *shipped_files(void)
{
    if (kept_arena == NULL)
        read_files();
    return &kept_files;
}

struct rulebook *shipped_rulebook(void)
{
    struct text_error error = {.message = "memory"};
    if (kept_rulebook == NULL && failed(rulebook_parse(shipped_files(), &kept_rulebook, &error))) {
        fprintf(stderr, "%s:%u:%u: ", error.file, error.line, error.column);
        stop(error.message);
    }
    return kept_rulebook;
}

struct status rulebook_with(const char *rules, struct rulebook **ret_rulebook,
                            struct text_error *reterr)
{
    struct text_file at[FILES_MAX + 1];
    struct text_files files = {.at = at};
    const struct text_files *all = shipped_files();
    for (size_t i = 0; i < all->count; i++)
        if (!slice_begins(all->at[i].path, slice_text("law/rules/")))
            at[files.count++] = all->at[i];
    at[files.count++] = (struct text_file){slice_text("law/rules/test"), slice_text(rules)};
    return rulebook_parse(&files, ret_rulebook, reterr);
}

void mistake_check(const struct mistake *m, struct status status, const struct text_error *error,
                   const char *file)
{
    bool held = CHECK_STATUS(status, FAIL(CONFIG));
    held = CHECK_U64(error->line, m->line) && held;
    held = CHECK_U64(error->column, m->column) && held;
    held = CHECK(strstr(error->message, m->message) != NULL) && held;
    held = CHECK_TEXT(error->file, file) && held;
    if (!held)
        printf("    %s -> %u:%u %s\n", m->text, error->line, error->column, error->message);
}

char *policy_of(const char *rules)
{
    static const char head[] = "policy \"t\" version 1 authority \"a\" basis \"b\"\n"
                               "in force 2026-01-01 until 2026-12-31\n";
    size_t size = sizeof head + strlen(rules) + 8;
    char *text = malloc(size);
    if (text == NULL)
        stop("no memory");
    snprintf(text, size, "%s%s\nend\n", head, rules);
    return text;
}

struct decided decide_composed(const struct rulebook *rulebook, struct composed *c,
                               bool with_locals)
{
    struct decided d = {.composed = c};
    struct slice path = {NULL, 0};
    struct status s =
        document_judge(c->arena, c->type, &c->facts, c->leaves, c->count, &d.document, &path);
    if (failed(s)) {
        fprintf(stderr, "%.*s: ", (int)path.length, (const char *)path.at);
        stop(reason_name(s.reason));
    }
    const struct question question = {
        .rulebook = rulebook,
        .claims = &c->claims,
        .document = d.document,
        .locals = c->locals,
        .local_count = with_locals ? c->local_count : 0,
        .at_ms = IN_FORCE,
    };
    if (failed(policy_decide(c->arena, &question, &d.decision)))
        stop("no memory");
    return d;
}

struct decided decide(const struct rulebook *rulebook, const json_t *document, const char *from,
                      const char *to)
{
    return decide_composed(rulebook, compose(rulebook->schema, document, from, to), true);
}

void decided_free(struct decided *d)
{
    composed_free(d->composed);
    *d = (struct decided){0};
}

const struct verdict *verdict_at(const struct decided *d, const char *label)
{
    for (size_t i = 0; i < d->document->count; i++)
        if (strcmp(composed_label(d->composed, d->document->items[i].leaf.path), label) == 0)
            return &d->decision->verdicts[i];
    stop(label);
}

json_t *a3(void)
{
    return json_file("cases/a3-sent.json");
}

json_t *person_of(json_t *document, const char *sid)
{
    size_t i;
    json_t *person;
    json_array_foreach(json_object_get(document, "persons"), i,
                       person) if (strcmp(json_string_value(json_object_get(person, "sid")), sid) ==
                                   0) return person;
    stop(sid);
}

static void patch_object(json_t *object, const json_t *changes)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)changes, key, value)
    {
        json_t *member = json_object_get(object, key);
        if (json_is_null(value))
            json_object_del(object, key);
        else if (json_is_object(value) && json_is_object(member))
            patch_object(member, value);
        else
            json_object_set(object, key, value);
    }
}

void patch(json_t *document, const char *sid, const char *json)
{
    json_error_t error;
    json_t *changes = json_loads(json, 0, &error);
    if (changes == NULL)
        stop(error.text);
    patch_object(sid == NULL ? document : person_of(document, sid), changes);
    json_decref(changes);
}

const char *level_at(const struct decided *d, const char *label)
{
    static char text[40];
    const struct verdict *v = verdict_at(d, label);
    snprintf(text, sizeof text, "%s %s", level_name(v->level),
             v->released ? "released" : "withheld");
    return text;
}
