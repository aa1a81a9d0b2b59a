#include "comity/policy/signing.h"

#include <string.h>

#include "base/file.h"
#include "comity/exits.h"
#include "wire/names.h"

#define PATH_BYTES 4096

/* A certificate, its key, and whom it speaks for. */
struct signer {
    struct certificate *certificate;
    struct key *key;
    struct object_authority authority;
};

static void signer_done(struct signer *s)
{
    certificate_free(s->certificate);
    key_free(s->key);
}

static enum comity_exit check_signer(const struct signing *g, struct signer *s,
                                     struct comity_fault *reterr)
{
    struct identity who;
    const char *colon = strchr(g->object, ':');
    if (failed(certificate_identity(s->certificate, &who)) || !certificate_may_seal(s->certificate))
        return fail(reterr, COMITY_IDENTITY, "E_SIG", "%s is not a certificate for sealing",
                    g->certificate);
    if (colon != NULL && strncmp(colon + 1, who.id, 2) != 0)
        return fail(reterr, COMITY_IDENTITY, "E_ROLE",
                    "%s is signed by an authority of %s, not by %s", g->object, colon + 1, who.id);
    memcpy(s->authority.id, who.id, sizeof s->authority.id);
    s->authority.certificate = s->certificate;
    return COMITY_DONE;
}

static enum comity_exit load_signer(const struct signing *g, struct signer *s,
                                    struct comity_fault *reterr)
{
    if (failed(certificate_load(g->certificate, &s->certificate)))
        return fail(reterr, COMITY_IDENTITY, "CONFIG", "%s holds no certificate in PEM",
                    g->certificate);
    if (failed(key_load(g->key, &s->key)))
        return fail(reterr, COMITY_IDENTITY, "CONFIG",
                    "%s is no private key in PEM that only its owner may read", g->key);
    return check_signer(g, s, reterr);
}

static enum comity_exit explain(const struct signing *g, struct status s,
                                struct comity_fault *reterr)
{
    if (s.reason == REASON_OBJECT_VALIDITY)
        return fail(reterr, COMITY_IDENTITY, "E_EXPIRED",
                    "%s does not hold when the signature begins to", g->certificate);
    if (s.code == CODE_REFUSED)
        return fail(reterr, COMITY_IDENTITY, "E_SIG", "%s is not the key of %s", g->key,
                    g->certificate);
    return fail(reterr, COMITY_FAILED, "CRYPTO", "%s cannot be signed (%s)", g->object,
                code_name(s.code));
}

/* What was made is judged as a gateway would judge it. */
static enum comity_exit sign(const struct signing *g, const struct signer *s,
                             struct signature *signature, struct comity_fault *reterr)
{
    size_t which;
    struct signed_object made;
    char name[SIGNED_OBJECT_KEY_BYTES], folder[SIGNATURES_PATH_BYTES];
    const struct object_authorities alone = {&s->authority, 1};
    struct status done = signed_object_make(s->key, certificate_x5t(s->certificate),
                                            &signature->statement, &signature->octets);
    if (!failed(done))
        done = signed_object_read(buffer_slice(&signature->octets), &made);
    if (!failed(done))
        done = signed_object_judge(&made, &signature->statement, &alone, g->from_ms, &which,
                                   &signature->until_ms);
    if (failed(done))
        return explain(g, done, reterr);
    memcpy(signature->authority, s->authority.id, sizeof signature->authority);
    signed_object_name(&made, name);
    signatures_folder(slice_text(g->object), folder);
    snprintf(signature->path, sizeof signature->path, "%s%s", folder, name);
    return COMITY_DONE;
}

enum comity_exit signature_make(const struct policy_folder *folder, const struct signing *g,
                                struct signature *ret_signature, struct comity_fault *reterr)
{
    struct signer signer = {0};
    struct signature signature = {.octets = buffer_new(SIGNED_OBJECT_MAX_BYTES)};
    if (!rulebook_statement(folder->rulebook, slice_text(g->object), &signature.statement)) {
        fail_usage(reterr, "%s has no object %s", folder->path, g->object);
        return advise(reterr, "its objects are law, states, and parties:XA for each State");
    }
    signature.statement.from_ms = g->from_ms;
    signature.statement.until_ms = g->until_ms;
    enum comity_exit exit = load_signer(g, &signer, reterr);
    if (exit == COMITY_DONE)
        exit = sign(g, &signer, &signature, reterr);
    signer_done(&signer);
    if (exit == COMITY_DONE)
        *ret_signature = signature;
    else
        signature_done(&signature);
    return exit;
}

enum comity_exit signature_write(const char *folder, const struct signature *signature,
                                 struct comity_fault *reterr)
{
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%s", folder, signature->path);
    if (length < 0 || (size_t)length >= sizeof path)
        return fail_usage(reterr, "%s: the path is too long", folder);
    char *name = strrchr(path, '/');
    *name = '\0';
    struct status s = folder_make(path, 0755);
    *name = '/';
    if (!failed(s))
        s = file_write(path, buffer_slice(&signature->octets), 0644);
    return failed(s) ? fail(reterr, COMITY_FAILED, "STORE", "%s cannot be written (%s)", path,
                            code_name(s.code))
                     : COMITY_DONE;
}

void signature_done(struct signature *signature)
{
    buffer_done(&signature->octets);
}
