#include <stdlib.h>
#include <unistd.h>

#include "comity/demo/demo.h"

#define RECORD "demo.json"

static json_t *gateway_json(const struct demo *demo, const struct demo_gateway *g)
{
    char address[32], http[32], config[DEMO_PATH_BYTES], journal[DEMO_PATH_BYTES],
        log[DEMO_PATH_BYTES];
    snprintf(address, sizeof address, "127.0.0.1:%u", g->port);
    snprintf(http, sizeof http, "127.0.0.1:%u", g->http_port);
    demo_path(demo, config, "gateways/%s/comityd.yaml", g->id);
    demo_path(demo, journal, "gateways/%s/journal", g->id);
    demo_path(demo, log, "gateways/%s/log", g->id);
    return json_pack("{s:s,s:s,s:s,s:I,s:s,s:s,s:s}", "id", g->id, "address", address, "http", http,
                     "pid", (json_int_t)g->pid, "config", config, "journal", journal, "log", log);
}

static json_t *witness_json(const struct demo_gateway *w)
{
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%u", w->port);
    return json_pack("{s:s,s:s,s:I}", "id", w->id, "address", address, "pid", (json_int_t)w->pid);
}

json_t *demo_json(const struct demo *demo)
{
    char home[DEMO_PATH_BYTES];
    json_t *gateways = json_array(), *contexts = json_array(), *witnesses = json_array();
    demo_path(demo, home, "home");
    for (size_t i = 0; i < demo->gateway_count; i++)
        json_array_append_new(gateways, gateway_json(demo, &demo->gateways[i]));
    for (size_t i = 0; i < demo->witness_count; i++)
        json_array_append_new(witnesses, witness_json(&demo->witnesses[i]));
    for (size_t i = 0; i < demo->state_count; i++) {
        char name[16];
        demo_context_name(demo->states[i], name);
        json_array_append_new(contexts, json_string(name));
    }
    return json_pack("{s:s,s:s,s:o,s:o,s:o}", "dir", demo->dir, "home", home, "gateways", gateways,
                     "witnesses", witnesses, "contexts", contexts);
}

enum comity_exit demo_record(const struct demo *demo, json_t *json, struct comity_fault *reterr)
{
    char *text = json_dumps(json, JSON_INDENT(1));
    enum comity_exit exit = text == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                         : demo_write(demo, RECORD, slice_text(text), 0644, reterr);
    free(text);
    return exit;
}

enum comity_exit demo_recorded(const struct demo *demo, json_t **ret_json,
                               struct comity_fault *reterr)
{
    char path[DEMO_PATH_BYTES];
    demo_path(demo, path, RECORD);
    if (access(path, F_OK) != 0) {
        fail(reterr, COMITY_UNKNOWN, "ABSENT", "no demo is up in %s", demo->dir);
        return advise(reterr, "comity demo up --dir %s starts it", demo->dir);
    }
    *ret_json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    if (*ret_json != NULL)
        return COMITY_DONE;
    return fail(reterr, COMITY_FAILED, "CONFIG", "%s is not what demo up wrote", path);
}

void demo_unrecord(const struct demo *demo)
{
    char path[DEMO_PATH_BYTES];
    demo_path(demo, path, RECORD);
    (void)unlink(path);
}
