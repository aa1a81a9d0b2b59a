#include "comity/audit/watch.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/encoding.h"
#include "base/instant.h"

#define SHOWN_DIGITS  16
#define TENTHS        10
#define CRITICAL_FOLD 2 /* of the threshold */

/* ---- entry by entry ---- */

static struct watch_law *law_of(struct watching *w, struct slice digest, uint64_t index)
{
    struct watch_entries *e = &w->entries;
    for (size_t i = 0; i < e->law_count; i++)
        if (digest_equal(&e->laws[i].digest, digest))
            return &e->laws[i];
    if (e->law_count == WATCH_LAWS_MAX) {
        e->too_many_laws = true;
        return NULL;
    }
    e->laws[e->law_count] =
        (struct watch_law){.digest = digest_read(digest), .first = index, .first_log = w->walked};
    return &e->laws[e->law_count++];
}

/* A log's first entry says by which rulebook it begins; another one has an entry of its own. */
static void take_law(struct watching *w, const struct mirror_entry *entry)
{
    struct watch_entries *e = &w->entries;
    const struct outer *outer = &entry->opened.outer;
    struct watch_law *law = law_of(w, outer->rulebook, entry->index);
    if (law == NULL)
        return;
    law->count++;
    if (outer->kind == ENTRY_LAW || entry->index == 0)
        law->announced = true;
    if (outer->kind == ENTRY_LAW || outer->kind == ENTRY_START_STOP)
        e->in_force = law;
}

static void take_start_stop(struct watch_entries *e, const struct opened *opened)
{
    e->stopped = opened->has_inner && slice_is(opened->inner.justification, "stop");
    e->stopped_ms = opened->time_ms;
}

static void take_key(struct watching *w, const struct mirror_entry *entry)
{
    struct watch_entries *e = &w->entries;
    const struct slice words = entry->opened.inner.justification;
    e->keys++;
    e->last_key = entry->index;
    e->key_log = w->walked;
    snprintf(e->key_words, sizeof e->key_words, "%.*s",
             entry->opened.has_inner && words.length < sizeof e->key_words ? (int)words.length : 0,
             (const char *)words.at);
}

void watch_entry(struct watching *w, const struct mirror_entry *entry)
{
    struct watch_entries *e = &w->entries;
    const struct opened *opened = &entry->opened;
    /* each look at the openings makes an entry: whoever watches would see himself */
    if (opened->has_outer && opened->outer.kind == ENTRY_AUDITOR)
        return;
    volume_add(&e->volume, opened->time_ms);
    e->last_ms = opened->time_ms;
    if (!opened->has_outer)
        return;
    take_law(w, entry);
    if (opened->outer.kind == ENTRY_START_STOP)
        take_start_stop(e, opened);
    if (opened->outer.kind == ENTRY_KEY && opened->time_ms + WATCH_HISTORY_MS > w->now_ms)
        take_key(w, entry);
}

/* ---- rows ---- */

static void growth_row(struct watching *w)
{
    char since[INSTANT_TEXT_BYTES];
    const struct watch_entries *e = &w->entries;
    uint64_t quiet_ms = e->last_ms < w->now_ms ? w->now_ms - e->last_ms : 0;
    instant_write(e->stopped ? e->stopped_ms : e->last_ms, since);
    const struct check_limits limits = {CHECK_ABOVE, !e->stopped, w->quiet_ms / MS_PER_SECOND,
                                        CRITICAL_FOLD * w->quiet_ms / MS_PER_SECOND};
    struct check_row *row =
        e->last_ms == 0
            ? check_add(w->report, "growth", CHECKED_OK, "no entry but auditors' looks")
            : check_add(w->report, "growth", CHECKED_OK, "%s since %s",
                        e->stopped ? "stopped as planned" : "the last entry is there", since);
    if (e->last_ms != 0)
        check_figure(row, "since_last_entry", (int64_t)(quiet_ms / MS_PER_SECOND), "s", &limits);
    row->exit = COMITY_STALE;
}

static void volume_row(struct watching *w)
{
    const struct volume_verdict v = volume_judge(&w->entries.volume);
    const struct check_limits limits = {CHECK_ABOVE, v.judged, TENTHS * w->jump,
                                        TENTHS * w->jump * CRITICAL_FOLD};
    struct check_row *row =
        v.judged ? check_add(w->report, "volume", CHECKED_OK,
                             "%" PRIu64 " entries in the last period, usually %" PRIu64
                             " give or take %" PRIu64,
                             v.last, v.usual, v.spread)
                 : check_add(w->report, "volume", CHECKED_OK,
                             "%" PRIu64 " entries in the last period; too few periods before it "
                             "to say what is usual",
                             v.last);
    check_figure(row, "spread_tenths", (int64_t)v.tenths, "", &limits);
    row->exit = COMITY_VERIFY;
    row->more = json_pack("{s:I,s:I,s:I}", "last", (json_int_t)v.last, "usual", (json_int_t)v.usual,
                          "spread", (json_int_t)v.spread);
}

static void unknown_law_row(struct watching *w, const struct watch_law *law)
{
    char digits[2 * sizeof(struct digest) + 1], name[48];
    hex_write(digest_slice(&law->digest), digits);
    snprintf(name, sizeof name, "rulebook %.*s", SHOWN_DIGITS, digits);
    struct check_row *row = check_add(w->report, name, CHECKED_CRITICAL,
                                      "%" PRIu64 " entries, from %s%" PRIu64 " on, name a rulebook "
                                      "that no entry announced and the directory does not have",
                                      law->count, law->first_log, law->first);
    row->exit = COMITY_VERIFY;
    row->more = json_pack("{s:s,s:I,s:I}", "rulebook", digits, "first", (json_int_t)law->first,
                          "entries", (json_int_t)law->count);
}

static void laws_rows(struct watching *w)
{
    size_t unknown = 0;
    const struct watch_entries *e = &w->entries;
    const struct digest *own = &w->comity->rulebook->digest;
    for (size_t i = 0; i < e->law_count; i++) {
        if (e->laws[i].announced || digest_equal(own, digest_slice(&e->laws[i].digest)))
            continue;
        unknown_law_row(w, &e->laws[i]);
        unknown++;
    }
    if (e->too_many_laws)
        check_add(w->report, "rulebook", CHECKED_CRITICAL, "entries name more than %d rulebooks",
                  WATCH_LAWS_MAX)
            ->exit = COMITY_VERIFY;
    else if (unknown == 0)
        check_add(w->report, "rulebook", CHECKED_OK, "all of the %zu that entries name are known",
                  e->law_count);
    if (e->in_force != NULL && !digest_equal(own, digest_slice(&e->in_force->digest)))
        check_add(w->report, "law", CHECKED_WARNING,
                  "the gateway judges by another rulebook than this context has");
}

static void keys_row(struct watching *w)
{
    const struct watch_entries *e = &w->entries;
    if (e->keys == 0)
        check_add(w->report, "keys", CHECKED_OK, "no key or witness changed within a day");
    else
        check_add(w->report, "keys", CHECKED_WARNING,
                  "%" PRIu64 " entr%s about another key or witness within a day, the last is "
                  "%s%" PRIu64 ": %s",
                  e->keys, e->keys == 1 ? "y" : "ies", e->key_log, e->last_key, e->key_words);
}

void watch_entries_rows(struct watching *w)
{
    growth_row(w);
    volume_row(w);
    laws_rows(w);
    keys_row(w);
}
