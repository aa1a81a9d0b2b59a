#include "signed.h"

#include <string.h>

#include "support/check.h"
#include "support/pki.h"

static const struct object_statement law = {.number = 7, .from_ms = FROM, .until_ms = END};

struct object_statement statement_of(const char *object)
{
    struct object_statement s = law;
    s.object = slice_text(object);
    s.digest = digest_plain(slice_text("the text"));
    return s;
}

struct object_authority authority(const char *name)
{
    struct object_authority a = {.certificate = pki_sealing(name)->certificate};
    (void)slice_copy_text(slice_text(name), a.id, sizeof a.id);
    return a;
}

struct given signed_by(const char *name, const struct object_statement *s)
{
    struct given g = {.length = 0};
    const struct sealing *who = pki_sealing(name);
    struct buffer b = buffer_new(sizeof g.octets);
    CHECK_OK(signed_object_make(who->key, certificate_x5t(who->certificate), s, &b));
    g.length = b.length;
    memcpy(g.octets, b.at, b.length);
    buffer_done(&b);
    return g;
}

struct slice octets_of(const struct given *g)
{
    return slice_over(g->octets, g->length);
}
