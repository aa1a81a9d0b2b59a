#include "libcomity/claim_rows.h"

#include <string.h>

#include "base/instant.h"
#include "libcomity/leaf.h"
#include "libcomity/uuid.h"
#include "wire/names.h"

#define SCHEMA_MAX 65535

/* How a claim's value looks, in a document and in struct claims. */
enum form {
    FORM_TEXT,    /* string; struct slice */
    FORM_UUID,    /* string; struct slice of 16 octets */
    FORM_INSTANT, /* "2026-09-21T16:00:00Z"; uint64_t */
    FORM_DATE,    /* "2026-09-21"; uint64_t */
    FORM_NUMBER,  /* 1..65535; uint64_t */
    FORM_BOOL,    /* bool */
    FORM_TEXTS,   /* list of strings; struct slices */
};

struct claim_row {
    const char *path;
    enum claim claim;
    enum form form;
    size_t offset; /* in struct claims */
    bool (*pattern)(struct slice);
    bool filled; /* the client fills it; a document does not show it */
    const char *wanted;
};

#define AT(member) offsetof(struct claims, member)

static const struct claim_row rows[] = {
    {"id", CLAIM_ID, FORM_UUID, AT(id), NULL, true, "a UUID of version 4"},
    {"thread", CLAIM_THREAD, FORM_UUID, AT(thread), NULL, true, "a UUID of version 4"},
    {"reply_to", CLAIM_REPLY_TO, FORM_UUID, AT(reply_to), NULL, false, "a UUID of version 4"},
    {"type", CLAIM_TYPE, FORM_TEXT, AT(type), name_is_type, false, "a type like mla.request"},
    {"schema", CLAIM_SCHEMA, FORM_NUMBER, AT(schema), NULL, true, "a number from 1 to 65535"},
    {"from", CLAIM_FROM, FORM_TEXT, AT(from), name_is_party, true, "a party like XA-CA-01"},
    {"to", CLAIM_TO, FORM_TEXT, AT(to), name_is_party, true, "a party like XC-CA-01"},
    {"created", CLAIM_CREATED, FORM_INSTANT, AT(created_ms), NULL, true,
     "an instant like 2026-09-21T16:00:00Z"},
    {"expires", CLAIM_EXPIRES, FORM_INSTANT, AT(expires_ms), NULL, true,
     "an instant like 2026-09-21T16:00:00Z"},
    {"case_ref", CLAIM_CASE_REF, FORM_TEXT, AT(case_ref), name_is_ref, false,
     "up to 64 of A-Z 0-9 . / -"},
    {"their_ref", CLAIM_THEIR_REF, FORM_TEXT, AT(their_ref), name_is_ref, false,
     "up to 64 of A-Z 0-9 . / -"},
    {"instrument", CLAIM_INSTRUMENT, FORM_TEXT, AT(instrument), name_is_code, false,
     "a code like UNTOC18"},
    {"legal_basis", CLAIM_LEGAL_BASIS, FORM_TEXTS, AT(legal_basis), name_is_basis, false,
     "a list of codes, each with an article after it where needed"},
    {"purpose", CLAIM_PURPOSE, FORM_TEXT, AT(purpose), name_is_code, false, "a code like EVIDENCE"},
    {"urgency/level", CLAIM_URGENCY, FORM_TEXT, AT(urgency), name_is_code, false,
     "ROUTINE, URGENT or EMERGENCY"},
    {"urgency/deadline", CLAIM_DEADLINE, FORM_INSTANT, AT(deadline_ms), NULL, false,
     "an instant like 2026-09-21T16:00:00Z"},
    {"handling/codes", CLAIM_HANDLING, FORM_TEXTS, AT(handling), name_is_code, false,
     "a list of H0 to H3"},
    {"confidential", CLAIM_CONFIDENTIAL, FORM_BOOL, AT(confidential), NULL, false, "true or false"},
    {"lang", CLAIM_LANG, FORM_TEXT, AT(lang), name_is_language, false, "a language like eng"},
    {"owner", CLAIM_OWNER, FORM_TEXT, AT(owner), name_is_state, false, "a State like XA"},
    {"transfer/tier", CLAIM_TRANSFER, FORM_TEXT, AT(tier), name_is_code, false, "T0 to T4"},
    {"transfer/basis", CLAIM_TRANSFER, FORM_TEXT, AT(transfer_basis), name_is_code, false,
     "a code like LED37_BINDING"},
    {"retain_until", CLAIM_RETAIN_UNTIL, FORM_DATE, AT(retain_until_ms), NULL, true,
     "a date like 2027-09-07"},
};

#define ROWS (sizeof rows / sizeof rows[0])

const struct claim_row *claim_row_at(struct slice path)
{
    for (size_t i = 0; i < ROWS; i++)
        if (slice_is(path, rows[i].path))
            return &rows[i];
    return NULL;
}

static struct slice string_slice(const json_t *json)
{
    return slice_over(json_string_value(json), json_string_length(json));
}

static bool read_text(const struct claim_row *row, const json_t *json, struct arena *arena,
                      struct slice *ret_text)
{
    if (!json_is_string(json) || !row->pattern(string_slice(json)))
        return false;
    *ret_text = arena_copy(arena, string_slice(json));
    return ret_text->at != NULL;
}

static bool read_uuid(const json_t *json, struct arena *arena, struct slice *ret_uuid)
{
    uint8_t octets[UUID_BYTES];
    if (!json_is_string(json) || !uuid_read(string_slice(json), octets))
        return false;
    *ret_uuid = arena_copy(arena, slice_over(octets, sizeof octets));
    return ret_uuid->at != NULL;
}

static bool read_texts(const struct claim_row *row, const json_t *json, struct arena *arena,
                       struct slices *ret_texts)
{
    size_t count = json_array_size(json);
    struct slices texts = {arena_array(arena, count, sizeof *texts.at), count};
    if (count == 0 || texts.at == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!read_text(row, json_array_get(json, i), arena, &texts.at[i]))
            return false;
    *ret_texts = texts;
    return true;
}

static bool read_number(const json_t *json, uint64_t *ret_number)
{
    json_int_t number = json_integer_value(json);
    if (!json_is_integer(json) || number < 1 || number > SCHEMA_MAX)
        return false;
    *ret_number = (uint64_t)number;
    return true;
}

static bool read_form(const struct claim_row *row, const json_t *json, struct arena *arena,
                      void *member)
{
    switch (row->form) {
    case FORM_TEXT:
        return read_text(row, json, arena, member);
    case FORM_UUID:
        return read_uuid(json, arena, member);
    case FORM_INSTANT:
        return json_is_string(json) && instant_read(string_slice(json), member);
    case FORM_DATE:
        return json_is_string(json) && date_read(string_slice(json), member);
    case FORM_NUMBER:
        return read_number(json, member);
    case FORM_BOOL:
        *(bool *)member = json_is_true(json);
        return json_is_boolean(json);
    case FORM_TEXTS:
        return read_texts(row, json, arena, member);
    }
    return false;
}

struct status claim_row_read(const struct claim_row *row, const json_t *json, struct arena *arena,
                             struct claims *claims, struct comity_fault *reterr)
{
    if (!read_form(row, json, arena, (char *)claims + row->offset))
        return fault_input(reterr, REFUSAL_SCHEMA, "%s: expected %s", row->path, row->wanted);
    claims->present |= 1U << row->claim;
    return OK;
}

static json_t *date_json(uint64_t unix_ms)
{
    char text[INSTANT_TEXT_BYTES];
    date_write(unix_ms, text);
    return json_string(text);
}

static json_t *uuid_json(struct slice octets)
{
    char text[UUID_TEXT_BYTES];
    uuid_write(octets, text);
    return json_string(text);
}

static json_t *form_json(const struct claim_row *row, const void *member)
{
    const struct slice *text = member;
    switch (row->form) {
    case FORM_TEXT:
        return text->at == NULL ? json_null() : leaf_json_text(*text);
    case FORM_UUID:
        return uuid_json(*text);
    case FORM_INSTANT:
        return leaf_json_instant(*(const uint64_t *)member);
    case FORM_DATE:
        return date_json(*(const uint64_t *)member);
    case FORM_NUMBER:
        return json_integer((json_int_t) * (const uint64_t *)member);
    case FORM_BOOL:
        return json_boolean(*(const bool *)member);
    case FORM_TEXTS:
        return leaf_json_texts(member);
    }
    return NULL;
}

void claim_rows_show(const struct claims *claims, bool document_only, claim_show *show, void *owner)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct claim_row *row = &rows[i];
        const void *member = (const char *)claims + row->offset;
        if (!claims_have(claims, row->claim) || (document_only && row->filled))
            continue;
        /* a tier without a basis: the document had no such key */
        if (member == &claims->transfer_basis && claims->transfer_basis.at == NULL)
            continue;
        show(owner, row->path, form_json(row, member));
    }
}
