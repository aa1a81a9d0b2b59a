#include "app/received.h"

char *received_folder(struct arena *arena, const char *journal)
{
    return arena_print(arena, "%s/received", journal);
}

char *received_lists(struct arena *arena, const char *journal, struct slice state)
{
    return arena_print(arena, "%s/received/revocations-%.*s.pem", journal, (int)state.length,
                       (const char *)state.at);
}
