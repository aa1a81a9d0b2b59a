#include "witness/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/file.h"
#include "crypto/request.h"
#include "crypto/secret.h"

#define KEY_MAX_BYTES    1024
#define MARKER_MAX_BYTES 64
#define MARKER_ENDING    ".state"
#define MARKER_NEW       "new"
#define TYPE_WITNESS     0x04

struct status signer_refuse(char error[static SIGNER_ERROR_BYTES], const char *what,
                            const char *why)
{
    snprintf(error, SIGNER_ERROR_BYTES, "%.300s: %.200s", what, why);
    return FAIL(CONFIG);
}

static struct status new_key(struct buffer *out)
{
    uint8_t seed[32];
    struct key *key = NULL;
    struct status s = entropy_fill(seed, sizeof seed);
    if (!failed(s))
        s = key_from_seed(seed, &key);
    if (!failed(s))
        s = key_write(key, out);
    secret_wipe(seed, sizeof seed);
    key_free(key);
    return failed(s) || !out->failed ? s : FAIL(MEMORY);
}

static bool marker_path(const char *key, char ret_path[static SIGNER_PATH_BYTES])
{
    int length = snprintf(ret_path, SIGNER_PATH_BYTES, "%s" MARKER_ENDING, key);
    return length > 0 && length < SIGNER_PATH_BYTES;
}

/* The marker first: a key without one does not serve. */
static struct status write_new(const char *path, const char *marker)
{
    struct buffer text = buffer_new(KEY_MAX_BYTES);
    struct status s = new_key(&text);
    if (!failed(s))
        s = file_write(marker, slice_text(MARKER_NEW "\n"), 0600);
    if (!failed(s))
        s = file_write(path, buffer_slice(&text), 0600);
    if (text.at != NULL)
        secret_wipe(text.at, text.length);
    buffer_done(&text);
    return s;
}

struct status signer_make(const char *path, char error[static SIGNER_ERROR_BYTES])
{
    char marker[SIGNER_PATH_BYTES];
    if (!marker_path(path, marker))
        return signer_refuse(error, path, "the path is too long");
    if (access(marker, F_OK) == 0) /* perhaps of a key that was only put aside */
        return signer_refuse(error, marker, "is there already");
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return signer_refuse(error, path, errno == EEXIST ? "is there already" : strerror(errno));
    close(fd);
    struct status s = write_new(path, marker);
    if (!failed(s))
        return s;
    unlink(path);
    unlink(marker);
    return signer_refuse(error, path, code_name(s.code));
}

static struct status read_marker(struct signer *s, char error[static SIGNER_ERROR_BYTES])
{
    struct buffer text = buffer_new(MARKER_MAX_BYTES);
    struct status status = file_read(s->marker, &text);
    struct slice hex = slice_part(buffer_slice(&text), 0, slice_find(buffer_slice(&text), '\n'));
    if (!failed(status) && slice_is(hex, MARKER_NEW))
        s->marked = SIGNER_NEW;
    else if (!failed(status) && hex_read(hex, s->state, sizeof s->state))
        s->marked = SIGNER_HAS_STATE;
    else if (status.code == CODE_ABSENT)
        status = OK;
    else
        status = signer_refuse(error, s->marker, "cannot be read as the name of a state");
    buffer_done(&text);
    return status;
}

static struct status take_key(struct signer *s, const char *path,
                              char error[static SIGNER_ERROR_BYTES])
{
    uint8_t octets[32];
    struct vkey vkey;
    if (failed(key_load(path, &s->key)))
        return signer_refuse(error, path, "no private key in PEM that only its owner may read");
    if (!key_public(s->key, octets))
        return signer_refuse(error, path, "not an Ed25519 key");
    vkey_write(s->name, TYPE_WITNESS, octets, s->vkey);
    if (failed(vkey_parse(slice_text(s->vkey), &vkey)))
        return signer_refuse(error, s->name,
                             "no name for a witness: no blanks, no plus, 128 octets at most");
    return read_marker(s, error);
}

struct status signer_load(const char *path, const char *name, char error[static SIGNER_ERROR_BYTES],
                          struct signer *ret_signer)
{
    struct signer signer = {0};
    struct status s;
    if (!marker_path(path, signer.marker))
        s = signer_refuse(error, path, "the path is too long");
    else if (!slice_copy_text(slice_text(name), signer.name, sizeof signer.name))
        s = signer_refuse(error, name, "the name is too long");
    else
        s = take_key(&signer, path, error);
    if (failed(s))
        signer_done(&signer);
    else
        *ret_signer = signer;
    return s;
}

struct status signer_mark(const struct signer *signer,
                          const uint8_t state[static SIGNER_STATE_BYTES])
{
    char text[2 * SIGNER_STATE_BYTES + 2];
    hex_write(slice_over(state, SIGNER_STATE_BYTES), text);
    text[sizeof text - 2] = '\n';
    return file_write(signer->marker, slice_over(text, sizeof text - 1), 0600);
}

void signer_done(struct signer *signer)
{
    key_free(signer->key);
    signer->key = NULL;
}
