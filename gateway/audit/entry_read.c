#include "audit/entry.h"

#include "message/shape.h"
#include "wire/frame.h"
#include "wire/names.h"

#define VERSION    1
#define COUNTS_MAX 32U
#define BASES_MAX  16U
#define WORD_BYTES 64U

static bool is_among(struct slice text, const char *const *words, size_t count)
{
    size_t i = 0;
    while (i < count && !slice_is(text, words[i]))
        i++;
    return i < count;
}

static bool is_op(struct slice text)
{
    static const char *const ops[] = {
        "COLLECT", "ALTER",   "CONSULT",    "DISCLOSE", "TRANSFER",      "COMBINE",    "ERASE",
        "HOLD",    "RELEASE", "BREAKGLASS", "OPERATE",  "POLICY_CHANGE", "KEY_CHANGE", "AUDIT_READ",
    };
    return is_among(text, ops, sizeof ops / sizeof ops[0]);
}

static bool is_level(struct slice text)
{
    static const char *const levels[] = {"clear",   "mask",    "generalise", "pseudonym",
                                         "summary", "compute", "stated",     "silent"};
    return is_among(text, levels, sizeof levels / sizeof levels[0]);
}

static bool is_word(struct slice text)
{
    return text.length > 0 && text.length <= WORD_BYTES;
}

/* The titles of rules, and what they rest on, are the law's own words. */
static bool is_any(struct slice text)
{
    (void)text;
    return true;
}

static const struct inner_field *fields_read(struct cbor_cursor *c, struct arena *a, bool closed,
                                             size_t *ret_count)
{
    size_t count = (size_t)cbor_array(c, 0, FIELDS_MAX);
    struct inner_field *fields = shape_room(c, a, count, sizeof *fields);
    for (size_t i = 0; i < count && cbor_ok(c); i++) {
        struct inner_field *f = &fields[i];
        cbor_array(c, 5, 5);
        f->path = shape_text(c, name_is_path);
        f->category = shape_text(c, name_is_code);
        f->level = shape_text(c, is_level);
        f->rule = shape_text(c, is_any);
        f->basis = shape_text(c, is_any);
        if (inner_is_closed(f->category) != closed ||
            (i > 0 && slice_compare(fields[i - 1].path, f->path) >= 0))
            cbor_fail(c);
    }
    *ret_count = count;
    return fields;
}

static const struct inner_count *silent_read(struct cbor_cursor *c, struct arena *a, bool closed,
                                             size_t *ret_count)
{
    size_t count = (size_t)cbor_array(c, 0, COUNTS_MAX);
    struct inner_count *silent = shape_room(c, a, count, sizeof *silent);
    for (size_t i = 0; i < count && cbor_ok(c); i++) {
        cbor_array(c, 2, 2);
        silent[i].category = shape_text(c, name_is_code);
        silent[i].count = shape_count(c);
        if (inner_is_closed(silent[i].category) != closed ||
            (i > 0 && slice_compare(silent[i - 1].category, silent[i].category) >= 0))
            cbor_fail(c);
    }
    *ret_count = count;
    return silent;
}

/* What both records begin with, but for their op and actor. */
static void decisions_read(struct cbor_cursor *c, struct arena *a, bool closed, struct inner *i)
{
    shape_key(c, INNER_FIELDS);
    i->fields = fields_read(c, a, closed, &i->field_count);
    shape_key(c, INNER_SILENT);
    i->silent = silent_read(c, a, closed, &i->silent_count);
}

static void actor_read(struct cbor_cursor *c, struct inner *i)
{
    shape_key(c, INNER_OP);
    i->op = shape_text(c, is_op);
    shape_key(c, INNER_ACTOR);
    cbor_array(c, 3, 3);
    i->actor = shape_text(c, name_is_party);
    i->officer = shape_text_or_null(c, is_word);
    i->function = shape_text_or_null(c, is_word);
}

static void subjects_read(struct cbor_cursor *c, struct arena *a, struct inner *i)
{
    shape_key(c, INNER_SUBJECTS);
    i->subjects = shape_hashes(c, a, FIELDS_MAX);
    if (cbor_ok(c) && !slices_ascending(i->subjects))
        cbor_fail(c);
    if (cbor_key(c, INNER_CASE))
        i->case_pseudonym = shape_hash(c);
    if (cbor_key(c, INNER_JUSTIFICATION))
        i->justification = shape_text(c, is_any);
}

static void grounds_read(struct cbor_cursor *c, struct arena *a, struct inner *i)
{
    shape_key(c, INNER_LEGAL_BASIS);
    cbor_array(c, 2, 2);
    i->instrument = shape_text_or_null(c, name_is_code);
    i->legal_basis = shape_texts(c, a, 0, BASES_MAX, name_is_basis);
    if (cbor_key(c, INNER_TRANSFER)) {
        cbor_array(c, 3, 3);
        i->tier = shape_text(c, name_is_code);
        i->transfer_basis = shape_text_or_null(c, name_is_code);
        i->transfer_by = shape_text_or_null(c, is_word);
    }
    if (cbor_key(c, INNER_GROUND))
        i->ground = shape_text(c, name_is_code);
}

static void rest_read(struct cbor_cursor *c, struct arena *a, struct inner *i,
                      struct slice *ret_closed)
{
    shape_key(c, INNER_APPROVALS);
    i->approvals = shape_hashes(c, a, APPROVALS_MAX);
    i->has_related = cbor_key(c, INNER_RELATED);
    if (i->has_related)
        i->related = shape_count(c);
    shape_key(c, INNER_CLOSED);
    *ret_closed = shape_hash(c);
    i->confidential = cbor_key(c, INNER_CONFIDENTIAL);
    if (i->confidential && !cbor_bool(c))
        cbor_fail(c);
}

static struct status record_begin(struct slice record, struct cbor_cursor *ret_cursor)
{
    struct status s = record.length > INNER_MAX_BYTES ? REFUSE(INNER_SHAPE) : cbor_scan(record);
    if (failed(s))
        return s;
    struct cbor_cursor c = cbor_over(record);
    (void)cbor_map(&c, UINT64_MAX);
    shape_key(&c, INNER_VERSION);
    cbor_uint(&c, VERSION, VERSION);
    *ret_cursor = c;
    return OK;
}

struct status inner_parse(struct arena *arena, struct slice record, struct inner *ret_inner,
                          struct slice *ret_closed)
{
    struct inner i = {0};
    struct cbor_cursor c;
    struct slice closed;
    struct status s = record_begin(record, &c);
    if (failed(s))
        return s;
    actor_read(&c, &i);
    decisions_read(&c, arena, false, &i);
    subjects_read(&c, arena, &i);
    grounds_read(&c, arena, &i);
    rest_read(&c, arena, &i, &closed);
    if (failed(s = shape_end(&c, REASON_INNER_SHAPE)))
        return s;
    *ret_inner = i;
    *ret_closed = closed;
    return OK;
}

struct status closed_parse(struct arena *arena, struct slice record, struct inner *ret_closed)
{
    struct inner i = {0};
    struct cbor_cursor c;
    struct status s = record_begin(record, &c);
    if (failed(s))
        return s;
    decisions_read(&c, arena, true, &i);
    if (cbor_key(&c, INNER_JUSTIFICATION))
        i.closed_justification = shape_text(&c, is_any);
    if (failed(s = shape_end(&c, REASON_INNER_SHAPE)))
        return s;
    *ret_closed = i;
    return OK;
}
