#include <string.h>

#include "base/instant.h"
#include "crypto/secret.h"
#include "libcomity/clock.h"
#include "libcomity/sealing.h"
#include "libcomity/sent.h"
#include "libcomity/uuid.h"
#include "message/remains.h"

/* As if it had been written now, for as long as it was to hold then. */
static struct status renew_claims(struct arena *arena, const struct claims *was,
                                  struct claims *ret_claims)
{
    uint8_t *id = arena_alloc(arena, UUID_BYTES);
    struct status s = id == NULL ? FAIL(MEMORY) : entropy_uuid(id);
    if (failed(s))
        return s;
    struct claims claims = *was;
    claims.id = slice_over(id, UUID_BYTES);
    claims.created_ms = clock_wall_ms();
    claims.expires_ms = claims.created_ms + (was->expires_ms - was->created_ms);
    const uint64_t today_ms = claims.created_ms - claims.created_ms % MS_PER_DAY;
    if (claims.retain_until_ms < today_ms)
        claims.retain_until_ms = today_ms;
    *ret_claims = claims;
    return OK;
}

/* What it says, as a draft again. */
static struct status draft_of(struct comity *c, struct arena *arena, const struct own_message *m,
                              struct draft *draft)
{
    const struct claims *claims = &m->envelope->claims;
    const struct contents *contents;
    struct remains all;
    struct status s = contents_parse(arena, claims, m->submit->message.fields,
                                     (struct slices){NULL, 0}, &contents);
    if (!failed(s))
        s = contents_remains(arena, contents, &all);
    if (!failed(s))
        s = renew_claims(arena, claims, &draft->claims);
    if (failed(s))
        return s;
    draft->type = schema_type(c->rulebook->schema, claims->type, claims->schema);
    draft->field_count = all.count;
    draft->local_count = m->submit->locals_count;
    draft->fields = arena_array(arena, draft->field_count + 1, sizeof *draft->fields);
    draft->locals = arena_array(arena, draft->local_count + 1, sizeof *draft->locals);
    if (draft->fields == NULL || draft->locals == NULL)
        return FAIL(MEMORY);
    memcpy(draft->fields, all.leaves, all.count * sizeof *draft->fields);
    for (size_t i = 0; i < draft->local_count; i++)
        draft->locals[i] = (struct leaf){m->submit->locals[i].path, m->submit->locals[i].value};
    return OK;
}

struct status sent_ask(struct comity *c, struct arena *arena, const struct own_message *message,
                       struct comity_recipient *recipient, struct comity_fault *reterr)
{
    struct draft draft = {0};
    struct submit submit;
    struct own_message asked = {.submit = &submit, .dry_run = true};
    const struct sealer sealer = {c->sealing_key, c->sealing_certificate};
    struct status s = draft_of(c, arena, message, &draft);
    if (!failed(s))
        s = seal_draft(arena, &draft, &sealer, &submit, reterr);
    if (!failed(s))
        s = envelope_open(arena, submit.message.seal, submit.message.seal.length, &asked.envelope);
    if (s.code == CODE_REFUSED)
        return fault_input(reterr, reason_refusal(s.reason), "the message cannot be sealed (%s)",
                           reason_name(s.reason));
    if (failed(s))
        return s;
    sent_begin(&asked.envelope->claims, recipient);
    sent_submit(c, arena, &asked, recipient, reterr);
    return OK;
}
