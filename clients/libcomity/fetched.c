#include "libcomity/fetched.h"

#include "session/query.h"

#define TRIES 3U /* a rulebook that changes more often than that is none to wait for */

/* ---- what there is ---- */

static struct status take_version(struct arena *arena, struct slice octets, struct slice *previous,
                                  struct fetched_rulebook *all)
{
    struct versions_row row;
    struct status s = versions_row_parse(octets, &row);
    if (failed(s))
        return s;
    if (previous->at != NULL && slice_compare(*previous, row.name) >= 0)
        return REFUSE(FRAME_SHAPE);
    *previous = row.name;
    if (!object_is_folder(row.name))
        return OK;
    struct fetched_object *o = &all->at[all->count];
    o->name = arena_copy(arena, row.name);
    o->number = row.number;
    o->digest = digest_read(row.digest);
    all->count++;
    return o->name.at == NULL ? FAIL(MEMORY) : OK;
}

static struct status ask_versions(struct comity *c, struct arena *arena,
                                  struct fetched_rulebook *ret_all, struct comity_fault *reterr)
{
    struct answer answer;
    struct slice previous = {NULL, 0};
    struct fetched_rulebook all = {0};
    const struct query_args args = {.what = QUERY_VERSIONS};
    struct status s = client_query(c, arena, &args, &answer, reterr);
    if (failed(s))
        return s;
    all.at = arena_array(arena, answer.rows.count + 1, sizeof *all.at);
    if (all.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; !failed(s) && i < answer.rows.count; i++)
        s = take_version(arena, answer.rows.at[i], &previous, &all);
    if (s.code == CODE_REFUSED)
        return fault_verify(reterr, s, "%s does not say what is in force", c->context.gateway);
    *ret_all = all;
    return s;
}

/* ---- one object ---- */

/* All pieces are of one length in all, and none is empty. */
static struct status judge_piece(const struct rulebook_row *row, const struct buffer *octets,
                                 uint64_t length)
{
    if (row->length > OBJECT_MAX_BYTES)
        return REFUSE(OBJECT_SIZE);
    bool fits = row->octets.length > 0 && (length == 0 || row->length == length) &&
                row->octets.length <= row->length - octets->length;
    return fits ? OK : REFUSE(FRAME_SHAPE);
}

/* ABSENT: there is another one by now. */
static struct status ask_piece(struct comity *c, struct arena *arena,
                               const struct fetched_object *o, struct buffer *octets,
                               uint64_t *length, struct comity_fault *reterr)
{
    struct answer answer;
    struct rulebook_row row;
    const struct query_args args = {
        .what = QUERY_RULEBOOK, .object = o->name, .number = o->number, .offset = octets->length};
    struct status s = client_query(c, arena, &args, &answer, reterr);
    if (failed(s))
        return s;
    s = answer.rows.count == 1 ? rulebook_row_parse(answer.rows.at[0], &row) : REFUSE(FRAME_SHAPE);
    if (!failed(s) && (row.number != o->number || !digest_equal(&o->digest, row.digest)))
        return FAIL(ABSENT);
    if (!failed(s))
        s = judge_piece(&row, octets, *length);
    if (failed(s))
        return s;
    *length = row.length;
    buffer_put(octets, row.octets);
    return octets->failed ? FAIL(MEMORY) : OK;
}

static struct status ask_pieces(struct comity *c, const struct fetched_object *o,
                                struct buffer *octets, struct comity_fault *reterr)
{
    uint64_t length = 0;
    struct status s;
    do {
        struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
        s = arena == NULL ? FAIL(MEMORY) : ask_piece(c, arena, o, octets, &length, reterr);
        arena_free(arena);
    } while (!failed(s) && octets->length < length);
    return s;
}

/* What was announced counts for nothing: the digest is that of the octets. */
static struct status open_object(struct arena *arena, struct slice octets, struct fetched_object *o)
{
    struct digest digest;
    struct status s = objects_digest(octets, o->name, &digest);
    if (!failed(s) && !digest_equal(&digest, digest_slice(&o->digest)))
        s = REFUSE(OBJECT_DIGEST);
    if (failed(s))
        return s;
    struct slice kept = arena_copy(arena, octets);
    return kept.at == NULL ? FAIL(MEMORY) : objects_folder(arena, kept, &o->files, &o->signatures);
}

static struct status fetch_object(struct comity *c, struct arena *arena, struct fetched_object *o,
                                  struct comity_fault *reterr)
{
    struct buffer octets = buffer_new(OBJECT_MAX_BYTES);
    struct status s = ask_pieces(c, o, &octets, reterr);
    if (!failed(s))
        s = open_object(arena, buffer_slice(&octets), o);
    buffer_done(&octets);
    if (s.code == CODE_REFUSED)
        return fault_verify(reterr, s, "what %s hands out as %.*s is not what is in force (%s)",
                            c->context.gateway, (int)o->name.length, (const char *)o->name.at,
                            reason_name(s.reason));
    return s;
}

struct status fetched_rulebook(struct comity *c, struct arena *arena,
                               struct fetched_rulebook *ret_rulebook, struct comity_fault *reterr)
{
    struct status s = FAIL(ABSENT);
    struct fetched_rulebook all = {0};
    for (unsigned i = 0; i < TRIES && s.code == CODE_ABSENT; i++) {
        *reterr = (struct comity_fault){0};
        s = ask_versions(c, arena, &all, reterr);
        for (size_t o = 0; !failed(s) && o < all.count; o++)
            s = fetch_object(c, arena, &all.at[o], reterr);
    }
    if (s.code == CODE_ABSENT)
        return fault_set(reterr, FAIL(NETWORK), "%s changes its rulebook: try again later",
                         c->context.gateway);
    if (!failed(s))
        *ret_rulebook = all;
    return s;
}
