#include "crypto/key.h"

#include <stdio.h>
#include <string.h>

#include "crypto/identity.h"
#include "wire/names.h"

#define SCHEME "spiffe://"

void identity_name(const struct identity *i, char text[static 64])
{
    snprintf(text, 64, "%s%s%s", i->id, i->officer[0] == '\0' ? "" : "/", i->officer);
}

/* What stands before the next slash, which is dropped; *rest is what follows. */
static struct slice cut(struct slice *rest)
{
    size_t slash = slice_find(*rest, '/');
    struct slice head = slice_part(*rest, 0, slash);
    *rest = slice_part(*rest, slash + 1, SIZE_MAX);
    return head;
}

/* "xa.comity.example": labels of lower-case letters, digits and hyphens, the first of which is the
 * State of id. */
static bool domain_of_state(struct slice domain, struct slice id)
{
    struct slice state = party_state(id);
    bool label_empty = true;
    for (size_t i = 0; i < domain.length; i++) {
        uint8_t c = domain.at[i];
        bool dot = c == '.';
        if (dot ? label_empty : !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
        label_empty = dot;
    }
    return !label_empty && domain.length > 2 && domain.at[2] == '.' &&
           domain.at[0] == (state.at[0] | 0x20) && domain.at[1] == (state.at[1] | 0x20);
}

static enum identity_kind kind_of(struct slice kind, struct slice id, struct slice officer)
{
    if (slice_is(kind, "gateway"))
        return name_is_gateway(id) ? IDENTITY_GATEWAY : IDENTITY_NONE;
    if (!slice_is(kind, "party") || !name_is_party(id) || name_is_gateway(id))
        return IDENTITY_NONE;
    return officer.length == 0 ? IDENTITY_PARTY : IDENTITY_OFFICER;
}

/* Whether uri is written exactly as this identity's is, to the last octet. */
static bool is_uri_of(struct slice uri, const struct identity *i)
{
    bool officer = i->kind == IDENTITY_OFFICER;
    char text[256];
    snprintf(text, sizeof text, SCHEME "%s/%s/%s%s%s", i->domain,
             i->kind == IDENTITY_GATEWAY ? "gateway" : "party", i->id, officer ? "/officer/" : "",
             i->officer);
    return slice_is(uri, text);
}

bool identity_parse(struct slice uri, struct identity *ret_identity)
{
    struct slice rest = slice_part(uri, strlen(SCHEME), SIZE_MAX);
    struct slice domain = cut(&rest), kind = cut(&rest), id = cut(&rest);
    (void)cut(&rest); /* "officer" */
    struct identity i = {.kind = kind_of(kind, id, rest)};
    if (i.kind == IDENTITY_NONE || !domain_of_state(domain, id) ||
        !slice_copy_text(domain, i.domain, sizeof i.domain) ||
        !slice_copy_text(id, i.id, sizeof i.id) ||
        !slice_copy_text(rest, i.officer, sizeof i.officer) || !is_uri_of(uri, &i))
        return false;
    char name[64];
    identity_name(&i, name);
    if (!name_is_identity(slice_text(name)))
        return false;
    *ret_identity = i;
    return true;
}
