#include "support/check.h"

#include <stdio.h>

#include "said.h"

/* The time that is looked at: so far ahead of the end, and then so far. */
struct ahead {
    uint64_t from, until;
};

/* How often something is said while the end of a list comes nearer, hour by hour. */
static unsigned list_said_ahead(uint64_t life, struct ahead ahead)
{
    struct watch w = {.alarms = said_begin()};
    struct tls_until u = {.state = "XC", .until_ms = said_at(100 * DAY).wall_ms};
    u.from_ms = u.until_ms - life;
    for (uint64_t left = ahead.from; left > ahead.until; left -= HOUR / 2) {
        watch_list(&w, &u, "k", said_at(100 * DAY - left));
        alarms_settle(w.alarms, said_at(100 * DAY - left));
    }
    unsigned count = said_times("expire");
    alarms_free(w.alarms);
    return count;
}

/* The same for everything else that ends. */
static unsigned said_ahead(enum watch_end kind, struct ahead ahead, const char *text)
{
    struct watch w = {.alarms = said_begin()};
    for (uint64_t left = ahead.from; left > ahead.until; left -= HOUR / 2) {
        watch_end(&w, kind, "XC-GW-01", said_at(100 * DAY).wall_ms, said_at(100 * DAY - left));
        alarms_settle(w.alarms, said_at(100 * DAY - left));
    }
    unsigned count = said_times(text);
    alarms_free(w.alarms);
    return count;
}

static const uint64_t days[] = {30, 14, 7, 1};

static void a_list_that_ends_is_said_thirty_fourteen_seven_days_and_one_day_ahead(void)
{
    for (unsigned i = 0; i < 4; i++) {
        uint64_t at_last = days[i] * DAY;
        CHECK_U64(list_said_ahead(60 * DAY, (struct ahead){40 * DAY, at_last}) == 0, i == 0);
        CHECK_U64(list_said_ahead(60 * DAY, (struct ahead){at_last, at_last - HOUR / 2}), 1);
        /* half an hour after the line that was due: only because another threshold was passed */
        CHECK_U64(list_said_ahead(60 * DAY, (struct ahead){at_last + HOUR / 2, at_last - HOUR / 2}),
                  i == 0 ? 1 : 2);
    }
}

static void whatever_ends_is_said_thirty_fourteen_seven_days_and_one_day_ahead(void)
{
    static const struct {
        enum watch_end kind;
        const char *event, *text;
    } rows[] = {
        {ENDS_OWN, "alarm.certificate_", "the certificate of XC-GW-01 end"},
        {ENDS_CA, "alarm.authority_", "the certificate of a CA of XC-GW-01 end"},
        {ENDS_LISTED_CA, "alarm.listed_authority_",
         "the last CA certificate that the directory lists of XC-GW-01 end"},
        {ENDS_LOG, "alarm.log_", "the last log that the directory lists of XC-GW-01 end"},
        {ENDS_PEER, "alarm.peer_certificate_", "the certificate on the links of XC-GW-01 end"},
        {ENDS_SEALING, "alarm.sealing_",
         "the last sealing certificate that the directory lists of XC-GW-01 end"},
        {ENDS_ENCRYPTION, "alarm.encryption_",
         "the last encryption certificate that the directory lists of XC-GW-01 end"},
        {ENDS_FOREIGN_SEALING, "alarm.sealing_",
         "the last sealing certificate that the directory lists of XC-GW-01 end"},
        {ENDS_FOREIGN_ENCRYPTION, "alarm.encryption_",
         "the last encryption certificate that the directory lists of XC-GW-01 end"},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char line[128];
        for (unsigned i = 0; i < 4; i++) {
            uint64_t at_last = days[i] * DAY;
            snprintf(line, sizeof line, "%sexpires\"", rows[r].event);
            CHECK_U64(said_ahead(rows[r].kind, (struct ahead){40 * DAY, at_last}, line) == 0,
                      i == 0);
            CHECK_U64(said_ahead(rows[r].kind, (struct ahead){at_last, at_last - HOUR / 2}, line),
                      1);
            CHECK_U64(
                said_ahead(rows[r].kind, (struct ahead){at_last, at_last - HOUR / 2}, rows[r].text),
                1);
            CHECK_U64(said_ahead(rows[r].kind,
                                 (struct ahead){at_last + HOUR / 2, at_last - HOUR / 2}, line),
                      i == 0 ? 1 : 2);
        }
        snprintf(line, sizeof line, "\"level\":\"alarm\",\"event\":\"%sexpired\"", rows[r].event);
        struct watch w = {.alarms = said_begin()};
        watch_end(&w, rows[r].kind, "XC-GW-01", said_at(0).wall_ms, said_at(0));
        CHECK_U64(said_times(line), 1);
        alarms_free(w.alarms);
    }
}

static void a_list_for_a_week_is_no_concern_a_week_ahead(void)
{
    CHECK_U64(list_said_ahead(7 * DAY, (struct ahead){7 * DAY, 3 * DAY}), 0);
    CHECK_U64(list_said_ahead(7 * DAY, (struct ahead){3 * DAY, 3 * DAY - HOUR / 2}), 1);
    CHECK_U64(list_said_ahead(14 * DAY, (struct ahead){14 * DAY, 7 * DAY}), 0);
    CHECK_U64(list_said_ahead(14 * DAY, (struct ahead){7 * DAY, 7 * DAY - HOUR / 2}), 1);
    CHECK_U64(list_said_ahead(1 * DAY, (struct ahead){1 * DAY, 1 * DAY - HOUR / 2}), 1);
}

/* ---- the directory ---- */

/* A gateway's logs that end after so many days; how often that is said, with this text. */
static unsigned logs_said(const struct log_row *logs, size_t count, const char *text)
{
    struct gateway_row gateway = {.id = slice_text("XC-GW-01")};
    struct log_row own[3];
    for (size_t i = 0; i < count; i++)
        own[i] = logs[i];
    gateway.logs = own;
    gateway.log_count = count;
    const struct directory d = {.gateways = &gateway, .gateway_count = 1};
    struct watch w = {.alarms = said_begin()};
    watch_directory(&w, &d, "XA-GW-01", said_at(100 * DAY));
    unsigned found = said_times(text);
    alarms_free(w.alarms);
    return found;
}

static void of_logs_that_follow_each_other_the_last_one_counts(void)
{
    const uint64_t now = said_at(100 * DAY).wall_ms;
    const struct log_row soon = {.from_ms = now - DAY, .until_ms = now + 5 * DAY},
                         next = {.from_ms = now + 4 * DAY, .until_ms = now + 90 * DAY},
                         late = {.from_ms = now + 6 * DAY, .until_ms = now + 90 * DAY},
                         over = {.from_ms = now - 9 * DAY, .until_ms = now - 3 * DAY};
    const struct log_row one[] = {soon}, followed[] = {next, over, soon}, gap[] = {soon, late},
                         ended[] = {over}, none[] = {late}, unending[] = {{.until_ms = UINT64_MAX}};
    CHECK_U64(logs_said(one, 1, "alarm.log_expires"), 1);
    CHECK_U64(logs_said(followed, 3, "alarm."), 0);
    CHECK_U64(logs_said(gap, 2, "alarm.log_expires"), 1);
    CHECK_U64(logs_said(ended, 1, "alarm.log_expired"), 1);
    CHECK_U64(logs_said(none, 1, "alarm."), 0);
    CHECK_U64(logs_said(unending, 1, "alarm."), 0);
}

/* A certificate of the demo's, listed for as long as the row says and it holds. */
static void certificates_of_the_directory_are_watched(void)
{
    struct certificate *certificate = NULL;
    uint64_t from_ms = 0, until_ms = 0;
    CHECK_OK(certificate_load(pki("XA/parties/XA-CA-01/seal.crt"), &certificate));
    certificate_validity(certificate, &from_ms, &until_ms);
    struct dated_certificate row = {certificate, 0, UINT64_MAX};
    struct party parties[] = {
        {.id = slice_text("XA-CA-01"), .home = slice_text("XA-GW-01"), .sealing = {&row, 1}},
        {.id = slice_text("XA-NO-01"), .home = slice_text("XA-GW-01")},
    };
    struct state_row state = {.id = slice_text("XB"), .authorities = {&row, 1}};
    const struct directory d = {
        .parties = parties, .party_count = 2, .states = &state, .state_count = 1};
    struct watch w = {.alarms = said_begin()};
    watch_directory(&w, &d, "XA-GW-01", (struct moment){.wall_ms = until_ms - 1});
    CHECK_U64(said_times("alarm.sealing_expires"), 1);
    watch_directory(&w, &d, "XA-GW-01", (struct moment){.wall_ms = until_ms, .mono_ms = 1});
    CHECK_U64(said_times("alarm.sealing_expired"), 1);
    row.until_ms = until_ms - DAY - 1; /* the row ends before the certificate */
    watch_directory(&w, &d, "XA-GW-01", (struct moment){.wall_ms = until_ms - DAY, .mono_ms = 2});
    CHECK_U64(said_times("alarm.listed_authority_expires"), 0);
    alarms_free(w.alarms);
    w.alarms = said_begin();
    watch_directory(&w, &d, "XA-GW-01", (struct moment){.wall_ms = until_ms - DAY});
    CHECK_U64(
        said_times(
            "alarm.listed_authority_expired\",\"gateway\":\"XA-GW-01\",\"text\":\"the last CA "
            "certificate that the directory lists of XB"),
        1);
    alarms_free(w.alarms);
    certificate_free(certificate);
}

static const struct listed_party {
    const char *id, *home;
    bool seals;
    const char *text;
    unsigned in_an_hour; /* how often it is said again then */
} listed[] = {
    {"XA-CA-01", "XA-GW-01", false, "encryption certificate that the directory lists of XA-CA-01",
     1},
    {"XC-CA-01", "XC-GW-01", true, "sealing certificate that the directory lists of XC-CA-01", 0},
    {"XC-CA-02", "XC-GW-01", false, "encryption certificate that the directory lists of XC-CA-02",
     0},
};

static unsigned said_of(struct watch *w, const struct directory *d, const struct listed_party *row,
                        struct moment now)
{
    watch_directory(w, d, "XA-GW-01", now);
    alarms_settle(w->alarms, now);
    return said_times(row->text);
}

static void certificates_of_all_parties_are_watched(void)
{
    struct certificate *certificate = NULL;
    uint64_t from_ms = 0, until_ms = 0;
    CHECK_OK(certificate_load(pki("XA/parties/XA-CA-01/seal.crt"), &certificate));
    certificate_validity(certificate, &from_ms, &until_ms);
    for (size_t r = 0; r < sizeof listed / sizeof listed[0]; r++) {
        struct dated_certificate row = {certificate, 0, UINT64_MAX};
        struct party party = {.id = slice_text(listed[r].id), .home = slice_text(listed[r].home)};
        *(listed[r].seals ? &party.sealing : &party.encryption) =
            (struct dated_certificates){&row, 1};
        const struct directory d = {.parties = &party, .party_count = 1};
        struct watch w = {.alarms = said_begin()};
        struct moment now = {.wall_ms = until_ms - DAY - 1};
        CHECK_U64(said_of(&w, &d, &listed[r], now), 1);
        now.wall_ms++; /* another threshold is passed */
        CHECK_U64(said_of(&w, &d, &listed[r], now), 1);
        now.mono_ms += HOUR;
        CHECK_U64(said_of(&w, &d, &listed[r], now), listed[r].in_an_hour);
        now.mono_ms += DAY;
        CHECK_U64(said_of(&w, &d, &listed[r], now), 1);
        alarms_free(w.alarms);
    }
    certificate_free(certificate);
}

static void the_certificate_that_a_peer_shows_is_watched(void)
{
    struct watch w = {.alarms = said_begin()};
    struct peer_presence peer = {.id = "XC-GW-01", .is_up = true};
    watch_peer(&w, &peer, said_at(0));
    CHECK_U64(said_times("alarm."), 0); /* none was seen yet */
    peer.until_ms = said_at(0).wall_ms + 7 * DAY;
    watch_peer(&w, &peer, said_at(0));
    CHECK_U64(said_times("alarm.peer_certificate_expires"), 1);
    alarms_free(w.alarms);
}

TESTS(app_ends,
      {"a list that ends is said 30, 14, 7 days and 1 day ahead",
       a_list_that_ends_is_said_thirty_fourteen_seven_days_and_one_day_ahead},
      {"whatever ends is said 30, 14, 7 days and 1 day ahead",
       whatever_ends_is_said_thirty_fourteen_seven_days_and_one_day_ahead},
      {"a list for a week is no concern a week ahead",
       a_list_for_a_week_is_no_concern_a_week_ahead},
      {"of logs that follow each other the last one counts",
       of_logs_that_follow_each_other_the_last_one_counts},
      {"certificates of the directory are watched", certificates_of_the_directory_are_watched},
      {"the certificate that a peer shows is watched",
       the_certificate_that_a_peer_shows_is_watched},
      {"certificates of all parties are watched", certificates_of_all_parties_are_watched})
