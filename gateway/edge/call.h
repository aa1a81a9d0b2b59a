#ifndef EDGE_CALL_H
#define EDGE_CALL_H

/* Inside of edge/: what the dialler does about one peer. */

#include "edge/dialler.h"
#include "http/lookup.h"

#define CALL_REASON_BYTES 240

struct call {
    struct dialler *dialler;
    struct call *next;
    char id[16];
    char **addresses; /* of the directory, in its order */
    size_t count, at; /* how many, and which is next or in use */
    bool listed;      /* in the directory in use */
    bool over;        /* dials no more */
    unsigned failures;
    struct event *pause;            /* until the next attempt */
    struct lookup *lookup;          /* NULL unless a name is being looked up */
    struct event *reaching;         /* NULL unless TCP is on its way */
    int fd;                         /* its descriptor, or -1 */
    struct connection *link;        /* NULL unless TCP has come through */
    uint64_t up_ms;                 /* since when the peer has answered on it; 0: it has not */
    char reason[CALL_REASON_BYTES]; /* of the last failure */
    char told[CALL_REASON_BYTES];   /* what the last line said */
    uint64_t told_ms;               /* and when; 0: none since the peer was up */
};

struct dialler {
    struct dialler_settings settings;
    struct lookups *lookups;
    struct call *calls;
};

/** NULL when memory is out. */
struct call *call_new(struct dialler *dialler, struct slice id);

/** Lets go of its link, gives up everything else. NULL does nothing. */
void call_free(struct call *call);

/** Takes these addresses instead of its own where they differ: an open link stays, everything else
 * begins anew with the first of them. MEMORY: nothing has changed */
struct status call_address(struct call *call, const struct gateway_row *gateway);

/** What was in the way may be over: dials now instead of after its pause, and pauses grow from the
 * shortest on. What is on its way, or open, stays. */
void call_again(struct call *call);

/** Dials no more, gives up what is not open. */
void call_leave(struct call *call);

/** Why its connection cannot be, before it ends. */
void call_note(struct call *call, const char *why);

/** The peer has answered on its connection. */
void call_up(struct call *call, struct moment now);

/** Its connection is no more. in_order: both sides have said BYE, for no fault. */
void call_ended(struct call *call, bool in_order, struct moment now);

#endif
