/* The strict readers of text in base/: what one accepts, its writer makes again, octet for octet.
 */

#include "base/encoding.h"
#include "base/instant.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hex_round(struct slice in, uint8_t *octets, char *text)
{
    if (in.length % 2 != 0 || !hex_read(in, octets, in.length / 2))
        return;
    hex_write(slice_over(octets, in.length / 2), text);
    assert(slice_is(in, text));
}

static void base64_round(struct slice in, uint8_t *octets, char *text)
{
    size_t length;
    if (!base64_read(in, octets, in.length, &length))
        return;
    assert(base64_length(length) == in.length);
    base64_write(slice_over(octets, length), text);
    assert(slice_is(in, text));
}

static void instant_round(struct slice in)
{
    uint64_t at, midnight, value;
    char text[INSTANT_TEXT_BYTES], again[INSTANT_TEXT_BYTES];
    if (instant_read(in, &at)) {
        instant_write(at, text);
        uint64_t same;
        assert(instant_read(slice_text(text), &same) && same == at);
    }
    if (date_read(in, &midnight)) {
        date_write(midnight, again);
        assert(slice_is(in, again) && date_partial(in));
    }
    if (decimal_read(in, 1000, &value))
        assert(value <= 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_over(data, size);
    uint8_t *octets = malloc(size + 1);
    char *text = malloc(size + 4);
    if (octets == NULL || text == NULL)
        abort();
    hex_round(in, octets, text);
    base64_round(in, octets, text);
    instant_round(in);
    utf8_valid(in);
    free(text);
    free(octets);
    return 0;
}
