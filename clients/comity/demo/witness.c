/* A witness of each State: its key, its rows in the directory, its program. */

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "comity/admin/admin.h"
#include "comity/demo/demo.h"

#define VKEY_BYTES 256

static void name_of(const struct demo_gateway *witness, char name[static 64])
{
    snprintf(name, 64, "%s.comity.example/witness", witness->id);
    for (char *at = name; at < name + 9; at++)
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at | 0x20 : *at);
}

static enum comity_exit make_key(const struct demo *demo, const struct demo_gateway *witness,
                                 struct comity_fault *reterr)
{
    char folder[DEMO_PATH_BYTES], key[DEMO_PATH_BYTES], vkey[DEMO_PATH_BYTES], name[64];
    char program[DEMO_PATH_BYTES], make[] = "--make-key", at[] = "--key", called[] = "--name";
    char *argv[] = {program, make, at, key, called, name, NULL};
    demo_path(demo, folder, "witnesses/%s", witness->id);
    demo_path(demo, key, "witnesses/%s/witness.key", witness->id);
    demo_path(demo, vkey, "witnesses/%s/vkey", witness->id);
    snprintf(program, sizeof program, "%s", demo->witness);
    name_of(witness, name);
    if (access(key, F_OK) == 0)
        return COMITY_DONE;
    if (failed(folder_make(folder, 0755)))
        return fail_errno(reterr, "%s cannot be made", folder);
    return demo_run(argv, vkey, reterr);
}

enum comity_exit demo_witness_keys(const struct demo *demo, struct comity_fault *reterr)
{
    char folder[DEMO_PATH_BYTES];
    enum comity_exit exit = COMITY_DONE;
    demo_path(demo, folder, "witnesses");
    if (demo->witness_count > 0 && failed(folder_make(folder, 0755)))
        return fail_errno(reterr, "%s cannot be made", folder);
    for (size_t i = 0; i < demo->witness_count && exit == COMITY_DONE; i++)
        exit = make_key(demo, &demo->witnesses[i], reterr);
    return exit;
}

enum comity_exit demo_put_witnesses(const struct demo *demo, struct buffer *out,
                                    struct comity_fault *reterr)
{
    for (size_t i = 0; i < demo->witness_count; i++) {
        const struct demo_gateway *w = &demo->witnesses[i];
        char path[DEMO_PATH_BYTES];
        struct buffer text = buffer_new(VKEY_BYTES);
        demo_path(demo, path, "witnesses/%s/vkey", w->id);
        struct status s = file_read(path, &text);
        if (!failed(s))
            buffer_print(out, "      witness %.2s \"%.*s\" by %s at \"127.0.0.1:%u\"\n", w->id,
                         (int)slice_find(buffer_slice(&text), '\n'), (const char *)text.at, w->id,
                         w->port);
        buffer_done(&text);
        if (failed(s))
            return fail_errno(reterr, "%s cannot be read", path);
    }
    return COMITY_DONE;
}

void demo_witness_command(const struct demo *demo, const struct demo_gateway *witness,
                          struct demo_command *ret_command)
{
    const char *id = witness->id;
    struct demo_command *c = ret_command;
    char options[][16] = {"--name",        "--listen",  "--key",         "--state",   "--ready",
                          "--certificate", "--tls-key", "--authorities", "--rulebook"};
    const size_t count = sizeof options / sizeof options[0];
    snprintf(c->program, sizeof c->program, "%s", demo->witness);
    memcpy(c->options, options, sizeof options);
    name_of(witness, c->values[0]);
    snprintf(c->values[1], DEMO_PATH_BYTES, "127.0.0.1:%u", witness->port);
    demo_path(demo, c->values[2], "witnesses/%s/witness.key", id);
    demo_path(demo, c->values[3], "witnesses/%s/state.db", id);
    demo_path(demo, c->values[4], "witnesses/%s/ready", id);
    demo_path(demo, c->values[5], "pki/%.2s/parties/%s/witness.crt", id, id);
    demo_path(demo, c->values[6], "pki/%.2s/parties/%s/witness.key", id, id);
    demo_path(demo, c->values[7], "pki");
    demo_path(demo, c->values[8], "rulebook");
    c->argv[0] = c->program;
    for (size_t i = 0; i < count; i++) {
        c->argv[2 * i + 1] = c->options[i];
        c->argv[2 * i + 2] = c->values[i];
    }
    c->argv[2 * count + 1] = NULL;
}

/* ---- whether they are heard ---- */

static bool all_good(const json_t *witnesses, size_t count)
{
    size_t i, good = 0;
    json_t *row;
    json_array_foreach(witnesses, i, row) good += strcmp(admin_text(row, "state"), "good") == 0;
    return good == count;
}

/* For readers of every State. */
static bool all_told(const json_t *logs, size_t count)
{
    size_t i;
    json_t *row;
    json_array_foreach(logs, i, row) if (json_array_size(json_object_get(row, "cosigned")) <
                                         count) return false;
    return true;
}

bool demo_witnessed(const struct demo *demo, const struct demo_gateway *gateway)
{
    char config[DEMO_PATH_BYTES];
    struct given given = {FLAG_CONFIG, config};
    const struct invocation inv = {.given = &given, .given_count = 1};
    struct comity_fault ignored = {0};
    json_t *status = NULL;
    demo_path(demo, config, "gateways/%s/comityd.yaml", gateway->id);
    if (admin_ask(&inv, "status", NULL, NULL, false, &status, &ignored) != COMITY_DONE)
        return false;
    const bool is_so = all_good(json_object_get(status, "witnesses"), demo->witness_count) &&
                       all_told(json_object_get(status, "foreign"), demo->witness_count);
    json_decref(status);
    return is_so;
}
