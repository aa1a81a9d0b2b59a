#include <stdarg.h>
#include <stdio.h>

#include "base/instant.h"
#include "journal/secrecy.h"
#include "journal/store_content.h"
#include "journal/write_steps.h"

/* What is kept no longer: by itself when its time is over, and on order. One transaction takes as
 * much as the message path does not feel. */

#define RUN_ROWS  64
#define RUN_BYTES (1U << 20) /* of ciphertext, which is overwritten; one message may be more */

/* An entry that says what was done; its sentence lives in the arena. */
struct account {
    enum entry_kind kind;
    const char *op;
    struct slice what;
    bool is_about; /* an entry, whose index follows */
    uint64_t about;
    bool is_secret; /* as what it is about */
};

static struct status account_append(struct writing *w, struct item *item,
                                    const struct account *account)
{
    struct outer outer = item->posting.outer;
    struct inner inner = item->posting.inner;
    const struct addition addition = {.outer = &outer, .inner = &inner};
    outer.kind = account->kind;
    outer.gateway = w->gateway;
    inner.op = slice_text(account->op);
    inner.actor = w->gateway;
    inner.justification = account->what;
    inner.has_related = account->is_about;
    inner.related = account->about;
    inner.confidential = account->is_secret;
    return account->what.at == NULL ? FAIL(MEMORY) : entry_append(w, item, &addition);
}

[[gnu::format(printf, 2, 3)]] static struct slice sentence(struct arena *arena, const char *format,
                                                           ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t most = length < 0 ? 0 : (size_t)length;
    return arena_copy(arena, slice_over(text, most < sizeof text ? most : sizeof text - 1));
}

/* ---- by itself ---- */

/* Some of those that are due; what is left is for the next run. */
static struct status some_erase(struct writing *w, const struct erasable *rows, size_t count,
                                size_t *ret_erased)
{
    uint64_t bytes = 0;
    size_t done = 0;
    struct status s = OK;
    while (!failed(s) && done < count && (done == 0 || bytes + rows[done].bytes <= RUN_BYTES)) {
        s = store_message_erase(w->store, rows[done].message);
        bytes += rows[done++].bytes;
    }
    *ret_erased = done;
    return s;
}

/* One entry for all of a run, or it would never end. */
static struct status openings_over_write(struct writing *w, struct item *item, uint64_t now_ms)
{
    char last[INSTANT_TEXT_BYTES];
    struct openings_run run;
    struct status s = openings_retain(w, now_ms, &run);
    w->has_erasable = !failed(s) && run.more;
    if (failed(s) || run.erased == 0)
        return s;
    instant_write(run.last_ms, last);
    const struct account account = {
        .kind = ENTRY_ERASURE,
        .op = "ERASE",
        .what = sentence(item->arena,
                         "RETENTION: openings of %zu entries, the last of them of %s; kept for"
                         " %llu days",
                         run.erased, last, w->openings_ms / MS_PER_DAY),
    };
    return account_append(w, item, &account);
}

/* By the log's clock, which never falls: one that is put back revives nothing. Openings go when no
 * body is due. */
static struct status retention_write(struct writing *w, struct item *item)
{
    struct erasable rows[RUN_ROWS];
    size_t count = 0, erased = 0;
    uint64_t now_ms = entry_time(w, &item->posting);
    struct status s = store_erasable(w->store, now_ms, RUN_ROWS, rows, &count);
    if (!failed(s))
        s = some_erase(w, rows, count, &erased);
    if (!failed(s) && erased == 0)
        return openings_over_write(w, item, now_ms);
    w->has_erasable = !failed(s);
    if (failed(s))
        return s;
    const struct account account = {
        .kind = ENTRY_ERASURE,
        .op = "ERASE",
        .what = sentence(item->arena,
                         "RETENTION: bodies of %zu messages; kept for %llu hours after they were"
                         " accepted, or no longer than their claims allow",
                         erased, w->bodies_ms / (60 * MS_PER_MINUTE)),
    };
    return account_append(w, item, &account);
}

/* ---- on order ---- */

/* What the entry of an order says. */
struct order {
    const char *what;
    enum entry_kind kind;
    const uint64_t *about; /* an entry; NULL: none, for it could lead back to somebody */
    bool is_secret;
};

static struct status ordered_append(struct writing *w, struct item *item, const struct order *order)
{
    const struct slice ground = item->posting.erasure.ground;
    const struct account account = {
        .kind = order->kind,
        .op = order->kind == ENTRY_ERASURE ? "ERASE" : "OPERATE",
        .what = sentence(item->arena, "%s; %.*s", order->what, (int)ground.length,
                         (const char *)ground.at),
        .is_about = order->about != NULL,
        .about = order->about == NULL ? 0 : *order->about,
        .is_secret = order->is_secret,
    };
    return account_append(w, item, &account);
}

static struct status is_secret(struct writing *w, struct item *item, const struct entry_row *entry,
                               bool *ret_secret)
{
    const struct secrecy by = {w->store, w->keyring, item->arena};
    struct status s = secrecy_of(&by, entry, NULL, ret_secret);
    if (s.code != CODE_CRYPTO)
        return s;
    *ret_secret = true; /* it cannot be read: it can be known as little as where it is erased */
    return OK;
}

/* An order about a message, by its decision in force. */
static struct status ordered_append_message(struct writing *w, struct item *item, const char *what,
                                            enum entry_kind kind, const struct message_row *row)
{
    struct entry_row entry;
    struct order order = {.what = what, .kind = kind, .about = &row->entry};
    struct status s = store_entry(w->store, item->arena, row->entry, &entry);
    if (!failed(s))
        s = is_secret(w, item, &entry, &order.is_secret);
    return failed(s) ? s : ordered_append(w, item, &order);
}

/* ABSENT also where the octets are gone. */
static struct status kept_find(struct writing *w, struct item *item, struct message_row *ret_row,
                               bool *ret_held)
{
    struct status s = store_message(w->store, item->arena, &item->posting.key, ret_row);
    return failed(s) ? s : store_kept(w->store, ret_row->number, ret_held);
}

static struct status order_message(struct writing *w, struct item *item)
{
    struct message_row row;
    bool is_held = false;
    struct status s = kept_find(w, item, &row, &is_held);
    if (failed(s))
        return s;
    if (is_held)
        return REFUSE(ERASURE_HELD);
    s = store_message_erase(w->store, row.number);
    return failed(s)
               ? s
               : ordered_append_message(w, item, "ORDER: body of one message", ENTRY_ERASURE, &row);
}

static struct status hold_set(struct writing *w, struct item *item, bool held)
{
    struct message_row row;
    bool is_held = false;
    struct status s = kept_find(w, item, &row, &is_held);
    if (failed(s))
        return s;
    if (is_held == held)
        return FAIL(ABSENT);
    s = store_keep_hold(w->store, row.number, held);
    return failed(s)
               ? s
               : ordered_append_message(w, item,
                                        held ? "HOLD: one message is not erased"
                                             : "LIFT: one message is erased in its time again",
                                        ENTRY_OPERATOR, &row);
}

static struct status order_hold(struct writing *w, struct item *item)
{
    return hold_set(w, item, true);
}

static struct status order_lift(struct writing *w, struct item *item)
{
    return hold_set(w, item, false);
}

/* What the gateway itself has done must stay readable: it names nobody. */
static bool is_account(enum entry_kind kind)
{
    static const bool rows[] = {
        [ENTRY_LAW] = true,        [ENTRY_KEY] = true,      [ENTRY_ERASURE] = true,
        [ENTRY_START_STOP] = true, [ENTRY_OPERATOR] = true, [ENTRY_AUDITOR] = true,
    };
    return (size_t)kind < sizeof rows / sizeof rows[0] && rows[kind];
}

static struct status order_entry(struct writing *w, struct item *item)
{
    struct entry_row entry;
    const uint64_t index = entry_meant(entry_next(w), item->posting.erasure.entry);
    struct status s = store_entry(w->store, item->arena, index, &entry);
    if (failed(s))
        return s;
    if (entry.wrapped.at == NULL)
        return FAIL(ABSENT);
    if (is_account(entry.kind))
        return REFUSE(ERASURE_NEEDED);
    const struct with_openings opened = {index, 0, entry.about, entry.message};
    if (failed(s = openings_allow(w, item->arena, &opened)))
        return s;
    struct order order = {
        .what = "ORDER: openings of one entry", .kind = ENTRY_ERASURE, .about = &index};
    if (failed(s = is_secret(w, item, &entry, &order.is_secret)) ||
        failed(s = store_entry_erase(w->store, index)))
        return s;
    return ordered_append(w, item, &order);
}

static struct status order_person(struct writing *w, struct item *item)
{
    struct slice wrapped, place = item->posting.person;
    struct status s = store_person(w->store, item->arena, place, &wrapped);
    if (!failed(s))
        s = store_person_erase(w->store, place);
    const struct order order = {.what = "ORDER: key of one person in a case",
                                .kind = ENTRY_ERASURE};
    return failed(s) ? s : ordered_append(w, item, &order);
}

typedef struct status erasure_act_write(struct writing *w, struct item *item);

static erasure_act_write *const acts[ERASURE_ACTS] = {
    [ERASURE_RETENTION] = retention_write, [ERASURE_MESSAGE] = order_message,
    [ERASURE_ENTRY] = order_entry,         [ERASURE_HOLD] = order_hold,
    [ERASURE_LIFT] = order_lift,           [ERASURE_PERSON] = order_person,
};

struct status erasure_write(struct writing *w, struct item *item)
{
    return acts[item->posting.erasure.act](w, item);
}
