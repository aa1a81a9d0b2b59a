#include "stand.h"
#include "watch.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

/* What does not lead to what was signed is not restored, and nothing is changed. */

#define ENTRY_AT(index) ((index)*81L) /* in its bundle: a length, then the entry */

/* It fails so, says this, and leaves everything as it was. */
static void check_refused(struct stand *s, struct status status, const char *says)
{
    const struct digest before = stand_digest(s);
    CHECK_STATUS(stand_restore(s, false), status);
    if (!CHECK(strstr(s->outcome.text, says) != NULL))
        fprintf(stderr, "said \"%s\"\n", s->outcome.text);
    const struct digest after = stand_digest(s);
    CHECK(digest_equal(&after, digest_slice(&before)));
    CHECK(!is_there(s->f.path, "restoring"));
    CHECK(s->outcome.aside[0] == '\0');
}

static void log_file(const struct stand *s, const char *name, char path[static 256])
{
    snprintf(path, 256, "%s/%s", s->f.log, name);
}

static void octet_turn(const char *path, long at)
{
    FILE *f = fopen(path, "r+be");
    if (!CHECK(f != NULL))
        return;
    CHECK(fseek(f, at, SEEK_SET) == 0);
    int octet = fgetc(f);
    CHECK(fseek(f, at, SEEK_SET) == 0);
    CHECK(fputc(octet ^ 1, f) != EOF);
    CHECK(fclose(f) == 0);
}

static void entries_that_are_nowhere_are_counted(void)
{
    struct stand s;
    char path[256];
    stand_begin(&s, 300);
    log_file(&s, "tile/entries/001.p", path);
    CHECK_OK(folder_remove(path));
    check_refused(&s, FAIL(FORK), "51 entries are missing, from 256 on");
    CHECK_U64(s.outcome.missing, FIRST + BEFORE + 300 + 1 - 256);
    CHECK_OK(folder_remove(s.f.log));
    check_refused(&s, FAIL(FORK), "301 entries are missing, from 6 on");
    CHECK_OK(fixture_open(&s.f, T0 + 30000)); /* the journal that is there is good */
    fixture_end(&s.f);
}

static void the_widest_bundle_counts_whatever_the_checkpoint_says(void)
{
    struct stand s;
    char checkpoint[256], hashes[256];
    stand_begin(&s, 3);
    log_file(&s, "checkpoint", checkpoint);
    log_file(&s, "tile/0", hashes);
    CHECK(unlink(checkpoint) == 0);
    CHECK_OK(folder_remove(hashes));
    CHECK_OK(stand_restore(&s, false));
    CHECK_OK(fixture_open(&s.f, T0 + 30000));
    (void)check_whole(&s.f);
    fixture_end(&s.f);
}

static void a_damaged_entry_is_named(void)
{
    struct stand s;
    char path[256];
    stand_begin(&s, 3);
    log_file(&s, "tile/entries/000.p/10", path);
    octet_turn(path, ENTRY_AT(7) + 2 + 40); /* in the middle of entry 7 */
    check_refused(&s, FAIL(FORK), "tile/entries/000.p/10: entry 7 does not have the hash");
    octet_turn(path, ENTRY_AT(7) + 2 + 40);
    octet_turn(path, ENTRY_AT(8)); /* the length of entry 8 */
    check_refused(&s, FAIL(FORK), "tile/entries/000.p/10: entry 8 is none");
    CHECK_U64(s.outcome.missing, 2);
    octet_turn(path, ENTRY_AT(8));
    CHECK_OK(stand_restore(&s, false));
    fixture_end(&s.f);
}

/* Neither the octets nor their tile can be told from the right ones; only the lock knows. */
static void another_history_does_not_have_the_signed_root(void)
{
    struct stand s, other;
    stand_begin(&s, 3);
    stand_begin(&other, 0);
    CHECK_OK(fixture_open(&other.f, T0));
    letters_post(&other.f, 70, 71);
    fixture_close(&other.f);
    CHECK_OK(folder_remove(s.f.log));
    CHECK(rename(other.f.log, s.f.log) == 0);
    check_refused(&s, FAIL(FORK), "do not give the root of the last signed checkpoint");
    fixture_end(&other.f);
    fixture_end(&s.f);
}

static void a_lock_that_is_older_or_gone_or_new_is_noticed(void)
{
    struct stand s;
    char older[128];
    s = (struct stand){0};
    fixture_begin(&s.f);
    CHECK_OK(vkey_parse(slice_text(s.f.vkey), &s.key));
    snprintf(s.backup, sizeof s.backup, "%s/backup", s.f.root);
    snprintf(older, sizeof older, "%s/older.db", s.f.root);
    fixture_close(&s.f);
    file_copy(s.f.lock, older);
    CHECK_OK(fixture_open(&s.f, T0));
    letters_post(&s.f, 1, BEFORE);
    stand_backup(&s);
    fixture_close(&s.f);
    file_copy(older, s.f.lock);
    check_refused(&s, FAIL(FORK), "an older lock database was put in its place");
    CHECK(unlink(s.f.lock) == 0);
    check_refused(&s, FAIL(FORK), "is not there");
    CHECK(access(s.f.lock, F_OK) != 0); /* nor is one made */
    s.f.settings.origin = "gw2.xa.example/log";
    file_copy(older, s.f.lock);
    check_refused(&s, FAIL(FORK), "has never seen the log gw2.xa.example/log");
    fixture_end(&s.f);
}

static void a_backup_that_is_not_good_is_not_taken(void)
{
    struct stand s;
    char path[256];
    stand_begin(&s, 3);
    snprintf(path, sizeof path, "%s/journal.db", s.backup);
    octet_turn(path, 5000);
    check_refused(&s, REFUSE(CONSISTENCY), "journal.db: not the file of the manifest");
    octet_turn(path, 5000);
    s.key.key[0] ^= 1;
    check_refused(&s, REFUSE(CONSISTENCY), "its signature does not verify");
    s.key.key[0] ^= 1;
    CHECK_OK(stand_restore(&s, false));
    fixture_end(&s.f);
}

static void a_journal_in_use_is_left_alone(void)
{
    struct stand s;
    stand_begin(&s, 3);
    CHECK_OK(fixture_open(&s.f, T0));
    CHECK_STATUS(stand_restore(&s, false), FAIL(STORE));
    CHECK(strstr(s.outcome.text, "another process holds it") != NULL);
    letters_post(&s.f, 50, 51);
    (void)check_whole(&s.f);
    fixture_end(&s.f);
}

TESTS(journal_restore_refused,
      {"entries that are nowhere are counted", entries_that_are_nowhere_are_counted},
      {"the widest bundle counts, whatever the checkpoint says",
       the_widest_bundle_counts_whatever_the_checkpoint_says},
      {"a damaged entry is named", a_damaged_entry_is_named},
      {"another history does not have the signed root",
       another_history_does_not_have_the_signed_root},
      {"a lock that is older, or gone, or new is noticed",
       a_lock_that_is_older_or_gone_or_new_is_noticed},
      {"a backup that is not good is not taken", a_backup_that_is_not_good_is_not_taken},
      {"a journal in use is left alone", a_journal_in_use_is_left_alone})
