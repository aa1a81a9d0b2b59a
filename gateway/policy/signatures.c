#include "policy/signatures.h"

#include <stdio.h>
#include <string.h>

#include "base/instant.h"
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

/* ---- by whom ---- */

const struct object_authorities *authorities_of(const struct rulebook_authorities *all,
                                                struct slice object)
{
    return slice_is(object, "law")      ? &all->law
           : slice_is(object, "states") ? &all->states
                                        : &all->parties;
}

/* Of a State's parties only its own authority speaks. */
static bool may_sign(struct slice object, const char *id)
{
    const size_t colon = slice_find(object, ':');
    return colon == object.length ||
           slice_equal(slice_part(object, colon + 1, SIZE_MAX), party_state(slice_text(id)));
}

bool authority_is_revoked(const struct rulebook_authorities *all,
                          const struct object_authority *authority, uint64_t at_ms,
                          uint64_t *ret_since_ms)
{
    return revocations_have(all->revoked, party_state(slice_text(authority->id)),
                            authority->certificate, ret_since_ms) &&
           *ret_since_ms <= at_ms;
}

void authorities_say_revoked(const struct rulebook_authorities *all, struct slice object,
                             uint64_t at_ms, char text[static REVOKED_TEXT_BYTES])
{
    static const struct object_authorities none = {NULL, 0};
    const struct object_authorities *signers = all == NULL ? &none : authorities_of(all, object);
    size_t length = 0;
    char since[INSTANT_TEXT_BYTES];
    uint64_t since_ms = 0;
    for (size_t i = 0; i < signers->count; i++) {
        const struct object_authority *a = &signers->at[i];
        if (!may_sign(object, a->id) || !authority_is_revoked(all, a, at_ms, &since_ms))
            continue;
        instant_write(since_ms, since);
        const int more = snprintf(text + length, REVOKED_TEXT_BYTES - length,
                                  "; the certificate of %s is revoked since %s", a->id, since);
        if (more < 0 || (size_t)more >= REVOKED_TEXT_BYTES - length)
            break;
        length += (size_t)more;
    }
    text[length] = '\0';
}

/* ---- one object ---- */

static uint64_t earlier_of(uint64_t a_ms, uint64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

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
    const struct rulebook_authorities *all;
    const struct object_authorities *authorities; /* of all, those of this object */
    uint64_t at_ms;
    uint64_t begins_ms; /* the first that has not begun */
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

/* What is on a list ends with the list's date, which may be a later one. Whether it has by now. */
static bool shorten(const struct judging *j, const struct object_authority *authority,
                    uint64_t *until_ms)
{
    uint64_t since_ms = 0;
    if (authority_is_revoked(j->all, authority, UINT64_MAX, &since_ms))
        *until_ms = earlier_of(*until_ms, since_ms);
    return authority_is_revoked(j->all, authority, j->at_ms, &since_ms);
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
    const struct object_authority *authority = &j->authorities->at[which];
    if (!may_sign(j->object->object, authority->id))
        return REFUSE(OBJECT_SIGNER);
    const bool is_revoked = shorten(j, authority, &until_ms);
    count(&j->ever, authority, until_ms);
    if (untimely && o.statement.from_ms > j->at_ms)
        j->begins_ms = earlier_of(j->begins_ms, o.statement.from_ms);
    if (untimely || is_revoked)
        return is_revoked ? REFUSE(OBJECT_REVOKED) : s;
    count(&j->now, authority, until_ms);
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

struct status signatures_judge(const struct slices *signatures,
                               const struct object_statement *object,
                               const struct rulebook_authorities *authorities, uint64_t at_ms,
                               struct signatures_verdict *ret_verdict)
{
    struct judging j = {.object = object,
                        .all = authorities,
                        .authorities = authorities_of(authorities, object->object),
                        .at_ms = at_ms,
                        .begins_ms = UINT64_MAX};
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
    v.begins_ms = j.begins_ms;
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

/* The judging of all objects of a rulebook. */
struct endorsing {
    struct rulebook *rulebook;
    const struct text_files *files;
    const struct rulebook_authorities *authorities;
    uint64_t at_ms;
    struct text_error *reterr;
};

static struct status say_why(const struct endorsing *e, const struct object_statement *object,
                             const struct signatures_verdict *v, struct status s)
{
    char folder[SIGNATURES_PATH_BYTES], revoked[REVOKED_TEXT_BYTES];
    struct text_error *reterr = e->reterr;
    authorities_say_revoked(e->authorities, object->object, e->at_ms, revoked);
    signatures_folder(object->object, folder);
    folder[strlen(folder) - 1] = '\0';
    snprintf(reterr->file, sizeof reterr->file, "%s", folder);
    reterr->line = reterr->column = 0;
    const int length = snprintf(
        reterr->message, sizeof reterr->message,
        "%.*s number %llu has valid signatures of %zu of the %zu authorities that it needs%s%s",
        (int)object->object.length, (const char *)object->object.at,
        (unsigned long long)object->number, v->have, v->needed,
        failed(v->wrong) ? "; one is refused: " : "",
        failed(v->wrong) ? reason_name(v->wrong.reason) : "");
    const size_t more = strlen(revoked) + 1;
    if (length > 0 && (size_t)length + more <= sizeof reterr->message)
        memcpy(reterr->message + length, revoked, more);
    return s;
}

static struct status endorse(const struct endorsing *e, const char *object, uint64_t *ret_until_ms)
{
    struct slices signatures;
    struct object_statement statement;
    struct signatures_verdict verdict = {0};
    struct arena *arena = arena_new(ARENA_BYTES);
    struct status s = arena == NULL
                          ? FAIL(MEMORY)
                          : signatures_find(arena, e->files, slice_text(object), &signatures);
    if (!failed(s) && !rulebook_statement(e->rulebook, slice_text(object), &statement))
        s = FAIL(ABSENT);
    if (!failed(s)) {
        s = signatures_judge(&signatures, &statement, e->authorities, e->at_ms, &verdict);
        if (s.reason == REASON_OBJECT_VALIDITY)
            s = OK;
        else if (s.code == CODE_REFUSED)
            s = say_why(e, &statement, &verdict, s);
    }
    arena_free(arena);
    if (failed(s))
        return s;
    *ret_until_ms = verdict.until_ms;
    e->rulebook->signed_again_ms = earlier_of(e->rulebook->signed_again_ms, verdict.begins_ms);
    return OK;
}

struct status rulebook_endorse(struct rulebook *r, const struct text_files *files,
                               const struct rulebook_authorities *authorities, uint64_t at_ms,
                               struct text_error *reterr)
{
    const struct endorsing e = {r, files, authorities, at_ms, reterr};
    const struct directory *d = r->directory;
    r->signed_again_ms = UINT64_MAX;
    struct status s = endorse(&e, "law", &r->law_until_ms);
    if (!failed(s))
        s = endorse(&e, "states", &r->states_until_ms);
    for (size_t i = 0; !failed(s) && i < d->parties_count; i++) {
        char name[OBJECT_NAME_BYTES];
        object_name_parties(d->parties_of[i], name);
        s = endorse(&e, name, &r->parties_until_ms[i]);
    }
    return s;
}
