/* comity(1) leaves nothing out that scripts and people rely on. */

#include <stdio.h>
#include <string.h>

#include "comity/commands.h"
#include "fixture.h"

#define MANUAL COMITY_SOURCE_DIR "/clients/comity/comity.1.scd"

/* Whether a line is this word in bold, as the terms of lists are. */
static bool is_term(struct slice page, const char *word)
{
    char term[64];
    snprintf(term, sizeof term, "\n*%s*\n", word);
    return holds_text(page, term);
}

static void every_noun_is_explained(void)
{
    size_t count = 0;
    struct slice page = file_octets(MANUAL);
    const struct noun *nouns = nouns_all(&count);
    CHECK(count >= 6);
    for (size_t i = 0; i < count; i++)
        if (!CHECK(is_term(page, nouns[i].name)))
            fprintf(stderr, "%s is missing\n", nouns[i].name);
    CHECK(!is_term(page, "elephant"));
}

static void every_exit_code_is_explained(void)
{
    size_t count = 0;
    char number[16];
    struct slice page = file_octets(MANUAL);
    const struct exit_row *rows = exit_rows(&count);
    for (size_t i = 0; i < count; i++) {
        snprintf(number, sizeof number, "%d", rows[i].code);
        if (!CHECK(is_term(page, number)))
            fprintf(stderr, "%s is missing\n", number);
    }
    CHECK(!is_term(page, "12"));
}

TESTS(cli_manual, {"every noun is explained", every_noun_is_explained},
      {"every exit code is explained", every_exit_code_is_explained})
