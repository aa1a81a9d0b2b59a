#include "comity/pki/files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "crypto/request.h"

#define FILE_MAX_BYTES 65536

/* "a/tls.next" of "a/tls.key": the path before its last ending, with a word behind it. */
static bool with_word(const char *path, const char *word, const char *ending,
                      char out[static PKI_PATH_BYTES])
{
    const char *name = strrchr(path, '/'), *dot = strrchr(path, '.');
    name = name == NULL ? path : name + 1;
    size_t stem = dot == NULL || dot <= name ? strlen(path) : (size_t)(dot - path);
    int length = snprintf(out, PKI_PATH_BYTES, "%.*s%s%s", (int)stem, path, word,
                          ending != NULL ? ending : path + stem);
    return length > 0 && length < PKI_PATH_BYTES;
}

/* "a/tls.key" of "a/tls.next.key", "a/tls" of "a/tls.next"; false if it is no such name. */
static bool without_next(const char *path, char out[static PKI_PATH_BYTES])
{
    static const char next[] = ".next";
    const char *name = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t word = sizeof next - 1;
    name = name == NULL ? path : name + 1;
    if (dot == NULL || dot <= name)
        return false;
    const char *ending = strcmp(dot, next) == 0 ? dot + word : dot;
    if ((size_t)(ending - name) <= word || strncmp(ending - word, next, word) != 0)
        return false;
    int length =
        snprintf(out, PKI_PATH_BYTES, "%.*s%s", (int)(ending - path) - (int)word, path, ending);
    return length > 0 && length < PKI_PATH_BYTES;
}

static bool derive(const struct pki_pair *base, const char *word, struct pki_pair *ret)
{
    return with_word(base->certificate, word, NULL, ret->certificate) &&
           with_word(base->key, word, NULL, ret->key) &&
           with_word(base->certificate, word, ".csr", ret->request);
}

/* A key that root makes for another user is one that this user cannot read. */
static bool is_anothers(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_uid != geteuid();
}

enum comity_exit pki_names_of(struct comity_context *context, enum pki_use use,
                              struct pki_names *ret_names, struct comity_fault *reterr)
{
    const char *certificate = pki_certificate_path(context, use), *key = pki_key_path(context, use);
    struct pki_names names = {0};
    if (strcmp(certificate, key) == 0) {
        fail(reterr, COMITY_INPUT, "CONFIG", "%s holds both certificate and key", key);
        return advise(reterr, "put them into two files and name both in the context");
    }
    if (is_anothers(key)) {
        fail(reterr, COMITY_INPUT, "CONFIG", "%s belongs to another user", key);
        return advise(reterr, "run this as its owner, or the new key would not be theirs");
    }
    names.switched =
        without_next(certificate, names.base.certificate) && without_next(key, names.base.key);
    bool fits = names.switched ||
                (slice_copy_text(slice_text(certificate), names.base.certificate, PKI_PATH_BYTES) &&
                 slice_copy_text(slice_text(key), names.base.key, PKI_PATH_BYTES));
    if (!fits || !derive(&names.base, ".next", &names.next) ||
        !derive(&names.base, ".previous", &names.previous))
        return fail(reterr, COMITY_INPUT, "CONFIG", "the path of %s is too long", certificate);
    *ret_names = names;
    return COMITY_DONE;
}

bool pki_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

enum comity_exit pki_write_key(const struct key *key, const char *path, struct comity_fault *reterr)
{
    char fresh[PKI_PATH_BYTES + 32];
    struct buffer text = buffer_new(FILE_MAX_BYTES);
    enum comity_exit exit = COMITY_DONE;
    snprintf(fresh, sizeof fresh, "%s.%ld.new", path, (long)getpid());
    if (failed(key_write(key, &text)) || text.failed)
        exit = fail(reterr, COMITY_FAILED, "CRYPTO", "the new key cannot be written down");
    else if (failed(file_write(fresh, buffer_slice(&text), 0600)))
        exit = fail_errno(reterr, "%s cannot be written", fresh);
    else if (link(fresh, path) != 0 && errno == EEXIST)
        exit = fail(reterr, COMITY_CONFLICT, "E_STATE", "%s is there already", path);
    else if (!pki_exists(path) || failed(file_name_sync(path)))
        exit = fail_errno(reterr, "%s cannot be made", path);
    unlink(fresh);
    secret_wipe(text.at, text.length);
    buffer_done(&text);
    return exit;
}

enum comity_exit pki_copy(const char *from, const char *to, unsigned mode,
                          struct comity_fault *reterr)
{
    struct buffer text = buffer_new(FILE_MAX_BYTES);
    enum comity_exit exit = COMITY_DONE;
    if (failed(file_read(from, &text)))
        exit = fail_errno(reterr, "%s cannot be read", from);
    else if (failed(file_write(to, buffer_slice(&text), mode)))
        exit = fail_errno(reterr, "%s cannot be written", to);
    secret_wipe(text.at, text.length);
    buffer_done(&text);
    return exit;
}
