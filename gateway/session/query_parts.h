#ifndef SESSION_QUERY_PARTS_H
#define SESSION_QUERY_PARTS_H

/* What questions and rows share. Inside of session/. */

#include "session/query.h"

/** What became of reading; whether all of it was read. REFUSED frame.shape; MEMORY */
struct status query_finish(const struct mp_cursor *c);

struct message_key query_key_read(struct mp_cursor *c);
void query_key_put(struct buffer *b, const struct message_key *key);

#endif
