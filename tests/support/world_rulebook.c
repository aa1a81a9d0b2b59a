#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/note.h"
#include "base/encoding.h"
#include "support/check.h"
#include "support/pki.h"
#include "support/world_parts.h"

#define FILES_MAX  1024
#define TEXT_BYTES ((size_t)1 << 20)
#define ARENA      ((size_t)16 << 20)
#define DATES      "from 2026-01-01 until 2027-12-31"
#define ENDS       "from 2026-01-01 until 2026-09-07"

static const struct {
    const char *id, *host, *name, *languages, *tiers;
} states[] = {
    {"XA", "xa.comity.example", "Arvenia", "eng", "tier XB T1\n tier XC T3\n tier XD T4\n"},
    {"XB", "xb.comity.example", "Bessaria", "eng, fra", "tier XA T1\n"},
    {"XC", "xc.comity.example", "Corland", "eng", "tier XA T3\n"},
};

static const struct party_line {
    const char *id, *home, *home_apart, *officer;
} parties[] = {
    {"XA-CA-01", "XA-GW-01", "XA-GW-01", NULL},    {"XA-JUD-01", "XA-GW-01", "XA-GW-01", NULL},
    {"XA-POL-01", "XA-GW-01", "XA-GW-01", "2207"}, {"XB-CA-01", "XB-GW-01", "XB-GW-01", NULL},
    {"XC-CA-01", "XA-GW-01", "XC-GW-01", NULL},    {"XC-POL-01", "XA-GW-01", "XC-GW-01", NULL},
};

struct key *world_log_key(const char *gateway)
{
    uint8_t seed[32] = "the log of a gateway in a test.";
    struct key *key = NULL;
    if (strcmp(gateway, WORLD_GATEWAY) != 0)
        memcpy(seed, gateway, strlen(gateway));
    world_need(!failed(key_from_seed(seed, &key)), "log key");
    return key;
}

static void put_certificate(struct buffer *b, const char *word,
                            const struct certificate *certificate)
{
    struct slice der = certificate_der(certificate);
    char text[4096];
    world_need(base64_length(der.length) < sizeof text, "a long certificate");
    base64_write(der, text);
    buffer_print(b, " %s " DATES " \"%s\"\n", word, text);
}

struct key *world_witness(const char *state)
{
    uint8_t seed[32] = "a witness in a test, of .......";
    struct key *key = NULL;
    memcpy(&seed[24], state, 2);
    world_need(!failed(key_from_seed(seed, &key)), "a witness's key");
    return key;
}

static void put_witnesses(struct buffer *b)
{
    static const char *const of[][2] = {{"XA", "witness.xa.example"}, {"XC", "witness.xc.example"}};
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        uint8_t octets[32];
        char vkey[ORIGIN_MAX_BYTES + 64];
        struct key *key = world_witness(of[i][0]);
        world_need(key_public(key, octets), "a witness's key");
        vkey_write(of[i][1], 4, octets, vkey);
        buffer_print(b, " witness %s \"%s\"\n", of[i][0], vkey);
        key_free(key);
    }
}

static void put_gateway(struct buffer *b, const char *id, const char *origin,
                        const struct key *log_key, bool witnessed)
{
    uint8_t octets[32];
    char vkey[ORIGIN_MAX_BYTES + 64];
    world_need(key_public(log_key, octets), "log key");
    vkey_write(origin, 1, octets, vkey);
    buffer_print(b, "gateway %s\n address \"127.0.0.1:7443\"\n log \"%s\" key \"%s\" " DATES "%s\n",
                 id, origin, vkey, witnessed ? " quorum 1" : "");
    if (witnessed)
        put_witnesses(b);
}

static void put_states(struct buffer *b, const struct rulebook_wanted *wanted)
{
    buffer_text(b, "states number 3\n");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        buffer_print(b, "state %s \"%s\"\n domain %s\n languages %s\n", states[i].id,
                     states[i].name, states[i].host, states[i].languages);
        put_certificate(b, "authority", pki_authority(states[i].id));
        buffer_print(b, " %s", states[i].tiers);
    }
    put_gateway(b, WORLD_GATEWAY, WORLD_ORIGIN, wanted->log_key, wanted->witnessed);
    put_gateway(b, "XB-GW-01", "xb-gw-01.comity.example/audit/2026", wanted->log_key, false);
    if (!wanted->apart)
        return;
    struct key *key = world_log_key("XC-GW-01");
    put_gateway(b, "XC-GW-01", "xc-gw-01.comity.example/audit/2026", key, false);
    key_free(key);
}

static void put_officer(struct buffer *b, const struct party_line *party)
{
    char id[80], word[64];
    if (party->officer == NULL)
        return;
    snprintf(word, sizeof word, "officer %s", party->officer);
    snprintf(id, sizeof id, "%s/%s", party->id, party->officer);
    put_certificate(b, word, pki_sealing(id)->certificate);
}

static void put_parties(struct buffer *b, const char *state, const struct rulebook_wanted *wanted)
{
    const char *without = wanted->without == NULL ? "" : wanted->without;
    const char *ends = wanted->ends == NULL ? "" : wanted->ends;
    buffer_print(b, "parties %s number 5\n", state);
    for (size_t i = 0; i < sizeof parties / sizeof parties[0]; i++) {
        const struct party_line *party = &parties[i];
        if (strncmp(party->id, state, 2) != 0 || strcmp(party->id, without) == 0)
            continue;
        buffer_print(b, "party %s \"%s\" home %s %s\n", party->id, party->id,
                     wanted->apart ? party->home_apart : party->home,
                     strcmp(party->id, ends) == 0 ? ENDS : DATES);
        put_certificate(b, "sealing", pki_sealing(party->id)->certificate);
        put_officer(b, party);
    }
}

static void add_file(struct arena *arena, struct text_files *files, const char *path,
                     struct buffer *text)
{
    struct slice kept = arena_copy(arena, buffer_slice(text));
    world_need(!text->failed && kept.at != NULL && files->count < FILES_MAX, path);
    files->at[files->count++] = (struct text_file){slice_text(path), kept};
    buffer_clear(text);
}

/* A text of the law under another number. */
static struct slice renumber(struct arena *arena, struct slice text, unsigned number)
{
    static const char line[] = "law number ";
    const char *at = memmem(text.at, text.length, line, strlen(line));
    if (number == 0 || at == NULL)
        return text;
    size_t before = (size_t)((const uint8_t *)at - text.at) + strlen(line);
    struct slice rest = slice_part(text, before, SIZE_MAX);
    char *changed = arena_print(arena, "%.*s%u%.*s", (int)before, (const char *)text.at, number,
                                (int)(rest.length - slice_find(rest, '\n')),
                                (const char *)rest.at + slice_find(rest, '\n'));
    world_need(changed != NULL, "memory");
    return slice_text(changed);
}

/* The law is the folder policies/; in a rulebook it stands under law/. */
static void add_law(struct arena *arena, struct text_files *files, unsigned number)
{
    struct text_files law;
    struct status s = folder_read(arena, COMITY_SOURCE_DIR "/policies", FILES_MAX / 2, &law);
    world_need(!failed(s) && law.count > 0, "policies/");
    for (size_t i = 0; i < law.count; i++) {
        char *path = arena_print(arena, "law/%.*s", (int)law.at[i].path.length,
                                 (const char *)law.at[i].path.at);
        world_need(path != NULL, "memory");
        bool is_numbered = slice_is(law.at[i].path, "vocabulary");
        files->at[files->count++] = (struct text_file){
            slice_text(path), renumber(arena, law.at[i].text, is_numbered ? number : 0)};
    }
}

static int by_path(const void *a, const void *b)
{
    return slice_compare(((const struct text_file *)a)->path, ((const struct text_file *)b)->path);
}

struct rulebook *world_rulebook_of(const struct rulebook_wanted *wanted,
                                   struct objects **ret_objects)
{
    static const char *const states_of[] = {"XA", "XB", "XC"};
    struct arena *arena = arena_new(ARENA);
    struct text_error error = {0};
    struct rulebook *rulebook = NULL;
    struct buffer text = buffer_new(TEXT_BYTES);
    world_need(arena != NULL, "memory");
    struct text_files files = {.at = arena_array(arena, FILES_MAX, sizeof *files.at)};
    add_law(arena, &files, wanted->law);
    buffer_text(&text, wanted->rules);
    if (wanted->rules != NULL)
        add_file(arena, &files, "law/rules/own", &text);
    for (size_t i = 0; i < sizeof states_of / sizeof states_of[0]; i++) {
        put_parties(&text, states_of[i], wanted);
        add_file(arena, &files, arena_print(arena, "parties/%s/parties", states_of[i]), &text);
    }
    put_states(&text, wanted);
    add_file(arena, &files, "states/demo", &text);
    qsort(files.at, files.count, sizeof *files.at, by_path); /* as folder_read gives them */
    if (failed(rulebook_parse(&files, &rulebook, &error)))
        fprintf(stderr, "%s:%u:%u: %s\n", error.file, error.line, error.column, error.message);
    world_need(rulebook != NULL, "rulebook");
    world_need(
        !failed(objects_new(&files, rulebook, wanted->lists, wanted->list_count, ret_objects)),
        "objects");
    buffer_done(&text);
    arena_free(arena);
    return rulebook;
}

struct rulebook *world_rulebook(const struct key *log_key)
{
    struct objects *objects = NULL;
    struct rulebook *rulebook =
        world_rulebook_of(&(struct rulebook_wanted){.log_key = log_key}, &objects);
    objects_free(objects);
    return rulebook;
}
