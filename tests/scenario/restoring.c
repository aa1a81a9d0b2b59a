#include "scenario/restoring.h"

#include <stdio.h>

#include "audit/note.h"
#include "journal/restore.h"

static const char *place(const struct world *w, const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", w->folder, name);
    return path;
}

void restoring_back_up(struct world *w)
{
    struct backup made;
    struct backup_fault fault = {""};
    if (!CHECK_OK(backup_make(w->reader, place(w, "backup"), NULL, &made, &fault)))
        fprintf(stderr, "%s\n", fault.text);
}

/* Of a gateway that is down. */
static void put_back(struct world *w)
{
    const struct directory *d = w->rulebook->directory;
    const struct log_row *log =
        directory_log(directory_gateway(d, slice_text(w->gateway)), slice_text(w->origin));
    const struct journal_settings settings = {
        .path = place(w, "journal"),
        .lock_path = place(w, "lock.db"),
        .log_path = place(w, "log"),
        .origin = w->origin,
        .gateway = w->gateway,
        .rulebook = w->rulebook->digest,
        .log_key = w->log_key,
        .keyring = w->keyring,
        .queue_max_bytes = 1 << 20,
    };
    struct vkey key;
    struct restore_outcome outcome = {.text = ""};
    CHECK(log != NULL);
    if (log == NULL || !CHECK_OK(vkey_parse(log->vkey, &key)))
        return;
    const struct restore_order order = {
        .backup = place(w, "backup"), .log = &key, .now_ms = w->now.wall_ms};
    if (!CHECK_OK(journal_restore(&settings, &order, &outcome)))
        fprintf(stderr, "%s\n", outcome.text);
}

void restoring_lose(struct pair *p)
{
    world_stop(p->xc);
    put_back(p->xc);
    world_start(p->xc);
    pair_redial(p);
}
