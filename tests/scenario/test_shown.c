/* What is shown otherwise than in clear, over two gateways: the reader sees it as the gateway's. */

#include <stdio.h>
#include <string.h>

#include "libcomity/document.h"
#include "scenario/pair.h"

#define VALUE_BYTES 80

/* Case A.3 has no more than this of a name in clear; the short request shows both parts. */
static const char shown_otherwise[] =
    PAIR_RULES(" limit \"T-01 names\"\n  fields person.name.family\n  release at most pseudonym\n"
               "  basis \"test\"\n"
               " limit \"T-02 given names\"\n  fields person.name.given\n"
               "  release at most generalise to initials\n  basis \"test\"\n"
               " limit \"T-03 birth dates\"\n  fields person.dob\n"
               "  release at most generalise to decade\n  basis \"test\"\n"
               " limit \"T-04 accounts\"\n  fields items.details.iban\n"
               "  release at most mask 4\n  basis \"test\"\n");

/* What the next delivery shows of the suspect and the account, as "transform" and JSON. */
struct shown {
    char family[VALUE_BYTES], given[VALUE_BYTES], dob[VALUE_BYTES], iban[VALUE_BYTES];
};

static void keep(char text[static VALUE_BYTES], const struct comity_value *v)
{
    snprintf(text, VALUE_BYTES, "%s %s", v->transform == NULL ? "clear" : v->transform, v->value);
}

static void keep_all(struct shown *shown, const struct comity_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *end = strrchr(values[i].path, '/');
        if (end == NULL || values[i].value == NULL)
            continue;
        if (strcmp(end, "/family") == 0)
            keep(shown->family, &values[i]);
        if (strcmp(end, "/given") == 0)
            keep(shown->given, &values[i]);
        if (strcmp(end, "/dob") == 0)
            keep(shown->dob, &values[i]);
        if (strcmp(end, "/iban") == 0)
            keep(shown->iban, &values[i]);
    }
}

/* Sends the short request of this case and hears it at the other side. */
static struct shown send_and_read(struct pair *p, const char *case_ref)
{
    struct shown shown = {.family = ""};
    char document[4096];
    const struct comity_value *values;
    size_t count;
    struct arena *arena = arena_new((size_t)16 << 20);
    snprintf(document, sizeof document, "%s", plain_document("UNTOC18"));
    memcpy(strstr(document, "PA-2026-0500"), case_ref, strlen(case_ref));
    struct letter *letter = scene_letter(p->xa, document, "XA-CA-01", "XC-CA-01");
    CHECK(scene_send(p->sender, letter) != NULL);
    const struct heard *h = client_hear(p->recipient, FRAME_DELIVER);
    const struct delivery_verified *v =
        CHECK(h != NULL) ? scene_verify(p->xc, arena, &h->frame.as.deliver, "XC-CA-01") : NULL;
    if (CHECK(v != NULL) && CHECK_OK(document_values(arena, v, &values, &count)))
        keep_all(&shown, values, count);
    letter_free(letter);
    arena_free(arena);
    return shown;
}

static void the_reader_is_shown_what_the_gateway_makes_of_a_value(void)
{
    struct pair p = pair_new(&(struct pair_settings){.rules = shown_otherwise});
    struct shown first = send_and_read(&p, "PA-2026-0500");
    CHECK_U64(strlen(first.family), strlen("pseudonym ") + 34);
    CHECK(strncmp(first.family, "pseudonym ", strlen("pseudonym ")) == 0);
    CHECK_TEXT(first.given, "generalise \"V.\"");
    CHECK_TEXT(first.dob, "generalise \"1980s\"");
    CHECK_TEXT(first.iban, "mask \"****0815\"");
    CHECK(!scene_heard(p.recipient, "Halmar"));
    CHECK(!scene_heard(p.recipient, "Viktor"));
    CHECK(!scene_heard(p.recipient, "1984"));
    CHECK(!scene_heard(p.recipient, "XC71CRLB"));
    pair_end(&p);
}

static void a_pseudonym_is_the_same_in_one_case_only(void)
{
    struct pair p = pair_new(&(struct pair_settings){.rules = shown_otherwise});
    struct shown first = send_and_read(&p, "PA-2026-0500");
    struct shown again = send_and_read(&p, "PA-2026-0500");
    struct shown other = send_and_read(&p, "PA-2026-0501");
    CHECK_TEXT(again.family, first.family);
    CHECK_U64(strlen(other.family), strlen(first.family));
    CHECK(strcmp(other.family, first.family) != 0);
    pair_end(&p);
}

TESTS(shown,
      {"the reader is shown what the gateway makes of a value",
       the_reader_is_shown_what_the_gateway_makes_of_a_value},
      {"a pseudonym is the same in one case only", a_pseudonym_is_the_same_in_one_case_only})
