#include "policy/signatures.h"

#include <stdio.h>

#include "wire/names.h"

#define ARENA_BYTES 65536U

/* ---- which ones ---- */

void signatures_folder(struct slice object, char folder[static SIGNATURES_PATH_BYTES])
{
    snprintf(folder, SIGNATURES_PATH_BYTES, SIGNATURES_FOLDER "%.*s/", (int)object.length,
             (const char *)object.at);
    for (char *c = folder; *c != '\0'; c++)
        if (*c == ':')
            *c = '/';
}

struct status signatures_find(struct arena *arena, const struct text_files *files,
                              struct slice object, struct slices *ret_signatures)
{
    char folder[SIGNATURES_PATH_BYTES];
    struct slices found = {arena_array(arena, SIGNATURES_MAX, sizeof *found.at), 0};
    if (found.at == NULL)
        return FAIL(MEMORY);
    signatures_folder(object, folder);
    for (size_t i = 0; i < files->count && found.count < SIGNATURES_MAX; i++)
        if (slice_begins(files->at[i].path, slice_text(folder)))
            found.at[found.count++] = files->at[i].text;
    *ret_signatures = found;
    return OK;
}

/* ---- one object ---- */

/* Until when the signatures of different authorities hold. */
struct counting {
    uint64_t until_ms[SIGNATURES_MAX];
    const char *ids[SIGNATURES_MAX];
    size_t count;
};

/* A signature that counts. */
struct counted {
    size_t certificate, signature;
    uint64_t until_ms;
};

/* Those that hold, and with them those that held or will. */
struct judging {
    const struct object_statement *object;
    const struct object_authorities *authorities;
    uint64_t at_ms;
    struct counting now, ever;
    struct counted counts[SIGNATURES_MAX];
    size_t counts_count;
};

static void count(struct counting *c, const struct object_authority *authority, uint64_t until_ms)
{
    size_t at = 0;
    while (at < c->count && !slice_is(slice_text(c->ids[at]), authority->id))
        at++;
    if (at == c->count) {
        c->ids[at] = authority->id;
        c->until_ms[at] = 0;
        c->count++;
    }
    if (until_ms > c->until_ms[at])
        c->until_ms[at] = until_ms;
}

/* Of a State's parties only its own authority speaks. */
static bool may_sign(struct slice object, const char *id)
{
    const size_t colon = slice_find(object, ':');
    return colon == object.length ||
           slice_equal(slice_part(object, colon + 1, SIZE_MAX), party_state(slice_text(id)));
}

/* Of a certificate's signatures the one that holds longest. */
static void note(struct judging *j, const struct counted *counted)
{
    size_t at = 0;
    while (at < j->counts_count && j->counts[at].certificate != counted->certificate)
        at++;
    if (at == j->counts_count)
        j->counts[j->counts_count++].until_ms = 0;
    if (counted->until_ms > j->counts[at].until_ms)
        j->counts[at] = *counted;
}

static struct status take(struct judging *j, struct slice octets, size_t signature)
{
    struct signed_object o;
    size_t which;
    uint64_t until_ms;
    struct status at_another_time = OK;
    struct status s = signed_object_read(octets, &o);
    if (!failed(s))
        s = signed_object_judge(&o, j->object, j->authorities, j->at_ms, &which, &until_ms);
    const bool untimely = s.reason == REASON_OBJECT_VALIDITY;
    if (untimely)
        at_another_time = signed_object_judge(&o, j->object, j->authorities, o.statement.from_ms,
                                              &which, &until_ms);
    if ((failed(s) && !untimely) || failed(at_another_time))
        return s;
    if (!may_sign(j->object->object, j->authorities->at[which].id))
        return REFUSE(OBJECT_SIGNER);
    count(&j->ever, &j->authorities->at[which], until_ms);
    if (untimely)
        return s;
    count(&j->now, &j->authorities->at[which], until_ms);
    note(j, &(struct counted){which, signature, until_ms});
    return OK;
}

/* When the last of so many is the first to end. */
static uint64_t until_of(struct counting *c, size_t needed)
{
    uint64_t until_ms = 0;
    for (size_t round = 0; round < needed; round++) {
        size_t latest = 0;
        for (size_t i = 1; i < c->count; i++)
            if (c->until_ms[i] > c->until_ms[latest])
                latest = i;
        until_ms = c->until_ms[latest];
        c->until_ms[latest] = 0;
    }
    return until_ms;
}

static uint64_t earlier_of(uint64_t a_ms, uint64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

static const struct object_authorities *authorities_of(const struct rulebook_authorities *all,
                                                       struct slice object)
{
    return slice_is(object, "law")      ? &all->law
           : slice_is(object, "states") ? &all->states
                                        : &all->parties;
}

struct status signatures_judge(const struct slices *signatures,
                               const struct object_statement *object,
                               const struct rulebook_authorities *authorities, uint64_t at_ms,
                               struct signatures_verdict *ret_verdict)
{
    struct judging j = {.object = object,
                        .authorities = authorities_of(authorities, object->object),
                        .at_ms = at_ms};
    struct signatures_verdict v = {.needed = slice_is(object->object, "law") ? LAW_AUTHORITIES : 1,
                                   .wrong = OK};
    for (size_t i = 0; i < signatures->count && i < SIGNATURES_MAX; i++) {
        struct status s = take(&j, signatures->at[i], i);
        if (s.code == CODE_MEMORY)
            return s;
        if (failed(s) && !failed(v.wrong))
            v.wrong = s;
    }
    const bool is_enough = j.now.count >= v.needed, was_enough = j.ever.count >= v.needed;
    v.have = j.now.count;
    for (size_t i = 0; i < j.counts_count; i++)
        v.counting[v.counting_count++] = j.counts[i].signature;
    if (is_enough)
        v.until_ms = until_of(&j.now, v.needed);
    else if (was_enough)
        v.until_ms = earlier_of(until_of(&j.ever, v.needed), at_ms);
    *ret_verdict = v;
    if (is_enough)
        return OK;
    return was_enough ? REFUSE(OBJECT_VALIDITY) : REFUSE(OBJECT_QUORUM);
}

/* ---- all of them ---- */

bool rulebook_statement(const struct rulebook *rulebook, struct slice object,
                        struct object_statement *ret_statement)
{
    const struct directory *d = rulebook->directory;
    struct object_statement s = {.object = object};
    bool found = slice_is(object, "law") || slice_is(object, "states");
    if (slice_is(object, "law")) {
        s.number = schema_number(rulebook->schema);
        s.digest = rulebook->law_digest;
    } else if (slice_is(object, "states")) {
        s.number = d->states_number;
        s.digest = rulebook->states_digest;
    }
    for (size_t i = 0; !found && i < d->parties_count; i++) {
        char name[OBJECT_NAME_BYTES];
        object_name_parties(d->parties_of[i], name);
        if (!slice_is(object, name))
            continue;
        s.number = d->parties_numbers[i];
        s.digest = rulebook->parties_digests[i];
        found = true;
    }
    if (found)
        *ret_statement = s;
    return found;
}

static struct status say_why(struct text_error *reterr, const struct object_statement *object,
                             const struct signatures_verdict *v, struct status s)
{
    char folder[SIGNATURES_PATH_BYTES];
    signatures_folder(object->object, folder);
    folder[strlen(folder) - 1] = '\0';
    snprintf(reterr->file, sizeof reterr->file, "%s", folder);
    reterr->line = reterr->column = 0;
    snprintf(
        reterr->message, sizeof reterr->message,
        "%.*s number %llu has valid signatures of %zu of the %zu authorities that it needs%s%s",
        (int)object->object.length, (const char *)object->object.at,
        (unsigned long long)object->number, v->have, v->needed,
        failed(v->wrong) ? "; one is refused: " : "",
        failed(v->wrong) ? reason_name(v->wrong.reason) : "");
    return s;
}

static struct status endorse(const struct rulebook *rulebook, const struct text_files *files,
                             const struct rulebook_authorities *authorities, const char *object,
                             uint64_t at_ms, uint64_t *ret_until_ms, struct text_error *reterr)
{
    struct slices signatures;
    struct object_statement statement;
    struct signatures_verdict verdict = {0};
    struct arena *arena = arena_new(ARENA_BYTES);
    struct status s = arena == NULL
                          ? FAIL(MEMORY)
                          : signatures_find(arena, files, slice_text(object), &signatures);
    if (!failed(s) && !rulebook_statement(rulebook, slice_text(object), &statement))
        s = FAIL(ABSENT);
    if (!failed(s)) {
        s = signatures_judge(&signatures, &statement, authorities, at_ms, &verdict);
        if (s.reason == REASON_OBJECT_VALIDITY)
            s = OK;
        else if (s.code == CODE_REFUSED)
            s = say_why(reterr, &statement, &verdict, s);
    }
    arena_free(arena);
    if (!failed(s))
        *ret_until_ms = verdict.until_ms;
    return s;
}

struct status rulebook_endorse(struct rulebook *r, const struct text_files *files,
                               const struct rulebook_authorities *authorities, uint64_t at_ms,
                               struct text_error *reterr)
{
    const struct directory *d = r->directory;
    struct status s = endorse(r, files, authorities, "law", at_ms, &r->law_until_ms, reterr);
    if (!failed(s))
        s = endorse(r, files, authorities, "states", at_ms, &r->states_until_ms, reterr);
    for (size_t i = 0; !failed(s) && i < d->parties_count; i++) {
        char name[OBJECT_NAME_BYTES];
        object_name_parties(d->parties_of[i], name);
        s = endorse(r, files, authorities, name, at_ms, &r->parties_until_ms[i], reterr);
    }
    return s;
}
