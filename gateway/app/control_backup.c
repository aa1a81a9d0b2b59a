/* Backups: made while the gateway works, and verified. */

#include "app/control_parts.h"

#include <stdio.h>

#include "journal/backup.h"

static json_t *backup_json(const struct backup *b, const char *dir)
{
    return json_pack("{s:s,s:I,s:o,s:I}", "dir", dir, "size", (json_int_t)b->size, "root",
                     control_digest(&b->root), "bytes", (json_int_t)b->bytes);
}

static json_t *fault_json(struct status s, const struct backup_fault *fault)
{
    const char *code = s.code == CODE_REFUSED  ? "E_HASH"
                       : s.code == CODE_CONFIG ? "USAGE"
                       : s.code == CODE_FULL   ? "E_UNAVAILABLE"
                                               : "STORE";
    return control_error(code, "%s", fault->text[0] == '\0' ? code_name(s.code) : fault->text);
}

json_t *control_run_backup(struct control *c, const char *dir)
{
    struct backup backup;
    struct backup_fault fault = {0};
    char text[200];
    json_t *error = control_enter(c, &(struct operator_act){.what = "backup"});
    if (error != NULL)
        return error;
    struct status s = backup_make(c->reader, dir, &c->stopping, &backup, &fault);
    snprintf(text, sizeof text, failed(s) ? "none was made" : "of %llu entries",
             failed(s) ? 0ULL : (unsigned long long)backup.size);
    control_say(c, "operator.backup", (struct slice){0}, text);
    return failed(s) ? fault_json(s, &fault) : backup_json(&backup, dir);
}

/* The key is the directory's, never one from the backup. */
static struct status log_key(const struct control *c, const struct snapshot *snapshot,
                             struct vkey *ret_key)
{
    const struct gateway_row *row =
        directory_gateway(snapshot_rulebook(snapshot)->directory, slice_text(c->settings.gateway));
    const struct log_row *log =
        row == NULL ? NULL : directory_log(row, slice_text(c->settings.origin));
    return log == NULL ? FAIL(ABSENT) : vkey_parse(log->vkey, ret_key);
}

json_t *control_run_verify_backup(struct control *c, const char *dir)
{
    struct backup backup;
    struct backup_fault fault = {0};
    struct vkey key;
    struct snapshot *snapshot = control_snapshot(c);
    struct status s = log_key(c, snapshot, &key);
    if (!failed(s))
        s = backup_verify(dir, &key, &c->stopping, &backup, &fault);
    snapshot_drop(snapshot); /* the key points into it */
    return failed(s) ? fault_json(s, &fault) : backup_json(&backup, dir);
}
