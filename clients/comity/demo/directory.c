/* The directory of the demo as text: States with their gateways and logs, and each State's party.
 */

#include <stdlib.h>
#include <time.h>

#include "audit/note.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/instant.h"
#include "comity/demo/demo.h"
#include "crypto/key.h"

#define TEXT_MAX_BYTES 262144
#define KEY_TEXT_BYTES 256
#define LOG_DAYS       366
#define HEAD_BYTES     64

/* A day before now and a year after it: clocks of one machine agree, time zones do not matter. */
static void put_dates(struct buffer *out)
{
    uint64_t now_ms = (uint64_t)time(NULL) * MS_PER_SECOND;
    char from[INSTANT_TEXT_BYTES], until[INSTANT_TEXT_BYTES];
    date_write(now_ms - MS_PER_DAY, from);
    date_write(now_ms + LOG_DAYS * MS_PER_DAY, until);
    buffer_print(out, "from %s until %s", from, until);
}

static enum comity_exit put_certificate(const struct demo *demo, struct buffer *out,
                                        const char *word, const char *path,
                                        struct comity_fault *reterr)
{
    char whole[DEMO_PATH_BYTES], from[INSTANT_TEXT_BYTES], until[INSTANT_TEXT_BYTES];
    uint64_t from_ms = 0, until_ms = 0;
    struct certificate *c = NULL;
    demo_path(demo, whole, "%s", path);
    if (failed(certificate_load(whole, &c)))
        return fail(reterr, COMITY_FAILED, "CONFIG", "%s holds no certificate", whole);
    certificate_validity(c, &from_ms, &until_ms);
    instant_write(from_ms, from);
    instant_write(until_ms, until);
    struct slice der = certificate_der(c);
    char *text = malloc(base64_length(der.length) + 1);
    if (text != NULL) {
        base64_write(der, text);
        buffer_print(out, "    %s from \"%s\" until \"%s\" \"%s\"\n", word, from, until, text);
    }
    enum comity_exit exit =
        text == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory") : COMITY_DONE;
    free(text);
    certificate_free(c);
    return exit;
}

static enum comity_exit put_state(const struct demo *demo, struct buffer *out,
                                  const struct demo_state *state, struct comity_fault *reterr)
{
    char path[DEMO_PATH_BYTES];
    buffer_print(out, "  state %s \"%s\"\n    domain %c%c.comity.example\n    languages %s\n",
                 state->code, state->name, state->code[0] | 0x20, state->code[1] | 0x20,
                 state->languages);
    snprintf(path, sizeof path, "pki/%s/ca.crt", state->code);
    enum comity_exit exit = put_certificate(demo, out, "authority", path, reterr);
    for (size_t i = 0; i < demo->state_count; i++) {
        const char *tier = demo_tier(state, demo->states[i]);
        if (tier != NULL)
            buffer_print(out, "    tier %s %s\n", demo->states[i]->code, tier);
    }
    return exit;
}

/* The vkey of a gateway's log, from the public key that make-demo-pki wrote. */
static enum comity_exit put_log_key(const struct demo *demo, struct buffer *out,
                                    const struct demo_gateway *gateway, struct comity_fault *reterr)
{
    char path[DEMO_PATH_BYTES], origin[64], key[ORIGIN_MAX_BYTES + 64];
    uint8_t octets[32];
    size_t length = 0;
    struct buffer text = buffer_new(KEY_TEXT_BYTES);
    demo_path(demo, path, "pki/%.2s/gateways/%s/log.pub", gateway->id, gateway->id);
    struct status s = file_read(path, &text);
    struct slice line = slice_part(buffer_slice(&text), 0, slice_find(buffer_slice(&text), '\n'));
    bool good =
        !failed(s) && base64_read(line, octets, sizeof octets, &length) && length == sizeof octets;
    if (good) {
        demo_origin(gateway, origin);
        vkey_write(origin, 0x01, octets, key);
        buffer_print(out, "    log \"%s\" key \"%s\" ", origin, key);
        put_dates(out);
        buffer_print(out, " quorum %u\n", demo->witness_count > 0);
    }
    buffer_done(&text);
    return good ? demo_put_witnesses(demo, out, reterr)
                : fail(reterr, COMITY_FAILED, "CONFIG", "%s holds no Ed25519 key", path);
}

static enum comity_exit finish(const struct demo *demo, const char *path, const char *head,
                               struct buffer *text, enum comity_exit exit,
                               struct comity_fault *reterr)
{
    if (exit == COMITY_DONE && text->failed)
        exit = fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    if (exit == COMITY_DONE)
        exit = demo_write_numbered(demo, path, head, buffer_slice(text), reterr);
    buffer_done(text);
    return exit;
}

enum comity_exit demo_directory_states(const struct demo *demo, struct comity_fault *reterr)
{
    struct buffer text = buffer_new(TEXT_MAX_BYTES);
    enum comity_exit exit = COMITY_DONE;
    for (size_t i = 0; i < demo->state_count && exit == COMITY_DONE; i++)
        exit = put_state(demo, &text, demo->states[i], reterr);
    for (size_t i = 0; i < demo->gateway_count && exit == COMITY_DONE; i++) {
        const struct demo_gateway *g = &demo->gateways[i];
        buffer_print(&text,
                     "  gateway %s\n    address \"127.0.0.1:%u\"\n    http \"127.0.0.1:%u\"\n",
                     g->id, g->port, g->http_port);
        exit = put_log_key(demo, &text, g, reterr);
    }
    return finish(demo, "rulebook/states/demo", "# Written by comity demo up.\nstates number ",
                  &text, exit, reterr);
}

static enum comity_exit write_party(const struct demo *demo, const struct demo_state *state,
                                    struct comity_fault *reterr)
{
    char path[DEMO_PATH_BYTES], head[HEAD_BYTES];
    struct buffer text = buffer_new(TEXT_MAX_BYTES);
    snprintf(head, sizeof head, "# Written by comity demo up.\nparties %s number ", state->code);
    buffer_print(&text, "  party %s-CA-01 \"%s\" home %s ", state->code, state->ministry,
                 demo_home(demo, state)->id);
    put_dates(&text);
    buffer_text(&text, "\n");
    snprintf(path, sizeof path, "pki/%s/parties/%s-CA-01/seal.crt", state->code, state->code);
    enum comity_exit exit = put_certificate(demo, &text, "sealing", path, reterr);
    snprintf(path, sizeof path, "pki/%s/parties/%s-CA-01/enc.crt", state->code, state->code);
    if (exit == COMITY_DONE)
        exit = put_certificate(demo, &text, "encryption", path, reterr);
    snprintf(path, sizeof path, "rulebook/parties/%s/demo", state->code);
    return finish(demo, path, head, &text, exit, reterr);
}

enum comity_exit demo_directory_parties(const struct demo *demo, struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    for (size_t i = 0; i < demo->state_count && exit == COMITY_DONE; i++)
        exit = write_party(demo, demo->states[i], reterr);
    return exit;
}
