/* Figures of a mirror, editions of them, and what was published before. */

#include "comity/statistics/edition.h"
#include "comity/statistics/report.h"

#include <stdio.h>
#include <string.h>

#include "made_mirror.h"
#include "support/check.h"
#include "support/folder.h"

#define ARENA_BYTES (16U << 20)
#define DAY_MS      86400000ULL
#define SEPTEMBER   MADE_BEGAN_MS /* the 21st of 2026 */
#define OCTOBER     (SEPTEMBER + 15 * DAY_MS)
#define NOVEMBER    (SEPTEMBER + 45 * DAY_MS)

static uint8_t octets[32];

struct desk {
    char dir[128]; /* the gateway's, with the mirror of its log */
    struct arena *arena;
    struct mirror *mirror;
    struct statistics x;
};

static void begin(struct desk *d)
{
    char path[160];
    *d = (struct desk){.arena = arena_new(ARENA_BYTES)};
    snprintf(d->dir, sizeof d->dir, "%s", fresh_folder());
    snprintf(path, sizeof path, "%s/2026", d->dir);
    d->mirror = made_mirror(path);
    CHECK(d->arena != NULL);
}

static void end(struct desk *d)
{
    mirror_close(d->mirror);
    arena_free(d->arena);
}

/* A message's decision. */
static struct outer outer_of(enum entry_kind kind, const char *from, const char *to,
                             const char *type)
{
    static uint8_t id[16] = {[6] = 0x40, [8] = 0x80};
    return (struct outer){.kind = kind,
                          .stage = kind == ENTRY_REFUSAL ? STAGE_REJECTED : STAGE_NONE,
                          .hop = 1,
                          .gateway = slice_text(MADE_GATEWAY),
                          .id = slice_over(id, sizeof id),
                          .from = slice_text(from),
                          .to = slice_text(to),
                          .type = slice_text(type),
                          .purpose = slice_text("EVIDENCE"),
                          .seal = slice_over(octets, sizeof octets),
                          .rulebook = slice_over(octets, sizeof octets)};
}

static const struct inner_field fields[] = {
    {{(const uint8_t *)"facts", 5},
     {(const uint8_t *)"CRM", 3},
     {(const uint8_t *)"silent", 6},
     {(const uint8_t *)"r", 1},
     {(const uint8_t *)"b", 1}},
    {{(const uint8_t *)"persons/~9f3c20aa17b04e55/dob", 29},
     {(const uint8_t *)"ID", 2},
     {(const uint8_t *)"generalise", 10},
     {(const uint8_t *)"r", 1},
     {(const uint8_t *)"b", 1}},
    {{(const uint8_t *)"persons/~9f3c20aa17b04e55/name/family", 37},
     {(const uint8_t *)"ID", 2},
     {(const uint8_t *)"clear", 5},
     {(const uint8_t *)"r", 1},
     {(const uint8_t *)"b", 1}},
};

static struct inner inner_of(void)
{
    return (struct inner){.op = slice_text("DISCLOSE"),
                          .actor = slice_text("XA-CA-01"),
                          .fields = fields,
                          .field_count = sizeof fields / sizeof fields[0],
                          .instrument = slice_text("UNTOC18")};
}

static void put(struct desk *d, uint64_t at_ms, const struct outer *outer,
                const struct inner *inner, size_t count)
{
    CHECK_OK(mirror_begin(d->mirror));
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_new(ARENA_BYTES);
        const struct opened_entry row =
            made_row(arena, mirror_count(d->mirror), at_ms, outer, inner);
        CHECK_OK(mirror_put(d->mirror, &row));
        arena_free(arena);
    }
    CHECK_OK(mirror_commit(d->mirror));
    made_keep(d->mirror);
}

static void put_requests(struct desk *d, uint64_t at_ms, size_t count)
{
    const struct outer outer = outer_of(ENTRY_DISCLOSURE, "XA-CA-01", "XC-CA-01", "mla.request");
    const struct inner inner = inner_of();
    put(d, at_ms, &outer, &inner, count);
}

static void gather_from(struct desk *d, uint64_t from_ms, bool publishes)
{
    char error[MIRROR_ERROR_BYTES];
    struct series *series = NULL;
    if (!CHECK_OK(series_open(d->dir, error, &series)))
        return;
    CHECK_OK(statistics_gather(series, d->arena, from_ms, 0, publishes, &d->x));
    series_close(series);
}

static void gather(struct desk *d, bool publishes)
{
    gather_from(d, 0, publishes);
}

/* 0 for a row that is not there. */
static uint64_t counted(const struct desk *d, enum statistic statistic, const char *key,
                        size_t month)
{
    const struct tally *t = &d->x.tallies[statistic];
    for (size_t i = 0; i < t->count; i++)
        if (slice_is(t->rows[i].key, key))
            return t->rows[i].counts[month];
    return 0;
}

/* ---- counting ---- */

static void each_month_has_its_counts(void)
{
    struct desk d;
    begin(&d);
    put_requests(&d, SEPTEMBER, 3);
    put_requests(&d, NOVEMBER, 2);
    gather(&d, false);
    CHECK_U64(d.x.months, 3);
    CHECK_U64(counted(&d, STATISTIC_PAIR, "XA-CA-01 > XC-CA-01", 0), 3);
    CHECK_U64(counted(&d, STATISTIC_PAIR, "XA-CA-01 > XC-CA-01", 1), 0);
    CHECK_U64(counted(&d, STATISTIC_PAIR, "XA-CA-01 > XC-CA-01", 2), 2);
    CHECK_U64(counted(&d, STATISTIC_CATEGORY, "ID", 0), 3);
    CHECK_U64(counted(&d, STATISTIC_CATEGORY, "CRM", 0), 0); /* nothing of it was shown */
    CHECK_U64(counted(&d, STATISTIC_LEVEL, "silent", 0), 3);
    CHECK_U64(counted(&d, STATISTIC_FIELD, "persons/name/family clear", 2), 2);
    CHECK_U64(counted(&d, STATISTIC_TRANSFER, "(none)", 0), 3);
    gather_from(&d, OCTOBER, false);
    CHECK_U64(d.x.months, 2);
    CHECK_U64(counted(&d, STATISTIC_KIND, "disclosure", 1), 2);
    end(&d);
}

#define NEXT_ORIGIN "xa-gw-01.comity.example/audit/2027"

/* From now on what is put is of the next year's log. */
static void go_on(struct desk *d)
{
    char path[160];
    snprintf(path, sizeof path, "%s/2027", d->dir);
    mirror_close(d->mirror);
    d->mirror = made_log(path, NEXT_ORIGIN, MADE_ORIGIN);
    made_start(d->mirror, "start; succeeds " MADE_ORIGIN ", which ended at 4 root "
                          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
}

static void two_years_are_counted_as_one(void)
{
    struct desk d;
    begin(&d);
    put_requests(&d, SEPTEMBER, 3);
    const struct outer hold = outer_of(ENTRY_HOLD, "XA-CA-01", "XC-CA-01", "mla.request");
    struct inner inner = inner_of();
    put(&d, SEPTEMBER, &hold, &inner, 1);
    go_on(&d);
    put_requests(&d, NOVEMBER, 2);
    inner.has_related = true; /* the hold of the year before, decided again */
    inner.related = (UINT64_C(1) << SERIES_SPAN_BITS) + 3;
    put(&d, NOVEMBER, &hold, &inner, 1);
    gather(&d, false);
    CHECK_U64(d.x.months, 3);
    CHECK_U64(counted(&d, STATISTIC_PAIR, "XA-CA-01 > XC-CA-01", 0), 3);
    CHECK_U64(counted(&d, STATISTIC_PAIR, "XA-CA-01 > XC-CA-01", 2), 2);
    CHECK_U64(counted(&d, STATISTIC_OUTCOME, "held", 0), 1);
    CHECK_U64(counted(&d, STATISTIC_OUTCOME, "held", 2), 0);
    end(&d);
}

/* One log cannot begin before the one that it goes on from ended, but a mirror can be given it. */
static void a_year_that_begins_before_the_last_one_is_refused(void)
{
    for (size_t more = 0; more < 2; more++) {
        char error[MIRROR_ERROR_BYTES];
        struct series *series = NULL;
        struct desk d;
        begin(&d);
        put_requests(&d, OCTOBER, 3);
        put_requests(&d, NOVEMBER, 3);
        go_on(&d); /* in September */
        put_requests(&d, NOVEMBER, more);
        CHECK_OK(series_open(d.dir, error, &series));
        CHECK_STATUS(statistics_gather(series, d.arena, 0, 0, false, &d.x), REFUSE(CONSISTENCY));
        series_close(series);
        end(&d);
    }
}

static void a_message_decided_again_counts_once(void)
{
    struct desk d;
    begin(&d);
    const struct outer hold = outer_of(ENTRY_HOLD, "XA-CA-01", "XC-CA-01", "mla.request");
    const struct outer sent = outer_of(ENTRY_DISCLOSURE, "XA-CA-01", "XC-CA-01", "mla.request");
    struct inner inner = inner_of();
    put(&d, SEPTEMBER, &hold, &inner, 1);
    inner.has_related = true; /* lifted, then decided again */
    put(&d, SEPTEMBER, &sent, &inner, 1);
    inner.related = 1;
    put(&d, SEPTEMBER, &sent, &inner, 1);
    gather(&d, false);
    CHECK_U64(counted(&d, STATISTIC_OUTCOME, "held", 0), 1);
    CHECK_U64(counted(&d, STATISTIC_OUTCOME, "disclosed", 0), 1);
    CHECK_U64(counted(&d, STATISTIC_KIND, "disclosure", 0), 2);
    end(&d);
}

static void requests_without_anything_back_are_counted(void)
{
    struct desk d;
    begin(&d);
    const struct outer back = outer_of(ENTRY_DISCLOSURE, "XC-CA-01", "XA-CA-01", "mla.result");
    const struct outer other = outer_of(ENTRY_DISCLOSURE, "XC-CA-01", "XA-CA-01", "pol.reply");
    const struct inner inner = inner_of();
    put(&d, SEPTEMBER, &back, &inner, 1); /* before: no answer to what comes later */
    put_requests(&d, SEPTEMBER, 3);
    put(&d, OCTOBER, &back, &inner, 1);
    put(&d, OCTOBER, &other, &inner, 1);
    gather(&d, false);
    const struct request_row *r = &d.x.requests[0];
    CHECK_BYTES(r->key, slice_text("XA-CA-01 > XC-CA-01 mla"));
    CHECK_U64(r->sent, 3);
    CHECK_U64(r->back, 2);
    CHECK_U64(r->open, 2);
    end(&d);
}

static void what_is_unusual_is_said(void)
{
    struct desk d;
    begin(&d);
    put_requests(&d, SEPTEMBER, 4);
    put_requests(&d, OCTOBER, 30);
    put_requests(&d, NOVEMBER, 28);
    gather(&d, false);
    json_t *report = statistics_report(&d.x);
    const json_t *unusual = json_object_get(report, "unusual");
    size_t found = 0;
    for (size_t i = 0; i < json_array_size(unusual); i++) {
        const json_t *u = json_array_get(unusual, i);
        CHECK_TEXT(json_string_value(json_object_get(u, "period")), "2026-10");
        found += strcmp(json_string_value(json_object_get(u, "table")), "pair") == 0;
    }
    CHECK_U64(found, 1);
    json_decref(report);
    end(&d);
}

/* ---- editions ---- */

static const struct edition_rules of_ten = {.k = EDITION_K};

static json_t *edition_of(struct desk *d)
{
    json_t *edition = NULL;
    gather(d, true);
    CHECK_OK(edition_make(&d->x, &of_ten, &edition));
    return edition;
}

static const json_t *table_of(const json_t *edition, const char *name)
{
    const json_t *tables = json_object_get(edition, "tables");
    for (size_t i = 0; i < json_array_size(tables); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(tables, i), "name")), name) ==
            0)
            return json_array_get(tables, i);
    return NULL;
}

static void asylum_and_what_is_confidential_are_in_no_edition(void)
{
    struct desk d;
    begin(&d);
    put_requests(&d, SEPTEMBER, 12);
    struct outer asylum = outer_of(ENTRY_DISCLOSURE, "XA-CA-01", "XC-CA-01", "mla.request");
    const struct outer role = outer_of(ENTRY_DISCLOSURE, "XA-ASY-01", "XC-CA-01", "mla.request");
    const struct outer plain = outer_of(ENTRY_DISCLOSURE, "XA-CA-01", "XC-CA-01", "mla.request");
    struct inner inner = inner_of();
    asylum.purpose = slice_text("ASYLUM");
    put(&d, SEPTEMBER, &asylum, &inner, 20);
    put(&d, SEPTEMBER, &role, &inner, 20);
    inner.confidential = true;
    put(&d, SEPTEMBER, &plain, &inner, 20);
    json_t *edition = edition_of(&d);
    CHECK_U64(d.x.left_out, 60);
    CHECK_U64((uint64_t)json_integer_value(json_object_get(table_of(edition, "states"), "total")),
              12);
    json_decref(edition);
    end(&d);
}

static void a_short_month_stands_in_a_longer_period(void)
{
    struct desk d;
    begin(&d);
    put_requests(&d, SEPTEMBER, 4);
    put_requests(&d, OCTOBER, 20);
    json_t *edition = edition_of(&d);
    const json_t *periods = json_object_get(table_of(edition, "states"), "periods");
    CHECK_U64(json_array_size(periods), 1);
    CHECK_TEXT(json_string_value(json_array_get(periods, 0)), "2026-09..2026-10");
    json_decref(edition);
    end(&d);
}

static void what_is_too_little_is_not_published(void)
{
    struct desk d;
    begin(&d);
    put_requests(&d, SEPTEMBER, 9);
    json_t *edition = edition_of(&d);
    CHECK(table_of(edition, "states") == NULL);
    CHECK(json_array_size(json_object_get(edition, "unpublished")) > 0);
    json_decref(edition);
    end(&d);
}

/* ---- what was published before ---- */

/* Of months, with one table of one row; its cells as JSON. */
static json_t *made(const char *from, const char *last, const char *counts)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"from\":\"%s\",\"last\":\"%s\",\"k\":10,\"rounded\":false,\"tables\":[{\"name\":"
             "\"states\",\"rows\":[{\"key\":\"XA > XC\",\"counts\":[%s]}]}],\"unpublished\":[]}",
             from, last, counts);
    json_t *edition = json_loads(text, 0, NULL);
    CHECK(edition != NULL);
    return edition;
}

static enum comity_exit kept(const char *folder, json_t *edition, struct comity_fault *reterr)
{
    enum comity_exit exit = edition_keep(folder, edition, true, reterr);
    json_decref(edition);
    return exit;
}

static void each_month_is_published_once(void)
{
    static const struct {
        const char *from, *last, *counts;
        enum comity_exit exit;
    } editions[] = {
        {"2026-07", "2026-09", "20,\"-\",\"<10\"", COMITY_DONE},
        {"2026-07", "2026-09", "20,\"-\",\"<10\"", COMITY_DONE}, /* the very same */
        {"2026-07", "2026-09", "20,\"-\",12", COMITY_REFUSED},
        {"2026-07", "2026-10", "20,\"-\",\"<10\",40", COMITY_REFUSED},
        {"2026-06", "2026-07", "20,20", COMITY_REFUSED},
        {"2026-08", "2026-08", "\"-\"", COMITY_REFUSED},
        {"2026-10", "2026-12", "20,30,40", COMITY_DONE},
        {"2025-01", "2026-06", "20", COMITY_DONE},
        {"2024-12", "2027-01", "20", COMITY_REFUSED},
        {"2027-01", "2027-01", "20", COMITY_DONE},
    };
    struct comity_fault fault;
    const char *folder = fresh_folder();
    for (size_t i = 0; i < sizeof editions / sizeof editions[0]; i++)
        CHECK_U64(
            kept(folder, made(editions[i].from, editions[i].last, editions[i].counts), &fault),
            editions[i].exit);
    CHECK(strstr(fault.message, "edition 000") != NULL);
}

/* What is hidden under one rule may be shown, or bounded, under another. */
static void no_month_is_published_under_two_rules(void)
{
    struct comity_fault fault;
    const char *folder = fresh_folder();
    CHECK_U64(kept(folder, made("2026-09", "2026-09", "20"), &fault), COMITY_DONE);
    json_t *rounded = made("2026-09", "2026-09", "20"), *of_thirty = json_deep_copy(rounded);
    json_object_set_new(rounded, "rounded", json_true());
    json_object_set_new(of_thirty, "k", json_integer(30));
    CHECK_U64(kept(folder, rounded, &fault), COMITY_REFUSED);
    CHECK_U64(kept(folder, of_thirty, &fault), COMITY_REFUSED);
}

static void an_earlier_edition_that_cannot_be_read_allows_none(void)
{
    struct comity_fault fault;
    char path[512];
    const char *folder = fresh_folder();
    static const char *const wrong[] = {"{", "{}", "{\"from\":\"2026-09\"}",
                                        "{\"from\":\"2026-09\",\"last\":9}",
                                        "{\"from\":\"2026\",\"last\":\"2026-09\"}"};
    snprintf(path, sizeof path, "%s/0007.json", folder);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        FILE *f = fopen(path, "w");
        CHECK(f != NULL && fputs(wrong[i], f) >= 0 && fclose(f) == 0);
        CHECK_U64(kept(folder, made("2026-09", "2026-09", "20"), &fault), COMITY_FAILED);
    }
}

TESTS(clients_statistics, {"each month has its counts", each_month_has_its_counts},
      {"two years are counted as one", two_years_are_counted_as_one},
      {"a year that begins before the last one is refused",
       a_year_that_begins_before_the_last_one_is_refused},
      {"a message decided again counts once", a_message_decided_again_counts_once},
      {"requests without anything back are counted", requests_without_anything_back_are_counted},
      {"what is unusual is said", what_is_unusual_is_said},
      {"asylum and what is confidential are in no edition",
       asylum_and_what_is_confidential_are_in_no_edition},
      {"a short month stands in a longer period", a_short_month_stands_in_a_longer_period},
      {"what is too little is not published", what_is_too_little_is_not_published},
      {"each month is published once", each_month_is_published_once},
      {"no month is published under two rules", no_month_is_published_under_two_rules},
      {"an earlier edition that cannot be read allows none",
       an_earlier_edition_that_cannot_be_read_allows_none})
