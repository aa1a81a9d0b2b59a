#ifndef SCENARIO_STORY_H
#define SCENARIO_STORY_H

/* One story, told in a world of two gateways, with all that can be seen of it from outside. Told in
 * two worlds, it must look the same wherever the far side must not be able to tell them apart. */

#include "scenario/pair.h"
#include "scenario/sketch.h"

struct story {
    struct pair pair;
    struct sketch sent[2]; /* by each gateway to the other */
    struct sketch answers; /* when the peer got them: behind which commit of the answering one */
    struct sketch sender, recipient; /* what they heard */
    struct sketch logs[2];           /* files of the published ones */
    uint64_t results;                /* of XC's journal when the last DELIVER of XA came */
};

/** Both gateways run under law 1 with these rules besides; both parties have a link, the gateways
 * none yet. placeless: as struct sketch has it. */
struct story *story_new(const char *rules, bool placeless);

/** The links come to rest and both gateways end; all they have published is there. */
void story_finish(struct story *story);

/** What XA has done shows the same at XC: what was sent, XC's own log, and what its party got. */
void story_same_at_peer(const struct story *one, const struct story *two);

/** What XC has done shows the same at XA: every frame of the link in all that is not random, when
 * it came and behind which commit, what the sender was told, and the tiles of both logs. */
void story_same_at_sender(const struct story *one, const struct story *two);

void story_free(struct story *story);

#endif
