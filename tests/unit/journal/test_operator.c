#include "foreign.h"
#include "watch.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "journal/backup.h"

/* What the operator asks of a journal: entries, backlogs, evidence laid aside, backups. */

static struct status act(struct desk *d, const struct operator_act *act)
{
    struct collector c;
    collector_make(&c);
    struct status s = journal_operator(d->f.journal, act, T0, &c, collector_done);
    if (CHECK_OK(s)) {
        struct journal_result *r = collector_take(&c, 1);
        s = r->status;
        journal_result_free(r);
    }
    collector_free(&c);
    return s;
}

static void an_act_is_an_entry(void)
{
    struct desk d;
    struct journal_health before, after;
    desk_begin(&d);
    journal_health(d.f.journal, &before);
    CHECK_OK(act(&d, &(struct operator_act){.what = "drain"}));
    journal_health(d.f.journal, &after);
    CHECK_U64(after.signed_size, before.signed_size + 1);
    desk_end(&d);
}

static void a_box_tells_how_many_wait_and_since_when(void)
{
    struct desk d;
    struct letter l;
    struct box_backlog b = {9, 9};
    const struct slice box = slice_text("XC-GW-01");
    desk_begin(&d);
    CHECK_OK(journal_backlog(d.reader, box, &b));
    CHECK_U64(b.count, 0);
    CHECK_U64(b.oldest_ms, 0);
    for (uint64_t n = 1; n <= 3; n++) {
        letter_out(&l, n);
        l.posting.at_ms = T0 + 1000 * n;
        CHECK_OK(post_status(&d.f, &l.posting));
    }
    CHECK_OK(journal_backlog(d.reader, box, &b));
    CHECK_U64(b.count, 3);
    CHECK_U64(b.oldest_ms, T0 + 1000);
    CHECK_OK(journal_backlog(d.reader, slice_text("XB-GW-01"), &b));
    CHECK_U64(b.count, 0);
    desk_end(&d);
}

static struct status keep(struct desk *d, const struct foreign_log *log, uint64_t old_size,
                          uint64_t size)
{
    struct foreign_checkpoint c;
    foreign_checkpoint(log, old_size, size, &c);
    const struct posting p = {.kind = POSTING_CHECKPOINT, .at_ms = T0, .peer = c.checkpoint};
    return post_status(&d->f, &p);
}

static bool is_forked(struct desk *d)
{
    struct peer_fork fork;
    struct status s = journal_peer_fork(d->reader, d->a, slice_text(FOREIGN_ORIGIN), &fork);
    CHECK(!failed(s) || s.code == CODE_ABSENT);
    return !failed(s);
}

static void evidence_that_is_laid_aside_bars_nobody_until_there_is_more(void)
{
    struct desk d;
    struct foreign_log log, other;
    const struct operator_act another = {"quarantine lifted", slice_text("gw1.xd.example/log")};
    const struct operator_act lift = {"quarantine lifted", slice_text(FOREIGN_ORIGIN)};
    foreign_log_make(&log, FOREIGN_LEAVES);
    foreign_log_make(&other, 10);
    desk_begin(&d);
    CHECK_OK(keep(&d, &log, 0, 33));
    CHECK_STATUS(keep(&d, &other, 33, 50), REFUSE(CHECKPOINT_FORK));
    CHECK_OK(act(&d, &another));
    CHECK(is_forked(&d));
    CHECK_OK(act(&d, &lift));
    CHECK(!is_forked(&d));
    CHECK_OK(keep(&d, &log, 33, 40)); /* it goes on from what was kept */
    CHECK(!is_forked(&d));
    desk_again(&d);
    CHECK(!is_forked(&d));
    CHECK_STATUS(keep(&d, &other, 40, 50), REFUSE(CHECKPOINT_FORK));
    CHECK(is_forked(&d));
    desk_end(&d);
}

/* ---- backups ---- */

struct stand {
    struct desk d;
    char folder[128];
    struct vkey key;
    struct backup made;
    struct backup_fault fault;
};

static void stand_begin(struct stand *s, uint64_t letters)
{
    struct letter l;
    *s = (struct stand){0};
    desk_begin(&s->d);
    snprintf(s->folder, sizeof s->folder, "%s/back%%up?#", s->d.f.root);
    CHECK_OK(vkey_parse(slice_text(s->d.f.vkey), &s->key));
    for (uint64_t n = 1; n <= letters; n++) {
        letter_out(&l, n);
        CHECK_OK(post_status(&s->d.f, &l.posting));
    }
    CHECK_OK(backup_make(s->d.reader, s->folder, NULL, &s->made, &s->fault));
}

static struct status verify(struct stand *s)
{
    struct backup found;
    return backup_verify(s->folder, &s->key, NULL, &found, &s->fault);
}

static void a_backup_is_whole_and_says_what_is_in_it(void)
{
    struct stand s;
    struct backup found;
    struct journal_health h;
    struct stat st;
    stand_begin(&s, 300);
    journal_health(s.d.f.journal, &h);
    CHECK_U64(s.made.size, h.signed_size);
    CHECK_OK(backup_verify(s.folder, &s.key, NULL, &found, &s.fault));
    CHECK_U64(found.size, s.made.size);
    CHECK(digest_equal(&found.root, digest_slice(&s.made.root)));
    CHECK_U64(found.bytes, s.made.bytes);
    CHECK(stat(s.folder, &st) == 0 && (st.st_mode & 0777) == 0700);
    CHECK(!any_file_holds(s.folder, slice_text(s.d.f.lock)));
    desk_end(&s.d);
}

static void a_folder_that_is_there_is_left_alone(void)
{
    struct stand s;
    stand_begin(&s, 1);
    CHECK_STATUS(backup_make(s.d.reader, s.folder, NULL, &s.made, &s.fault), FAIL(CONFIG));
    CHECK(s.fault.text[0] != '\0');
    CHECK_OK(verify(&s));
    desk_end(&s.d);
}

static void a_backup_that_is_stopped_leaves_nothing(void)
{
    struct desk d;
    char folder[128];
    struct backup backup;
    struct backup_fault fault;
    struct stat st;
    const atomic_bool stop = true;
    desk_begin(&d);
    snprintf(folder, sizeof folder, "%s/b", d.f.root);
    CHECK_STATUS(backup_make(d.reader, folder, &stop, &backup, &fault), FAIL(FULL));
    CHECK(stat(folder, &st) != 0);
    desk_end(&d);
}

/* Writes a file of the backup anew and checks that this is said. */
static void check_damage(struct stand *s, const char *name, struct slice octets, const char *says)
{
    char path[256];
    struct buffer before = buffer_new(16U << 20);
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    CHECK_OK(file_read(path, &before));
    CHECK_OK(file_write(path, octets, 0600));
    CHECK_STATUS(verify(s), REFUSE(CONSISTENCY));
    if (!CHECK(strstr(s->fault.text, says) != NULL))
        fprintf(stderr, "%s: said \"%s\"\n", name, s->fault.text);
    CHECK_OK(file_write(path, buffer_slice(&before), 0600));
    CHECK_OK(verify(s));
    buffer_done(&before);
}

static void damage_is_named(void)
{
    struct stand s;
    stand_begin(&s, 3);
    check_damage(&s, "journal.db", slice_text("no database"), "journal.db: not the file");
    check_damage(&s, "checkpoint", slice_text("no note"), "checkpoint: not the file");
    check_damage(&s, "manifest", slice_text(""), "manifest: no line for journal.db");
    desk_end(&s.d);
}

static void put_manifest(const struct stand *s)
{
    static const char *const names[] = {"journal.db", "checkpoint"};
    struct buffer text = buffer_new(4096);
    char path[256];
    for (size_t i = 0; i < 2; i++) {
        struct digest d = {0};
        snprintf(path, sizeof path, "%s/%s", s->folder, names[i]);
        CHECK_OK(digest_file(path, &d));
        for (size_t k = 0; k < sizeof d.octets; k++)
            buffer_print(&text, "%02x", d.octets[k]);
        buffer_print(&text, "  %s\n", names[i]);
    }
    snprintf(path, sizeof path, "%s/manifest", s->folder);
    CHECK_OK(file_write(path, buffer_slice(&text), 0600));
    buffer_done(&text);
}

static void put_file(const struct stand *s, const char *name, struct slice octets)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    CHECK_OK(file_write(path, octets, 0600));
    put_manifest(s);
}

static void check_says(struct stand *s, const char *says)
{
    CHECK_STATUS(verify(s), REFUSE(CONSISTENCY));
    if (!CHECK(strstr(s->fault.text, says) != NULL))
        fprintf(stderr, "said \"%s\"\n", s->fault.text);
}

/* Who can write the backup can write its manifest, too: the signature holds all the same. */
static void a_manifest_made_anew_hides_nothing(void)
{
    struct stand s, other;
    char path[256];
    struct buffer octets = buffer_new(16U << 20);
    stand_begin(&s, 3);
    stand_begin(&other, 5);
    snprintf(path, sizeof path, "%s/journal.db", other.folder);
    CHECK_OK(file_read(path, &octets));
    put_file(&s, "journal.db", buffer_slice(&octets));
    check_says(&s, "journal.db: its entries do not give the root");
    put_file(&s, "journal.db", slice_text("no database at all, but one with a manifest"));
    check_says(&s, "journal.db: not a database");
    put_file(&s, "checkpoint", slice_text("no note"));
    check_says(&s, "checkpoint: not a signed checkpoint");
    s.key.key[0] ^= 1;
    snprintf(path, sizeof path, "%s/checkpoint", other.folder);
    buffer_clear(&octets);
    CHECK_OK(file_read(path, &octets));
    put_file(&s, "checkpoint", buffer_slice(&octets));
    check_says(&s, "checkpoint: its signature does not verify");
    buffer_done(&octets);
    desk_end(&other.d);
    desk_end(&s.d);
}

TESTS(journal_operator, {"an act is an entry", an_act_is_an_entry},
      {"a box tells how many wait and since when", a_box_tells_how_many_wait_and_since_when},
      {"evidence that is laid aside bars nobody until there is more",
       evidence_that_is_laid_aside_bars_nobody_until_there_is_more},
      {"a backup is whole and says what is in it", a_backup_is_whole_and_says_what_is_in_it},
      {"a folder that is there is left alone", a_folder_that_is_there_is_left_alone},
      {"a backup that is stopped leaves nothing", a_backup_that_is_stopped_leaves_nothing},
      {"damage is named", damage_is_named},
      {"a manifest made anew hides nothing", a_manifest_made_anew_hides_nothing})
