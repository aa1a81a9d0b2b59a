#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "policy/levels.h"
#include "seen.h"

#define TABLE_BYTES (4UL << 20)
#define LETTERS     (3 * CATEGORY_COUNT + 1)

/* What is shown of every type, from one sender to each role: where the recipient is, and what is
 * different from a message inside the State. */
static const struct variant {
    const char *name, *to;
    bool necessity, consented, citizens; /* of the recipient's State */
    const char *dob, *best_interest;
} variants[] = {
    {"home", "XA", false, false, false, NULL, NULL},
    {"home, necessity", "XA", true, false, false, NULL, NULL},
    {"home, child", "XA", false, false, false, "2015-01-01", "DETERMINED"},
    {"abroad", "XB", false, false, false, NULL, NULL},
    {"abroad, necessity", "XB", true, false, false, NULL, NULL},
    {"abroad, child", "XB", false, false, false, "2015-01-01", "DETERMINED"},
    {"risk State", "XC", false, false, true, NULL, NULL},
    {"risk State, necessity", "XC", true, false, true, NULL, NULL},
    {"home, consent", "XA", false, true, false, NULL, NULL},
    {"abroad, consent", "XB", false, true, false, NULL, NULL},
    {"risk State, consent", "XC", false, true, true, NULL, NULL},
};

#define VARIANTS (sizeof variants / sizeof variants[0])
#define HOME     0
#define ABROAD   3
#define RISK     6

/* Columns of a row: of the victim, the suspect and the case. */
enum subject {
    SUBJECT_VICTIM,
    SUBJECT_SUSPECT,
    SUBJECT_CASE,
};

static enum subject subject_of(const struct document *d, const struct document_item *item)
{
    if (item->person == NO_PERSON)
        return SUBJECT_CASE;
    return slice_is(d->persons[item->person].sid, SAMPLE_VICTIM) ? SUBJECT_VICTIM : SUBJECT_SUSPECT;
}

/* The best level that some field of a category reaches, as a letter. */
static void write_letters(const struct sample *s, char letters[static LETTERS])
{
    static const char letter[LEVELS] = {
        [LEVEL_SILENT] = '-',     [LEVEL_STATED] = 'W', [LEVEL_PSEUDONYM] = 'P',
        [LEVEL_GENERALISE] = 'G', [LEVEL_MASK] = 'M',   [LEVEL_CLEAR] = 'A',
    };
    const struct decision *decision = NULL;
    memset(letters, ' ', LETTERS - 1);
    letters[LETTERS - 1] = '\0';
    if (!CHECK_OK(policy_decide(s->arena, &s->question, &decision)))
        return;
    for (size_t i = 0; i < s->document->count; i++) {
        const struct document_item *item = &s->document->items[i];
        char *at =
            &letters[(size_t)subject_of(s->document, item) * CATEGORY_COUNT + item->category];
        const char *reached = memchr(letter, *at, LEVELS);
        if (reached == NULL || (size_t)(reached - letter) < decision->verdicts[i].level)
            *at = letter[decision->verdicts[i].level];
    }
    for (size_t i = 0; i + 1 < LETTERS; i++)
        letters[i] = letters[i] == ' ' && i % CATEGORY_COUNT != 0 ? '.' : letters[i];
}

static void see(const struct sample_wanted *wanted)
{
    struct sample s = sample_of(shipped_rulebook(), wanted);
    seen_note(&s);
    sample_free(&s);
}

/* The purpose that a role has a message for, as far as the type allows it. */
static const char *purpose_for(const struct message_type *type, const char *role)
{
    static const struct {
        const char *role, *purposes[3];
    } usual[] = {
        {"ASY", {"ASYLUM"}},
        {"CPS", {"CHILD_PROTECTION", "PROTECTION"}},
        {"FIU", {"FIN_INTEL"}},
        {"LABI", {"PROTECTION", "CHILD_PROTECTION"}},
        {"NGO", {"PROTECTION"}},
        {"NRM", {"PROTECTION", "CHILD_PROTECTION"}},
        {"POL", {"INVESTIGATION"}},
        {"CA", {"EVIDENCE", "INVESTIGATION"}},
        {"JUD", {"EVIDENCE", "PROSECUTION"}},
    };
    size_t count = 0;
    const char *const *all = schema_codes(shipped_rulebook()->schema, "purpose", &count);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        for (size_t p = 0; p < 3 && strcmp(usual[i].role, role) == 0; p++)
            if (usual[i].purposes[p] != NULL &&
                type_allows_purpose(type, slice_text(usual[i].purposes[p])))
                return usual[i].purposes[p];
    for (size_t i = 0; i < count; i++)
        if (type_allows_purpose(type, slice_text(all[i])))
            return all[i];
    return NULL;
}

/* Whether one role may send the type to another under some instrument. */
static bool may_send(const struct message_type *type, const char *from, const char *to)
{
    size_t count = 0;
    bool may = false;
    const char *const *instrument = schema_codes(shipped_rulebook()->schema, "instrument", &count);
    for (size_t i = 0; i < count && !may; i++)
        may = type_allows_route(type, slice_text(from), slice_text(to), slice_text(instrument[i]));
    return may;
}

/* Its like, or the first role that may send the type to this one; NULL if none may. */
static const char *sender_to(const struct message_type *type, const char *to)
{
    size_t roles = 0;
    const char *const *role = schema_codes(shipped_rulebook()->schema, "role", &roles);
    if (may_send(type, to, to))
        return to;
    for (size_t r = 0; r < roles; r++)
        if (may_send(type, role[r], to))
            return role[r];
    return NULL;
}

/* From one role to another: the ids of the parties. */
struct pair {
    const char *from_role, *to_role;
    char from[12], to[12];
};

static struct sample_wanted wanted_of(const struct message_type *type, struct pair *pair,
                                      const struct variant *v)
{
    static char state[3];
    snprintf(pair->from, sizeof pair->from, "XA-%s-01", pair->from_role);
    snprintf(pair->to, sizeof pair->to, "%s-%s-01", v->to, pair->to_role);
    snprintf(state, sizeof state, "%s", v->to);
    return (struct sample_wanted){
        .type = type,
        .from = pair->from,
        .to = pair->to,
        .purpose = purpose_for(type, pair->to_role),
        .country = v->citizens ? state : NULL,
        .dob = v->dob,
        .necessity = v->necessity,
        .consented = v->consented,
        .tier = "T1",
        .basis = "LED38_CASE",
        .fixed = {{"age_status", "UNDISPUTED"},
                  {"flags", "INTERPRETER_NEEDED"},
                  {v->best_interest == NULL ? NULL : "best_interest.status", v->best_interest}},
    };
}

static void write_row(struct buffer *out, struct sample_wanted *wanted, const char *name,
                      char before[static LETTERS])
{
    char letters[LETTERS];
    struct sample s = sample_of(shipped_rulebook(), wanted);
    write_letters(&s, letters);
    seen_note(&s);
    sample_free(&s);
    if (strcmp(before, letters) == 0)
        return;
    buffer_print(out, "    %-22s%s\n", name, letters);
    memcpy(before, letters, LETTERS);
}

static bool has_persons(const struct message_type *type)
{
    bool has = false;
    for (size_t i = 0; i < type_rule_count(type); i++)
        has = has || type_rule_at(type, i)->in_person;
    return has;
}

/* Rows that are as the row above are left out; without persons nothing depends on them. */
static void write_pair(struct buffer *out, const struct message_type *type, struct pair *pair)
{
    char before[LETTERS] = "";
    buffer_print(out, "%.*s from %s to %s, %s\n", (int)type_name(type).length,
                 (const char *)type_name(type).at, pair->from_role, pair->to_role,
                 purpose_for(type, pair->to_role));
    for (size_t v = 0; v < VARIANTS; v++) {
        bool of_persons = v != HOME && v != ABROAD;
        struct sample_wanted wanted = wanted_of(type, pair, &variants[v]);
        if (!of_persons || has_persons(type))
            write_row(out, &wanted, variants[v].name, before);
    }
}

typedef void for_pair(struct buffer *out, const struct message_type *type, struct pair *pair);

static void each_pair(struct buffer *out, for_pair *call)
{
    size_t roles = 0;
    const struct schema *schema = shipped_rulebook()->schema;
    const char *const *role = schema_codes(schema, "role", &roles);
    for (size_t t = 0; t < schema_type_count(schema); t++)
        for (size_t r = 0; r < roles; r++) {
            const struct message_type *type = schema_type_at(schema, t);
            struct pair pair = {.from_role = sender_to(type, role[r]), .to_role = role[r]};
            if (pair.from_role != NULL)
                call(out, type, &pair);
        }
}

/* Messages that only the rules are looked at of: other claims, purposes, senders and values. */
static void see_claims(struct sample_wanted wanted)
{
    static const struct {
        const char *handling, *owner, *instrument, *urgency, *tier, *basis;
    } claims[] = {
        {"H1", "XD", NULL, NULL, "T1", NULL},
        {"H2", "XD", NULL, NULL, "T2", NULL},
        {"H3", NULL, "INTERPOL", "URGENT", "T4", NULL},
        {"", NULL, "EIO", NULL, "T4", "LED38_CASE"},
        {NULL, NULL, NULL, NULL, "T3", "LED36_ADEQUACY"},
    };
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        wanted.handling = claims[i].handling;
        wanted.owner = claims[i].owner;
        wanted.instrument = claims[i].instrument;
        wanted.urgency = claims[i].urgency;
        wanted.tier = claims[i].tier;
        wanted.basis = claims[i].basis;
        see(&wanted);
    }
}

static void see_purposes(struct sample_wanted wanted)
{
    size_t count = 0;
    const char *const *purposes = schema_codes(shipped_rulebook()->schema, "purpose", &count);
    for (size_t i = 0; i < count; i++) {
        wanted.purpose = purposes[i];
        if (type_allows_purpose(wanted.type, slice_text(purposes[i])))
            see(&wanted);
    }
}

/* Values that decide something, where those of a sample do not show it. */
static const struct particular {
    const char *type;
    struct sample_field fields[SAMPLE_FIXED];
} particulars[] = {
    {"mla.request", {{"flag", "true"}, {"facts_cats", "FIN"}}},
    {"mla.request", {{"facts_cats", "COM"}}},
    {"mla.request", {{"facts_cats", "EVD"}}},
    {"mla.request", {{"facts_cats", "PRV"}}},
    {"mla.request", {{"facts_cats", "VIC"}}},
    {"spontaneous.info", {{"narrative_cats", "VIC"}}},
    {"spontaneous.info", {{"narrative_cats", "FIN"}}},
    {"mla.request",
     {{"child_involved", "true"}, {"measure", "HEARING"}, {"victim_interview.guardian", "false"}}},
    {"mla.decision", {{"outcome", "REFUSED"}, {"ground", "FISCAL"}}},
    {"evidence.manifest", {{"ground", "E11B"}}},
    {"evidence.chunk", {{"material", "CHILD_ABUSE"}}},
    {"evidence.chunk", {{"material", "CHILD_ABUSE"}, {"warrant_ref", NULL}}},
    {"evidence.chunk", {{"material", "ORDINARY"}}},
    {"referral.reply", {{"outcome", "ACCEPTED"}, {"situation", "SEPARATED"}}},
    {"referral.reply",
     {{"outcome", "ACCEPTED"},
      {"situation", "SEPARATED"},
      {"guardian", NULL},
      {"guardian_ref", NULL},
      {"guardian_due", NULL}}},
    {"fiu.reply", {{"dissemination", "LEA_ONLY"}}},
    {"fiu.reply", {{"dissemination", "NONE"}}},
    {"pol.request", {{"kind", "NATIONALITY"}, {"asylum.status", "PENDING"}}},
    {"pol.request", {{"eval", NULL}}},
    {"pol.reply", {{"assert.kind", NULL}}},
    {"family.tracing", {{"suspected", "false"}, {"best_interest.status", "DETERMINED"}}},
    {"return.assessment", {{"asylum.status", "PENDING"}}},
    {"victim.referral", {{"feared", "XB"}}},
    {"audit.extract", {{"cats_removed.cat", "ASY"}}},
};

static void see_particulars(struct sample_wanted wanted)
{
    for (size_t i = 0; i < sizeof particulars / sizeof particulars[0]; i++) {
        memcpy(wanted.fixed, particulars[i].fields, sizeof wanted.fixed);
        if (slice_is(type_name(wanted.type), particulars[i].type))
            see(&wanted);
    }
}

/* From everybody who may send it, inside the State and abroad. */
static void see_senders(const struct message_type *type, const char *to_role)
{
    size_t roles = 0;
    const char *const *role = schema_codes(shipped_rulebook()->schema, "role", &roles);
    for (size_t r = 0; r < roles; r++) {
        struct pair pair = {.from_role = role[r], .to_role = to_role};
        if (!may_send(type, role[r], to_role))
            continue;
        struct sample_wanted home = wanted_of(type, &pair, &variants[HOME]);
        see_particulars(home);
        struct sample_wanted abroad = wanted_of(type, &pair, &variants[ABROAD]);
        see_purposes(abroad);
        see_particulars(abroad);
    }
}

#define TYPES     3
#define STRANGERS 7

/* What no route lets through is judged all the same: no rule relies on the routes. */
static void see_strangers(void)
{
    static const char *const types[TYPES] = {"mla.request", "evidence.manifest", "victim.referral"};
    static const char *const strangers[STRANGERS][3] = {
        {"CA", "FIU", "FIN_INTEL"},  {"CA", "NRM", "PROTECTION"}, {"CA", "ASY", "PROTECTION"},
        {"CA", "RAP", "STATISTICS"}, {"CA", "MIN", "AUDIT"},      {"CA", "IGO", "STATISTICS"},
        {"NGO", "CA", "EVIDENCE"},
    };
    for (size_t i = 0; i < TYPES * STRANGERS; i++) {
        const char *const *stranger = strangers[i % STRANGERS];
        struct pair pair = {.from_role = stranger[0], .to_role = stranger[1]};
        const struct message_type *type =
            schema_newest(shipped_rulebook()->schema, slice_text(types[i / STRANGERS]));
        struct sample_wanted wanted = wanted_of(type, &pair, &variants[HOME]);
        wanted.purpose = stranger[2];
        wanted.necessity = true;
        see_particulars(wanted);
    }
}

static void see_pair(struct buffer *out, const struct message_type *type, struct pair *pair)
{
    (void)out;
    see_senders(type, pair->to_role);
    struct sample_wanted home = wanted_of(type, pair, &variants[HOME]);
    home.bare = true;
    see(&home);
    see_purposes(home);
    struct sample_wanted risk = wanted_of(type, pair, &variants[RISK]);
    see_claims(risk);
    see_particulars(risk);
    risk.necessity = true;
    see_particulars(risk);
}

static const char legend[] =
    "# What each type of message shows each role, by the shipped law: the best level that a field\n"
    "# of a category reaches. A in clear, G generalised, W withheld and stated, - withheld "
    "without\n"
    "# a trace, . no such field. Three groups of columns: of a victim, of a suspect, of the case:\n"
    "# MET DEM ID CON LOC PLC CHD HLT SPC BIO FIN COM ASY CRM VIC WIT OPS EVD PRV\n"
    "# Rows that are as the row above are left out. From XA; abroad is XB, the risk State is XC.\n"
    "# A message that is refused or held as a whole shows nothing of this.\n\n";

static struct slice line_of(struct slice *rest)
{
    size_t end = slice_find(*rest, '\n');
    struct slice line = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, end + 1, SIZE_MAX);
    return line;
}

/* Tells the first line that is another one. */
static bool same_lines(struct slice got, struct slice want)
{
    bool same = true;
    for (size_t number = 1; same && (got.length > 0 || want.length > 0); number++) {
        struct slice is = line_of(&got), was = line_of(&want);
        same = slice_equal(is, was);
        if (!same)
            printf("    line %zu is  %.*s\n    and was %.*s\n", number, (int)is.length,
                   (const char *)is.at, (int)was.length, (const char *)was.at);
    }
    return same;
}

/* COMITY_SNAPSHOTS=write keeps what the shipped law says now, for a human to compare. */
static void who_sees_what_is_as_in_the_snapshot(void)
{
    struct buffer out = buffer_new(TABLE_BYTES);
    const char *mode = getenv("COMITY_SNAPSHOTS");
    const char *path = tests_path("snapshots/who-sees-what.txt");
    buffer_text(&out, legend);
    each_pair(&out, write_pair);
    each_pair(NULL, see_pair);
    see_strangers();
    seen_write(&out);
    CHECK(!out.failed);
    if (mode != NULL && strcmp(mode, "write") == 0)
        CHECK_OK(file_write(path, buffer_slice(&out), 0644));
    CHECK(same_lines(buffer_slice(&out), file_octets(path)));
    buffer_done(&out);
}

TESTS(policy_table, {"who sees what is as in the snapshot", who_sees_what_is_as_in_the_snapshot})
