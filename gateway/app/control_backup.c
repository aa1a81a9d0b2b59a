/* Backups: made while the gateway works, and verified. */

#include "app/control_parts.h"

#include <stdio.h>

#include "app/restoring.h"

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

json_t *control_run_verify_backup(struct control *c, const char *dir)
{
    struct backup backup;
    struct backup_fault fault = {0};
    struct vkey key;
    struct snapshot *snapshot = control_snapshot(c);
    /* The key is the directory's, never one from the backup. */
    struct status s =
        log_key_find(snapshot_rulebook(snapshot), c->settings.gateway, c->settings.origin, &key);
    if (!failed(s))
        s = backup_verify(dir, &key, &c->stopping, &backup, &fault);
    snapshot_drop(snapshot); /* the key points into it */
    return failed(s) ? fault_json(s, &fault) : backup_json(&backup, dir);
}
