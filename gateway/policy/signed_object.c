#include "policy/signed_object.h"

#include <stdio.h>

#include "base/encoding.h"
#include "message/shape.h"
#include "wire/frame.h"
#include "wire/names.h"

#define STATEMENT_VERSION   1
#define STATEMENT_PAIRS     6
#define STATEMENT_MAX_BYTES 256U
#define PARTIES             "parties:"

enum { KEY_VERSION = 1, KEY_OBJECT, KEY_NUMBER, KEY_DIGEST, KEY_FROM, KEY_UNTIL };

bool object_name_is_signed(struct slice name)
{
    const struct slice parties = slice_text(PARTIES);
    return slice_is(name, "law") || slice_is(name, "states") ||
           (slice_begins(name, parties) &&
            name_is_state(slice_part(name, parties.length, SIZE_MAX)));
}

void object_name_parties(struct slice state, char name[static OBJECT_NAME_BYTES])
{
    snprintf(name, OBJECT_NAME_BYTES, PARTIES "%.*s", (int)state.length, (const char *)state.at);
}

static struct status statement_read(struct slice payload, struct object_statement *ret_statement)
{
    struct object_statement s = {0};
    struct status scanned = cbor_scan(payload);
    if (failed(scanned))
        return scanned;
    struct cbor_cursor c = cbor_over(payload);
    if (cbor_map(&c, STATEMENT_PAIRS) != STATEMENT_PAIRS)
        cbor_fail(&c);
    shape_key(&c, KEY_VERSION);
    cbor_uint(&c, STATEMENT_VERSION, STATEMENT_VERSION);
    shape_key(&c, KEY_OBJECT);
    s.object = shape_text(&c, object_name_is_signed);
    shape_key(&c, KEY_NUMBER);
    s.number = cbor_uint(&c, 1, COUNT_MAX);
    shape_key(&c, KEY_DIGEST);
    s.digest = digest_read(shape_hash(&c));
    shape_key(&c, KEY_FROM);
    s.from_ms = shape_time(&c);
    shape_key(&c, KEY_UNTIL);
    s.until_ms = shape_time(&c);
    if (!cbor_end(&c) || s.from_ms >= s.until_ms)
        return REFUSE(OBJECT_STATEMENT);
    *ret_statement = s;
    return OK;
}

struct status signed_object_read(struct slice octets, struct signed_object *ret_signed)
{
    struct signed_object o = {0};
    if (octets.length > SIGNED_OBJECT_MAX_BYTES)
        return REFUSE(OBJECT_SIZE);
    struct status s = cose_open(octets, SIGNED_OBJECT_TYPE, &o.cose);
    if (!failed(s))
        s = statement_read(o.cose.payload, &o.statement);
    if (!failed(s))
        *ret_signed = o;
    return s;
}

struct status signed_object_make(const struct key *key, const struct digest *x5t,
                                 const struct object_statement *statement, struct buffer *out)
{
    struct buffer b = buffer_new(STATEMENT_MAX_BYTES);
    cbor_put_map(&b, STATEMENT_PAIRS);
    cbor_put_uint(&b, KEY_VERSION);
    cbor_put_uint(&b, STATEMENT_VERSION);
    cbor_put_uint(&b, KEY_OBJECT);
    cbor_put_text(&b, statement->object);
    cbor_put_uint(&b, KEY_NUMBER);
    cbor_put_uint(&b, statement->number);
    cbor_put_uint(&b, KEY_DIGEST);
    cbor_put_bytes(&b, digest_slice(&statement->digest));
    cbor_put_uint(&b, KEY_FROM);
    cbor_put_uint(&b, statement->from_ms);
    cbor_put_uint(&b, KEY_UNTIL);
    cbor_put_uint(&b, statement->until_ms);
    struct status s =
        b.failed ? FAIL(MEMORY) : cose_sign(key, x5t, SIGNED_OBJECT_TYPE, buffer_slice(&b), out);
    buffer_done(&b);
    return s;
}

void signed_object_name(const struct signed_object *o, char name[static SIGNED_OBJECT_KEY_BYTES])
{
    hex_write(slice_part(o->cose.x5t, 0, SIGNED_OBJECT_KEY_BYTES / 2), name);
}

/* The certificate that a signature names; NULL where it is none of theirs. */
static const struct object_authority *signer_of(const struct signed_object *o,
                                                const struct object_authorities *authorities)
{
    for (size_t i = 0; i < authorities->count; i++)
        if (digest_equal(certificate_x5t(authorities->at[i].certificate), o->cose.x5t))
            return &authorities->at[i];
    return NULL;
}

static struct status is_about(const struct object_statement *statement,
                              const struct object_statement *object)
{
    if (!slice_equal(statement->object, object->object))
        return REFUSE(OBJECT_NAME);
    if (statement->number != object->number)
        return REFUSE(OBJECT_NUMBER);
    return digest_equal(&statement->digest, digest_slice(&object->digest)) ? OK
                                                                           : REFUSE(OBJECT_DIGEST);
}

/* Whoever's certificate has ended speaks for nobody any more, whatever it once signed. */
static struct status holds_at(const struct signed_object *o, const struct certificate *certificate,
                              uint64_t at_ms, uint64_t *ret_until_ms)
{
    uint64_t from_ms, until_ms;
    certificate_validity(certificate, &from_ms, &until_ms);
    if (o->statement.from_ms > from_ms)
        from_ms = o->statement.from_ms;
    if (o->statement.until_ms < until_ms)
        until_ms = o->statement.until_ms;
    if (at_ms < from_ms || at_ms >= until_ms)
        return REFUSE(OBJECT_VALIDITY);
    *ret_until_ms = until_ms;
    return OK;
}

struct status signed_object_judge(const struct signed_object *o,
                                  const struct object_statement *object,
                                  const struct object_authorities *authorities, uint64_t at_ms,
                                  size_t *ret_authority, uint64_t *ret_until_ms)
{
    const struct object_authority *signer = signer_of(o, authorities);
    const struct key *key = signer == NULL ? NULL : certificate_key(signer->certificate);
    if (key == NULL)
        return REFUSE(OBJECT_SIGNER);
    struct status s = cose_verify(&o->cose, key);
    if (!failed(s))
        s = is_about(&o->statement, object);
    if (!failed(s))
        s = holds_at(o, signer->certificate, at_ms, ret_until_ms);
    if (!failed(s))
        *ret_authority = (size_t)(signer - authorities->at);
    return s;
}
