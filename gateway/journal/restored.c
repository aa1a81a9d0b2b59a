#include "journal/restore.h"

#include "journal/reader.h"

struct status journal_restoration(struct journal_reader *reader, struct restoration *ret)
{
    struct restored_row row;
    struct look look;
    struct status s = look_begin(reader, NULL, 0, &look);
    if (!failed(s))
        s = store_restored(reader->store, &row);
    if (!failed(s))
        *ret = (struct restoration){row.size, row.lost, row.time_ms};
    return look_end(&look, s);
}

struct status journal_restored(struct journal_reader *reader, uint64_t *ret_size)
{
    struct restoration r = {0};
    struct status s = journal_restoration(reader, &r);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    *ret_size = r.size;
    return OK;
}
