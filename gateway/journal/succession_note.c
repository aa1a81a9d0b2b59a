#include "journal/start_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/witness.h"
#include "base/file.h"
#include "journal/ended.h"

/* The last checkpoint of a log that another one succeeds. */

#define PATH_BYTES 4352

static bool is_key_of(const struct key *key, const struct vkey *vkey)
{
    uint8_t public[32];
    return key != NULL && key_public(key, public) && bytes_equal(public, vkey->key, sizeof public);
}

/* NULL: none of those that are at hand. */
static const struct key *key_find(const struct journal_settings *settings)
{
    const struct vkey *vkey = &settings->before->key;
    if (is_key_of(settings->log_key, vkey))
        return settings->log_key;
    return is_key_of(settings->former_key, vkey) ? settings->former_key : NULL;
}

static struct status note_judge(struct slice text, const struct log_before *before,
                                const struct lock_state *end, struct buffer *out)
{
    struct note note;
    struct status s = note_parse(text, &note);
    if (!failed(s))
        s = note_verify(&note, &before->key);
    if (failed(s))
        return s;
    if (note.size != end->size || !digest_equal(&note.root, digest_slice(&end->root)))
        return FAIL(ABSENT);
    witness_note_write(&note, &before->key, (struct slice){NULL, 0}, out);
    return OK;
}

static struct status published_note(const char *log_path, const struct log_before *before,
                                    const struct lock_state *end, struct buffer *out)
{
    char path[PATH_BYTES];
    struct buffer text = buffer_new(NOTE_MAX_BYTES);
    int length = snprintf(path, sizeof path, "%s/checkpoint", log_path);
    struct status s =
        length < 0 || (size_t)length >= sizeof path ? FAIL(STORE) : file_read(path, &text);
    if (!failed(s))
        s = note_judge(buffer_slice(&text), before, end, out);
    buffer_done(&text);
    return s;
}

struct status succession_note(const struct journal_settings *settings, const struct lock_state *end,
                              struct signed_tree *tree, const struct complaint *c)
{
    const struct log_before *before = settings->before;
    const struct key *key = key_find(settings);
    struct buffer note = buffer_new(sizeof tree->note);
    struct status s = key != NULL ? note_sign(key, before->origin, end->size, &end->root, &note)
                                  : published_note(settings->log_path, before, end, &note);
    if (!failed(s) && note.failed)
        s = FAIL(MEMORY);
    if (!failed(s)) {
        memcpy(tree->note, note.at, note.length);
        tree->note_length = note.length;
    }
    buffer_done(&note);
    if (s.code == CODE_ABSENT || s.code == CODE_REFUSED)
        s = FAIL(CONFIG);
    return failed(s) ? start_fail(c, s,
                                  "journal: there is no checkpoint of the log %s over its %" PRIu64
                                  " entries: neither log.key nor log.former_key is its key, and"
                                  " %s/checkpoint is not that. Set log.former_key to the file of"
                                  " the key that the directory lists for it",
                                  before->origin, end->size, settings->log_path)
                     : OK;
}
