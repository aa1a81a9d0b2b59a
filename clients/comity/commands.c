#include "comity/commands.h"

#include <string.h>

#include "schema/text.h"

static const struct noun nouns[] = {
    {"demo", "ministries and their gateways on this machine, to try everything"},
    {"request", "send, list, read and answer case messages"},
    {"audit", "check that a published audit log is whole"},
    {"archive", "what this party keeps of its messages and their proofs"},
    {"context", "the parties this account may act as"},
    {"pki", "certificates: who this context is, what holds, new ones"},
    {"check", "is all well? for people, scripts and monitoring"},
    {"policy", "the rulebook: check it, sign it, put it into force"},
    {"admin", "a gateway on this machine: how it is, drain, backup"},
};

static const struct command *const commands[] = {
    &demo_up_command,          &demo_down_command,
    &demo_restart_command,     &request_send_command,
    &request_inbox_command,    &request_list_command,
    &request_show_command,     &request_ack_command,
    &audit_sync_command,       &audit_verify_command,
    &audit_keys_command,       &audit_export_command,
    &audit_stats_command,      &audit_subject_command,
    &audit_search_command,     &audit_explain_command,
    &audit_crosscheck_command, &audit_watch_command,
    &context_list_command,     &context_show_command,
    &context_use_command,      &archive_list_command,
    &archive_show_command,     &archive_export_command,
    &archive_prune_command,    &pki_inspect_command,
    &pki_whoami_command,       &pki_verify_command,
    &pki_csr_command,          &pki_renew_command,
    &check_connection_command, &check_certificates_command,
    &check_crl_command,        &check_clock_command,
    &check_peers_command,      &check_backlog_command,
    &check_store_command,      &admin_status_command,
    &admin_peers_command,      &admin_drain_command,
    &admin_resume_command,     &admin_reload_command,
    &admin_backup_command,     &admin_verify_backup_command,
    &admin_quarantine_command, &admin_restore_command,
    &admin_diagnose_command,   &admin_rulebook_command,
    &admin_erase_command,      &admin_hold_erasure_command,
    &policy_sign_command,      &policy_activate_command,
    &policy_rollback_command,  &policy_test_command,
    &policy_fmt_command,       &policy_check_command,
    &policy_lint_command,      &policy_reach_command,
    &policy_who_sees_command,  &policy_diff_command,
    &policy_print_command,     &policy_explain_command,
    &policy_replay_command,    &policy_fetch_command,
};

const struct noun *nouns_all(size_t *ret_count)
{
    *ret_count = sizeof nouns / sizeof nouns[0];
    return nouns;
}

const struct command *const *commands_all(size_t *ret_count)
{
    *ret_count = sizeof commands / sizeof commands[0];
    return commands;
}

const struct noun *noun_find(const char *name)
{
    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++)
        if (strcmp(nouns[i].name, name) == 0)
            return &nouns[i];
    return NULL;
}

const struct command *command_find(const char *noun, const char *verb)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i]->noun, noun) == 0 && strcmp(commands[i]->verb, verb) == 0)
            return commands[i];
    return NULL;
}

const char *noun_nearest(const char *name)
{
    const char *names[sizeof nouns / sizeof nouns[0]];
    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++)
        names[i] = nouns[i].name;
    return text_nearest(slice_text(name), names, sizeof nouns / sizeof nouns[0]);
}

const char *verb_nearest(const char *noun, const char *verb)
{
    const char *names[sizeof commands / sizeof commands[0]];
    size_t count = 0;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i]->noun, noun) == 0)
            names[count++] = commands[i]->verb;
    return text_nearest(slice_text(verb), names, count);
}
