/* The texts of the rulebook: whatever they say, they are read or refused with a place. The first
 * octet says which text the rest is; the others are small good ones. */

#include "schema/directory.h"
#include "schema/schema.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char vocabulary[] = "law number 1\n"
                                 "codes role CA, JUD\ncodes instrument EIO\n"
                                 "codes purpose EVIDENCE\ncodes urgency ROUTINE, URGENT\n"
                                 "codes kind GOOD, BAD as CRM\n";
static const char person[] = "object person\nfield sid sid MET required\n"
                             "field cat code kind MET or as cat required\n";
static const char message[] = "message a.b schema 1\nfrom CA to CA\npurpose EVIDENCE\n"
                              "field why text 9 MET\npersons persons up to 9\n";
static const char states[] = "states number 1\nstate XA \"A\" domain a.b\ngateway XA-GW-01\n";
static const char parties[] = "parties XA number 1\n";

static void read_tokens(struct slice text)
{
    struct text_error error;
    struct lexer l = lexer_over(slice_text("text"), text, &error);
    struct token last = {.line = 1, .column = 1};
    while (l.token.kind != TOKEN_END) {
        struct token t = lexer_next(&l);
        assert(t.line > last.line || t.column >= last.column);
        last = t;
    }
}

static void read_law(const struct text_files *files)
{
    struct text_error error = {.line = 0};
    struct schema *schema = NULL;
    struct status s = schema_parse(files, &schema, &error);
    assert(failed(s) ? error.line > 0 || s.code == CODE_MEMORY : schema != NULL);
    schema_free(schema);
}

static void read_directory(const struct text_files *files)
{
    struct text_error error = {.line = 0};
    struct directory *directory = NULL;
    struct status s = directory_parse(files, &directory, &error);
    assert(failed(s) ? error.line > 0 || s.code == CODE_MEMORY : directory != NULL);
    directory_free(directory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text_file at[] = {
        {slice_text("law/vocabulary"), slice_text(vocabulary)},
        {slice_text("law/objects/person"), slice_text(person)},
        {slice_text("law/messages/a.b"), slice_text(message)},
        {slice_text("states/all"), slice_text(states)},
        {slice_text("parties/XA/all"), slice_text(parties)},
    };
    struct text_files files = {at, sizeof at / sizeof at[0]};
    if (size == 0)
        return 0;
    struct slice text = slice_over(data + 1, size - 1);
    at[data[0] % files.count].text = text;
    read_tokens(text);
    read_law(&files);
    read_directory(&files);
    return 0;
}
