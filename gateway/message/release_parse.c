#include "message/release.h"

#include "base/slices.h"
#include "message/shape.h"
#include "wire/names.h"

#define VERSION 1

static struct rulebook_version rulebook_read(struct cbor_cursor *c)
{
    struct rulebook_version r = {0};
    cbor_array(c, 5, 5);
    r.law = shape_count(c);
    r.states = shape_count(c);
    r.parties_from = shape_count(c);
    r.parties_to = shape_count(c);
    r.digest = digest_read(shape_hash(c));
    return r;
}

static void withheld_read(struct cbor_cursor *c, struct arena *arena, struct release *r)
{
    uint64_t count = cbor_array(c, 0, RELEASE_MAX_WITHHELD);
    struct withholding *list = shape_room(c, arena, count, sizeof *list);
    for (uint64_t i = 0; i < count && cbor_ok(c); i++) {
        cbor_array(c, 2, 2);
        list[i].path = shape_text(c, name_is_path);
        list[i].code = shape_text(c, name_is_code);
    }
    r->withheld = list;
    r->withheld_count = count;
}

static void previous_read(struct cbor_cursor *c, struct release *r)
{
    cbor_array(c, 3, 3);
    r->previous_leaf = shape_hash(c);
    r->previous_size = shape_count(c);
    r->previous_root = shape_hash(c);
}

static void route_read(struct cbor_cursor *c, struct release *r)
{
    shape_key(c, 1);
    cbor_uint(c, VERSION, VERSION);
    shape_key(c, 2);
    r->hop = cbor_uint(c, 1, 2);
    shape_key(c, 3);
    r->gateway = shape_text(c, name_is_gateway);
    shape_key(c, 4);
    r->id = shape_uuid(c);
    shape_key(c, 5);
    r->thread = shape_uuid(c);
    shape_key(c, 6);
    r->from = shape_text(c, name_is_party);
    shape_key(c, 7);
    r->to = shape_text(c, name_is_party);
    shape_key(c, 8);
    r->purpose = shape_text(c, name_is_code);
    shape_key(c, 9);
    r->seal_digest = shape_hash(c);
}

static void decision_read(struct cbor_cursor *c, struct arena *arena, struct release *r)
{
    shape_key(c, 10);
    r->rulebook = rulebook_read(c);
    shape_key(c, 11);
    r->digests = shape_hashes(c, arena, UINT64_MAX);
    shape_key(c, 12);
    withheld_read(c, arena, r);
    shape_key(c, 13);
    r->obligations = shape_texts(c, arena, 0, RELEASE_MAX_OBLIGATIONS, name_is_obligation);
    shape_key(c, 14);
    r->time_ms = shape_time(c);
    shape_key(c, 15);
    r->number = shape_count(c);
    if (cbor_key(c, 16))
        previous_read(c, r);
}

static bool withheld_ascending(const struct release *r)
{
    for (size_t i = 1; i < r->withheld_count; i++)
        if (slice_compare(r->withheld[i - 1].path, r->withheld[i].path) >= 0)
            return false;
    return true;
}

struct status release_parse(struct arena *arena, struct slice octets, struct release *ret_release)
{
    struct release r = {0};
    struct status s;
    if (octets.length > RELEASE_MAX_BYTES)
        return REFUSE(RELEASE_SIZE);
    if (failed(s = cbor_scan(octets)))
        return s;

    struct cbor_cursor c = cbor_over(octets);
    (void)cbor_map(&c, UINT64_MAX);
    route_read(&c, &r);
    decision_read(&c, arena, &r);
    if (failed(s = shape_end(&c, REASON_RELEASE_SHAPE)))
        return s;
    if (r.digests.count < DIGESTS_MIN || r.digests.count > DIGESTS_MAX ||
        !slices_ascending(r.digests))
        return REFUSE(RELEASE_DIGESTS);
    if (!withheld_ascending(&r))
        return REFUSE(RELEASE_WITHHELD);
    if (!slices_ascending(r.obligations))
        return REFUSE(RELEASE_OBLIGATIONS);
    *ret_release = r;
    return OK;
}

bool digests_have(struct slices sorted, const struct digest *digest)
{
    return rows_find(sorted.at, sorted.count, sizeof *sorted.at, digest_slice(digest)) != NULL;
}
