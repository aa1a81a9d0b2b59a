#ifndef COMITY_COMMANDS_H
#define COMITY_COMMANDS_H

/* All commands there are. Each row stands in the file of its noun. */

#include "comity/invocation.h"

extern const struct command demo_up_command, demo_down_command, demo_restart_command;
extern const struct command request_send_command, request_inbox_command, request_list_command,
    request_show_command, request_ack_command;
extern const struct command audit_verify_command, audit_keys_command, audit_export_command;
extern const struct command audit_sync_command;
extern const struct command audit_crosscheck_command, audit_watch_command;
extern const struct command audit_search_command, audit_explain_command;
extern const struct command audit_stats_command, audit_subject_command;
extern const struct command context_list_command, context_show_command, context_use_command;
extern const struct command archive_list_command, archive_show_command, archive_export_command,
    archive_prune_command;
extern const struct command pki_inspect_command, pki_whoami_command, pki_verify_command,
    pki_csr_command, pki_renew_command;
extern const struct command check_connection_command, check_certificates_command, check_crl_command,
    check_clock_command, check_peers_command, check_backlog_command, check_store_command;
extern const struct command admin_status_command, admin_peers_command, admin_drain_command,
    admin_resume_command, admin_reload_command, admin_backup_command, admin_verify_backup_command,
    admin_quarantine_command, admin_erase_command, admin_hold_erasure_command,
    admin_rulebook_command, admin_restore_command, admin_diagnose_command;
extern const struct command policy_test_command, policy_fmt_command, policy_check_command,
    policy_lint_command, policy_reach_command, policy_who_sees_command, policy_diff_command,
    policy_print_command, policy_explain_command, policy_replay_command, policy_fetch_command;
extern const struct command policy_sign_command, policy_activate_command, policy_rollback_command;

/** A noun with a line that says what it is about. */
struct noun {
    const char *name, *summary;
};

const struct noun *nouns_all(size_t *ret_count);
const struct command *const *commands_all(size_t *ret_count);

/** NULL if there is none. */
const struct noun *noun_find(const char *name);
const struct command *command_find(const char *noun, const char *verb);

/** The noun, or the noun's verb, that was probably meant; NULL if none is near. */
const char *noun_nearest(const char *name);
const char *verb_nearest(const char *noun, const char *verb);

#endif
