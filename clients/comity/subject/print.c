#include <string.h>

#include "base/instant.h"
#include "comity/policy/print.h"
#include "comity/policy/words.h"
#include "comity/subject/subject.h"

#define PARAGRAPH_BYTES 65536
#define INDENT          2

struct stating {
    struct buffer *out;
    enum language language;
    struct buffer text; /* of the paragraph */
};

static void end(struct stating *st, size_t indent)
{
    wrap_text(st->out, &(struct wrapping){.columns = PRINT_COLUMNS, .indent = indent},
              buffer_slice(&st->text));
    st->out->failed = st->out->failed || st->text.failed;
    buffer_clear(&st->text);
}

/* One paragraph. */
static void put(struct stating *st, size_t indent, enum subject_phrase phrase, struct slice one,
                struct slice two)
{
    print_phrase(&st->text, subject_phrase_in(st->language, phrase), (struct slice[]){one, two});
    end(st, indent);
}

static void put_title(struct stating *st, enum subject_phrase phrase)
{
    buffer_text(st->out, "\n");
    put(st, 0, phrase, (struct slice){0}, (struct slice){0});
    buffer_text(st->out, "\n");
}

static struct slice text_of(const json_t *object, const char *member)
{
    return slice_text(json_string_value(json_object_get(object, member)));
}

/* The members of a list with commas between them, as the language calls them where it has a word.
 */
static void put_list(struct stating *st, enum subject_phrase phrase, struct slice first,
                     const json_t *list,
                     const char *(*word_in)(enum language language, struct slice code))
{
    struct buffer all = buffer_new(PARAGRAPH_BYTES);
    buffer_put(&all, first);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *code = json_string_value(json_array_get(list, i));
        const char *word = word_in == NULL ? NULL : word_in(st->language, slice_text(code));
        buffer_text(&all, all.length == 0 ? "" : ", ");
        buffer_text(&all, word == NULL ? code : word);
    }
    if (all.length > 0)
        put(st, INDENT, phrase, buffer_slice(&all), (struct slice){0});
    st->out->failed = st->out->failed || all.failed;
    buffer_done(&all);
}

static void put_disclosure(struct stating *st, const json_t *d)
{
    const json_t *categories = json_object_get(d, "categories");
    const struct slice purpose = text_of(d, "purpose"), tier = text_of(d, "tier");
    const char *word = subject_purpose_in(st->language, purpose);
    put(st, 0, SUBJECT_DISCLOSED, text_of(d, "time"), text_of(d, "to"));
    put(st, INDENT, SUBJECT_SENDER, text_of(d, "from"), (struct slice){0});
    put(st, INDENT, SUBJECT_PURPOSE, word == NULL ? purpose : slice_text(word), (struct slice){0});
    put_list(st, SUBJECT_BASIS, text_of(d, "instrument"), json_object_get(d, "legal_basis"), NULL);
    if (tier.length > 0)
        put(st, INDENT, SUBJECT_TRANSFER, tier, text_of(d, "transfer_basis"));
    if (json_array_size(categories) > 0)
        put_list(st, SUBJECT_CATEGORIES, (struct slice){0}, categories, subject_category_in);
    else
        put(st, INDENT, SUBJECT_NO_CATEGORY, (struct slice){0}, (struct slice){0});
    if (text_of(d, "ground").length > 0)
        put(st, INDENT, SUBJECT_GROUND, text_of(d, "ground"), (struct slice){0});
}

static void put_refusal(struct stating *st, const json_t *r)
{
    put(st, 0, SUBJECT_REFUSED, text_of(r, "time"), text_of(r, "to"));
    put(st, INDENT, SUBJECT_SENDER, text_of(r, "from"), (struct slice){0});
    if (text_of(r, "code").length > 0)
        put(st, INDENT, SUBJECT_CODE, text_of(r, "code"), (struct slice){0});
}

static void put_all(struct stating *st, const json_t *list, enum subject_phrase heading,
                    void (*put_one)(struct stating *st, const json_t *one))
{
    if (json_array_size(list) > 0)
        put_title(st, heading);
    for (size_t i = 0; i < json_array_size(list); i++) {
        buffer_text(st->out, i == 0 ? "" : "\n");
        put_one(st, json_array_get(list, i));
    }
}

static void put_head(struct stating *st, const struct subject_asked *asked,
                     const struct subject_source *source)
{
    char day[INSTANT_TEXT_BYTES];
    date_write(source->at_ms, day);
    put(st, 0, SUBJECT_TITLE, (struct slice){0}, (struct slice){0});
    buffer_text(st->out, "\n");
    put(st, 0, SUBJECT_CASE, asked->frame, asked->from);
    if (asked->sid.at != NULL)
        put(st, 0, SUBJECT_PERSON, asked->sid, (struct slice){0});
    put(st, 0, SUBJECT_SOURCE, slice_text(day), source->gateway);
}

/* The same in every statement, but for the authority's name. */
static void put_end(struct stating *st, const struct subject_source *source)
{
    const struct slice none = {0};
    put_title(st, SUBJECT_UNSAID_HEADING);
    put(st, 0, SUBJECT_UNSAID, none, none);
    put_title(st, SUBJECT_RIGHTS_HEADING);
    put(st, 0, SUBJECT_RIGHTS, none, none);
    put(st, 0, SUBJECT_TERMS, none, none);
    if (source->protector == NULL)
        put(st, 0, SUBJECT_COMPLAIN_ANY, slice_part(source->gateway, 0, 2), none);
    else
        put(st, 0, SUBJECT_COMPLAIN, source->protector->name, source->protector->id);
    buffer_text(st->out, "\n");
    put(st, 0, SUBJECT_LOGGED, none, none);
}

void subject_print(struct buffer *out, const struct subject_asked *asked,
                   const struct subject_source *source, const json_t *found, enum language language)
{
    struct stating st = {.out = out, .language = language, .text = buffer_new(PARAGRAPH_BYTES)};
    const json_t *disclosures = json_object_get(found, "disclosures");
    const json_t *refusals = json_object_get(found, "refusals");
    put_head(&st, asked, source);
    if (json_array_size(disclosures) + json_array_size(refusals) == 0) {
        buffer_text(out, "\n");
        put(&st, 0, SUBJECT_NONE, (struct slice){0}, (struct slice){0});
    }
    put_all(&st, disclosures, SUBJECT_SHOWN, put_disclosure);
    put_all(&st, refusals, SUBJECT_STOPPED, put_refusal);
    put_end(&st, source);
    buffer_done(&st.text);
}
