#include "stand.h"
#include "watch.h"

#include <stdio.h>
#include <unistd.h>

void letters_post(struct fixture *f, uint64_t first, uint64_t last)
{
    for (uint64_t n = first; n <= last; n++) {
        struct letter l;
        letter_write(&l, n, 1);
        CHECK_OK(post_status(f, &l.posting));
    }
}

void stand_backup(struct stand *s)
{
    struct journal_reader *reader = NULL;
    struct backup_fault fault;
    CHECK_OK(journal_reader_open(s->f.journal, &reader));
    CHECK_OK(backup_make(reader, s->backup, NULL, &s->made, &fault));
    journal_reader_close(reader);
}

void stand_begin(struct stand *s, uint64_t after)
{
    *s = (struct stand){0};
    fixture_begin(&s->f);
    CHECK_OK(vkey_parse(slice_text(s->f.vkey), &s->key));
    snprintf(s->backup, sizeof s->backup, "%s/backup", s->f.root);
    letters_post(&s->f, 1, BEFORE);
    stand_backup(s);
    letters_post(&s->f, BEFORE + 1, BEFORE + after);
    fixture_close(&s->f);
}

struct status stand_restore(struct stand *s, bool dry_run)
{
    const struct restore_order order = {.backup = s->backup,
                                        .log = &s->key,
                                        .now_ms = s->now_ms == 0 ? T0 + 20000 : s->now_ms,
                                        .dry_run = dry_run};
    return journal_restore(&s->f.settings, &order, &s->outcome);
}

struct digest stand_digest(const struct stand *s)
{
    char path[160];
    struct digest d = {0};
    snprintf(path, sizeof path, "%s/journal.db", s->f.path);
    CHECK_OK(digest_file(path, &d));
    return d;
}

bool is_there(const char *folder, const char *name)
{
    char path[RESTORE_PATH_BYTES + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}
