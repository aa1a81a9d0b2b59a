#include <string.h>

#include "base/file.h"
#include "comity/demo/demo.h"

#define WORDS_MAX_BYTES (1U << 20)

/* Whether a line says that the link to this peer is open (1) or is not any more (0); -1: neither.
 */
static int line_says(struct slice line, const char *peer)
{
    const char *event = "", *whom = "";
    json_t *said = json_loadb((const char *)line.at, line.length, 0, NULL);
    int says = -1;
    if (json_unpack(said, "{s:s,s:s}", "event", &event, "peer", &whom) == 0 &&
        strcmp(whom, peer) == 0)
        says = strcmp(event, "peer.up") == 0 ? 1 : strcmp(event, "peer.down") == 0 ? 0 : -1;
    json_decref(said);
    return says;
}

/* The last word of one gateway about its link to another. */
static bool says_linked(const struct demo *demo, const char *gateway, const char *peer)
{
    char path[DEMO_PATH_BYTES];
    bool linked = false;
    struct buffer text = buffer_new(WORDS_MAX_BYTES);
    demo_path(demo, path, "gateways/%s/comityd.err", gateway);
    if (!failed(file_read(path, &text))) {
        struct slice rest = buffer_slice(&text);
        while (rest.length > 0) {
            size_t end = slice_find(rest, '\n');
            int says = line_says(slice_part(rest, 0, end), peer);
            linked = says < 0 ? linked : says > 0;
            rest = slice_part(rest, end + 1, SIZE_MAX);
        }
    }
    buffer_done(&text);
    return linked;
}

bool demo_linked(const struct demo *demo, char missing[static DEMO_PATH_BYTES])
{
    int length = 0;
    missing[0] = '\0';
    for (size_t i = 0; i < demo->gateway_count; i++)
        for (size_t k = i + 1; k < demo->gateway_count; k++) {
            const char *one = demo->gateways[i].id, *other = demo->gateways[k].id;
            if (!says_linked(demo, one, other) || !says_linked(demo, other, one))
                length += snprintf(missing + length, (size_t)(DEMO_PATH_BYTES - length),
                                   "%s %s with %s", length == 0 ? "" : ",", one, other);
        }
    return length == 0;
}
