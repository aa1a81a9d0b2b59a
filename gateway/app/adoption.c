#include "app/adoption.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/received.h"
#include "base/encoding.h"
#include "base/instant.h"

#define ARENA_BYTES       (160UL << 20) /* paths and arrays; the octets are borrowed */
#define LISTS_MAX_BYTES   (64U << 20)   /* as PEM */
#define LINES_PER_MINUTE  10U           /* about one peer, and about our own disk */
#define SWEEP_ARENA_BYTES (1UL << 20)
#define TEXT_BYTES        800
#define SHORT_OCTETS      8

struct adoption {
    struct adoption_settings settings;
    struct rates rates; /* of what peers are refused */
    bool waits;
};

struct adoption *adoption_new(const struct adoption_settings *settings)
{
    struct adoption *a = calloc(1, sizeof *a);
    if (a != NULL)
        a->settings = *settings;
    return a;
}

void adoption_free(struct adoption *a)
{
    free(a);
}

bool adoption_waits(const struct adoption *a)
{
    return a->waits;
}

void adoption_done(struct adoption *a)
{
    a->waits = false;
}

/* An arrival being judged. */
struct judging {
    struct adoption *adoption;
    const struct state *state;
    const struct arrival *arrival;
    struct moment now;
    struct arena *arena;
};

static void say(const struct judging *j, const char *event, enum diagnostic_level level,
                const char *text)
{
    diagnostics_say(
        j->adoption->settings.diagnostics, j->now.wall_ms,
        &(struct diagnostic){
            .event = event, .level = level, .peer = slice_text(j->arrival->peer), .text = text});
}

/* What a peer can cause again and again. */
static void say_caused(const struct judging *j, const char *event, enum diagnostic_level level,
                       const char *text)
{
    enum rate_verdict verdict = rates_take(&j->adoption->rates, slice_text(j->arrival->peer),
                                           LINES_PER_MINUTE, j->now.mono_ms);
    if (verdict == RATE_FINE)
        say(j, event, level, text);
    else if (verdict == RATE_DRY)
        say(j, event, DIAGNOSTIC_WARNING, "it gives so much that no more is said");
}

static void say_refused(const struct judging *j, const char *event, const char *text)
{
    say_caused(j, event, DIAGNOSTIC_WARNING, text);
}

/* Not the peer's fault; all peers together cause it. */
static void say_failed(const struct judging *j, struct status s)
{
    char text[TEXT_BYTES];
    struct slice all = {0};
    if (rates_take(&j->adoption->rates, all, LINES_PER_MINUTE, j->now.mono_ms) != RATE_FINE)
        return;
    snprintf(text, sizeof text, "%.*s could not be kept in %s/received (%s)",
             (int)j->arrival->object.name.length, (const char *)j->arrival->object.name.at,
             j->adoption->settings.journal, code_name(s.code));
    say(j, "received.failed", DIAGNOSTIC_ALARM, text);
}

/* ---- revocation lists ---- */

static void say_received(const struct judging *j, const char *state, const char *number)
{
    char text[TEXT_BYTES];
    snprintf(text, sizeof text, "revocation list %s of %s", number, state);
    say(j, "revocations.received", DIAGNOSTIC_NOTICE, text);
}

static struct status keep_lists(const struct judging *j, const char *path, struct slice pem)
{
    const char *folder = received_folder(j->arena, j->adoption->settings.journal);
    struct status s = folder == NULL ? FAIL(MEMORY) : folder_make(folder, 0700);
    return failed(s) ? s : file_write(path, pem, 0600);
}

static void take_lists(const struct judging *j)
{
    char state[3];
    struct slice name = j->arrival->object.name;
    struct tls_given given = {.state = state, .now_ms = j->now.wall_ms};
    struct tls_judged judged = {0};
    struct buffer pem = buffer_new(LISTS_MAX_BYTES);
    struct slice code = slice_part(name, slice_find(name, ':') + 1, SIZE_MAX);
    (void)slice_copy_text(code, state, sizeof state);
    given.kept = received_lists(j->arena, j->adoption->settings.journal, code);
    struct status s = given.kept == NULL
                          ? FAIL(MEMORY)
                          : objects_lists(j->arena, j->arrival->object.octets, &given.lists);
    if (s.code == CODE_REFUSED)
        snprintf(judged.wrong, sizeof judged.wrong, "what was given for %s is no lists", state);
    else if (!failed(s))
        s = tls_context_judge(j->state->context, &given, &pem, &judged);
    if (!failed(s))
        s = keep_lists(j, given.kept, buffer_slice(&pem));
    buffer_done(&pem);
    if (judged.wrong[0] != '\0')
        say_refused(j, "revocations.refused", judged.wrong);
    if (!failed(s)) {
        say_received(j, state, judged.number);
        j->adoption->waits = true;
    } else if (s.code != CODE_REFUSED && s.code != CODE_ABSENT) {
        say_failed(j, s);
    }
}

/* ---- objects of the rulebook ---- */

/* signed_ms: until when ours is signed by it; 0: it is another one */
static void say_offered(const struct judging *j, uint64_t signed_ms)
{
    char text[TEXT_BYTES], digest[2 * sizeof j->arrival->object.digest.octets + 1];
    char until[INSTANT_TEXT_BYTES] = "";
    const struct object *o = &j->arrival->object;
    hex_write(digest_slice(&o->digest), digest);
    if (signed_ms > 0)
        instant_write(signed_ms, until);
    snprintf(text, sizeof text, "%.*s number %llu %s%s%s: comity admin rulebook accept takes it",
             (int)o->name.length, (const char *)o->name.at, (unsigned long long)o->number, digest,
             signed_ms > 0 ? ", which is in use, signed until " : "", until);
    say_caused(j, "rulebook.offered", DIAGNOSTIC_NOTICE, text);
}

static void say_unfit(const struct judging *j, const char *why)
{
    char text[TEXT_BYTES], begin[2 * SHORT_OCTETS + 1];
    const struct object *o = &j->arrival->object;
    hex_write(slice_over(o->digest.octets, SHORT_OCTETS), begin);
    snprintf(text, sizeof text, "%.*s number %llu %s: %s", (int)o->name.length,
             (const char *)o->name.at, (unsigned long long)o->number, begin, why);
    say_refused(j, "rulebook.unfit", text);
}

static struct status keep_offer(const struct judging *j, const struct offer_content *content,
                                uint64_t signed_ms)
{
    const struct object *o = &j->arrival->object;
    struct offer offer = {.number = o->number, .digest = o->digest, .since_ms = j->now.wall_ms};
    const char *folder = received_folder(j->arena, j->adoption->settings.journal);
    bool is_new = false;
    if (folder == NULL || !slice_copy_text(o->name, offer.object, sizeof offer.object))
        return FAIL(MEMORY);
    memcpy(offer.peer, j->arrival->peer, sizeof offer.peer);
    struct status s = offer_keep(j->arena, folder, &offer, content, &is_new);
    if (!failed(s) && is_new)
        say_offered(j, signed_ms);
    return s;
}

/* What is signed no longer than ours is what most peers have, and nobody's fault. */
static void take_renewed(const struct judging *j, const struct offer_judging *by)
{
    struct offer_content content;
    const struct object *o = &j->arrival->object;
    uint64_t signed_ms = 0;
    const uint64_t until_ms =
        rulebook_object_until_ms(snapshot_rulebook(j->state->snapshot), o->name);
    struct status s = offer_renews(j->arena, by, o, until_ms, &content, &signed_ms);
    if (!failed(s))
        s = keep_offer(j, &content, signed_ms);
    if (failed(s) && s.code != CODE_ABSENT && s.code != CODE_REFUSED)
        say_failed(j, s);
}

static void take_object(const struct judging *j)
{
    char why[OFFER_WHY_BYTES];
    struct offer_content content;
    struct rulebook_authorities signers;
    const struct object *o = &j->arrival->object;
    const bool is_signed = state_authorities(j->state, &signers);
    const struct offer_judging by = {.objects = snapshot_objects(j->state->snapshot),
                                     .authorities = is_signed ? &signers : NULL,
                                     .at_ms = j->now.wall_ms,
                                     .directory = snapshot_rulebook(j->state->snapshot)->directory};
    if (!offer_is_newer(by.objects, o->name, o->number)) {
        take_renewed(j, &by); /* or a reload was quicker */
        return;
    }
    struct status s = offer_judge(j->arena, &by, o, &content, why);
    if (s.code == CODE_REFUSED || s.code == CODE_CONFIG)
        say_unfit(j, why);
    else if (failed(s) || failed(s = keep_offer(j, &content, 0)))
        say_failed(j, s);
}

void adoption_take(struct adoption *a, const struct state *state, const struct arrival *arrival,
                   struct moment now)
{
    const struct judging j = {a, state, arrival, now, arena_new(ARENA_BYTES)};
    if (j.arena == NULL)
        say_failed(&j, FAIL(MEMORY));
    else if (object_is_revocations(arrival->object.name))
        take_lists(&j);
    else if (object_is_folder(arrival->object.name))
        take_object(&j);
    arena_free(j.arena);
}

void adoption_renewed(struct adoption *a, const struct state *state, struct moment now)
{
    char text[TEXT_BYTES];
    struct arena *arena = arena_new(SWEEP_ARENA_BYTES);
    const char *folder = arena == NULL ? NULL : received_folder(arena, a->settings.journal);
    struct status s = folder == NULL
                          ? FAIL(MEMORY)
                          : offers_sweep(arena, folder, snapshot_objects(state->snapshot));
    arena_free(arena);
    if (!failed(s))
        return;
    snprintf(text, sizeof text,
             "what is no longer offered could not be removed from %s/received "
             "(%s)",
             a->settings.journal, code_name(s.code));
    diagnostics_say(a->settings.diagnostics, now.wall_ms,
                    &(struct diagnostic){
                        .event = "received.failed", .level = DIAGNOSTIC_WARNING, .text = text});
}
