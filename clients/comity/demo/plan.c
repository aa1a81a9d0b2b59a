#include "comity/demo/demo.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

static const struct demo_state states[DEMO_STATES] = {
    {"XA", "Arvenia", "Ministry of Justice of Arvenia", "eng"},
    {"XB", "Bessaria", "Ministry of Justice of Bessaria", "eng, fra"},
    {"XC", "Corland", "Ministry of Justice of Corland", "eng"},
    {"XD", "Dorvania", "Ministry of Justice of Dorvania", "fra"},
};

static const struct {
    const char *one, *other, *tier;
} tiers[] = {
    {"XA", "XB", "T1"},
    {"XA", "XC", "T3"},
};

static const struct demo_state *state_find(const char *code, size_t length)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (length == 2 && strncmp(states[i].code, code, length) == 0)
            return &states[i];
    return NULL;
}

static bool has_state(const struct demo *demo, const struct demo_state *state)
{
    for (size_t i = 0; i < demo->state_count; i++)
        if (demo->states[i] == state)
            return true;
    return false;
}

static void add_gateway(struct demo *demo, const struct demo_state *state)
{
    struct demo_gateway *g = &demo->gateways[demo->gateway_count++];
    snprintf(g->id, sizeof g->id, "%s-GW-01", state->code);
}

static void add_witness(struct demo *demo, const struct demo_state *state)
{
    struct demo_gateway *w = &demo->witnesses[demo->witness_count++];
    snprintf(w->id, sizeof w->id, "%s-MIN-01", state->code);
}

enum comity_exit demo_plan(struct demo *demo, const char *given, bool witnessed,
                           struct comity_fault *reterr)
{
    demo->hub = given == NULL;
    for (const char *at = given == NULL ? "XA,XC" : given;; at++) {
        size_t length = strcspn(at, ",");
        const struct demo_state *state = state_find(at, length);
        if (state == NULL || has_state(demo, state)) {
            fail_usage(reterr, "--states %s: \"%.*s\" is %s", given, (int)length, at,
                       state == NULL ? "no State of the demo" : "there twice");
            return advise(reterr, "the States of the demo are XA, XB, XC and XD: --states XA,XC");
        }
        demo->states[demo->state_count++] = state;
        if (!demo->hub || demo->gateway_count == 0)
            add_gateway(demo, state);
        if (witnessed)
            add_witness(demo, state);
        at += length;
        if (*at == '\0')
            return COMITY_DONE;
    }
}

void demo_line(const struct demo *demo, char line[static DEMO_PATH_BYTES])
{
    int length = snprintf(line, DEMO_PATH_BYTES, "%s", demo->hub ? "hub" : "each");
    for (size_t i = 0; i < demo->state_count; i++)
        length += snprintf(line + length, (size_t)(DEMO_PATH_BYTES - length), " %s",
                           demo->states[i]->code);
    if (demo->witness_count > 0)
        snprintf(line + length, (size_t)(DEMO_PATH_BYTES - length), " witnessed");
}

const struct demo_gateway *demo_home(const struct demo *demo, const struct demo_state *state)
{
    for (size_t i = 0; i < demo->gateway_count; i++)
        if (strncmp(demo->gateways[i].id, state->code, 2) == 0)
            return &demo->gateways[i];
    return &demo->gateways[0];
}

const char *demo_tier(const struct demo_state *from, const struct demo_state *to)
{
    for (size_t i = 0; i < sizeof tiers / sizeof tiers[0]; i++)
        if ((strcmp(tiers[i].one, from->code) == 0 && strcmp(tiers[i].other, to->code) == 0) ||
            (strcmp(tiers[i].one, to->code) == 0 && strcmp(tiers[i].other, from->code) == 0))
            return tiers[i].tier;
    return NULL;
}

void demo_path(const struct demo *demo, char path[static DEMO_PATH_BYTES], const char *format, ...)
{
    va_list args;
    int length = snprintf(path, DEMO_PATH_BYTES, "%s/", demo->dir);
    va_start(args, format);
    vsnprintf(path + length, (size_t)(DEMO_PATH_BYTES - length), format, args);
    va_end(args);
}

static void lower(char *text)
{
    for (; *text != '\0'; text++)
        *text = (char)tolower((unsigned char)*text);
}

void demo_context_name(const struct demo_state *state, char name[static 16])
{
    snprintf(name, 16, "%s-ca-01", state->code);
    lower(name);
}

void demo_origin(const struct demo_gateway *gateway, char origin[static 64])
{
    snprintf(origin, 64, "%s.comity.example/audit/demo", gateway->id);
    lower(origin);
}
