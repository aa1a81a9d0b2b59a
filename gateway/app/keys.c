#include "app/keys.h"

#include <stdio.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "base/slices.h"
#include "journal/keys.h"

#define LINES_BYTES      (16U << 20)
#define DATES_BYTES      64
#define DIGEST_HEX_BYTES (2 * sizeof(struct digest) + 1)

/* Lines as they are found; sorted in the end. */
struct lines {
    struct arena *arena;
    struct slice *at;
    size_t count, room;
    bool failed; /* for want of memory */
};

static void put(struct lines *l, const char *text)
{
    if (l->count == l->room) {
        size_t room = l->room == 0 ? 64 : 2 * l->room;
        struct slice *more = arena_array(l->arena, room, sizeof *more);
        if (more != NULL && l->count > 0)
            memcpy(more, l->at, l->count * sizeof *more);
        l->failed = l->failed || more == NULL;
        l->at = more == NULL ? l->at : more;
        l->room = more == NULL ? l->room : room;
    }
    l->failed = l->failed || text == NULL;
    if (!l->failed)
        l->at[l->count++] = slice_text(text);
}

static const char *hex(struct lines *l, const struct digest *digest)
{
    char text[DIGEST_HEX_BYTES];
    hex_write(digest_slice(digest), text);
    const char *kept = arena_text(l->arena, slice_text(text));
    l->failed = l->failed || kept == NULL;
    return kept == NULL ? "" : kept;
}

static const char *hex_of(struct lines *l, struct slice octets)
{
    const struct digest digest = digest_plain(octets);
    return hex(l, &digest);
}

static void dates(uint64_t from_ms, uint64_t until_ms, char text[static DATES_BYTES])
{
    char from[INSTANT_TEXT_BYTES], until[INSTANT_TEXT_BYTES];
    instant_write(from_ms, from);
    instant_write(until_ms, until);
    snprintf(text, DATES_BYTES, "%s to %s", from, until);
}

/* name: "XA-CA-01 sealing" */
static void put_certificates(struct lines *l, const char *name, const struct dated_certificates *of)
{
    char text[DATES_BYTES];
    for (size_t i = 0; i < of->count && name != NULL; i++) {
        dates(of->at[i].from_ms, of->at[i].until_ms, text);
        put(l, arena_print(l->arena, "%s: %s %s", name,
                           hex(l, certificate_x5t(of->at[i].certificate)), text));
    }
    l->failed = l->failed || name == NULL;
}

static void put_party(struct lines *l, const struct party *p)
{
    const int length = (int)p->id.length;
    const char *id = (const char *)p->id.at;
    put_certificates(l, arena_print(l->arena, "%.*s sealing", length, id), &p->sealing);
    put_certificates(l, arena_print(l->arena, "%.*s encryption", length, id), &p->encryption);
    for (size_t i = 0; i < p->officer_count; i++) {
        const struct officer *o = &p->officers[i];
        put_certificates(l,
                         arena_print(l->arena, "%.*s/%.*s", length, id, (int)o->id.length,
                                     (const char *)o->id.at),
                         &o->certificates);
    }
}

static void put_log(struct lines *l, const struct log_row *log)
{
    char text[DATES_BYTES];
    const int length = (int)log->origin.length;
    const char *origin = (const char *)log->origin.at;
    dates(log->from_ms, log->until_ms, text);
    put(l, arena_print(l->arena, "log %.*s: %s %s, quorum %u", length, origin, hex_of(l, log->vkey),
                       text, log->quorum));
    for (size_t i = 0; i < log->witness_count; i++) {
        const struct witness *w = &log->witnesses[i];
        put(l, arena_print(l->arena, "witness of %.*s for %.*s: %s%s%.*s", length, origin,
                           (int)w->state.length, (const char *)w->state.at, hex_of(l, w->vkey),
                           w->party.length > 0 ? " by " : "", (int)w->party.length,
                           (const char *)w->party.at));
    }
}

static bool is_ours(const struct party *p, struct slice gateway)
{
    return slice_equal(party_state(p->id), party_state(gateway)) || slice_equal(p->home, gateway);
}

static void put_directory(struct lines *l, const struct directory *d, struct slice gateway)
{
    const struct slice state = party_state(gateway);
    const struct state_row *ours = directory_state(d, state);
    const struct gateway_row *row = directory_gateway(d, gateway);
    if (ours != NULL)
        put_certificates(
            l, arena_print(l->arena, "%.*s authority", (int)state.length, (const char *)state.at),
            &ours->authorities);
    for (size_t i = 0; row != NULL && i < row->log_count; i++)
        put_log(l, &row->logs[i]);
    for (size_t i = 0; i < d->party_count; i++)
        if (is_ours(&d->parties[i], gateway))
            put_party(l, &d->parties[i]);
}

struct status keys_write_lines(const struct config *config, const struct state *state,
                               struct buffer *out)
{
    struct lines l = {.arena = arena_new(LINES_BYTES)};
    if (l.arena == NULL)
        return FAIL(MEMORY);
    put(&l, arena_print(l.arena, "%s tls: %s", config->gateway,
                        hex(&l, tls_context_x5t(state->context))));
    put_directory(&l, snapshot_rulebook(state->snapshot)->directory, slice_text(config->gateway));
    slices_sort((struct slices){l.at, l.count});
    for (size_t i = 0; !l.failed && i < l.count; i++) {
        if (i > 0 && slice_equal(l.at[i], l.at[i - 1]))
            continue;
        buffer_put(out, l.at[i]);
        buffer_u8(out, '\n');
    }
    arena_free(l.arena);
    return l.failed || out->failed ? FAIL(MEMORY) : OK;
}

struct status keys_tell(struct journal *journal, const struct config *config,
                        const struct state *state, uint64_t now_ms)
{
    struct buffer lines = buffer_new(LINES_BYTES);
    struct status s = keys_write_lines(config, state, &lines);
    if (!failed(s))
        s = journal_keys(journal, buffer_slice(&lines), now_ms);
    buffer_done(&lines);
    return s;
}
