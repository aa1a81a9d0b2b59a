#include "app/control_request.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/control_order.h"
#include "wire/names.h"

static bool is_path(struct slice text)
{
    return text.length > 0 && text.at[0] == '/';
}

static const struct verb {
    const char *name;
    const char *member; /* NULL: none */
    bool (*good)(struct slice value);
    const char *wanted; /* of the member, for people */
} verbs[CONTROL_VERBS] = {
    [CONTROL_STATUS] = {.name = "status"},
    [CONTROL_PEERS] = {.name = "peers"},
    [CONTROL_DRAIN] = {.name = "drain"},
    [CONTROL_RESUME] = {.name = "resume"},
    [CONTROL_RELOAD] = {.name = "reload"},
    [CONTROL_BACKUP] = {"backup", "dir", is_path, "an absolute path"},
    [CONTROL_VERIFY_BACKUP] = {"verify-backup", "dir", is_path, "an absolute path"},
    [CONTROL_QUARANTINE] = {.name = "quarantine"},
    [CONTROL_LIFT] = {"lift", "gateway", name_is_gateway, "a gateway's id"},
    [CONTROL_RULEBOOK] = {.name = "rulebook"},
    [CONTROL_ERASURE] = {"erasure", "order", control_order_good, "an order about an erasure"},
};

[[gnu::format(printf, 2, 3)]] static bool refuse(char *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, CONTROL_WHY_BYTES, format, args);
    va_end(args);
    return false;
}

static bool read_verb(const json_t *json, enum control_verb *ret_verb, char *why)
{
    const char *name = json_string_value(json_object_get(json, "verb"));
    if (name == NULL)
        return refuse(why, "there is no \"verb\" that is a string");
    for (size_t i = 0; i < CONTROL_VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0) {
            *ret_verb = (enum control_verb)i;
            return true;
        }
    return refuse(why, "there is no such verb");
}

static bool read_argument(const json_t *json, const struct verb *v, char *argument, char *why)
{
    argument[0] = '\0';
    if (json_object_size(json) != (v->member == NULL ? 1 : 2))
        return refuse(why, "%s takes %s%s and nothing else", v->name,
                      v->member == NULL ? "no member besides \"verb\"" : "the member ",
                      v->member == NULL ? "" : v->member);
    if (v->member == NULL)
        return true;
    const json_t *value = json_object_get(json, v->member);
    struct slice text = slice_over(json_string_value(value), json_string_length(value));
    if (!v->good(text) || !slice_copy_text(text, argument, CONTROL_ARGUMENT_BYTES))
        return refuse(why, "%s: \"%s\" is not %s", v->name, v->member, v->wanted);
    return true;
}

bool control_request_read(struct slice line, struct control_request *ret_request,
                          char why[static CONTROL_WHY_BYTES])
{
    struct control_request r = {0};
    if (line.length > CONTROL_LINE_MAX_BYTES)
        return refuse(why, "the line is longer than %d octets", CONTROL_LINE_MAX_BYTES);
    json_t *json = json_loadb((const char *)line.at, line.length, JSON_REJECT_DUPLICATES, NULL);
    bool good = json_is_object(json) ? read_verb(json, &r.verb, why)
                                     : refuse(why, "the line is not one JSON object");
    good = good && read_argument(json, &verbs[r.verb], r.argument, why);
    json_decref(json);
    if (good)
        *ret_request = r;
    return good;
}
