/* Newer objects and lists of a peer, as it announces and hands them out. */

#include "exchange/link_fetch.h"

#include <stdio.h>
#include <stdlib.h>

#include "exchange/link_peer.h"
#include "session/query.h"

static struct slice name_of(const struct announced *a)
{
    return slice_text(a->name);
}

static void say_object(const struct exchange_link *l, const struct announced *a, struct status s,
                       struct moment now)
{
    char text[OBJECT_NAME_BYTES + 48];
    snprintf(text, sizeof text, "%s number %llu", a->name, (unsigned long long)a->number);
    diagnostics_say(l->exchange->settings.diagnostics, now.wall_ms,
                    &(struct diagnostic){.event = "peer.object",
                                         .level = DIAGNOSTIC_NOTICE,
                                         .peer = slice_text(l->name),
                                         .frame = "ANSWER",
                                         .status = s,
                                         .text = text});
}

/* ---- what was fetched, and what is wanted ---- */

static struct announced *had_find(const struct link_fetch *f, struct slice name)
{
    for (size_t i = 0; i < f->had_count; i++)
        if (slice_equal(name_of(&f->had[i]), name))
            return &f->had[i];
    return NULL;
}

/* One row for each name that an object can have, so that a peer cannot make it grow further. */
static struct status had_note(struct link_fetch *f, const struct announced *a, struct moment now)
{
    struct announced *row = had_find(f, name_of(a));
    if (row == NULL) {
        row = realloc(f->had, (f->had_count + 1) * sizeof *row);
        if (row == NULL)
            return FAIL(MEMORY);
        f->had = row;
        row += f->had_count++;
    }
    *row = *a;
    row->at_ms = now.mono_ms;
    return OK;
}

void fetch_end_object(struct link_fetch *f)
{
    buffer_done(&f->octets);
    f->length = 0;
    f->at++;
}

void fetch_end_round(struct link_fetch *f)
{
    buffer_done(&f->octets);
    free(f->wanted);
    f->wanted = NULL;
    f->wanted_count = 0;
    f->at = 0;
    f->length = 0;
    f->round_bytes = 0;
}

void fetch_done(struct link_fetch *f)
{
    fetch_end_round(f);
    free(f->had);
    f->had = NULL;
    f->had_count = 0;
}

/* The peer may have had signed anew what we have, too. */
static bool ends_soon(const struct exchange_link *l, struct slice name, struct moment now)
{
    const struct rulebook *ours = snapshot_rulebook(l->exchange->snapshot);
    return object_is_folder(name) &&
           rulebook_object_until_ms(ours, name) < now.wall_ms + FETCH_AHEAD_MS;
}

/* Lists of one number may differ while a State has two CAs; a folder's number rises with each
 * change. */
static bool is_newer(const struct exchange_link *l, const struct versions_row *row,
                     struct moment now)
{
    const struct object *own = objects_find(snapshot_objects(l->exchange->snapshot), row->name);
    if (own == NULL)
        return true;
    if (digest_equal(&own->digest, row->digest))
        return row->number == own->number && ends_soon(l, row->name, now);
    return object_is_revocations(row->name) ? row->number >= own->number
                                            : row->number > own->number;
}

/* The same digest again only where something else may have changed: a folder's signatures. */
static bool is_had(const struct exchange_link *l, const struct versions_row *row, struct moment now)
{
    const struct announced *had = had_find(fetch_of(l), row->name);
    return had != NULL && digest_equal(&had->digest, row->digest) &&
           (!object_is_folder(row->name) || now.mono_ms < had->at_ms + FETCH_AGAIN_MS);
}

static bool is_wanted(const struct exchange_link *l, const struct versions_row *row,
                      struct moment now)
{
    return (object_is_folder(row->name) || object_is_revocations(row->name)) &&
           !is_had(l, row, now) && is_newer(l, row, now);
}

static void want(struct link_fetch *f, const struct versions_row *row)
{
    struct announced *a = &f->wanted[f->wanted_count];
    if (!slice_copy_text(row->name, a->name, sizeof a->name))
        return; /* no name of an object is as long */
    a->number = row->number;
    a->digest = digest_read(row->digest);
    f->wanted_count++;
}

/* ---- answers ---- */

static struct status take_version(struct exchange_link *l, struct slice octets,
                                  struct slice *previous, struct moment now)
{
    struct versions_row row;
    struct status s = versions_row_parse(octets, &row);
    if (failed(s))
        return s;
    if (previous->at != NULL && slice_compare(*previous, row.name) >= 0)
        return REFUSE(FRAME_SHAPE);
    *previous = row.name;
    if (slice_is(row.name, VERSIONS_RESTORED))
        peer_take_restored(l, row.number, now);
    else if (is_wanted(l, &row, now))
        want(fetch_of(l), &row);
    return OK;
}

struct status fetch_take_versions(struct exchange_link *l, const struct answer *answer,
                                  struct moment now)
{
    struct link_fetch *f = fetch_of(l);
    struct slice previous = {0};
    struct status s = OK;
    fetch_end_round(f);
    f->wanted = calloc(answer->rows.count + 1, sizeof *f->wanted);
    if (f->wanted == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; !failed(s) && i < answer->rows.count; i++)
        s = take_version(l, answer->rows.at[i], &previous, now);
    if (!failed(s))
        peer_looked(l, now);
    return s;
}

static void offer(struct exchange_link *l, const struct announced *a)
{
    const struct exchange_settings *e = &l->exchange->settings;
    const struct object object = {.name = name_of(a),
                                  .number = a->number,
                                  .digest = a->digest,
                                  .octets = buffer_slice(&fetch_of(l)->octets)};
    e->offered(e->offered_owner, link_party(l), &object);
}

/* The digest is computed again from the octets: what was announced counts for nothing. */
static struct status judge_object(const struct link_fetch *f, const struct announced *a)
{
    struct digest digest;
    if (f->length > OBJECT_MAX_BYTES)
        return REFUSE(OBJECT_SIZE);
    struct status s = objects_digest(buffer_slice(&f->octets), name_of(a), &digest);
    if (failed(s))
        return s;
    return digest_equal(&digest, digest_slice(&a->digest)) ? OK : REFUSE(OBJECT_DIGEST);
}

static struct status finish_object(struct exchange_link *l, struct moment now)
{
    struct link_fetch *f = fetch_of(l);
    const struct announced *a = &f->wanted[f->at];
    const struct status judged = judge_object(f, a);
    if (judged.code == CODE_MEMORY || failed(had_note(f, a, now)))
        return FAIL(MEMORY);
    if (failed(judged))
        say_object(l, a, judged, now);
    else
        offer(l, a);
    f->round_bytes += f->octets.length;
    fetch_end_object(f);
    return OK;
}

/* All pieces are of one length in all, and none is empty. */
static bool fits(const struct link_fetch *f, const struct rulebook_row *row)
{
    return row->octets.length > 0 && (f->length == 0 || row->length == f->length) &&
           row->octets.length <= row->length - f->octets.length;
}

struct status fetch_take_piece(struct exchange_link *l, const struct answer *answer,
                               struct moment now)
{
    struct link_fetch *f = fetch_of(l);
    const struct announced *a = &f->wanted[f->at];
    struct rulebook_row row;
    struct status s = answer->rows.count == 1 ? rulebook_row_parse(answer->rows.at[0], &row)
                                              : REFUSE(FRAME_SHAPE);
    if (failed(s))
        return s;
    if (row.number != a->number || !digest_equal(&a->digest, row.digest)) {
        fetch_end_object(f); /* changed since it was announced: the next look shows it */
        return OK;
    }
    if (!fits(f, &row))
        return REFUSE(FRAME_SHAPE);
    f->length = row.length;
    if (row.length > OBJECT_MAX_BYTES)
        return finish_object(l, now);
    if (row.length > FETCH_ROUND_BYTES - f->round_bytes) {
        fetch_end_round(f); /* the next look goes on from here */
        return OK;
    }
    buffer_put(&f->octets, row.octets);
    if (f->octets.failed)
        return FAIL(MEMORY);
    return f->octets.length == f->length ? finish_object(l, now) : OK;
}

struct query_args fetch_next_object(const struct link_fetch *f)
{
    if (f->at == f->wanted_count)
        return (struct query_args){.what = QUERY_VERSIONS};
    const struct announced *a = &f->wanted[f->at];
    return (struct query_args){.what = QUERY_RULEBOOK,
                               .object = name_of(a),
                               .number = a->number,
                               .offset = f->octets.length};
}
