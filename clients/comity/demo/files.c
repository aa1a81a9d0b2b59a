#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "comity/demo/demo.h"

#define LAW_ARENA_BYTES (64U << 20)
#define LAW_MAX_FILES   4096
#define CONFIG_BYTES    16384

enum comity_exit demo_write(const struct demo *demo, const char *path, struct slice text,
                            unsigned mode, struct comity_fault *reterr)
{
    char whole[DEMO_PATH_BYTES], folder[DEMO_PATH_BYTES];
    demo_path(demo, whole, "%s", path);
    snprintf(folder, sizeof folder, "%s", whole);
    *strrchr(folder, '/') = '\0';
    if (failed(folder_make(folder, 0755)) || failed(file_write(whole, text, mode)))
        return fail_errno(reterr, "%s cannot be written", whole);
    return COMITY_DONE;
}

/* A reload reads the key of TLS again, after comityd gave up root; the others it reads once. */
static enum comity_exit give_key(const struct demo *demo, const struct demo_gateway *gateway,
                                 struct comity_fault *reterr)
{
    char key[DEMO_PATH_BYTES];
    demo_path(demo, key, "pki/%.2s/gateways/%s/tls.key", gateway->id, gateway->id);
    if (demo->user != NULL && lchown(key, demo->uid, demo->gid) != 0)
        return fail_errno(reterr, "%s cannot be given to the user %s", key, demo->user);
    return COMITY_DONE;
}

enum comity_exit demo_pki(const struct demo *demo, struct comity_fault *reterr)
{
    char script[DEMO_PATH_BYTES + 32], folder[DEMO_PATH_BYTES], words[DEMO_PATH_BYTES];
    char parties[DEMO_STATES][16], signatories[DEMO_SIGNATORIES][16];
    char gateway[] = "--gateway", party[] = "--party", dir[] = "--dir", signs[] = "--signatory",
         cosigns[] = "--witness";
    char *argv[4 + 6 * DEMO_STATES + 2 * DEMO_SIGNATORIES] = {script, dir, folder};
    struct demo_gateway gateways[DEMO_STATES], witnesses[DEMO_STATES];
    size_t count = 3;
    snprintf(script, sizeof script, "%s/certs/make-demo-pki", demo->data);
    demo_path(demo, folder, "pki");
    demo_path(demo, words, "make-demo-pki.err");
    memcpy(gateways, demo->gateways, sizeof gateways); /* argv wants texts it might change */
    memcpy(witnesses, demo->witnesses, sizeof witnesses);
    for (size_t i = 0; i < demo->gateway_count; i++) {
        argv[count++] = gateway;
        argv[count++] = gateways[i].id;
    }
    for (size_t i = 0; i < demo->state_count; i++) {
        snprintf(parties[i], sizeof parties[i], "%s-CA-01", demo->states[i]->code);
        argv[count++] = party;
        argv[count++] = parties[i];
    }
    for (size_t i = 0; i < demo_signatories(demo, signatories); i++) {
        argv[count++] = signs;
        argv[count++] = signatories[i];
    }
    for (size_t i = 0; i < demo->witness_count; i++) {
        argv[count++] = cosigns;
        argv[count++] = witnesses[i].id;
    }
    enum comity_exit exit = demo_run(argv, words, reterr);
    for (size_t i = 0; i < demo->gateway_count && exit == COMITY_DONE; i++)
        exit = give_key(demo, &demo->gateways[i], reterr);
    return exit;
}

/* Of policies/ all that is law: not what explains and tests it. */
static bool is_law(struct slice path)
{
    struct slice ending = slice_text(".md");
    bool readable =
        path.length >= ending.length &&
        slice_equal(slice_part(path, path.length - ending.length, ending.length), ending);
    return !readable && !slice_begins(path, slice_text("tests/"));
}

static enum comity_exit copy_law(const struct demo *demo, struct comity_fault *reterr)
{
    char from[DEMO_PATH_BYTES + 16], to[DEMO_PATH_BYTES];
    struct text_files files = {0};
    enum comity_exit exit = COMITY_DONE;
    struct arena *a = arena_new(LAW_ARENA_BYTES);
    snprintf(from, sizeof from, "%s/policies", demo->data);
    if (a == NULL || failed(folder_read(a, from, LAW_MAX_FILES, &files)))
        exit = fail(reterr, COMITY_FAILED, "STORE", "the law in %s cannot be read", from);
    for (size_t i = 0; i < files.count && exit == COMITY_DONE; i++) {
        const struct text_file *f = &files.at[i];
        if (!is_law(f->path))
            continue;
        snprintf(to, sizeof to, "rulebook/law/%.*s", (int)f->path.length, (const char *)f->path.at);
        exit = demo_write(demo, to, f->text, 0644, reterr);
    }
    arena_free(a);
    return exit;
}

/* What comityd writes to is its own; everything else stays with whoever runs the demo. */
static enum comity_exit make_own(const struct demo *demo, const char *path, unsigned mode,
                                 struct comity_fault *reterr)
{
    char whole[DEMO_PATH_BYTES];
    demo_path(demo, whole, "%s", path);
    if (failed(folder_make(whole, 0755)) || chmod(whole, mode) != 0 ||
        (demo->user != NULL && lchown(whole, demo->uid, demo->gid) != 0))
        return fail_errno(reterr, "the folder %s cannot be made", whole);
    return COMITY_DONE;
}

static enum comity_exit make_gateway(const struct demo *demo, const struct demo_gateway *gateway,
                                     struct comity_fault *reterr)
{
    static const struct {
        const char *name;
        unsigned mode;
    } folders[] = {{"", 0755}, {"/journal", 0700}, {"/lock", 0700}, {"/log", 0755}};
    enum comity_exit exit = COMITY_DONE;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && exit == COMITY_DONE; i++) {
        char path[DEMO_PATH_BYTES];
        snprintf(path, sizeof path, "gateways/%s%s", gateway->id, folders[i].name);
        exit = make_own(demo, path, folders[i].mode, reterr);
    }
    return exit;
}

static enum comity_exit write_context(const struct demo *demo, const struct demo_state *state,
                                      struct comity_fault *reterr)
{
    struct comity_context c = {0};
    char home[DEMO_PATH_BYTES];
    const struct demo_gateway *gateway = demo_home(demo, state);
    demo_path(demo, home, "home");
    demo_context_name(state, c.name);
    snprintf(c.party, sizeof c.party, "%s-CA-01", state->code);
    snprintf(c.gateway, sizeof c.gateway, "%s", gateway->id);
    demo_path(demo, c.ca, "pki/%.2s/ca.crt", gateway->id);
    demo_path(demo, c.crl, "pki/%.2s/crl.pem", gateway->id);
    if (strncmp(gateway->id, state->code, strlen(state->code)) != 0)
        demo_path(demo, c.own_crl, "pki/%s/crl.pem", state->code);
    demo_path(demo, c.cert, "pki/%s/parties/%s/tls.crt", state->code, c.party);
    demo_path(demo, c.key, "pki/%s/parties/%s/tls.key", state->code, c.party);
    demo_path(demo, c.sealing_cert, "pki/%s/parties/%s/seal.crt", state->code, c.party);
    demo_path(demo, c.sealing_key, "pki/%s/parties/%s/seal.key", state->code, c.party);
    demo_path(demo, c.directory, "rulebook");
    demo_path(demo, c.archive, "home/archive/%s", c.name);
    return comity_context_write(home, &c, reterr);
}

enum comity_exit demo_files(const struct demo *demo, struct comity_fault *reterr)
{
    enum comity_exit exit = copy_law(demo, reterr);
    for (size_t i = 0; i < demo->gateway_count && exit == COMITY_DONE; i++)
        exit = make_gateway(demo, &demo->gateways[i], reterr);
    for (size_t i = 0; i < demo->state_count && exit == COMITY_DONE; i++)
        exit = write_context(demo, demo->states[i], reterr);
    if (exit == COMITY_DONE)
        exit = demo_directory_parties(demo, reterr);
    return exit;
}

static void put_authorities(const struct demo *demo, struct buffer *out)
{
    buffer_text(out, "authorities:\n");
    for (size_t i = 0; i < demo->state_count; i++) {
        const char *code = demo->states[i]->code;
        buffer_print(out,
                     "  - state: '%s'\n    certificate: '%s/pki/%s/ca.crt'\n"
                     "    crl: '%s/pki/%s/crl.pem'\n",
                     code, demo->dir, code, demo->dir, code);
    }
}

static enum comity_exit write_config(const struct demo *demo, const struct demo_gateway *g,
                                     struct comity_fault *reterr)
{
    char keys[DEMO_PATH_BYTES], own[DEMO_PATH_BYTES], origin[64], path[DEMO_PATH_BYTES];
    struct buffer out = buffer_new(CONFIG_BYTES);
    demo_path(demo, keys, "pki/%.2s/gateways/%s", g->id, g->id);
    demo_path(demo, own, "gateways/%s", g->id);
    demo_origin(g, origin);
    buffer_print(&out,
                 "# Written by comity demo up.\ngateway: '%s'\nlisten: ['127.0.0.1:%u']\n"
                 "http:\n  listen: ['127.0.0.1:%u']\n",
                 g->id, g->port, g->http_port);
    if (demo->user != NULL)
        buffer_print(&out, "user: '%s'\n", demo->user);
    buffer_print(&out, "tls:\n  certificate: '%s/tls.crt'\n  key: '%s/tls.key'\n", keys, keys);
    put_authorities(demo, &out);
    demo_put_authorities(demo, &out);
    buffer_print(&out, "rulebook: '%s/rulebook'\njournal: '%s/journal'\nlock: '%s/lock/lock.db'\n",
                 demo->dir, own, own);
    buffer_print(&out, "log:\n  path: '%s/log'\n  origin: '%s'\n  key: '%s/log.key'\n", own, origin,
                 keys);
    buffer_print(&out, "key_encryption_key: '%s/kek.hex'\nready: '%s/ready'\n", keys, own);
    buffer_text(&out, "limits:\n  ballast: '1MiB'\n  floor: '16MiB'\n");
    snprintf(path, sizeof path, "gateways/%s/comityd.yaml", g->id);
    enum comity_exit exit = out.failed ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                       : demo_write(demo, path, buffer_slice(&out), 0644, reterr);
    buffer_done(&out);
    return exit;
}

enum comity_exit demo_addresses(const struct demo *demo, struct comity_fault *reterr)
{
    enum comity_exit exit = demo_directory_states(demo, reterr);
    if (exit == COMITY_DONE)
        exit = demo_sign(demo, reterr);
    for (size_t i = 0; i < demo->gateway_count && exit == COMITY_DONE; i++)
        exit = write_config(demo, &demo->gateways[i], reterr);
    return exit;
}
