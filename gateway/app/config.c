#include "app/config.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX      4096
#define LISTEN_MAX    16
#define AUTHORITY_MAX 256

static const cyaml_schema_field_t tls_fields[] = {
    CYAML_FIELD_STRING_PTR("certificate", CYAML_FLAG_POINTER, struct config_tls, certificate, 1,
                           TEXT_MAX),
    CYAML_FIELD_STRING_PTR("key", CYAML_FLAG_POINTER, struct config_tls, key, 1, TEXT_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t authority_fields[] = {
    CYAML_FIELD_STRING_PTR("state", CYAML_FLAG_POINTER, struct config_authority, state, 2, 2),
    CYAML_FIELD_STRING_PTR("certificate", CYAML_FLAG_POINTER, struct config_authority, certificate,
                           1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("crl", CYAML_FLAG_POINTER, struct config_authority, crl, 1, TEXT_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t path_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX),
};

#define SIGNERS(key)                                                                               \
    CYAML_FIELD_SEQUENCE(#key, CYAML_FLAG_POINTER, struct config_rulebook_authorities, key,        \
                         &path_entry, 1, AUTHORITY_MAX)

static const cyaml_schema_field_t rulebook_authorities_fields[] = {
    SIGNERS(law),
    SIGNERS(states),
    SIGNERS(parties),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t log_fields[] = {
    CYAML_FIELD_STRING_PTR("path", CYAML_FLAG_POINTER, struct config_log, path, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("origin", CYAML_FLAG_POINTER, struct config_log, origin, 1, 127),
    CYAML_FIELD_STRING_PTR("key", CYAML_FLAG_POINTER, struct config_log, key, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("former_key", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct config_log, former_key, 1, TEXT_MAX),
    CYAML_FIELD_END,
};

#define LIMIT(key)                                                                                 \
    CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,                         \
                           struct config_limits_text, key, 1, 32)

static const cyaml_schema_field_t limits_fields[] = {
    LIMIT(links),
    LIMIT(handshakes),
    LIMIT(handshakes_per_source),
    LIMIT(links_per_party),
    LIMIT(refusals_per_minute),
    LIMIT(queue),
    LIMIT(ballast),
    LIMIT(floor),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t retention_fields[] = {
    CYAML_FIELD_STRING_PTR("bodies", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct config_retention, bodies, 1, 16),
    CYAML_FIELD_STRING_PTR("openings", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct config_retention, openings, 1, 16),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t timestamps_fields[] = {
    CYAML_FIELD_STRING_PTR("authority", CYAML_FLAG_POINTER, struct config_timestamps, authority, 1,
                           TEXT_MAX),
    CYAML_FIELD_STRING_PTR("ca", CYAML_FLAG_POINTER, struct config_timestamps, ca, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("every", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct config_timestamps, every, 1, 16),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t listen_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 256),
};

static const cyaml_schema_field_t http_fields[] = {
    CYAML_FIELD_SEQUENCE("listen", CYAML_FLAG_POINTER, struct config_http, listen, &listen_entry, 1,
                         LISTEN_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t authority_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_authority, authority_fields),
};

static const cyaml_schema_field_t config_fields[] = {
    CYAML_FIELD_STRING_PTR("gateway", CYAML_FLAG_POINTER, struct config, gateway, 8, 8),
    CYAML_FIELD_SEQUENCE("listen", CYAML_FLAG_POINTER, struct config, listen, &listen_entry, 1,
                         LISTEN_MAX),
    CYAML_FIELD_STRING_PTR("workers", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config,
                           workers_text, 1, 16),
    CYAML_FIELD_STRING_PTR("user", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config, user, 1,
                           64),
    CYAML_FIELD_MAPPING_PTR("tls", CYAML_FLAG_POINTER, struct config, tls, tls_fields),
    CYAML_FIELD_SEQUENCE("authorities", CYAML_FLAG_POINTER, struct config, authorities,
                         &authority_entry, 1, AUTHORITY_MAX),
    CYAML_FIELD_STRING_PTR("revocation_grace", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct config, revocation_grace_text, 1, 16),
    CYAML_FIELD_STRING_PTR("rulebook", CYAML_FLAG_POINTER, struct config, rulebook, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("rulebook_candidate", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct config, rulebook_candidate, 1, TEXT_MAX),
    CYAML_FIELD_MAPPING_PTR("rulebook_authorities", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                            struct config, rulebook_authorities, rulebook_authorities_fields),
    CYAML_FIELD_STRING_PTR("rulebook_signatures", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct config, rulebook_signatures_text, 1, 16),
    CYAML_FIELD_STRING_PTR("journal", CYAML_FLAG_POINTER, struct config, journal, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("lock", CYAML_FLAG_POINTER, struct config, lock, 1, TEXT_MAX),
    CYAML_FIELD_MAPPING_PTR("log", CYAML_FLAG_POINTER, struct config, log, log_fields),
    CYAML_FIELD_STRING_PTR("control", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config,
                           control, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("key_encryption_key", CYAML_FLAG_POINTER, struct config,
                           key_encryption_key, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("diagnostics", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config,
                           diagnostics_text, 1, 16),
    CYAML_FIELD_STRING_PTR("peer_dial", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config,
                           peer_dial_text, 1, 16),
    CYAML_FIELD_MAPPING_PTR("http", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config, http,
                            http_fields),
    CYAML_FIELD_STRING_PTR("ready", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config, ready,
                           1, TEXT_MAX),
    CYAML_FIELD_MAPPING_PTR("limits", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config,
                            limits_text, limits_fields),
    CYAML_FIELD_MAPPING_PTR("retention", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config,
                            retention_text, retention_fields),
    CYAML_FIELD_MAPPING_PTR("timestamps", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config,
                            timestamps, timestamps_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t config_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config, config_fields),
};

/* libcyaml reports a failure in several lines, the first of which says what is wrong. */
[[gnu::format(printf, 3, 0)]] static void keep_first_line(cyaml_log_t level, void *error,
                                                          const char *format, va_list args)
{
    char *text = error;
    if (level < CYAML_LOG_ERROR || text[0] != '\0')
        return;
    vsnprintf(text, CONFIG_ERROR_BYTES, format, args);
    text[strcspn(text, "\n")] = '\0';
}

static const cyaml_config_t *cyaml_settings(char *error, cyaml_config_t *settings)
{
    *settings = (cyaml_config_t){
        .log_fn = keep_first_line,
        .log_ctx = error,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_WARNING,
        .flags = CYAML_CFG_DEFAULT,
    };
    return settings;
}

struct status config_load(const char *path, struct config **ret_config,
                          char error[static CONFIG_ERROR_BYTES])
{
    cyaml_config_t settings;
    cyaml_data_t *data = NULL;
    error[0] = '\0';
    cyaml_err_t got =
        cyaml_load_file(path, cyaml_settings(error, &settings), &config_schema, &data, NULL);
    if (got != CYAML_OK || data == NULL) { /* a file without a document is good to libcyaml */
        if (error[0] == '\0')
            snprintf(error, CONFIG_ERROR_BYTES, "%s",
                     got == CYAML_OK ? "it is empty" : cyaml_strerror(got));
        return FAIL(CONFIG);
    }
    struct config *c = data;
    struct status s = config_values(c, error);
    if (failed(s)) {
        config_free(c);
        return s;
    }
    *ret_config = c;
    return OK;
}

void config_free(struct config *c)
{
    char ignored[CONFIG_ERROR_BYTES] = "";
    cyaml_config_t settings;
    if (c != NULL)
        cyaml_free(cyaml_settings(ignored, &settings), &config_schema, c, 0);
}
