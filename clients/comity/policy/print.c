/* comity policy print: the law as articles, for those who sign it. */

#include "comity/policy/print.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "comity/policy/reading.h"
#include "comity/policy/words.h"

#define PAGE_MAX_BYTES      (64UL << 20)
#define PARAGRAPH_MAX_BYTES (4UL << 20)
#define INDENT              2

struct printing {
    struct buffer *out;
    const struct rulebook *rulebook;
    enum language language;
    struct buffer text; /* of the paragraph */
    const struct rule **rules;
};

static void put(struct printing *p, enum phrase phrase, const struct slice words[static 2])
{
    print_phrase(&p->text, phrase_in(p->language, phrase), words);
}

/* Ends the paragraph: wraps it and begins the next. */
static void end(struct printing *p, size_t indent)
{
    wrap_text(p->out, &(struct wrapping){.columns = PRINT_COLUMNS, .indent = indent},
              buffer_slice(&p->text));
    p->out->failed = p->out->failed || p->text.failed;
    buffer_clear(&p->text);
}

static void blank(struct printing *p)
{
    buffer_text(p->out, "\n");
}

/* ---- one chapter ---- */

static void put_states(struct buffer *out, const struct slices *states)
{
    for (size_t i = 0; i < states->count; i++) {
        buffer_text(out, i == 0 ? "" : ", ");
        buffer_put(out, states->at[i]);
    }
}

static void print_name(struct printing *p, const struct policy *policy)
{
    struct buffer states = buffer_new(PARAGRAPH_MAX_BYTES);
    put_states(&states, &policy->between);
    const struct slice words[] = {buffer_slice(&states), policy->title};
    if (policy->between.count > 0)
        put(p, PHRASE_AGREEMENT, words);
    else
        put(p, PHRASE_POLICY, (struct slice[2]){policy->title});
    buffer_done(&states);
    end(p, 0);
}

static void print_head(struct printing *p, size_t index)
{
    const struct policy *policy = &p->rulebook->law->policies[index];
    char number[24], version[24], from[INSTANT_TEXT_BYTES], until[INSTANT_TEXT_BYTES];
    snprintf(number, sizeof number, "%zu", index + 1);
    snprintf(version, sizeof version, "%llu", (unsigned long long)policy->version);
    date_write(policy->from_ms, from);
    date_write(policy->until_ms - MS_PER_DAY, until);
    blank(p);
    put(p, PHRASE_CHAPTER, (struct slice[2]){slice_text(number)});
    end(p, 0);
    print_name(p, policy);
    blank(p);
    const struct slice force[] = {slice_text(from), slice_text(until)};
    put(p, PHRASE_VERSION, (struct slice[2]){slice_text(version)});
    buffer_text(&p->text, " ");
    put(p, PHRASE_AUTHORITY, (struct slice[2]){policy->authority});
    buffer_text(&p->text, " ");
    put(p, PHRASE_FORCE, force);
    end(p, 0);
    print_basis(&p->text, policy->basis, &policy->checked, p->language);
    end(p, 0);
}

static void print_article(struct printing *p, const struct rule *rule, const char *number)
{
    const struct slice words[] = {slice_text(number), rule->title};
    blank(p);
    put(p, rule->kind == RULE_GUARANTEE ? PHRASE_GUARANTEE : PHRASE_ARTICLE, words);
    end(p, 0);
    print_rule(&p->text, p->rulebook->law, rule, p->language);
    end(p, INDENT);
    print_basis(&p->text, rule->basis, &rule->checked, p->language);
    end(p, INDENT);
}

static int by_line(const void *a, const void *b)
{
    const struct rule *x = *(const struct rule *const *)a, *y = *(const struct rule *const *)b;
    return (x->line > y->line) - (x->line < y->line);
}

static size_t gather(const struct printing *p, size_t policy)
{
    const struct law *law = p->rulebook->law;
    size_t count = 0;
    for (size_t i = 0; i < law->rule_count; i++)
        if (law->rules[i].policy == policy)
            p->rules[count++] = &law->rules[i];
    for (size_t i = 0; i < law->guarantee_count; i++)
        if (law->guarantees[i].policy == policy)
            p->rules[count++] = &law->guarantees[i];
    qsort(p->rules, count, sizeof *p->rules, by_line);
    return count;
}

static void print_chapter(struct printing *p, size_t index)
{
    char number[48];
    size_t count = gather(p, index);
    print_head(p, index);
    for (size_t i = 0; i < count; i++) {
        snprintf(number, sizeof number, "%zu.%zu", index + 1, i + 1);
        print_article(p, p->rules[i], number);
    }
}

/* ---- the orders of levels ---- */

static void put_types(struct buffer *out, const struct grades *grades, size_t order)
{
    bool begun = false;
    for (size_t t = 0; t < VALUE_TYPES_MAX && value_type_name(t) != NULL; t++)
        if (grades->order_of[t] == order) {
            buffer_print(out, "%s%s", begun ? ", " : "", value_type_name(t));
            begun = true;
        }
}

static void put_chain(struct buffer *out, const struct printing *p, size_t order)
{
    const struct law *law = p->rulebook->law;
    const struct grades *grades = law->grades;
    bool begun = false;
    for (size_t rank = grades->count; rank-- > 0;) {
        uint8_t grade = grades->of_rank[order][rank];
        if (grades->rank[order][grade] != rank || (rank == 0 && grade != GRADE_SILENT))
            continue;
        buffer_text(out, begun ? ", " : "");
        print_level(out, law, grade, p->language);
        begun = true;
    }
}

static void print_orders(struct printing *p)
{
    const struct grades *grades = p->rulebook->law->grades;
    if (grades->order_count < 2)
        return;
    blank(p);
    put(p, PHRASE_LEVELS, (struct slice[2]){0});
    end(p, 0);
    for (size_t order = 1; order < grades->order_count; order++) {
        struct buffer types = buffer_new(PARAGRAPH_MAX_BYTES);
        struct buffer chain = buffer_new(PARAGRAPH_MAX_BYTES);
        put_types(&types, grades, order);
        put_chain(&chain, p, order);
        const struct slice words[] = {buffer_slice(&types), buffer_slice(&chain)};
        blank(p);
        put(p, PHRASE_ORDER, words);
        end(p, INDENT);
        buffer_done(&types);
        buffer_done(&chain);
    }
}

/* ---- all of it ---- */

static void print_title(struct printing *p)
{
    char number[24], count[24], digest[2 * sizeof(struct digest) + 1];
    size_t unchecked = policy_unchecked(p->rulebook);
    snprintf(number, sizeof number, "%llu", (unsigned long long)schema_number(p->rulebook->schema));
    snprintf(count, sizeof count, "%zu", unchecked);
    hex_write(digest_slice(&p->rulebook->law_digest), digest);
    const struct slice words[] = {slice_text(number), slice_text(digest)};
    put(p, PHRASE_TITLE, (struct slice[2]){0});
    end(p, 0);
    blank(p);
    put(p, PHRASE_LAW, words);
    end(p, 0);
    if (unchecked > 0) {
        put(p, PHRASE_UNCHECKED, (struct slice[2]){slice_text(count)});
        end(p, 0);
    }
    blank(p);
    put(p, PHRASE_READING, (struct slice[2]){0});
    end(p, 0);
}

void policy_print(struct buffer *out, const struct rulebook *rulebook, enum language language)
{
    const struct law *law = rulebook->law;
    struct printing p = {.out = out,
                         .rulebook = rulebook,
                         .language = language,
                         .text = buffer_new(PARAGRAPH_MAX_BYTES),
                         .rules =
                             calloc(law->rule_count + law->guarantee_count + 1, sizeof *p.rules)};
    out->failed = out->failed || p.rules == NULL;
    if (!out->failed) {
        print_title(&p);
        for (size_t i = 0; i < law->policy_count; i++)
            print_chapter(&p, i);
        print_orders(&p);
    }
    buffer_done(&p.text);
    free(p.rules);
}

static enum comity_exit print(const struct invocation *inv, struct comity_fault *reterr)
{
    struct policy_folder folder;
    enum language language = LANGUAGE_ENGLISH;
    const char *code = invocation_value(inv, FLAG_LANGUAGE);
    if (code != NULL && !language_find(code, &language))
        return fail_usage(reterr, "--lang %s: there are eng, fra and spa", code);
    struct buffer page = buffer_new(PAGE_MAX_BYTES);
    enum comity_exit exit = policy_reading_open(inv, invocation_word(inv, 0), &folder, reterr);
    if (exit == COMITY_DONE)
        policy_print(&page, folder.rulebook, language);
    if (exit == COMITY_DONE && inv->json && !page.failed)
        put_json(json_pack("{s:s,s:o}", "lang", code == NULL ? "eng" : code, "text",
                           slice_json(buffer_slice(&page))));
    else if (exit == COMITY_DONE && !put_lines(&page))
        exit = fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    buffer_done(&page);
    policy_close(&folder);
    return exit;
}

static const struct argp_option options[] = {
    {"lang", FLAG_LANGUAGE, "CODE", 0, "eng, fra or spa; eng unless told", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command policy_print_command = {
    .noun = "policy",
    .verb = "print",
    .arguments = "[--lang eng|fra|spa] [DIR]",
    .summary = "Prints a law article by article, in full sentences",
    .help =
        "For those who sign it: its number and digest, each policy and agreement as a chapter, "
        "each rule and guarantee as an article, with its basis and who has checked that; UNCHECKED "
        "where nobody has. Names, codes, titles and citations stand as in the law, whatever the "
        "language; what counts is the law's own text. DIR is as of comity policy check; without it "
        "the rulebook that the context trusts is taken.\n\n"
        "Examples:\n"
        "  comity policy print rulebook > law.txt\n"
        "  comity policy print --lang fra rulebook\n",
    .options = options,
    .words_min = 0,
    .words_max = 1,
    .run = print,
};
