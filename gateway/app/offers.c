/* Offers as they lie on the disk. */

#include "app/received.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/instant.h"

#define OFFER_MAX_BYTES 4096
#define SHORT_OCTETS    8 /* of the digest, in a folder's name */
#define OFFERS_ROOM     (OFFERS_MAX + 1)

/* ---- an offer's own file ---- */

static bool path_in(const char *folder, const char *name, char path[static RECEIVED_PATH_BYTES])
{
    int length = snprintf(path, RECEIVED_PATH_BYTES, "%s/%s", folder, name);
    return length > 0 && length < RECEIVED_PATH_BYTES;
}

static bool copy_member(const json_t *json, const char *member, char *text, size_t room)
{
    const json_t *value = json_object_get(json, member);
    return json_is_string(value) &&
           slice_copy_text(slice_over(json_string_value(value), json_string_length(value)), text,
                           room);
}

static bool parse_offer(const json_t *json, struct offer *o)
{
    char digest[2 * sizeof o->digest.octets + 1], since[INSTANT_TEXT_BYTES];
    json_int_t number = json_integer_value(json_object_get(json, "number"));
    o->number = number < 0 ? 0 : (uint64_t)number;
    return o->number > 0 && copy_member(json, "object", o->object, sizeof o->object) &&
           object_is_folder(slice_text(o->object)) &&
           copy_member(json, "peer", o->peer, sizeof o->peer) &&
           copy_member(json, "digest", digest, sizeof digest) &&
           hex_read(slice_text(digest), o->digest.octets, sizeof o->digest.octets) &&
           copy_member(json, "since", since, sizeof since) &&
           instant_read(slice_text(since), &o->since_ms);
}

static bool read_offer(const char *folder, struct offer *ret_offer)
{
    char path[RECEIVED_PATH_BYTES];
    struct offer o = {0};
    struct buffer text = buffer_new(OFFER_MAX_BYTES);
    json_t *json = NULL;
    if (path_in(folder, "offer", path) && !failed(file_read(path, &text)))
        json = json_loadb((const char *)text.at, text.length, JSON_REJECT_DUPLICATES, NULL);
    bool good = json_is_object(json) && parse_offer(json, &o) &&
                slice_copy_text(slice_text(folder), o.folder, sizeof o.folder);
    json_decref(json);
    buffer_done(&text);
    if (good)
        *ret_offer = o;
    return good;
}

static struct status write_offer(const char *folder, const struct offer *o)
{
    char path[RECEIVED_PATH_BYTES], digest[2 * sizeof o->digest.octets + 1],
        since[INSTANT_TEXT_BYTES];
    hex_write(digest_slice(&o->digest), digest);
    instant_write(o->since_ms, since);
    json_t *json =
        json_pack("{s:s,s:I,s:s,s:s,s:s}", "object", o->object, "number", (json_int_t)o->number,
                  "digest", digest, "peer", o->peer, "since", since);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    struct status s = text == NULL                     ? FAIL(MEMORY)
                      : path_in(folder, "offer", path) ? file_write(path, slice_text(text), 0600)
                                                       : FAIL(STORE);
    free(text);
    json_decref(json);
    return s;
}

/* ---- all of them ---- */

static int by_age(const void *a, const void *b)
{
    const struct offer *x = a, *y = b;
    if (x->since_ms != y->since_ms)
        return x->since_ms < y->since_ms ? -1 : 1;
    return strcmp(x->folder, y->folder);
}

static void search(const char *received, DIR *folder, struct offers *offers)
{
    char path[RECEIVED_PATH_BYTES];
    for (struct dirent *e; offers->count < OFFERS_ROOM && (e = readdir(folder)) != NULL;)
        if (e->d_name[0] != '.' && path_in(received, e->d_name, path) &&
            read_offer(path, &offers->at[offers->count]))
            offers->count++;
}

struct status offers_read(struct arena *arena, const char *received, struct offers *ret_offers)
{
    *ret_offers = (struct offers){arena_array(arena, OFFERS_ROOM, sizeof *ret_offers->at), 0};
    if (ret_offers->at == NULL)
        return FAIL(MEMORY);
    DIR *folder = opendir(received);
    if (folder == NULL)
        return errno == ENOENT ? OK : FAIL(STORE);
    search(received, folder, ret_offers);
    closedir(folder);
    qsort(ret_offers->at, ret_offers->count, sizeof ret_offers->at[0], by_age);
    return OK;
}

/* ---- a new one ---- */

static bool name_folder(const char *received, const struct offer *o,
                        char folder[static RECEIVED_PATH_BYTES])
{
    char begin[2 * SHORT_OCTETS + 1];
    hex_write(slice_over(o->digest.octets, SHORT_OCTETS), begin);
    int length = snprintf(folder, RECEIVED_PATH_BYTES, "%s/%s-%" PRIu64 "-%s-%s", received,
                          o->object, o->number, begin, o->peer);
    return length > 0 && length < RECEIVED_PATH_BYTES;
}

/* Made beside, so that an offer is there as a whole or not at all. */
static struct status put(const char *received, const char *folder, const struct offer *o,
                         const struct offer_content *content)
{
    char beside[RECEIVED_PATH_BYTES], below[RECEIVED_PATH_BYTES], signatures[RECEIVED_PATH_BYTES];
    if (!path_in(received, ".new", beside) || !path_in(beside, "files", below) ||
        !path_in(beside, "signatures", signatures))
        return FAIL(STORE);
    struct status s = folder_make(received, 0700);
    if (!failed(s))
        s = folder_remove(beside);
    if (!failed(s))
        s = folder_write(below, &content->files, 0700, 0600);
    if (!failed(s))
        s = folder_write(signatures, &content->signatures, 0700, 0600);
    if (!failed(s))
        s = write_offer(beside, o);
    if (!failed(s) && rename(beside, folder) != 0)
        s = FAIL(STORE);
    return failed(s) ? s : file_name_sync(folder);
}

/* ---- room ---- */

static size_t count_of(const struct offers *offers, const char *peer)
{
    size_t count = 0;
    for (size_t i = 0; i < offers->count; i++)
        count += strcmp(offers->at[i].peer, peer) == 0;
    return count;
}

static size_t most_of_one(const struct offers *offers)
{
    size_t most = 0;
    for (size_t i = 0; i < offers->count; i++) {
        size_t count = count_of(offers, offers->at[i].peer);
        most = count > most ? count : most;
    }
    return most;
}

/* The one that a new one is instead of; NULL: there is room for all. Peers may well offer what we
 * should not take: one that offers much must not be in the way of those that offer little. */
static const struct offer *surplus(const struct offers *offers, const struct offer *kept,
                                   const char *folder)
{
    const size_t most = most_of_one(offers);
    const bool full = offers->count > OFFERS_MAX;
    const struct offer *oldest = NULL;
    for (size_t i = offers->count; i-- > 0;) {
        const struct offer *o = &offers->at[i];
        bool own = strcmp(o->peer, kept->peer) == 0;
        if (strcmp(o->folder, folder) == 0)
            continue;
        if (own && strcmp(o->object, kept->object) == 0)
            return o;
        size_t count = count_of(offers, o->peer);
        if ((own && count > OFFERS_PEER_MAX) || (full && count == most))
            oldest = o;
    }
    return oldest;
}

static struct status make_room(struct arena *arena, const char *received, const struct offer *kept,
                               const char *folder)
{
    struct offers offers;
    const struct offer *one = NULL;
    struct status s;
    do {
        s = offers_read(arena, received, &offers);
        one = failed(s) ? NULL : surplus(&offers, kept, folder);
        if (one != NULL)
            s = folder_remove(one->folder);
    } while (!failed(s) && one != NULL);
    return s;
}

static bool is_known(const struct offers *offers, const struct offer *offer)
{
    bool known = false;
    for (size_t i = 0; i < offers->count && !known; i++)
        known = strcmp(offers->at[i].object, offer->object) == 0 &&
                digest_equal(&offers->at[i].digest, digest_slice(&offer->digest));
    return known;
}

/* It has them as they were given now: the same text may have been signed anew. */
static bool has_signatures(struct arena *arena, const char *folder,
                           const struct text_files *signatures)
{
    char path[RECEIVED_PATH_BYTES];
    struct text_files kept;
    bool same = path_in(folder, "signatures", path) &&
                !failed(folder_read(arena, path, SIGNATURES_MAX, &kept)) &&
                kept.count == signatures->count;
    for (size_t i = 0; same && i < kept.count; i++)
        same = slice_equal(kept.at[i].path, signatures->at[i].path) &&
               slice_equal(kept.at[i].text, signatures->at[i].text);
    return same;
}

struct status offer_keep(struct arena *arena, const char *received, const struct offer *offer,
                         const struct offer_content *content, bool *ret_is_new)
{
    char folder[RECEIVED_PATH_BYTES];
    struct offer there;
    struct offers before;
    *ret_is_new = false;
    if (!name_folder(received, offer, folder))
        return FAIL(STORE);
    if (read_offer(folder, &there) && has_signatures(arena, folder, &content->signatures))
        return OK;
    struct status s = offers_read(arena, received, &before);
    if (!failed(s))
        s = folder_remove(folder); /* without its own file it is no offer */
    if (!failed(s))
        s = put(received, folder, offer, content);
    if (!failed(s))
        s = make_room(arena, received, offer, folder);
    *ret_is_new = !failed(s) && !is_known(&before, offer);
    return s;
}

/* ---- ours ---- */

bool offer_is_newer(const struct objects *objects, struct slice name, uint64_t number)
{
    const struct object *ours = objects_find(objects, name);
    return ours == NULL || number > ours->number;
}

bool offer_is_ours(const struct objects *objects, struct slice name, uint64_t number,
                   const struct digest *digest)
{
    const struct object *ours = objects_find(objects, name);
    return ours != NULL && number == ours->number &&
           digest_equal(&ours->digest, digest_slice(digest));
}

static bool is_among(struct slice octets, const struct slices *signatures)
{
    for (size_t i = 0; i < signatures->count; i++)
        if (slice_equal(octets, signatures->at[i]))
            return true;
    return false;
}

/* It is ours, and somebody's signature came with it that ours has not. */
static bool adds_signatures(struct arena *arena, const struct objects *objects,
                            const struct offer *offer)
{
    char path[RECEIVED_PATH_BYTES];
    struct text_files kept, texts;
    struct slices own;
    const struct slice name = slice_text(offer->object);
    if (!offer_is_ours(objects, name, offer->number, &offer->digest) ||
        !path_in(offer->folder, "signatures", path) ||
        failed(folder_read(arena, path, SIGNATURES_MAX, &kept)) ||
        failed(objects_folder(arena, objects_find(objects, name)->octets, &texts, &own)))
        return false;
    for (size_t i = 0; i < kept.count; i++)
        if (!is_among(kept.at[i].text, &own))
            return true;
    return false;
}

struct status offers_sweep(struct arena *arena, const char *received, const struct objects *objects)
{
    struct offers offers;
    struct status s = offers_read(arena, received, &offers);
    for (size_t i = 0; !failed(s) && i < offers.count; i++)
        if (!offer_is_newer(objects, slice_text(offers.at[i].object), offers.at[i].number) &&
            !adds_signatures(arena, objects, &offers.at[i]))
            s = folder_remove(offers.at[i].folder);
    return s;
}
