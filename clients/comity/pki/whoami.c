#include <string.h>

#include "base/instant.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "comity/pki/pki.h"
#include "wire/names.h"

static json_t *row_json(const struct dated_certificate *row)
{
    char from[INSTANT_TEXT_BYTES], until[INSTANT_TEXT_BYTES];
    if (row == NULL)
        return json_null();
    instant_write(row->from_ms, from);
    instant_write(row->until_ms, until);
    return json_pack("{s:s,s:s}", "from", from, "until", until);
}

/* The identity of the TLS certificate: who the gateway will see. */
static struct identity caller_of(const struct pki *pki)
{
    struct identity identity = {0};
    if (failed(certificate_identity(pki->certificates[PKI_TLS], &identity)))
        identity = (struct identity){0};
    return identity;
}

static json_t *state_json(const struct pki *pki)
{
    struct slice id = party_state(slice_text(pki->context.party));
    const struct state_row *state = directory_state(pki->directory, id);
    return json_pack("{s:o,s:o}", "id", slice_json(id), "name",
                     state == NULL ? json_null() : slice_json(state->name));
}

static json_t *gateway_json(const struct pki *pki)
{
    json_t *addresses = json_array();
    const struct gateway_row *gateway =
        directory_gateway(pki->directory, slice_text(pki->context.gateway));
    if (pki->context.address[0] != '\0')
        json_array_append_new(addresses, json_string(pki->context.address));
    for (size_t i = 0;
         pki->context.address[0] == '\0' && gateway != NULL && i < gateway->address_count; i++)
        json_array_append_new(addresses, slice_json(gateway->addresses[i]));
    return json_pack("{s:s,s:o}", "id", pki->context.gateway, "addresses", addresses);
}

static json_t *describe(struct pki *pki)
{
    struct identity caller = caller_of(pki);
    json_t *own[PKI_USES];
    const struct party *party = directory_party(pki->directory, slice_text(pki->context.party));
    for (enum pki_use use = PKI_TLS; use < PKI_USES; use++)
        own[use] =
            pki_describe(pki, pki_certificate_path(&pki->context, use), pki->certificates[use]);
    json_object_set_new(own[PKI_SEALING], "listed",
                        row_json(pki_row(pki, pki->certificates[PKI_SEALING])));
    return json_pack("{s:s,s:s,s:o,s:s?,s:o,s:o,s:o,s:o,s:s}", "context", pki->context.name,
                     "party", pki->context.party, "name",
                     party == NULL ? json_null() : slice_json(party->name), "officer",
                     caller.officer[0] == '\0' ? NULL : caller.officer, "state", state_json(pki),
                     "gateway", gateway_json(pki), "tls", own[PKI_TLS], "sealing", own[PKI_SEALING],
                     "directory", pki->context.directory);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static void print_certificate(const struct invocation *inv, const char *heading,
                              const json_t *certificate)
{
    static const char *const rows[] = {"identity", "file", "serial", "sha256", "subject", "issuer"};
    const char *validity = text_of(certificate, "validity");
    put_heading(inv, heading);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        printf("  %-10s ", rows[i]);
        put_text(stdout, text_of(certificate, rows[i]));
        fputc('\n', stdout);
    }
    printf("  %-10s %s to %s, ", "validity", text_of(certificate, "from"),
           text_of(certificate, "until"));
    put_painted(inv, validity[0] == 'v' ? PAINT_GOOD : PAINT_BAD, validity);
    if (validity[0] == 'v')
        printf(", %lld days left",
               (long long)json_integer_value(json_object_get(certificate, "days_left")));
    fputc('\n', stdout);
}

static void print_listed(const struct invocation *inv, const json_t *listed)
{
    printf("  %-10s ", "directory");
    if (json_is_null(listed))
        put_painted(inv, PAINT_BAD, "not listed: nobody can verify a seal by it");
    else
        printf("listed from %s to %s", text_of(listed, "from"), text_of(listed, "until"));
    fputc('\n', stdout);
}

static void print_lines(const struct invocation *inv, const json_t *me)
{
    const json_t *state = json_object_get(me, "state"), *gateway = json_object_get(me, "gateway");
    const json_t *addresses = json_object_get(gateway, "addresses");
    put_painted(inv, PAINT_STRONG, text_of(me, "party"));
    if (text_of(me, "officer")[0] != '\0')
        printf(", officer %s", text_of(me, "officer"));
    fputs("  ", stdout);
    put_text(stdout, text_of(me, "name"));
    printf("\n  %-10s %s ", "State", text_of(state, "id"));
    put_text(stdout, text_of(state, "name"));
    printf("\n  %-10s %s", "gateway", text_of(gateway, "id"));
    for (size_t i = 0; i < json_array_size(addresses); i++)
        printf("%s%s", i == 0 ? " at " : ", ", json_string_value(json_array_get(addresses, i)));
    printf("\n  %-10s %s\n", "context", text_of(me, "context"));
    print_certificate(inv, "TLS", json_object_get(me, "tls"));
    print_certificate(inv, "sealing", json_object_get(me, "sealing"));
    print_listed(inv, json_object_get(json_object_get(me, "sealing"), "listed"));
}

static enum comity_exit whoami(const struct invocation *inv, struct comity_fault *reterr)
{
    struct pki pki;
    enum comity_exit exit = pki_open(inv, &pki, reterr);
    if (exit == COMITY_DONE)
        exit = pki_load_own(&pki, reterr);
    json_t *me = exit == COMITY_DONE ? describe(&pki) : NULL;
    if (exit == COMITY_DONE && me == NULL)
        exit = fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    if (me != NULL && inv->json)
        put_json(json_incref(me));
    else if (me != NULL)
        print_lines(inv, me);
    json_decref(me);
    pki_close(&pki);
    return exit;
}

const struct command pki_whoami_command = {
    .noun = "pki",
    .verb = "whoami",
    .arguments = "",
    .summary = "Shows who the context is: party, certificates, directory row, gateway",
    .help = "Nothing is judged here: comity pki verify does that.\n\n"
            "With --json: {\"context\",\"party\",\"name\",\"officer\",\"state\":{\"id\",\"name\"},"
            "\"gateway\":{\"id\",\"addresses\"},\"tls\":{...},\"sealing\":{...,\"listed\"},"
            "\"directory\"}; a certificate is {\"file\",\"identity\",\"serial\",\"sha256\","
            "\"subject\",\"issuer\",\"from\",\"until\",\"days_left\",\"validity\",\"algorithm\"}; "
            "sha256 is x5t of seals; listed is {\"from\",\"until\"} or null.\n\n"
            "Example:\n"
            "  comity pki whoami --context xa-ca-01\n",
    .run = whoami,
};
