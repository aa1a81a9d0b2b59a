#include "law.h"
#include "support/check.h"

#define VOCABULARY                                                                                 \
    "law number 1\ncodes role CA\ncodes instrument EIO\ncodes purpose EVIDENCE\n"                  \
    "codes kind GOOD, BAD as CRM\n"
#define PERSON                                                                                     \
    "object person\nfield sid sid MET required\nfield cat code kind MET required\n"                \
    "field name.family text 10 ID leak words\n"
#define HEAD(name) "message " name " schema 1 from CA to CA purpose EVIDENCE "

static const struct field_rule *rule(const struct message_type *type, const char *path)
{
    return type_field(type, slice_text(path));
}

#define FAMILY "persons/~0123456789abcdef/name/family"

static void persons_of_two_types_differ_in_what_the_types_say(void)
{
    struct schema *schema = NULL;
    struct text_error error;
    CHECK_OK(law_of(&schema, &error, "law/vocabulary", VOCABULARY, "law/objects/person", PERSON,
                    "law/messages/a.b", HEAD("a.b") "carries sid, name persons persons up to 2",
                    "law/messages/c.d",
                    HEAD("c.d") "carries sid, cat "
                                "field first text 9 CRM persons persons up to 9 "
                                "field persons.name.nick text 9 ID",
                    NULL));
    const struct message_type *one = schema_newest(schema, slice_text("a.b")),
                              *two = schema_newest(schema, slice_text("c.d"));
    const struct field_rule *in_one = rule(one, FAMILY), *in_two = rule(two, FAMILY);
    CHECK(in_one != in_two && in_one->carried && !in_two->carried);
    CHECK_BYTES(in_two->name, slice_text("persons.name.family"));
    CHECK(type_rule_at(one, in_one->number) == in_one);
    CHECK(type_rule_at(two, in_two->number) == in_two);
    CHECK(rule(one, "persons/~0123456789abcdef/name")->carried);
    CHECK(!rule(two, "persons/~0123456789abcdef/name")->carried);
    CHECK(rule(one, "persons/~0123456789abcdef/name/nick") == NULL);
    const struct field_rule *nick = rule(two, "persons/~0123456789abcdef/name/nick");
    CHECK(nick->in_person && !nick->carried);
    CHECK_U64(nick->member, sizeof "persons." - 1);
    CHECK_U64(rule(two, "persons")->category, CATEGORY_MET);
    schema_free(schema);
}

TESTS(schema_persons, {"persons of two types differ in what the types say",
                       persons_of_two_types_differ_in_what_the_types_say})
