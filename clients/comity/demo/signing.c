/* Those who sign the rulebook of the demo: two legal authorities and a central authority of the
 * federation XF, and each State's ministry of the interior. */

#include "comity/policy/signing.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/instant.h"
#include "comity/demo/demo.h"

#define TEXT_MAX_BYTES 262144
#define OBJECT_BYTES   16
#define SIGNED_DAYS    366U

static const char *const legal[] = {"XF-MIN-01", "XF-JUD-01"};
static const char federation[] = "XF-CA-01";

/* ---- who ---- */

size_t demo_signatories(const struct demo *demo, char ids[static DEMO_SIGNATORIES][16])
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof legal / sizeof legal[0]; i++)
        snprintf(ids[count++], 16, "%s", legal[i]);
    snprintf(ids[count++], 16, "%s", federation);
    for (size_t i = 0; i < demo->state_count; i++)
        snprintf(ids[count++], 16, "%s-MIN-01", demo->states[i]->code);
    return count;
}

static void put_path(const struct demo *demo, struct buffer *out, const char *id)
{
    buffer_print(out, "    - '%s/pki/%.2s/parties/%s/seal.crt'\n", demo->dir, id, id);
}

void demo_put_authorities(const struct demo *demo, struct buffer *out)
{
    char id[16];
    buffer_text(out, "rulebook_authorities:\n  law:\n");
    for (size_t i = 0; i < sizeof legal / sizeof legal[0]; i++)
        put_path(demo, out, legal[i]);
    buffer_text(out, "  states:\n");
    put_path(demo, out, federation);
    buffer_text(out, "  parties:\n");
    for (size_t i = 0; i < demo->state_count; i++) {
        snprintf(id, sizeof id, "%s-MIN-01", demo->states[i]->code);
        put_path(demo, out, id);
    }
}

/* ---- signing ---- */

static enum comity_exit sign(const struct demo *demo, const struct policy_folder *folder,
                             const char *object, const char *id, struct comity_fault *reterr)
{
    char certificate[DEMO_PATH_BYTES], key[DEMO_PATH_BYTES];
    struct signature signature;
    const uint64_t now_ms = policy_now_ms();
    const struct signing signing = {.certificate = certificate,
                                    .key = key,
                                    .object = object,
                                    .from_ms = now_ms,
                                    .until_ms = now_ms + SIGNED_DAYS * MS_PER_DAY};
    demo_path(demo, certificate, "pki/%.2s/parties/%s/seal.crt", id, id);
    demo_path(demo, key, "pki/%.2s/parties/%s/seal.key", id, id);
    enum comity_exit exit = signature_make(folder, &signing, &signature, reterr);
    if (exit != COMITY_DONE)
        return exit;
    exit = signature_write(folder->path, &signature, reterr);
    signature_done(&signature);
    return exit;
}

enum comity_exit demo_sign(const struct demo *demo, struct comity_fault *reterr)
{
    char path[DEMO_PATH_BYTES];
    struct policy_folder folder;
    demo_path(demo, path, "rulebook");
    enum comity_exit exit = policy_open(path, &folder, reterr);
    for (size_t i = 0; i < sizeof legal / sizeof legal[0] && exit == COMITY_DONE; i++)
        exit = sign(demo, &folder, "law", legal[i], reterr);
    if (exit == COMITY_DONE)
        exit = sign(demo, &folder, "states", federation, reterr);
    for (size_t i = 0; i < demo->state_count && exit == COMITY_DONE; i++) {
        char object[OBJECT_BYTES], id[16];
        snprintf(object, sizeof object, "parties:%s", demo->states[i]->code);
        snprintf(id, sizeof id, "%s-MIN-01", demo->states[i]->code);
        exit = sign(demo, &folder, object, id, reterr);
    }
    policy_close(&folder);
    return exit;
}

/* ---- numbers ---- */

/* The number of the text that is there, and what stands behind it; 0: there is none. */
static uint64_t read_numbered(struct slice text, struct slice head, struct slice *ret_rest)
{
    uint64_t number = 0;
    if (!slice_begins(text, head))
        return 0;
    const struct slice rest = slice_part(text, head.length, SIZE_MAX);
    const size_t end = slice_find(rest, '\n');
    if (!decimal_read(slice_part(rest, 0, end), UINT32_MAX, &number))
        return 0;
    *ret_rest = slice_part(rest, end + 1, SIZE_MAX);
    return number;
}

enum comity_exit demo_write_numbered(const struct demo *demo, const char *path, const char *head,
                                     struct slice rest, struct comity_fault *reterr)
{
    char whole[DEMO_PATH_BYTES];
    struct slice before = {NULL, 0};
    struct buffer there = buffer_new(TEXT_MAX_BYTES), text = buffer_new(TEXT_MAX_BYTES);
    demo_path(demo, whole, "%s", path);
    (void)failed(file_read(whole, &there)); /* there may be none */
    uint64_t number = read_numbered(buffer_slice(&there), slice_text(head), &before);
    if (number == 0 || !slice_equal(before, rest))
        number++;
    buffer_print(&text, "%s%llu\n", head, (unsigned long long)number);
    buffer_put(&text, rest);
    enum comity_exit exit = text.failed ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                        : demo_write(demo, path, buffer_slice(&text), 0644, reterr);
    buffer_done(&there);
    buffer_done(&text);
    return exit;
}
