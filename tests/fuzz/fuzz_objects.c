/* Octets of a rulebook object: files and lists that are read come back from the writer octet by
 * octet, with paths that stay below their folder. The first octet says which object it is. */

#include "exchange/objects.h"

#include <stdlib.h>

#include "wire/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool good)
{
    if (!good)
        abort();
}

static void judge_path(struct slice path)
{
    need(path.length > 0 && path.at[0] != '/' && path.at[0] != '.');
    for (size_t i = 1; i < path.length; i++)
        need(path.at[i - 1] != '/' || (path.at[i] != '/' && path.at[i] != '.'));
}

static bool read_folder(struct arena *arena, struct slice in, struct buffer *out)
{
    struct text_files files;
    struct slices signatures;
    if (failed(objects_folder(arena, in, &files, &signatures)))
        return false;
    cbor_put_array(out, 2);
    cbor_put_array(out, files.count);
    for (size_t i = 0; i < files.count; i++) {
        judge_path(files.at[i].path);
        cbor_put_array(out, 2);
        cbor_put_text(out, files.at[i].path);
        cbor_put_bytes(out, files.at[i].text);
    }
    cbor_put_array(out, signatures.count);
    for (size_t i = 0; i < signatures.count; i++)
        cbor_put_bytes(out, signatures.at[i]);
    return true;
}

static bool read_lists(struct arena *arena, struct slice in, struct buffer *out)
{
    struct slices lists;
    if (failed(objects_lists(arena, in, &lists)))
        return false;
    cbor_put_array(out, lists.count);
    for (size_t i = 0; i < lists.count; i++)
        cbor_put_bytes(out, lists.at[i]);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"law", "states", "parties:XA", "revocations:XA"};
    if (size == 0)
        return 0;
    const struct slice in = slice_over(data + 1, size - 1);
    const struct slice name = slice_text(names[data[0] % 4]);
    struct arena *arena = arena_new(1 << 20);
    struct buffer out = buffer_new(OBJECT_MAX_BYTES);
    struct digest digest;
    const bool is_read =
        object_is_folder(name) ? read_folder(arena, in, &out) : read_lists(arena, in, &out);
    need(failed(objects_digest(in, name, &digest)) == !is_read);
    need(!is_read || slice_equal(buffer_slice(&out), in));
    buffer_done(&out);
    arena_free(arena);
    return 0;
}
