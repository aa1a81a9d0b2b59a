#ifndef HTTP_EVENT_H
#define HTTP_EVENT_H

/* Inside of http/ and edge/: events of the loop. */

#include <event2/event.h>

/** event_free that accepts NULL. */
static inline void event_drop(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

#endif
