#include "libcomity/archive_walk.h"

#include "audit/receipt.h"
#include "base/encoding.h"
#include "libcomity/message.h"
#include "libcomity/record_parts.h"
#include "libcomity/rows.h"
#include "libcomity/sent.h"
#include "libcomity/uuid.h"

/* What the archive authenticated was well formed when it was written. */
static struct status ours(struct status s)
{
    return s.code == CODE_REFUSED ? FAIL(STORE) : s;
}

static const char *text_of(struct archived *a, struct slice text)
{
    return arena_text(a->arena, text);
}

static const char *uuid_of(struct archived *a, struct slice id)
{
    char text[UUID_TEXT_BYTES];
    uuid_write(id, text);
    return text_of(a, slice_text(text));
}

static struct status fill_submission(struct comity *c, struct slice record, struct archived *a)
{
    struct submit submit;
    struct sent_answer answer;
    const struct envelope *envelope;
    struct status s = submission_parse(a->arena, record, &submit);
    if (failed(s) || failed(s = ours(envelope_open(a->arena, submit.message.seal,
                                                   submit.message.seal.length, &envelope))))
        return s;
    const struct claims *claims = &envelope->claims;
    s = answer_load(c->archive, a->arena, claims->id, &answer);
    a->id = claims->id;
    a->shown.party = text_of(a, claims->to);
    a->shown.type = text_of(a, claims->type);
    a->shown.state = failed(s) ? "unsent" : sent_outcome(&answer);
    a->shown.time_ms = claims->created_ms;
    a->shown.octets = submit.message_raw.at;
    a->shown.length = submit.message_raw.length;
    return s.code == CODE_ABSENT ? OK : s;
}

static struct status fill_receipt(struct comity *c, struct slice record, struct archived *a)
{
    struct receipt receipt;
    struct outer outer;
    struct slice commitments[2];
    struct status s = receipt_parse(a->arena, record, &receipt);
    (void)c;
    if (!failed(s))
        s = outer_parse(receipt.record, &outer);
    if (!failed(s))
        s = entry_parse(receipt.entry, &a->shown.time_ms, &commitments[0], &commitments[1]);
    if (failed(s))
        return ours(s);
    a->id = outer.id;
    a->stage = outer.stage;
    a->hop = outer.hop;
    a->shown.gateway = text_of(a, outer.gateway);
    a->shown.party = text_of(a, outer.to);
    a->shown.type = text_of(a, outer.type);
    a->shown.state = stage_word(outer.stage);
    a->shown.octets = record.at;
    a->shown.length = record.length;
    return OK;
}

static struct status fill_message(struct comity *c, struct slice record, struct archived *a)
{
    struct kept_message kept;
    const struct envelope *envelope;
    struct status s = kept_parse(record, &kept);
    (void)c;
    if (failed(s) || failed(s = message_unseal(a->arena, &kept, &envelope)))
        return s;
    a->id = kept.key.id;
    a->shown.party = text_of(a, kept.key.from);
    a->shown.type = text_of(a, envelope->claims.type);
    a->shown.state = "";
    a->shown.time_ms = kept.received_ms;
    a->shown.octets = kept.row.at;
    a->shown.length = kept.row.length;
    a->shown.certificate = kept.certificate.length == 0 ? NULL : kept.certificate.at;
    a->shown.certificate_length = kept.certificate.length;
    return OK;
}

/* As it was signed, or at least in the form of a checkpoint's first three lines. */
static const char *note_text(struct archived *a, const struct kept_note *k)
{
    char root[64];
    const struct known_checkpoint *checkpoint = &k->checkpoint;
    if (k->note.length > 0)
        return text_of(a, k->note);
    base64_write(checkpoint->root, root);
    return arena_print(a->arena, "%.*s\n%llu\n%s\n", (int)checkpoint->origin.length,
                       (const char *)checkpoint->origin.at, (unsigned long long)checkpoint->size,
                       root);
}

static struct status fill_log(struct archived *a, struct slice origin, const char *text)
{
    if (text == NULL)
        return FAIL(MEMORY);
    a->shown.party = a->shown.type = a->shown.state = "";
    a->shown.origin = text_of(a, origin);
    a->shown.octets = (const uint8_t *)text;
    a->shown.length = slice_text(text).length;
    return OK;
}

static struct status fill_checkpoint(struct comity *c, struct slice record, struct archived *a)
{
    struct kept_note k;
    struct status s = checkpoint_parse(record, &k);
    (void)c;
    return failed(s) ? s : fill_log(a, k.checkpoint.origin, note_text(a, &k));
}

static struct status fill_contradiction(struct comity *c, struct slice record, struct archived *a)
{
    struct contradiction k;
    struct status s = contradiction_parse(record, &k);
    (void)c;
    if (failed(s))
        return s;
    const char *kept = note_text(a, &k.kept);
    a->id = k.id;
    if (kept == NULL)
        return FAIL(MEMORY);
    return fill_log(
        a, k.kept.checkpoint.origin,
        arena_print(a->arena, "%s\n%.*s", kept, (int)k.note.length, (const char *)k.note.at));
}

static const struct form {
    enum comity_archive_kind shown;
    enum archive_kind kind;
    struct status (*fill)(struct comity *c, struct slice record, struct archived *a);
} forms[] = {
    {COMITY_SUBMISSION, ARCHIVE_SUBMISSION, fill_submission},
    {COMITY_RECEIPT, ARCHIVE_RECEIPT, fill_receipt},
    {COMITY_MESSAGE, ARCHIVE_MESSAGE, fill_message},
    {COMITY_CHECKPOINT, ARCHIVE_CHECKPOINT, fill_checkpoint},
    {COMITY_CONTRADICTION, ARCHIVE_CONTRADICTION, fill_contradiction},
};

/* A walk through the records of one form. */
struct walk {
    struct comity *comity;
    const struct form *form;
    archived_visit *visit;
    void *owner;
};

static struct status visit_record(void *owner, struct slice record)
{
    const struct walk *walk = owner;
    struct archived a = {.arena = arena_new(RECORD_ARENA_BYTES)};
    struct status s = a.arena == NULL ? FAIL(MEMORY) : OK;
    a.shown = (struct comity_archived){.kind = walk->form->shown, .origin = "", .gateway = ""};
    if (!failed(s))
        s = walk->form->fill(walk->comity, record, &a);
    if (!failed(s)) {
        a.shown.id = a.id.length == 0 ? "" : uuid_of(&a, a.id);
        bool whole = a.shown.id != NULL && a.shown.party != NULL && a.shown.type != NULL &&
                     a.shown.origin != NULL && a.shown.gateway != NULL;
        s = whole ? walk->visit(walk->owner, &a) : FAIL(MEMORY);
    }
    arena_free(a.arena);
    return s;
}

struct status archive_walk(struct comity *c, unsigned kinds, archived_visit *visit, void *owner,
                           size_t *unsound)
{
    struct status s = OK;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0] && !failed(s); i++) {
        struct walk walk = {c, &forms[i], visit, owner};
        if ((kinds & forms[i].shown) != 0)
            s = archive_each(c->archive, forms[i].kind, visit_record, &walk, unsound);
    }
    return s;
}

/* Who sees the records outside; over once they have seen enough. */
struct audience {
    comity_archive_visit *visit;
    void *owner;
    bool over;
};

static struct status show_record(void *owner, const struct archived *record)
{
    struct audience *audience = owner;
    audience->over = !audience->visit(audience->owner, &record->shown);
    return audience->over ? FAIL(NONE) : OK; /* a failure is what ends a walk */
}

enum comity_exit comity_archive_each(struct comity *c, unsigned kinds, comity_archive_visit *visit,
                                     void *owner, struct comity_fault *reterr)
{
    struct audience audience = {visit, owner, false};
    size_t unsound = 0;
    struct status s = client_begin(c, 0, reterr);
    if (!failed(s))
        s = archive_walk(c, kinds, show_record, &audience, &unsound);
    if (audience.over)
        s = OK;
    else if (failed(s))
        s = fault_set(reterr, s, "the archive %s cannot be read", c->context.archive);
    else
        s = client_unsound(c, unsound, reterr);
    return fault_exit(reterr, s);
}
