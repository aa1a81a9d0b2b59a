#include "base/encoding.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/output.h"

#define ROOT_TEXT_BYTES 48

static json_t *closed_json(const struct log_row *log)
{
    char root[ROOT_TEXT_BYTES];
    base64_write(digest_slice(&log->closed_root), root);
    return log->is_closed
               ? json_pack("{s:I,s:s}", "size", (json_int_t)log->closed_size, "root", root)
               : json_null();
}

static json_t *log_json(const struct log_row *log)
{
    json_t *witnesses = json_array();
    for (size_t i = 0; i < log->witness_count; i++)
        json_array_append_new(witnesses, slice_json(log->witnesses[i].vkey));
    return json_pack("{s:o,s:o,s:o,s:o,s:o}", "origin", slice_json(log->origin), "vkey",
                     slice_json(log->vkey), "witnesses", witnesses, "closed", closed_json(log),
                     "succeeds",
                     log->succeeds.length == 0 ? json_null() : slice_json(log->succeeds));
}

static void print_log(const struct log_row *log)
{
    printf("%.*s\n  key      %.*s\n", (int)log->origin.length, (const char *)log->origin.at,
           (int)log->vkey.length, (const char *)log->vkey.at);
    for (size_t i = 0; i < log->witness_count; i++)
        printf("  witness  %.*s\n", (int)log->witnesses[i].vkey.length,
               (const char *)log->witnesses[i].vkey.at);
    if (log->is_closed)
        printf("  closed   at %llu\n", (unsigned long long)log->closed_size);
    if (log->succeeds.length > 0)
        printf("  succeeds %.*s\n", (int)log->succeeds.length, (const char *)log->succeeds.at);
}

static enum comity_exit keys(const struct invocation *inv, struct comity_fault *reterr)
{
    struct directory *directory = NULL;
    enum comity_exit exit = context_directory(inv, &directory, reterr);
    if (exit != COMITY_DONE)
        return exit;
    json_t *logs = json_array();
    for (size_t i = 0; i < directory->gateway_count; i++)
        for (size_t k = 0; k < directory->gateways[i].log_count; k++) {
            const struct log_row *log = &directory->gateways[i].logs[k];
            if (inv->json)
                json_array_append_new(logs, log_json(log));
            else
                print_log(log);
        }
    if (inv->json)
        put_json(json_pack("{s:O}", "logs", logs));
    json_decref(logs);
    directory_free(directory);
    return COMITY_DONE;
}

const struct command audit_keys_command = {
    .noun = "audit",
    .verb = "keys",
    .arguments = "",
    .summary = "Lists the keys that audit logs are checked with",
    .help = "They come from the directory that the context trusts, never from a log itself.\n\n"
            "Example:\n"
            "  comity audit keys --context xc-ca-01\n",
    .run = keys,
};
