#include "comity/archive/rows.h"

#include <string.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "crypto/digest.h"

static const struct {
    enum comity_archive_kind kind;
    const char *name;
} kinds[] = {
    {COMITY_SUBMISSION, "submission"},
    {COMITY_RECEIPT, "receipt"},
    {COMITY_MESSAGE, "message"},
    {COMITY_CHECKPOINT, "checkpoint"},
    {COMITY_CONTRADICTION, "contradiction"},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

const char *archive_kind_name(enum comity_archive_kind kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "";
}

static unsigned find_kind(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return kinds[i].kind;
    return 0;
}

enum comity_exit archive_kinds(const struct invocation *inv, unsigned otherwise,
                               unsigned *ret_kinds, struct comity_fault *reterr)
{
    unsigned found = 0;
    for (size_t i = 0; i < inv->given_count; i++) {
        if (inv->given[i].flag != FLAG_KIND)
            continue;
        unsigned kind = find_kind(inv->given[i].value);
        if (kind == 0) {
            fail_usage(reterr, "there is no kind of record %s", inv->given[i].value);
            return advise(reterr, "kinds are submission, receipt, message, checkpoint and "
                                  "contradiction");
        }
        found |= kind;
    }
    *ret_kinds = found == 0 ? otherwise : found;
    return COMITY_DONE;
}

static void put_record_json(const struct comity_archived *r, const char *time, const char *sha256)
{
    put_json(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s}", "kind",
                       archive_kind_name(r->kind), "id", r->id, "party", r->party, "type", r->type,
                       "state", r->state, "gateway", r->gateway, "origin", r->origin, "time", time,
                       "size", (json_int_t)r->length, "sha256", sha256));
}

void archive_put_row(const struct invocation *inv, const struct comity_archived *r)
{
    char time[INSTANT_TEXT_BYTES] = "", sha256[2 * sizeof(struct digest) + 1];
    struct digest digest = digest_plain(slice_over(r->octets, r->length));
    hex_write(digest_slice(&digest), sha256);
    if (r->time_ms != 0)
        instant_write(r->time_ms, time);
    if (inv->json) {
        put_record_json(r, time, sha256);
        return;
    }
    put_painted(inv, PAINT_STRONG, archive_kind_name(r->kind));
    if (r->origin[0] != '\0') {
        printf("  %s%s%s", r->origin, r->id[0] == '\0' ? "" : ", came with ", r->id);
    } else {
        printf("  %s  %s %s %s", r->id, r->type, r->kind == COMITY_MESSAGE ? "from" : "to",
               r->party);
        if (r->state[0] != '\0')
            printf(", %s", r->state);
        if (r->gateway[0] != '\0')
            printf(" at %s", r->gateway);
        printf(", %s", time);
    }
    printf("\n    %zu octets, SHA-256 %s\n", r->length, sha256);
}
