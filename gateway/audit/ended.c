#include "audit/ended.h"

struct status log_end_allows(const struct log_row *log, uint64_t size, const struct digest *root)
{
    if (log == NULL || !log->is_closed || size < log->closed_size)
        return OK;
    if (size > log->closed_size)
        return REFUSE(LOG_CLOSED);
    return digest_equal(root, digest_slice(&log->closed_root)) ? OK : REFUSE(CHECKPOINT_FORK);
}
